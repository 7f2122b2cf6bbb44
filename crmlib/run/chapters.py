"""The chapters of a review: read, checked, keyed by all they are made from, and how each one went."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256 as _sha256
from pathlib import Path
from typing import Any

import nbformat

from crmlib.run import pages
from crmlib.run.engine import Done
from crmlib.run.folders import sha256, write
from crmlib.run.parameters import checked
from crmlib.run.shipped import PACKAGE, shipped
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.language import N_

CHAPTERS = shipped("chapters")
HELD = Held(".state/*", N_("chapters of a run that broke off"), N_("to go on with --resume"), "private", in_text=True)


class ChapterError(CrmlibError):
    """A folder of chapters, or one chapter, that cannot be used; one line."""


@dataclass(frozen=True)
class Chapter:
    """A chapter: its notebook, whether it is to run, its checked parameters, and the key that says from what it is made."""

    name: str
    title: str
    notebook: Any
    source: str
    wanted: bool
    parameters: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""

    @property
    def cells(self) -> int:
        """Cells a run goes through: the given parameters become one more."""
        return len(self.notebook.cells) + 1

    def with_parameters(self, given: Mapping[str, Any], made_from: Mapping[str, Any]) -> Chapter:
        """Ready to run; raises `ParameterError` before any cell is."""
        if not self.wanted:
            return self
        parameters = checked(self.notebook, self.name, given)
        text = json.dumps([made_from, self.source, parameters], sort_keys=True)
        return replace(self, parameters=parameters, key=_sha256(text.encode()).hexdigest())


def read_chapters(folder: Path, *, language: str, only: Sequence[int] = ()) -> list[Chapter]:
    """Every chapter of `folder`, in order, in `language` where there is such an edition. Raises `ChapterError`."""
    files = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not files:
        raise ChapterError(f"{folder}: no chapters here (files such as 01_importance.ipynb)")
    numbers = [int(f.name[:2]) for f in files]
    for number in only:
        if number not in numbers:
            raise ChapterError(f"--only: there is no chapter {number}; the chapters are {', '.join(map(str, numbers))}")
    found = []
    for file in files:
        own = folder / language / file.name
        text = (own if own.exists() else file).read_text(encoding="utf-8")
        try:
            notebook = nbformat.reads(text, as_version=4)
        except (ValueError, nbformat.reader.NotJSONError) as error:
            raise ChapterError(f"{file}: not a notebook: {str(error).splitlines()[0][:80]}") from None
        wanted = not only or int(file.name[:2]) in only
        found.append(Chapter(file.stem, pages.title_of(notebook, file.stem), notebook, text, wanted))
    return found


def keep(state: Path, chapter: Chapter, done: Done) -> None:
    """Remember a chapter that is whole, so that a broken-off run can be resumed after it."""
    write(state / f"{chapter.name}.ipynb", nbformat.writes(done.notebook))
    said = {"key": chapter.key, "seconds": done.seconds, "attempts": done.attempts, "given_up": done.given_up}
    write(state / f"{chapter.name}.json", json.dumps(said))


def kept(state: Path, chapter: Chapter) -> tuple[bool, Done | None]:
    """Whether an earlier run finished the chapter, and what it made if it was made from exactly these inputs."""
    said, notebook = state / f"{chapter.name}.json", state / f"{chapter.name}.ipynb"
    if not (chapter.wanted and said.exists() and notebook.exists()):
        return False, None
    try:
        read = json.loads(said.read_text(encoding="utf-8"))
        if read["key"] != chapter.key:
            return True, None
        made = nbformat.read(notebook, as_version=4)
        return True, Done(made, read["seconds"], read["attempts"], tuple(read["given_up"]), None)
    except (AttributeError, LookupError, TypeError, ValueError, nbformat.ValidationError, nbformat.reader.NotJSONError):
        return False, None


def code_hash() -> str:
    """Of the library itself: a chapter made by other code is not the same chapter."""
    lines = (f"{p.relative_to(PACKAGE)}:{sha256(p)}\n" for p in sorted(PACKAGE.rglob("*.py")))
    return _sha256("".join(lines).encode()).hexdigest()
