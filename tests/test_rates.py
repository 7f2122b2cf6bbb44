"""Rates that changed: exact tests against published values, false discoveries held, changes drawn in."""

import math

import numpy as np
import pytest
from scipy.stats import binom

from crmlib.models.rates import changes, discoveries, fewer, more, silence


def test_the_exact_test_of_two_rates_has_the_published_value() -> None:
    """The example of R's poisson.test, 11 in 800 against 21 in 3011: two-sided 0.07967, with what is as rare below (0, 1, 2)."""
    up, down = more([11], [21], [800], [3011])[0], fewer([2], [30], [800], [3011])[0]
    assert round(float(up + down), 5) == 0.07967
    assert up == pytest.approx(binom.sf(10, 32, 800 / 3811))


def test_nothing_after_four_is_a_sixteenth_and_the_more_than_nothing_is_sure() -> None:
    assert fewer([0, 4, 0], [4, 0, 0], [1, 1, 1], [1, 1, 1]).tolist() == [1 / 16, 1, 1]
    assert more([0, 4, 0], [4, 0, 0], [1, 1, 1], [1, 1, 1]).tolist() == [1, 1 / 16, 1]
    assert fewer([0], [3], [1], [2])[0] == pytest.approx((2 / 3) ** 3)


def test_silence_is_as_unusual_as_days_spread_by_chance_make_it() -> None:
    assert silence([3, 1, 0, 2], [50, 90, 0, 0], [100, 100, 100, 0]).tolist() == [0.125, 0.9, 1.0, 1.0]
    rng = np.random.default_rng(1)
    last = rng.uniform(size=(20_000, 5)).max(axis=1)
    p = silence(np.full(20_000, 5), last, np.ones(20_000))
    assert np.quantile(p, [0.05, 0.5, 0.95]) == pytest.approx([0.05, 0.5, 0.95], abs=0.01)


def test_discoveries_by_the_published_example() -> None:
    """Benjamini and Hochberg (1995), section 3: of 15 tests four are believed at 0.05, where Bonferroni believes three."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1.0,
    ]
    assert discoveries(p[::-1], np.ones(15), 0.05).tolist() == [False] * 11 + [True] * 4
    assert discoveries([0.0095, 0.5], [4, 11], 0.05).tolist() == [True, False], (
        "the same p of four customers counts four times"
    )
    assert discoveries([], [], 0.05).tolist() == []
    assert discoveries([0.9], [3], 0.05).tolist() == [False]


def test_of_those_believed_no_more_are_chance_than_is_said() -> None:
    rng, false, none = np.random.default_rng(4), [], 0
    for _again in range(200):
        before, falls = rng.poisson(12, 500), np.arange(500) < 75
        now = rng.poisson(np.where(falls, 2.4, 12))
        told = discoveries(fewer(now, before, np.ones(500), np.ones(500)), np.ones(500), 0.1)
        false.append((told & ~falls).sum() / max(1, told.sum()))
        steady = discoveries(fewer(rng.poisson(12, 500), before, np.ones(500), np.ones(500)), np.ones(500), 0.1)
        none += steady.any()
    assert np.mean(false) <= 0.1
    assert none / 200 <= 0.15
    assert told[falls].mean() > 0.3


def test_changes_are_drawn_in_by_how_much_is_chance() -> None:
    rng, one = np.random.default_rng(2), np.ones(4000)
    steady = changes(rng.poisson(6, 4000), rng.poisson(6, 4000), one, one, one)
    assert np.abs(steady).max() < 0.25, "nobody changed"
    rate = rng.gamma(4, 3, 4000)
    moved = rate * rng.lognormal(0, 0.6, 4000)
    late, early = rng.poisson(moved), rng.poisson(rate)
    drawn = changes(late, early, one, one, one)
    raw = np.where(early > 0, late / np.maximum(early, 1) - 1, np.nan)
    truth = np.log(moved / rate)
    seen = (early > 0) & (late > 0)
    wrong = [np.mean((np.log1p(x[seen]) - truth[seen]) ** 2) for x in (drawn, raw)]
    assert wrong[0] < 0.8 * wrong[1]
    assert math.isnan(changes([0], [0], [1], [1], [1])[0])
