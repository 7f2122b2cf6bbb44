"""Who there is a reason to contact: one row per customer, the most urgent reason, until when, and what to do by the cause."""

from datetime import date

import ibis
import pandas as pd
import pytest

from crmlib.facts.company import company_from
from crmlib.measures import candidates, service

AS_OF = date(2026, 2, 28)
C = company_from({}, as_of=AS_OF)


def warned(**why: str) -> ibis.Table:
    return ibis.memtable(pd.DataFrame({"customer_id": list(why), "why": list(why.values()), "reasons": "Silent."}))


def rows(**frames: object) -> pd.DataFrame:
    return candidates.candidates(C, **frames).to_pandas().set_index("customer_id")


@pytest.mark.deck("D106")
def test_a_customer_with_several_reasons_stands_there_once_for_the_most_urgent() -> None:
    cases = pd.DataFrame({"customer_id": ["a", "a"], "case_id": ["t1", "t2"], "overdue_hours": [3.0, 9.0]})
    due = pd.DataFrame({"customer_id": ["a", "b"], "moment": "habit", "days_after": 30, "due_on": date(2026, 3, 1)})
    found = rows(warning=warned(a="slipping", b="overdue"), overdue=cases, due=ibis.memtable(due))
    assert found["why"].to_dict() == {"a": "case_overdue", "b": "overdue"}
    assert found.loc["a", "case_id"] == "t2", "the one that waits longest"
    assert found["due_on"].map(pd.Timestamp).dt.date.to_dict() == {"a": date(2026, 3, 1), "b": date(2026, 3, 7)}


@pytest.mark.deck("D108")
def test_what_to_do_goes_by_the_cause_of_who_may_leave_and_of_nobody_else() -> None:
    due = pd.DataFrame({"customer_id": ["d"], "moment": "habit", "days_after": 30, "due_on": date(2026, 3, 1)})
    causes = ibis.memtable(pd.DataFrame({"customer_id": list("abcd"), "cause": ["price", "product", "other", "price"]}))
    reasons = warned(a="slipping", b="overdue", c="slipping")
    found = rows(warning=reasons, due=ibis.memtable(due), causes=causes)["what"].to_dict()
    assert found == {"a": "make_offer", "b": "fit_need", "c": "find_cause", "d": "check_in"}
    assert rows(warning=reasons)["what"].to_dict() == {"a": "find_cause", "b": "ask_back", "c": "find_cause"}


@pytest.mark.deck("D106", "D119")
def test_a_promise_that_falls_due_next_is_a_reason_before_it_is_broken() -> None:
    opened = pd.to_datetime(["2026-10-31 20:00"] * 2 + ["2026-10-01 00:00"] * 2)
    tickets = pd.DataFrame(
        {
            "ticket_id": ["t1", "t2", "t3", "t4"],
            "customer_id": ["a", "b", "b", "c"],
            "opened_at": opened,
            "severity": "medium",
            "first_response_at": [pd.NaT, pd.NaT, pd.NaT, opened[3]],
            "resolved_at": [pd.NaT, pd.NaT, pd.NaT, opened[3]],
        }
    )
    c = company_from({"tickets": tickets}, as_of=date(2026, 10, 31))
    listed = candidates.candidates(c, overdue=service.overdue(c), promises=service.falling_due(c))
    found = listed.to_pandas().set_index("customer_id")
    assert found["why"].to_dict() == {"a": "case_due", "b": "case_overdue"}, "what is late already comes first"
    assert found.loc["a", ["what", "case_id", "hours_left"]].tolist() == ["keep_promise", "t1", 4.0]
    assert pd.Timestamp(found.loc["a", "due_on"]) == pd.Timestamp("2026-11-01")
