"""The list by worth: what is at stake and what acting changes, hours shared out, lots, and what no list may break."""

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmlib.facts import lots
from crmlib.facts.company import Company, company_from
from crmlib.measures import actions, candidates, reach, worth
from crmlib.models.hours import TEAM, hours_of
from crmlib.vocabulary import language
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)


def policy(**contact: object) -> Policy:
    return Policy.model_validate(
        {"contact": {"lasting_share": 0.0, "explore_share": 0.0, "hold_out_share": 0.0, **contact}}
    )


def shop(as_of: date = AS_OF, customers: int = 60, seed: int = 1) -> pd.DataFrame:
    """Orders of customers who buy at rates and prices of their own, some of whom fell silent a year ago."""
    rng = np.random.default_rng(seed)
    number = rng.integers(1, 15, customers)
    who = np.repeat(np.arange(customers), number)
    until = np.where(who % 3 == 0, 400, 0)
    back = until + rng.integers(1, 500, len(who))
    frame = pd.DataFrame(
        {"customer_id": [f"c{i:03}" for i in who], "ordered_at": pd.Timestamp(as_of) - pd.to_timedelta(back, unit="D")}
    )
    amount = (100.0 * (1 + who % 7)) * rng.lognormal(0, 0.3, len(who))
    return frame.assign(order_id=[f"o{i}" for i in range(len(who))], amount=amount.round(2))


def reasons(who: list[str], why: str = "overdue") -> ibis.Table:
    return ibis.memtable(pd.DataFrame({"customer_id": who, "why": why, "reasons": "Silent."}))


def made(c: Company, **frames: object) -> tuple[pd.DataFrame, actions.Proposed]:
    listed = candidates.candidates(c, **frames)
    valued = worth.valued(c, listed, reach.channel_for(c, listed))
    return valued, actions.propose(c, valued, reach.over_contacted(c))


WHO = [f"c{i:03}" for i in range(60)]


@pytest.mark.deck("D066")
def test_the_parts_of_the_worth_add_up_and_stand_in_words() -> None:
    c = company_from({"orders": shop()}, as_of=AS_OF, currency="EUR", policy=policy(cost={"other": 1.5}, capacity=20))
    with language.using("en", "EUR"):
        valued, found = made(c, warning=reasons(WHO))
    assert np.allclose(valued["worth"], valued["effect"] * valued["value_at_stake"] - 1.5)
    assert (valued["value_at_stake"] > 0).all()
    rows = found.rows
    assert (rows["worth"] / rows["minutes"]).is_monotonic_decreasing
    assert rows["worth"].min() >= valued.loc[~valued["customer_id"].isin(rows["customer_id"]), "worth"].max()
    told = rows.iloc[0]
    for part in (told["worth"], told["value_at_stake"], told["cost"], told["margin_untouched"]):
        assert language.money(part, "EUR") in told["worth_text"]
    assert "an assumption of policy" in told["worth_text"]
    summary = actions.summary(c, found).set_index("kpi")["value"]
    assert summary["list_worth"] == pytest.approx(rows["worth"].sum())
    first_left = valued.set_index("customer_id").loc[found.fate[found.fate == "beyond_capacity"].index[0]]
    assert summary["hour_worth"] == pytest.approx(first_left["worth"] / first_left["minutes"] * 60)


def test_who_fell_silent_is_worth_more_to_reach_than_who_orders_anyway() -> None:
    c = company_from({"orders": shop(customers=300)}, as_of=AS_OF, policy=policy())
    valued, _found = made(c, warning=reasons([f"c{i:03}" for i in range(300)]))
    gone = valued["customer_id"].str[1:].astype(int) % 3 == 0
    assert valued.loc[gone, "room"].mean() > valued.loc[~gone, "room"].mean() + 0.1
    share = valued["value_at_stake"] / valued["margin"]
    assert share[gone].mean() > share[~gone].mean()
    assert valued.loc[gone, "margin_untouched"].median() < valued.loc[~gone, "margin_untouched"].median()


def test_without_money_on_record_orders_take_its_place_and_no_money_is_made_up() -> None:
    c = company_from({"orders": shop().drop(columns="amount")}, as_of=AS_OF, policy=policy(capacity=10))
    valued, found = made(c, warning=reasons(WHO))
    money = ["worth", "value_at_stake", "margin_untouched"]
    assert valued[money].isna().all(axis=None)
    assert found.rows[money].isna().all(axis=None)
    assert found.rows["worth_text"].str.contains("orders more expected").all()
    best = valued.assign(a=valued["orders_brought"] / valued["minutes"]).nlargest(10, "a")
    assert set(found.rows["customer_id"]) == set(best["customer_id"])
    assert {"list_worth", "hour_worth", "value_at_stake"}.isdisjoint(actions.summary(c, found)["kpi"])


