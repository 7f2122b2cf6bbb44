"""Pareto/NBD: the published figures, the integral against ₂F₁ and numerical integration, derivatives, planted parameters."""

from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate
from scipy.special import gammaln, hyp2f1

from crmlib.models import pareto_nbd
from crmlib.models.fitting import UnitError
from crmlib.models.histories import Histories
from tests.buyers import forecasts_are_borne_out, known, pareto

CDNOW = Path(str(find_spec("lifetimes").origin)).parent / "datasets" / "cdnow_customers_summary.csv"  # type: ignore[union-attr]
TRUTH = (0.6, 9.0, 0.7, 12.0)


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    return pd.read_csv(CDNOW).assign(time_unit="weeks")


@pytest.fixture(scope="module")
def fitted(cdnow: pd.DataFrame) -> pareto_nbd.ParetoNBD:
    return pareto_nbd.fit(cdnow)


def likelihood(parameters: tuple[float, ...], x: float, t_x: float, T: float) -> float:
    one = Histories.of(np.array([x]), np.array([t_x]), np.array([T]))
    return pareto_nbd.log_likelihood(np.log(parameters), one)[0]


def test_cdnow_gives_the_published_estimates(fitted: pareto_nbd.ParetoNBD) -> None:
    """Fader and Hardie (2005), "A note on deriving the Pareto/NBD model and related expressions"."""
    assert fitted.fit.state == "fitted"
    assert fitted.fit.values == pytest.approx((0.5533, 10.578, 0.6062, 11.668), rel=1e-3)
    assert fitted.fit.log_likelihood == pytest.approx(-9594.97, abs=0.006)


def test_cdnow_forecasts(fitted: pareto_nbd.ParetoNBD, cdnow: pd.DataFrame) -> None:
    """Computed here; lifetimes 0.11.3 says 1665.5 for the sum too."""
    assert fitted.expected(cdnow, days=39 * 7).sum() == pytest.approx(1665.5, rel=1e-3)


@pytest.mark.parametrize(
    "parameters", [(0.5533, 10.578, 0.6062, 11.668), (0.6, 12.0, 0.7, 9.0), (0.6, 10.0, 1.0, 10.0)]
)
@pytest.mark.parametrize("life", [(0, 0, 0.0), (0, 0, 39.0), (2, 30.43, 38.86), (26, 30.86, 31.0), (5, 7, 7)])
def test_the_likelihood_is_that_of_the_papers_in_both_cases(
    parameters: tuple[float, ...], life: tuple[float, float, float]
) -> None:
    """Schmittlein, Morrison and Colombo (1987), appendix, for α above and below β."""
    (r, alpha, s, beta), (x, t_x, T) = parameters, life
    m, most, third = r + s + x, max(alpha, beta), s + 1 if alpha >= beta else r + x

    def part(t: float) -> float:
        return float(hyp2f1(m, third, m + 1, abs(alpha - beta) / (most + t)) / (most + t) ** m)

    both = (alpha + T) ** -(r + x) * (beta + T) ** -s + s / m * (part(t_x) - part(T))
    published = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(both)
    assert likelihood(parameters, *life) == pytest.approx(published, rel=1e-9)


def test_the_likelihood_is_right_where_the_published_form_overflows_or_cancels() -> None:
    rng = np.random.default_rng(3)
    for _case in range(40):
        r, alpha, s, beta = np.exp(rng.normal(0, 2, 4))
        x, T = float(rng.choice([0, 1, 5, 100, 1000])), float(np.exp(rng.normal(1.5, 2)))
        t_x = T * rng.beta(2, 1) if x else 0.0
        least = min(alpha, beta) + t_x

        def inside(u: float, r=r, alpha=alpha, s=s, beta=beta, x=x, t_x=t_x, least=least) -> float:  # type: ignore[no-untyped-def]
            y = t_x + least * np.expm1(u)
            falls = (r + x) * np.log((alpha + y) / (alpha + t_x)) + (s + 1) * np.log((beta + y) / (beta + t_x))
            return float(np.exp(-falls) * least * np.exp(u))

        cuts = np.linspace(0, 1, 30) ** 3 * np.log1p((T - t_x) / least)
        whole = sum(integrate.quad(inside, low, high, epsabs=0, epsrel=1e-11)[0] for low, high in pairwise(cuts))
        gone = np.log(s * whole) - (r + x) * np.log(alpha + t_x) - (s + 1) * np.log(beta + t_x)
        stayed = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
        exact = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.logaddexp(gone, stayed)
        assert likelihood((r, alpha, s, beta), x, t_x, T) == pytest.approx(exact, rel=1e-9, abs=1e-8)


