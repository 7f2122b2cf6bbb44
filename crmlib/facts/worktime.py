"""Working time: how long a clock has run between two moments, and when a promise falls due (D119).

Round the clock a promise runs in real hours; in working hours only while policy says that service is open: hours of the day, days
of the week, public holidays with the workdays that are moved for them, and the company's own days off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from math import ceil
from typing import Final

import holidays
import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import lookups
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import latest
from crmlib.models.clocks import MIDNIGHT, stretches
from crmlib.vocabulary.policy import Service
from crmlib.vocabulary.working_hours import WEEKDAYS, ends_of, hours_of

ALWAYS, WORKING = "always", "working"
"""A clock that runs day and night, and one of working hours."""
DAY_HOURS, HOLIDAYS, FURTHEST, MOST_DAYS = 24, 4, 520, 60
"""Hours that a clock is laid out for beyond the longest promise, weeks in which nobody may work, and weeks at most; days that the
next working day is looked for."""
LAID: Final = {
    "clock": "string", "begins": "timestamp(6)", "ends": "timestamp(6)", "before": "int64", "comes_twice": "boolean",
}  # fmt: skip


def in_hours(c: Company) -> bool:
    """Whether policy sets working hours; without them every clock runs day and night."""
    return bool(c.policy.service.working_hours)


@fact
def laid_out(c: Company) -> Table:
    """One row per stretch in which a clock runs: clock, begins, ends (local), before (microseconds run until it begins),
    comes_twice (`models.clocks.Stretch`); from the day before the first case until the longest promise made on the company's
    day is over.
    """
    opened = c.tables.tickets.agg(first=_.opened_at.min().date()).to_pyarrow().to_pylist()[0]["first"]
    first = min(opened or c.as_of, c.as_of) - timedelta(days=1)
    service, zone = c.policy.service, c.about["time_zone"]
    longest = max(_promised_hours(service)) + DAY_HOURS
    laid = {ALWAYS: stretches(zone, first, c.as_of + timedelta(hours=longest), lambda _day: [(MIDNIGHT, MIDNIGHT)])}
    if in_hours(c):
        # A promise that falls due beyond what is laid out is not over for a long time, whenever exactly that is.
        weeks = min(ceil(longest / _week_hours(service)) + HOLIDAYS, FURTHEST)
        laid[WORKING] = stretches(zone, first, c.as_of + timedelta(weeks=weeks), opening(service))
    rows = [
        (clock, s.begins, s.ends, s.before * 1_000_000, s.comes_twice) for clock, told in laid.items() for s in told
    ]
    return lookups.lookup(c, "clocks", pd.DataFrame(rows, columns=[*LAID]), LAID)


def opening(service: Service) -> Callable[[date], Sequence[tuple[time, time]]]:
    """From when until when service is open on a day: the hours of policy on working days, holidays and moved workdays heeded as
    far as they are announced (`holidays`).
    """
    hours = [ends_of(span) for span in service.working_hours]
    days = {WEEKDAYS.index(day) for day in service.working_days}
    off, worked = set(service.days_off), set(service.days_worked)
    place, _dash, part = service.holidays.partition("-")
    public = holidays.country_holidays(place, subdiv=part or None) if place else None

    def spans(day: date) -> Sequence[tuple[time, time]]:
        is_open = day.weekday() in days and (public is None or day not in public)
        moved = public is not None and day in public.weekend_workdays
        return hours if (is_open or moved or day in worked) and day not in off else ()

    return spans


def _week_hours(service: Service) -> float:
    """Hours of a week without holidays."""
    return len(set(service.working_days)) * sum(hours_of(span) for span in service.working_hours)


def _promised_hours(service: Service) -> list[float]:
    """Every number of hours that is promised."""
    crisis = [service.crisis_first_response_hours, service.crisis_resolution_hours]
    return [*service.first_response_hours.values(), *service.resolution_hours.values(), *crisis]


def due(c: Company, rows: Table) -> Table:
    """`rows` with `deadline` (local): when the `clock` of each will have run for `seconds` from `since` on; null where one of the
    three is not known. Where that is the end of a working day it is that end, not the next morning.
    """
    laid = laid_out(c).drop("comes_twice")
    once = laid_out(c).filter(~_.comes_twice).drop("comes_twice")
    begun = latest(c, rows, once, at="since", of="begins", by="clock")
    ran = ibis.least(begun.since, begun.ends).delta(begun.begins, unit="microsecond")
    # Before the first stretch nothing has run yet.
    wanted = (begun.before + ran).fill_null(0) + (begun.seconds * 1_000_000).round().cast("int64")
    begun = begun.mutate(wanted=wanted).drop("begins", "ends", "before")
    reached = latest(c, begun, laid, at="wanted", of="before", by="clock", after=True)
    moment = reached.begins + (reached.wanted - reached.before).as_interval("us")
    deadline = ibis.greatest(moment, reached.since)
    known = reached.since.notnull() & reached.seconds.notnull()
    told = known.ifelse(deadline, ibis.null("timestamp(6)")).cast("timestamp(6)")
    return reached.mutate(deadline=told).drop("wanted", "begins", "ends", "before")


def next_working_day(c: Company) -> date:
    """The first day after the company's on which service works; where no working hours are set, the next day."""
    open_on = opening(c.policy.service) if in_hours(c) else (lambda _day: [(MIDNIGHT, MIDNIGHT)])
    ahead = (c.as_of + timedelta(days=n) for n in range(1, MOST_DAYS))
    return next((day for day in ahead if open_on(day)), c.as_of + timedelta(days=MOST_DAYS))