def test_a_renewal_is_at_stake_by_the_contracts_that_ended() -> None:
    start = [date(2024, 1, 1) + timedelta(days=i) for i in range(100)]
    contracts = pd.DataFrame(
        {
            "contract_id": [f"k{i}" for i in range(100)], "customer_id": [f"c{i}" for i in range(100)], "started_on": start,
            "ended_on": [date(2026, 3, 1) if i < 25 else None for i in range(100)],
            "amount": 100.0, "period": "year", "renews": True,
        }
    )  # fmt: skip
    c = company_from({"contracts": contracts}, as_of=AS_OF, policy=policy())
    row = {"customer_id": ["c60"], "renewals": [1], "recurring_revenue": [100.0], "renews_on": [date(2026, 12, 1)]}
    valued, _found = made(c, renewals=ibis.memtable(pd.DataFrame(row)))
    ends = 1 - np.exp(-(25 + 2) / (87.5 + 20))
    assert valued["value_at_stake"].iloc[0] == pytest.approx(100 * c.policy.cost.margin_rate * ends)
    assert valued["margin_untouched"].iloc[0] == pytest.approx(100 * c.policy.cost.margin_rate * (1 - ends))
    blind = company_from({"contracts": contracts.drop(columns="ended_on")}, as_of=AS_OF, policy=policy())
    assert made(blind, renewals=ibis.memtable(pd.DataFrame(row)))[0]["value_at_stake"].isna().all()


def test_who_costs_more_than_acting_brings_is_left_alone_and_counted() -> None:
    c = company_from({"orders": shop()}, as_of=AS_OF, policy=policy(cost={"other": 10_000}))
    _valued, found = made(c, warning=reasons(WHO))
    assert found.rows.empty
    told = actions.summary(c, found).set_index(["kpi", "segment"])["value"]
    assert told["left_alone", "not_worth_it"] == 60


@pytest.mark.deck("D108")
def test_a_price_reason_gets_an_offer_with_a_limit_and_no_service_talk() -> None:
    c = company_from({"orders": shop()}, as_of=AS_OF, policy=policy())
    causes = ibis.memtable(pd.DataFrame({"customer_id": WHO[:3], "cause": ["price", "service", "other"]}))
    valued, found = made(c, warning=reasons(WHO), causes=causes)
    rows = found.rows.set_index("customer_id")
    assert rows.loc[WHO[:4], "what"].tolist() == ["make_offer", "make_good", "ask_back", "ask_back"]
    each = valued.set_index("customer_id").loc[WHO[0]]
    assert 0 < each["offer_limit"] == pytest.approx(0.3 * each["value_if_it_works"])
    assert each["worth"] == pytest.approx(0.7 * each["effect"] * each["value_at_stake"] - each["cost"])
    assert "It may cost" in rows.loc[WHO[0], "what_text"]
    assert rows["offer_limit"].drop(WHO[0]).isna().all()


def test_who_stood_on_last_months_list_is_told_with_what_came_of_it() -> None:
    before = pd.DataFrame(
        {
            "action_id": ["x", "y"], "customer_id": ["c000", "c001"], "proposed_on": date(2026, 9, 30), "why": "overdue",
            "arm": ["act", "hold_out"], "done_at": pd.to_datetime(["2026-10-03", None]),
        }
    )  # fmt: skip
    c = company_from({"orders": shop(), "actions": before}, as_of=AS_OF, policy=policy())
    rows = made(c, warning=reasons(WHO))[1].rows.set_index("customer_id")
    assert (
        rows.loc["c000", "again"].startswith("On the list of 30 Sept 2026 too (")
        or "30 Sep 2026" in rows.loc["c000", "again"]
    )
    assert "it was done" in rows.loc["c000", "again"]
    assert (rows["again"].drop("c000") == "").all()
    late = before.assign(done_at=pd.to_datetime(["2026-10-29", None]))
    rested = company_from({"orders": shop(), "actions": late}, as_of=AS_OF, policy=policy())
    assert made(rested, warning=reasons(WHO))[1].fate["c000"] == "contacted_enough"


@pytest.mark.deck("D129")
def test_some_are_drawn_to_explore_with_their_propensity_and_half_of_them_are_left_alone() -> None:
    names = [f"c{i:04}" for i in range(2_000)]
    c = company_from(
        {"orders": shop()}, as_of=AS_OF, policy=policy(capacity=400, team_hours=1_000.0, explore_share=0.5)
    )
    _valued, found = made(c, warning=reasons(names))
    explored = found.rows[found.rows["explore"]]
    assert (found.rows["arm"] == "act").sum() == 400
    assert (explored["arm"] == "act").sum() == 200
    assert 150 < (explored["arm"] == "hold_out").sum() < 250
    assert set(explored["propensity"]) == {lots.EVEN}
    assert set(found.rows.loc[~found.rows["explore"], "propensity"]) == {1.0}
    # Drawn from all beyond the list alike: their middle is the middle of those beyond.
    beyond = sorted(set(names) - set(found.rows.loc[~found.rows["explore"], "customer_id"]))
    place = explored["customer_id"].map({who: i / len(beyond) for i, who in enumerate(beyond)})
    assert 0.42 < place.mean() < 0.58


