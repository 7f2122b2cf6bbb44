"""What people did in the private folder of a month outlives the month's being made anew: outcomes, changed lists, own files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copy2

from crmlib.border.encodings import SourceError
from crmlib.border.identity.verdicts import rows_of
from crmlib.border.lists import IN_PLACE, PROPOSALS, TAKEN, UNREAD, came_back
from crmlib.run.folders import Place, damage, manifest_of, noted, sha256, write
from crmlib.run.worklists import FILLED_IN, PROPOSALS_CSV, columns_of
from crmlib.vocabulary import language
from crmlib.vocabulary.cells import csv_text
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import _, ngettext

EARLIER = "earlier"
"""Folder under `private` with lists as people left them, which a new review of the month wrote anew."""
LOGS = (TAKEN, UNREAD)
"""What was taken back: it goes on in the month made anew, without a word."""


@dataclass(frozen=True)
class Kept:
    """What was brought over: files by their name within the month, and what there is to say of it."""

    files: frozenset[str]
    said: list[str]


def carry(place: Place) -> Kept:
    """Bring what people did in the private folder of the whole month over into the partial one that is about to replace it."""
    old, new = (folder / "private" for folder in (place.whole, place.partial))
    written = {} if not place.whole.exists() or damage(place.whole) else manifest_of(place.whole).get("outputs", {})
    said = []
    if n := _outcomes(old, new):
        text = ngettext("What people said of {n} action is kept.", "What people said of {n} actions is kept.", n)
        said.append(text.format(n=language.number(n)))
    files = _files(old, new, written)
    if told := [file for file in files if file.name not in LOGS]:
        names = language.listed([str(file.relative_to(new)) for file in told])
        text = _("Kept in {folder} as people left them: {files}.")
        said.append(text.format(folder=place.whole / "private", files=names))
    return Kept(frozenset(file.relative_to(place.partial).as_posix() for file in files), said)


def _outcomes(old: Path, new: Path) -> int:
    """Write what people said of actions in the private folder `old` into the list in `new`; how many actions that are.

    An action that is proposed no more stays with its outcome: somebody has done it.
    """
    listed = {row["action_id"]: row for row in _rows(old / IN_PLACE[0])}
    cells = {n: {c: row.get(c, "") for c in FILLED_IN} for n, row in listed.items()}
    said = {n: filled for n, filled in cells.items() if any(filled.values())}
    for number, told in _came_back(old).items():
        into = said.setdefault(number, dict.fromkeys(FILLED_IN, ""))
        into.update({c: code_label(told[c]) for c in FILLED_IN if told.get(c) and not any(into.values())})
    if not said:
        return 0
    rows = _rows(new / IN_PLACE[0])
    columns = list(rows[0]) if rows else columns_of(())
    there = {row["action_id"] for row in rows}
    rows += [listed.get(n, {"action_id": n}) for n in said if n not in there]
    filled = [row | said.get(row["action_id"], {}) for row in rows]
    text = csv_text(columns, ([row.get(c, "") for c in columns] for row in filled))
    write(new / IN_PLACE[0], "\ufeff" + text)
    _proposed(old, new, set(said) - there)
    return len(said)


def _came_back(private: Path) -> dict[str, dict[str, str]]:
    try:
        return came_back(private)[0]
    except SourceError:
        return {}


def _proposed(old: Path, new: Path, numbers: set[str]) -> None:
    """Add to the proposals in `new` those of `old` with these numbers."""
    gone = [row for row in _rows(old / PROPOSALS) if row["action_id"] in numbers]
    if gone:
        rows = [*_rows(new / PROPOSALS), *gone]
        text = csv_text(PROPOSALS_CSV, ([row.get(c, "") for c in PROPOSALS_CSV] for row in rows))
        write(new / PROPOSALS, "\ufeff" + text)


def _files(old: Path, new: Path, written: Mapping[str, str]) -> list[Path]:
    """Copy from `old` what is not as the review wrote it (`written`: its hashes by name). A list that the new review has written
    itself goes into `EARLIER`, any other file where it was.
    """
    found = []
    for path in sorted(p for p in old.rglob("*") if p.is_file()):
        name = path.relative_to(old)
        hashed = sha256(path)
        if written.get(noted(f"private/{name.as_posix()}", hashed)) == hashed:
            continue
        target = new / name
        if target.exists():
            target = _free(new / EARLIER / name)
        target.parent.mkdir(parents=True, exist_ok=True)
        copy2(path, target)
        found.append(target)
    return found


def _free(path: Path) -> Path:
    """The path, or the first one with a number that nothing has."""
    n = 1
    free = path
    while free.exists():
        n += 1
        free = path.with_stem(f"{path.stem}-{n}")
    return free


def _rows(path: Path) -> list[dict[str, str]]:
    """The rows of a list of actions; none where there is no list, or it names no actions."""
    read = rows_of(path) if path.exists() else []
    return [{c: cell.strip() for c, cell in row.items()} for row in read if (row.get("action_id") or "").strip()]
