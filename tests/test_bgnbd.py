"""BG/NBD: the published figures, derivatives, planted parameters, and refusals that say why."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlib.measures import bgnbd
from crmlib.vocabulary.fitting import FitError, UnitError

CDNOW = Path(str(find_spec("lifetimes").origin)).parent / "datasets" / "cdnow_customers_summary.csv"  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    return pd.read_csv(CDNOW).assign(time_unit="weeks")


@pytest.fixture(scope="module")
def fitted(cdnow: pd.DataFrame) -> bgnbd.BGNBD:
    return bgnbd.fit(cdnow)


def life(x: float, t_x: float, T: float, unit: str = "weeks") -> pd.DataFrame:
    return pd.DataFrame({"frequency": [x], "recency": [t_x], "T": [T], "time_unit": [unit]})


def simulated(n: int, parameters: tuple[float, ...], seed: int, *, T: float = 100.0) -> pd.DataFrame:
    """Customers as the model describes them, purchase by purchase."""
    r, alpha, a, b = parameters
    rng = np.random.default_rng(seed)
    rate, leaving = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    ages = rng.uniform(0, T, n)
    x, t_x, now, active = np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, dtype=bool)
    while active.any():
        now = now + rng.exponential(1 / np.maximum(rate, 1e-9))
        active &= now <= ages
        x[active] += 1
        t_x[active] = now[active]
        active &= rng.random(n) > leaving
    return pd.DataFrame({"frequency": x, "recency": t_x, "T": ages, "time_unit": "weeks"})


def test_cdnow_gives_the_published_estimates(fitted: bgnbd.BGNBD) -> None:
    """Fader, Hardie and Lee (2005), Marketing Science 24:275-284, and their Excel note."""
    assert fitted.fit.state == "fitted"
    assert fitted.fit.values == pytest.approx((0.2426, 4.4135, 0.7929, 2.4258), rel=2e-4)
    assert fitted.fit.log_likelihood == pytest.approx(-9582.43, abs=0.006)


def test_cdnow_gives_the_published_forecasts(fitted: bgnbd.BGNBD, cdnow: pd.DataFrame) -> None:
    assert fitted.expected(life(2, 30.43, 38.86), days=39 * 7)[0] == pytest.approx(1.226, abs=5e-4)
    assert fitted.expected(cdnow, days=39 * 7).sum() == pytest.approx(1653, rel=1e-3)


def test_gradient_and_hessian_are_those_of_the_likelihood(cdnow: pd.DataFrame) -> None:
    x, t_x, T = (cdnow[c].to_numpy(dtype=float) for c in ("frequency", "recency", "T"))
    weights = np.random.default_rng(1).integers(1, 5, len(x)).astype(float)
    step = 1e-5 * np.eye(4)
    for point in np.random.default_rng(2).normal(size=(4, 4)):
        _value, gradient, hessian = bgnbd.log_likelihood(point, x, t_x, T, weights)
        up = [bgnbd.log_likelihood(point + s, x, t_x, T, weights) for s in step]
        down = [bgnbd.log_likelihood(point - s, x, t_x, T, weights) for s in step]
        assert gradient == pytest.approx([(u[0] - d[0]) / 2e-5 for u, d in zip(up, down, strict=True)], abs=1e-7)
        assert hessian == pytest.approx(
            np.array([(u[1] - d[1]) / 2e-5 for u, d in zip(up, down, strict=True)]), abs=1e-7
        )


def test_planted_parameters_are_recovered() -> None:
    truth = (0.6, 9.0, 0.8, 2.5)
    found = bgnbd.fit(simulated(20_000, truth, seed=7)).fit
    spread = np.sqrt(np.diag(found.covariance))
    assert (np.abs(np.log(found.values) - np.log(truth)) < 3.5 * spread).all()
    assert (spread < 0.2).all()


def test_drawn_futures_have_the_expected_mean(fitted: bgnbd.BGNBD) -> None:
    many = pd.concat([life(4, 30, 38)] * 40_000, ignore_index=True)
    drawn = fitted.draw(many, days=365, rng=np.random.default_rng(3))
    assert drawn.mean() == pytest.approx(fitted.expected(life(4, 30, 38), days=365)[0], rel=0.03)


def test_the_forecast_is_the_sum_of_the_parts_of_its_time_by_numerical_integration(fitted: bgnbd.BGNBD) -> None:
    """Expected purchases are the integral over p of (1 − (1 + p t / (α + T))^−(r + x)) / p under Beta(a, b + x)."""
    from scipy import integrate, stats

    r, alpha, a, b = fitted.fit.values
    for x, t_x, T, t in ((0, 0, 0, 10), (0, 0, 50, 52), (3, 10, 50, 52), (60, 51, 52, 52)):

        def rises(p: float, x: float = x, T: float = T, t: float = t) -> float:
            return float((1 - (1 + p * t / (alpha + T)) ** -(r + x)) / p * stats.beta.pdf(p, a, b + x))

        found = fitted.expected(life(x, t_x, T), days=t * 7)[0] / fitted.p_alive(life(x, t_x, T))[0]
        if x > 0:
            assert found == pytest.approx(integrate.quad(rises, 0, 1)[0], rel=1e-5)
        assert found > 0


def test_nothing_overflows(fitted: bgnbd.BGNBD) -> None:
    lives = pd.concat([life(0, 0, 0), life(5000, 100, 100), life(5000, 1, 1000), life(1, 0.1, 1e5)])
    alive, orders = fitted.p_alive(lives), fitted.expected(lives, days=365)
    assert np.isfinite(alive).all()
    assert np.isfinite(orders).all()
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (orders >= 0).all()
    assert alive[0] == 1.0
    for a in (1.0, 1.0 + 1e-9, 0.5):
        near = bgnbd.expected((0.5, 5.0, a, 0.5), *(np.array([v, v]) for v in (0.0, 0.0, 20.0)), 52.0)
        beside = bgnbd.expected((0.5, 5.0, a + 1e-4, 0.5), *(np.array([v, v]) for v in (0.0, 0.0, 20.0)), 52.0)
        assert near == pytest.approx(beside, rel=1e-3)


def test_days_and_weeks_say_the_same_and_are_never_mixed(cdnow: pd.DataFrame, fitted: bgnbd.BGNBD) -> None:
    days = cdnow.assign(recency=cdnow["recency"] * 7, T=cdnow["T"] * 7, time_unit="days")
    daily = bgnbd.fit(days)
    r, alpha, a, b = fitted.fit.values
    assert daily.fit.values == pytest.approx((r, alpha * 7, a, b), rel=1e-5)
    assert daily.expected(days, days=365) == pytest.approx(fitted.expected(cdnow, days=365), rel=1e-5)
    with pytest.raises(UnitError, match=r"fitted in weeks, the summary is in days"):
        fitted.p_alive(days)
    with pytest.raises(UnitError, match="mixes"):
        bgnbd.fit(pd.concat([days, cdnow]))
    with pytest.raises(UnitError, match="time_unit"):
        bgnbd.fit(cdnow.drop(columns="time_unit"))


def test_row_order_changes_nothing_to_the_byte(cdnow: pd.DataFrame, fitted: bgnbd.BGNBD) -> None:
    assert bgnbd.fit(cdnow.sample(frac=1, random_state=5)).fit.values == fitted.fit.values


def test_customers_who_never_leave_are_reported_and_not_forecast() -> None:
    rng = np.random.default_rng(11)
    ages = rng.uniform(20, 60, 3000)
    x = rng.poisson(rng.gamma(0.8, 0.1, 3000) * ages).astype(float)
    last = np.where(x > 0, ages * rng.beta(np.maximum(x, 1), 1), 0.0)
    model = bgnbd.fit(pd.DataFrame({"frequency": x, "recency": last, "T": ages, "time_unit": "weeks"}))
    assert model.fit.state == "boundary"
    assert "a" in model.fit.edge
    with pytest.raises(FitError, match="do not settle") as caught:
        model.p_alive(life(2, 3, 4))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("rows", [0, 1, 29])
def test_too_few_customers_are_reported(cdnow: pd.DataFrame, rows: int) -> None:
    model = bgnbd.fit(cdnow.head(rows))
    assert model.fit.state == "too_few"
    assert str(rows) in model.fit.problem
    assert len(model.fit.table()) == 4


def test_customers_of_the_same_day_only_are_no_fit() -> None:
    model = bgnbd.fit(pd.concat([life(0, 0, 0)] * 100))
    assert model.fit.state != "fitted"
