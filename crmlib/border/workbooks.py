"""Workbooks of Excel as rows of cells with their line, and what a workbook says of itself: its first day, where numbers are
stored as numbers. What cannot be read (a password, a chart, formulas nobody computed) is named.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.exceptions import InvalidFileException

from crmlib.border.encodings import CHUNK, SourceError
from crmlib.vocabulary.policy import closest

KINDS = (".xlsx", ".xlsm")
FIRST_DAYS = {False: "1899-12-30", True: "1904-01-01"}
"""Day 0 of the serial numbers of a workbook, by whether it counts from 1904."""
BOMB = 500
"""How many times as large as its archive a part of a workbook may be, from `BOMB_FROM` bytes on."""
BOMB_FROM = 1 << 28
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_FORMULA = re.compile(rb'<c r="([A-Z]+)([0-9]+)"(?![^>]*t="str")[^>]*><f[^>]*(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>')

_T = TypeVar("_T")


@dataclass
class Sheet:
    """What was learnt of a sheet while its rows were read: `numbers` are the columns (from 0) that hold numbers with decimals
    as numbers, `uncomputed` the first cell of each column (from 0) with a formula that was never computed, and how many.
    """

    from_1904: bool = False
    numbers: set[int] = field(default_factory=set)
    uncomputed: dict[int, tuple[str, int]] = field(default_factory=dict)


def sheet_rows(path: Path, sheet: str | None, learnt: Sheet) -> Iterator[tuple[int, list[str | None]]]:
    """Line number and cells of each row of a sheet up to its last filled cell; of the first sheet where none is named.

    Raises `SourceError`.
    """
    book = _guarded(path, "", lambda: _book(path))
    try:
        pages = {page.title: page for page in book.worksheets}
        if sheet is not None and sheet not in pages:
            near = "; that one holds a chart" if sheet in book.sheetnames else closest(sheet, list(pages))
            raise SourceError(f"{path}: no sheet {sheet!r}{near} (there are: {', '.join(pages)})")
        if not pages:
            raise SourceError(f"{path}: the workbook holds charts only; expected a sheet with a heading and rows")
        page = pages[sheet] if sheet is not None else next(iter(pages.values()))
        learnt.from_1904 = book.epoch == CALENDAR_MAC_1904
        _guarded(path, page.title, lambda: _uncomputed(path, page, learnt))
        rows = _guarded(path, page.title, lambda: _cells(page))
        line = 0
        while (values := _guarded(path, f"{page.title}, after line {line}", lambda: next(rows, None))) is not None:
            line += 1
            cells = [_cell(v) for v in values]
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                learnt.numbers.update(i for i, v in enumerate(values) if isinstance(v, float) and not v.is_integer())
                yield line, cells
    finally:
        book.close()


def sheets(path: Path) -> list[str]:
    """The names of a workbook's sheets of cells, in order. Raises `SourceError`."""
    book = _guarded(path, "", lambda: _book(path))
    try:
        return [page.title for page in book.worksheets]
    finally:
        book.close()


def _guarded(path: Path, where: str, read: Callable[[], _T]) -> _T:
    """What a damaged archive makes of itself is as various as its damages: any exception of the reader is one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read()
    except SourceError:
        raise
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        if not where:
            raise SourceError(f"{path}: {_no_book(path)}") from None
        raise SourceError(_damaged(path, where, error)) from None
    except Exception as error:
        raise SourceError(_damaged(path, where, error)) from None


def _damaged(path: Path, where: str, error: Exception) -> str:
    return (
        f"{path}: {f'sheet {where}: ' if where else ''}the file is damaged there ({type(error).__name__}); "
        "open it in Excel or LibreOffice, and save it again as XLSX or CSV"
    )


def _no_book(path: Path) -> str:
    with path.open("rb") as file:
        begin = file.read(1 << 20)
    if begin.startswith(_OLE):
        if (
            "EncryptedPackage".encode("utf-16-le") in begin
            or "EncryptedPackage".encode("utf-16-le") in path.read_bytes()
        ):
            return "the workbook is protected by a password; save it without one (File, Info, Protect Workbook)"
        return "an old workbook (XLS) under another name, or one with a password; save it as XLSX without a password"
    return "not a readable XLSX workbook; save it again as XLSX or CSV"


def _book(path: Path) -> Any:
    with ZipFile(path) as archive:
        packed = path.stat().st_size
        for part in archive.infolist():
            if part.file_size > BOMB_FROM and part.file_size > BOMB * packed:
                raise SourceError(
                    f"{path}: {part.filename} would unpack to {part.file_size / 1e9:.1f} GB, which no table of this size does; "
                    "save it again as XLSX or CSV"
                )
    return load_workbook(path, read_only=True, data_only=True)


def _cells(page: Any) -> Iterator[tuple[Any, ...]]:
    page.reset_dimensions()
    rows: Iterator[tuple[Any, ...]] = page.iter_rows(values_only=True)
    return rows


def _uncomputed(path: Path, page: Any, learnt: Sheet) -> None:
    """Formulas that stand without a value, as programs write them: read as XML, since the reader shows them as empty cells."""
    with ZipFile(path) as archive, archive.open(page._worksheet_path) as xml:
        kept = b""
        while chunk := xml.read(CHUNK):
            kept += chunk
            end = 0
            for met in _FORMULA.finditer(kept):
                column, end = _place(met.group(1)), met.end()
                first, n = learnt.uncomputed.get(column, (met.group(1).decode() + met.group(2).decode(), 0))
                learnt.uncomputed[column] = (first, n + 1)
            kept = kept[max(end, len(kept) - 10_000) :]


def _place(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1


def _cell(value: Any) -> str | None:
    """A cell as text: whole numbers without decimals (Excel keeps ids as numbers), dates in ISO form."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
