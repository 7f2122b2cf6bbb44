"""Kaplan-Meier against published values, and its ends: before the first event, and after the last."""

import numpy as np
import pytest

from crmlib.models.estimates import wilson
from crmlib.models.survival import kaplan_meier

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
    assert [len(values) for values in found.values()] == [36] * 4
    assert found["share"][35] == found["share"][23]
    assert [len(values) for values in curve(REMISSIONS, 10).values()] == [11] * 4


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
