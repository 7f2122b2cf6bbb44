"""What lies in a folder: each readable file or sheet in the engine, those of one shape together, and what was passed over."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crmlib.border import jsonfiles, textfiles, workbooks
from crmlib.border.company import Place
from crmlib.border.encodings import detected
from crmlib.border.proposal.look import Look, looks
from crmlib.border.sources import SourceError, literal, load
from crmlib.border.textfiles import detect_delimiter
from crmlib.vocabulary.language import N_

TEXTS = (*textfiles.KINDS, *(f"{kind}.gz" for kind in textfiles.KINDS))
KINDS = (*TEXTS, *jsonfiles.KINDS, *(f"{kind}.gz" for kind in jsonfiles.KINDS), *workbooks.KINDS, ".parquet")
LARGE = 4_000_000
"""Bytes from which a text file is read by the engine itself, which is quicker and need not tell lines."""
MOST = 60
"""Kinds of file that are looked at: files of the same headings are one, however many they are."""
Told = Callable[[str], None]
"""Who is told which file is being read."""


@dataclass(frozen=True)
class Sheet:
    """A source in the engine: how company.toml names it (`place`), its engine table, columns with their engine types, rows."""

    place: Place
    name: str
    types: dict[str, str]
    rows: int
    modified: float
    day_0: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Its own columns in order."""
        return tuple(self.types)

    @property
    def called(self) -> str:
        """What a person knows it by: its file, and its sheet where there are several."""
        return f"{self.place.origin} [{self.place.sheet}]" if self.place.sheet else self.place.origin


@dataclass(frozen=True)
class Passed:
    """A file that was passed over, and why in one line."""

    file: str
    why: str


def named(folder: Path) -> tuple[list[Path], list[Passed]]:
    """Files of the folder that may hold rows, in name order, and those passed over. Raises `SourceError` without a folder."""
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such folder; give the folder that holds the exported files")
    files, passed = [], []
    for path in sorted(p for p in folder.iterdir() if p.is_file()):
        name = path.name
        if name in ("company.toml", "policy.toml", "company.schema.json") or name.startswith(".crmlib"):
            continue
        if name.startswith("~$"):
            passed.append(Passed(name, N_("a lock file of Excel, not data")))
        elif name.startswith((".", "__MACOSX")):
            passed.append(Passed(name, N_("hidden")))
        elif not name.lower().endswith(KINDS):
            passed.append(Passed(name, N_("neither CSV, JSON, XLSX nor Parquet")))
        elif path.stat().st_size == 0:
            passed.append(Passed(name, N_("empty")))
        else:
            files.append(path)
    return files, passed


def read(
    engine: duckdb.DuckDBPyConnection, folder: Path, files: list[Path], told: Told
) -> tuple[list[Sheet], list[Passed]]:
    """Every file in the engine (the sheets of a workbook apart), those of the same shape as one; and those that cannot be."""
    sheets: list[Sheet] = []
    passed: list[Passed] = []
    shapes: set[object] = set()
    beyond: list[str] = []
    for path in files:
        told(path.name)
        try:
            found = looks(path)
        except (SourceError, OSError) as error:
            passed.append(Passed(path.name, _why(error, path)))
            continue
        for look in found:
            if look.shape not in shapes and len(shapes) >= MOST:
                beyond.append(path.name)
                continue
            shapes.add(look.shape)
            try:
                sheets.append(_sheet(engine, folder, look, f"sheet_{len(sheets)}"))
            except (SourceError, duckdb.Error, OSError) as error:
                sheet = f" [{look.place.sheet}]" if look.place.sheet else ""
                passed.append(Passed(path.name + sheet, _why(error, path)))
    if beyond:
        few = ", ".join(beyond[:3]) + (f" … {beyond[-1]}" if len(beyond) > 3 else "")
        passed.append(
            Passed(few, f"{len(beyond)} beyond the first {MOST} kinds of file; move what does not belong away")
        )
    return _together(engine, sheets, folder), passed


