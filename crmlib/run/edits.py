"""What people did in the private folder of a month outlives the month's being made anew: outcomes, changed lists, own files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copy2

from crmlib.border.identity.verdicts import rows_of
from crmlib.run.collect import ACTIONS_CSV
from crmlib.run.folders import Place, damage, manifest_of, sha256, write
from crmlib.vocabulary import language
from crmlib.vocabulary.cells import csv_text
from crmlib.vocabulary.language import _, ngettext

EARLIER = "earlier"
"""Folder under `private` with lists as people left them, which a new review of the month wrote anew."""
SAID = ("done_at", "outcome")
"""What a person writes into a list of actions."""


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
    if files:
        names = language.listed([str(file.relative_to(new)) for file in files])
        text = _("Kept in {folder} as people left them: {files}.")
        said.append(text.format(folder=place.whole / "private", files=names))
    return Kept(frozenset(file.relative_to(place.partial).as_posix() for file in files), said)


def _outcomes(old: Path, new: Path) -> int:
    """Write what people said of actions in the private folder `old` into the list in `new`; how many actions that are.

    An action that is proposed no more stays with its outcome: somebody has done it.
    """
    done = {row["action_id"]: row for row in _rows(old / "actions.csv") if any(row[c] for c in SAID)}
    if not done:
        return 0
    rows = _rows(new / "actions.csv")
    for row in rows:
        if before := done.pop(row["action_id"], None):
            row.update({c: before[c] for c in SAID})
    rows += done.values()
    write(new / "actions.csv", "\ufeff" + csv_text(ACTIONS_CSV, ([row[c] for c in ACTIONS_CSV] for row in rows)))
    return sum(any(row[c] for c in SAID) for row in rows)


def _files(old: Path, new: Path, written: Mapping[str, str]) -> list[Path]:
    """Copy from `old` what is not as the review wrote it (`written`: its hashes by name). A list that the new review has written
    itself goes into `EARLIER`, any other file where it was.
    """
    found = []
    for path in sorted(p for p in old.rglob("*") if p.is_file()):
        name = path.relative_to(old)
        if written.get(f"private/{name.as_posix()}") == sha256(path):
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
    """The rows of a list of actions with every column; none where there is no list, or it names no actions."""
    read = rows_of(path) if path.exists() else []
    return [
        {c: (row.get(c) or "").strip() for c in ACTIONS_CSV} for row in read if (row.get("action_id") or "").strip()
    ]
