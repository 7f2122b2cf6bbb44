"""`crmlib actions take`: what became of the actions comes back into the months that proposed them, and is never lost.

Each month keeps `private/taken.csv`, to which lines are only added, and `private/unread.csv` with what could not be read. The
next month's review reads both; the same file taken twice changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from crmlib.border import returned
from crmlib.border.company import load_description
from crmlib.border.encodings import SourceError
from crmlib.border.lists import IN_PLACE, PROPOSALS, TAKEN, UNREAD, came_back, proposed, rows_of, tables
from crmlib.border.returned import Back, Known, Said, Unread
from crmlib.run.folders import Place, damage, locked, manifest_of, months, sha256, write
from crmlib.run.pages import month_called
from crmlib.vocabulary import language
from crmlib.vocabulary.cells import csv_text
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import N_, _, ngettext
from crmlib.vocabulary.statuses import WHY

TAKEN_CSV = ["action_id", "customer_id", "status", "done_at", "outcome", "told_on", "file", "line", "sha256"]
UNREAD_CSV = ["action_id", "customer_id", "file", "line", "column", "found", "why", "told_on", "sha256"]
SHOWN = 12
"""Lines that could not be read, which the front page names; the rest is counted."""
HELD = (
    Held(
        f"private/{TAKEN}",
        N_("what came back of the actions, line by line"),
        N_("next month measures what it was worth"),
        "private",
        own=("customer_id",),
        text=("action_id",),
    ),
    Held(
        f"private/{UNREAD}",
        N_("what came back and could not be read"),
        N_("for a person to mend"),
        "private",
        own=("customer_id",),
        text=("action_id", "found"),
    ),
)


class TakingError(CrmlibError):
    """A list that cannot be taken; one line."""


@dataclass(frozen=True)
class _Month:
    """A month of a company: its folder, what it proposed, and who got which message."""

    folder: Path
    rows: Mapping[str, Mapping[str, str]]

    @property
    def private(self) -> Path:
        return self.folder / "private"


def take(file: Path, *, out: Path, company: str = "", today: date) -> list[str]:
    """Take back the list, task export or send results in `file` into the reviews under `out`, of one company or of all; what the
    terminal says of it, in lines.

    Raises `TakingError` where nothing in it is of any action there, `SourceError` where it cannot be read at all.
    """
    if not file.is_file():
        raise TakingError(f"{file}: no such file; give the list that came back")
    known = [m for home in _homes(out, company) for m in _proposed(home)]
    if not known:
        raise TakingError(f"{out}: no review here proposed any action; name the folder with the reviews by --out")
    where = {number: month for month in known for number in month.rows}
    manifest = manifest_of(known[-1].folder)
    with language.using(manifest["language"], manifest["currency"]), ExitStack() as held:
        for month in known:
            held.enter_context(locked(Place(month.folder.parent, month.folder.name)))
        back = returned.read(tables(file), _known(known))
        if not back.said and not back.unread:
            raise TakingError(
                f"{file}: none of its lines tells of an action of a review here; expected actions.csv or .xlsx filled in, "
                "tasks whose description still holds [a…], or send results of WeCom"
            )
        before = _add(back, where, known[-1], file, sha256(file), today)
        return _told(file, back, before=before)


def _told(file: Path, back: Back, *, before: bool) -> list[str]:
    last = {one.action_id: one.status or "open" for one in back.said}
    counts = Counter(last.values())
    parts = [f"{code_label(code)} {language.number(k)}" for code, k in sorted(counts.items())]
    first = ngettext("Taken back: {n} action ({parts}).", "Taken back: {n} actions ({parts}).", len(last))
    lines = [first.format(n=language.number(len(last)), parts=language.beside(parts) or "–"), *_said(file, back)]
    return [*lines, _("All of this had been taken before; nothing changed.")] if before else lines


def _homes(out: Path, company: str) -> list[Path]:
    """The folders of companies under `out`: that of one, by its name or its company.toml, or all."""
    if company.endswith(".toml") or (company and Path(company).is_dir() and not (out / company).is_dir()):
        company = load_description(Path(company)).name
    homes = sorted(p for p in out.iterdir() if p.is_dir() and not p.name.startswith(".")) if out.is_dir() else []
    found = [home for home in homes if not company or home.name == company]
    if company and not found:
        there = ", ".join(home.name for home in homes) or "none"
        raise TakingError(f"{out}: no reviews of a company {company!r} (there are: {there})")
    return found


def _proposed(home: Path) -> list[_Month]:
    found = []
    for folder in months(home):
        private = folder / "private"
        if not damage(folder) and any((private / name).exists() for name in (PROPOSALS, IN_PLACE[0])):
            found.append(_Month(folder, proposed(private)))
    return found


def _known(known: Sequence[_Month]) -> Known:
    sent: dict[tuple[str, str], list[str]] = {}
    zone = "UTC"
    for month in known:
        for row in rows_of(month.private / "wecom" / "send_list.csv"):
            zone = row.get("time_zone") or zone
            for member in (row["userid"], ""):
                sent.setdefault((row["external_userid"], member), []).append(row["action_id"])
    return Known({n: row["proposed_on"] for month in known for n, row in month.rows.items()}, sent, zone)


def _add(back: Back, where: Mapping[str, _Month], last: _Month, file: Path, hashed: str, today: date) -> bool:
    """Add what is new to the logs of each month; whether nothing was."""
    nothing = True
    source = {"file": file.name, "told_on": today.isoformat(), "sha256": hashed}
    for month in {m.folder: m for m in (*where.values(), last)}.values():
        taken, unread = rows_of(month.private / TAKEN), rows_of(month.private / UNREAD)
        latest = {row["action_id"]: (row["status"], row["done_at"], row["outcome"]) for row in taken}
        fresh = []
        for one in back.said:
            if where[one.action_id] is month and latest.get(one.action_id) != one.told:
                latest[one.action_id] = one.told
                fresh.append(_row(one, month) | source)
        there = {(row["sha256"], row["line"], row["column"]) for row in unread}
        missed = [
            _missed(one, where) | source
            for one in back.unread
            if where.get(one.action_id, last) is month and (hashed, str(one.line), one.column) not in there
        ]
        for name, columns, rows, new in ((TAKEN, TAKEN_CSV, taken, fresh), (UNREAD, UNREAD_CSV, unread, missed)):
            if new:
                nothing = False
                lines = ([row.get(c, "") for c in columns] for row in (*rows, *new))
                write(month.private / name, "\ufeff" + csv_text(columns, lines))
                (month.private / name).chmod(0o600)
    return nothing


def _row(one: Said, month: _Month) -> dict[str, str]:
    told = dict(zip(("status", "done_at", "outcome"), one.told, strict=True))
    who = month.rows[one.action_id].get("customer_id", "")
    return {"action_id": one.action_id, "customer_id": who, "line": str(one.line), **told}


def _missed(one: Unread, where: Mapping[str, _Month]) -> dict[str, str]:
    month = where.get(one.action_id)
    who = month.rows[one.action_id].get("customer_id", "") if month else ""
    cells = {"action_id": one.action_id, "customer_id": who, "line": str(one.line)}
    return {**cells, "column": one.column, "found": one.found, "why": one.why}


def _said(file: Path, back: Back) -> list[str]:
    lines = [unread_line(file.name, one, one.found) for one in back.unread]
    if back.others:
        lines.append(
            ngettext(
                "{n} line is of another task, which no review here proposed; it was left alone.",
                "{n} lines are of other tasks, which no review here proposed; they were left alone.",
                back.others,
            ).format(n=language.number(back.others))
        )
    return lines


def unread_line(file: str, one: Unread, found: str = "") -> str:
    """Where something could not be read, what stood there where it may be told, and why."""
    where = _("{file}, line {line}, {column}").format(file=file, line=one.line, column=one.column)
    what = f"{where}: {found!r}" if found else where
    return _("{what}: {said}").format(what=what, said=_(WHY.get(one.why, one.why)))


@dataclass(frozen=True)
class CameBack:
    """What of the lists of earlier months could not be read: in full, and as the front page names it, without the cells."""

    in_full: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)


def of_months(earlier: Sequence[Path]) -> CameBack:
    """What of the lists of these months could not be read."""
    full, places = [], []
    for folder in earlier:
        try:
            missed = came_back(folder / "private")[1]
        except SourceError as error:
            full.append(str(error))
            places.append(_("{month}: the list").format(month=month_called(folder.name)))
            continue
        for file, one in missed:
            called = file if file in IN_PLACE else _("a file taken back")
            full.append(f"{month_called(folder.name)}: {unread_line(file, one, one.found)}")
            where = _("{file}, line {line}, {column}").format(file=called, line=one.line, column=one.column)
            places.append(f"{month_called(folder.name)}: {where}")
    if not places:
        return CameBack()
    n = len(places)
    text = ngettext(
        "{n} cell of the lists that came back could not be read, and counts neither as done nor as not done: {places}.",
        "{n} cells of the lists that came back could not be read, and count neither as done nor as not done: {places}.",
        n,
    )
    shown = places[:SHOWN] + ([_("and {n} more").format(n=language.number(n - SHOWN))] if n > SHOWN else [])
    return CameBack(full, [text.format(n=language.number(n), places="; ".join(shown))])


def origins(account: pd.DataFrame) -> list[str]:
    """Where the actions of earlier months come from, where both the company's own lists and a table it maps tell of them."""
    rows = account[account["table"] == "actions"]
    own = np.array([Path(str(file)).name in (PROPOSALS, *IN_PLACE) for file in rows["file"]], dtype=bool)
    if not own.any() or own.all():
        return []
    kept, mapped = (int(rows.loc[side, "kept"].sum()) for side in (own, ~own))
    repeated = int(rows.loc[~own, "repeated"].sum())
    text = _(
        "Actions of earlier months: {own} from the lists of these reviews, {mapped} more from the table that company.toml maps "
        "({repeated} of its rows are in the lists already)."
    )
    numbers = {"own": kept, "mapped": mapped, "repeated": repeated}
    return [text.format(**{k: language.number(v) for k, v in numbers.items()})]
