"""Gamma-Gamma: the published figures, derivatives, planted parameters, and what it assumes."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlib.models import gamma_gamma
from crmlib.models.fitting import FitError

FOLDER = Path(str(find_spec("lifetimes").origin)).parent / "datasets"  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / "cdnow_customers_summary_with_transactions.csv")
    return frame.set_axis(["customer_id", "frequency", "recency", "T", "monetary_value"], axis=1)


@pytest.fixture(scope="module")
def fitted(cdnow: pd.DataFrame) -> gamma_gamma.GammaGamma:
    return gamma_gamma.fit(cdnow)


def simulated(n: int, parameters: tuple[float, ...], seed: int) -> pd.DataFrame:
    p, q, v = parameters
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 9, n)
    rate = rng.gamma(q, 1 / v, n)
    return pd.DataFrame({"frequency": x, "monetary_value": rng.gamma(p * x) / rate / x})


def test_cdnow_gives_the_published_estimates(fitted: gamma_gamma.GammaGamma, cdnow: pd.DataFrame) -> None:
    assert fitted.fit.state == "fitted"
    assert fitted.fit.values == pytest.approx((6.249, 3.745, 15.448), rel=2e-4)
    assert fitted.fit.log_likelihood == pytest.approx(-4055.92, abs=0.006)
    assert fitted.fit.customers == 946
    assert fitted.expected(cdnow)[[0, 1, 5]] == pytest.approx([24.659, 18.911, 71.463], rel=1e-3)
    assert fitted.expected(cdnow[cdnow["frequency"] == 0]) == pytest.approx(35.17, rel=1e-3)


def test_gradient_and_hessian_are_those_of_the_likelihood(cdnow: pd.DataFrame) -> None:
    again = cdnow[cdnow["frequency"] > 0]
    data = (again["frequency"].to_numpy(dtype=float), again["monetary_value"].to_numpy() / 30, np.ones(len(again)))
    step = 1e-5 * np.eye(3)
    for point in np.random.default_rng(2).normal(size=(4, 3)):
        _value, gradient, hessian = gamma_gamma.log_likelihood(point, *data)
        up, down = ([gamma_gamma.log_likelihood(point + sign * s, *data) for s in step] for sign in (1, -1))
        pairs = list(zip(up, down, strict=True))
        assert gradient == pytest.approx([(u[0] - d[0]) / 2e-5 for u, d in pairs], rel=1e-6, abs=1e-7)
        assert hessian == pytest.approx(np.array([(u[1] - d[1]) / 2e-5 for u, d in pairs]), rel=1e-6, abs=1e-6)


def test_planted_parameters_are_recovered_in_any_currency() -> None:
    truth = (4.0, 3.0, 200.0)
    customers = simulated(20_000, truth, seed=4)
    found = gamma_gamma.fit(customers).fit
    spread = np.sqrt(np.diag(found.covariance))
    assert (np.abs(np.log(found.values) - np.log(truth)) < 3.5 * spread).all()
    cents = gamma_gamma.fit(customers.assign(monetary_value=customers["monetary_value"] * 100)).fit.values
    assert cents == pytest.approx((found.values[0], found.values[1], found.values[2] * 100), rel=1e-5)


def test_where_first_purchases_count_one_time_buyers_are_worth_what_they_bring() -> None:
    """Half buy once and cheaply. Leaving their purchase out would give each of them the mean of the others."""
    rng, n = np.random.default_rng(2), 20_000
    x = np.where(rng.random(n) < 0.5, 0, rng.integers(1, 9, n))
    mean = rng.gamma(4.0, 20.0, n) * np.where(x == 0, 0.4, 1.0)
    each = rng.gamma(3.0 * (x + 1)) / (3.0 * (x + 1)) * mean
    later = rng.gamma(3.0, size=n) / 3.0 * mean
    again = np.where(x > 0, rng.gamma(3.0 * np.maximum(x, 1)) / (3.0 * np.maximum(x, 1)) * mean, 0.0)
    lives = pd.DataFrame({"frequency": x, "monetary_value": again, "mean_value": each})
    ratios = [
        [fitted.expected(lives)[group].sum() / later[group].sum() for group in (x == 0, x > 0)]
        for fitted in (gamma_gamma.fit(lives), gamma_gamma.fit(lives, first=True))
    ]
    assert ratios[0][0] > 2.3
    assert ratios[1] == pytest.approx([1.0, 1.0], abs=0.05)
    whole = gamma_gamma.fit(lives, first=True)
    assert whole.fit.customers == n
    drawn = [whole.draw(lives, np.ones((1, n)), rng=rng).mean() for _i in range(5)]
    assert np.mean(drawn) == pytest.approx(whole.expected(lives).mean(), rel=0.05)


def test_drawn_money_has_the_expected_mean(fitted: gamma_gamma.GammaGamma) -> None:
    many = pd.DataFrame({"frequency": [3] * 40_000, "monetary_value": 50.0})
    drawn = fitted.draw(many, np.full((1, 40_000), 2), rng=np.random.default_rng(6))
    assert drawn.mean() == pytest.approx(2 * fitted.expected(many.head(1))[0], rel=0.03)
    assert fitted.draw(many.head(3), np.zeros((1, 3)), rng=np.random.default_rng(6)).sum() == 0.0


def test_values_whose_mean_does_not_exist_are_no_fit() -> None:
    model = gamma_gamma.fit(simulated(5000, (4.0, 0.7, 10.0), seed=8))
    assert (model.fit.state, model.fit.edge) == ("boundary", ("q",))
    with pytest.raises(FitError, match="q"):
        model.expected(pd.DataFrame({"frequency": [1], "monetary_value": [2.0]}))


def test_equal_values_and_too_few_customers_are_no_fit() -> None:
    assert gamma_gamma.fit(pd.DataFrame({"frequency": [2] * 100, "monetary_value": 10.0})).fit.state != "fitted"
    assert gamma_gamma.fit(simulated(20, (4.0, 3.0, 200.0), seed=1)).fit.state == "too_few"
    assert gamma_gamma.fit(pd.DataFrame({"frequency": [0], "monetary_value": [0.0]})).fit.state == "too_few"
