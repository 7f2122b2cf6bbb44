"""Reading a company's own files and databases into the engine, each row with its file and line.

CSV is transcoded here and held as text; Parquet and databases keep their types. `__file` (number of the file), `__line`
and `__fault` (why the row has not the shape of its heading) stand beside the source's own columns.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zipfile import BadZipFile

import duckdb
import ibis
import pyarrow as pa
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from crmlib.border.company import Place
from crmlib.border.headed import headed
from crmlib.border.textfiles import SourceError as SourceError
from crmlib.border.textfiles import csv_rows
from crmlib.vocabulary.errors import CrmlibError, require
from crmlib.vocabulary.policy import closest

BATCH = 100_000
_URL = re.compile(r"^(sqlite|duckdb|postgres|postgresql)://")


@dataclass(frozen=True)
class Loaded:
    """A source in the engine: the name of its table there, its own columns, its files, and the columns some files lack."""

    name: str
    columns: tuple[str, ...]
    files: tuple[str, ...]
    absent: dict[str, str]
    serials: bool


def quote(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def load(engine: duckdb.DuckDBPyConnection, place: Place, folder: Path, name: str) -> Loaded:
    """Read every row of a place into engine table `name`. Raises `SourceError`."""
    if _URL.match(place.origin):
        label = place.called + (f"#{place.table}" if place.table else "")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Ibis 12 calls names that DuckDB 1.5 has renamed
            _load_database(engine, place, folder, f"{name}_0", label)
        files, parts = [label], [f"{name}_0"]
    else:
        paths = find(place, folder)
        files = [str(p.relative_to(folder)) if p.is_relative_to(folder) else str(p) for p in paths]
        parts = [f"{name}_{i}" for i in range(len(paths))]
        for path, part in zip(paths, parts, strict=True):
            _load_file(engine, place, path, part)
    headings = [
        [c for (c,) in engine.execute(f"select column_name from (describe {p})").fetchall() if not c.startswith("__")]
        for p in parts
    ]
    columns = list(dict.fromkeys(chain(*headings)))
    absent = {c: files[i] for i, own in enumerate(headings) for c in columns if c not in own}
    union = " union all by name ".join(f"select {i}::bigint as __file, * from {p}" for i, p in enumerate(parts))
    try:
        engine.execute(f"create or replace temp view {name} as {union}")
    except duckdb.Error as error:
        raise SourceError(f"{place.origin}: the files do not fit together: {_first_line(error)}") from None
    return Loaded(name, tuple(columns), tuple(files), absent, any(f.lower().endswith(".xlsx") for f in files))


def files_of(place: Place, folder: Path) -> list[Path]:
    """The files a place is read from, a database's own among them; none for a server. Raises `SourceError`."""
    if not _URL.match(place.origin):
        return find(place, folder)
    server = place.origin.startswith("postgres")
    return [] if server else [folder / place.origin.split("://", 1)[1].removeprefix("/")]


def find(place: Place, folder: Path) -> list[Path]:
    """The files of a place in name order. Raises `SourceError` naming the closest file there."""
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such data folder; set `data` in company.toml or give --data")
    pattern = place.origin
    if Path(pattern).is_absolute():
        folder, pattern = Path("/"), pattern.lstrip("/")
    try:
        found = [folder / pattern] if (folder / pattern).is_file() else folder.glob(pattern)
        paths = sorted(p for p in found if p.is_file())
    except (ValueError, IndexError, NotImplementedError, OSError):
        raise SourceError(f"company.toml: from = {place.origin!r} is neither a file nor a pattern of files") from None
    if not paths:
        there = sorted(p.name for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))[:1000]
        raise SourceError(f"{folder / pattern}: no such file{closest(Path(pattern).name, there)}")
    return paths


def _load_file(engine: duckdb.DuckDBPyConnection, place: Place, path: Path, name: str) -> None:
    kind = path.name.lower().removesuffix(".gz").rsplit(".", 1)[-1]
    if path.stat().st_size == 0:
        raise SourceError(f"{path}: the file is empty; expected a heading line and rows")
    if kind == "parquet":
        try:
            engine.execute(
                f"create or replace temp view {name} as select file_row_number + 1 as __line, null::varchar as __fault, "
                f"* exclude (file_row_number) from read_parquet({literal(str(path.resolve()))}, file_row_number = true)"
            )
        except duckdb.Error as error:
            raise SourceError(f"{path}: not a readable Parquet file: {_first_line(error)}") from None
    elif kind in ("xlsx", "xlsm"):
        _insert(engine, name, str(path), sheet_rows(path, place.sheet), place.heading, short=True)
    elif kind in ("csv", "tsv", "txt"):
        _insert(engine, name, str(path), csv_rows(path, place), place.heading)
    else:
        raise SourceError(f"{path}: files of kind {kind!r} cannot be read; save it as CSV (or csv.gz), XLSX or Parquet")


