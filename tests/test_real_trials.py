"""Arms, campaigns and deliveries of real companies by their mapping; skipped where ../shared/data is not beside the project."""

from calendar import monthrange
from datetime import date
from pathlib import Path
from shutil import copy

import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.border.propose import init
from crmlib.facts.company import Company, read_company
from crmlib.measures import campaigns, deliveries, trials
from crmlib.vocabulary.policy import Policy

SHARED = Path(__file__).parents[2] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not (SHARED / "companies").exists(), reason="../shared/data/companies is not beside the project"
)

HILLSTROM = """
exported_on = 2008-04-30
[interactions]
from = "hillstrom.parquet"
[interactions.fields]
customer_id = "__line"
channel = "'email'"
direction = "'out'"
campaign = "'spring'"
arm = "segment"
[outcomes]
from = "hillstrom.parquet"
unpivot = ["visit", "conversion", "spend"]
[outcomes.fields]
customer_id = "__line"
name = "name"
value = "value"
"""
GROCERY = """
[interactions]
from = "campaigns.parquet"
[interactions.fields]
customer_id = "household_id"
at = "start_date"
channel = "'coupon'"
direction = "'out'"
campaign = "campaign_id"
campaign_type = "campaign_type"
[[interactions.join]]
from = "campaign_descriptions.parquet"
on = ["campaign_id"]
take = ["campaign_type", "start_date"]
[outcomes]
from = "coupon_redemptions.parquet"
[outcomes.fields]
customer_id = "household_id"
at = "redemption_date"
name = "'redemption'"
value = "1"
campaign = "campaign_id"
"""
MARKETPLACE = """
[orders]
from = "olist_orders_dataset.csv"
date_format = "%m/%d/%Y %H:%M"
[orders.fields]
order_id = "order_id"
customer_id = "customer_unique_id"
ordered_at = "order_purchase_timestamp"
amount = "payment_value"
promised_at = "order_estimated_delivery_date"
delivered_at = "order_delivered_customer_date"
[[orders.join]]
from = "olist_customers_dataset.csv"
on = ["customer_id"]
take = ["customer_unique_id"]
[[orders.join]]
from = "olist_order_payments_dataset.csv"
on = ["order_id"]
take = { payment_value = "sum" }
[surveys]
from = "olist_order_reviews_dataset.csv"
date_format = "%m/%d/%Y %H:%M"
[surveys.fields]
customer_id = "customer_unique_id"
at = "review_answer_timestamp"
instrument = "'csat'"
item = "'order'"
score = "review_score"
order_id = "order_id"
[[surveys.join]]
from = "olist_orders_dataset.csv"
on = ["order_id"]
take = ["customer_id"]
[[surveys.join]]
from = "olist_customers_dataset.csv"
on = ["customer_id"]
take = ["customer_unique_id"]
"""


def reviewed(folder: Path, mapping: str, data: Path, as_of: date | None = None) -> Company:
    (folder / "company.toml").write_text('name = "real"\ncurrency = "USD"\n' + mapping, encoding="utf-8")
    done = ingest(load_description(folder, data=data), folder / "out", policy=Policy())
    year, month = map(int, done.latest_month.split("-"))
    return read_company(folder / "out" / "tables", as_of=as_of or date(year, month, monthrange(year, month)[1]))


def test_three_arms_of_hillstrom(tmp_path: Path) -> None:
    c = reviewed(tmp_path, HILLSTROM, SHARED)
    told = trials.compare(c).set_index(["outcome", "arm"])
    visits = told["value"]["visit"]
    assert visits[["Mens E-Mail", "Womens E-Mail", "No E-Mail"]].tolist() == pytest.approx(
        [0.182757, 0.151400, 0.106167], abs=1e-6
    )
    changes = [told.loc[(what, f"{who} E-Mail"), "change"] for what in ("visit", "spend") for who in ("Mens", "Womens")]
    assert changes == pytest.approx([0.07659, 0.04523, 0.7698, 0.4244], abs=5e-5)
    assert (told.loc[told["verdict"] != "control", "verdict"] == "more").all()


def test_redemption_by_type_of_campaign(tmp_path: Path) -> None:
    c = reviewed(tmp_path, GROCERY, SHARED / "companies" / "grocery_campaigns", as_of=date(2017, 12, 31))
    told = campaigns.by_type(c).set_index("segment")["value"].round(3)
    assert told.to_dict() == {"Type A · redemption": 0.166, "Type B · redemption": 0.065, "Type C · redemption": 0.059}


def test_the_proposed_mapping_tells_redemption_by_type_too(tmp_path: Path) -> None:
    for name in ("campaigns", "campaign_descriptions", "coupon_redemptions"):
        copy(SHARED / "companies" / "grocery_campaigns" / f"{name}.parquet", tmp_path)
    init(tmp_path)
    ingest(load_description(tmp_path), tmp_path / "out", policy=Policy())
    c = read_company(tmp_path / "out" / "tables", as_of=date(2017, 12, 31))
    assert campaigns.by_type(c)["value"].round(3).tolist() == [0.166, 0.065, 0.059]


def test_late_orders_of_the_marketplace(tmp_path: Path) -> None:
    c = reviewed(tmp_path, MARKETPLACE, SHARED / "companies" / "marketplace", as_of=date(2018, 12, 31))
    assert float(c.tables.orders.amount.sum().to_pyarrow().as_py()) == pytest.approx(789_498.77)
    told = deliveries.judged(c).set_index(["kpi", "segment"])["value"]
    assert told["delivery_score"].round(2).to_dict() == {"late": 2.36, "on_time": 4.32}
    assert round(told[("judged_late_share", "")], 4) == 0.0672
    assert round(deliveries.kept(c).set_index("kpi").loc["delivered_late_share", "value"], 4) == 0.0685
