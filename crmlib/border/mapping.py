"""What a mapping says, as SQL over a loaded source (columns, expressions, filters, joins), or the line that mends it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import duckdb

from crmlib.border import cells, checks, settling
from crmlib.border.company import Description, Join, Source
from crmlib.border.expressions import ExpressionError, columns_of
from crmlib.border.sources import Loaded, SourceError, literal, load, quote
from crmlib.vocabulary.policy import closest


def known(file: str, column: str, columns: tuple[str, ...]) -> None:
    """Raise `SourceError` with the closest match where a source lacks a column."""
    if column not in columns:
        lower = {c.lower(): c for c in columns}
        near = closest(column, list(columns)) or closest(column.lower(), list(lower))
        raise SourceError(f"{file}: no column {column!r}{near} (there are: {', '.join(columns)})")


UNPIVOTED = ("name", "value")
"""Columns that a wide source gets in place of those that `unpivot` names: the heading, and the cell as text."""


def unpivoted(engine: duckdb.DuckDBPyConnection, source: Source, loaded: Loaded) -> Loaded:
    """The source with a row per row and column that `unpivot` names, empty cells too, beside its other columns.

    Raises `SourceError` where a name or pattern is no column, or where `UNPIVOTED` are taken.
    """
    if not source.unpivot:
        return loaded
    wide: list[str] = []
    for pattern in source.unpivot:
        met = [pattern] if pattern in loaded.columns else [c for c in loaded.columns if fnmatchcase(c, pattern)]
        if not met:
            known(f"company.toml: unpivot: {source.called}", pattern, loaded.columns)
        wide += [c for c in met if c not in wide]
    kept = [c for c in loaded.columns if c not in wide]
    if clash := next((c for c in kept if c.lower() in UNPIVOTED), None):
        raise SourceError(
            f"{source.called}: column {clash!r} stands beside those of `unpivot`, which become columns name and value; "
            "unpivot it too, or rename it"
        )
    cells = ", ".join(f"cast({quote(c)} as varchar) as {quote(c)}" for c in wide)
    rows = ", ".join(["__file, __line, __fault", *(quote(c) for c in kept), cells])
    name = f"{loaded.name}_long"
    engine.execute(
        f"create or replace temp view {name} as select * from (select {rows} from {loaded.name}) "
        f"unpivot include nulls (value for name in ({', '.join(quote(c) for c in wide)}))"
    )
    absent = {c: f for c, f in loaded.absent.items() if c in kept}
    numbers = loaded.numbers & {*kept} | ({UNPIVOTED[1]} if loaded.numbers & {*wide} else set())
    return replace(loaded, name=name, columns=(*kept, *UNPIVOTED), absent=absent, numbers=numbers)


@dataclass(frozen=True)
class Joined:
    """How a joined file met the rows it was joined to: its name, its rows, those of them that met a row, the rows of the
    source that met none, its rows that a filter leaves out.
    """

    file: str
    read: int
    kept: int
    without: int
    filtered: int = 0


def joined(
    engine: duckdb.DuckDBPyConnection, company: Description, source: Source, loaded: Loaded
) -> tuple[Loaded, list[Joined]]:
    """The source with the columns of its joined files, one row of each per key, and how they met. Raises `SourceError`."""
    counts = []
    for i, join in enumerate(source.join):
        other = load(engine, join, company.folder, f"{loaded.name}_join_{i}")
        for here, there in join.pairs.items():
            known(source.called, here, loaded.columns)
            known(join.called, there, other.columns)
        ways = join.ways or {c: None for c in other.columns if c not in join.pairs.values()}
        for column in ways:
            known(join.called, column, other.columns)
            if column.lower() in {c.lower() for c in loaded.columns}:
                raise SourceError(
                    f"{join.called}: column {column!r} stands in {source.called} too; name those you need in `take`"
                )
        other, out = _chosen(engine, join, source, company, other)
        here = _keys(engine, f"{other.name}_here", loaded, list(join.pairs))
        there = _keys(engine, f"{other.name}_there", other, list(join.pairs.values()))
        if None in ways.values():
            _refuse_several(engine, join, here, there, ways)
        macros(engine, source, company, settling.of_joined(engine, join, source, other, ways))
        taken = ", ".join(f"{_one(quote(c), way)} as {quote(c)}" for c, way in ways.items())
        engine.execute(
            f"create or replace temp table {other.name}_one as select __key, {taken} from {there} group by __key"
        )
        name, chosen = f"{loaded.name}_joined_{i}", ", ".join(f"o.{quote(c)}" for c in ways)
        engine.execute(
            f"create or replace temp view {name} as "
            f"select h.* exclude (__key), {chosen} from {here} h left join {other.name}_one o using (__key)"
        )
        met = _met(engine, join.called, here, there)
        counts.append(replace(met, read=met.read + out, filtered=out))
        numbers = loaded.numbers | (other.numbers & {*ways})
        loaded = replace(loaded, name=name, columns=(*loaded.columns, *ways), numbers=numbers)
    return loaded, counts


def _chosen(
    engine: duckdb.DuckDBPyConnection, join: Join, source: Source, company: Description, other: Loaded
) -> tuple[Loaded, int]:
    """The rows of a joined file that its filters let through, and how many they leave out. Raises `SourceError`."""
    if not join.filter:
        return other, 0
    macros(engine, source, company, settling.UNASKED)
    name, why = f"{other.name}_chosen", filter_sql(engine, "join", join, other)
    engine.execute(f"create or replace temp view {name} as select * from {other.name} where ({why}) is null")
    query = f"select (select count(*) from {other.name}) - (select count(*) from {name})"
    return replace(other, name=name), int(engine.execute(query).fetchall()[0][0])


def marked(engine: duckdb.DuckDBPyConnection, source: Source, loaded: Loaded) -> Loaded:
    """The source with the signs that it writes for a missing value (`missing`) as empty cells."""
    if not source.missing:
        return loaded
    marks = ", ".join(literal(mark.strip()) for mark in source.missing)
    cells = ", ".join(
        f"case when trim(cast({quote(c)} as varchar)) in ({marks}) then null else {quote(c)} end as {quote(c)}"
        for c in loaded.columns
    )
    name = f"{loaded.name}_marked"
    engine.execute(f"create or replace temp view {name} as select * replace ({cells}) from {loaded.name}")
    return replace(loaded, name=name)


def _keys(engine: duckdb.DuckDBPyConnection, name: str, loaded: Loaded, columns: list[str]) -> str:
    """View of a source with its key as `__key`; null where a part of it is empty. Keys are compared as ids are."""
    types = dict(engine.execute(f"select column_name, column_type from (describe {loaded.name})").fetchall())
    each = [checks.id_text(quote(c), types[c]) for c in columns]
    parts = ", ".join(each)
    whole = " and ".join(f"{key} is not null" for key in each)
    engine.execute(
        f"create or replace temp view {name} as "
        f"select *, case when {whole} then concat_ws('\x1f', {parts}) end as __key from {loaded.name}"
    )
    return name


def _refuse_several(
    engine: duckdb.DuckDBPyConnection, join: Join, here: str, there: str, ways: Mapping[str, str | None]
) -> None:
    """Raise `SourceError` where keys that are looked up stand in several rows and it is not said how these become one."""
    looked_up = f"__key in (select __key from {here})"
    several = f"select __key, count(*) as n from {there} where {looked_up} group by __key having count(*) > 1"
    keys, rows = engine.execute(f"select count(*), coalesce(sum(n), 0) from ({several})").fetchall()[0]
    if keys:
        column = next(c for c, way in ways.items() if way is None)
        raise SourceError(
            f"{join.called}: {keys} values of {' and '.join(join.pairs.values())} stand in several rows ({rows} in all); "
            f'say how they become one: take = {{ {literal(column)} = "sum" }} (or mean, min, max, first, last, count)'
        )


def _one(column: str, way: str | None) -> str:
    """SQL: the rows of a key as one cell."""
    text = f"cast({column} as varchar)"
    place = f"coalesce(number({text}), epoch_us(moment({text})))"
    return {
        "sum": f"sum(number({text}))",
        "mean": f"avg(number({text}))",
        "min": f"arg_min({column}, {place})",
        "max": f"arg_max({column}, {place})",
        "last": f"arg_max({column}, (__file, __line)) filter (where {column} is not null)",
        "count": f"count({column})",
    }.get(way or "", f"arg_min({column}, (__file, __line)) filter (where {column} is not null)")


def _met(engine: duckdb.DuckDBPyConnection, called: str, here: str, there: str) -> Joined:
    read, kept = engine.execute(
        f"select count(*), count_if(__key in (select __key from {here} where __key is not null)) from {there}"
    ).fetchall()[0]
    without = engine.execute(
        f"select count_if(__key is null or __key not in (select __key from {there} where __key is not null)) from {here}"
    ).fetchall()[0][0]
    return Joined(called, read, kept, without)


def macros(engine: duckdb.DuckDBPyConnection, source: Source, company: Description, ways: settling.Settled) -> None:
    """`number(x)` and `moment(x)` for expressions: text read exactly as the border reads a cell of this source."""
    text = cells.filled("cast(x as varchar)", "number")
    amount = cells.number(text, ways.decimal, company.currency, "DECIMAL(18,4)")
    engine.execute(f"create or replace temp macro number(x) as ({amount})")
    stamp = cells.moment(text, source.date_format, company.time_zone, order=ways.order)
    engine.execute(f"create or replace temp macro moment(x) as ({stamp})")


def field_sql(
    engine: duckdb.DuckDBPyConnection, table: str, field: str, source: Source, loaded: Loaded, *, required: bool
) -> str:
    """SQL of a field: a column by its name, else an expression, null where it fails on a row. Raises `SourceError`."""
    given = source.fields[field]
    if given not in loaded.columns:
        return expression(engine, f"{table}.fields.{field}", given, source, loaded)
    if required and given in loaded.absent:
        raise SourceError(
            f"{loaded.absent[given]}: no column {given!r}; {table}.{field} needs it, and other files have it; "
            "rename it there, or make each file a source of its own"
        )
    return quote(given)


def order_sql(engine: duckdb.DuckDBPyConnection, table: str, source: Source, loaded: Loaded) -> str:
    """SQL: by what the lines of one key follow each other, a time or a number; null where nothing is said.

    Raises `SourceError`.
    """
    if not (given := source.order_by):
        return "null::double"
    place = f"{table}.order_by"
    value = quote(given) if given in loaded.columns else expression(engine, place, given, source, loaded)
    type_ = engine.execute(f"describe select {value} from {loaded.name}").fetchall()[0][1]
    if type_.startswith(("TIMESTAMP", "DATE")):
        return f"epoch_us(cast({value} as timestamp))::double"
    if type_ != "VARCHAR":
        return f"try_cast({value} as double)"
    order = f"coalesce(epoch_us(moment({value}))::double, number({value})::double)"
    there, read = engine.execute(f"select count({value}), count({order}) from {loaded.name}").fetchall()[0]
    if there and not read:
        raise SourceError(
            f"company.toml: {place}: {given[:200]!r} holds neither times nor numbers that can be read; "
            'say date_format for this source, for example date_format = "%d/%m/%Y %H:%M"'
        )
    return order


def filter_sql(engine: duckdb.DuckDBPyConnection, table: str, source: Source | Join, loaded: Loaded) -> str:
    """SQL: the name of the first filter that a row does not satisfy, or null. Raises `SourceError`."""
    cases = []
    for name, given in source.filter.items():
        condition = expression(engine, f"{table}.filter.{name}", given, source, loaded)
        type_ = engine.execute(f"describe select {condition} from {loaded.name}").fetchall()[0][1]
        if type_ != "BOOLEAN":
            raise SourceError(
                f"company.toml: {table}.filter.{name}: {given[:200]!r} is no condition that holds or does not hold "
                f"(it gives {type_})"
            )
        cases.append(f"when not coalesce({condition}, false) then {literal(name)}")
    return f"case {' '.join(cases)} end" if cases else "null::varchar"


def expression(engine: duckdb.DuckDBPyConnection, place: str, given: str, source: Source | Join, loaded: Loaded) -> str:
    """An expression over the source's columns, checked; `place` is its key in company.toml. Raises `SourceError`."""
    at = f"company.toml: {place}"
    try:
        own = {c.lower() for c in (*loaded.columns, "__file", "__line")}
        for column in columns_of(engine, given):
            if column.lower() not in own:
                known(f"{at}: {source.called}", column, loaded.columns)
        engine.execute(f"describe select __file, ({given}\n) from {loaded.name}")
    except (duckdb.Error, ExpressionError) as error:
        message = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        heading = "GROUP BY" not in message and re.fullmatch(r"[\w\s./()#%:&-]{1,200}", given)
        if heading and not _function(engine, given):
            known(f"{at}: {source.called}", given, loaded.columns)
        typed = any(part in message for part in ("No function matches", "Cannot compare", "Could not choose"))
        hint = "; columns of text are read with number(…) or moment(…)" if typed else ""
        raise SourceError(f"{at}: {given[:200]!r} is no SQL expression over {source.called}: {message}{hint}") from None
    if not re.search(r"\w", re.sub(r"'[^']*'", "", given)):
        return f"({given}\n)"
    try:
        engine.execute(f"describe select try(({given}\n)) from {loaded.name}")
    except duckdb.Error:
        return f"({given}\n)"
    return f"try(({given}\n))"


def _function(engine: duckdb.DuckDBPyConnection, given: str) -> bool:
    """Whether a text begins as a call of a function that the engine has, which no heading is likely to do."""
    called = re.match(r"\s*(\w+)\s*\(", given)
    query = "select count(*) from duckdb_functions() where function_name = lower(?)"
    return bool(called and engine.execute(query, [called.group(1)]).fetchall()[0][0])
