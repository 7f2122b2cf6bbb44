"""Occasions: anniversaries, events and holidays by hand, each customer once, and who is left in peace is counted."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import occasions, rhythm
from crmlib.measures.tiers import tiers
from crmlib.vocabulary import language
from crmlib.vocabulary.policy import Policy
from tests.known import another_number

AS_OF = date(2026, 10, 31)


def company(as_of: date = AS_OF, currency: str = "CNY", **policy: object) -> Company:
    orders = [
        ("a", "2026-10-05", 500.0),
        ("b", "2026-10-29", 500.0),
        ("c", "2026-08-01", 10.0),
        ("d", "2024-01-01", 900.0),
        ("e", "2026-09-01", 700.0),
    ]
    frame = pd.DataFrame(orders, columns=["customer_id", "ordered_at", "amount"])
    frame = frame.assign(order_id=list("12345"), ordered_at=pd.to_datetime(frame["ordered_at"]))
    since = pd.to_datetime(["2024-11-02", "2026-10-29", "2023-11-03", "2022-11-04", "2025-12-24"]).date
    people = pd.DataFrame({"customer_id": list("abcde"), "acquired_on": since})
    events = pd.DataFrame(
        {"event_id": list("123"), "customer_id": list("ead"), "kind": ["funding", "funding", "cancellation"]}
    )
    events["at"] = pd.to_datetime(["2026-10-28", "2026-10-10", "2026-10-28"])
    contacts = pd.DataFrame({"interaction_id": ["i1"], "customer_id": ["a"], "at": pd.to_datetime(["2026-10-12"])})
    contacts = contacts.assign(channel="phone", direction="out", purpose="care")
    tables = {"orders": frame, "customers": people, "events": events, "interactions": contacts}
    return company_from(tables, as_of=as_of, currency=currency, policy=Policy.model_validate(policy))


def planned(c: Company) -> pd.DataFrame:
    rows = occasions.planned(c, rhythm.due(c), rhythm.review_due(c, tiers(c)))
    return rows.to_pandas().set_index("customer_id")


@pytest.mark.deck("D075", "D077", "D078", "D098")
def test_each_customer_once_by_the_most_pressing_reason() -> None:
    told = planned(company())
    assert told.index.is_unique
    assert told["reason"].to_dict() == {
        "a": "habit",
        "b": "experience",
        "c": "anniversary",
        "d": "anniversary",
        "e": "event",
    }
    assert told.loc["e", "due_on"].date() == date(2026, 11, 4)
    assert told["left_out"].to_dict() == {"a": "", "b": "", "c": "worth_little", "d": "no_longer_buys", "e": ""}


def test_an_event_that_was_taken_up_and_a_goodbye_are_no_reason() -> None:
    told = planned(company())
    assert told.loc["a", "reason"] != "event", "we called two days after"
    assert told.loc["d", "reason"] != "event"


def test_holidays_are_those_of_the_currency_or_of_policy_and_no_day_of_mourning() -> None:
    with language.using("en"):
        chinese = occasions.festivals(company(date(2026, 2, 12)))
        assert [day for day, _name in chinese] == [date(2026, 2, 17)]
        assert occasions.festivals(company(date(2026, 4, 1))) == [], "nobody is congratulated on Tomb-Sweeping Day"
        assert occasions.festivals(company(date(2026, 12, 20), "EUR")) == []
        west = occasions.festivals(company(date(2026, 12, 20), "EUR", rhythm={"holidays": ["US"]}))
        assert [name for _day, name in west] == ["Christmas Day"]
    with language.using("zh"):
        assert occasions.festivals(company(date(2026, 2, 12)))[0][1] == "春节"


def test_a_holiday_is_no_reason_to_write_to_everybody() -> None:
    c = company(date(2026, 9, 20))
    told = planned(c)
    assert (told["reason"] == "holiday").any()
    assert told.loc["d", "left_out"] == "no_longer_buys"
    counted = occasions.stated(c, occasions.planned(c, rhythm.due(c), rhythm.review_due(c, tiers(c)))).set_index(
        ["kpi", "segment"]
    )
    assert counted.loc[("rhythm_due", ""), "value"] + counted.loc[("rhythm_left_out", ""), "value"] == len(told)


def test_the_list_says_why() -> None:
    c = company()
    with language.using("en"):
        frame = occasions.listed(c, occasions.planned(c, rhythm.due(c), rhythm.review_due(c, tiers(c)))).set_index(
            "customer_id"
        )
    assert frame.loc["a", "why_text"] == "Day 30 after the last order: habit."
    assert frame.loc["e", "why_text"] == "funding: answer with a plan of your own."
    assert set(frame.index) == {"a", "b", "e"}


def test_without_a_column_no_other_number() -> None:
    def told(c: Company) -> pd.DataFrame:
        return occasions.stated(c, occasions.planned(c, rhythm.due(c), rhythm.review_due(c, tiers(c))))

    columns = ("orders.amount", "orders.margin", "customers.acquired_on", "events", "interactions.direction")
    assert another_number(told, company(), *columns) == {}
