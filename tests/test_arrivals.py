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


def rows(counts: dict[date, int]) -> pd.DataFrame:
    """So many orders, or contacts, in each month."""
    months = [m for m, n in counts.items() for _i in range(n)]
    frame = pd.DataFrame({"ordered_at": pd.to_datetime(months)})
    return frame.assign(customer_id="a", order_id=[f"o{i}" for i in range(len(frame))])


@pytest.mark.deck("D036")
def test_a_missing_month_is_a_gap_and_growth_is_not() -> None:
    months = [date(2026, m, 1) for m in range(1, 11)]
    counts = [10, 20, 40, 60, 80, 100, 0, 100, 30, 100]
    asked = pd.DataFrame({"customer_id": ["a"], "at": pd.Timestamp(months[0])})
    c = company_from({"orders": rows(dict(zip(months, counts, strict=True))), "surveys": asked}, as_of=AS_OF)
    came = arrivals.arrivals(c)
    assert came["rows"].tolist() == counts
    assert came["usual"].isna().sum() == 3
    gaps = arrivals.gaps(c).set_index("segment")
    assert gaps.loc["", "value"] == 2
    assert gaps.loc["", "n"] == 7
    assert gaps.loc["", "without"] == "interactions tickets activity"


def test_a_month_that_has_not_ended_is_not_judged() -> None:
    c = company_from({"orders": rows(dict.fromkeys((date(2026, m, 1) for m in range(1, 11)), 4))}, as_of=AS_OF)
    assert arrivals.arrivals(c.at(date(2026, 10, 30)))["month"].max() == "2026-09"


def test_a_table_that_begins_later_than_another_has_no_months_before_its_first() -> None:
    months = [date(2026, m, 1) for m in range(1, 7)]
    later = rows(dict.fromkeys(months[3:], 3)).rename(columns={"ordered_at": "at", "order_id": "interaction_id"})
    frames = {"orders": rows(dict.fromkeys(months, 5)), "interactions": later}
    came = arrivals.arrivals(company_from(frames, as_of=AS_OF))
    assert came.groupby("table")["rows"].sum().to_dict() == {"interactions": 9, "orders": 30}
    assert len(came) == 9


def test_nothing_arrived_gives_no_rows() -> None:
    findings = arrivals.gaps(company_from({}, as_of=AS_OF))
    assert list(findings.columns) == FINDING
    assert findings.empty
