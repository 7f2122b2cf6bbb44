"""What a tier gives and what it takes; the next step holds when it is taken."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.facts.company import Company, company_from
from crmlib.measures import entitlements, tiers
from crmlib.vocabulary.language import using
from crmlib.vocabulary.policy import TIERS, Policy

POLICY = Policy.model_validate({})
AS_OF, END = date(2026, 10, 31), date(2026, 12, 31)
Row = tuple[str, str, str]
ANY_SUM = Policy.model_validate({"tiers": {"step_order_share": 0}})
"""Names every sum, however small."""


def made(rows: list[Row], as_of: date = AS_OF) -> Company:
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
    frame["amount"] = frame["amount"].map(Decimal)
    frame["order_id"] = [f"o{i}" for i in range(len(frame))]
    return company_from({"orders": frame}, as_of=as_of)


def nearest(c: Company, policy: Policy = POLICY, customers: int = 10) -> pd.DataFrame:
    return entitlements.nearest(c.under(policy), customers=customers)


def rights(c: Company, policy: Policy = POLICY) -> pd.DataFrame:
    return entitlements.rights(c.under(policy)).set_index("tier")


ROWS: list[Row] = [
    ("a", "2026-02-01", "1400"),
    ("leaving", "2025-11-05", "1200"),
    ("leaving", "2026-03-05", "200"),
    ("top", "2026-03-05", "9000"),
    ("gone", "2020-03-05", "9000"),
]


def test_the_next_step_counts_what_still_counts_at_the_end_of_the_quarter() -> None:
    with using("en", "EUR"):
        found = nearest(made(ROWS), ANY_SUM).set_index("customer_id")
    assert found.index.to_list() == ["a", "leaving"]
    assert found["missing_amount"].to_list() == [100.0, 1300.0]
    assert found.loc["a", "says"].startswith("€100 more by 31 Dec 2026 unlocks growth: the standard offer,")


def test_a_sum_that_any_order_brings_is_not_named() -> None:
    usual: list[Row] = [(f"c{i}", "2026-03-05", "100") for i in range(9)]
    rows: list[Row] = [
        *usual,
        ("cents", "2026-03-05", "1499.72"),
        ("near", "2026-03-05", "1480"),
        ("far", "2026-03-05", "1479"),
    ]
    assert nearest(made(rows))["customer_id"].to_list()[:2] == ["near", "far"]
    assert nearest(made(rows), ANY_SUM)["customer_id"].to_list()[:2] == ["cents", "near"]
    half = Policy.model_validate({"tiers": {"step_order_share": 0.21}})
    assert nearest(made(rows), half)["customer_id"].to_list()[:1] == ["far"]


def test_nobody_is_told_of_a_step_that_needs_no_money() -> None:
    assert nearest(made([("a", "2025-11-05", "-3000"), ("a", "2026-03-05", "1600")]), ANY_SUM).empty


@pytest.mark.deck("D063")
@settings(max_examples=6, deadline=None)
@given(
    st.lists(
        st.tuples(st.dates(date(2025, 8, 1), AS_OF).map(str), st.integers(1, 4000).map(str)), min_size=1, max_size=6
    )
)
def test_who_spends_what_is_missing_by_the_day_stands_in_the_next_tier_on_it(orders: list[tuple[str, str]]) -> None:
    rows: list[Row] = [("a", day, amount) for day, amount in orders]
    for row in nearest(made(rows), ANY_SUM).to_dict("records"):
        paid = [*rows, ("a", str(END), str(row["missing_amount"]))]
        then = tiers.tiers(made(paid, END).at(END)).to_pandas()
        assert then["tier"].iloc[0] == row["next_tier"]


@pytest.mark.deck("D061", "D063", "D064", "D069")
def test_every_tier_has_its_rights_and_what_it_takes() -> None:
    with using("en", "EUR"):
        found = rights(made(ROWS))
    assert found.index.to_list() == list(TIERS)
    assert found["customers"].to_list() == [1, 0, 2, 1]
    assert "early access" in found.loc["high_value", "gets"]
    assert found.loc["growth", "takes"] == "€1,500 within 12 months"
    assert found.loc["potential", "takes"] == "€300 within 12 months, or a first order within the last 90 days"


def test_a_companys_own_rights_stand_as_they_are_and_a_tier_left_out_keeps_the_default() -> None:
    own = {"growth": ["Free delivery", "online_training"], "potential": []}
    policy = Policy.model_validate({"tiers": {"entitlements": own}})
    found = rights(made(ROWS), policy)
    assert found.loc["growth", "gets"] == "Free delivery and online training"
    assert found.loc["potential", "gets"] == ""
    assert "salons" in found.loc["high_value", "gets"]


def test_subscriptions_are_told_of_a_year() -> None:
    c = made([("a", "2026-09-01", "100"), ("a", "2026-10-01", "100")])
    c = replace(c, about={**c.about, "revenue_model": "subscription"})
    with using("en", "EUR"):
        assert nearest(c)["says"].iloc[0].startswith("€300 more a year unlocks growth")
        assert rights(c).loc["growth", "takes"] == "€1,500 of recurring revenue a year"


def test_without_orders() -> None:
    nothing = company_from({}, as_of=AS_OF)
    assert nearest(nothing).empty
    assert rights(nothing)["customers"].sum() == 0


def test_who_lives_on_contracts_is_told_what_a_year_more_unlocks_and_nothing_of_orders() -> None:
    rows = [(f"k{i}", f"s{i}", date(2024, 1, 1), 100.0 + 10 * i, "month") for i in range(60)]
    frame = pd.DataFrame(rows, columns=["customer_id", "contract_id", "started_on", "amount", "period"])
    c = company_from({"contracts": frame.assign(ended_on=None)}, as_of=date(2026, 10, 31))
    c = replace(c, about={**c.about, "revenue_model": "subscription"})
    told = entitlements.nearest(c)
    assert len(told) == 10
    assert told["says"].str.contains("more a year unlocks").all()
    assert tiers.way_up(c)["one_order_away"].isna().all()
    assert tiers.way_up_findings(c, tiers.way_up(c)).empty
