"""Reading a company's own files and databases into the engine, each row with its file and line.

CSV and JSON are transcoded here and held as text; Parquet and databases keep their types. `__file` (number of the file), `__line`
and `__fault` (why the row has not the shape of its heading) stand beside the source's own columns.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import ibis
import pyarrow as pa

from crmlib.border import board, headings, jsonfiles, lists, textfiles, workbooks
from crmlib.border.company import Place
from crmlib.border.encodings import SourceError as SourceError
from crmlib.border.headed import Record, headed
from crmlib.border.headings import Heading
from crmlib.border.places import URL, find, outside
from crmlib.vocabulary.errors import CrmlibError, require
from crmlib.vocabulary.policy import closest

BATCH = 100_000


@dataclass(frozen=True)
class Loaded:
    """A source in the engine: the name of its table there, its own columns, its files, and the columns some files lack.

    `serials` is the day 0 of the serial dates of each file (by its number) that is a workbook, `numbers` the columns that
    hold numbers with decimals as numbers, `titles` the lines above the heading of each file that has some.
    """

    name: str
    columns: tuple[str, ...]
    files: tuple[str, ...]
    absent: dict[str, str]
    serials: dict[int, str] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()
    titles: dict[str, int] = field(default_factory=dict)


def quote(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def load(engine: duckdb.DuckDBPyConnection, place: Place, folder: Path, name: str) -> Loaded:
    """Read every row of a place into engine table `name`. Raises `SourceError`."""
    if URL.match(place.origin):
        label = place.called + (f"#{place.table}" if place.table else "")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Ibis 12 calls names that DuckDB 1.5 has renamed
            told = [_load_database(engine, place, folder, f"{name}_0", label)]
        files, parts = [label], [f"{name}_0"]
    else:
        paths = find(place, folder)
        files = [str(p.relative_to(folder)) if p.is_relative_to(folder) else str(p) for p in paths]
        parts = [f"{name}_{i}" for i in range(len(paths))]
        told = [_load_file(engine, place, path, part) for path, part in zip(paths, parts, strict=True)]
    own = [
        [c for (c,) in engine.execute(f"select column_name from (describe {p})").fetchall() if not c.startswith("__")]
        for p in parts
    ]
    columns = list(dict.fromkeys(chain(*own)))
    absent = {c: files[i] for i, there in enumerate(own) for c in columns if c not in there}
    union = " union all by name ".join(f"select {i}::bigint as __file, * from {p}" for i, p in enumerate(parts))
    try:
        engine.execute(f"create or replace temp view {name} as {union}")
    except duckdb.Error as error:
        raise SourceError(f"{place.origin}: the files do not fit together: {_first_line(error)}") from None
    return Loaded(
        name,
        tuple(columns),
        tuple(files),
        absent,
        serials={i: t.serials for i, t in enumerate(told) if t.serials},
        numbers=frozenset().union(*(t.numbers for t in told)),
        titles={file: t.titles for file, t in zip(files, told, strict=True) if t.titles},
    )


@dataclass(frozen=True)
class _Told:
    """What a file says beside its rows, by `Loaded`."""

    serials: str = ""
    numbers: frozenset[str] = frozenset()
    titles: int = 0


def _load_file(engine: duckdb.DuckDBPyConnection, place: Place, path: Path, name: str) -> _Told:
    kind = path.name.lower().removesuffix(".gz").rsplit(".", 1)[-1]
    if place.ours:
        rows = board.rows_taken(path) if path.name == board.BOARD else lists.action_rows(path)
        _insert(engine, name, *headings.found(str(path), place, rows))
        return _Told()
    if path.stat().st_size == 0:
        raise SourceError(f"{path}: the file is empty; expected a heading line and rows")
    if kind == "parquet":
        _load_parquet(engine, path, name)
        return _Told()
    if f".{kind}" in workbooks.KINDS:
        return _load_sheet(engine, place, path, name)
    if f".{kind}" not in (*textfiles.KINDS, *jsonfiles.KINDS):
        raise SourceError(
            f"{path}: files of kind {kind!r} cannot be read; save it as CSV (or csv.gz), JSON Lines, XLSX or Parquet"
        )
    is_json = f".{kind}" in jsonfiles.KINDS
    records = jsonfiles.json_rows(path, place.encoding) if is_json else textfiles.csv_rows(path, place)
    heading, rows = headings.found(str(path), place, records)
    _insert(engine, name, heading, rows)
    return _Told(titles=heading.titles)


def _load_sheet(engine: duckdb.DuckDBPyConnection, place: Place, path: Path, name: str) -> _Told:
    learnt = workbooks.Sheet()
    heading, rows = headings.found(str(path), place, workbooks.sheet_rows(path, place.sheet, learnt))
    said = headings.texts(place)
    for i, (cell, n) in learnt.uncomputed.items():
        column = heading.columns[i] if i < len(heading.columns) else ""
        if column and any(column in text for text in said):
            raise SourceError(
                f"{path}: cell {cell}: column {column!r} holds {n} formulas that were never computed, so there are no values; "
                "open the file in Excel or LibreOffice, save it, and try again"
            )
    _insert(engine, name, heading, rows, short=True)
    numbers = frozenset(heading.columns[i] for i in learnt.numbers if i < len(heading.columns))
    return _Told(workbooks.FIRST_DAYS[learnt.from_1904], numbers, heading.titles)


def _load_parquet(engine: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """A view, so that what is larger than the memory is read where it is used."""
    try:
        engine.execute(
            f"create or replace temp view {name} as select file_row_number + 1 as __line, null::varchar as __fault, "
            f"* exclude (file_row_number) from read_parquet({literal(str(path.resolve()))}, file_row_number = true)"
        )
    except duckdb.Error as error:
        raise SourceError(f"{path}: not a readable Parquet file: {_first_line(error)}; write it again") from None


def _insert(
    engine: duckdb.DuckDBPyConnection,
    name: str,
    heading: Heading,
    rows: Iterator[Record],
    *,
    short: bool = False,
) -> None:
    """Rows of text (line number, cells) into a table, batch by batch; `short` ones are whole where only empty cells lack."""
    columns = heading.columns
    schema = pa.schema([("__line", pa.int64()), ("__fault", pa.string()), *((h, pa.string()) for h in columns)])
    engine.register("batch", schema.empty_table())
    engine.execute(f"create or replace temp table {name} as select * from batch")
    width = len(columns)
    while batch := list(islice(rows, BATCH)):
        lines = [line for line, _ in batch]
        if short:
            batch = [(line, [*cells, *[None] * (width - len(cells))]) for line, cells in batch]
        faults = [None if len(cells) == width else f"{len(cells)} cells, {width} headings" for _, cells in batch]
        if any(faults):
            batch = [(line, [*cells, *[None] * width][:width]) for line, cells in batch]
        cells_of = [pa.array(c, pa.string()) for c in zip(*(cells for _, cells in batch), strict=True)]
        engine.register(
            "batch", pa.table([pa.array(lines, pa.int64()), pa.array(faults, pa.string()), *cells_of], schema=schema)
        )
        engine.execute(f"insert into {name} select * from batch")
    engine.unregister("batch")


def _load_database(engine: duckdb.DuckDBPyConnection, place: Place, folder: Path, name: str, label: str) -> _Told:
    """All rows of a database table through Ibis: SQLite as text (its columns hold anything), others with their types."""
    scheme = urlsplit(place.origin).scheme
    try:
        backend = _backend(place.origin, scheme, folder)
    except CrmlibError:
        raise
    except Exception as error:
        raise SourceError(
            f"{label}: the database does not answer: {_first_line(error)}; look at its address in company.toml"
        ) from None
    try:
        schema, _, table = (place.table or "").rpartition(".")
        there = backend.list_tables(database=schema or None)
        if table not in there:
            raise SourceError(
                f"{label}: no table {place.table!r}{closest(table, there)} (there are: {', '.join(sorted(there)[:20])})"
            )
        rows = backend.table(table, database=schema or None)
        numbers = frozenset[str]()
        if scheme == "sqlite":
            real = rows.agg(**{c: (rows[c].typeof() == "real").any() for c in rows.columns}).to_pyarrow().to_pylist()[0]
            numbers = frozenset(c for c, there in real.items() if there)
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
        return _Told(numbers=numbers)
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
    if not file.resolve().is_relative_to(folder.resolve()):
        raise SourceError(outside(url))
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
