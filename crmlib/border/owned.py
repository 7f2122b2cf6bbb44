"""What a company's own files hold of one customer: their ids, their rows as they stand there, and what is theirs alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from crmlib.border import checks
from crmlib.border.company import Description
from crmlib.border.ingest import Border, border
from crmlib.border.lines import Read
from crmlib.border.pseudonyms import key, pseudonyms
from crmlib.border.sources import quote
from crmlib.vocabulary.schema import TABLES

CONTACT = ("phone", "email", "wechat", "identifier")
CALLED = ("name", "address")
LEAST = 6
"""Signs from which a personal value tells one person from others wherever it stands."""


@dataclass(frozen=True)
class Owned:
    """`ids`: the company's own ids of the customer; `rows`: table, file, line, state, the file's row, what was read of it.

    `contact` and `called` are personal values (contact points; names and addresses) that no other customer has. `shapes` are
    the commonest ways in which the company writes ids, digits as 9 and letters as a; `everybody` are the pseudonyms of all ids.
    """

    ids: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
    contact: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    everybody: frozenset[str] = frozenset()


def as_id(text: str) -> str:
    """An id as the border reads it from a cell; "" where it is none."""
    column = TABLES["customers"]["customer_id"]
    cell = checks.read_cell(column, "x", "VARCHAR", decimal=None, formats=[], zone="UTC", currency="XXX")
    with duckdb.connect() as engine:
        return str(engine.execute(f"select {cell} from (select ?::varchar as x)", [text]).fetchall()[0][0] or "")


def shape(text: str) -> str:
    """How an id is written: digits as 9, letters as a."""
    with duckdb.connect() as engine:
        return str(engine.execute(f"select {checks.shape('x')} from (select ?::varchar as x)", [text]).fetchall()[0][0])


def owned(company: Description, codes: Iterable[str]) -> Owned:
    """What the sources hold of the customer whose records have these pseudonyms. Raises `IngestError`."""
    wanted = frozenset(codes)
    with border(company, everybody=True) as found:
        engine = found.engine
        union = " union ".join(f"select __who as id from {r.lines} where __who is not null" for r in found.reads)
        everybody = [who for (who,) in engine.execute(f"select distinct id from ({union}) order by id").fetchall()]
        coded = pseudonyms(key(company.home), "customer", everybody)
        ids = tuple(who for who, code in zip(everybody, coded, strict=True) if code in wanted)
        engine.execute("create temp table wanted (id varchar)")
        if ids:
            engine.executemany("insert into wanted values (?)", [[who] for who in ids])
        rows = tuple(row for read in found.reads for row in _rows(engine, read)) if ids else ()
        common = (
            f"select {checks.shape('id')} as s from ({union}) group by s having count(*) > 4 order by count(*) desc, s"
        )
        shapes = tuple(s for (s,) in engine.execute(f"{common} limit 3").fetchall())
        alone = [_alone(found, columns) if ids else () for columns in (CONTACT, CALLED)]
    return Owned(ids, rows, alone[0], alone[1], shapes, frozenset(coded))


def _rows(engine: duckdb.DuckDBPyConnection, read: Read) -> Iterator[dict[str, Any]]:
    """The customer's rows of one table, in the order of their files and lines."""
    there = {c for (c,) in engine.execute(f"select column_name from (describe {read.lines})").fetchall()}
    columns = [c for c in read.table.names if c in there and c in read.mapped]
    chosen = ", ".join(["__source", "__file", "__line", "__state", *map(quote, columns)])
    query = (
        f"select {chosen} from {read.lines} where __who in (select id from wanted) order by __source, __file, __line"
    )
    raws: dict[int, dict[tuple[int, int], dict[str, Any]]] = {}
    for source, file, line, state, *values in engine.execute(query).fetchall():
        if source not in raws:
            raws[source] = _raw(engine, read, source)
        yield {
            "table": read.table.name,
            "file": read.files[source, file],
            "line": line,
            "state": state,
            "row": raws[source].get((file, line), {}),
            "read": {c: v for c, v in zip(columns, values, strict=True) if v is not None},
        }


def _raw(engine: duckdb.DuckDBPyConnection, read: Read, source: int) -> dict[tuple[int, int], dict[str, Any]]:
    """The customer's rows of one source as they stand in its files, by file and line."""
    name = f"raw_{read.table.name}_{source}"
    lines = f"select __file, __line from {read.lines} where __source = {source} and __who in (select id from wanted)"
    got = engine.execute(f"select * exclude (__fault) from {name} semi join ({lines}) using (__file, __line)")
    heads = [d[0] for d in got.description or ()]
    found = {}
    for cells in got.fetchall():
        row = dict(zip(heads, cells, strict=True))
        found[row.pop("__file"), row.pop("__line")] = {h: v for h, v in row.items() if v is not None}
    return found


def _alone(found: Border, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Personal values of the customer that no other customer has, the longest first."""
    read = next((r for r in found.reads if r.table.name == "customers"), None)
    parts = [
        f"select trim({quote(c)}) as v, customer_id in (select id from wanted) as theirs from rows_customers"
        for c in columns
        if read and c in read.mapped
    ]
    if not parts:
        return ()
    query = f"select v from ({' union all '.join(parts)}) where v is not null group by v having bool_and(theirs)"
    values = [v for (v,) in found.engine.execute(query).fetchall()]
    return tuple(sorted((v for v in values if len(v.encode()) >= LEAST), key=lambda v: (-len(v), v)))
