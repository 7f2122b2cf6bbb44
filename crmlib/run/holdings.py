"""What is held of one customer among a company's reviews: who they are in each month, and every file with a trace of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile, ZipFile, is_zipfile

from crmlib.border.owned import Owned
from crmlib.run import faults
from crmlib.run.folders import LOCK, MONTH, UNKEPT
from crmlib.run.places import place_of
from crmlib.run.sought import Sought
from crmlib.run.traces import Taken, is_closed, parted
from crmlib.vocabulary.held import COPY, Held

BROKEN = re.compile(rf"\.({MONTH})\.(partial|old|gone)|\.(incoming|erasing)-.*")
"""Folders of runs that broke off."""


@dataclass(frozen=True)
class Trace:
    """A file that holds something of the customer: where, what kind of place, what it holds, and what told the customer."""

    file: Path
    folder: Path
    place: Held
    taken: Taken
    sought: Sought

    @property
    def where(self) -> str:
        """The file's name within its folder."""
        return self.file.relative_to(self.folder).as_posix()


@dataclass(frozen=True)
class Customer:
    """A customer sought: `sought` by folder (a month's, or that of a run that broke off) and everywhere, what their source files
    hold, and why these could not be read.
    """

    sought: dict[Path, Sought]
    everywhere: Sought
    people: dict[Path, int]
    own: Owned
    unread: str = ""

    def traces(self, home: Path) -> list[Trace]:
        """Every trace among the reviews of the company in `home`, and in files beside that folder that name it."""
        return [t for folder in self.sought for t in self.traces_of(folder)] + self.loose(home)

    def traces_of(self, folder: Path) -> list[Trace]:
        """The traces in one month, or in what a run that broke off left."""
        return [
            trace
            for file in _files(folder)
            for trace in self._trace(file, folder, place_of(file.relative_to(folder).as_posix()), self.sought[folder])
        ]

    def loose(self, home: Path) -> list[Trace]:
        """The traces in files among the reviews that lie in no month, and in logs of faults."""
        found = [t for file in _loose(home) for t in self._trace(file, home.parent, COPY, self._in(file, home))]
        return found + [t for f in faults.logs() for t in self._trace(f, f.parent, faults.HELD, self.everywhere)]

    @staticmethod
    def _trace(file: Path, folder: Path, place: Held, sought: Sought) -> list[Trace]:
        taken = parted(file.relative_to(folder).as_posix(), file.read_bytes(), place, sought)[1]
        return [Trace(file, folder, place, taken, sought)] if taken else []

    def _in(self, file: Path, home: Path) -> Sought:
        """What tells the customer in a file of no month; one beside the company's folder may be another company's."""
        named = home in file.parents or home.name in file.name or home.name in "/".join(_inside(file) or ()).split("/")
        if named:
            return self.everywhere
        nothing = frozenset[str]()
        return replace(self.everywhere, headings=nothing, ids=nothing, contact=(), called=(), _known={})


def folders(home: Path) -> list[Path]:
    """The months of a company, oldest first, then what runs that broke off left."""
    there = sorted(p for p in home.iterdir() if p.is_dir()) if home.is_dir() else []
    whole = [p for p in there if re.fullmatch(MONTH, p.name)]
    return whole + [p for p in there if BROKEN.fullmatch(p.name)]


def _files(folder: Path) -> Iterator[Path]:
    yield from (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.is_symlink())


def _loose(home: Path) -> list[Path]:
    """Files among the reviews that lie in no month: those in the company's folder, and those beside it."""
    months = set(folders(home))
    inside = [p for p in _files(home) if not months & set(p.parents)] if home.is_dir() else []
    beside = sorted(p for p in home.parent.iterdir() if p.is_file()) if home.parent.is_dir() else []
    return [p for p in (*inside, *beside) if p.suffix != LOCK and p.name != UNKEPT]


def _inside(file: Path) -> list[str] | None:
    """The names of an archive's files; of any other file none, and None of an archive that is damaged or has a password."""
    if not is_zipfile(file):
        return []
    try:
        with ZipFile(file) as archive:
            sealed = any(entry.flag_bits & 1 for entry in archive.infolist())
            return None if sealed else archive.namelist()
    except (BadZipFile, OSError):
        return None


def closed(home: Path) -> list[Path]:
    """Files among the reviews that no review wrote and that cannot be looked into."""
    own = [f for m in folders(home) for f in _files(m) if place_of(f.relative_to(m).as_posix()) is COPY]
    return [f for f in (*own, *_loose(home)) if is_closed(f.name) or _inside(f) is None]


def counted(traces: Sequence[Trace]) -> dict[Held, int]:
    """How much is held by kind of place: rows, lines and mentions."""
    found: dict[Held, int] = {}
    for trace in traces:
        found[trace.place] = found.get(trace.place, 0) + len(trace.taken)
    return found


def month_of(trace: Trace) -> str:
    """The month a trace lies in; "" where it is none's."""
    name = re.search(MONTH, trace.folder.name)
    return name.group() if name else ""
