"""Front-page figures of real companies, from `init`'s own drafts, against pandas; skipped without ../shared/data."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from shutil import copy

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.facts.company import Company, read_company
from crmlib.facts.shape import shape
from crmlib.measures import (
    campaigns,
    channels,
    concentration,
    deliveries,
    drivers,
    first_orders,
    funnel,
    handling,
    questionnaires,
    retention,
    rfm,
    rhythm,
    satisfaction,
    service,
    tiers,
    warning,
)
from crmlib.run.beginning import begin
from crmlib.vocabulary.labels import SPLIT
from crmlib.vocabulary.months import last_day
from crmlib.vocabulary.policy import load

DATA = Path(__file__).parents[2] / "shared" / "data" / "companies"
pytestmark = [
    pytest.mark.skipif(not DATA.exists(), reason="../shared/data/companies is not beside the project"),
    pytest.mark.slow,
]


def opened(home: Path, name: str, edits: dict[str, str]) -> Company:
    """A company as its review sees it: `init`'s draft with these lines edited, at the end of the latest month."""
    for file in (DATA / name).iterdir():
        copy(file, home)
    begin(home)
    draft = (home / "company.toml").read_text(encoding="utf-8").splitlines()
    for key, line in edits.items():
        (place,) = [i for i, said in enumerate(draft) if said.startswith(f"{key} = ")]
        draft[place] = f"{key} = {line}"
    (home / "company.toml").write_text("\n".join(draft) + "\n", encoding="utf-8")
    company = load_description(home)
    policy = load(company.policy)
    done = ingest(company, home / "out", policy=policy)
    return read_company(home / "out" / "tables", as_of=last_day(done.latest_month), policy=policy)


def value(frame: pd.DataFrame, kpi: str, segment: str = "") -> float:
    return float(frame.set_index(["kpi", "segment"])["value"][kpi, segment])


@pytest.fixture(scope="module")
def marketplace(tmp_path_factory: pytest.TempPathFactory) -> Company:
    edits = {"currency": '"BRL"', "time_zone": '"America/Sao_Paulo"'}
    return opened(tmp_path_factory.mktemp("marketplace"), "marketplace", edits)


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    """Orders up to the end of August 2018 that were paid for and not cancelled: the person, the days, whether late."""
    files = {name: pd.read_csv(DATA / "marketplace" / f"olist_{name}_dataset.csv") for name in ("orders", "customers")}
    payments = pd.read_csv(DATA / "marketplace" / "olist_order_payments_dataset.csv")
    paid = payments.groupby("order_id")["payment_value"].sum().rename("paid")
    sold = files["orders"][files["orders"]["order_status"] != "canceled"]
    frame = sold.merge(files["customers"], on="customer_id").merge(paid, on="order_id")
    for name, column in (
        ("day", "order_purchase_timestamp"),
        ("promised", "order_estimated_delivery_date"),
        ("came", "order_delivered_customer_date"),
    ):
        frame[name] = pd.to_datetime(frame[column], format="%m/%d/%Y %H:%M").dt.normalize()
    frame = frame[frame["day"] <= "2018-08-31"]
    frame["came"] = frame["came"].where(frame["came"] <= "2018-08-31")
    return frame.assign(late=frame["came"] > frame["promised"], who=frame["customer_unique_id"])


def test_the_marketplace_is_reviewed_up_to_its_last_month_with_orders(
    marketplace: Company, orders: pd.DataFrame
) -> None:
    c, day = marketplace, pd.Timestamp("2018-08-31")
    assert (c.as_of, shape(c).name) == (date(2018, 8, 31), "sells_once")
    first, last = (getattr(orders.groupby("who")["day"], end)() for end in ("min", "max"))
    active = retention.active_customers(c)
    assert value(active, "active_customers") == (last > day - pd.Timedelta(days=180)).sum()
    assert value(retention.repurchase_rate(c), "repurchase_rate") == pytest.approx(
        (orders.groupby("who").size() > 1).mean()
    )
    begun = first_orders.first_orders(c)
    assert value(begun, "first_buyers") == (first >= "2018-08-01").sum() == 344
    year_before = ((first >= "2017-06-01") & (first < "2017-09-01")).sum()
    assert value(begun, "first_buyers_change") == pytest.approx((first >= "2018-06-01").sum() / year_before)
    new = orders[(orders["day"] == orders["who"].map(first)) & (orders["day"] >= "2017-09-01")]
    assert value(begun, "first_order_value") == pytest.approx(new.groupby("who")["paid"].sum().mean())
    spent = orders[orders["day"] >= "2017-09-01"].groupby("who")["paid"].sum().sort_values()
    rank = np.arange(1, len(spent) + 1)
    gini = float((2 * rank - len(spent) - 1) @ spent.to_numpy() / (len(spent) * spent.sum()))
    assert value(concentration.concentration(c), "gini") == pytest.approx(gini)


