"""Frames that an analyst holds, read by the rules that files are read by. What is wrong stops here, in one line that says where.

Any frame that speaks Arrow is understood: pandas, Polars, a pyarrow table, a result of DuckDB. Columns have the names of the
canonical tables; what is personal comes as its status (`email_status`), and ids of any kind become text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from crmlib.border import plausible
from crmlib.border.cells import filled
from crmlib.border.checks import failed_rule, read_cell
from crmlib.border.privacy.recognisers import Recogniser, numbering
from crmlib.border.settling import Settled, readings, settled
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.policy import closest
from crmlib.vocabulary.schema import TABLES, Column, Table

WRONG = {
    "missing": "nothing stands here",
    "number": "{found} is no number",
    "ambiguous": "{found} could be read two ways ({readings}); give numbers as numbers, or as text with a decimal point",
    "decimal": "{found} has another decimal sign than most of its column; give numbers as numbers",
    "currency": "{found} names another currency than {currency}",
    "date": "{found} is no day that can be read without guessing; give YYYY-MM-DD or a column of dates",
    "date_order": "{found} could be read two ways ({readings}); give YYYY-MM-DD or a column of dates",
    "date_range": "{found} lies before 1900 (a birthday: before 1000) or after 2100",
    "flag": "{found} is neither yes nor no",
    "value": "{found} is none of: {values}",
    "range": "{found} lies outside the possible range",
    "scale": "{found} lies outside the scale of its question; give scale_from and scale_to where that is another",
    "personal": "a text tells of a person; leave it out, or put a code in its place",
}
"""What is said of a cell that breaks a rule of `checks`."""
PLACE = quote("place in the frame")
STATUSES = ("missing", "invalid", "valid")


class FrameError(CrmlibError):
    """A frame that cannot be used; one line that names table, place, what was expected and the closest match."""


def read_frames(frames: Mapping[str, Any], *, currency: str) -> dict[str, pa.Table]:
    """The frames by table, with the columns and types of the frozen tables; columns that were not given are absent.

    An id of the row itself (`order_id`) is made where the frame has none: each row is then one order. Raises `FrameError`.
    """
    if not frames:
        raise FrameError(f"no table given; expected one or more of: {', '.join(TABLES)}")
    for name in frames:
        if name not in TABLES:
            raise FrameError(
                f"{name!r}: no such table{closest(str(name), list(TABLES))} (there are: {', '.join(TABLES)})"
            )
    with duckdb.connect() as engine:
        return {name: _read(engine, TABLES[name], _arrow(name, frame), currency) for name, frame in frames.items()}


def _arrow(table: str, frame: Any) -> pa.Table:
    """A frame as an Arrow table; moments with a time zone as the local times they show."""
    if isinstance(frame, pd.DataFrame):
        given = pa.table(
            [_column(frame.iloc[:, i]) for i in range(frame.shape[1])], names=list(map(str, frame.columns))
        )
    elif hasattr(frame, "__arrow_c_stream__"):
        given = pa.table(frame)
    else:
        raise FrameError(f"{table}: expected a pandas, Polars or Arrow frame, found {type(frame).__name__}")
    for i, column in enumerate(given.schema):
        if pa.types.is_timestamp(column.type) and column.type.tz:
            given = given.set_column(i, column.name, pc.local_timestamp(given.column(i)))
    return given


def _column(values: pd.Series[Any]) -> pa.Array | pa.ChunkedArray:
    """A column of pandas; one of mixed kinds as the texts it shows."""
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if v is None or v is pd.NaT or v != v else str(v) for v in values], pa.string())


def _read(engine: duckdb.DuckDBPyConnection, table: Table, given: pa.Table, currency: str) -> pa.Table:
    names = given.column_names
    columns = {c.frozen_name: c for c in table.columns}
    own = table.made or (
        table.key[0] if len(table.key) == 1 and table[table.key[0]].of not in ("customer", "owner") else ""
    )
    _check_names(table, names, own)
    engine.register("given", given)
    types = dict(engine.execute("select column_name, column_type from (describe given)").fetchall())
    numbers = [n for n in names if columns[n].kind in ("money", "number", "integer")]
    ways = settled(engine, "given", numbers, [n for n in names if columns[n].kind in ("date", "timestamp")])
    values = {n: _value(columns[n], types[n], currency, ways) for n in names}
    if own and own not in names:
        values = {own: "cast(row_number() over () as varchar)", **values}
    rules = [_rule(columns[n], table, types[n], values, currency) for n in names]
    cells = ", ".join([f"{v} as {quote(n)}" for n, v in values.items()] + rules)
    engine.execute(f"create or replace temp table cells as select row_number() over () as {PLACE}, {cells} from given")
    for name in names:
        if columns[name].is_code:
            _mark_personal(engine, name)
        _check_cells(engine, table.name, columns[name], currency)
    _check_key(engine, table, list(values))
    return engine.sql(f"select {', '.join(map(quote, values))} from cells order by {PLACE}").to_arrow_table()


def _check_names(table: Table, names: Sequence[str], own: str) -> None:
    allowed = [c.frozen_name for c in table.columns]
    for name in names:
        if names.count(name) > 1:
            raise FrameError(f"{table.name}: two columns are called {name!r}")
        if name in table.names and name not in allowed:
            status = f"{name}_status ({', '.join(STATUSES)})"
            raise FrameError(f"{table.name}: column {name!r} is personal; give {status} in its place, or leave it out")
        if name not in allowed:
            raise FrameError(
                f"{table.name}: unknown column {name!r}{closest(name, allowed)} (there are: {', '.join(allowed)})"
            )
    for column in table.columns:
        if column.required and column.name not in names and column.name != own:
            raise FrameError(f"{table.name}: column {column.name!r} is missing; found: {', '.join(names)}")


def _value(column: Column, type_: str, currency: str, ways: Settled) -> str:
    """SQL of a cell as its column's type."""
    raw = quote(column.frozen_name)
    if column.personal:
        return filled(f"cast({raw} as varchar)", "text")
    value = read_cell(
        column,
        raw,
        type_,
        decimal=ways.decimals.get(column.frozen_name),
        formats=[],
        zone="UTC",
        currency=currency,
        order=ways.orders.get(column.frozen_name, ""),
    )
    return f"cast(round({value}, 4) as decimal(18, 4))" if column.kind == "money" else value


