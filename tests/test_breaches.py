"""What a broken promise goes with: a planted loss is found, none is invented, and who ordered less before explains it."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import breaches
from crmlib.models import adjusted
from tests.known import another_number

AS_OF = date(2026, 10, 31)
DAYS = 720
DESK = ("tickets.first_response_at", "tickets.resolved_at", "tickets.severity", "orders.amount")


def company(seed: int, *, costs: float = 0.0, unfair: float = 0.0, customers: int = 500) -> Company:
    """Customers who order at rates of their own and have a case each; after a broken promise the rate falls by `costs` (share).
    `unfair`: how much more often the promise to those who order seldom is broken.
    """
    rng = np.random.default_rng(seed)
    rate = rng.gamma(2.0, 1 / 60, customers)
    opened = rng.integers(150, DAYS - 150, customers)
    broken = rng.random(customers) < np.clip(0.4 + unfair * (rate < np.median(rate)) - unfair / 2, 0, 1)
    number = rng.poisson(rate * DAYS)
    who = np.repeat(np.arange(customers), number)
    day = rng.integers(0, DAYS, len(who))
    kept = ~broken[who] | (day <= opened[who]) | (rng.random(len(who)) >= costs)
    who, day = who[kept], day[kept]
    first = pd.Timestamp(AS_OF) - pd.Timedelta(days=DAYS - 1)
    orders = pd.DataFrame({"order_id": [f"o{i}" for i in range(len(who))], "customer_id": [f"c{i}" for i in who],
                           "ordered_at": first + pd.to_timedelta(day, unit="D"), "amount": 100.0})  # fmt: skip
    at = first + pd.to_timedelta(opened, unit="D")
    tickets = pd.DataFrame({"ticket_id": [f"t{i}" for i in range(customers)], "customer_id": [f"c{i}" for i in range(customers)],
                            "opened_at": at, "severity": "high", "first_response_at": at + pd.Timedelta(hours=1),
                            "resolved_at": at + pd.to_timedelta(np.where(broken, 60, 20), unit="h")})  # fmt: skip
    return company_from({"orders": orders, "tickets": tickets}, as_of=AS_OF)


def told(c: Company) -> pd.DataFrame:
    return breaches.after(c).set_index(["kpi", "segment"])


@pytest.mark.deck("D119", "D122")
def test_a_planted_loss_is_found_and_its_money_is_as_many_orders() -> None:
    found = told(company(1, costs=0.6))
    effect, money = found.loc[("breach_orders", "")], found.loc[("breach_revenue", "")]
    assert effect["high"] < 0
    assert effect["low"] < -0.6 * 3 < effect["high"], "three orders in ninety days on average"
    assert money["value"] == pytest.approx(100 * effect["value"])
    counted = found.loc["orders_after_case"]["value"]
    assert counted["promise_kept"] > counted["promise_broken"]


def test_who_ordered_less_before_does_not_make_a_loss() -> None:
    found = told(company(2, unfair=0.6))
    counted = found.loc["orders_after_case"]["value"]
    assert counted["promise_kept"] > counted["promise_broken"] + 0.7
    effect = found.loc[("breach_orders", "")]
    assert effect["low"] < 0 < effect["high"]


def test_the_interval_covers_nought_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(5), []
    for _round in range(400):
        who = np.sort(rng.integers(0, 60, 150))
        own, broken = rng.gamma(2.0, 1.0, 60)[who], rng.random(60)[who] < 0.4
        before, later = rng.poisson(own), rng.poisson(own)
        _value, low, high = adjusted.difference(later, broken, before, who)
        held.append(low <= 0 <= high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_too_few_or_a_group_that_the_covariates_tell_give_no_figure() -> None:
    y, who = np.arange(40.0), np.arange(40)
    assert np.isnan(adjusted.difference(y, who < 5, y, who)).all()
    assert np.isnan(adjusted.difference(y, who < 20, (who < 20).astype(float), who)).all()


def test_what_is_not_over_or_has_no_months_before_is_left_out() -> None:
    c = company(3)
    early = c.at(date(2026, 3, 1))
    assert told(early)["n"].max() < told(c)["n"].max()
    assert breaches.after(company_from({}, as_of=AS_OF)).empty


def test_a_column_taken_away_gives_no_other_number() -> None:
    assert another_number(breaches.after, company(4, costs=0.5), *DESK) == {}
