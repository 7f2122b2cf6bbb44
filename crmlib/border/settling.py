"""Cells that could be read two ways are settled by their whole column, then by the other columns of their source, or not at all.

1.234 is a thousand to one reader and 1.23 to another; 03/04/2026 is in March or in April. One column is written one way, so
that 12.50 or 13/04/2026 elsewhere in it tells. What nothing tells is refused, with both readings.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

import duckdb

from crmlib.border.cells import DAY_FIRST, EITHER, MONTH_FIRST, TWO_WAYS, WIDE
from crmlib.border.company import Join, Source
from crmlib.border.expressions import ExpressionError, columns_of
from crmlib.border.sources import Loaded, SourceError, quote
from crmlib.vocabulary.schema import Table

SLIPS = 0.01
"""Share of the cells that tell, up to which those that tell otherwise are slips."""

_POINT = r"^[0-9]*\.[0-9]+$|^[0-9]{1,3}(,[0-9]{3})+\.[0-9]*$|^[0-9]{1,3}(,[0-9]{3}){2,}$"
_COMMA = r"^[0-9]*,[0-9]+$|^[0-9]{1,3}(\.[0-9]{3})+,[0-9]*$|^[0-9]{1,3}(\.[0-9]{3}){2,}$"
_SHORT = "^([0-9]{1,2})[-/]([0-9]{1,2})[-/][0-9]{4}($|[^0-9])"


@dataclass(frozen=True)
class Settled:
    """How the cells of a source are read: by column, and by all of its columns together (`decimal`, `order`).

    `unsettled` holds a cell of each column in which nothing tells.
    """

    decimals: Mapping[str, str | None] = field(default_factory=dict)
    orders: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None
    order: str = ""
    unsettled: Mapping[str, str] = field(default_factory=dict)


UNASKED = Settled()
"""Of cells that are neither numbers nor days."""


def settled(
    engine: duckdb.DuckDBPyConnection,
    rows: str,
    numbers: Iterable[str],
    days: Iterable[str],
    *,
    decimal: str | None = None,
    formats: Sequence[str] = (),
    pointed: Container[str] = (),
) -> Settled:
    """What the cells of the columns of text tell that hold `numbers` and `days` in `rows`. What the mapping says (`decimal`,
    `formats`) is believed; `pointed` columns hold some of their numbers as numbers, which have a point.
    """
    types = dict(engine.execute(f"select column_name, column_type from (describe {rows})").fetchall())
    numbers, days = ([c for c in dict.fromkeys(cs) if types.get(c) == "VARCHAR"] for cs in (numbers, days))
    decimals: dict[str, str | None] = dict.fromkeys(numbers, decimal)
    orders: dict[str, str | None] = {}
    unsettled: dict[str, str] = {}
    if numbers and not decimal:
        tests = [_sure(_POINT), _sure(_COMMA), _number(f"^{TWO_WAYS}$")]
        counts = _counts(engine, rows, numbers, tests)
        counts = {c: (n[0] + (c in pointed), *n[1:]) for c, n in counts.items()}
        decimals = _decided(counts, (".", ","), EITHER)
        unsettled |= {c: n[3] for c, n in counts.items() if decimals[c] == EITHER and n[2]}
    if days and not formats:
        first, second = (f"try_cast(regexp_extract(@t, '{_SHORT}', {i}) as integer)" for i in (1, 2))
        tests = [f"{first} > 12 and {second} <= 12", f"{second} > 12 and {first} <= 12"]
        tests.append(f"greatest({first}, {second}) <= 12 and {first} <> {second}")
        counts = _counts(engine, rows, days, tests)
        orders = _decided(counts, (DAY_FIRST, MONTH_FIRST), "")
        unsettled |= {c: n[3] for c, n in counts.items() if not orders[c] and n[2]}
    decimal = decimal or _of_all(decimals.values(), EITHER)
    return Settled(
        decimals, {c: o or "" for c, o in orders.items()}, decimal, _of_all(orders.values(), "") or "", unsettled
    )


def of_fields(engine: duckdb.DuckDBPyConnection, table: Table, source: Source, loaded: Loaded, rows: str) -> Settled:
    """How the raw values `r_<field>` of a source are written that are numbers and days."""
    kinds = {f: table[f].kind for f in source.fields if f not in source.values}
    return settled(
        engine,
        rows,
        [f"r_{f}" for f, kind in kinds.items() if kind in ("money", "number", "integer")],
        [f"r_{f}" for f, kind in kinds.items() if kind in ("date", "timestamp")],
        decimal=source.decimal,
        formats=source.date_format,
        pointed={f"r_{f}" for f, given in source.fields.items() if given in loaded.numbers},
    )


def of_expressions(engine: duckdb.DuckDBPyConnection, table: Table, source: Source, loaded: Loaded) -> Settled:
    """How the cells are written that expressions read by number(…) and moment(…). Raises `SourceError` where nothing tells."""
    given = {f"{key}.{f}": e for key in ("fields", "filter") for f, e in getattr(source, key).items()}
    given |= {"order_by": source.order_by} if source.order_by else {}
    named: dict[str, dict[str, str]] = {"number": {}, "moment": {}}
    for place, text in given.items():
        for macro in (m for m in named if text not in loaded.columns and re.search(rf"\b{m}\s*\(", text, re.I)):
            with suppress(duckdb.Error, ExpressionError):  # told where the expression is run
                named[macro] |= dict.fromkeys(columns_of(engine, text), place)
    kinds = {source.fields[f]: table[f].kind for f in source.fields if source.fields[f] in loaded.columns}
    numbers = [c for c, kind in kinds.items() if kind in ("money", "number", "integer")]
    days = [c for c, kind in kinds.items() if kind in ("date", "timestamp")]
    ways = settled(
        engine,
        loaded.name,
        [*named["number"], *numbers],
        [*named["moment"], *days],
        decimal=source.decimal,
        formats=source.date_format,
        pointed=loaded.numbers,
    )
    for column, cell in ways.unsettled.items():
        if key := named["moment" if column in ways.orders else "number"].get(column):
            raise _unsettled(f"company.toml: {table.name}.{key}: {source.called}", column, cell)
    return ways


def of_joined(
    engine: duckdb.DuckDBPyConnection, join: Join, source: Source, other: Loaded, ways: Mapping[str, str | None]
) -> Settled:
    """How the cells of a joined file are written that are added up or compared. Raises `SourceError` where nothing tells."""
    counted = [c for c, way in ways.items() if way in ("sum", "mean", "min", "max")]
    found = settled(
        engine,
        other.name,
        counted,
        counted,
        decimal=source.decimal,
        formats=source.date_format,
        pointed=other.numbers,
    )
    for column, cell in found.unsettled.items():
        raise _unsettled(join.called, column, cell)
    return found


def _unsettled(place: str, column: str, cell: str) -> SourceError:
    return SourceError(
        f"{place}: column {column!r}: {cell!r} could be read two ways ({readings(cell)}), and nothing in the column tells which; "
        'say decimal = "." or ",", or date_format, for this source'
    )


def readings(found: object) -> str:
    """The ways in which a cell can be read, for the one who has to say which; empty where there are none."""
    plain = str(found or "").translate({c + 0xFEE0: c for c in range(0x21, 0x7F)})
    if number := re.search(TWO_WAYS, plain):
        whole, part = re.split("[.,]", number.group())
        return f"{whole}.{part} / {whole}{part}"
    if not (short := re.match(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{2,4})", plain)):
        return ""
    a, b, c = (int(g) for g in short.groups())
    full = len(short.group(3)) == 4
    tried = [(c, b, a), (c, a, b)] if full else [(2000 + c, b, a), (2000 + c, a, b), (2000 + a, b, c)]
    days = []
    for parts in tried:
        try:
            days.append(date(*parts).isoformat())
        except ValueError:
            continue
    if not full and days:
        days.append(f"19{days[0][2:]}")
    return " / ".join(dict.fromkeys(days))


def _sure(pattern: str) -> str:
    return f"regexp_matches(@t, '[.,]') and {_number(pattern)} and not {_number(f'^{TWO_WAYS}$')}"


def _number(pattern: str) -> str:
    """SQL: whether a cell `@t` is a number of this shape, whatever currency and sign stand beside it."""
    bare = "regexp_extract(@t, '^[^0-9]{0,5}([0-9., ''’\u00a0\u202f]*[0-9.,])[^0-9]{0,5}$', 1)"
    return f"regexp_matches(regexp_replace({bare}, '[^0-9.,]', '', 'g'), '{pattern}')"


def _counts(
    engine: duckdb.DuckDBPyConnection, rows: str, columns: list[str], tests: list[str]
) -> dict[str, tuple[int, int, int, str]]:
    """Per column how many of its cells pass each of three tests, and one that passes the last."""
    texts = [f"{WIDE.format(x=f'trim({quote(c)})')} as t{i}" for i, c in enumerate(columns)]
    parts = []
    for i in range(len(columns)):
        passes = [test.replace("@t", f"t{i}") for test in tests]
        parts += [f"coalesce(count_if({p}), 0)" for p in passes] + [f"any_value(t{i}) filter (where {passes[-1]})"]
    row = engine.execute(f"select {', '.join(parts)} from (select {', '.join(texts)} from {rows})").fetchall()[0]
    return {c: tuple(row[4 * i : 4 * i + 4]) for i, c in enumerate(columns)}


def _decided(
    counts: Mapping[str, tuple[int, int, int, str]], ways: tuple[str, str], neither: str
) -> dict[str, str | None]:
    """Per column the way its cells are written; where its own do not tell, that of the columns which do."""
    own = {c: _way(n, ways) for c, n in counts.items()}
    told = {way for way in own.values() if way}
    others = told.pop() if len(told) == 1 else None
    return {c: own[c] or (_unsure(n, others, neither) if n[2] or (n[0] and n[1]) else None) for c, n in counts.items()}


def _way(counts: tuple[int, int, int, str], ways: tuple[str, str]) -> str | None:
    one, other = counts[:2]
    if min(one, other) > SLIPS * (one + other) or not one + other:
        return None
    return ways[0] if one > other else ways[1]


def _unsure(counts: tuple[int, int, int, str], others: str | None, neither: str) -> str | None:
    """A column that contradicts itself is settled by no other."""
    return neither if counts[0] and counts[1] else others or neither


def _of_all(ways: Iterable[str | None], neither: str) -> str | None:
    told = {way for way in ways if way}
    return None if not told else told.pop() if len(told) == 1 else neither