def _insert(
    engine: duckdb.DuckDBPyConnection,
    name: str,
    file: str,
    rows: Iterator[tuple[int, Sequence[str | None]]],
    heading: Sequence[int],
    *,
    short: bool = False,
) -> None:
    """Rows of text (line number, cells) below the lines of their heading into a table, batch by batch.

    `short`: whether rows end with their last filled cell, as those of a workbook do.
    """
    headings, rows = headed(file, rows, heading)
    schema = pa.schema([("__line", pa.int64()), ("__fault", pa.string()), *((h, pa.string()) for h in headings)])
    engine.register("batch", schema.empty_table())
    engine.execute(f"create or replace temp table {name} as select * from batch")
    width = len(headings)
    while batch := list(islice(rows, BATCH)):
        lines = [line for line, _ in batch]
        if short:
            batch = [(line, [*cells, *[None] * (width - len(cells))]) for line, cells in batch]
        faults = [None if len(cells) == width else f"{len(cells)} cells, {width} headings" for _, cells in batch]
        if any(faults):
            batch = [(line, [*cells, *[None] * width][:width]) for line, cells in batch]
        columns = [pa.array(c, pa.string()) for c in zip(*(cells for _, cells in batch), strict=True)]
        engine.register(
            "batch", pa.table([pa.array(lines, pa.int64()), pa.array(faults, pa.string()), *columns], schema=schema)
        )
        engine.execute(f"insert into {name} select * from batch")
    engine.unregister("batch")


def sheet_rows(path: Path, sheet: str | None) -> Iterator[tuple[int, list[str | None]]]:
    """Line number and cells of each row of a sheet that holds something, no cells behind the last. Raises `SourceError`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError):
        raise SourceError(f"{path}: not a readable XLSX workbook; save it again as XLSX or CSV") from None
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise SourceError(
                f"{path}: no sheet {sheet!r}{closest(sheet, book.sheetnames)} (there are: {', '.join(book.sheetnames)})"
            )
        page = book[sheet] if sheet is not None else book.worksheets[0]
        page.reset_dimensions()
        for line, values in enumerate(page.iter_rows(values_only=True), 1):
            cells = [_cell(v) for v in values]
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                yield line, cells
    finally:
        book.close()


def _cell(value: Any) -> str | None:
    """A cell as text: whole numbers without decimals (Excel keeps ids as numbers), dates in ISO form."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _load_database(engine: duckdb.DuckDBPyConnection, place: Place, folder: Path, name: str, label: str) -> None:
    """All rows of a database table through Ibis: SQLite as text (its columns hold anything), others with their types."""
    scheme = urlsplit(place.origin).scheme
    try:
        backend = _backend(place.origin, scheme, folder)
    except CrmlibError:
        raise
    except Exception as error:
        raise SourceError(f"{label}: the database does not answer: {_first_line(error)}") from None
    try:
        schema, _, table = (place.table or "").rpartition(".")
        there = backend.list_tables(database=schema or None)
        if table not in there:
            raise SourceError(
                f"{label}: no table {place.table!r}{closest(table, there)} (there are: {', '.join(sorted(there)[:20])})"
            )
        rows = backend.table(table, database=schema or None)
        if scheme == "sqlite":
            rows = rows.select(**{c: rows[c].cast("string") for c in rows.columns})
        headed(label, iter([(0, rows.columns)]), ())
        select = "select null::bigint as __line, null::varchar as __fault, * from batch"
        line = 0
        with rows.to_pyarrow_batches(chunk_size=BATCH) as reader:
            engine.register("batch", reader.schema.empty_table())
            engine.execute(f"create or replace temp table {name} as {select}")
            for batch in reader:
                engine.register("batch", pa.Table.from_batches([batch]))
                engine.execute(f"insert into {name} select {line} + row_number() over (), null, * from batch")
                line += batch.num_rows
            engine.unregister("batch")
    except SourceError:
        raise
    except Exception as error:
        raise SourceError(f"{label}: cannot be read: {_first_line(error)}") from None
    finally:
        backend.disconnect()


def _backend(url: str, scheme: str, folder: Path) -> Any:
    if scheme in ("postgres", "postgresql"):
        require("databases")
        parts = urlsplit(url)
        return ibis.postgres.connect(
            host=parts.hostname,
            port=parts.port or 5432,
            user=parts.username,
            password=parts.password,
            database=parts.path.lstrip("/"),
            connect_timeout=5,
        )
    file = folder / url.split("://", 1)[1].removeprefix("/")
    if not file.is_file():
        there = sorted(p.name for p in folder.iterdir() if p.is_file()) if folder.is_dir() else []
        raise SourceError(f"{file}: no such database file{closest(file.name, there)}")
    if scheme == "sqlite":
        return ibis.sqlite.connect(file)
    return ibis.duckdb.connect(file, read_only=True, enable_external_access=False)


def _first_line(error: Exception) -> str:
    lines: Iterable[str] = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)[:300]


def write_parquet(engine: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """The rows of a query as Parquet, in the query's order."""
    engine.execute(f"copy ({query}) to {literal(str(path.resolve()))} (format parquet, compression zstd)")
