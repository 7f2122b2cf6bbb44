"""What parameters and chance leave open, against sums and quantiles that are known exactly."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlib.models import forecasts, nbd
from crmlib.models.fitting import Array, Fit
from crmlib.models.forecasts import each_range, log_normal, of_chance, of_parameters
from tests.buyers import known

R, ALPHA, DAYS = 2.0, 10.0, 70.0
MODEL = nbd.NBD(known("NBD", nbd.NAMES, (R, ALPHA)), "weeks")
LIVES = pd.DataFrame({"frequency": [0.0, 9.0, 28.0], "recency": [0.0, 9.0, 19.0], "T": [5.0, 10.0, 20.0]}).assign(
    time_unit="weeks"
)
PLACED = R + LIVES["frequency"].to_numpy()
MEAN = PLACED / (ALPHA + LIVES["T"].to_numpy()) * DAYS / 7
VARIANCE = MEAN + MEAN**2 / PLACED
"""Of the orders of each within the days: negative binomial."""


class Fixed:
    """Every order is worth five."""

    fit = known("five", ("v",), (5.0,))

    def expected(self, summary: pd.DataFrame, **_more: Any) -> Array:
        return np.full(len(summary), 5.0)

    def draw(self, _summary: pd.DataFrame, orders: Array, **_more: Any) -> Array:
        return 5.0 * orders


def test_the_parameters_variance_is_the_delta_methods() -> None:
    covariance = np.array([[0.04, 0.01], [0.01, 0.09]])
    fit = Fit("M", ("a", "b"), (2.0, 3.0), covariance, 0.0, 50, "fitted")
    rates, member = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]]), np.array([[1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
    total, variance = of_parameters(member, lambda at: rates @ at + 7, fit)
    slopes = member @ rates
    assert total == pytest.approx(member @ (rates @ np.log([2.0, 3.0]) + 7))
    assert variance == pytest.approx(np.diag(slopes @ covariance @ slopes.T))


def test_a_sums_interval_is_log_normal() -> None:
    (value, low, high), (_same, least, most) = log_normal(np.array([10.0, 10.0]), np.array([4.0, 0.0]), 2.0)
    factor = np.exp(2.0 * np.sqrt(np.log(1 + 4 / 100)))
    assert (value, low, high) == pytest.approx((10.0, 10 / factor, 10 * factor))
    assert (least, most) == (10.0, 10.0)


def test_chance_moves_sums_by_as_much_as_the_model_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasts, "DRAWS", 4_000)
    many = pd.concat([LIVES] * 60, ignore_index=True)
    member = np.tile([[1.0, 1.0, 1.0], [0.0, 0.0, 1.0]], 60)
    worth = np.tile([1.0, 1.0, 0.5], 60)
    orders, money = of_chance(many, member, MODEL, Fixed(), days=DAYS, seed=1, worth=worth)  # type: ignore[arg-type]
    variance = np.tile(VARIANCE, 60)
    assert orders == pytest.approx(member @ variance, rel=0.1)
    assert money == pytest.approx(member @ (variance * (5 * worth) ** 2), rel=0.1)
    plain, nothing = of_chance(many, member, MODEL, None, days=DAYS, seed=1)
    assert plain == pytest.approx(orders)
    assert np.isnan(nothing).all()


def test_of_many_customers_a_sample_is_drawn_and_scaled_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasts, "DRAWS", 3_000)
    monkeypatch.setattr(forecasts, "DRAWN", 80)
    many = pd.concat([LIVES.iloc[[1]]] * 320, ignore_index=True)
    orders, _money = of_chance(many, np.ones((1, 320)), MODEL, None, days=DAYS, seed=2)
    assert orders[0] == pytest.approx(320 * VARIANCE[1], rel=0.15)


def test_the_range_of_a_customer_holds_what_the_model_expects_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal tails, but from nothing where nothing is likelier than a tail."""
    monkeypatch.setattr(forecasts, "SETS", 40)
    monkeypatch.setattr(forecasts, "FUTURES", 100)
    monkeypatch.setattr(forecasts, "CHUNK", 2)
    low, high = each_range(LIVES, MODEL, Fixed(), days=DAYS, confidence=0.9, seed=3)  # type: ignore[arg-type]
    chance = stats.nbinom(PLACED, PLACED / (PLACED + MEAN))
    nothing = chance.pmf(0) >= 0.05
    assert nothing.tolist() == [True, False, False]
    assert low == pytest.approx(5 * np.where(nothing, 0, chance.ppf(0.05)), abs=5.1)
    assert high == pytest.approx(5 * np.where(nothing, chance.ppf(0.9), chance.ppf(0.95)), abs=5.1)
    assert (low[1:] > 0).all()


def test_parameters_that_are_not_known_widen_the_range() -> None:
    unsure = Fit("NBD", nbd.NAMES, (R, ALPHA), np.diag([0.5, 0.5]), 0.0, 50, "fitted")
    often = pd.DataFrame({"frequency": [400.0], "recency": [399.0], "T": [400.0], "time_unit": "weeks"})
    spans = [
        np.subtract(*each_range(often, nbd.NBD(fit, "weeks"), Fixed(), days=3650, confidence=0.9, seed=5)[::-1])[0]  # type: ignore[arg-type]
        for fit in (MODEL.fit, unsure)
    ]
    fresh = LIVES.iloc[[0]].assign(T=0.0)
    wide = [
        np.subtract(*each_range(fresh, nbd.NBD(fit, "weeks"), Fixed(), days=3650, confidence=0.9, seed=5)[::-1])[0]  # type: ignore[arg-type]
        for fit in (MODEL.fit, unsure)
    ]
    assert wide[1] > 1.2 * wide[0]
    assert spans[1] < 1.5 * spans[0], "who has ordered for long is known whatever the crowd is like"


def test_a_slope_is_taken_close_by_and_on_both_sides() -> None:
    """Of exp(x) the slope at log 2 is 2; a step of one would make it 2.35, one side alone 2.0001."""
    fit = Fit("M", ("a",), (2.0,), np.array([[0.25]]), 0.0, 50, "fitted")
    total, variance = of_parameters(np.ones((1, 1)), np.exp, fit)
    assert total[0] == pytest.approx(2.0)
    assert variance[0] == pytest.approx(1.0, rel=1e-7)


def test_a_range_begins_at_nothing_where_nothing_is_as_likely_as_a_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 90 % and 100 futures: from the fifth to the ninety-fifth; where five bring nothing, from none to the ninetieth."""
    monkeypatch.setattr(forecasts, "SETS", 1)
    values = [
        np.arange(1.0, 101.0),
        np.r_[np.zeros(5), np.arange(6.0, 101.0)],
        np.r_[np.zeros(4), np.arange(5.0, 101.0)],
    ]

    class Given(Fixed):
        def draw(self, _summary: pd.DataFrame, orders: Array, **_more: Any) -> Array:
            return np.stack(values, axis=1)

    low, high = each_range(LIVES, MODEL, Given(), days=DAYS, confidence=0.9, seed=3)  # type: ignore[arg-type]
    assert low == pytest.approx([5.95, 0.0, 5.95])
    assert high == pytest.approx([95.05, 90.1, 95.05])
