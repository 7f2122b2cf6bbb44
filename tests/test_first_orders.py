"""First orders by month, their change in a year, and what they bring."""

from datetime import date

import pandas as pd
import pytest
from scipy.stats import binomtest

import crmlib
from crmlib.facts.company import Company
from crmlib.measures import first_orders
from crmlib.vocabulary.policy import Policy
from tests.known import another_number

DAY = date(2026, 10, 31)
POLICY = Policy.model_validate({"lifecycle": {"settled_days": 0}})


def opened(starts: list[tuple[str, int]], *, again: int = 0) -> Company:
    """Customers by the month in which they begin; `again` of them order once more."""
    rows = []
    for month, n in starts:
        for i in range(n):
            who = f"{month}-{i}"
            rows.append((who, f"{month}-05", 10.0 * (1 + i % 3), 5.0))
            if i < again:
                rows.append((who, f"{month}-20", 1000.0, 0.0))
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount", "refunded"])
    return crmlib.open(orders, as_of=DAY, policy=POLICY)


def months(first: str, last: str) -> list[str]:
    return [str(m) for m in pd.period_range(first, last, freq="M")]


@pytest.mark.deck("D067")
def test_a_month_counts_who_begins_in_it_and_holds_it_against_the_year_before() -> None:
    before = [(m, 20) for m in months("2025-07", "2025-10")]
    c = opened([*before, *((m, 30) for m in months("2025-11", "2026-09")), ("2026-10", 36)], again=5)
    frame = first_orders.by_month(c)
    assert frame["month"].iloc[[0, -1]].tolist() == ["2025-07", "2026-10"]
    assert frame["first_buyers"].tolist() == [20] * 4 + [30] * 11 + [36]
    told = first_orders.first_orders(c, frame).set_index("kpi")
    assert told.loc["first_buyers", "value"] == 36
    assert told.loc["first_buyers_change", "value"] == pytest.approx(96 / 60)
    share = binomtest(96, 96 + 60).proportion_ci(0.95, method="exact")
    ends = [share.low / (1 - share.low), share.high / (1 - share.high)]
    assert told.loc["first_buyers_change", ["low", "high"]].tolist() == pytest.approx(ends)
    worth = [10.0 * (1 + i % 3) - 5 for i in range(30)]
    assert told.loc["first_order_value", "value"] == pytest.approx(sum(worth) / 30, abs=0.5)


def test_a_month_without_a_newcomer_is_nought_and_too_short_a_past_says_no_change() -> None:
    c = opened([("2026-05", 3), ("2026-08", 2)])
    assert first_orders.by_month(c)["first_buyers"].tolist() == [3, 0, 0, 2, 0, 0]
    assert "first_buyers_change" not in set(first_orders.first_orders(c, first_orders.by_month(c))["kpi"])


def test_without_money_there_is_no_value_and_no_column_changes_a_figure() -> None:
    c = opened([(m, 12) for m in months("2025-01", "2026-10")])
    assert another_number(lambda c: first_orders.first_orders(c, first_orders.by_month(c)), c) == {}
    assert "first_order_value" not in set(
        first_orders.first_orders(c.without("orders.amount"), first_orders.by_month(c))["kpi"]
    )
