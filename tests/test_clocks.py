"""Clocks of promises: working time is the sum over days, and a deadline is when it is over; midnight, holidays, clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crmlib.facts import cases, worktime
from crmlib.facts.company import Company, company_from
from crmlib.models.clocks import stretches
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.working_hours import ends_of, hours_of

AS_OF = date(2026, 10, 31)


def company(rows: pd.DataFrame, zone: str = "UTC", as_of: date = AS_OF, **service: object) -> Company:
    """Cases (opened_at, severity, and more) of a company of a time zone, under a policy of service; and one that was solved."""
    rows = rows.assign(ticket_id=[f"t{i:04}" for i in range(len(rows))])
    moment = rows["opened_at"].min()
    solved = {"ticket_id": "solved", "opened_at": moment, "first_response_at": moment, "resolved_at": moment}
    rows = pd.concat([rows, pd.DataFrame([solved])], ignore_index=True).assign(customer_id="a")
    c = company_from({"tickets": rows}, as_of=as_of, policy=Policy.model_validate({"service": service}))
    c.about["time_zone"] = zone
    return c


def deadlines(opened: list[str], hours: float, zone: str = "UTC", as_of: date = AS_OF, **service: object) -> list[str]:
    """When promises of so many hours of medium severity fall due."""
    rows = pd.DataFrame({"opened_at": pd.to_datetime(opened), "severity": "medium"})
    c = company(rows, zone, as_of, **{"first_response_hours": {"medium": hours}, "resolution_hours": {}, **service})
    told = cases.clocks(c).filter(lambda t: t.waits_for == "first_response").order_by("case_id").to_pandas()
    return [f"{moment:%m-%d %H:%M}" for moment in told["deadline"]]


OFFICE = {"working_hours": ["09:00-12:00", "13:00-18:00"]}


@pytest.mark.deck("D119")
@pytest.mark.parametrize(
    ("opened", "hours", "due"),
    [
        ("2026-10-14 10:00", 1, "10-14 11:00"),
        ("2026-10-14 11:30", 1, "10-14 13:30"),  # over lunch
        ("2026-10-14 17:30", 1, "10-15 09:30"),  # over night
        ("2026-10-16 17:30", 1, "10-19 09:30"),  # over the weekend
        ("2026-10-16 23:00", 8, "10-19 18:00"),  # a whole day ends with the day, not the next morning
        ("2026-10-17 08:00", 1, "10-19 10:00"),  # opened on a Saturday
        ("2026-10-14 18:00", 1, "10-15 10:00"),  # at the very close
        ("2026-10-14 10:00", 2, "10-14 12:00"),
    ],
)
def test_working_hours_run_while_service_is_open(opened: str, hours: float, due: str) -> None:
    assert deadlines([opened], hours, **OFFICE) == [due]


def test_without_working_hours_a_clock_runs_day_and_night() -> None:
    assert deadlines(["2026-10-16 23:30"], 1) == ["10-17 00:30"]
    assert deadlines(["2026-10-16 00:00"], 24) == ["10-17 00:00"]


def test_until_midnight_is_until_the_end_of_the_day() -> None:
    late = {"working_hours": ["18:00-24:00"], "working_days": ["mon", "tue"]}
    assert deadlines(["2026-10-12 23:00", "2026-10-13 23:00"], 2, **late) == ["10-13 19:00", "10-19 19:00"]
    through = {"working_hours": ["00:00-24:00"], "working_days": ["mon", "tue"]}
    assert deadlines(["2026-10-12 23:00", "2026-10-13 23:00"], 2, **through) == ["10-13 01:00", "10-19 01:00"]


def test_an_hour_that_comes_twice_or_never_is_counted_as_it_passes() -> None:
    berlin = ["2026-10-24 20:00", "2026-03-28 20:00"]
    assert deadlines(berlin, 24, "Europe/Berlin") == ["10-25 19:00", "03-29 21:00"]
    assert deadlines(berlin, 24, "Asia/Shanghai") == ["10-25 20:00", "03-29 20:00"]
    assert deadlines(berlin, 5, "Europe/Berlin") == ["10-25 01:00", "03-29 01:00"]
    assert deadlines(berlin, 13, "Europe/Berlin", **OFFICE, working_days=["sat", "sun"]) == [
        "10-31 15:00",
        "04-04 15:00",
    ]


@pytest.mark.deck("D119")
def test_chinese_holidays_and_the_workdays_that_are_moved_for_them() -> None:
    china = {**OFFICE, "holidays": "CN"}
    # 1 to 7 October are off; Sunday 20 September and Saturday 10 October are worked in their place.
    assert deadlines(["2026-09-30 17:00"], 2, "Asia/Shanghai", **china) == ["10-08 10:00"]
    assert deadlines(["2026-09-19 10:00", "2026-10-09 17:00"], 2, "Asia/Shanghai", **china) == [
        "09-20 11:00",
        "10-10 10:00",
    ]
    own = {**china, "days_off": [date(2026, 10, 8)], "days_worked": [date(2026, 10, 3)]}
    assert deadlines(["2026-09-30 17:00", "2026-10-07 10:00"], 2, "Asia/Shanghai", **own) == [
        "10-03 10:00",
        "10-09 11:00",
    ]


def test_holidays_of_a_part_of_a_country() -> None:
    epiphany = ["2026-01-05 17:00"]
    assert deadlines(epiphany, 2, "Europe/Berlin", **OFFICE, holidays="DE-BY") == ["01-07 10:00"]
    assert deadlines(epiphany, 2, "Europe/Berlin", **OFFICE, holidays="DE") == ["01-06 10:00"]


def test_what_is_critical_runs_day_and_night_and_pauses_stand_still() -> None:
    rows = pd.DataFrame(
        {
            "opened_at": pd.to_datetime(["2026-10-16 17:30"] * 3),
            "severity": ["critical", "high", "high"],
            "paused_hours": [None, None, 3.0],
        }
    )
    hours = {"critical": 1.0, "high": 1.0}
    c = company(rows, **OFFICE, first_response_hours=hours, resolution_hours=hours)
    told = (
        cases.clocks(c).order_by("case_id").to_pandas().pivot_table("deadline", "case_id", "waits_for", aggfunc="first")
    )
    assert told["first_response"].dt.strftime("%d %H:%M").tolist() == ["16 18:30", "19 09:30", "19 09:30"]
    assert told["resolution"].dt.strftime("%d %H:%M").tolist() == ["16 18:30", "19 09:30", "19 13:30"]


@pytest.mark.deck("D119", "D120")
def test_a_crisis_has_an_hour_and_a_day_whatever_its_severity() -> None:
    rows = pd.DataFrame(
        {
            "opened_at": pd.to_datetime(["2026-10-16 17:30"] * 3),
            "severity": ["low", None, "low"],
            "category": ["outage", "data_leak", "question"],
            "first_response_at": pd.to_datetime(["2026-10-16 18:30", "2026-10-16 18:31", "2026-10-16 18:31"]),
            "resolved_at": pd.to_datetime(["2026-10-17 17:30", None, None]),
        }
    )
    c = company(rows, **OFFICE)
    told = (
        cases.clocks(c).filter(lambda t: t.waits_for.startswith("crisis")).order_by("waits_for", "case_id").to_pandas()
    )
    assert told["is_met"].tolist() == [True, False, True, False]
    assert told["deadline"].dt.strftime("%d %H:%M").tolist() == ["16 18:30"] * 2 + ["17 17:30"] * 2
    assert not {"crisis_first_response", "crisis_resolution"} & set(cases.running(c.without("tickets.category")))


def test_what_falls_due_by_the_end_of_the_next_working_day() -> None:
    opened = ["2026-10-30 15:00", "2026-10-30 17:30", "2026-10-31 12:00", "2026-10-30 09:00"]
    rows = pd.DataFrame({"opened_at": pd.to_datetime(opened), "severity": ["high", "high", "low", "high"]})
    hours = {"first_response_hours": {"high": 4.0, "low": 9.0}, "resolution_hours": {"high": 40.0}}
    c = company(rows, **OFFICE, **hours)
    assert worktime.next_working_day(c) == date(2026, 11, 2), "1 November is a Sunday"
    soon = cases.falling_due(c).order_by("case_id").to_pandas()
    assert soon[["case_id", "waits_for"]].to_numpy().tolist() == [
        ["t0000", "first_response"],
        ["t0001", "first_response"],
    ]
    assert soon["due_at"].dt.strftime("%d %H:%M").tolist() == ["02 10:00", "02 13:30"]
    assert soon["hours_left"].tolist() == [34.0, 37.5]
    assert cases.overdue(c).to_pandas()["case_id"].tolist() == ["t0003"]


def slow(one: datetime, other: datetime, spans: list[tuple[time, time]], days: set[int], zone: str) -> float:
    """Working seconds between two instants (UTC): day by day what of the hours lies between them."""
    place, total = ZoneInfo(zone), 0.0
    day = one.astimezone(place).date() - timedelta(days=1)
    while day <= other.astimezone(place).date():
        for opens, closes in spans if day.weekday() in days else []:
            last = day if closes != time(0) else day + timedelta(days=1)
            begins = datetime.combine(day, opens, place).astimezone(UTC)
            ends = datetime.combine(last, closes, place).astimezone(UTC)
            total += max(0.0, (min(ends, other) - max(begins, one)).total_seconds())
        day += timedelta(days=1)
    return total


@st.composite
def opening_hours(draw: st.DrawFn) -> list[str]:
    marks = draw(st.lists(st.integers(0, 48), min_size=2, max_size=6, unique=True).map(sorted))
    words = [f"{m // 2:02}:{m % 2 * 30:02}" for m in marks]
    return [f"{a}-{b}" for i, (a, b) in enumerate(pairwise(words)) if i % 2 == 0]


@settings(max_examples=25, deadline=None)
@given(
    hours=opening_hours(),
    days=st.sets(st.integers(0, 6), min_size=1),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"]),
    moments=st.lists(st.integers(0, 500 * 24 * 60), min_size=1, max_size=8),
    promised=st.floats(0.25, 60),
)
def test_a_deadline_is_when_the_sum_over_days_is_what_was_promised(
    hours: list[str], days: set[int], zone: str, moments: list[int], promised: float
) -> None:
    place = ZoneInfo(zone)
    first = datetime(2025, 1, 1, tzinfo=UTC)
    opened = [first + timedelta(minutes=m) for m in moments]
    local = [moment.astimezone(place).replace(tzinfo=None) for moment in opened]
    # A local time that comes twice does not say which of the two it was.
    opened, local = zip(
        *[(u, w) for u, w in zip(opened, local, strict=True) if _is_plain(w, place)] or [((), ())], strict=True
    )
    assume(len(opened) > 0 and opened[0] != ())
    words = [worktime.WEEKDAYS[d] for d in sorted(days)]
    rows = pd.DataFrame({"opened_at": pd.to_datetime(list(local)), "severity": "medium"})
    service = {"working_hours": hours, "working_days": words, "resolution_hours": {}}
    c = company(rows, zone, date(2026, 6, 30), first_response_hours={"medium": promised}, **service)
    told = cases.clocks(c).filter(lambda t: t.waits_for == "first_response").order_by("case_id").to_pandas()
    spans = [ends_of(span) for span in c.policy.service.working_hours]
    for since, due in zip(opened, told["deadline"], strict=True):
        until = due.to_pydatetime()
        if not _is_plain(until, place):
            continue
        worked = slow(since, until.replace(tzinfo=place).astimezone(UTC), spans, days, zone)
        assert worked == pytest.approx(round(promised * 3600 * 1e6) / 1e6, abs=1e-3)


def _is_plain(local: datetime, place: ZoneInfo) -> bool:
    """Whether a local time comes once."""
    return local.replace(tzinfo=place).utcoffset() == local.replace(tzinfo=place, fold=1).utcoffset()


def test_a_deadline_within_an_hour_that_comes_twice_stays_within_the_hours() -> None:
    """Half an hour a day from two o'clock, which came twice on 26 October: six hours are over in the first of them."""
    rows = pd.DataFrame({"opened_at": pd.to_datetime(["2025-10-14 02:01"]), "severity": "medium"})
    service = {"working_hours": ["02:00-02:30"], "working_days": list(worktime.WEEKDAYS), "resolution_hours": {}}
    c = company(rows, "Europe/Berlin", date(2026, 6, 30), first_response_hours={"medium": 6.0}, **service)
    told = cases.clocks(c).filter(lambda t: t.waits_for == "first_response").to_pandas()
    assert told["deadline"].to_list() == [pd.Timestamp("2025-10-26 02:01")]


def test_stretches_follow_on_one_another() -> None:
    told = stretches("Europe/Berlin", date(2026, 3, 1), date(2026, 11, 30), lambda _day: [(time(0), time(0))])
    assert [(s.begins.hour, s.ends.hour) for s in told] == [(0, 2), (3, 3), (2, 0)]
    assert told[-1].before + (told[-1].ends - told[-1].begins).total_seconds() == 275 * 86_400


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"working_hours": ["9-18"]}, "'9-18' is no span of hours such as '09:00-18:00'"),
        ({"working_hours": ["18:00-09:00"]}, "ends before it begins"),
        ({"working_hours": ["09:00-12:00", "11:00-18:00"]}, "'09:00-12:00' and '11:00-18:00' overlap"),
        ({"working_days": ["monday"]}, "'monday' is not known; did you mean 'mon'?"),
        ({"holidays": "China"}, "'China' is no country whose holidays are known"),
        ({"holidays": "DE-XX"}, "no such part of DE is known"),
    ],
)
def test_hours_that_cannot_be_are_refused_in_one_line(setting: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match="service") as raised:
        Policy.model_validate({"service": setting})
    assert says in str(raised.value)
    assert hours_of("09:30-24:00") == 14.5
