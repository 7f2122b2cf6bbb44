"""Allocation of channels: exact against enumeration, within every limit, and prices that say what one more unit brings."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.models.allocation import NOBODY, Limits, plan


def best_by_hand(worth: np.ndarray, limits: Limits) -> float:
    """The most that any choice within the limits is worth, by trying all of them."""
    best = -np.inf
    for choice in product(range(-1, worth.shape[1]), repeat=len(worth)):
        rows = [i for i, c in enumerate(choice) if c >= 0]
        columns = [choice[i] for i in rows]
        used = limits.use[:, columns].sum(axis=1)
        there = np.bincount(limits.group[rows], minlength=len(limits.least)) if rows else np.zeros(len(limits.least))
        owed = np.minimum(
            limits.least, np.bincount(limits.group[~np.isnan(worth).all(axis=1)], minlength=len(limits.least))
        )
        if (used <= limits.most + 1e-9).all() and (there >= owed).all():
            value = worth[rows, columns].sum()
            if not np.isnan(value):
                best = max(best, float(value))
    return best


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_exact_against_every_choice(seed: int) -> None:
    rng = np.random.default_rng(seed)
    worth = rng.normal(3, 4, (6, 3))
    worth[rng.random((6, 3)) < 0.2] = np.nan
    use = np.array([[5.0, 1.0, 0.2], [0.2, 0.1, 0.0]])
    limits = Limits(use, rng.uniform([2, 0.1], [20, 1]), rng.integers(0, 2, 6), np.array([1.0, 0.0]))
    told = plan(worth, limits)
    by_hand = best_by_hand(worth, limits)
    if told.kept == 1:
        assert told.worth == pytest.approx(by_hand, abs=1e-5)
    assert told.bound >= told.worth - 1e-6


def test_no_limit_is_broken_and_nobody_has_a_channel_that_is_closed() -> None:
    rng = np.random.default_rng(5)
    n = 3000
    worth = rng.lognormal(1, 1, (n, 4)) - 2
    worth[rng.random((n, 4)) < 0.3] = np.nan
    group = rng.integers(0, 3, n)
    limits = Limits(
        np.array([[6.0, 0.1, 1, 0.5], [0.2, 0.05, 0.1, 0]]), np.array([900.0, 60.0]), group, np.array([300.0, 200, 0])
    )
    told = plan(worth, limits)
    chosen = told.choice != NOBODY
    assert not np.isnan(worth[chosen, told.choice[chosen]]).any()
    assert (limits.use[:, told.choice[chosen]].sum(axis=1) <= limits.most + 1e-6).all()
    assert (np.bincount(group[chosen], minlength=3) >= limits.least).all()
    assert told.worth == pytest.approx(worth[chosen, told.choice[chosen]].sum())
    assert told.bound - told.worth <= 1e-5 * told.worth


def test_the_price_of_a_unit_is_what_one_more_brings() -> None:
    rng = np.random.default_rng(6)
    worth = rng.lognormal(1, 1, (5_000, 3))
    use = np.array([[6.0, 2.0, 1.0], [0.2, 0.3, 0.05]])
    group = np.zeros(5_000, dtype=int)
    base = plan(worth, Limits(use, np.array([1000.0, 125.0]), group, np.zeros(1)))
    for i in range(2):
        more = np.array([1000.0, 125.0])
        more[i] *= 1.01
        step = more[i] - (1000.0, 125.0)[i]
        gained = plan(worth, Limits(use, more, group, np.zeros(1))).worth - base.worth
        assert gained / step == pytest.approx(base.prices[i], rel=0.1)


def test_what_the_limits_do_not_carry_is_cut_for_all_groups_alike() -> None:
    worth = np.full((100, 1), -1.0)
    limits = Limits(np.array([[1.0]]), np.array([20.0]), np.repeat([0, 1], 50), np.array([40.0, 40.0]))
    told = plan(worth, limits)
    assert 0 < told.kept <= 0.25 + 1e-6
    assert np.bincount(limits.group[told.choice != NOBODY]).tolist() == [10, 10]


def test_nobody_is_contacted_at_a_loss_unless_owed() -> None:
    worth = np.array([[-1.0, -0.5], [2.0, -3.0]])
    limits = Limits(np.ones((1, 2)), np.array([10.0]), np.array([0, 0]), np.array([0.0]))
    assert plan(worth, limits).choice.tolist() == [NOBODY, 0]
    owed = Limits(limits.use, limits.most, limits.group, np.array([2.0]))
    assert plan(worth, owed).choice.tolist() == [1, 0]
