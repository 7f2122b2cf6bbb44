"""NBD: planted parameters, forecasts that come true, and the limit that the other models have."""

import numpy as np
import pytest

from crmlib.models import mbgnbd, nbd
from crmlib.models.histories import Histories
from tests.buyers import buyers, forecasts_are_borne_out, known

TRUTH = (0.6, 9.0)


def test_planted_parameters_are_recovered_and_others_end_here() -> None:
    rng = np.random.default_rng(7)
    lives = buyers(20_000, rng, rng.gamma(0.6, 1 / 9, 20_000)).summary
    found = nbd.fit(lives).fit
    spread = np.sqrt(np.diag(found.covariance))
    assert (np.abs(np.log(found.values) - np.log(TRUTH)) < 3.5 * spread).all()
    other = mbgnbd.fit(lives).fit
    assert other.state == "boundary"
    assert other.values[:2] == pytest.approx(found.values, rel=1e-3)
    assert other.log_likelihood == pytest.approx(found.log_likelihood, abs=0.1)


def test_forecasts_are_borne_out() -> None:
    rng = np.random.default_rng(11)
    model = nbd.NBD(known("NBD", nbd.NAMES, TRUTH), "weeks")
    forecasts_are_borne_out(model, buyers(50_000, rng, rng.gamma(0.6, 1 / 9, 50_000)), rng)


def test_gradient_and_hessian_are_those_of_the_likelihood() -> None:
    rng = np.random.default_rng(1)
    rows = Histories.of(rng.integers(0, 9, 200).astype(float), np.zeros(200), rng.uniform(0, 5, 200))
    step = 1e-5 * np.eye(2)
    for point in rng.normal(size=(4, 2)):
        _value, gradient, hessian = nbd.log_likelihood(point, rows)
        up, down = ([nbd.log_likelihood(point + sign * s, rows) for s in step] for sign in (1, -1))
        pairs = list(zip(up, down, strict=True))
        assert gradient == pytest.approx([(u[0] - d[0]) / 2e-5 for u, d in pairs], abs=1e-7)
        assert hessian == pytest.approx(np.array([(u[1] - d[1]) / 2e-5 for u, d in pairs]), abs=1e-7)
