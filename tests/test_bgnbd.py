"""BG/NBD: the published figures, derivatives, planted parameters, and refusals that say why."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmlib.models import bgnbd, fitting, mbgnbd, nbd, pareto_nbd
from crmlib.models.bgnbd import NAMES, BetaGeometric, _mean_kept, log_likelihood, p_stays, while_active
from crmlib.models.fitting import FitError, UnitError, distinct
from crmlib.models.histories import Histories
from tests.buyers import beta_geometric, forecasts_are_borne_out, known

CDNOW = Path(str(find_spec("lifetimes").origin)).parent / "datasets" / "cdnow_customers_summary.csv"  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    return pd.read_csv(CDNOW).assign(time_unit="weeks")


@pytest.fixture(scope="module")
def fitted(cdnow: pd.DataFrame) -> BetaGeometric:
    return bgnbd.fit(cdnow)


def life(x: float, t_x: float, T: float, unit: str = "weeks") -> pd.DataFrame:
    return pd.DataFrame({"frequency": [x], "recency": [t_x], "T": [T], "time_unit": [unit]})


def test_cdnow_gives_the_published_estimates(fitted: BetaGeometric) -> None:
    """Fader, Hardie and Lee (2005), Marketing Science 24:275-284, and their Excel note."""
    assert fitted.fit.state == "fitted"
    assert fitted.fit.values == pytest.approx((0.2426, 4.4135, 0.7929, 2.4258), rel=2e-4)
    assert fitted.fit.log_likelihood == pytest.approx(-9582.43, abs=0.006)


def test_cdnow_gives_the_published_forecasts(fitted: BetaGeometric, cdnow: pd.DataFrame) -> None:
    assert fitted.expected(life(2, 30.43, 38.86), days=39 * 7)[0] == pytest.approx(1.226, abs=5e-4)
    assert fitted.expected(cdnow, days=39 * 7).sum() == pytest.approx(1653, rel=1e-3)


@pytest.mark.parametrize("first", [0, 1])
def test_gradient_and_hessian_are_those_of_the_likelihood(cdnow: pd.DataFrame, first: int) -> None:
    lives = (cdnow[c].to_numpy(dtype=float) for c in ("frequency", "recency", "T"))
    rows = Histories.of(*lives, np.random.default_rng(1).integers(1, 5, len(cdnow)).astype(float))
    step = 1e-5 * np.eye(4)
    for point in np.random.default_rng(2).normal(size=(4, 4)):
        _value, gradient, hessian = log_likelihood(point, rows, first=first)
        up, down = ([log_likelihood(point + sign * s, rows, first=first) for s in step] for sign in (1, -1))
        pairs = list(zip(up, down, strict=True))
        assert gradient == pytest.approx([(u[0] - d[0]) / 2e-5 for u, d in pairs], abs=1e-7)
        assert hessian == pytest.approx(np.array([(u[1] - d[1]) / 2e-5 for u, d in pairs]), abs=1e-7)


@pytest.mark.parametrize("n", [20_000, 150_000])
def test_planted_parameters_are_recovered(n: int) -> None:
    """Above 50,000 distinct histories the search starts from a sample."""
    truth = (0.6, 9.0, 0.8, 2.5)
    found = bgnbd.fit(beta_geometric(n, truth, np.random.default_rng(7)).summary).fit
    spread = np.sqrt(np.diag(found.covariance))
    assert (np.abs(np.log(found.values) - np.log(truth)) < 3.5 * spread).all()
    assert (spread < 0.2).all()


def test_forecasts_are_borne_out() -> None:
    truth, rng = (0.6, 9.0, 0.8, 2.5), np.random.default_rng(8)
    model = BetaGeometric(known("BG/NBD", NAMES, truth), "weeks", 0)
    forecasts_are_borne_out(model, beta_geometric(100_000, truth, rng), rng)


def test_staying_is_the_mean_of_its_chance_by_numerical_integration(fitted: BetaGeometric) -> None:
    from scipy import integrate, stats

    r, alpha, a, b = fitted.fit.values
    for x, t_x, T, t in ((1, 3, 50, 52), (3, 10, 50, 4), (60, 51, 52, 52), (900, 51, 52, 400)):
        near = stats.beta.ppf(1 - 1e-13, a, b + x)
        mean = integrate.quad(
            lambda p, x=x, T=T, t=t: (1 + p * t / (alpha + T)) ** -(r + x) * stats.beta.pdf(p, a, b + x),
            0,
            near,
            limit=500,
        )[0]
        found = fitted.p_alive(life(x, t_x, T), days=t * 7)[0] / fitted.p_alive(life(x, t_x, T))[0]
        assert found == pytest.approx(mean, rel=1e-5)


def test_the_forecast_is_the_sum_of_the_parts_of_its_time_by_numerical_integration(fitted: BetaGeometric) -> None:
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


def test_nothing_overflows(fitted: BetaGeometric) -> None:
    lives = pd.concat([life(0, 0, 0), life(5000, 100, 100), life(5000, 1, 1000), life(1, 0.1, 1e5)])
    alive, orders = fitted.p_alive(lives), fitted.expected(lives, days=365)
    assert np.isfinite(alive).all()
    assert np.isfinite(orders).all()
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (orders >= 0).all()
    assert alive[0] == 1.0
    stays = fitted.p_alive(lives, days=3650)
    assert ((stays >= 0) & (stays <= alive)).all()
    for a in (1.0, 1.0 + 1e-9, 0.5):
        near = while_active((0.5, 5.0, a, 0.5), np.zeros(2), np.full(2, 20.0), 52.0, first=0)
        beside = while_active((0.5, 5.0, a + 1e-4, 0.5), np.zeros(2), np.full(2, 20.0), 52.0, first=0)
        assert near == pytest.approx(beside, rel=1e-3)


@settings(max_examples=60, deadline=None)
@given(
    *(st.floats(-9, 9) for _ in range(4)),
    st.integers(0, 3000),
    st.floats(-3, 8),
    st.floats(-3, 8),
    st.sampled_from([0, 1]),
)
def test_staying_is_told_for_any_parameters(
    r: float, alpha: float, a: float, b: float, x: int, T: float, t: float, first: int
) -> None:
    """Against the mean over quantiles of the probability of leaving; no less likely the shorter the time."""
    from scipy import stats

    at = tuple(np.exp([r, alpha, a, b]))
    one = (np.array([float(x)]), np.exp([T]))
    near, far = (p_stays(at, *one, float(np.exp(t)) * longer, first=first)[0] for longer in (1.0, 2.0))
    assert 0 <= far <= near + 1e-12 <= 1 + 1e-12
    if x + first:
        p = stats.beta.ppf((np.arange(4000) + 0.5) / 4000, at[2], at[3] + first + x)
        mean = np.exp(-(at[0] + x) * np.log1p(p * np.exp(t) / (at[1] + np.exp(T)))).mean()
        assert near == pytest.approx(mean, abs=2e-3)


def test_the_integral_and_the_series_of_staying_agree() -> None:
    at, x, T = (0.6, 9.0, 0.8, 2.5), np.array([0.0, 1, 5, 60, 900]), np.array([5.0, 50, 20, 52, 52])
    series = p_stays(at, x, T, 30.0, first=1)
    assert _mean_kept(0.8, 3.5 + x, 0.6 + x, 30.0 / (9.0 + T)) == pytest.approx(series, rel=1e-9)


def test_days_and_weeks_say_the_same_and_are_never_mixed(cdnow: pd.DataFrame, fitted: BetaGeometric) -> None:
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


def test_row_order_changes_nothing_to_the_byte(cdnow: pd.DataFrame, fitted: BetaGeometric) -> None:
    assert bgnbd.fit(cdnow.sample(frac=1, random_state=5)).fit.values == fitted.fit.values


def test_customers_who_never_leave_are_reported_and_not_forecast() -> None:
    rng = np.random.default_rng(11)
    ages = rng.uniform(20, 60, 3000)
    x = rng.poisson(rng.gamma(0.8, 0.1, 3000) * ages).astype(float)
    last = np.where(x > 0, ages * rng.beta(np.maximum(x, 1), 1), 0.0)
    model = bgnbd.fit(pd.DataFrame({"frequency": x, "recency": last, "T": ages, "time_unit": "weeks"}))
    assert model.fit.state == "boundary"
    assert "a" in model.fit.edge
    with pytest.raises(FitError, match=r"BG/NBD .*boundary.* a") as caught:
        model.p_alive(life(2, 3, 4))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("rows", [0, 1, 29])
def test_too_few_customers_are_reported(cdnow: pd.DataFrame, rows: int) -> None:
    model = bgnbd.fit(cdnow.head(rows))
    assert model.fit.state == "too_few"
    assert model.fit.customers == rows
    assert len(model.fit.table()) == 4


def test_customers_of_the_same_day_only_are_no_fit() -> None:
    model = bgnbd.fit(pd.concat([life(0, 0, 0)] * 100))
    assert model.fit.state != "fitted"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, 6), st.floats(0, 1), st.integers(0, 300)), min_size=1, max_size=12),
    st.integers(15, 40),
)
def test_whatever_the_histories_a_fit_has_a_state(lives: list[tuple[int, float, int]], times: int) -> None:
    """Never an exception or a warning (warnings are errors here), and what is called fitted can be asked."""
    rows = [(x, T * share if x else 0.0, T) for x, share, T in lives] * times
    summary = pd.DataFrame(rows, columns=["frequency", "recency", "T"]).astype(float).assign(time_unit="days")
    for kind in (bgnbd, mbgnbd, pareto_nbd, nbd):
        model = kind.fit(summary)
        if not model.fit.usable:
            assert model.fit.state in ("too_few", "boundary", "not_converged")
            continue
        expected, alive, later = (
            model.expected(summary, days=365),
            model.p_alive(summary),
            model.p_alive(summary, days=90),
        )
        assert np.isfinite(expected).all()
        assert (expected >= 0).all()
        assert ((later >= 0) & (later <= alive + 1e-12) & (alive <= 1)).all()


def test_distinct_rows_are_counted_in_order_(cdnow: pd.DataFrame) -> None:
    columns = ["frequency", "recency", "T"]
    mine = distinct(cdnow.sample(frac=1, random_state=1), columns)
    counted = cdnow[columns].astype(float).groupby(columns, as_index=False).size().rename(columns={"size": "customers"})
    pd.testing.assert_frame_equal(mine, counted.astype(float), check_exact=True)
    assert mine["customers"].sum() == len(cdnow)
    assert mine[columns].apply(tuple, axis=1).is_monotonic_increasing
    assert distinct(cdnow.head(0), columns).empty


def test_rows_too_many_for_whole_numbers_are_counted_all_the_same(
    cdnow: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = ["frequency", "recency", "T"]
    quick = distinct(cdnow, columns)
    monkeypatch.setattr(fitting, "_MOST_KEYS", 10)
    pd.testing.assert_frame_equal(distinct(cdnow, columns), quick, check_exact=True)
