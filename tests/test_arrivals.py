"""A month with too few rows is a gap; growth and a late start are none."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import company_from
from crmlib.facts.findings import FINDING
from crmlib.measures import arrivals
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
POLICY = Policy()


def profile(*rows: tuple[str, str, date | None, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["table", "column", "month", "rows", "filled", "invalid"])


@pytest.mark.deck("D036")
def test_a_missing_month_is_a_gap_and_growth_is_not() -> None:
    months = [date(2026, m, 1) for m in range(1, 11)]
    counts = [10, 20, 40, 60, 80, 100, 0, 100, 30, 100]
    rows = [("orders", "order_id", m, n, n, 0) for m, n in zip(months, counts, strict=True) if n]
    tables = company_from({"profile": profile(*rows, ("surveys", "at", months[0], 5, 5, 0))}, as_of=AS_OF)
    came = arrivals.arrivals(tables.at(AS_OF))
    assert came["rows"].tolist() == counts
    assert came["usual"].isna().sum() == 3
    gaps = arrivals.gaps(tables.at(AS_OF)).set_index("segment")
    assert gaps.loc["", "value"] == 2
    assert gaps.loc["", "n"] == 7


def test_a_table_that_begins_later_than_another_has_no_months_before_its_first() -> None:
    months = [date(2026, m, 1) for m in range(1, 7)]
    rows = [("orders", "order_id", m, 5, 5, 0) for m in months]
    rows += [("interactions", "at", m, 3, 3, 0) for m in months[3:]]
    came = arrivals.arrivals(company_from({"profile": profile(*rows)}, as_of=AS_OF).at(AS_OF))
    assert came.groupby("table")["rows"].sum().to_dict() == {"interactions": 9, "orders": 30}
    assert len(came) == 9


def test_nothing_arrived_gives_no_rows() -> None:
    findings = arrivals.gaps(company_from({}, as_of=AS_OF).at(AS_OF))
    assert list(findings.columns) == FINDING
    assert findings.empty
