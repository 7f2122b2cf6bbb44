"""Lists that a review wrote and people filled in, however a spreadsheet saved them: CSV in any encoding, or XLSX.

We know what we wrote, so these are read more freely than a company's own files: the day of the proposal tells in which order day
and month stand, and a day without a year (8 Dec, 12月7日) is the first one after it (`written_days`).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crmlib.border import encodings, returned, written_days
from crmlib.border.company import Source
from crmlib.border.encodings import SourceError
from crmlib.border.returned import SAYS, Known, Unread
from crmlib.border.textfiles import detect_delimiter
from crmlib.border.workbooks import FIRST_DAYS, KINDS, Sheet, sheet_rows, sheets
from crmlib.vocabulary.cells import written
from crmlib.vocabulary.schema import TABLES

DAYS = ("proposed_on", "due_on", "done_at")
NEEDED = ("action_id", "customer_id", "proposed_on")
PROPOSALS, TAKEN, UNREAD = "proposals.csv", "taken.csv", "unread.csv"
"""In a month's folder `private`: what was proposed, for machines; what was taken back of it; what could not be read."""
IN_PLACE = ("actions.csv", "actions.xlsx")
"""The lists that people work with, who may write into them where they lie."""
FIRST_PAGE = "first_actions.html"
"""The first of them on a page, to be read."""
RESULTS = ("external_userid", "userid", "status", "send_time")


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


def handed_out(path: Path) -> Path:
    """Where a list is read back from: that of actions as the review proposed it, any other as it was saved last."""
    kept = path.with_name(PROPOSALS)
    return kept if path.name == IN_PLACE[0] and kept.exists() else saved(path)


def table(path: Path) -> Table:
    """A list in whatever way it was saved, of a workbook the first sheet. Raises `SourceError`."""
    return _sheet(path, None) if path.suffix.lower() in KINDS else _table(path, list(_csv(path)))


def tables(path: Path) -> list[Table]:
    """The same of every sheet that holds something, and of results of WeCom in JSON. Raises `SourceError`."""
    if path.suffix.lower() == ".json":
        return [_results(path)]
    if path.suffix.lower() not in KINDS:
        return [table(path)]
    return [found for name in sheets(path) if (found := _sheet(path, name, empty=True)).headings]


def _sheet(path: Path, name: str | None, *, empty: bool = False) -> Table:
    learnt = Sheet()
    rows = [(n, [c or "" for c in cells]) for n, cells in sheet_rows(path, name, learnt)]
    return Table([], []) if empty and not rows else _table(path, rows, FIRST_DAYS[learnt.from_1904])


def _table(path: Path, rows: list[tuple[int, list[str]]], day_0: str = FIRST_DAYS[False]) -> Table:
    if not rows:
        raise SourceError(f"{path}: the list is empty; restore it from a copy, or delete it")
    headings = [c.strip().lower() for c in rows[0][1]]
    width = max(len(cells) for _, cells in rows)
    headings += [""] * (width - len(headings))
    # A day of a workbook comes as a moment.
    lines = [
        (n, [written(c.removesuffix(" 00:00:00")) for c in [*cells, *[""] * width][:width]])
        for n, cells in rows[1:]
        if any(cells)
    ]
    return Table(headings, lines, day_0)


def _results(path: Path) -> Table:
    """Answers of WeCom's `get_groupmsg_send_result`, one or several, as a table; a line is the place in its list."""
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
        rows = [row for one in (told if isinstance(told, list) else [told]) for row in one["send_list"]]
        cells = [["" if row.get(n) is None else str(row[n]) for n in RESULTS] for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SourceError(
            f"{path}: expected the answer of get_groupmsg_send_result, with a send_list; give it as WeCom sent it"
        ) from None
    return Table(list(RESULTS), list(enumerate(cells, 1)))


def came_back(private: Path) -> tuple[dict[str, dict[str, str]], list[tuple[str, Unread]]]:
    """What people said of the actions of a month, from its folder `private`: by number `status`, `done_at`, `outcome` and
    `told_on`, the day on which it came back, where that is known; and what could not be read, each with its file.

    What was taken back outdoes what was written into the lists that lie there. Raises `SourceError`.
    """
    known = Known({n: row["proposed_on"] for n, row in proposed(private).items()})
    found: dict[str, dict[str, str]] = {}
    missed: list[tuple[str, Unread]] = []
    for name in IN_PLACE:
        if (private / name).exists():
            back = returned.read(tables(private / name), known)
            missed += [(name, unread) for unread in back.unread]
            for one in back.said:
                found.setdefault(one.action_id, {}).update({c: v for c, v in zip(SAYS, one.told, strict=True) if v})
    for row in rows_of(private / TAKEN):
        found[row["action_id"]] = {**found.get(row["action_id"], {}), **{c: v for c, v in row.items() if v}}
    for row in rows_of(private / UNREAD):
        what = Unread(int(row["line"] or 0), row["column"], row["found"], row["why"], row["action_id"])
        missed.append((row["file"], what))
    return found, missed


def rows_of(path: Path) -> list[dict[str, str]]:
    """The lines of a list of ours by its headings; none where there is no such file. Raises `SourceError`."""
    if not path.exists():
        return []
    read = table(path)
    return [dict(zip(read.headings, cells, strict=True)) for _line, cells in read.lines]


def proposed(private: Path) -> dict[str, dict[str, str]]:
    """What a month's review proposed, by the number of the action. Raises `SourceError`."""
    rows = rows_of(handed_out(private / IN_PLACE[0]))
    return {row["action_id"]: row for row in rows if row.get("action_id")}


def action_rows(path: Path) -> Iterator[tuple[int, Sequence[str | None]]]:
    """Line and cells of a list of actions, its heading first, by the names of the canonical table; days in ISO form.

    Of the proposals of a review with what came back of them. Raises `SourceError`.
    """
    found = table(path)
    if lost := [name for name in NEEDED if name not in found.headings]:
        raise SourceError(
            f"{path}: line 1: the list has no column {lost[0]!r}; keep the headings that the review wrote, or restore the list"
        )
    ours = path.name == PROPOSALS
    said = came_back(path.parent)[0] if ours else {}
    names = TABLES["actions"].names
    at = {name: found.headings.index(name) for name in names if name in found.headings}
    order = written_days.order([cells[at[n]] for n in DAYS if n in at for _, cells in found.lines])
    yield 1, names
    for line, cells in found.lines:
        row = {name: cells[i].strip() for name, i in at.items()}
        near = written_days.iso(row["proposed_on"], order, None, found.day_0)[:10]
        for name in (n for n in DAYS if row.get(n)):
            # What is not understood is left for the border to refuse.
            row[name] = written_days.iso(row[name], order, near, found.day_0) or row[name]
        row |= _dated(said.get(row["action_id"], {}) if ours else row)
        yield line, [row.get(name) or None for name in names]


def _dated(said: Mapping[str, str]) -> dict[str, str]:
    """What came of an action with its days: what was done on a day that nobody told was done by the day on which it was told."""
    told = {name: said[name] for name in SAYS if said.get(name)}
    if said.get("status") == "done" and not said.get("done_at") and said.get("told_on"):
        told["done_at"] = said["told_on"]
    known = told.get("done_at") or said.get("told_on", "")
    return {**told, "outcome_at": known} if known else told


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
