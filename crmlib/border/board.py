"""The win-back board of the month before, as people left it, taken over as a table (D103)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from crmlib.border import staged
from crmlib.border.company import Description
from crmlib.border.lists import Listed, table
from crmlib.border.staged import Sheet
from crmlib.vocabulary.cells import csv_text
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.schema import TABLES
from crmlib.vocabulary.stages import WIN_BACK

BOARD = "board.csv"
"""In a month's folder `private`."""
COLUMNS = TABLES["board"].names
SHEET = Sheet(
    BOARD,
    COLUMNS,
    WIN_BACK,
    ("customer_id", "warned_on"),
    N_("what it rests on is not written: a cause to be found, a plan to be made"),
)


def read(path: Path, until: str) -> tuple[list[list[str]], list[str]]:
    """The rows of a board (`COLUMNS`, days in ISO form), without what may not be, and each refusal in one line; no day may lie
    after `until`. A row without a customer or a day of warning is refused as a whole. Raises `SourceError`.
    """
    found, said = staged.read(path, SHEET, until)
    rows = []
    for line, row in found:
        start = f"{path}: line {line}:"
        if row["customer_id"] and row["warned_on"]:
            rows.append([row[name] for name in COLUMNS])
        elif not any(told.startswith(start) for told in said):
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
