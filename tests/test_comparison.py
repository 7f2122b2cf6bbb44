"""This month against the last: better or worse only where the data tell the two apart."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import finding, findings
from crmlib.measures import comparison
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.months import first_day, month_end_before, month_ends
from crmlib.vocabulary.policy import Statistics
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
        ("repurchase_rate", (0.6, 0.55, 0.65), (0.5, 0.45, 0.55), "better"),
        ("repurchase_rate", (0.55, 0.50, 0.60), (0.5, 0.45, 0.55), "too_close"),
        ("repurchase_rate", (NAN, NAN, NAN), (0.5, 0.45, 0.55), "cannot_say"),
        ("repurchase_rate", (0.6, NAN, NAN), (0.5, 0.45, 0.55), "cannot_say"),
    ],
)
def test_verdicts(kpi: str, now: tuple[float, ...], before: tuple[float, ...], verdict: str) -> None:
    assert comparison.against(rows(kpi, *now), rows(kpi, *before), Statistics())["verdict"].tolist() == [verdict]


def test_counts_are_counted_and_a_figure_without_a_month_before_cannot_be_said() -> None:
    def count(kpi: str, value: float) -> pd.DataFrame:
        return rows(kpi, value, NAN, NAN, unit=KPIS[kpi].unit)

    for now, verdict in ((12, "too_close"), (40, "worse")):
        both = comparison.against(count("at_risk_customers", now), count("at_risk_customers", 10), Statistics())
        assert both[["before", "value", "change", "verdict"]].to_numpy().tolist() == [[10, now, now - 10, verdict]]
    money = comparison.against(count("arr", 12), count("arr", 10), Statistics())
    assert money["verdict"].tolist() == ["counted"], "what is summed is neither better nor worse by chance"
    alone = comparison.against(count("at_risk_customers", 12), findings(knowing(AS_OF)), Statistics())
    assert alone["verdict"].tolist() == ["cannot_say"]
    assert comparison.against(findings(knowing(AS_OF)), findings(knowing(AS_OF)), Statistics()).empty


def test_without_change_hardly_a_figure_moves_and_the_one_that_did_stands_first() -> None:
    rng, kpis = np.random.default_rng(3), [name for name, kpi in KPIS.items() if kpi.unit == "share"][:20]
    false, first = 0, 0
    for _look in range(200):
        truth = np.full(len(kpis), 0.4)
        looks = []
        for planted in (0.0, 3.5 * 0.02 * 2**0.5):
            value = truth + rng.normal(0, 0.02, len(kpis))
            value[7] += planted
            looks.append(pd.DataFrame({"kpi": kpis, "value": value, "low": value - 0.0392, "high": value + 0.0392}))
        before, now = (look.assign(segment="", n=600, customers=NAN, unit="share") for look in looks)
        found = comparison.against(now, before, Statistics())
        clear = found.loc[found["verdict"].isin(["better", "worse", "moved"]), "kpi"]
        false += (clear != kpis[7]).sum()
        first += found["kpi"].iloc[0] == kpis[7]
    assert false / (200 * 19) < 0.05
    assert first / 200 > 0.8


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
