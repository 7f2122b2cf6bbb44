"""A hidden field is gone, who is placed elsewhere is counted with their money, and what is listed is what is really read."""

from __future__ import annotations

from datetime import date
from functools import partial

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import FINDING
from crmlib.measures import missing_fields, reach, tiers, warning
from crmlib.vocabulary.policy import Policy
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)
POLICY = Policy()


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def company(**changes: pd.DataFrame) -> Company:
    """a has two contact points and a refund that costs a tier, b only a telephone, c nothing."""
    people = pd.DataFrame({"customer_id": list("abc"), "phone_status": ["invalid", "valid", "missing"]})
    people = people.assign(email_status=["valid", "missing", "missing"], wechat_status="missing")
    orders = pd.DataFrame({"order_id": list("123"), "customer_id": list("abc"), "amount": ["5500", "2000", "400"]})
    orders = orders.assign(refunded=["600", "0", None], ordered_at=at("2026-05-01"))
    return company_from({"customers": people, "orders": orders, **changes}, as_of=AS_OF)


def decide(c: Company) -> tuple:
    worth = tiers.tiers(c.at(AS_OF))
    wanted = missing_fields.wanted(worth)
    return worth, {
        "tier": tiers.tiers,
        "risk_list": warning.signals,
        "channel": partial(reach.channel_for, wanted=wanted),
    }


def test_effects_by_hand() -> None:
    worth, decisions = decide(company())
    frame = missing_fields.effects(company(), decisions, worth).set_index("field")
    assert list(frame.index) == ["refunded", "phone", "email"], "what nobody ever gave is left out"
    assert frame["moved"].tolist() == [1, 1, 1], "without the telephone nobody knows how to reach b, without e-mail a"
    assert frame["misplaced_value"].tolist() == [4900, 2000, 4900]


@pytest.mark.deck("D046")
def test_what_to_collect_next_is_ordered_by_money() -> None:
    c = company()
    worth, decisions = decide(c)
    effect = missing_fields.effects(c, decisions, worth)
    ranked = missing_fields.collect_next(c, effect, worth)
    assert ranked["gap_value"].dropna().is_monotonic_decreasing
    phone = ranked.set_index("field").loc["phone"]
    assert phone["missing_share"] == pytest.approx(2 / 3)
    assert phone["gap_value"] == pytest.approx(2000 / (1 / 3) * (2 / 3))
    assert pd.isna(ranked.set_index("field").loc["refunded", "gap_value"]), "an order without a refund lacks nothing"
    told = missing_fields.cost(knowing(AS_OF), effect, ranked)
    whole = told[told["segment"] == ""].set_index("kpi")["value"]
    assert whole["misplaced_value"] == effect["misplaced_value"].max()


def test_hiding_takes_away_one_thing_only() -> None:
    c = company(activity=pd.DataFrame({"customer_id": ["a"], "day": [date(2026, 9, 1)], "logins": [1]}))
    less = c.without("customers.phone")
    assert less.tables.customers.phone_status.notnull().any().execute() is not True
    assert less.tables.customers.email_status.count().execute() == 3
    assert c.without("activity").tables.activity.count().execute() == 0
    assert "activity" in c.without("activity").missing
    assert c.tables.activity.count().execute() == 1


def test_a_decision_reads_what_is_listed_and_nothing_else() -> None:
    c = company()
    decisions = decide(c)[1]
    every = {f for fields in missing_fields.READS.values() for f in fields}
    for name, decision in decisions.items():
        column = missing_fields.PLACED[name]
        full = decision(c).select("customer_id", column).execute().sort_values("customer_id", ignore_index=True)
        for field in sorted(every - set(missing_fields.READS[name])):
            less = decision(c.without(missing_fields.FIELDS.get(field, field))).select("customer_id", column).execute()
            pd.testing.assert_frame_equal(full, less.sort_values("customer_id", ignore_index=True))


def test_a_table_whose_deciding_column_is_unknown_is_worth_nothing_that_can_be_told() -> None:
    case = pd.DataFrame({"ticket_id": ["t"], "customer_id": ["a"], "opened_at": [at("2026-09-01")]})
    plain, told = company(tickets=case), company(tickets=case.assign(category="complaint"))
    worth, decisions = decide(plain)
    assert "tickets" not in set(missing_fields.effects(plain, decisions, worth)["field"])
    assert "tickets" in set(missing_fields.effects(told, decisions, worth)["field"])


def test_an_empty_company_gives_no_rows() -> None:
    c = company_from({}, as_of=AS_OF)
    worth, decisions = decide(c)
    effect = missing_fields.effects(c, decisions, worth)
    ranked = missing_fields.collect_next(c, effect, worth)
    told = missing_fields.cost(knowing(AS_OF), effect, ranked)
    assert list(told.columns) == FINDING
    assert told.empty