def test_an_owner_with_time_left_takes_over_what_others_cannot_do() -> None:
    hours = hours_of(["o1", "o2"], each=1.0, team=0.5, items=10)
    done = []
    for minutes, owner in [(40, "o1"), (40, "o1"), (30, ""), (10, "o2"), (20, "o1")]:
        who = hours.doer(minutes, owner)
        done.append(who)
        if who is not None:
            hours.take(minutes, who)
    assert done == ["o1", "o2", TEAM, "o2", "o1"]
    assert hours.doer(11, "o2") is None, "nobody has so much left"
    assert hours_of(["o1"], each=1.0, team=0.0, items=1).doer(61, "o1") is None


DAYS = st.sampled_from([date(2024, 2, 29), date(2023, 2, 28), date(2024, 12, 31), date(2026, 1, 31), date(2025, 3, 30)])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), DAYS, st.integers(0, 40), st.floats(0.0, 0.6), st.floats(0.0, 0.3), st.floats(0.0, 0.5))
def test_no_list_breaks_consent_cap_rest_hold_out_hours_or_the_calendar(
    seed: int, as_of: date, capacity: int, held: float, lasting: float, explore: float
) -> None:
    rng = np.random.default_rng(seed)
    who = np.array([f"c{i:02}" for i in range(40)])
    number = rng.integers(0, 7, 40)
    back = rng.integers(0, 45, number.sum())
    sent = pd.DataFrame(
        {"customer_id": np.repeat(who, number), "at": pd.Timestamp(as_of) - pd.to_timedelta(back, unit="D")}
    )
    sent = sent.assign(interaction_id=range(len(sent)), channel="email", direction="out")
    sent["interaction_id"] = sent["interaction_id"].astype(str)
    agreed = pd.DataFrame(
        {"customer_id": rng.choice(who, 60), "channel": rng.choice(["email", "sms"], 60), "purpose": "win_back"}
    )
    agreed["granted_at"] = pd.Timestamp(as_of) - pd.to_timedelta(rng.integers(1, 900, 60), unit="D")
    agreed["withdrawn_at"] = agreed["granted_at"].where(rng.random(60) < 0.3) + pd.Timedelta(hours=1)
    people = pd.DataFrame({"customer_id": who, "owner": rng.choice(["o1", "o2", None], 40)})
    rules = policy(
        capacity=capacity,
        hold_out_share=held,
        lasting_share=lasting,
        explore_share=explore,
        owner_hours=1.0,
        team_hours=2.0,
    )
    frames = {"interactions": sent, "consents": agreed, "customers": people, "orders": shop(as_of, 40, seed % 100)}
    c = company_from(frames, as_of=as_of, policy=rules)
    cases = pd.DataFrame({"customer_id": who[:3], "case_id": ["t0", "t1", "t2"], "overdue_hours": [1.0, 2.0, 3.0]})
    _valued, found = made(c, warning=reasons(list(who)), overdue=cases)
    rows = found.rows
    acting = rows[(rows["arm"] == "act") & (rows["why"] != "case_overdue")]
    assert rows["customer_id"].is_unique
    assert rows["action_id"].is_unique
    assert (rows["arm"] == "act").sum() <= capacity
    assert rows.loc[rows["arm"] == "act"].groupby("owner")["minutes"].sum().max() <= 120 if len(acting) else True
    recent = sent[sent["at"] > pd.Timestamp(as_of) - pd.Timedelta(days=30)].groupby("customer_id").size()
    assert (acting["customer_id"].map(recent).fillna(0) < c.policy.contact.cap_per_30_days).all()
    last = sent.groupby("customer_id")["at"].max()
    rested = pd.Timestamp(as_of) - acting["customer_id"].map(last)
    assert (rested.dropna() >= pd.Timedelta(days=c.policy.contact.min_days_between)).all()
    latest = agreed.sort_values("granted_at").drop_duplicates(["customer_id", "channel"], keep="last")
    open_ = set(
        latest.loc[latest["withdrawn_at"].isna(), ["customer_id", "channel"]].itertuples(index=False, name=None)
    )
    assert all((row.customer_id, row.channel) in open_ for row in acting[acting["channel"] != ""].itertuples())
    drawn = dict(zip(who, lots.arms(c, pd.Series(who)), strict=True))
    assert all(drawn[row.customer_id] == "act" for row in acting.itertuples())
    assert all(as_of < day <= as_of + timedelta(days=31) for day in rows["due_on"])
