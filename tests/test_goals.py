"""Goals want a number and a date, in English and in Chinese; a date's own figures are no number to reach."""

from __future__ import annotations

from datetime import date

import pytest

from crmlib.facts.company import company_from
from crmlib.measures import goals
from crmlib.vocabulary import language
from crmlib.vocabulary.goals import lacking
from crmlib.vocabulary.policy import Policy

WHOLE = (
    "Win back 40 of the customers who left this year, by the end of December.",
    "Raise the response rate to 12 % by 2027-03-31",
    "Ten renewals by Q2 2027",
    "Double repeat purchases next quarter",
    "4.5 stars on average within 3 months",
    "年底前挽回40位流失客户",
    "三个月内响应率提高两成",
    "到2027年3月31日复购率达到30%",
)
NO_NUMBER = ("Call everybody within 3 months", "by 31 December 2026", "在6月30日前完成", "Finish by 2026-12-31")
NO_DATE = ("Reach 30 customers", "Answer within 24 hours", "4.5 stars on average", "挽回40位客户")
NEITHER = ("Serve our customers even better.", "提升服务", "")


@pytest.mark.deck("D091")
@pytest.mark.parametrize(
    ("texts", "lacks"),
    [(WHOLE, []), (NO_NUMBER, ["goal_number"]), (NO_DATE, ["goal_date"]), (NEITHER, ["goal_number", "goal_date"])],
)
def test_what_a_goal_lacks(texts: tuple[str, ...], lacks: list[str]) -> None:
    assert {text: lacking(text) for text in texts} == dict.fromkeys(texts, lacks)


def test_the_companys_own_goals_are_checked_and_one_is_few() -> None:
    policy = Policy.model_validate({"contact": {"goals": ["Reach 30 customers"]}})
    with language.using("en"):
        own = company_from({}, as_of=date(2026, 10, 31), policy=policy)
        frame = goals.checked(own)
        assert frame["lacks"].tolist() == ["a date"]
        assert "0 of 1" in goals.note(own, frame)
        assert "One goal is few" in goals.note(own, frame)
        none = company_from({}, as_of=date(2026, 10, 31))
        assert goals.checked(none)["lacks"].tolist() == ["", "a number and a date"]
        assert "examples" in goals.note(none, goals.checked(none))


def test_the_examples_are_judged_alike_in_chinese() -> None:
    c = company_from({}, as_of=date(2026, 10, 31))
    with language.using("zh"):
        told = goals.checked(c)["lacks"].tolist()
    assert (told[0] == "", told[1] == "") == (True, False)
