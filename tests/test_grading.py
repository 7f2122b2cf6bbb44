"""Grading a warning: places among ties, precision, lift and slopes by customer, and who is ahead."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.models import grading
from crmlib.models.estimates import wilson
from crmlib.models.grading import Graded


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.floats(0, 50))
def test_places_are_given_out_to_the_highest_and_shared_among_ties(scores: list[int], places: float) -> None:
    weight = grading.named(scores, places)
    assert weight.sum() == pytest.approx(min(places, len(scores)))
    assert ((weight >= 0) & (weight <= 1 + 1e-12)).all()
    for value in set(scores):
        own = weight[np.array(scores) == value]
        assert own.max() == own.min()
        higher = weight[np.array(scores) > value]
        assert not len(higher) or higher.min() >= own.max() - 1e-12


def test_one_row_a_customer_is_wilson_and_lift_is_precision_over_base() -> None:
    left = np.array([True] * 30 + [False] * 170)
    weight = np.r_[np.ones(20), np.zeros(10), np.ones(20), np.zeros(150)]
    graded = Graded(np.arange(200), weight, left)
    assert graded.precision(0.95) == pytest.approx(wilson(20, 40))
    assert graded.lift(0.95)[0] == pytest.approx(0.5 / 0.15)
    assert graded.found(0.95)[0] == pytest.approx(20 / 30)
    low, high = graded.lift(0.95)[1:]
    assert 1 < low < 0.5 / 0.15 < high
    assert graded.lift(0.999)[1] < low


def test_rows_of_one_customer_are_worth_less_than_rows_of_many() -> None:
    left, weight = np.tile([True, True, False, False], 50), np.ones(200)
    many = Graded(np.arange(200), weight, left).precision(0.95)
    few = Graded(np.repeat(np.arange(100), 2), weight, left).precision(0.95)
    assert many[0] == few[0] == 0.5
    assert few[2] - few[1] > 1.2 * (many[2] - many[1])


def test_nobody_named_who_left_is_a_lift_of_nought_with_a_bound() -> None:
    left = np.r_[np.ones(20, dtype=bool), np.zeros(80, dtype=bool)]
    value, low, high = Graded(np.arange(100), np.r_[np.zeros(20), np.ones(30), np.zeros(50)], left).lift(0.95)
    assert (value, low) == (0, 0)
    assert 0 < high < 2


def test_slope_and_gain_know_a_right_model_from_a_bold_one_and_from_noise() -> None:
    rng = np.random.default_rng(2)
    odds = rng.normal(-2, 1, 20_000)
    left, who = rng.random(20_000) < 1 / (1 + np.exp(-odds)), np.arange(20_000) // 2
    right, bold = (grading.slope(f * odds, left, who, confidence=0.95) for f in (1, 2))
    assert right[1] < 1 < right[2]
    assert bold[2] < 1
    gain = grading.gain(1 / (1 + np.exp(-odds)), left, who, confidence=0.95)
    assert gain[1] > 0
    noise = grading.gain(1 / (1 + np.exp(-rng.permutation(odds))), left, who, confidence=0.95)
    assert noise[2] < 0
    assert np.isnan(grading.slope(np.zeros(10), np.arange(10) < 3, np.arange(10), confidence=0.95)).all()
