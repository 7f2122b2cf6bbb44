"""Two looks at the same customers: only who changed makes a difference uncertain."""

import numpy as np
import pytest
from scipy import stats

from crmlib.models import paired


def flips(up: int, down: int, same: int) -> np.ndarray:
    """So many customers who came to have it, lost it, and stayed as they were (half of them with it)."""
    now, before = [1] * up + [0] * down, [0] * up + [1] * down
    stays = [i % 2 for i in range(same)]
    each = np.array([now + stays, before + stays], dtype=float)
    ones = np.ones(each.shape[1])
    return np.column_stack([each[0], ones, each[1], ones])


def test_of_shares_it_is_the_test_of_who_changed_whoever_stayed() -> None:
    for up, down in ((60, 30), (45, 40), (25, 60)):
        exact = stats.binomtest(up, up + down).pvalue - stats.binom.pmf(up, up + down, 0.5)  # mid-p
        for same in (0, 200, 20_000):
            assert paired.chance(flips(up, down, same), counted=False) == pytest.approx(exact, abs=0.03)


def test_a_customer_many_times_over_is_one_piece_of_news() -> None:
    nobody = np.zeros(40)
    spread = np.column_stack([np.ones(40), nobody, nobody, nobody])
    assert paired.chance(spread, counted=True) < 1e-5
    one = np.array([[38.0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]])
    assert one[:, 0].sum() == spread[:, 0].sum()
    assert paired.chance(one, counted=True) > 0.2


def test_nothing_changed_nothing_there_and_two_that_changed() -> None:
    assert paired.chance(flips(0, 0, 50), counted=False) == 1
    assert np.isnan(paired.chance(np.zeros((3, 4)), counted=False))
    assert paired.chance(flips(1, 0, 50), counted=False) == 1
    assert paired.chance(flips(2, 0, 50), counted=False) > 0.2


def test_what_customers_move_adds_up_to_the_change_and_hangs_on_no_order() -> None:
    rng = np.random.default_rng(4)
    sums = rng.gamma(2.0, 1.0, (300, 4))
    rate = sums[:, 0].sum() / sums[:, 1].sum() - sums[:, 2].sum() / sums[:, 3].sum()
    assert abs(rate) > 1e-3
    spread = float(np.sqrt((paired.shifts(sums, counted=False) ** 2).sum()))
    drawn = [rng.integers(0, 300, 300) for _ in range(2000)]
    again = [sums[i, 0].sum() / sums[i, 1].sum() - sums[i, 2].sum() / sums[i, 3].sum() for i in drawn]
    assert spread == pytest.approx(np.std(again), rel=0.08)
    assert paired.shifts(sums, counted=True).sum() == pytest.approx((sums[:, 0] - sums[:, 2]).sum())
    turned = sums[::-1]
    assert paired.chance(sums, counted=False) == pytest.approx(paired.chance(turned, counted=False), rel=1e-12)
