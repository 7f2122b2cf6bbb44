"""A real subscription company against pandas; skipped where ../shared/data does not stand beside the project."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.facts import contracts
from crmlib.facts.company import Company, read_company
from crmlib.measures import reasons_of_ending, recurring, renewals
from crmlib.vocabulary.policy import Policy

DATA = Path(__file__).parents[2] / "shared" / "data" / "companies" / "saas"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not beside the project")
DAY = date(2024, 12, 31)
MAPPING = """
name = "subscriptions"
currency = "USD"
revenue_model = "subscription"
[contracts]
from = "ravenstack_subscriptions.csv"
date_format = "%d-%m-%Y"
[contracts.fields]
contract_id = "subscription_id"
customer_id = "account_id"
started_on = "start_date"
ended_on = "end_date"
amount = "case when billing_frequency = 'annual' then arr_amount else mrr_amount end"
period = "billing_frequency"
plan = "plan_tier"
trial = "is_trial"
renews = "auto_renew_flag"
[contracts.values.period]
monthly = "month"
annual = "year"
[events]
from = "ravenstack_churn_events.csv"
date_format = "%d-%m-%Y"
[events.fields]
event_id = "churn_event_id"
customer_id = "account_id"
at = "churn_date"
kind = "'cancellation'"
reason = "reason_code"
"""


@pytest.fixture(scope="module")
def c(tmp_path_factory: pytest.TempPathFactory) -> Company:
    home = tmp_path_factory.mktemp("subscriptions")
    (home / "company.toml").write_text(MAPPING, encoding="utf-8")
    done = ingest(load_description(home / "company.toml", data=DATA), home / "out", policy=Policy.model_validate({}))
    assert done.latest_month == "2024-12"
    return read_company(home / "out" / "tables", as_of=DAY)


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    frame = pd.read_csv(DATA / "ravenstack_subscriptions.csv")
    days = {name: pd.to_datetime(frame[name], dayfirst=True) for name in ("start_date", "end_date")}
    return frame.assign(**days)


def level(raw: pd.DataFrame, day: str) -> pd.Series[int]:
    """Recurring revenue a month of each account on a day."""
    live = raw[
        (raw["start_date"] <= day) & (raw["end_date"].isna() | (raw["end_date"] > day)) & (raw["mrr_amount"] > 0)
    ]
    return live.groupby("account_id")["mrr_amount"].sum()


def told(frame: pd.DataFrame) -> dict[str, float]:
    return frame[frame["segment"] == ""].set_index("kpi")["value"].to_dict()


def test_recurring_revenue_is_the_sum_of_the_live_subscriptions(c: Company, raw: pd.DataFrame) -> None:
    stated = told(recurring.levels(c))
    assert stated["arr"] == raw.loc[raw["end_date"].isna(), "arr_amount"].sum() == 121_915_296
    assert stated["mrr"] == level(raw, "2024-12-31").sum()
    assert stated["contract_customers"] == 500


def test_movements_add_up_to_the_cent_in_every_month(c: Company, raw: pd.DataFrame) -> None:
    monthly = recurring.by_month(c).set_index("month")
    frame = contracts.movements(c).to_pyarrow().to_pandas()
    for month, row in monthly.iterrows():
        now = level(raw, f"{month + pd.offsets.MonthEnd(0):%Y-%m-%d}")
        assert row["closing"] == now.sum()
        assert row["customers"] == len(now)
        changes = frame.loc[pd.to_datetime(frame["month"]) == month, "change"]
        assert sum(changes, Decimal(0)) == Decimal(str(row["closing"])) - Decimal(str(row["opening"]))


def test_retention_renewals_and_the_reasons_of_ending(c: Company, raw: pd.DataFrame) -> None:
    then, now = level(raw, "2023-12-31"), level(raw, "2024-12-31")
    after = now.reindex(then.index, fill_value=0)
    kept = told(recurring.retention(c))
    assert kept["net_revenue_retention"] == pytest.approx(after.sum() / then.sum())
    assert kept["gross_revenue_retention"] == pytest.approx(after.clip(upper=then).sum() / then.sum())
    yearly = raw[
        (raw["billing_frequency"] == "annual")
        & raw["auto_renew_flag"]
        & raw["end_date"].isna()
        & (raw["mrr_amount"] > 0)
    ]
    following = yearly["start_date"].map(
        lambda day: next(d for k in (1, 2, 3) if (d := day + pd.DateOffset(years=k)) > pd.Timestamp(DAY))
    )
    soon = yearly[following <= pd.Timestamp(DAY) + pd.Timedelta(days=60)]
    due = told(renewals.due(c))
    assert (due["renewals_due"], due["renewals_due_revenue"]) == (len(soon), soon["arr_amount"].sum())
    coded = pd.read_csv(DATA / "ravenstack_churn_events.csv")["reason_code"].value_counts()
    table = reasons_of_ending.reasons(c).set_index("reason_of_ending")["endings"]
    assert table.sum() == 600
    assert table.to_dict() == coded.to_dict()