def test_deliveries_and_answers_of_the_marketplace(marketplace: Company, orders: pd.DataFrame) -> None:
    c = marketplace
    came, over = orders["came"].notna(), orders["promised"] <= "2018-08-31"
    kept = deliveries.kept(c)
    assert value(kept, "on_time_share") == pytest.approx((came & ~orders["late"]).sum() / (came | over).sum())
    assert value(kept, "delivered_late_share") == pytest.approx(orders["late"].sum() / came.sum())
    assert value(kept, "never_delivered_share") == pytest.approx((~came & over).sum() / (came | over).sum())
    answers = pd.read_csv(DATA / "marketplace" / "olist_order_reviews_dataset.csv")
    answers["on"] = pd.to_datetime(answers["review_answer_timestamp"], format="%m/%d/%Y %H:%M")
    answers = answers[answers["on"] < "2018-09-01"].sort_values("on")
    about = answers.merge(orders[came], on="order_id")
    judged = deliveries.judged(c)
    assert value(judged, "judged_late_share") == pytest.approx(about["late"].mean())
    for late, part in about.groupby("late"):
        assert value(judged, "delivery_score", "late" if late else "on_time") == pytest.approx(
            part["review_score"].mean()
        )
    whose = pd.read_csv(DATA / "marketplace" / "olist_orders_dataset.csv")[["order_id", "customer_id"]].merge(
        pd.read_csv(DATA / "marketplace" / "olist_customers_dataset.csv"), on="customer_id"
    )
    named = answers.merge(whose, on="order_id")
    latest = named[named["on"] >= "2018-06-01"].groupby("customer_unique_id")["review_score"].last()
    assert value(satisfaction.satisfied(c), "satisfied_share") == pytest.approx((latest >= 4).mean())
    seen = orders[orders["day"] >= "2017-09-01"]["who"].nunique() / whose["customer_unique_id"].nunique()
    assert value(funnel.coverage(c), "behavioural_coverage") == pytest.approx(seen)


def test_the_service_desk_without_an_edited_line(tmp_path: Path) -> None:
    c = opened(tmp_path, "tickets", {})
    assert (c.as_of, shape(c).name) == (date(2017, 1, 31), "service_desk")
    log = pd.read_csv(DATA / "tickets" / "incident_event_log.csv.gz", na_values="?", low_memory=False)
    log = log[log["caller_id"].notna()]
    for column in ("sys_updated_at", "opened_at", "resolved_at", "closed_at"):
        log[column] = pd.to_datetime(log[column], format="%d/%m/%Y %H:%M")
    by_case = log.sort_values("sys_updated_at", kind="stable").groupby("number")
    cases = by_case.last().assign(met=by_case["made_sla"].last().astype(bool), **by_case[["reopen_count"]].max())
    cases = cases[cases["opened_at"] < "2017-02-01"]
    solved = cases["resolved_at"].fillna(cases["closed_at"])
    solved = solved.where(solved < "2017-02-01")
    due = cases["opened_at"] + pd.to_timedelta(cases["priority"].map({1: 24, 2: 48, 3: 72, 4: 120}), unit="h")
    fell = due[(due >= "2017-01-01") & (due < "2017-02-01")].index
    assert value(service.attainment(c), "sla_resolution") == pytest.approx((solved[fell] <= due[fell]).mean())
    assert value(service.waiting(c), "overdue_cases") == (solved.isna() & (due < "2017-02-01")).sum() == 37
    said, own = cases[cases["closed_at"] < "2017-02-01"], service.own_verdict(c)
    assert value(own, "own_verdict_ever") == pytest.approx(said["met"].mean())
    assert value(own, "own_verdict_kept") == pytest.approx(said[solved[said.index] >= "2017-01-01"]["met"].mean())
    late = cases[cases["opened_at"] >= "2016-11-01"]
    again = handling.rework(c)
    assert value(again, "reopened_share") == pytest.approx((late["reopen_count"] > 0).mean())
    assert value(again, "reassigned_share") == pytest.approx((late["reassignment_count"] > 0).mean())
    waits = (solved[late.index].fillna(pd.Timestamp("2017-02-01")) - late["opened_at"]) / pd.Timedelta(hours=1)
    survival = stats.ecdf(stats.CensoredData.right_censored(waits, solved[late.index].isna())).sf
    half = survival.quantiles[survival.probabilities <= 0.5][0]
    assert value(handling.resolution(c), "resolution_hours") == pytest.approx(half)


