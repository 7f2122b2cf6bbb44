"""Leaving Ibis is a week and no rewrite: two facts written without it, behind the same signature, say the same."""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd
import pytest

from crmlib.facts import lives
from crmlib.facts.company import Company, company_from
from crmlib.measures import retention
from tests import by_hand
from tests.engines import DAY, hostile


def asked(c: Company, sql: str) -> pd.DataFrame:
    """The answer of DuckDB alone, on the company's orders as they were frozen."""
    with duckdb.connect() as engine:
        engine.register("orders", c.tables.orders.to_pyarrow())
        return engine.execute(sql).df()


@pytest.fixture(scope="module", params=["teaching", "hostile"])
def company(request: pytest.FixtureRequest, teaching: Company) -> Company:
    return teaching if request.param == "teaching" else company_from(hostile(), as_of=DAY)


def test_the_summary_of_buying_is_the_same_by_hand(company: Company) -> None:
    ours = lives.summary(company).to_pandas()
    by_us = ours.set_index("customer_id").sort_index()[["frequency", "recency", "T", "monetary_value"]]
    other = asked(company, by_hand.summary("orders", company.as_of)).set_index("customer_id").sort_index()
    pd.testing.assert_frame_equal(by_us, other, check_dtype=False, rtol=1e-12)


def test_the_cohort_matrix_is_the_same_by_hand(company: Company) -> None:
    ours = retention.cohorts(company).dropna(subset="active")
    cohort = pd.to_datetime(ours["cohort"])
    by_us = pd.DataFrame(
        {"cohort": cohort.dt.year * 12 + cohort.dt.month, "later": ours["months_since_first"], "active": ours["active"]}
    )
    other = asked(company, by_hand.cohorts("orders", company.as_of)).fillna(0)
    both = by_us.merge(other, on=["cohort", "later"], how="left", suffixes=("", "_by_hand")).fillna(0)
    assert len(both) > 10
    assert (both["active"] == both["active_by_hand"]).all()


def test_the_drill_sees_a_wrong_day(teaching: Company) -> None:
    other = asked(teaching, by_hand.summary("orders", date(2026, 9, 30)))
    assert len(other) < lives.summary(teaching).count().to_pyarrow().as_py()
