"""A file with a column a month, as orders: what each customer was billed or bought in a month."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from crmlib.border.mapping import UNPIVOTED
from crmlib.border.proposal.answers import patterns
from crmlib.border.proposal.attach import attach
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.relations import File, Folder
from crmlib.border.proposal.words import concepts
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _

LEAST = 4
"""Months from which columns are a series."""
WRITTEN = (
    (r"(?<!\d)(?:19|20)\d\d([-_/. ]?)(?:0[1-9]|1[0-2])(?!\d)", "%Y{sep}%m"),
    (r"(?<!\d)(?:19|20)\d\d年(?:1[0-2]|0?[1-9])月", "%Y年%m月"),
    (r"(?<!\d)(?:0[1-9]|1[0-2])([-_/. ])(?:19|20)\d\d(?!\d)", "%m{sep}%Y"),
    (r"(?<![a-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)([-_/. ]?)(?:19|20)\d\d(?!\d)", "%b{sep}%Y"),
    (r"(?<![a-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)([-_/. '])\d\d(?!\d)", "%b{sep}%y"),
    (
        r"(?<![a-z])(?:january|february|march|april|may|june|july|august|september|october|november|december)([-_/. ])"
        r"(?:19|20)\d\d(?!\d)",
        "%B{sep}%Y",
    ),
)
"""Ways to write a month in a heading, with the format that reads it."""
MONEY = frozenset({"amount", "paid", "sale", "order", "price", "recurring"})
"""Concepts of headings or file names that say that the cells are money."""


@dataclass(frozen=True)
class Months:
    """Columns that differ in their month only: the format that reads a heading, and the columns."""

    form: str
    columns: tuple[Seen, ...]

    @property
    def concepts(self) -> frozenset[str]:
        """What the headings say beside the month."""
        return concepts(re.sub(r"%[YymbB]", " ", self.form)) - {"month", "time"}


def months_of(file: File) -> list[Months]:
    """The series of months among the columns of numbers of a file."""
    found: dict[str, list[Seen]] = defaultdict(list)
    for s in file.numbers():
        if form := _form(s.heading):
            found[form].append(s)
    for form in [f for f in found if "%B" in f]:  # May is written in full either way
        found[form] += found.pop(form.replace("%B", "%b"), [])
    return [Months(form, tuple(columns)) for form, columns in found.items() if len(columns) >= LEAST]


def in_months(file: File) -> frozenset[str]:
    """The headings that belong to a series of months."""
    return frozenset(s.heading for series in months_of(file) for s in series.columns)


def monthly_orders(folder: Folder, file: File) -> Block | None:
    """The series of months that is money, as a source of orders on the last day of each month; None where there is none."""
    if any(s.kind == "date" and s.concepts & {"order", "sale"} for s in file.seen.values()):
        return None
    for series in months_of(file):
        told = series.concepts & MONEY or any(s.signs for s in series.columns)
        if told or (not series.concepts and file.words & MONEY):
            return _block(folder, file, series)
    return None


def _block(folder: Folder, file: File, series: Months) -> Block:
    block = Block("orders", file)
    names = [s.heading for s in series.columns]
    beside = [h for h in file.seen if h.lower() in UNPIVOTED and h not in names]
    block.unpivot = [*patterns(names, file.sheet), *beside]
    if not attach(folder, block):
        block.off = _("no column says whose order it is")
    who = block.lines.get("customer_id")
    if who is not None and who.given in beside:
        block.off = _("columns called name or value stand beside: rename them first")
    if beside:
        block.filters[_("no month")] = (
            f"try_strptime(name, {literal(series.form)}) is not null",
            _("columns called name or value stand beside"),
        )
    block.filters[_("nothing in the month")] = (
        "trim(coalesce(value, '')) <> '' and coalesce(number(value), 1) <> 0",
        _("an empty cell or a nought is no order"),
    )
    if who is not None:
        given = who.given if who.given == "__line" else quote(who.given)
        block.put(
            "order_id",
            f"cast({given} as varchar) || '-' || name",
            0.8,
            _("customer and month are the order"),
            columns=(),
        )
        key = file.seen.get(who.given)
        block.group = _("customer and month are the order") if key is not None and not key.unique else ""
    said = _("{n} columns, one a month: what a month brought counts on its last day").format(n=len(names))
    block.put("ordered_at", f"last_day(strptime(name, {literal(series.form)}))", 0.8, said, columns=())
    block.put("amount", "value", 0.8, _("the cell"), columns=tuple(names))
    block.doubts["amount"] = _("is it what the customer paid?")
    return block


def _form(heading: str) -> str:
    """The format that reads a heading as a month; empty where it names none."""
    for pattern, form in WRITTEN:
        if found := re.search(pattern, heading, re.IGNORECASE):
            sep = found[1] if found.re.groups else ""
            whole = heading[: found.start()] + "\0" + heading[found.end() :]
            whole = whole.replace("%", "%%").replace("\0", form.format(sep=sep))
            try:
                datetime.strptime(heading, whole)
            except ValueError:
                continue
            return whole
    return ""
