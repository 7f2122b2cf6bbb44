"""A column: what it is called, how many of its cells differ, what they can be read as, in which range, which are usual."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import pandas as pd

from crmlib.border import checks
from crmlib.border.proposal.cells import DAYS, ISO, number
from crmlib.border.proposal.files import Sheet
from crmlib.border.proposal.words import concepts, tokens

MARKS = ("?", "??", "???", "？")
"""Signs that stand in a cell where nothing is known."""
UNKNOWN = ("unknown", "not available", "missing", "未知", "未填", "undefined")
"""Words that do so in a column whose other cells hold digits."""
COUNTED = frozenset(
    {"amount", "price", "paid", "sale", "quantity", "refund", "discount", "count", "seats", "line", "cost", "margin"}
)
"""Concepts of headings whose noughts and ones are numbers."""
SERIALS = (25_000, 60_000)
"""Numbers by which spreadsheets write the days from 1968 to 2064."""
NO_SERIAL = frozenset({"minutes", "hours", "seconds", "days", "id", "amount"})
"""Concepts of numbers that are none, though the heading speaks of time."""
NUMBER_OF = frozenset({"no", "nr", "num", "number", "numbers"})
"""Words that before what is counted say how many there are."""
FEW_TIMES, HIGH = 30, 100
"""Different whole numbers at most, and the highest of them, of a column that counts people or things."""
YES_NO = frozenset(re.findall(r"'([^']*)'", checks.FLAGS["true"] + checks.FLAGS["false"]))


@dataclass(frozen=True)
class Seen:
    """A column: `kind` is date, number, flag or text; shares are of the filled cells, `top` the most frequent with their count.

    `dates`: formats that read its days, () where none is needed; `decimal`: the sign its numbers need, None for none.
    """

    heading: str
    type: str
    rows: int
    filled: int
    distinct: int
    kind: str
    whole: bool = False
    low: float = 0.0
    high: float = 0.0
    zeros: float = 0.0
    dates: tuple[str, ...] = ()
    clock: bool = False
    first: datetime | None = None
    last: datetime | None = None
    decimal: str | None = None
    signs: str = ""
    top: tuple[tuple[str, int], ...] = ()
    length: float = 0.0
    unknown: str = ""
    epoch: str = ""

    @cached_property
    def concepts(self) -> frozenset[str]:
        """What its heading may mean."""
        return concepts(self.heading)

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its heading."""
        return tuple(word for word, _meant in tokens(self.heading))

    @property
    def share_filled(self) -> float:
        """Share of the rows that hold something."""
        return self.filled / self.rows if self.rows else 0.0

    @property
    def unique(self) -> bool:
        """Whether it holds something else in each row."""
        return 0 < self.filled == self.distinct and self.filled == self.rows

    @property
    def native(self) -> bool:
        """Whether the file itself gives it a type, so that nothing is to be read."""
        return self.type != "VARCHAR"

    @property
    def values(self) -> tuple[str, ...]:
        """Its usual values."""
        return tuple(v for v, _n in self.top)

    @property
    def few(self) -> bool:
        """Whether it is one of a few values, as a kind or a status is."""
        return 1 < self.distinct <= max(2, min(60, self.filled // 5))

    @property
    def tally(self) -> bool:
        """Whether it is a small whole number that stands again and again, as a count of guests does, and names nobody.

        Where it is called a code it is none; "no of guests" counts them, and "guest no" does where there are very few.
        """
        if self.kind != "number" or not self.whole or self.low < 0 or self.high > HIGH:
            return False
        numbers = [i for i, (word, meant) in enumerate(tokens(self.heading)) if "id" in meant and word in NUMBER_OF]
        if "id" in self.concepts and not numbers:
            return False
        most, times = (FEW_TIMES // 3, 10) if numbers and numbers[0] else (FEW_TIMES, 4)
        return self.distinct <= most and self.filled >= times * self.distinct

    @property
    def code(self) -> bool:
        """Whether its cells may name things: short, without long text, not broken numbers or days."""
        plain = self.kind in ("text", "flag") or (
            self.kind == "number" and self.whole and self.low >= 0 and not self.decimal
        )
        money = self.kind == "number" and self.signs
        return plain and not money and self.filled > 0 and 0 < self.length <= 64


def seen_of(
    name: str, sheet: Sheet, size: tuple[int, int], read: dict[str, Any] | None, top: tuple[tuple[str, int], ...]
) -> Seen:
    """A column by its sizes (filled, different), how its cells were read, and the most frequent of them."""
    type_, (filled, distinct) = sheet.types[name], size
    if not read or not filled:
        return Seen(name, type_, sheet.rows, 0, 0, "text")
    cells = float(read["cells"])
    unknown = next((v for v, n in top if v in MARKS and n < cells), "")
    unknown = unknown or next((v for v, n in top[:5] if v.lower() in UNKNOWN and n < cells and _else_no_text(top)), "")
    left = cells - next((n for v, n in top if v == unknown), 0)
    known = round(filled * left / cells)
    signs = read["signs"] if isinstance(read["signs"], str) else ""
    length = float(read["length"]) / cells
    plain = Seen(
        name, type_, sheet.rows, known, distinct - bool(unknown), "text", top=top, length=length, unknown=unknown
    )
    return _date(plain, read, left) or _flag(plain, read, left) or replace(_counted(plain, read, left), signs=signs)


def _date(plain: Seen, read: dict[str, Any], left: float) -> Seen | None:
    """The column as one of days; None where most of its cells are none."""
    formats, share = _best_formats(read, left)
    default = number(read.get("default_date")) / left
    digits = read["n_plain"] >= 0.95 * left and not _dated_heading(plain.heading)
    if not plain.type.startswith(("TIMESTAMP", "DATE")) and (max(default, share) < 0.8 or digits):
        return None
    if default >= share or plain.native:
        clock, first, last = bool(number(read.get("clock"))), _stamp(read.get("first")), _stamp(read.get("last"))
        return replace(plain, kind="date", clock=clock, first=first, last=last)
    return replace(plain, kind="date", dates=formats, clock=any("%H" in f or "%I" in f for f in formats))


def _flag(plain: Seen, read: dict[str, Any], left: float) -> Seen | None:
    """The column as one of yes and no; None where it says more."""
    digits = bool(read["n_plain"] >= 0.95 * left)
    lowered = {v.lower() for v in plain.values if v != plain.unknown}
    if not 0 < len(lowered) <= 2 or not lowered <= YES_NO or (digits and plain.concepts & COUNTED):
        return None
    return replace(plain, kind="flag", whole=digits, low=0, high=1)


def _counted(plain: Seen, read: dict[str, Any], left: float) -> Seen:
    """The column as one of numbers, or as it is where most of its cells are none."""
    best = max(read["n_plain"], read["n_dot"], read["n_comma"])
    least = 1.0 if "id" in plain.concepts else 0.9 if plain.concepts & COUNTED else 0.97
    if best < least * left:
        return plain
    decimal = None if read["n_plain"] >= best else "." if read["n_dot"] >= best else ","
    end = "_comma" if decimal == "," else ""
    low, high = number(read["low" + end]), number(read["high" + end])
    whole = bool(read["whole"] >= left) and not read["percent"] and not (decimal and not _whole(plain.top))
    epoch = _epoch(plain.heading, low, high, whole)
    zeros = float(read["zeros"]) / float(read["cells"])
    kind = "date" if epoch else "number"
    return replace(plain, kind=kind, whole=whole, low=low, high=high, zeros=zeros, decimal=decimal, epoch=epoch)


def _else_no_text(top: tuple[tuple[str, int], ...]) -> bool:
    others = [v for v, _n in top if v.lower() not in UNKNOWN]
    return bool(others) and all(any(c.isdigit() for c in v) for v in others)


def _whole(top: tuple[tuple[str, int], ...]) -> bool:
    return all(re.fullmatch(r"[-+]?\d{1,3}([.,]\d{3})*|\d+", v) for v, _n in top[:40])


def _dated_heading(name: str) -> bool:
    return bool(concepts(name) & {"time", "month", "birth", "create", "start", "end", "update"})


def _epoch(name: str, low: float, high: float, whole: bool) -> str:
    """The unit in which a whole number counts from 1970, or days as a spreadsheet counts them, where its heading speaks of time
    and the days are of this age.
    """
    if not whole or not _dated_heading(name):
        return ""
    if SERIALS[0] < low <= high < SERIALS[1] and not concepts(name) & NO_SERIAL:
        return "days"
    for unit, size in (("seconds", 1.0), ("milliseconds", 1000.0)):
        if 6e8 * size < low <= high < 4.2e9 * size:
            return unit
    return ""


def _best_formats(read: dict[str, Any], cells: float) -> tuple[tuple[str, ...], float]:
    """The formats of one way to write days that read most of a column's cells together, and the share they read."""
    counts = read.get("formats")
    if not isinstance(counts, dict) or not counts or not cells:
        return (), 0.0
    days: dict[str, float] = {}
    for form, n in counts.items():
        days[_day(form)] = days.get(_day(form), 0.0) + n
    best = max(days, key=lambda d: (days[d], -[*DAYS, *ISO].index(d)))
    chosen = tuple(f for f in counts if _day(f) == best)
    return chosen, min(1.0, days[best] / cells)


def _day(form: str) -> str:
    return next(d for d in sorted((*DAYS, *ISO), key=len, reverse=True) if form.startswith(d))


def _stamp(value: Any) -> datetime | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).to_pydatetime()
