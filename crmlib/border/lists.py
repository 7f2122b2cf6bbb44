"""Lists that a review wrote and people filled in, however a spreadsheet saved them: CSV in any encoding, or XLSX.

We know what we wrote, so these are read more freely than a company's own files: the day of the proposal tells in which order day
and month stand, and a day without a year (8 Dec, 12月7日) is the first one after it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from babel.dates import get_month_names

from crmlib.border import encodings
from crmlib.border.company import Source
from crmlib.border.encodings import SourceError
from crmlib.border.textfiles import detect_delimiter
from crmlib.border.workbooks import FIRST_DAYS, KINDS, Sheet, sheet_rows
from crmlib.vocabulary.cells import written
from crmlib.vocabulary.schema import TABLES

SPOKEN = ("en", "de", "fr", "es", "it", "pt", "nl")
"""Languages whose names of months are understood."""
DAYS = ("proposed_on", "due_on", "done_at")
NEEDED = ("action_id", "customer_id", "proposed_on")
_WIDE = {c + 0xFEE0: c for c in range(0x21, 0x7F)} | {0x3000: 0x20}
_CLOCK = r"(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?))?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}})日?{_CLOCK}")
_SHORT = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})(?:\2(\d{{4}}|\d{{2}})?)?{_CLOCK}")
_CHINESE = re.compile(r"(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]")
_NAMED = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)?[.\s-]*([^\W\d_]{3,})|([^\W\d_]{3,})[.\s-]*(\d{1,2})(?:st|nd|rd|th)?)\.?(?:[,.\s-]+(\d{4}|\d{2}))?"
)


class Listed(Source):
    """A list of actions as a source."""

    @property
    def ours(self) -> bool:
        """It was written by a review."""
        return True


@dataclass(frozen=True)
class Table:
    """A list as it stands: its headings in lower case, and its lines by number, a cell for each heading."""

    headings: list[str]
    lines: list[tuple[int, list[str]]]
    day_0: str = FIRST_DAYS[False]


def saved(path: Path) -> Path:
    """The list as it was saved last: beside our CSV, a workbook of the same name is what a person made of it."""
    book = path.with_suffix(".xlsx")
    return book if book.exists() else path


def table(path: Path) -> Table:
    """A list in whatever way it was saved. Raises `SourceError`."""
    learnt = Sheet()
    if path.suffix.lower() in KINDS:
        rows = [(n, [c or "" for c in cells]) for n, cells in sheet_rows(path, None, learnt)]
    else:
        rows = list(_csv(path))
    if not rows:
        raise SourceError(f"{path}: the list is empty; restore it from a copy, or delete it")
    headings = [c.strip().lower() for c in rows[0][1]]
    width = len(headings)
    # A day of a workbook comes as a moment.
    lines = [
        (n, [written(c.removesuffix(" 00:00:00")) for c in [*cells, *[""] * width][:width]])
        for n, cells in rows[1:]
        if any(cells)
    ]
    return Table(headings, lines, FIRST_DAYS[learnt.from_1904])


def action_rows(path: Path) -> Iterator[tuple[int, Sequence[str | None]]]:
    """Line and cells of a list of actions, its heading first, by the names of the canonical table; days in ISO form.

    Raises `SourceError`.
    """
    found = table(path)
    if lost := [name for name in NEEDED if name not in found.headings]:
        raise SourceError(
            f"{path}: line 1: the list has no column {lost[0]!r}; keep the headings that the review wrote, or restore the list"
        )
    names = [name for name in TABLES["actions"].names if name != "outcome_at"]
    at = {name: found.headings.index(name) for name in names if name in found.headings}
    order = _order([cells[at[n]] for n in DAYS if n in at for _, cells in found.lines])
    yield 1, names
    for line, cells in found.lines:
        row = {name: cells[i].strip() for name, i in at.items()}
        near = _day(row["proposed_on"], order, None, found.day_0)
        for name in DAYS:
            if row.get(name):
                row[name] = _day(row[name], order, near[:10], found.day_0)
        yield line, [row.get(name) or None for name in names]


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        encoding = encodings.detected(path)
    except SourceError:
        encoding = encodings.likely(path)
        if not encoding:
            raise
    try:
        with encodings.opened(path, encoding) as text:
            delimiter = detect_delimiter(path, encoding)
            for line, cells in enumerate(csv.reader(text, delimiter=delimiter), 1):
                if any(cells) and not cells[0].lower().startswith("sep="):
                    yield line, cells
    except csv.Error as error:
        raise SourceError(f"{path}: the list cannot be read ({error}); save it again as CSV or XLSX") from None


def _order(cells: Sequence[str]) -> str:
    """ "day" or "month", whichever stands first in the list's days; empty where they do not tell."""
    firsts = seconds = 0
    for cell in cells:
        if (met := _SHORT.match(cell.translate(_WIDE).strip())) and met.group(2) != ".":
            firsts += int(met.group(1)) > 12
            seconds += int(met.group(3)) > 12
    return "day" if firsts > seconds == 0 else "month" if seconds > firsts == 0 else ""


def _day(cell: str, order: str, near: str | None, day_0: str) -> str:
    """A day, and its time where one is told, in ISO form; what is not understood is left for the border to refuse."""
    text = cell.translate(_WIDE).strip()
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return (date.fromisoformat(day_0) + timedelta(days=int(float(text)))).isoformat()
    for pattern, parts in (
        (_YEAR_FIRST, _of_year_first),
        (_SHORT, _of_short),
        (_CHINESE, _of_chinese),
        (_NAMED, _of_named),
    ):
        if met := pattern.fullmatch(text):
            year, month, day, clock = parts(met, order)
            whole = _whole(year, month, day, near)
            return f"{whole} {clock}" if whole and clock else whole or cell
    return cell


_Parts = tuple[str | None, int, int, str | None]


def _of_year_first(met: re.Match[str], _order: str) -> _Parts:
    return met.group(1), int(met.group(2)), int(met.group(3)), met.group(4)


def _of_short(met: re.Match[str], order: str) -> _Parts:
    one, sign, other, year, clock = met.groups()
    if sign == "." or order == "day":
        return year, int(other), int(one), clock
    return year, *((int(one), int(other)) if order == "month" else (0, 0)), clock


def _of_chinese(met: re.Match[str], _order: str) -> _Parts:
    return None, int(met.group(1)), int(met.group(2)), None


def _of_named(met: re.Match[str], _order: str) -> _Parts:
    day, before, after, other, year = met.groups()
    return year, _months().get((before or after).casefold(), 0), int(day or other), None


def _whole(year: str | None, month: int, day: int, near: str | None) -> str:
    """The day in ISO form, where there is no year the first one from `near` on; empty where there is no such day."""
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, day).isoformat()
        begin = date.fromisoformat(near or "")
        days = (date(y, month, day) for y in (begin.year, begin.year + 1))
        return next((d.isoformat() for d in days if d >= begin), "")
    except ValueError:
        return ""


@cache
def _months() -> Mapping[str, int]:
    found: dict[str, int] = {}
    for language in SPOKEN:
        for width in ("wide", "abbreviated"):
            for month, name in get_month_names(width, locale=language).items():
                found.setdefault(name.rstrip(".").casefold(), month)
    return found | {"sept": 9}