@pytest.fixture(scope="module")
def grocer(tmp_path_factory: pytest.TempPathFactory) -> Company:
    edits = {"exported_on": "2017-12-31", "time_zone": '"America/New_York"', "channel": "\"'letter'\""}
    return opened(tmp_path_factory.mktemp("grocer"), "grocery_campaigns", edits)


@pytest.fixture(scope="module")
def baskets() -> pd.DataFrame:
    rows = pd.read_parquet(DATA / "grocery_campaigns" / "transactions.parquet")
    parts = {"who": ("household_id", "first"), "at": ("transaction_timestamp", "min"), "paid": ("sales_value", "sum")}
    frame = rows.groupby("basket_id").agg(**parts).assign(day=lambda f: f["at"].dt.normalize())
    return frame[frame["day"] <= "2017-12-31"]


def test_customers_of_the_grocer(grocer: Company, baskets: pd.DataFrame) -> None:
    c, day = grocer, pd.Timestamp("2017-12-31")
    assert (c.as_of, shape(c).name) == (day.date(), "sells_again")
    by_who = baskets.groupby("who")
    first, last, n, spent = by_who["day"].min(), by_who["day"].max(), by_who.size(), by_who["paid"].sum()
    assert value(retention.active_customers(c), "active_customers") == (last > day - pd.Timedelta(days=180)).sum()
    assert value(retention.repurchase_rate(c), "repurchase_rate") == pytest.approx((n > 1).mean())
    gaps = baskets.drop_duplicates(["who", "day"]).sort_values("day").groupby("who")["day"].diff().dt.days.dropna()
    since = baskets["day"].min() + pd.Timedelta(days=int(np.ceil(gaps.quantile(0.9))))
    told = baskets[baskets["day"] >= since]
    again = told[told["day"] > told["who"].map(first)]["paid"].sum() / told["paid"].sum()
    assert value(retention.repeat_revenue_share(c), "repeat_revenue_share") == pytest.approx(again)
    cuts = c.policy.tiers
    size = tiers.size_findings(c)
    assert value(size, "tier_revenue") == pytest.approx(spent.sum())
    assert value(size, "tier_customers", "high_value") == (spent.round(4) >= cuts.high_value_from).sum()
    r = 5 - sum(((day - last).dt.days > cut).astype(int) for cut in cuts.recency_cuts_days)
    f = 1 + sum((n >= cut).astype(int) for cut in cuts.frequency_cuts)
    m = 1 + sum((spent.round(4) >= cut).astype(int) for cut in cuts.monetary_cuts)
    going = ((r == 3) & (f <= 3)) | ((r <= 2) & ((m == 5) | (f >= 3)))
    assert value(rfm.segment_findings(c), "rfm_slipping_share") == pytest.approx(going.mean())


