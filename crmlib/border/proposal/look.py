"""What a file holds before it is read as a whole: its sheets, its encoding, where its headings stand and what they are."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
from openpyxl import load_workbook
from pyarrow import parquet

from crmlib.border import jsonfiles
from crmlib.border.company import Place
from crmlib.border.encodings import detected, likely
from crmlib.border.headed import LOOKED_AT, Record, headed, where
from crmlib.border.sources import SourceError
from crmlib.border.textfiles import csv_rows
from crmlib.border.workbooks import Sheet, sheet_rows
from crmlib.vocabulary.language import N_


@dataclass(frozen=True)
class Look:
    """A file or sheet as company.toml would name it, and its headings."""

    path: Path
    place: Place
    headings: tuple[str, ...]

    @property
    def shape(self) -> tuple[object, ...]:
        """What files have in common that can be read as one."""
        kind = self.path.name.lower().rsplit(".", 1)[-1]
        return self.headings, self.place.sheet or "", tuple(self.place.heading), self.place.encoding, kind


def looks(path: Path) -> list[Look]:
    """The sheets of a file, those without a row left out. Raises `SourceError`."""
    kind = path.name.lower().removesuffix(".gz").rsplit(".", 1)[-1]
    if kind == "parquet":
        try:
            names = tuple(parquet.read_schema(path).names)
        except (pa.ArrowException, OSError):
            raise SourceError(f"{path}: not a readable Parquet file") from None
        return [Look(path, Place.model_validate({"from": path.name}), names)]
    if kind in ("xlsx", "xlsm"):
        found = list(_sheets(path))
    elif f".{kind}" in jsonfiles.KINDS:
        columns, rows = headed(str(path), jsonfiles.json_rows(path), ())
        found = [Look(path, Place.model_validate({"from": path.name}), tuple(columns)) if next(rows, None) else None]
    else:
        encoding = _encoding(path)
        place = Place.model_validate({"from": path.name, "encoding": encoding})
        found = [_headed(path, place, csv_rows(path, place))]
    if not any(found):
        raise SourceError(N_("empty: a heading without rows"))
    return [look for look in found if look is not None]


def _encoding(path: Path) -> str | None:
    """The encoding that must be named for a text file; None where it is told for certain. Raises `SourceError`."""
    try:
        detected(path)
    except SourceError:
        if found := likely(path):
            return found
        raise
    return None


def _sheets(path: Path) -> Iterator[Look | None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(path, read_only=True)
    except Exception as error:  # openpyxl lets through whatever a damaged archive makes of its parts
        raise SourceError(
            f"not a readable XLSX workbook ({type(error).__name__}); save it again as XLSX or CSV"
        ) from None
    names = [page.title for page in book.worksheets]
    book.close()
    for name in names:
        place = Place.model_validate({"from": path.name} | ({"sheet": name} if len(names) > 1 else {}))
        try:
            yield _headed(path, place, sheet_rows(path, name, Sheet()))
        except SourceError:
            raise
        except Exception as error:  # a damaged sheet fails in openpyxl in many ways
            raise SourceError(f"cannot be read ({type(error).__name__})") from None


def _headed(path: Path, place: Place, rows: Iterable[Record]) -> Look | None:
    """A sheet with its headings; None where nothing stands below them."""
    top = list(islice(rows, LOOKED_AT))
    if path.suffix.lower() == ".txt" and sum(len(cells) < 2 for _line, cells in top) >= 0.5 * len(top):
        raise SourceError(N_("one column of text, no table"))
    lines = where(top)
    if len(top) < 2 or (lines and top[-1][0] <= lines[-1]):
        return None
    headings, _rest = headed(str(path), iter(top), lines)
    return Look(path, place.model_copy(update={"heading": list(lines)}), tuple(headings))
