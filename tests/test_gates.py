"""The gate before a forecast, by hand."""

import numpy as np
import pytest
from scipy import stats

from crmlib.models.gates import PRIOR, Trials, judge, miss_of

DRIFT = 0.1


def trials(ratios: list[float], *, back: list[int] | None = None, months: float = 12, chance: float = 0.0) -> Trials:
    """Of 1,000 purchases expected each time, one group."""
    n = len(ratios)
    came = 1000.0 / np.array(ratios)[:, None]
    return Trials(
        np.full((n, 1), 1000.0),
        came,
        np.full((n, 1), chance),
        np.array(back or [12 * (i + 1) for i in range(n)]),
        months,
    )


def test_a_forecast_that_was_always_right_leaves_the_prior_spread_only() -> None:
    gate = judge(trials([1.0, 1.0, 1.0]), ahead=12, tolerance=1.25, drift=DRIFT)
    assert gate.passed
    assert (gate.ratio, gate.factor, gate.miss, gate.freedom) == pytest.approx((1.0, 1.0, 0.0, 5.0))
    assert gate.spreads == pytest.approx((DRIFT * np.sqrt(PRIOR / 5),))
    assert gate.quantile(0.9) == pytest.approx(stats.t.ppf(0.95, 5))


def test_what_it_expected_too_much_of_late_is_taken_off_in_part() -> None:
    gate = judge(trials([1.2, 1.0, 1.0]), ahead=12, tolerance=1.25, drift=DRIFT)
    older = judge(trials([1.0, 1.0, 1.2]), ahead=12, tolerance=1.25, drift=DRIFT)
    assert gate.ratio == pytest.approx(1.2 ** (1 / 3))
    assert (gate.least, gate.most) == pytest.approx((1.0, 1.2))
    weights = np.array([1, 0.25, 0.0625])
    assert np.log(gate.factor) == pytest.approx(-np.log(1.2) * weights[0] / weights.sum() * 3 / 4)
    assert gate.factor < older.factor < 1


@pytest.mark.parametrize(
    ("ratios", "state"),
    [
        ([1.65, 1.65, 1.65], "missed"),
        ([0.6, 0.62, 0.64], "missed"),
        ([1.6, 0.65, 1.0], "missed"),
        ([1.1, 1.15, 1.2], "passed"),
        ([1.0, 1.0], "untested"),
        ([], "untested"),
    ],
)
def test_what_is_off_by_more_than_the_policy_allows_is_not_promised(ratios: list[float], state: str) -> None:
    assert judge(trials(ratios), ahead=12, tolerance=1.25, drift=DRIFT).state == state


def test_chance_excuses_scatter_but_no_ratio() -> None:
    scattered = [1.5, 0.6, 1.1]
    assert judge(trials(scattered), ahead=12, tolerance=1.25, drift=DRIFT).state == "missed"
    assert judge(trials(scattered, chance=0.2), ahead=12, tolerance=1.25, drift=DRIFT).passed
    assert judge(trials([5.0, 5.0, 5.0], chance=5.0), ahead=12, tolerance=1.25, drift=DRIFT).state == "missed"


def test_overlapping_origins_count_for_fewer_and_a_short_trial_counts_for_more() -> None:
    apart, near = (trials([1.2, 0.85, 1.15], back=back) for back in ([12, 24, 36], [12, 14, 16]))
    assert (apart.independent, near.independent) == pytest.approx((3.0, 1 + 4 / 12))
    sure, unsure = (judge(t, ahead=12, tolerance=1.3, drift=DRIFT) for t in (apart, near))
    assert unsure.freedom < sure.freedom
    short = judge(trials([1.2, 0.85, 1.15], back=[6, 12, 18], months=6), ahead=12, tolerance=1.3, drift=DRIFT)
    assert short.freedom == sure.freedom
    assert short.spreads[0] > 1.5 * sure.spreads[0]


def test_a_yardstick_that_came_clearly_nearer_is_named() -> None:
    some = trials([1.15, 1.2, 1.18])
    assert judge(some, ahead=12, tolerance=1.25, drift=DRIFT, yardstick=0.05).state == "behind"
    assert judge(some, ahead=12, tolerance=1.25, drift=DRIFT, yardstick=0.15).passed
    expected, came = np.array([110.0, 90.0]), np.array([100.0, 100.0])
    rms = np.sqrt((np.log(1.1) ** 2 + np.log(0.9) ** 2) / 2)
    assert miss_of(expected, came, np.zeros(2), drift=DRIFT) == pytest.approx(rms)


def test_each_group_has_the_spread_of_its_own_misses() -> None:
    expected, came = np.full((3, 3), 100.0), np.array([[100.0, 130.0, 0.0], [100.0, 70.0, 0.0], [100.0, 125.0, 0.0]])
    expected[:, 2] = 0.0
    gate = judge(
        Trials(expected, came, np.zeros((3, 3)), np.array([12, 24, 36]), 12), ahead=12, tolerance=1.25, drift=DRIFT
    )
    whole, off, nobody = gate.spreads
    assert whole < off
    assert nobody == pytest.approx(DRIFT)
