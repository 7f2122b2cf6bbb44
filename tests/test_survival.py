"""Kaplan-Meier against published values, and its ends: before the first event, and after the last."""

import numpy as np
import pytest

from crmlib.models.estimates import wilson
from crmlib.models.survival import kaplan_meier, median_wait

REMISSIONS = [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35]
"""Weeks of 21 patients on 6-MP (Freireich et al. 1963), minus where they were not watched any longer."""


def curve(waits: list[int], until: int, *, times: int = 1, confidence: float = 0.95) -> dict[str, list[float]]:
    given = np.array(waits)
    found = kaplan_meier(np.abs(given), given > 0, np.full(len(given), times), until, confidence=confidence)
    return {name: values.tolist() for name, values in found.items()}


def test_remissions_have_the_published_curve_with_its_log_log_interval() -> None:
    published = {
        6: (0.8571, 0.6197, 0.9516), 7: (0.8067, 0.5631, 0.9228), 10: (0.7529, 0.5032, 0.8894), 13: (0.6902, 0.4316, 0.8491),
        16: (0.6275, 0.3675, 0.8049), 22: (0.5378, 0.2678, 0.7468), 23: (0.4482, 0.1881, 0.6801),
    }  # fmt: skip
    found = curve(REMISSIONS, 35)
    for week, (stays, least, most) in published.items():
        assert 1 - found["share"][week] == pytest.approx(stays, abs=5e-5)
        assert 1 - found["high"][week] == pytest.approx(least, abs=5e-5)
        assert 1 - found["low"][week] == pytest.approx(most, abs=5e-5)
    assert [found["at_risk"][week] for week in (0, 6, 7, 10, 23, 35)] == [21, 21, 17, 15, 6, 1]
    assert [found["events"][week] for week in (5, 6, 7, 10, 35)] == [0, 3, 4, 5, 9]
    assert [len(values) for values in found.values()] == [36] * 5
    assert found["share"][35] == found["share"][23]
    assert [len(values) for values in curve(REMISSIONS, 10).values()] == [11] * 5


def test_before_the_first_event_the_bound_is_that_of_none_among_those_at_risk() -> None:
    found = curve(REMISSIONS, 35, confidence=0.9)
    assert found["share"][:6] == [0.0] * 6
    assert found["low"][:6] == [0.0] * 6
    assert found["high"][5] == pytest.approx(wilson(0, 21, confidence=0.9)[2])


def test_when_it_has_happened_to_all_the_last_lower_bound_stands() -> None:
    found = curve([1, 2, 2, 3], 3)
    assert found["share"] == pytest.approx([0.0, 0.25, 0.75, 1.0])
    assert found["low"][3] == found["low"][2] > 0
    assert found["high"][3] == 1.0
    assert found["at_risk"] == [4, 4, 3, 1]


def test_counts_stand_for_so_many_customers() -> None:
    assert curve([2, 3, -4], 4, times=5) == curve([2, 3, -4] * 5, 4)


AML = {
    "maintained": ([9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161], 31.0),
    "not maintained": ([5, 5, 8, 8, 12, -16, 23, 27, 30, 33, 43, 45], 23.0),
}
"""Weeks of remission (Miller 1981, table 2.1), minus where they were not watched any longer, and the published medians."""


@pytest.mark.parametrize("group", AML)
def test_the_median_is_the_published_one_and_its_limits_are_where_the_curves_cross_one_half(group: str) -> None:
    weeks, published = AML[group]
    given = np.array(weeks)
    value, low, high = median_wait(np.abs(given).astype(float), given > 0)
    assert value == published
    bands = curve(weeks, int(np.abs(given).max()))
    assert low == next(week for week, share in enumerate(bands["high"]) if share >= 0.5)
    beyond = [week for week, share in enumerate(bands["low"]) if share >= 0.5]
    assert high == beyond[0] if beyond else np.isnan(high)


def test_where_fewer_than_half_are_through_there_is_no_median() -> None:
    waits, happened = np.array([1.0, 2, 3, 4, 5]), np.array([True, False, False, False, False])
    assert np.isnan(median_wait(waits, happened)[::2]).all()
    assert np.isnan(median_wait(waits, np.zeros(5, dtype=bool))).all()


def test_the_interval_of_the_median_covers() -> None:
    rng, hits = np.random.default_rng(7), 0
    for _ in range(200):
        times, stops = rng.exponential(10, 60), rng.uniform(5, 40, 60)
        _value, low, high = median_wait(np.minimum(times, stops), times <= stops)
        hits += low <= 10 * np.log(2) <= (high if np.isfinite(high) else np.inf)
    assert hits >= 184
