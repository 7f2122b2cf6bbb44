"""What acting changed, month after month: planted effects in their strata, one rule of enough, looks that may be many."""

import numpy as np
import pytest

from crmlib.models import sequential
from crmlib.models.sequential import Compared, Drawn


def drawn(rng: np.random.Generator, months: int, size: int, *, effect: float = 0.0, held: float = 0.3) -> Drawn:
    """Lists of customers who order with a chance of their own that what was known before tells of."""
    n = months * size
    usual = rng.beta(1.5, 4, n)
    acted = (rng.random(n) > held).astype(float)
    came = rng.random(n) < usual + acted * effect * (1 - usual)
    month = np.repeat(np.arange(months), size)
    return Drawn(came.astype(float), acted, month * 3 + rng.integers(0, 3, n), month, usual[:, None])


def test_a_stratum_at_a_time_by_hand() -> None:
    outcome = np.array([1, 1, 0, 0, 1, 0, 1, 1, 1, 0], dtype=float)
    acted = np.array([1, 1, 1, 1, 0, 0, 1, 1, 0, 0], dtype=float)
    one = Drawn(outcome, acted, np.repeat([0, 1], [6, 4]), np.zeros(10, dtype=int), np.zeros((10, 1)))
    told = sequential.compared(one)
    assert told.acted == 6
    assert told.won == pytest.approx(4 * (0.5 - 0.5) + 2 * (1 - 0.5))
    assert told.alone == pytest.approx((4 * 0.5 + 2 * 0.5) / 6)
    assert not told.is_enough


def test_strata_with_one_arm_tell_nothing() -> None:
    rng = np.random.default_rng(1)
    one = drawn(rng, 2, 500)
    more = Drawn(
        np.append(one.outcome, np.ones(50)), np.append(one.acted, np.ones(50)), np.append(one.stratum, np.full(50, 99)),
        np.append(one.month, np.full(50, 7)), np.vstack([one.before, np.ones((50, 1))]),
    )  # fmt: skip
    assert sequential.compared(more) == sequential.compared(one)
    assert sequential.months(more).tolist() == [0, 1]
    empty = Drawn(*(part[:0] for part in (one.outcome, one.acted, one.stratum, one.month, one.before)))
    assert sequential.looks(empty) == []
    assert np.isnan(sequential.interval(sequential.compared(empty))[0])


def test_what_was_known_before_narrows_the_interval_from_the_second_month_on() -> None:
    one = drawn(np.random.default_rng(2), 6, 2_000, effect=0.1)
    blind = Drawn(one.outcome, one.acted, one.stratum, one.month, np.zeros((len(one.outcome), 1)))
    left = sequential.adjusted(one)
    first = one.month == 0
    assert np.array_equal(left[first], one.outcome[first]), "nothing has been learnt yet"
    assert sequential.compared(one).variance < 0.9 * sequential.compared(blind).variance
    rows = ~first
    # A shuffled future changes nothing of what is taken off now.
    later = np.where(one.month == 5, 1 - one.outcome, one.outcome)
    again = sequential.adjusted(Drawn(later, one.acted, one.stratum, one.month, one.before))
    rows &= one.month < 5
    assert np.array_equal(left[rows], again[rows])


def test_planted_effects_lie_in_intervals_and_sequences() -> None:
    inside, ever = [], []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        one = drawn(rng, 8, 250)
        looks = sequential.looks(one)
        inside += [
            lo <= 0 <= hi
            for _v, lo, hi in (sequential.interval(sequential.compared(one, np.array([m]))) for m in range(8))
        ]
        told = [sequential.sequence(look, looks[0]) for look in looks]
        ever.append(any(low > 0 or high < 0 for _value, low, high in told))
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)
    assert np.mean(ever) <= 0.05
    found = drawn(np.random.default_rng(5), 8, 4_000, effect=0.2)
    value, low, high = sequential.sequence(sequential.compared(found), sequential.compared(found, np.array([0])))
    truth = 0.2 * (1 - 1.5 / 5.5)
    assert low < truth < high
    assert value == pytest.approx(truth, abs=0.02)


@pytest.mark.parametrize(("t", "errors"), [(1, 3.46), (3, 3.09), (6, 3.03), (12, 3.06)])
def test_the_sequence_is_little_wider_than_at_its_tightest(t: int, errors: float) -> None:
    assert float(sequential.reach(float(t), 1.0)) == pytest.approx(errors, abs=0.07)


def test_rare_outcomes_are_enough_from_five_on_and_a_huge_one_is_never() -> None:
    def of(outcome: np.ndarray) -> Compared:
        n = len(outcome)
        acted = np.repeat([1.0, 0.0], n // 2)
        return sequential.compared(
            Drawn(outcome, acted, np.zeros(n, dtype=int), np.zeros(n, dtype=int), np.zeros((n, 1)))
        )

    def had(k: int, n: int = 300) -> np.ndarray:
        return np.tile(np.arange(n) < k, 2).astype(float)

    assert [of(had(k)).is_enough for k in (0, 3, 4, 6, 150, 296, 300)] == [
        False,
        False,
        False,
        True,
        True,
        False,
        False,
    ]
    spent = had(60) * 100
    assert of(spent).is_enough
    spent[0] = 1e6
    assert not of(spent).is_enough
