"""Promises: what counts as kept, missed and not yet observable; causes that come back; what we found first."""

from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import service
from crmlib.vocabulary.policy import Policy
from tests.known import another_number

AS_OF = date(2026, 10, 31)
POLICY = Policy()


def cases(*rows: tuple[str, str | None, str | None], severity: str = "critical", **more: object) -> pd.DataFrame:
    """Cases as (opened, first answered, solved); critical promises 1 h and 24 h."""
    frame = pd.DataFrame(rows, columns=["opened_at", "first_response_at", "resolved_at"]).apply(
        pd.to_datetime, format="ISO8601"
    )
    frame = frame.assign(ticket_id=[f"{severity}{i}" for i in range(len(frame))], severity=severity)
    return frame.assign(customer_id=[f"c{i}" for i in range(len(frame))], **more)


RECORDED = cases(("2020-01-01", "2020-01-02", "2020-01-03"), severity="unheard")
"""A case of long ago, without a promise, which shows that both clocks are written down."""


def company(frame: pd.DataFrame, as_of: date = AS_OF) -> Company:
    return company_from({"tickets": pd.concat([RECORDED, frame])}, as_of=as_of)


def kept(frame: pd.DataFrame, kpi: str = "sla_first_response", as_of: date = AS_OF) -> tuple[float, int]:
    found = service.attainment(company(frame, as_of).at(as_of)).set_index(["kpi", "segment"])
    return tuple(found.loc[(kpi, ""), ["value", "n"]])


@pytest.mark.deck("D119")
def test_on_the_stroke_is_kept_and_a_second_later_missed() -> None:
    frame = cases(
        ("2026-10-05 10:00", "2026-10-05 11:00", None),
        ("2026-10-06 10:00", "2026-10-06 11:00:01", None),
        ("2026-10-07 10:00", None, None),
    )
    assert kept(frame) == (pytest.approx(1 / 3), 3)


def test_what_is_not_due_yet_is_not_counted_answered_or_not() -> None:
    frame = cases(
        ("2026-10-20 10:00", "2026-10-20 10:30", None),
        ("2026-10-31 23:30", "2026-10-31 23:40", None),
        ("2026-10-31 23:31", None, None),
    )
    assert kept(frame) == (1.0, 1)
    assert kept(frame, "sla_resolution") == (0.0, 1)


def test_the_last_second_of_the_month_is_due_in_it_and_in_no_other() -> None:
    frame = cases(("2026-10-31 23:00", "2026-10-31 23:59", None))
    assert kept(frame) == (1.0, 1)
    later = service.attainment(company(frame, date(2026, 11, 30)).at(date(2026, 11, 30)))
    assert "sla_first_response" not in set(later["kpi"])


def test_an_answer_after_the_date_is_read_as_not_yet_there() -> None:
    frame = cases(("2026-10-31 10:00", "2026-11-01 09:00", "2026-11-01 09:30"))
    assert kept(frame) == (0.0, 1)
    assert service.overdue(company(frame))["waits_for"].tolist() == ["first_response"]


@pytest.mark.deck("D119")
def test_severities_have_their_own_promise_and_parts_make_the_whole() -> None:
    ten = ("2026-10-05 10:00", "2026-10-05 13:00", "2026-10-05 15:00")
    frame = pd.concat(
        [cases(ten, ten), cases(ten, severity="high"), cases(ten, severity="unheard"), cases(ten, severity="low")]
    )
    found = service.attainment(company(frame))
    answers = found[found["kpi"] == "sla_first_response"].set_index("segment")
    assert answers["n"].to_dict() == {"": 4, "severity_critical": 2, "severity_high": 1, "severity_low": 1}
    assert answers.loc["severity_critical", "value"] == 0
    assert answers.loc["severity_high", "value"] == 1
    parts = answers.drop("")
    assert (parts["value"] * parts["n"]).sum() == pytest.approx(answers.loc["", "value"] * answers.loc["", "n"])


def test_months_of_the_picture_are_the_findings_of_those_months() -> None:
    frame = cases(
        ("2026-08-05 10:00", "2026-08-05 10:10", None), ("2026-10-05 10:00", None, None), ("2026-10-06", None, None)
    )
    rows = service.attainment_by_month(company(frame), months=3)
    rows = rows[rows["kpi"] == "sla_first_response"].set_index("period")
    assert rows["value"].to_dict() == {"2026-08": 1.0, "2026-10": 0.0}
    then = service.attainment(company(frame).at(date(2026, 8, 31)))
    assert then.set_index(["kpi", "segment"]).loc[("sla_first_response", ""), "low"] == rows.loc["2026-08", "low"]


def test_waiting_cases_stand_once_and_longest_first() -> None:
    frame = cases(
        ("2026-10-01 00:00", None, None),
        ("2026-10-30 00:00", "2026-10-30 00:10", None),
        ("2026-10-31 23:59", None, None),
    )
    late = service.overdue(company(frame))
    assert late["waits_for"].tolist() == ["first_response", "resolution"]
    assert late["overdue_hours"].tolist() == [31 * 24 - 1, 24]
    waiting = service.waiting(company(frame)).set_index("segment")
    assert waiting["value"].to_dict() == {"": 2, "severity_critical": 2}


