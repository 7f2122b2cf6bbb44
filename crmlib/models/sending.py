"""On which day a message may go: workdays, days off, and the caps that WeCom sets for messages to many.

A company chooses one of three caps for each of its customers (work.weixin.qq.com, document 92135, November 2025): as many a month
as the month has days, 7 a week, or 1 a day. Weeks begin on Monday, months on their first day.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Cap = Literal["month", "week", "day"]
WEEK = 7


def has_room(day: date, sent: Sequence[date], cap: Cap) -> bool:
    """Whether one more message on this day keeps the cap, beside those `sent` on these days."""
    if cap == "day":
        return day not in sent
    if cap == "week":
        return sum(_week(d) == _week(day) for d in sent) < WEEK
    return sum((d.year, d.month) == (day.year, day.month) for d in sent) < monthrange(day.year, day.month)[1]


def _week(day: date) -> date:
    return day - timedelta(days=day.weekday())


def is_open(day: date, workdays: Collection[int], off: Collection[date]) -> bool:
    """Whether customers are contacted on this day: one of the `workdays` (1 is Monday) and no day `off`."""
    return day.isoweekday() in workdays and day not in off


def day_for(after: date, due: date, may: Callable[[date], bool], *, first: bool, within: int = 31) -> date | None:
    """A day after `after`, up to `due`, on which it `may` be: the `first` one or the last; where there is none up to `due` the
    first one after it, within so many days; None where there is none at all.
    """
    days = [after + timedelta(days=n) for n in range(1, max((due - after).days, 0) + 1)]
    kept = [day for day in days if may(day)]
    if kept:
        return kept[0] if first else kept[-1]
    later = (max(due, after) + timedelta(days=n) for n in range(1, within + 1))
    return next((day for day in later if may(day)), None)


def slots(
    day: date, minutes: Sequence[float], zone: str, *, opens: int, closes: int
) -> Iterator[tuple[datetime, datetime]]:
    """Begin and end, in UTC, of contacts that take so many minutes, one after the other from hour `opens` in the time zone, none
    of them over hour `closes`: what does not fit any more begins at `opens` too.
    """
    there = ZoneInfo(zone)
    begin, end = (datetime.combine(day, time.min, there) + timedelta(hours=hour) for hour in (opens, closes))
    at = begin
    for n in minutes:
        long = min(timedelta(minutes=n), end - begin)
        if at + long > end:
            at = begin
        yield at.astimezone(UTC), (at + long).astimezone(UTC)
        at += long
