"""The four cases like for like: returning customers by hand and by resampling, and a table that says what it compares."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import FINDING
from crmlib.measures import claims, deck_cases
from crmlib.models.estimates import wilson
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({})
AS_OF = date(2026, 10, 31)


def company(rows: list[tuple[str, str, float]], as_of: date = AS_OF) -> Company:
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    orders["order_id"] = [f"o{i:04d}" for i in range(len(orders))]
    orders["ordered_at"] = pd.to_datetime(orders["ordered_at"], format="ISO8601")
    orders["amount"] = [Decimal(str(a)) for a in orders["amount"]]
    return company_from({"orders": orders}, as_of=as_of)


def told(c: Company, as_of: date = AS_OF) -> pd.DataFrame:
    found = deck_cases.returning(c.at(as_of))
    assert list(found.columns) == FINDING
    return found.set_index(["kpi", "segment"])


HISTORY = [
    ("a", "2023-11-01", 10),
    ("a", "2024-11-01 00:00", 30),
    ("a", "2025-11-01", 60),
    ("b", "2025-10-31 23:59", 20),
    ("b", "2026-10-31 23:59", 30),
    ("c", "2024-10-31", 5),
    ("c", "2025-12-01", 10),
    ("d", "2025-03-01", 50),
]


def test_returning_by_hand() -> None:
    found = told(company(HISTORY))
    now, before = ("returning_buyers_share", ""), ("returning_buyers_share", "year_before")
    assert found.loc[now, ["value", "low", "high", "n"]].tolist() == pytest.approx([*wilson(2, 3), 3])
    assert found.loc[before, ["value", "low", "high", "n"]].tolist() == pytest.approx([*wilson(1, 3), 3])
    assert found.loc[("returning_buyers_change", ""), ["value", "n"]].tolist() == pytest.approx([1 / 3, 4])
    assert found.loc[("returning_revenue_share", ""), "value"] == pytest.approx(90 / 100)
    assert found.loc[("returning_revenue_share", "year_before"), "value"] == pytest.approx(30 / 100)
    assert found.loc[("returning_revenue_change", ""), "value"] == pytest.approx(0.6)


def test_refunds_are_taken_off() -> None:
    orders = company(HISTORY).tables.orders.to_pandas()
    orders["refunded"] = [None] * 2 + [Decimal(50)] + [None] * 5
    orders = orders.dropna(axis=1, how="all")
    found = told(company_from({"orders": orders}, as_of=AS_OF))
    assert found.loc[("returning_revenue_share", ""), "value"] == pytest.approx(40 / 50)


def test_the_intervals_are_those_of_resampled_customers() -> None:
    rng = np.random.default_rng(3)
    spent = rng.gamma(2.0, 50.0, (600, 3)).round(2) * (rng.random((600, 3)) < 0.6)
    spent[0] = 1.0
    days = ("2024-05-01", "2025-05-01", "2026-05-01")
    rows = [(f"c{i}", day, float(v)) for i, row in enumerate(spent) for day, v in zip(days, row, strict=True) if v]
    found = told(company([*rows, ("first", "2023-11-05", 1.0)]))

    def share(some: np.ndarray[Any, Any], year: int, money: bool) -> float:
        now = some[:, year] if money else some[:, year] > 0
        return float((now * (some[:, year - 1] > 0)).sum() / now.sum())

    draws = [spent[rng.integers(0, 600, 600)] for _ in range(1500)]
    for kpi, money in (("returning_buyers_change", False), ("returning_revenue_change", True)):
        ends = np.quantile([share(d, 2, money) - share(d, 1, money) for d in draws], [0.025, 0.975])
        assert found.loc[(kpi, ""), ["low", "high"]].tolist() == pytest.approx(ends, abs=0.012)
    ends = np.quantile([share(d, 2, True) for d in draws], [0.025, 0.975])
    assert found.loc[("returning_revenue_share", ""), ["low", "high"]].tolist() == pytest.approx(ends, abs=0.012)


def test_a_history_that_is_too_short_is_not_told() -> None:
    two_years = told(company([r for r in HISTORY if r[1] > "2024-10"]))
    there = two_years["n"] > 0
    assert there[there].index.tolist() == [("returning_buyers_share", ""), ("returning_revenue_share", "")]
    assert two_years.loc[~there, "value"].isna().all()
    for nothing, figures in ((company([]), 3), (company([("a", "2026-10-31", 5)]), 6)):
        found = told(nothing)
        assert len(found) == figures, "of revenue nothing is stated where no amount was ever recorded"
        assert (found["n"] == 0).all()


def test_without_revenue_only_customers_are_told() -> None:
    found = told(company([(c, day, 0.0) for c, day, _amount in HISTORY]))
    assert found.loc[("returning_buyers_change", ""), "n"] == 4
    assert found.loc["returning_revenue_share", "n"].tolist() == [0, 0]
    assert np.isnan(found.loc[("returning_revenue_change", ""), "value"])


def test_later_rows_and_row_order_change_nothing() -> None:
    later = [*HISTORY, ("a", "2026-11-01", 100), ("e", "2026-11-02", 5)]
    more = company(later[::-1], date(2026, 12, 31))
    pd.testing.assert_frame_equal(told(more), told(company(HISTORY)))


@pytest.mark.deck("D015", "D016", "D017", "D018")
def test_the_table_has_a_row_for_each_case_and_says_what_it_compares() -> None:
    c = company(HISTORY)
    tested = claims.verdicts(c, chapter="01_importance")
    table = deck_cases.against_deck(tested, deck_cases.returning(c))
    assert list(table.columns) == deck_cases.COLUMNS
    assert table["deck"].tolist() == ["D015"] * 2 + ["D016"] * 7 + ["D017", "D018"]
    assert table["compared"].str.endswith(".").all()
    assert table["claimed"].dropna().tolist() == ["30%", "+8.5 points", "+13.0 points", "+17%", "92%"]
    assert table.loc[0, "compared"] == "Share of those active a year ago who are active no more."
    assert table.loc[1, "compared"] == "Not recorded here: Actions."
    assert table.loc[1, "n"] == 0
    assert table.loc[3, "compared"] == "Returning buyers."
    assert table.loc[4, "compared"] == "Returning buyers, a year before."
    assert "it needs greetings drawn by lot" in table["compared"].iloc[-2]
    assert table["compared"].iloc[-1].startswith("The level of one other firm")


def test_the_table_says_when_the_orders_are_too_young() -> None:
    c = company([("a", "2026-10-01", 5)])
    tested = claims.verdicts(c, chapter="01_importance")
    table = deck_cases.against_deck(tested, deck_cases.returning(c))
    own = table[(table["deck"] == "D016") & table["claimed"].isna()]
    assert own["compared"].tolist() == ["Returning buyers: the orders do not reach back far enough."]