@pytest.mark.deck("D107", "D117")
def test_a_cause_comes_back_only_for_the_same_customer_and_soon() -> None:
    days = ["2026-07-15", "2026-10-01", "2026-10-02", "2026-10-03", "2026-03-01", "2026-10-04"]
    frame = cases(*((d, None, None) for d in days)).assign(
        customer_id=["a", "a", "b", "b", "c", "c"],
        cause=["slow", "slow", "slow", "dull", "slow", "slow"],
        reopened=False,
    )
    found = service.causes(company(frame)).set_index("cause")
    assert found["cases"].to_dict() == {"slow": 3, "dull": 1}
    assert found["came_back"].to_dict() == {"slow": 1, "dull": 0}
    whole = service.repeats(company(frame)).set_index("segment").loc[""]
    assert (whole["value"], whole["n"]) == (0.25, 4)


@pytest.mark.deck("D013")
def test_found_by_us_counts_the_month_and_only_what_is_known() -> None:
    frame = cases(
        ("2026-10-01", None, None),
        ("2026-10-31 23:00", None, None),
        ("2026-10-02", None, None),
        ("2026-09-30", None, None),
    )
    frame["found_by"] = ["proactive", "reported", None, "proactive"]
    found = service.found_by_us(company(frame)).iloc[0]
    assert (found["value"], found["n"]) == (0.5, 2)


def test_row_order_and_later_cases_change_nothing() -> None:
    frame = cases(("2026-10-05 10:00", "2026-10-05 10:10", None), ("2026-10-06 10:00", None, None)).assign(cause="slow")
    later = cases(("2026-11-05", None, None), severity="high").assign(cause="slow")
    mixed = pd.concat([later, frame.iloc[::-1]])
    for measure in (service.attainment, service.overdue, service.repeats, service.waiting):
        first = measure(company(frame))
        pd.testing.assert_frame_equal(first, measure(company(mixed)))


def test_an_empty_company_has_nothing_to_say_and_names_the_table() -> None:
    empty = company_from({}, as_of=AS_OF)
    for measure in (
        service.attainment,
        service.attainment_by_month,
        service.waiting,
        service.found_by_us,
        service.repeats,
    ):
        found = measure(empty)
        assert found.empty
        assert found.attrs["unknown"]
        assert all(name.startswith("tickets.") for name in found.attrs["unknown"])
    assert service.overdue(empty).empty


def test_a_policy_without_promises_judges_no_case() -> None:
    none = Policy.model_validate({"service": {"first_response_hours": {}, "resolution_hours": {}}})
    frame = cases(("2026-10-05", None, None))
    assert service.attainment(company(frame).under(none)).empty


WAITS = cases(
    ("2026-10-01 00:00", None, None),
    ("2026-10-05 10:00", "2026-10-05 10:30", None),
    ("2026-10-06", "2026-10-07", "2026-10-08"),
)


def test_a_clock_that_nobody_writes_down_is_kept_by_nobody_and_missed_by_nobody() -> None:
    c = company(WAITS)
    assert service.overdue(c)["waits_for"].tolist() == ["first_response", "resolution"]
    unanswered = c.without("tickets.first_response_at")
    assert set(service.attainment(unanswered)["kpi"]) == {"sla_resolution"}
    assert service.attainment(unanswered).attrs["unknown"] == ("tickets.first_response_at",)
    assert service.overdue(unanswered)["waits_for"].tolist() == ["resolution", "resolution"]
    assert set(service.waiting(unanswered)["without"]) == {
        "tickets.first_response_at tickets.status tickets.paused_hours tickets.category"
    }
    neither = unanswered.without("tickets.resolved_at")
    assert service.overdue(neither).empty
    assert service.waiting(neither).empty
    assert set(service.waiting(neither).attrs["unknown"]) == {"tickets.first_response_at", "tickets.resolved_at"}


def test_a_solved_case_waits_for_no_first_answer() -> None:
    frame = cases(
        ("2026-10-05 10:00", None, "2026-10-05 10:40"),
        ("2026-10-06 10:00", None, "2026-10-09"),
        ("2026-10-07", "2026-10-07", None),
    )
    assert kept(frame) == (1.0, 2), (
        "solved within the hour is answered in time; solved later does not say when it was answered"
    )
    assert service.overdue(company(frame))["waits_for"].tolist() == ["resolution"]


def test_a_column_taken_away_gives_no_other_number() -> None:
    frame = pd.concat([WAITS, cases(("2026-10-09", "2026-10-09", "2026-10-09"), severity="low")])
    c = company(frame.assign(cause="slow", reopened=True, found_by="proactive"))
    measures = [
        service.attainment,
        service.attainment_by_month,
        service.waiting,
        service.found_by_us,
        service.causes,
        service.repeats,
    ]
    assert [another_number(measure, c) for measure in measures] == [{}] * len(measures)
    assert service.causes(c.without("tickets.reopened"))["reopened"].isna().all()
