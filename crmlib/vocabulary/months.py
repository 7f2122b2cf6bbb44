"""Months counted back from a date, the same for every measure that looks at "the last n months"."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def first_day(as_of: date, months: int) -> date:
    """First day of the `months` months that end with `as_of`: 1 August for three months to 31 October.

    Where the month has no such day, its last one (six months to 30 August begin on 28 or 29 February).
    """
    after = as_of + timedelta(days=1)
    year, month = divmod(after.year * 12 + after.month - 1 - months, 12)
    return date(year, month + 1, min(after.day, monthrange(year, month + 1)[1]))


def last_day(month: str) -> date:
    """Last day of a month (YYYY-MM)."""
    year, number = map(int, month.split("-"))
    return date(year, number, monthrange(year, number)[1])


def month_end_before(as_of: date) -> date:
    """Last day of the month before the one that `as_of` lies in."""
    return as_of.replace(day=1) - timedelta(days=1)


def quarter_end(as_of: date) -> date:
    """Last day of the calendar quarter that the day after `as_of` lies in: 31 December for any day from 30 September on."""
    after = as_of + timedelta(days=1)
    month = (after.month + 2) // 3 * 3
    return date(after.year, month, monthrange(after.year, month)[1])


def month_ends(as_of: date, months: int) -> list[date]:
    """The last `months` dates to compare, oldest first: `as_of`, and before it the ends of the earlier months."""
    ends = [as_of]
    while len(ends) < months:
        ends.append(month_end_before(ends[-1]))
    return ends[::-1]


def months_ahead(as_of: date, months: int) -> date:
    """Last day of the month so many months after the one that `as_of` lies in."""
    year, number = divmod(as_of.year * 12 + as_of.month - 1 + months, 12)
    return date(year, number + 1, monthrange(year, number + 1)[1])
