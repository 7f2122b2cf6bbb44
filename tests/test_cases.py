"""Service cases as facts: the clocks of what was promised, at their last second."""

from datetime import date

import pandas as pd
import pytest

from crmlib.facts import cases
from crmlib.facts.company import Company, company_from
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
POLICY = Policy.model_validate({"service": {"first_response_hours": {"high": 4.0}, "resolution_hours": {"high": 48.0}}})
NIGHT = "2026-10-31 20:00:00"
"""Four hours before the day is over."""


def company(*rows: tuple[str, str | None, str | None], **columns: object) -> Company:
    """Cases as (opened, first answered, solved), all of high severity."""
    frame = pd.DataFrame(rows, columns=["opened_at", "first_response_at", "resolved_at"]).apply(
        pd.to_datetime, format="ISO8601"
    )
    names = [f"t{i}" for i in range(len(frame))]
    frame = frame.assign(ticket_id=names, customer_id="a", severity="high").assign(**columns)
    return company_from({"tickets": frame}, as_of=AS_OF, policy=POLICY)


def clock(c: Company, waits_for: str) -> list[list[object]]:
    rows = cases.clocks(c)
    frame = rows.filter(rows.waits_for == waits_for).order_by("case_id").to_pandas().astype(object)
    return frame.where(frame.notna(), None)[["is_met", "is_overdue", "overdue_hours"]].to_numpy().tolist()


def test_a_promise_is_kept_up_to_its_last_second() -> None:
    c = company(
        ("2026-10-01 10:00:00", "2026-10-01 14:00:00", None),
        ("2026-10-01 10:00:00", "2026-10-01 14:00:01", None),
        ("2026-10-01 10:00:00", None, "2026-10-01 13:00:00"),
        ("2026-10-01 10:00:00", None, None),
    )
    hours = 30 * 24 + 10.0
    assert clock(c, "first_response") == [
        [True, False, None], [False, False, None], [True, False, None], [False, True, hours],
    ]  # fmt: skip


def test_before_the_deadline_nothing_is_kept_or_missed() -> None:
    c = company((NIGHT, None, None), ("2026-10-31 20:00:01", "2026-10-31 20:10:00", None))
    assert clock(c, "first_response") == [[False, True, 0.0], [None, False, None]]


def test_a_clock_runs_only_where_its_end_is_recorded() -> None:
    c = company(("2026-10-01", "2026-10-01 01:00", "2026-10-02"), ("2026-10-01", None, None))
    assert cases.running(c) == ["first_response", "resolution"]
    assert cases.running(c.without("tickets.first_response_at")) == ["resolution"]
    assert clock(c.without("tickets.first_response_at"), "first_response") == []
    assert cases.clocks(c.without("tickets.resolved_at", "tickets.first_response_at")).count().execute() == 0


def test_a_case_without_an_answer_is_listed_once() -> None:
    c = company(
        ("2026-10-01", None, None), ("2026-10-01", "2026-10-01 01:00", None), ("2026-10-01", "2026-10-09", "2026-10-09")
    )
    rows = cases.overdue(c).order_by("case_id").select("case_id", "waits_for").to_pandas()
    assert rows.to_numpy().tolist() == [["t0", "first_response"], ["t1", "resolution"]]


def test_no_severity_no_promise() -> None:
    assert cases.clocks(company(("2026-10-01", None, "2026-10-02"), severity="odd")).count().execute() == 0


@pytest.mark.parametrize(
    ("category", "complaint"), [("complaint", True), ("Complaint", True), ("question", False), (None, None)]
)
def test_what_counts_as_a_complaint(category: str | None, complaint: bool | None) -> None:
    c = company(("2026-10-01", None, "2026-10-02"), category=category, found_by="proactive", reopened=True)
    row = cases.cases(c).to_pandas().iloc[0]
    assert (None if pd.isna(row["is_complaint"]) else bool(row["is_complaint"])) == complaint
    assert bool(row["is_found_by_us"])
    assert bool(row["is_reopened"])
    assert row["day"] == pd.Timestamp("2026-10-01") or row["day"] == date(2026, 10, 1)
