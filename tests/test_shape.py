"""The kind of business is told by what is on record, and stated where the company states it."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

import crmlib
from crmlib.facts.company import Company, company_from
from crmlib.facts.shape import Shape, shape

DAY = date(2026, 10, 31)


def orders(buyers: int, again: int) -> pd.DataFrame:
    """Buyers of long ago, so many of whom bought on a second day."""
    rows = [(f"c{i}", "2025-03-01") for i in range(buyers)] + [(f"c{i}", "2025-05-01") for i in range(again)]
    return pd.DataFrame(rows, columns=["customer_id", "ordered_at"]).assign(amount=10.0)


def stating(c: Company, **about: str) -> Company:
    return replace(c, about={**c.about, **about}, _memo={})


@pytest.mark.parametrize(
    ("buyers", "again", "told"),
    [
        (200, 1, Shape("sells_once", "returning", 1, 200)),
        (200, 60, Shape("sells_again", "returning", 60, 200)),
        (5, 0, Shape("sells_again", "few", 0, 5)),
    ],
)
def test_it_is_told_by_whether_buyers_come_back(buyers: int, again: int, told: Shape) -> None:
    assert shape(crmlib.open(orders(buyers, again), as_of=DAY)) == told


def test_what_the_company_states_comes_first_and_companies_are_accounts() -> None:
    c = crmlib.open(orders(200, 60), as_of=DAY)
    assert shape(stating(c, shape="service_desk")) == Shape("service_desk", "stated")
    assert shape(stating(c, business_model="b2b")).name == "account_business"
    assert shape(stating(c, revenue_model="subscription")).name == "subscription"


def test_without_orders_contracts_or_cases_tell_and_else_nothing_does() -> None:
    contracts = pd.DataFrame({"contract_id": ["a"], "customer_id": ["x"], "started_on": [date(2026, 1, 1)]})
    cases = pd.DataFrame({"ticket_id": ["t"], "customer_id": ["x"], "opened_at": [pd.Timestamp("2026-05-01")]})
    told = {
        name: shape(company_from({name: rows}, as_of=DAY))
        for name, rows in (("contracts", contracts), ("tickets", cases))
    }
    assert told["contracts"] == Shape("subscription", "contracts", n=1)
    assert told["tickets"] == Shape("service_desk", "cases", n=1)
    assert shape(company_from({}, as_of=DAY)) == Shape("", "nothing")
