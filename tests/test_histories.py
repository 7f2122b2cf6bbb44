"""What every model of purchase histories shares: quadrature, units of time, and histories counted once."""

import numpy as np
import pandas as pd
import pytest

from crmlib.models import nbd
from crmlib.models.fitting import Evaluation, UnitError
from crmlib.models.histories import LOBATTO, Histories, fit_histories, histories
from tests.buyers import known

RATE = (2.0, 10.0)
LIVES = pd.DataFrame({"frequency": [0.0, 9.0, 28.0], "recency": [0.0, 9.0, 19.0], "T": [5.0, 10.0, 20.0]}).assign(
    time_unit="weeks"
)
A_WEEK = (2.0 + LIVES["frequency"].to_numpy()) / (10.0 + LIVES["T"].to_numpy())


class Halves(nbd.NBD):
    """Everyone is active with a chance of one half, and halves again each week."""

    def _alive(self, at, x, t_x, T):  # type: ignore[no-untyped-def]
        return np.full(len(x), 0.5)

    def _stays(self, at, x, T, t):  # type: ignore[no-untyped-def]
        return np.full(len(x), 0.5**t)


MODEL = Halves(known("NBD", nbd.NAMES, RATE), "weeks")


def test_the_quadrature_is_exact_for_powers_up_to_the_seventh() -> None:
    """Five places of Lobatto (Abramowitz and Stegun 1964, 25.4.32), that at nought left out."""
    for power in range(1, 8):
        assert sum(weight * place**power for place, weight in LOBATTO) == pytest.approx(1 / (power + 1), rel=1e-14)
    assert sum(weight for _place, weight in LOBATTO) == pytest.approx(1 - 1 / 20)


@pytest.mark.parametrize("yearly", [0.0, 0.1, 0.5])
def test_a_purchase_after_a_year_counts_by_one_rate_less(yearly: float) -> None:
    """At a steady rate of purchases the discounted number is known: rate (1 - (1 + y)^-t) / log(1 + y)."""
    for days in (70, 365, 730):
        years, slope = days / 365, np.log1p(yearly)
        counted = (1 - (1 + yearly) ** -years) / slope if yearly else years
        found = MODEL.expected(LIVES, days=days, yearly=yearly)
        assert found == pytest.approx(0.5 * A_WEEK * 365 / 7 * counted, rel=2e-5)


def test_who_is_active_later_is_active_now_and_stays() -> None:
    assert MODEL.p_alive(LIVES).tolist() == [0.5] * 3
    assert MODEL.p_alive(LIVES, days=14).tolist() == [0.125] * 3
    daily = Halves(known("NBD", nbd.NAMES, RATE), "days")
    assert daily.p_alive(LIVES.assign(time_unit="days"), days=3).tolist() == [0.0625] * 3


def test_drawn_futures_are_nothing_for_who_has_left_and_have_the_expected_mean() -> None:
    many = pd.concat([LIVES] * 4000, ignore_index=True)
    drawn = MODEL.draw(many, days=70, rng=np.random.default_rng(1), times=2)
    assert drawn.shape == (2, 12_000)
    assert (drawn[0] != drawn[1]).any()
    mean = drawn.mean(axis=0).reshape(-1, 3).mean(axis=0)
    assert mean == pytest.approx(0.5 * A_WEEK * 10, rel=0.06)
    assert MODEL.draw(LIVES, days=70, rng=np.random.default_rng(1)).shape == (1, 3)


def test_histories_are_of_one_unit_and_none_are_of_any() -> None:
    assert [list(values) for values in histories(LIVES, "weeks")] == [
        LIVES[name].to_list() for name in ("frequency", "recency", "T")
    ]
    with pytest.raises(UnitError, match="fitted in days, the summary is in weeks"):
        histories(LIVES, "days")
    assert [len(values) for values in histories(LIVES.head(0), "days")] == [0, 0, 0]


def test_kinds_are_the_distinct_numbers_of_purchases() -> None:
    rows = Histories.of(np.array([2.0, 0.0, 2.0, 5.0]), np.arange(4.0), np.arange(4.0) + 9)
    assert rows.kinds.tolist() == [0.0, 2.0, 5.0]
    assert rows.which.tolist() == [1, 0, 1, 2]
    assert rows.customers.tolist() == [1.0] * 4
    assert rows.by_kind(np.array([1.0, 10.0, 100.0, 1000.0])).tolist() == [10.0, 101.0, 1000.0]
    part = rows.part(slice(2, 4))
    assert (part.x.tolist(), part.t_x.tolist(), part.T.tolist()) == ([2.0, 5.0], [2.0, 3.0], [11.0, 12.0])
    assert part.by_kind(np.ones(2)).tolist() == [0.0, 1.0, 1.0], "every kind has its place in every part"


def test_a_fit_searches_in_units_of_the_mean_age_and_answers_in_those_of_the_histories() -> None:
    """Of 40 and 20 customers aged 6 and 12 the mean age is 8; a value of 2 at the top of the search is then 16."""
    seen: list[tuple[list[float], list[float]]] = []

    def likelihood(point: np.ndarray, rows: Histories) -> Evaluation:
        seen.append((rows.T.tolist(), rows.customers.tolist()))
        away = point - np.log([2.0, 3.0])
        return float(-(away @ away) / 2), -away, -np.eye(2)

    lives = pd.DataFrame({"frequency": [1.0] * 60, "recency": 3.0, "T": [6.0] * 40 + [12.0] * 20, "time_unit": "days"})
    given = {"start": (1.0, 1.0), "times": ("alpha",), "summary": lives}
    found, unit = fit_histories("M", ("r", "alpha"), likelihood, **given)
    assert unit == "days"
    assert seen[0] == ([0.75, 1.5], [40.0, 20.0])
    assert found.values == pytest.approx((2.0, 24.0))
    assert found.customers == 60
    assert found.log_likelihood == pytest.approx(-60 * np.log(8))
