"""What an offer costs by hand, and that it is said of nothing where money is not on record."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import offers
from tests.known import another_number

AS_OF = date(2026, 10, 31)


def company() -> Company:
    rows = [
        ("a", "2025-06-01", 100.0),
        ("a", "2025-09-01", 300.0),
        ("a", "2026-05-20", 200.0),
        ("b", "2026-05-01", 200.0),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    frame = frame.assign(
        order_id=list("1234"), ordered_at=pd.to_datetime(frame["ordered_at"]), margin=frame["amount"] / 2
    )
    return company_from({"orders": frame}, as_of=AS_OF)


@pytest.mark.deck("D097", "D099")
def test_margin_and_break_even_by_hand() -> None:
    told = offers.margins(company()).set_index("offer")
    first = told.loc["offer_first_order"]
    assert (first["customers"], first["base_amount"], first["costs_amount"]) == (2, 150.0, 75.0)
    assert first["margin_left_amount"] == 0.0
    assert first["orders_needed"] == pytest.approx(75 / 100), "an order brings 200 on average, half of it margin"
    year = told.loc["offer_referrer"]
    assert (year["customers"], year["base_amount"], year["costs_amount"]) == (2, 200.0, 20.0)
    referee = told.loc["offer_referee"]
    assert (referee["customers"], referee["base_amount"]) == (1, 600.0), "the first year of b is not over"
    assert referee["margin_left_amount"] == pytest.approx(300 - 120)


def test_without_a_column_no_other_number() -> None:
    assert another_number(offers.margins, company(), "orders.amount", "orders.margin", "orders.refunded") == {}
    assert offers.margins(company().without("orders.amount")).empty