def test_the_grocers_customers_at_risk_by_an_exact_test(grocer: Company, baskets: pd.DataFrame) -> None:
    day, who = baskets["day"], baskets["who"]
    everybody = baskets.groupby("who").size().index
    late, early = (
        who[span].value_counts().reindex(everybody, fill_value=0)
        for span in (day >= "2017-10-01", (day >= "2017-04-01") & (day < "2017-10-01"))
    )
    share, total = 92 / (92 + 183), late + early
    tested = (total > 0) & (stats.binom.cdf(0, total, share) <= grocer.policy.statistics.false_discovery_rate)
    p = pd.Series(stats.binom.cdf(late, total, share), everybody)[tested]
    falls = stats.false_discovery_control(p) <= grocer.policy.statistics.false_discovery_rate
    halved = 1 - 6 * late / (3 * early.where(early >= grocer.policy.risk.baseline_orders)) >= 0.5
    risky = p.index[falls & halved[p.index].to_numpy()]
    spent = baskets[who.isin(risky)]["paid"].sum()
    found = warning.at_risk(grocer, warning.signals(grocer), tiers=tiers.tiers(grocer))
    assert value(found, "at_risk_customers") == len(risky) == 112
    assert value(found, "at_risk_value") == pytest.approx(spent)


def test_campaigns_of_the_grocer(grocer: Company) -> None:
    tables = {
        name: pd.read_parquet(DATA / "grocery_campaigns" / f"{name}.parquet")
        for name in ("campaigns", "campaign_descriptions", "coupon_redemptions")
    }
    keys = ["household_id", "campaign_id"]
    used = pd.to_datetime(tables["coupon_redemptions"].groupby(keys)["redemption_date"].min()).rename("used")
    sent = tables["campaigns"].merge(tables["campaign_descriptions"], on="campaign_id").merge(used, "left", on=keys)
    start = pd.to_datetime(sent["start_date"])
    results = campaigns.results(grocer)
    assert value(results, "campaign_result") == pytest.approx(sent["used"].notna().mean())
    days = grocer.policy.contact.respond_within_days
    over = (start >= "2017-01-01") & (start + pd.Timedelta(days=days) <= "2017-12-31")
    answered = ((sent["used"] - start).dt.days <= days)[over].mean()
    assert value(channels.response(grocer), "response_rate") == pytest.approx(answered)
    last = sent[(start > "2017-12-01") & (start <= "2017-12-31")]
    pressed = len(last) / last["household_id"].nunique()
    assert value(rhythm.pressure(grocer), "contacts_per_customer") == pytest.approx(pressed)


def test_who_left_the_telephone_company_by_contract(tmp_path: Path) -> None:
    c = opened(tmp_path, "telco_snapshot", {"exported_on": "2026-10-31"})
    raw = pd.read_csv(DATA / "telco_snapshot" / "Telco-Customer-Churn.csv")
    left = raw["Churn"].eq("Yes").groupby(raw["Contract"]).mean()
    assert left.round(3).to_dict() == {"Month-to-month": 0.427, "One year": 0.113, "Two year": 0.028}
    rates = drivers.rates(c, drivers.study(c))
    assert value(rates, "snapshot_left") == pytest.approx(raw["Churn"].eq("Yes").mean())
    for contract, share in left.items():
        assert value(rates, "snapshot_left_by", f"Contract{SPLIT}{contract}") == pytest.approx(share)


def test_answers_to_the_survey_of_a_mobile_operator(tmp_path: Path) -> None:
    c = opened(tmp_path, "mobile_survey", {"exported_on": "2026-10-31"})
    raw = pd.read_csv(DATA / "mobile_survey" / "mobi.csv")
    asked = questionnaires.items(c).set_index("item")
    assert asked.loc["CUSA1", ["value", "deviation"]].astype(float).round(3).tolist() == [7.988, 1.234]
    for item in raw:
        assert asked.loc[item, "value"] == pytest.approx(raw[item].mean())
        assert asked.loc[item, "deviation"] == pytest.approx(raw[item].std())
    part = raw[["CUSA1", "CUSA2", "CUSA3"]]
    alpha = 3 / 2 * (1 - part.var().sum() / part.sum(axis=1).var())
    assert round(alpha, 3) == 0.770
    assert value(questionnaires.dimensions(c), "cronbach_alpha", "CUSA") == pytest.approx(alpha)
