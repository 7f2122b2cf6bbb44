"""The win-back board of the month before, as people left it: each move that may not be is refused in one line, and undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from crmlib.border import written_days
from crmlib.border.company import Description
from crmlib.border.encodings import SourceError
from crmlib.border.lists import Listed, saved, table
from crmlib.vocabulary.cells import csv_text
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.schema import TABLES
from crmlib.vocabulary.stages import DAY_OF, STAGES, refused

BOARD = "board.csv"
"""In a month's folder `private`."""
COLUMNS = TABLES["board"].names
LONGEST = 60
"""Letters of a cell that are told back."""
WHY = {
    "skips": N_("the stage before it has no day"),
    "early": N_("its day lies before that of the stage before it"),
    "both": N_("a customer is back or lost, not both"),
    "unsaid": N_("what it rests on is not written: a cause to be found, a plan to be made"),
    "unread": N_("{found} is no day that can be read"),
    "ahead": N_("its day lies ahead"),
}
"""Why a move is refused."""


def read(path: Path, until: str) -> tuple[list[list[str]], list[str]]:
    """The rows of a board (`COLUMNS`, days in ISO form), without what may not be, and each refusal in one line; no day may lie
    after `until`. A row without a customer or a day of warning is refused as a whole. Raises `SourceError`.
    """
    found = table(saved(path))
    if lost := [name for name in ("customer_id", "warned_on") if name not in found.headings]:
        raise SourceError(
            f"{path}: line 1: the board has no column {lost[0]!r}; keep the headings that the review wrote, or restore it"
        )
    at = {name: found.headings.index(name) for name in COLUMNS if name in found.headings}
    order = written_days.order([cells[at[day]] for day in DAY_OF.values() if day in at for _line, cells in found.lines])
    rows, said = [], []
    for line, cells in found.lines:
        row = {name: cells[at[name]].strip() if name in at else "" for name in COLUMNS}
        if not any(row.values()):
            continue
        told = [_refusal(path, line, *one) for one in _mended(row, order, found.day_0, until)]
        said += told
        if row["customer_id"] and row["warned_on"]:
            rows.append([row[name] for name in COLUMNS])
        elif not told:
            said.append(_("{file}: line {line}: without a customer and the day of the warning a row is not read.").format(
                file=path, line=line))  # fmt: skip
    return rows, said


def taken_over(company: Description, boards: Sequence[Path], fresh: Path, until: str) -> tuple[Description, list[str]]:
    """The company with its latest board as a table, and the refusals. What is read is written into the private folder of the
    month that begins, so that it is there even if no chapter goes on with it. Raises `SourceError`.
    """
    if not boards:
        return company, []
    rows, said = read(boards[-1], until)
    target = fresh / "private" / BOARD
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\ufeff" + csv_text(COLUMNS, rows), encoding="utf-8")
    if not rows:
        return company, said
    own = Listed.model_validate({"from": str(target.resolve()), "fields": {name: name for name in COLUMNS}})
    return company.model_copy(update={"board": [own, *company.board]}), said


def rows_taken(path: Path) -> Iterator[tuple[int, Sequence[str | None]]]:
    """Line and cells of a board as it was taken over, its heading first. Raises `SourceError`."""
    found = table(path)
    yield 1, found.headings
    for line, cells in found.lines:
        yield line, [cell or None for cell in cells]


def _mended(row: dict[str, str], order: str, day_0: str, until: str) -> list[tuple[str, str, str]]:
    """The refusals of a row, whose days become ISO and whose refused moves are emptied: stage, why, what was found."""
    told = []
    near = None
    for stage, name in DAY_OF.items():
        cell = row[name]
        if not cell:
            continue
        day = written_days.iso(cell, order, near, day_0)[:10]
        if not day or day > until:
            told.append((stage, "ahead" if day else "unread", cell))
        row[name] = "" if not day or day > until else day
        near = near or row[name] or None
    while row["warned_on"] and (wrong := refused(row))[0]:
        told.append((*wrong, row[DAY_OF[wrong[0]]]))
        row[DAY_OF[wrong[0]]] = ""
    return told


def _refusal(path: Path, line: int, stage: str, why: str, found: str) -> str:
    before = STAGES[: STAGES.index(stage)]
    text = _("{file}: line {line}: the move to {stage} is refused: {why}. It follows on: {before}.")
    short = found if len(found) <= LONGEST else found[:LONGEST] + "…"
    return text.format(
        file=path, line=line, stage=code_label(stage), why=_(WHY[why]).format(found=repr(short)),
        before=code_label(before[-1] if before else "warned"),
    )  # fmt: skip
