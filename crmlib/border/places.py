"""Where a mapping's files lie: within the data folder, which only a person on the command line may choose elsewhere."""

from __future__ import annotations

import re
import unicodedata
from fnmatch import fnmatchcase
from pathlib import Path

from crmlib.border.company import Place
from crmlib.border.encodings import SourceError
from crmlib.vocabulary.policy import closest

URL = re.compile(r"^(sqlite|duckdb|postgres|postgresql)://")
"""How a database is named."""


def files_of(place: Place, folder: Path) -> list[Path]:
    """The files a place is read from, a database's own among them; none for a server. Raises `SourceError`."""
    if not URL.match(place.origin):
        return find(place, folder)
    server = place.origin.startswith("postgres")
    return [] if server else [folder / place.origin.split("://", 1)[1].removeprefix("/")]


def find(place: Place, folder: Path) -> list[Path]:
    """The files of a place in name order. Raises `SourceError` naming the closest file there."""
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such data folder; set `data` in company.toml or give --data")
    pattern = place.origin
    if place.ours:
        return [Path(pattern)]
    if "://" in pattern:
        raise SourceError(
            f"company.toml: from = {place.called!r}: only databases of SQLite, DuckDB and PostgreSQL are read by a URL; save "
            "what you need as a file in the data folder"
        )
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise SourceError(outside(place.origin))
    try:
        found = [folder / pattern] if (folder / pattern).is_file() else folder.glob(pattern)
        paths = sorted(p for p in found if p.is_file()) or _otherwise_composed(folder, pattern)
    except (ValueError, IndexError, NotImplementedError, OSError):
        raise SourceError(
            f"company.toml: from = {place.origin!r} is neither a file nor a pattern of files, which is "
            "written with * or ?, for example orders_*.csv"
        ) from None
    if not paths:
        there = sorted(p.name for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))[:1000]
        near = closest(Path(pattern).name, there) or "; put it there, name it by `from`, or give its folder by --data"
        raise SourceError(f"{folder / pattern}: no such file{near}")
    for path in paths:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise SourceError(outside(f"{place.origin} ({path.name} is a link)"))
    return paths


def outside(origin: str) -> str:
    """That a place lies elsewhere, and what mends it."""
    return (
        f"company.toml: from = {origin!r} leaves the data folder, which a mapping must not; give the folder that holds all "
        "the files by --data FOLDER, or copy the file into it"
    )


def _otherwise_composed(folder: Path, pattern: str) -> list[Path]:
    """Files whose names have the same letters, put together otherwise (é as one sign or as two, as macOS writes it)."""
    whole = unicodedata.normalize("NFC", pattern)
    if whole.isascii() or "/" in whole:
        return []
    return sorted(
        p for p in folder.iterdir() if p.is_file() and fnmatchcase(unicodedata.normalize("NFC", p.name), whole)
    )
