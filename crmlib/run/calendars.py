"""The month's contacts as calendars, a file for each owner (RFC 5545): on workdays, outside quiet hours, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from crmlib.models import sending
from crmlib.run.worklists import Row, shown_row
from crmlib.vocabulary import language
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.policy import Contact, Policy
from crmlib.vocabulary.reasons_to_act import PERSONAL

NOBODY = "without_owner"
OCTETS = 75
"""Bytes of a line of a calendar, its break apart (RFC 5545, 3.1)."""
MINUTES = 15.0
"""Minutes of a contact where nothing says how long it takes."""
HELD = (
    Held(
        "private/calendar/*.ics",
        N_("the contacts of each owner as a calendar"),
        N_("they are done on their day"),
        "private",
        in_text=True,
    ),
)


def files(rows: Sequence[Row], as_of: date, company: str, zone: str, policy: Policy) -> dict[str, str | bytes]:
    """The calendars by file name, of the rows to act on; days are in the company's time zone."""
    owners: dict[str, list[tuple[date, Row]]] = {}
    for row in rows:
        if row["arm"] == "act" and (day := day_of(row, as_of, policy.contact)):
            owners.setdefault(str(row["owner"] or ""), []).append((day, row))
    names = file_names(owners)
    return {
        f"calendar/{names[owner]}.ics": _calendar(due, as_of, company, zone, policy)
        for owner, due in sorted(owners.items())
    }


def day_of(row: Row, as_of: date, rules: Contact) -> date | None:
    """The day on which a row is to be done: as soon as may be, or on its day where the reason is one."""
    if not row["due_on"]:
        return None
    may = partial(sending.is_open, workdays=rules.workdays, off=rules.days_off)
    return sending.day_for(as_of, date.fromisoformat(row["due_on"]), may, first=row["why"] in PERSONAL)


def file_names(owners: Mapping[str, Any] | Sequence[str]) -> dict[str, str]:
    """A file name for each owner, without signs that a disk may refuse, no two alike."""
    found: dict[str, str] = {}
    for owner in sorted(set(owners)):
        plain = re.sub(r"[^\w.-]+", "_", owner).strip("._")[:60] or NOBODY
        n = sum(
            name.casefold() == plain.casefold() or name.casefold().startswith(f"{plain.casefold()}-")
            for name in found.values()
        )
        found[owner] = f"{plain}-{n + 1}" if n else plain
    return found


def _calendar(due: Sequence[tuple[date, Row]], as_of: date, company: str, zone: str, policy: Policy) -> bytes:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//crmlib//monthly review//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(_('Contacts of {month}').format(month=language.month(as_of)))}",
    ]
    days = sorted({day for day, _row in due})
    for day in days:
        today = [row for one, row in due if one == day]
        spans = sending.slots(
            day,
            [_minutes(row, policy) for row in today],
            zone,
            opens=policy.contact.quiet_until,
            closes=policy.contact.quiet_from,
        )
        for row, (begin, end) in zip(today, spans, strict=True):
            lines += _event(shown_row(row), begin, end, as_of, company)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _minutes(row: Row, policy: Policy) -> float:
    given = row.get("minutes")
    if isinstance(given, (int, float)) and given > 0:
        return float(given)
    minutes = policy.service.contact_minutes
    return minutes.get(str(row["channel"]), minutes.get(OTHER, MINUTES)) or 1.0


def _event(row: Row, begin: datetime, end: datetime, as_of: date, company: str) -> list[str]:
    due = language.day(date.fromisoformat(str(row["due_on"])))
    told = [row["why"], row["channel"], str(row.get("script") or ""), _("due {day}").format(day=due), row["action_id"]]
    host = re.sub("[^0-9A-Za-z]+", "-", company).strip("-").lower() or "company"
    summary, described = f"{row['customer_id']} · {row['what']}", "\n".join(str(part) for part in told if part)
    return [
        "BEGIN:VEVENT",
        f"UID:{row['action_id']}@{host}.crmlib",
        f"DTSTAMP:{as_of:%Y%m%d}T000000Z",
        f"DTSTART:{begin:%Y%m%dT%H%M%SZ}",
        f"DTEND:{end:%Y%m%dT%H%M%SZ}",
        f"SUMMARY:{_text(summary)}",
        f"DESCRIPTION:{_text(described)}",
        "END:VEVENT",
    ]


def _text(value: str) -> str:
    """A text as RFC 5545 (3.3.11) writes it; other control characters have no place in it."""
    plain = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """A line in pieces of at most `OCTETS` bytes, no character cut in two; all but the first begin with a blank."""
    piece, size = "", 0
    for sign in line:
        n = len(sign.encode())
        if size + n > OCTETS:
            yield piece
            piece, size = " ", 1
        piece, size = piece + sign, size + n
    yield piece
