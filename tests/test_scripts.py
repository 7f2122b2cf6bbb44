"""Scripts: one for every reason and channel in both languages, filled with what is known of the customer and nothing else."""

import csv
import re
from datetime import date, timedelta

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import scripts
from crmlib.vocabulary import language
from crmlib.vocabulary.codes import CHANNELS, PURPOSES
from crmlib.vocabulary.policy import TIERS
from crmlib.vocabulary.reasons_to_act import WHAT
from crmlib.vocabulary.scripts import ANY, INSIGHT, LONGEST, chosen
from crmlib.vocabulary.scripts import scripts as texts
from crmlib.vocabulary.shipping import shipped
from tests.small_company import AS_OF, knowing, orders

FACTS = {fact for s in texts() for fact in s.facts}
FILLED = {
    "last_order", "silent_days", "category", "since", "ends_on", "complaints", "case_category", "case_days", "due", "insight",
    "industry", "peers", "months", "peer_orders", "peer_share", "peer_category",
}  # fmt: skip


@pytest.mark.deck("D079")
def test_every_reason_and_channel_has_a_script_in_both_languages_whatever_is_known() -> None:
    for spoken in ("en", "zh"):
        for reason in WHAT:
            for channel in ("", *CHANNELS):
                for tier in ("", *TIERS):
                    text = chosen(reason, tier, channel, {"due"}, spoken)
                    assert text, (reason, channel, tier, spoken)
                    assert not re.findall(r"\{(?!due\})", text)
                rich = chosen(reason, "high_value", channel, FACTS, spoken)
                assert "{insight}" in rich, "a customer of high value hears of the industry"
                assert "{insight}" not in chosen(reason, "growth", channel, FACTS, spoken)


def test_the_file_holds_known_words_and_the_same_facts_in_both_languages() -> None:
    with shipped("datasets/scripts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert FACTS <= FILLED
    for row in rows:
        assert set(row["reason"].split()) <= {*WHAT, ANY, INSIGHT}, row
        assert row["tier"] in (*TIERS, ANY)
        assert row["purpose"] in (*PURPOSES, ANY)
        assert row["channel"] in ("talk", "written", ANY)
        assert row["purpose"] in {ANY, *(WHAT[r][1] for r in row["reason"].split() if r in WHAT)}
        for text in (row["en"], row["zh"]):
            assert 0 < len(text) <= LONGEST - 1000
            assert text.count("{") == text.count("}")
        assert sorted(re.findall(r"\{\w+\}", row["en"])) == sorted(re.findall(r"\{\w+\}", row["zh"])), row
        assert not re.search("[\u4e00-\u9fff]", row["en"])
        assert not re.search(r"[A-Za-z]{2}", re.sub(r"\{\w+\}", "", row["zh"]))
    assert len({row["en"] for row in rows}) == len({row["zh"] for row in rows}) == len(rows)
    assert {r for row in rows for r in row["reason"].split()} == {*WHAT, ANY, INSIGHT}


def row(who: str = "a", why: str = "silent", **more: object) -> dict[str, object]:
    told = {"customer_id": who, "why": why, "channel": "phone", "tier": "growth", "arm": "act", "case_id": ""}
    return {**told, "due_on": date(2026, 11, 7), **more}


def said(c: Company, *rows: dict[str, object], spoken: str = "en") -> list[str]:
    with language.using(spoken, "EUR"):
        return scripts.written(c, pd.DataFrame(rows))["script"].tolist()


def test_a_script_tells_the_customers_own_order_case_and_contract() -> None:
    at = pd.Timestamp
    bought = orders({"a": [40, 400]}).assign(category=["chairs", "desks"])
    case = {"ticket_id": "t1", "customer_id": "a", "opened_at": at(AS_OF - timedelta(days=9)), "category": "billing"}
    contract = {"contract_id": "k", "customer_id": "a", "started_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}
    c = company_from(
        {"orders": bought, "tickets": pd.DataFrame([case]), "contracts": pd.DataFrame([contract])}, as_of=AS_OF
    )
    silent, owed, renewal = said(c, row(), row(why="case_overdue", case_id="t1"), row(why="renewal_due"))
    assert "Your last order with us was chairs, on 21 Sept 2026." in silent
    assert "Your case has been open for 9 days" in owed
    assert "Your contract runs until 31 Dec 2026." in renewal
    assert "2026年9月21日" in said(c, row(), spoken="zh")[0]


def test_of_whom_nothing_is_known_nothing_is_said() -> None:
    for c in (company_from({"orders": orders({"z": [5]})}, as_of=AS_OF), knowing(AS_OF)):
        for why in WHAT:
            for tier in TIERS:
                (text,) = said(c, row("a", why, tier=tier))
                assert text
                assert not re.search(r"\{|\d{4}(?!.*Nov)", text.replace("7 Nov 2026", "")), text
    held, lasting = said(knowing(AS_OF), row(arm="hold_out"), row(arm="lasting"))
    assert held == lasting == ""
    assert scripts.written(knowing(AS_OF), pd.DataFrame([row()]).iloc[:0])["script"].tolist() == []


def company_of(industry: dict[str, list[str]], known: int) -> Company:
    """So many customers of each industry, who bought these categories."""
    people, bought = [], []
    for name, categories in industry.items():
        for i in range(known):
            who = f"{name}{i}"
            people.append({"customer_id": who, "industry": name})
            bought += [
                {"customer_id": who, "category": c, "ordered_at": pd.Timestamp("2026-10-01"), "amount": 10.0}
                for c in categories
            ]
    people.append({"customer_id": "me", "industry": "retail"})
    bought.append({"customer_id": "me", "category": "desks", "ordered_at": pd.Timestamp("2026-09-01"), "amount": 10.0})
    frame = pd.DataFrame(bought).assign(order_id=[f"o{i}" for i in range(len(bought))])
    return company_from({"customers": pd.DataFrame(people), "orders": frame}, as_of=AS_OF)


def test_an_insight_is_what_others_of_the_industry_do_and_needs_enough_of_them() -> None:
    c = company_of({"retail": ["desks", "lamps"], "finance": ["safes"]}, known=9)
    rules = c.policy.model_copy(update={"privacy": c.policy.privacy.model_copy(update={"k": 5})})
    (text,) = said(c.under(rules), row("me", "repurchase", tier="high_value"))
    assert "Of the 10 customers in retail" in text
    assert "90% took lamps" in text
    assert "safes" not in text
    (plain,) = said(c.under(rules), row("me", "repurchase"))
    assert "Of the" not in plain
    few = company_of({"retail": ["desks", "lamps"]}, known=3)
    (text,) = said(few.under(rules), row("me", "repurchase", tier="high_value"))
    assert "Of the" not in text, "four firms are too few to be spoken of"


def test_a_word_that_is_not_published_is_in_no_script() -> None:
    c = company_from({"orders": orders({"a": [40]}).assign(category="other")}, as_of=AS_OF)
    (text,) = said(c, row())
    assert "other" not in text
