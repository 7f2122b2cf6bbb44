"""Lists that people move on stage by stage, as they left them: each move that may not be is refused in one line, and undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crmlib.border import written_days
from crmlib.border.encodings import SourceError
from crmlib.border.lists import saved, table
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.stages import Way

LONGEST = 60
"""Letters of a cell that are told back."""
WHY = {
    "skips": N_("the stage before it has no day"),
    "early": N_("its day lies before that of the stage before it"),
    "both": N_("a customer is back or lost, not both"),
    "unread": N_("{found} is no day that can be read"),
    "ahead": N_("its day lies ahead"),
}
"""Why a move is refused, what is not written (`Sheet.unsaid`) apart."""


@dataclass(frozen=True)
class Sheet:
    """A list in a month's folder `private`: its file, columns, stages, and the columns without which it is none.

    `unsaid` says what a stage lacks that rests on something not written. `ahead`: columns of other days, which may lie ahead.
    `begun`: a row without the day of its first stage begins with the month that is reviewed; else it is not read.
    """

    file: str
    columns: tuple[str, ...]
    way: Way
    needed: tuple[str, ...]
    unsaid: str
    ahead: tuple[str, ...] = ()
    begun: bool = False


def read(path: Path, sheet: Sheet, until: str) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    """Line and cells of each row (days in ISO form) without what may not be, and each refusal in one line; no day of a stage may
    lie after `until`. Raises `SourceError`.
    """
    found = table(saved(path))
    if lost := [name for name in sheet.needed if name not in found.headings]:
        raise SourceError(
            f"{path}: line 1: there is no column {lost[0]!r}; keep the headings that the review wrote, or restore the list"
        )
    at = {name: found.headings.index(name) for name in sheet.columns if name in found.headings}
    days = [name for name in (*sheet.way.day_of.values(), *sheet.ahead) if name in at]
    order = written_days.order([cells[at[day]] for day in days for _line, cells in found.lines])
    rows, said = [], []
    for line, cells in found.lines:
        row = {name: cells[at[name]].strip() if name in at else "" for name in sheet.columns}
        if any(row.values()):
            if sheet.begun and not row[sheet.way.begins]:
                row[sheet.way.begins] = until
            said += [_refusal(path, line, sheet, *one) for one in _mended(row, sheet, order, found.day_0, until)]
            rows.append((line, row))
    return rows, said


def _mended(row: dict[str, str], sheet: Sheet, order: str, day_0: str, until: str) -> list[tuple[str, str, str]]:
    """The refusals of a row, whose days become ISO and whose refused moves are emptied: stage, why, what was found. In place of
    a stage stands the name of a column that holds no day of one.
    """
    told = []
    near = None
    for stage, name in {**sheet.way.day_of, **{name: name for name in sheet.ahead}}.items():
        cell = row[name]
        if not cell:
            continue
        day = written_days.iso(cell, order, near, day_0)[:10]
        wrong = "unread" if not day else "ahead" if day > until and name not in sheet.ahead else ""
        if wrong:
            told.append((stage, wrong, cell))
        row[name] = "" if wrong else day
        near = near or row[name] or None
    while row[sheet.way.begins] and (refused := sheet.way.refused(row))[0]:
        told.append((*refused, row[sheet.way.day_of[refused[0]]]))
        row[sheet.way.day_of[refused[0]]] = ""
    return told


def _refusal(path: Path, line: int, sheet: Sheet, stage: str, why: str, found: str) -> str:
    short = repr(found if len(found) <= LONGEST else found[:LONGEST] + "…")
    reasons: Mapping[str, str] = {**WHY, "unsaid": sheet.unsaid}
    reason = _(reasons[why]).format(found=short)
    stages = sheet.way.stages
    if stage not in stages:
        return _("{file}: line {line}: {why}.").format(file=path, line=line, why=reason)
    before = stages[max(stages.index(stage) - 1, 0)]
    text = _("{file}: line {line}: the move to {stage} is refused: {why}. It follows on: {before}.")
    return text.format(file=path, line=line, stage=code_label(stage), why=reason, before=code_label(before))
