"""Clocks of promises: day and night, or in working hours only, laid out as the stretches in which they run.

What a clock has run until a moment is then read off the stretch before it, and when it will have run for so long off the stretch
in which that is reached; both are a join where the rows are. Moments are local wall-clock times, seconds are real ones: an hour
that the clock change takes away or gives again is not worked or is worked twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MIDNIGHT = time(0)
DAY = timedelta(days=1)
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Stretch:
    """A clock runs from `begins` until `ends` (local), and has run for `before` seconds when it begins. It `comes_twice`
    within an hour that the clock change gives again: a moment cannot be told from its double, and is taken for the later.
    """

    begins: datetime
    ends: datetime
    before: int
    comes_twice: bool = False


def stretches(
    zone: str, first: date, last: date, spans: Callable[[date], Sequence[tuple[time, time]]]
) -> list[Stretch]:
    """The stretches in which a clock runs from the beginning of a day to the end of another; `spans`: from when until when it
    runs on a day, in order, midnight as an end being the day's last second.
    """
    shifts = _shifts(zone, first, last)
    told: list[Stretch] = []
    run = 0
    for begins, ends in _joined(first, last, spans):
        for since, until in shifts:
            start, stop = max(begins, since), min(ends, until)
            if start >= stop:
                continue
            if told and told[-1].begins == start:
                told[-1] = replace(told[-1], comes_twice=True)
            told.append(Stretch(start, stop, run))
            run += round((stop - start).total_seconds())
    return told


def _joined(first: date, last: date, spans: Callable[[date], Sequence[tuple[time, time]]]) -> list[Span]:
    """The spans of all days, those that touch as one."""
    told: list[Span] = []
    for n in range((last - first).days + 1):
        day = first + n * DAY
        for opens, closes in spans(day):
            begins = datetime.combine(day, opens)
            ends = datetime.combine(day, closes) if closes != MIDNIGHT else datetime.combine(day + DAY, MIDNIGHT)
            if told and told[-1][1] == begins:
                told[-1] = (told[-1][0], ends)
            else:
                told.append((begins, ends))
    return told


def _shifts(zone: str, first: date, last: date) -> list[Span]:
    """Local time in pieces of one offset from UTC. Where the clock is put back two pieces overlap."""
    place = ZoneInfo(zone)
    at = datetime.combine(first, MIDNIGHT) - DAY
    end = datetime.combine(last + 2 * DAY, MIDNIGHT)
    told, since = [], at
    offset = _offset(place, at)
    while at < end:
        if (then := _offset(place, at + DAY)) != offset:
            moment = _change(place, at, at + DAY, offset)
            told.append((since, moment + offset))
            since, offset = moment + then, then
        at += DAY
    return [*told, (since, end)]


def _offset(place: ZoneInfo, utc: datetime) -> timedelta:
    return utc.replace(tzinfo=UTC).astimezone(place).utcoffset() or timedelta(0)


def _change(place: ZoneInfo, low: datetime, high: datetime, before: timedelta) -> datetime:
    """The first second (UTC) at which the offset is no longer the one before."""
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        low, high = (middle, high) if _offset(place, middle) == before else (low, middle)
    return high
