"""This month against the last: better or worse only where the data tell the two apart."""

from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import finding, findings
from crmlib.measures import comparison
from crmlib.vocabulary.months import first_day, month_end_before, month_ends
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)

NAN = float("nan")
NOW, BEFORE = date(2026, 10, 31), date(2026, 9, 30)


def rows(kpi: str, value: float, low: float, high: float, unit: str = "share", as_of: date = NOW) -> pd.DataFrame:
    return findings(knowing(AS_OF), [finding(knowing(as_of), kpi, (value, low, high), n=100)])


@pytest.mark.parametrize(
    ("kpi", "now", "before", "verdict"),
    [
        ("repurchase_rate", (0.6, 0.55, 0.65), (0.5, 0.45, 0.549), "better"),
        ("repurchase_rate", (0.4, 0.35, 0.44), (0.5, 0.45, 0.55), "worse"),
        ("at_risk_share", (0.6, 0.55, 0.65), (0.5, 0.45, 0.549), "worse"),
        ("repurchase_rate", (0.6, 0.55, 0.65), (0.5, 0.45, 0.55), "too_close"),
        ("repurchase_rate", (NAN, NAN, NAN), (0.5, 0.45, 0.55), "cannot_say"),
        ("repurchase_rate", (0.6, NAN, NAN), (0.5, 0.45, 0.55), "cannot_say"),
    ],
)
def test_verdicts(kpi: str, now: tuple[float, ...], before: tuple[float, ...], verdict: str) -> None:
    assert comparison.against(rows(kpi, *now), rows(kpi, *before))["verdict"].tolist() == [verdict]


def test_counts_are_counted_and_a_figure_without_a_month_before_cannot_be_said() -> None:
    both = comparison.against(
        rows("at_risk_customers", 12, NAN, NAN, unit="count"), rows("at_risk_customers", 10, NAN, NAN, unit="count")
    )
    assert both[["before", "value", "change", "verdict"]].to_numpy().tolist() == [[10, 12, 2, "counted"]]
    alone = comparison.against(rows("at_risk_customers", 12, NAN, NAN, unit="count"), findings(knowing(AS_OF)))
    assert alone["verdict"].tolist() == ["cannot_say"]
    assert comparison.against(findings(knowing(AS_OF)), findings(knowing(AS_OF))).empty


def test_each_measure_is_asked_as_of_both_month_ends() -> None:
    asked = []

    def measure(c: Company) -> pd.DataFrame:
        asked.append(c.as_of)
        return rows("repurchase_rate", c.as_of.month / 100, 0, 0.01, as_of=c.as_of)

    found = comparison.with_last_month(company_from({}, as_of=NOW).at(NOW), [measure])
    assert asked == [NOW, BEFORE]
    assert found[["before", "value"]].to_numpy().tolist() == [[0.09, 0.10]]
    assert comparison.with_last_month(company_from({}, as_of=NOW).at(NOW), []).empty


def test_who_sells_once_is_compared_by_what_begins_and_not_by_who_returns() -> None:
    def stands(kpi: str) -> comparison.Measure:
        return lambda c: findings(c, [finding(c, kpi, 1.0, n=50)])

    days = pd.date_range("2024-01-01", periods=60)
    orders = pd.DataFrame({"order_id": range(60), "customer_id": range(60), "ordered_at": days, "amount": 10.0})
    orders = orders.astype({"order_id": "str", "customer_id": "str"})
    back = pd.concat([orders, orders.assign(order_id=orders["order_id"] + "b", ordered_at=days + pd.Timedelta(days=9))])
    for sold, kpi in ((orders, "first_buyers"), (back, "repurchase_rate")):
        c = company_from({"orders": sold}, as_of=NOW)
        found = comparison.with_last_month(
            c, [stands("active_share")], again=[stands("repurchase_rate")], once=[stands("first_buyers")]
        )
        assert found["kpi"].tolist() == [kpi, "active_share"]


@pytest.mark.parametrize(
    ("as_of", "months", "first"),
    [
        (NOW, 3, date(2026, 8, 1)),
        (date(2026, 11, 30), 3, date(2026, 9, 1)),
        (date(2026, 2, 28), 12, date(2025, 3, 1)),
        (date(2026, 10, 15), 1, date(2026, 9, 16)),
        (date(2026, 8, 30), 6, date(2026, 2, 28)),
    ],
)
def test_months_end_with_the_date(as_of: date, months: int, first: date) -> None:
    assert first_day(as_of, months) == first


def test_month_ends_go_back_one_by_one() -> None:
    assert month_ends(date(2026, 3, 31), 3) == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]
    assert month_end_before(date(2026, 1, 15)) == date(2025, 12, 31)
