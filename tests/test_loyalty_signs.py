"""Signs against cuts: posteriors by integration, and kinds as likely as their signs are together."""

import numpy as np
import pytest
from scipy import integrate, stats

from crmlib.models.loyalty_signs import CAP, above, likelihoods


@pytest.mark.parametrize(("seen", "of", "cut"), [(1, 4, 0.3), (3, 5, 0.6), (0, 3, 0.2), (2, 2, 0.5), (1, 1, 0.5)])
def test_a_share_is_judged_by_a_prior_of_two_observations_at_the_cut(seen: int, of: int, cut: float) -> None:
    def likely(p: float) -> float:
        return float(stats.beta.pdf(p, 2 * cut, 2 * (1 - cut)) * p**seen * (1 - p) ** (of - seen))

    inside, whole = (integrate.quad(likely, low, 1)[0] for low in (cut, 0))
    assert above([seen], [of], cut)[0] == pytest.approx(inside / whole, rel=1e-5)


@pytest.mark.parametrize(("seen", "of", "cut"), [(1, 2.0, 0.8), (3, 2.0, 1.5), (0, 0.5, 2.0)])
def test_a_rate_is_judged_by_a_prior_of_two_events_at_the_cut(seen: int, of: float, cut: float) -> None:
    def likely(rate: float) -> float:
        return float(stats.gamma.pdf(rate, 2, scale=cut / 2) * rate**seen * np.exp(-rate * of))

    inside, whole = (integrate.quad(likely, low, np.inf)[0] for low in (cut, 0))
    assert above([seen], [of], cut, rate=True)[0] == pytest.approx(inside / whole, rel=1e-5)


def test_no_sign_is_surer_than_the_cap_and_nothing_seen_says_nothing() -> None:
    assert above([0, 200], [200, 200], 0.5).tolist() == pytest.approx([1 - CAP, CAP])
    assert CAP == 0.95
    assert above([0, 0], [0, -1], 0.3).tolist() == [0.5, 0.5]
    assert above([0, 1, 200], [200, 1, 200], 0.5, presence=True).tolist() == pytest.approx(
        [0.5, above([1], [1], 0.5)[0], CAP]
    )
    assert above([1], [0.5], 0.5, rate=True)[0] > 0.5, "half a unit of exposure counts"


def test_a_kind_is_as_likely_as_its_signs_are_together() -> None:
    sure = [np.array([0.9, 0.2]), np.array([0.6, 0.7])]
    likely = likelihoods(sure, [(1, -1, 0), (0, 1, -1)])
    weights = np.array([[0.9 * 0.5, 0.1 * 0.6, 0.5 * 0.4], [0.2 * 0.5, 0.8 * 0.7, 0.5 * 0.3]])
    np.testing.assert_allclose(likely, weights / weights.sum(axis=1, keepdims=True))


def test_many_signs_do_not_underflow() -> None:
    likely = likelihoods([np.array([0.05])] * 400, [(1, 1)] * 400)
    assert likely.tolist() == [[0.5, 0.5]]
