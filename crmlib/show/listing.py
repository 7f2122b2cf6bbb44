"""A frame as a table of a page: headings and units in words, numbers to the right, sentences with room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from html import escape
from typing import Any

import pandas as pd

from crmlib.show.findings import begun, entry, quantity
from crmlib.show.withholding import BY_ROW, guarded, said, why
from crmlib.vocabulary import language
from crmlib.vocabulary.kpi import Kind
from crmlib.vocabulary.labels import kinds_in, label, own_words, unit_of
from crmlib.vocabulary.language import _

SHOWN_ROWS = 200
"""Rows of a data twin that a page shows; the rest is counted."""
LONG_TEXT = 30
"""Bytes from which a text in a cell may wrap: about as many Latin letters, or a third as many Chinese characters."""
MONTHS = ("month", "cohort")
"""Columns of days or texts (2026-10) that stand for a whole month."""
ROOM = 92
"""Letters that a row of a table may need, side by side, before its card asks for more than the width of the text."""

NAMED = 3
"""Headings by which a table is called."""
UNSEEN = ("unit", "without", "withheld")
"""Columns that a table does not show: the one stands in the numbers, the other beneath the card's sentence."""


def table(frame: pd.DataFrame) -> str:
    """The table of a frame, without columns that hold nothing; one that needs more than the width of words is marked broad.

    `attrs["unit"]` is the unit of the columns that have none of their own, `attrs["codes"]` those that are headed by a code.
    """
    frame = guarded(frame)
    withheld = why(frame)
    hidden = {column for _row, column in withheld}
    named = [c for c in frame.columns if c not in UNSEEN and (frame[c].notna().any() or c in hidden)]
    shown = frame.head(SHOWN_ROWS)
    marks = {c: _mark(shown[c]) for c in named}
    unit = str(frame.attrs.get("unit", "ratio"))
    codes = [c for c in named if c in frame.attrs.get("codes", ())]
    units = {c: _unit("" if c in codes else c, shown[c], unit) for c in named}
    heads = {**_heads(named), **{c: entry(c) for c in codes if isinstance(c, str)}}
    kpis = dict.fromkeys(frame["kpi"]) if "kpi" in frame else [""]
    own = {(c, kpi): _own(frame, c, kpi) for c in named for kpi in kpis}
    rows = [
        {
            c: said(withheld[at, c])
            if (at, c) in withheld
            else _cell(c, row[c], row, units[c], own[c, row.get("kpi", "")])
            for c in named
        }
        for at, row in zip(shown.index, shown.to_dict("records"), strict=True)
    ]
    head = "".join(f'<th scope="col" class="{marks[c]}">{escape(heads[c])}</th>' for c in named)
    sorts = [{c: _at(c, row[c], units[c]) for c in named} for row in shown.to_dict("records")]
    body = "".join(
        "<tr>" + "".join(f'<td class="{marks[c]}"{by[c]}>{escape(row[c])}</td>' for c in named) + "</tr>"
        for row, by in zip(rows, sorts, strict=True)
    )
    more = len(frame) - SHOWN_ROWS
    foot = (
        f'<p class="crm-under">{escape(_("… and {n} more rows").format(n=language.number(more)))}</p>'
        if more > 0
        else ""
    )
    rows_of = f'<table class="crm-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    needed = sum(_room(heads[c], [row[c] for row in rows], marks[c]) for c in named)
    return scrolled(rows_of, [heads[c] for c in named], broad=needed > ROOM) + foot


def scrolled(rows: str, heads: Sequence[str], *, broad: bool = False) -> str:
    """A table that may be wider than its place, reached and moved by keyboard, and called by its first columns."""
    called = escape(_("Table: {columns}").format(columns=" · ".join(heads[:NAMED])), quote=True)
    return f'<div class="crm-scroll{" crm-broad" if broad else ""}" tabindex="0" role="group" aria-label="{called}">{rows}</div>'


def _at(column: Any, value: Any, unit: str) -> str:
    """By what a cell is sorted whose words do not show it: days, and hours, which are written in days where they are many."""
    if isinstance(value, (date, pd.Timestamp)) and not pd.isna(value):
        return f' data-at="{value:%Y-%m-%d}"'
    if column in MONTHS and isinstance(value, str):
        return f' data-at="{escape(value, quote=True)}"'
    return (
        f' data-at="{float(value):g}"' if unit == "hours" and isinstance(value, (int, float)) and value == value else ""
    )


def _room(head: str, cells: Sequence[str], mark: str) -> int:
    """Letters that a column asks for: sentences and headings may wrap, short cells may not."""
    widest = max((letters(word) for word in head.split()), default=0)
    return 2 + max(widest, 40 if mark == "crm-long" else max(map(letters, cells), default=0))


def letters(text: str) -> int:
    """Room that a text takes, in Latin letters: a Chinese character takes two."""
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)


def _mark(column: pd.Series[Any]) -> str:
    """The class of a column's cells: numbers stand right, sentences get room, short words stay on one line."""
    there = column.dropna()
    if len(there) and all(isinstance(v, (int, float, Decimal)) and not isinstance(v, bool) for v in there):
        return "crm-number"
    return "crm-long" if any(isinstance(v, str) and len(v.encode()) > LONG_TEXT for v in there) else "crm-short"


def _unit(column: Any, values: pd.Series[Any], unit: str) -> str:
    """The unit of a column's cells: by its name, else `unit`; a ratio that is whole in every row is a count."""
    own = unit_of(column) or unit
    there = values.dropna()
    whole = own == "ratio" and all(isinstance(v, (int, float)) and float(v).is_integer() for v in there)
    return "count" if whole else own


def _heads(columns: Sequence[Any]) -> dict[Any, str]:
    """The headings of columns; where a count and a share have the same, the share says that it is one."""
    heads = {c: _head(c) for c in columns}
    twice = {c for c in columns if unit_of(c) == "share" and list(heads.values()).count(heads[c]) > 1}
    return {c: _("Share of {what}").format(what=label(c)) if c in twice else heads[c] for c in columns}


def _head(column: Any) -> str:
    """A column's heading: its label, beginning large; a month as months are written."""
    if isinstance(column, (date, pd.Timestamp)):
        return language.month(column)
    return begun(label(column))


def _own(frame: pd.DataFrame, column: Any, kpi: object = "") -> dict[str, tuple[Kind, ...]]:
    """Of which kind the words of a column, or the segments of a KPI, are where they are the company's own."""
    kinds = kinds_in(column, kpi)
    if "own" not in kinds:
        return {}
    rows = frame[frame["kpi"] == kpi] if kpi else frame
    return own_words((word for word in rows[column] if isinstance(word, str) and word), *kinds)


def _cell(column: Any, value: Any, row: dict[Any, Any], unit: str, own: Mapping[str, tuple[Kind, ...]]) -> str:
    """A cell as the reader writes it: by the row's unit in a findings frame, by the column's `unit` elsewhere."""
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return "–"
    if column in BY_ROW and "unit" in row:
        differs = str(column).startswith("change") and row["unit"] == "share"
        return quantity(float(value), "change" if differs else str(row["unit"]))
    if isinstance(value, bool):
        return begun(_("yes") if value else _("no"))
    if column in MONTHS and not isinstance(value, (int, float)):
        return language.month(pd.Timestamp(value))
    if isinstance(value, (date, pd.Timestamp)):
        return language.day(value)
    if isinstance(value, str):
        return entry(value, *kinds_in(column, row.get("kpi", "")), own=own) if value or column == "segment" else "–"
    if isinstance(value, int) and unit_of(column) in ("", "count"):
        return language.number(value)
    return quantity(float(value), unit)