def _why(error: Exception, path: Path) -> str:
    line = next((part.strip() for part in str(error).splitlines() if part.strip()), type(error).__name__)
    line = line.removeprefix(f"{path}: ")
    return "empty" if line.startswith("the file is empty") else line[:300]


def _sheet(engine: duckdb.DuckDBPyConnection, folder: Path, look: Look, name: str) -> Sheet:
    path, place = look.path, look.place
    if len(look.headings) == 1 and look.place.sheet:
        raise SourceError(N_("one column of text, no table"))
    large = path.name.lower().endswith(TEXTS) and path.stat().st_size > LARGE / 10
    if large and _quick(engine, look, name):
        day_0 = ""
    else:
        try:
            loaded = load(engine, place, folder, name)
        except (SourceError, duckdb.Error, OSError):
            raise
        except Exception as error:  # a damaged workbook fails in openpyxl in many ways
            raise SourceError(f"cannot be read ({type(error).__name__})") from None
        day_0 = next((f"timestamp '{day}'" for day in loaded.serials.values()), "")
    described = engine.execute(f"select column_name, column_type from (describe {name})").fetchall()
    types = {c: t for c, t in described if not c.startswith("__")}
    rows = engine.execute(f"select count(*) from {name}").fetchall()[0][0]
    if not rows:
        raise SourceError(N_("empty: a heading without rows"))
    return Sheet(place, name, types, rows, path.stat().st_mtime, day_0)


def _quick(engine: duckdb.DuckDBPyConnection, look: Look, name: str) -> bool:
    """A large UTF-8 text file by the engine's own reader; False where that cannot be."""
    path, headings = look.path, look.headings
    if look.place.heading or look.place.encoding or detected(path) != "utf-8-sig":
        return False
    columns = ", ".join(f"{literal(h)}: 'VARCHAR'" for h in headings)
    sign = literal(detect_delimiter(path, "utf-8-sig"))
    query = (
        f"from read_csv({literal(str(path.resolve()))}, columns = {{{columns}}}, delim = {sign}, header = true, quote = '\"', "
        "escape = '\"', auto_detect = false, strict_mode = false, null_padding = true, parallel = false, ignore_errors = true)"
    )
    try:
        engine.execute(
            f"create or replace temp table {name} as select 0::bigint as __file, row_number() over () + 1 as __line, "
            f"null::varchar as __fault, * {query}"
        )
    except duckdb.Error:
        return False
    return True


def _together(engine: duckdb.DuckDBPyConnection, sheets: list[Sheet], folder: Path) -> list[Sheet]:
    """Files of the same headings that one pattern names, and no other file, as one sheet."""
    kept: list[Sheet] = []
    alike: dict[tuple[object, ...], list[Sheet]] = {}
    for sheet in sheets:
        place, kind = sheet.place, sheet.place.origin.lower().rsplit(".", 1)[-1]
        shape = sheet.columns, place.sheet or "", tuple(place.heading), place.encoding, kind
        alike.setdefault(shape, []).append(sheet)
    for group in alike.values():
        glob = _pattern([s.place.origin for s in group])
        if len(group) < 2 or {p.name for p in folder.glob(glob)} != {s.place.origin for s in group}:
            kept += group
            continue
        each = (f"select * replace ({i}::bigint as __file) from {s.name}" for i, s in enumerate(group))
        first, name = group[0], f"{group[0].name}_all"
        engine.execute(f"create or replace temp view {name} as {' union all by name '.join(each)}")
        place = first.place.model_copy(update={"origin": glob})
        latest = max(s.modified for s in group)
        kept.append(Sheet(place, name, first.types, sum(s.rows for s in group), latest, first.day_0))
    return kept


def _pattern(names: list[str]) -> str:
    """What the names begin and end with, and * between."""
    begin = _alike(names).rstrip("0123456789")
    end = _alike([n[len(begin) :][::-1] for n in names])[::-1].lstrip("0123456789")
    return re.sub(r"([][?*])", r"[\1]", begin) + "*" + re.sub(r"([][?*])", r"[\1]", end)


def _alike(names: list[str]) -> str:
    """The characters with which all names begin."""
    first, last = min(names), max(names)
    return next((first[:i] for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), first)
