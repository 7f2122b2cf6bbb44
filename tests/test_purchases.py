"""What an order brought, which days count as purchases, and who is active, by hand."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from crmlib.facts import purchases, windows
from crmlib.facts.company import Company, company_from
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
ROWS = [
    ("a", "2025-10-31 09:00", 100.0, None, 30.0),
    ("a", "2025-11-01 00:00", 50.0, 20.0, 9.0),
    ("a", "2025-11-01 23:00", 10.0, 10.0, 0.0),
    ("b", "2026-10-31 23:59", 40.0, 40.0, 0.0),
    ("c", "2026-05-05 12:00", 0.0, None, None),
    ("d", "2026-05-06 12:00", 30.0, 29.5, None),
]


def company(rows: list[tuple[str, str, float, float | None, float | None]] = ROWS, **policy: object) -> Company:
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount", "refunded", "margin"])
    frame = frame.assign(order_id=[f"o{i}" for i in range(len(rows))], ordered_at=pd.to_datetime(frame["ordered_at"]))
    return company_from({"orders": frame}, as_of=AS_OF, policy=Policy.model_validate(policy))


def test_net_is_what_was_kept_and_the_margin_is_as_recorded() -> None:
    made = purchases.orders(company()).order_by("order_id").to_pandas()
    assert made["net"].to_list() == [Decimal(100), Decimal(30), Decimal(0), Decimal(0), Decimal(0), Decimal("0.5")]
    assert made["refunded"].to_list() == [
        Decimal(0),
        Decimal(20),
        Decimal(10),
        Decimal(40),
        Decimal(0),
        Decimal("29.5"),
    ]
    assert made["margin"].astype(float).fillna(-1).to_list() == [30, 9, 0, 0, -1, -1]
    assert made["day"].astype(str).to_list()[1:3] == ["2025-11-01", "2025-11-01"]


def test_without_refunds_on_record_net_is_the_amount() -> None:
    made = purchases.orders(company().without("orders.refunded")).to_pandas()
    assert (made["net"] == made["amount"]).all()


def test_a_day_counts_as_a_purchase_unless_all_of_it_was_paid_back() -> None:
    made = purchases.days(company()).order_by("customer_id", "day").to_pandas()
    assert made["orders"].to_list() == [1, 2, 1, 1, 1]
    assert made["net"].astype(float).to_list() == [100, 30, 0, 0, 0.5]
    assert made["is_kept"].to_list() == [True, True, False, True, True]
    assert not purchases.days(company([("a", "2026-01-01", -5.0, None, None)])).to_pandas()["is_kept"].any()


@pytest.mark.parametrize(("days", "active"), [(365, "abcd"), (364, "bcd"), (179, "bd"), (178, "b")])
def test_buyers_have_a_first_and_a_last_day_and_are_active_for_so_many_days(days: int, active: str) -> None:
    made = purchases.buyers(company(cost={"inactive_days": days})).to_pandas().set_index("customer_id")
    assert "".join(sorted(made.index[made["is_active"]])) == active
    a = made.loc["a"]
    assert (str(a["first_day"])[:10], str(a["last_day"])[:10], a["orders"], a["days"]) == (
        "2025-10-31",
        "2025-11-01",
        3,
        2,
    )
    assert a["net"] == Decimal(130)


def test_the_window_begins_on_a_first_day_of_a_month_and_holds_the_last_day() -> None:
    c = company(tiers={"window_months": 12})
    assert windows.start(c) == date(2025, 11, 1)
    recent = purchases.recent(c)
    assert recent.count().to_pyarrow().as_py() == 5
    assert recent.net.sum().to_pyarrow().as_py() == Decimal("30.5")
    assert windows.last(c, 1) == date(2026, 10, 1)
