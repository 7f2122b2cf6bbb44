"""The canonical tables of a company, each cut to what was there by a day when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

import ibis
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.datatypes import DataType
from ibis.expr.operations import DatabaseTable, InMemoryTable
from ibis.expr.types import Table as Expression

from crmlib.vocabulary.accounting import BESIDE
from crmlib.vocabulary.schema import TABLES, Table


class Tables:
    """The canonical tables and what ingest counted beside them, as Ibis expressions.

    A table is made when it is first asked for: a past day reads two or three of them, and a cut takes as long as a small query.
    """

    customers: Expression
    orders: Expression
    lines: Expression
    contracts: Expression
    interactions: Expression
    tickets: Expression
    surveys: Expression
    activity: Expression
    states: Expression
    outcomes: Expression
    events: Expression
    consents: Expression
    actions: Expression
    board: Expression
    profile: Expression
    account: Expression
    records: Expression
    links: Expression
    formats: Expression
    unnamed: Expression

    def __init__(self, make: Callable[[str], Expression]) -> None:
        """`make`: the table of a name."""
        self._make = make

    def __getattr__(self, name: str) -> Expression:
        if name not in NAMES:
            raise AttributeError(name)
        made = self.__dict__[name] = self._make(name)
        return made

    def but(self, **others: Expression) -> Tables:
        """The same with other rows for some tables."""
        return Tables(lambda name: others[name] if name in others else getattr(self, name))

    def until(self, as_of: date, engine: Any = None) -> Tables:
        """Only what was there by the end of `as_of`, as views of the engine where there is one; what ingest counted is of the
        ingest and stays.
        """

        def make(name: str) -> Expression:
            rows: Expression = getattr(self, name)
            if name in TABLES:
                rows = _cut(rows, TABLES[name], as_of)
            elif name == "records":
                came = _.acquired_on.isnull() | (_.acquired_on <= as_of)
                rows = rows.filter(came, _.recorded_at.isnull() | (_.recorded_at < _end(as_of)))
            elif name == "links":
                for side in ("record_a", "record_b"):
                    rows = rows.semi_join(cut.records.select(**{side: _.record_id}), side)
            else:
                return rows
            # Written out, the cut would be compiled again with each expression that is built on it.
            return rows if engine is None else view(engine, ibis.util.gen_name(name), rows)

        cut = Tables(make)
        return cut


NAMES: Final = (*TABLES, *BESIDE)


class Engine(Backend):
    """DuckDB that ends with the company: Ibis would keep it until the process ends for each frame in memory that it reads."""

    def _make_memtable_finalizer(self, _name: str) -> None:
        return None


def started() -> Engine:
    """An engine of its own for a company."""
    engine: Engine = Engine().connect()
    # In a notebook the engine would show its progress as an output of the cell, and so on the page.
    engine.raw_sql("set enable_progress_bar = false")
    return engine


def empty(engine: Engine, name: str, columns: Mapping[str, DataType]) -> Expression:
    """A table without rows. A frame in memory would be scanned through Arrow, into which DuckDB pushes filters that it does not
    know.
    """
    schema = ibis.schema(columns)
    kinds = ", ".join(column.sql("duckdb") for column in schema.to_sqlglot_column_defs("duckdb"))
    engine.raw_sql(f'CREATE TABLE "{name}" ({kinds})')
    return DatabaseTable(name, schema=schema, source=engine).to_expr()


def view(engine: Any, name: str, rows: Expression) -> Expression:
    """The rows as a view, of the types that they are defined with: asked for them, DuckDB would call a sum of whole numbers a
    decimal, and each answer is a round trip. A frame in memory goes when its expression does: rows that read one are worked out.
    """
    if rows.op().find(InMemoryTable):
        return engine.create_table(name, rows, temp=True)
    engine.raw_sql(f'CREATE VIEW "{name}" AS {engine.compile(rows)}')
    return DatabaseTable(name, schema=rows.schema(), source=engine).to_expr()


def _cut(table: Expression, schema: Table, as_of: date) -> Expression:
    """Rows and later values that were there and recorded by the end of `as_of`. A customer whose first day is unknown is kept."""
    end = _end(as_of)
    came = table[schema.time].cast("timestamp(6)")
    kept = (came < end) | (came.isnull() if not schema[schema.time].required else ibis.literal(False))
    if "recorded_at" in schema.names:
        kept &= table.recorded_at.isnull() | (table.recorded_at < end)
    values = {c: (_[c].cast("timestamp(6)") < end).ifelse(_[c], ibis.null(schema[c].frozen_type)) for c in schema.later}
    for name, by in schema.dated:
        if by:
            before = ibis.literal(schema[name].not_yet).cast(schema[name].frozen_type)
            value = values.get(name, _[name])
            values[name] = ((_[by] >= end) & _[name].notnull()).ifelse(before, value)
    return table.filter(kept).mutate(**values)


def _end(as_of: date) -> ibis.expr.types.TimestampScalar:
    return ibis.literal(as_of + timedelta(days=1), type="date").cast("timestamp(6)")
