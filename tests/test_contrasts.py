"""Two groups compared on one outcome: published values, few events, many noughts, several comparisons."""

import numpy as np
import pytest
from scipy import stats

from crmlib.models import contrasts
from crmlib.models.contrasts import Sums
from crmlib.models.estimates import difference


def test_shares_are_newcombes() -> None:
    assert contrasts.shares(Sums.of([1] * 56 + [0] * 14), Sums.of([1] * 48 + [0] * 32)) == difference(56, 70, 48, 80)


def test_means_of_what_is_never_nought_are_welchs() -> None:
    a = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4]
    b = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5, 24.4]
    welch = stats.ttest_ind(a, b, equal_var=False)
    assert contrasts.means(Sums.of(a), Sums.of(b))[1:] == pytest.approx(tuple(welch.confidence_interval()))
    p = contrasts.probability(lambda at: contrasts.means(Sums.of(a), Sums.of(b), confidence=at))
    assert p == pytest.approx(welch.pvalue, rel=1e-6)


def test_eight_without_an_order_prove_nothing() -> None:
    acted = [0] * 60 + [100.0, 150.0, 220.0, 90.0] * 5
    value, low, high = contrasts.means(Sums.of(acted), Sums.of([0.0] * 8))
    assert value == pytest.approx(35)
    assert low < 0 < value < high


def test_a_mean_of_what_is_never_negative_has_no_negative_bound() -> None:
    few = [1.0, 2.0, 900.0]
    assert contrasts.mean(Sums.of(few))[1] == 0
    assert contrasts.mean(Sums.of([*few, -1.0]))[1] < 0


def test_nothing_at_all_has_no_interval() -> None:
    for one, other in [([0, 0, 0], [0, 0]), ([0, 5.0], [0, 0]), ([3.0, 3.0], [3.0, 3.0]), ([1.0], [2.0])]:
        assert np.isnan(contrasts.means(Sums.of(one), Sums.of(other))[1:]).all()
    assert np.isnan(contrasts.means(Sums.of([]), Sums.of([1.0]))).all()


@pytest.mark.parametrize(("n", "m", "p", "q"), [(300, 40, 0.2, 0.1), (400, 400, 0.05, 0.05), (2000, 200, 0.02, 0.02)])
def test_the_interval_of_money_among_noughts_covers(n: int, m: int, p: float, q: float) -> None:
    rng, truth, held = np.random.default_rng(5), (p - q) * np.exp(0.5), 0
    for _run in range(400):
        one, other = (Sums.of(np.where(rng.random(k) < s, rng.lognormal(0, 1, k), 0)) for k, s in ((n, p), (m, q)))
        _value, low, high = contrasts.means(one, other)
        held += bool(low <= truth <= high)
    assert held / 400 > 0.905


def test_money_scales_and_turns_with_its_unit_and_sides() -> None:
    rng = np.random.default_rng(2)
    a, b = (np.where(rng.random(200) < 0.3, rng.lognormal(3, 1, 200), 0) for _side in range(2))
    one = contrasts.means(Sums.of(a), Sums.of(b))
    assert contrasts.means(Sums.of(7 * a), Sums.of(7 * b)) == pytest.approx(tuple(7 * v for v in one))
    assert contrasts.means(Sums.of(b), Sums.of(a)) == pytest.approx((-one[0], -one[2], -one[1]))
    together = contrasts.together([Sums.of(a), Sums.of(b)])
    assert together == pytest.approx(Sums.of(np.concatenate([a, b])))


def test_a_probability_is_where_the_interval_reaches_nought() -> None:
    def interval(confidence: float) -> tuple[float, float, float]:
        return difference(60, 100, 45, 100, confidence=confidence)

    p = contrasts.probability(interval)
    assert interval(1 - p * 1.01)[1] > 0 > interval(1 - p * 0.99)[1]
    assert contrasts.probability(lambda at: difference(50, 100, 50, 100, confidence=at)) == 1


def test_holm_by_hand() -> None:
    assert contrasts.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert contrasts.holm([float("nan"), 0.02]) == pytest.approx([float("nan"), 0.02], nan_ok=True)
    assert contrasts.holm([]) == []


def test_uneven_groups_are_seen_against_what_they_were_to_be() -> None:
    assert contrasts.uneven([50, 50], [1, 1]) == 1
    assert contrasts.uneven([5300, 4700], [0.5, 0.5]) < 1e-8
    assert contrasts.uneven([9000, 1000], [0.9, 0.1]) == 1


def test_no_difference_is_seldom_called_one_among_many() -> None:
    rng, cried = np.random.default_rng(8), 0
    for _run in range(120):
        arms = [Sums.of(rng.random(150) < 0.2) for _arm in range(7)]
        chances = [
            contrasts.probability(lambda at, a=a, b=arms[0]: contrasts.shares(a, b, confidence=at)) for a in arms[1:]
        ]
        cried += min(contrasts.holm(chances)) <= 0.05
    assert cried / 120 <= 0.09
