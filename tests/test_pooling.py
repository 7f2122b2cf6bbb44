"""Shares of small cells: planted scatter is covered, luck is drawn in, and a prior is all there is where nothing was counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.models.pooling import beats, drawn_in, pooled

SHAPE = (5, 4, 5)


def planted(seed: int, scatter: float = 0.3) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    codes = np.array(list(np.ndindex(SHAPE)))
    odds = (
        -1.8 + sum(rng.normal(0, 0.5, n)[codes[:, i]] for i, n in enumerate(SHAPE)) + rng.normal(0, scatter, len(codes))
    )
    share = 1 / (1 + np.exp(-odds))
    cases = rng.integers(0, 120, len(codes)) * (rng.random(len(codes)) < 0.8)
    return share, rng.binomial(cases, share), cases, list(codes.T)


def test_intervals_cover_the_truth_and_shares_are_nearer_to_it_than_counts() -> None:
    covered, ours, counted = [], [], []
    for seed in range(25):
        share, hits, cases, codes = planted(seed)
        told = pooled(hits, cases, codes)
        covered.append(np.mean((told.low <= share) & (share <= told.high)))
        seen = cases > 0
        ours.append(np.mean((told.share - share)[seen] ** 2))
        counted.append(np.mean((hits[seen] / cases[seen] - share[seen]) ** 2))
    assert 0.91 <= np.mean(covered) <= 0.98
    assert np.mean(ours) < np.mean(counted) / 2


def test_a_cell_without_cases_has_what_is_expected_of_it_and_is_the_less_sure() -> None:
    _share, hits, cases, codes = planted(1)
    cases[7], hits[7] = 0, 0
    told = pooled(hits, cases, codes)
    many = int(np.argmax(cases))
    assert 0 < told.low[7] < told.share[7] < told.high[7] < 1
    assert told.high[7] - told.low[7] > told.high[many] - told.low[many]


def test_more_of_the_same_evidence_moves_a_cell_to_what_was_counted() -> None:
    _share, hits, cases, codes = planted(2)
    hits, cases = hits.astype(float), cases.astype(float)
    apart = []
    for times in (1, 10, 100):
        hits[0], cases[0] = 40 * times, 50 * times
        apart.append(abs(pooled(hits, cases, codes).share[0] - 0.8))
    assert apart[0] > apart[1] > apart[2]
    assert apart[2] < 0.01


@given(st.floats(0, 1), st.floats(0, 1), st.floats(1, 1e4), st.floats(1, 1e6))
def test_a_prior_is_itself_at_none_and_gives_way_to_many(value: float, prior: float, weight: float, n: float) -> None:
    assert drawn_in(np.nan, 0, prior, weight) == pytest.approx(prior)
    here = float(drawn_in(value, n, prior, weight))
    assert min(value, prior) - 1e-9 <= here <= max(value, prior) + 1e-9
    assert abs(float(drawn_in(value, 10 * n, prior, weight)) - value) <= abs(here - value) + 1e-9


def test_who_beats_whom_by_quadrature() -> None:
    rng = np.random.default_rng(3)
    drawn = np.mean(rng.beta(30, 70, 200_000) > rng.beta(25, 75, 200_000))
    assert beats((0.3, 100), (0.25, 100)) == pytest.approx(drawn, abs=0.01)
    assert beats((0.3, 100), (0.3, 100)) == pytest.approx(0.5, abs=0.01)
