"""Two voices and late answers: each rule by hand, and what is not recorded breaks none."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import one_voice
from tests.known import another_number

AS_OF = date(2026, 10, 31)
ROWS = [
    ("a", "2026-10-01 09:00", "out", "email", "sales", "autumn", "s1"),
    ("a", "2026-10-03 09:00", "out", "phone", "sales", "autumn", "s2"),
    ("b", "2026-10-01 09:00", "out", "email", "sales", "autumn", "s1"),
    ("b", "2026-10-03 09:00", "out", "phone", "sales", "calls", "s1"),
    ("c", "2026-10-01 09:00", "out", "email", "sales", "autumn", "s1"),
    ("c", "2026-10-09 09:00", "out", "phone", "sales", "calls", "s2"),
    ("d", "2026-10-05 09:00", "out", "email", "sales", "autumn", "s1"),
    ("e", "2026-10-05 09:00", "in", "phone", "service", None, None),
    ("e", "2026-10-07 09:00", "out", "phone", "service", None, "s3"),
    ("f", "2026-10-05 09:00", "in", "phone", "service", None, None),
    ("f", "2026-10-05 19:00", "out", "email", "service", None, "s3"),
    ("g", "2026-10-06 09:00", "in", "phone", "service", None, None),
    ("h", "2026-10-31 09:00", "in", "phone", "service", None, None),
    ("i", "2026-10-06 09:00", "in", "website", "service", None, None),
]
CASES = [("d", "2026-10-04 09:00", None), ("a", "2026-10-02 09:00", "2026-10-02 20:00")]


def company() -> Company:
    frame = pd.DataFrame(ROWS, columns=["customer_id", "at", "direction", "channel", "purpose", "campaign", "sender"])
    frame = frame.assign(interaction_id=[f"i{i:02}" for i in range(len(frame))], at=pd.to_datetime(frame["at"]))
    cases = pd.DataFrame(CASES, columns=["customer_id", "opened_at", "resolved_at"])
    times = {name: pd.to_datetime(cases[name]) for name in ("opened_at", "resolved_at")}
    return company_from({"interactions": frame, "tickets": cases.assign(ticket_id=["t1", "t2"], **times)}, as_of=AS_OF)


def told(c: Company) -> set[tuple[str, str]]:
    frame = one_voice.violations(c).to_pandas()
    return set(zip(frame["customer_id"], frame["kind"], strict=True))


@pytest.mark.deck("D088", "D089")
def test_each_rule_by_hand() -> None:
    assert told(company()) == {
        ("a", "doubled"),
        ("d", "sold_while_waiting"),
        ("e", "late_answer"),
        ("g", "late_answer"),
    }, "b had one sender, c was far apart, f was answered, h has a day to go, on the website no answers are on record"


def test_without_senders_campaigns_tell_and_without_them_channels() -> None:
    c = company().without("interactions.sender")
    assert {who for who, kind in told(c) if kind == "doubled"} == {"b"}
    c = c.without("interactions.campaign")
    assert {who for who, kind in told(c) if kind == "doubled"} == {"a", "b"}


def test_what_is_not_recorded_breaks_no_rule() -> None:
    for column, kind in (
        ("interactions.purpose", "doubled"),
        ("tickets.resolved_at", "sold_while_waiting"),
        ("interactions.direction", "late_answer"),
    ):
        assert kind not in {k for _who, k in told(company().without(column))}, column


def test_figures_and_what_they_rest_on() -> None:
    c = company()
    stated = one_voice.stated(c, one_voice.violations(c)).set_index(["kpi", "segment"])
    assert stated.loc[("voice_broken_share", ""), ["value", "n"]].tolist() == [pytest.approx(2 / 6), 6]
    assert stated.loc[("late_answers_share", ""), ["value", "n"]].tolist() == [pytest.approx(2 / 3), 3]
    columns = [
        "interactions.sender",
        "interactions.campaign",
        "interactions.purpose",
        "tickets.resolved_at",
        "interactions.direction",
    ]
    assert another_number(lambda x: one_voice.stated(x, one_voice.violations(x)), c, *columns) == {}