def test_gradient_and_hessian_are_those_of_the_likelihood(cdnow: pd.DataFrame) -> None:
    lives = (cdnow[c].to_numpy(dtype=float) for c in ("frequency", "recency", "T"))
    rows = Histories.of(*lives, np.random.default_rng(1).integers(1, 5, len(cdnow)).astype(float))
    step = 1e-5 * np.eye(4)
    for point in np.random.default_rng(2).normal(size=(3, 4)):
        _value, gradient, hessian = pareto_nbd.log_likelihood(point, rows)
        up, down = ([pareto_nbd.log_likelihood(point + sign * s, rows) for s in step] for sign in (1, -1))
        pairs = list(zip(up, down, strict=True))
        assert gradient == pytest.approx([(u[0] - d[0]) / 2e-5 for u, d in pairs], abs=1e-7)
        assert hessian == pytest.approx(np.array([(u[1] - d[1]) / 2e-5 for u, d in pairs]), abs=1e-7)


def test_planted_parameters_are_recovered() -> None:
    found = pareto_nbd.fit(pareto(20_000, TRUTH, np.random.default_rng(7)).summary).fit
    spread = np.sqrt(np.diag(found.covariance))
    assert (np.abs(np.log(found.values) - np.log(TRUTH)) < 3.5 * spread).all()
    assert (spread < 0.3).all()


def test_forecasts_are_borne_out() -> None:
    rng = np.random.default_rng(10)
    model = pareto_nbd.ParetoNBD(known("Pareto/NBD", pareto_nbd.NAMES, TRUTH), "weeks")
    forecasts_are_borne_out(model, pareto(100_000, TRUTH, rng), rng)


def test_nothing_overflows_and_the_pole_at_one_is_no_pole(fitted: pareto_nbd.ParetoNBD) -> None:
    rows = [(0, 0, 0), (5000, 100, 100), (5000, 1, 1000), (1, 0.1, 1e5)]
    lives = pd.DataFrame(rows, columns=["frequency", "recency", "T"]).astype(float).assign(time_unit="weeks")
    alive, later, orders = fitted.p_alive(lives), fitted.p_alive(lives, days=365), fitted.expected(lives, days=365)
    assert np.isfinite(orders).all()
    assert ((later >= 0) & (later <= alive) & (alive <= 1) & (orders >= 0)).all()
    assert alive[0] == 1.0
    at, beside = (
        pareto_nbd.ParetoNBD(known("Pareto/NBD", pareto_nbd.NAMES, (0.6, 9.0, s, 12.0)), "weeks").expected(
            lives, days=365
        )
        for s in (1.0, 1.0 + 1e-7)
    )
    assert at == pytest.approx(beside, rel=1e-5)


def test_days_and_weeks_say_the_same_in_any_order(cdnow: pd.DataFrame, fitted: pareto_nbd.ParetoNBD) -> None:
    assert pareto_nbd.fit(cdnow.sample(frac=1, random_state=5)).fit.values == fitted.fit.values
    days = cdnow.assign(recency=cdnow["recency"] * 7, T=cdnow["T"] * 7, time_unit="days")
    r, alpha, s, beta = fitted.fit.values
    assert pareto_nbd.fit(days).fit.values == pytest.approx((r, alpha * 7, s, beta * 7), rel=1e-5)
    with pytest.raises(UnitError, match=r"fitted in weeks, the summary is in days"):
        fitted.p_alive(days)
