"""A hidden field is gone, who is placed elsewhere is counted with their money, and what is listed is what is really read."""

from __future__ import annotations

from datetime import date
from functools import partial

import pandas as pd
import pytest

from crmlib.facts.company import Tables, tables_from
from crmlib.measures import missing_fields, reach, tiers, warning
from crmlib.models.estimates import FINDING
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
POLICY = Policy()


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def company(**changes: pd.DataFrame) -> Tables:
    """a has two contact points and a refund that costs a tier, b only a telephone, c nothing."""
    people = pd.DataFrame({"customer_id": list("abc"), "phone_status": ["invalid", "valid", "missing"]})
    people = people.assign(email_status=["valid", "missing", "missing"], wechat_status="missing")
    orders = pd.DataFrame({"order_id": list("123"), "customer_id": list("abc"), "amount": ["5500", "2000", "400"]})
    orders = orders.assign(refunded=["600", "0", None], ordered_at=at("2026-05-01"))
    return tables_from({"customers": people, "orders": orders, **changes}, as_of=AS_OF)


def decide(tables: Tables) -> tuple:
    worth = tiers.tiers(tables, as_of=AS_OF, policy=POLICY)
    when = {"as_of": AS_OF, "policy": POLICY}
    wanted = missing_fields.wanted(worth)
    return worth, {
        "tier": partial(tiers.tiers, **when),
        "risk_list": partial(warning.signals, **when),
        "channel": partial(reach.channel_for, wanted=wanted, **when),
    }


def test_effects_by_hand() -> None:
    worth, decisions = decide(company())
    frame = missing_fields.effects(company(), decisions, worth, as_of=AS_OF, policy=POLICY).set_index("field")
    assert list(frame.index) == ["refunded", "phone", "email", "wechat"], "what is not held is left out"
    assert frame["moved"].tolist() == [1, 1, 2, 3], "without the e-mail b and c would be written to, and so on"
    assert frame["misplaced_value"].tolist() == [4900, 400, 2400, 7300]


def test_what_to_collect_next_is_ordered_by_money() -> None:
    worth, decisions = decide(company())
    effect = missing_fields.effects(company(), decisions, worth, as_of=AS_OF, policy=POLICY)
    ranked = missing_fields.collect_next(effect, company(), worth, as_of=AS_OF)
    assert ranked["gap_value"].dropna().is_monotonic_decreasing
    phone = ranked.set_index("field").loc["phone"]
    assert phone["missing_share"] == pytest.approx(2 / 3)
    assert phone["gap_value"] == pytest.approx(400 / (1 / 3) * (2 / 3))
    assert ranked.set_index("field").loc[["refunded", "wechat"], "gap_value"].isna().all(), "nobody has it, or all may"
    told = missing_fields.cost(effect, ranked, as_of=AS_OF)
    whole = told[told["segment"] == ""].set_index("kpi")["value"]
    assert whole["misplaced_value"] == effect["misplaced_value"].max()


def test_hiding_takes_away_one_thing_only() -> None:
    tables = company(activity=pd.DataFrame({"customer_id": ["a"], "day": [date(2026, 9, 1)], "logins": [1]}))
    less = missing_fields.hidden(tables, "phone")
    assert less.customers.phone_status.notnull().any().execute() is not True
    assert less.customers.email_status.count().execute() == 3
    assert missing_fields.hidden(tables, "activity").activity.count().execute() == 0
    assert "activity" in missing_fields.hidden(tables, "activity").missing
    assert tables.activity.count().execute() == 1


def test_a_decision_reads_what_is_listed_and_nothing_else() -> None:
    tables = company()
    decisions = decide(tables)[1]
    every = {f for fields in missing_fields.READS.values() for f in fields}
    for name, decision in decisions.items():
        column = missing_fields.PLACED[name]
        full = decision(tables).select("customer_id", column).execute().sort_values("customer_id", ignore_index=True)
        for field in sorted(every - set(missing_fields.READS[name])):
            less = decision(missing_fields.hidden(tables, field)).select("customer_id", column).execute()
            pd.testing.assert_frame_equal(full, less.sort_values("customer_id", ignore_index=True))


def test_an_empty_company_gives_no_rows() -> None:
    tables = tables_from({}, as_of=AS_OF)
    worth, decisions = decide(tables)
    effect = missing_fields.effects(tables, decisions, worth, as_of=AS_OF, policy=POLICY)
    ranked = missing_fields.collect_next(effect, tables, worth, as_of=AS_OF)
    told = missing_fields.cost(effect, ranked, as_of=AS_OF)
    assert list(told.columns) == FINDING
    assert told.empty