def _rule(column: Column, table: Table, type_: str, values: Mapping[str, str], currency: str) -> str:
    """SQL of the rule that a cell breaks, and of the cell as it was given; `values` are the SQL of the row's columns."""
    raw, value = quote(column.frozen_name), values[column.frozen_name]
    text = f"cast({raw} as varchar)"
    empty = f"({raw} is null or {filled(text, column.kind)} is null"
    empty += f" or isnan({raw}))" if type_ in ("FLOAT", "DOUBLE") else ")"
    if column.personal:
        rule = f"case when not {empty} and {value} not in {STATUSES} then 'value' end"
    else:
        answers = table.name == "surveys"
        outside = plausible.outside(column.name, value, lambda n: values.get(n, "null::double")) if answers else ""
        rule = failed_rule(column, table.name, text, value, empty, currency, outside=outside)
    return f"{rule} as {quote('rule ' + column.frozen_name)}, {text} as {quote('was ' + column.frozen_name)}"


def _mark_personal(engine: duckdb.DuckDBPyConnection, name: str) -> None:
    """Give cells of a text that tell of a person, by their shape, the rule `personal`."""
    texts = [
        t for (t,) in engine.execute(f"select distinct {quote(name)} from cells where {quote(name)} <> ''").fetchall()
    ]
    shapes = Recogniser("ZZ", date.min, numbering(texts))
    found = [text for text in texts if shapes.kind(text)]
    if found:
        marked = ", ".join(map(literal, found))
        engine.execute(f"update cells set {quote(f'rule {name}')} = 'personal' where {quote(name)} in ({marked})")


def _check_cells(engine: duckdb.DuckDBPyConnection, table: str, column: Column, currency: str) -> None:
    """Stop at the first cell of a column that cannot be used."""
    name = column.frozen_name
    rule, was = quote(f"rule {name}"), quote(f"was {name}")
    first = engine.execute(
        f"select {PLACE}, {rule}, {was}, count(*) over () from cells where {rule} is not null order by 1 limit 1"
    ).fetchone()
    if first:
        place, broken, found, total = first
        values = ", ".join(column.values or STATUSES)
        says = WRONG[broken].format(found=repr(found), readings=readings(found), currency=currency, values=values)
        more = f" (and in {total - 1} more rows)" if total > 1 else ""
        raise FrameError(f"{table}: column {name!r}, row {place} of the frame: {says}{more}")


def _check_key(engine: duckdb.DuckDBPyConnection, table: Table, names: Sequence[str]) -> None:
    if not set(table.key) <= set(names):
        return
    key = ", ".join(map(quote, table.key))
    twice = engine.execute(
        f"select {key}, list({PLACE} order by {PLACE})[1:2] from cells group by {key} having count(*) > 1 "
        f"order by min({PLACE}) limit 1"
    ).fetchone()
    if twice:
        *cells, rows = twice
        said = ", ".join(
            f"{n} {v!r}" if isinstance(v, str) else f"{n} {v}" for n, v in zip(table.key, cells, strict=True)
        )
        raise FrameError(
            f"{table.name}: {said} stands in rows {rows[0]} and {rows[1]} of the frame; expected {table.grain}"
        )
