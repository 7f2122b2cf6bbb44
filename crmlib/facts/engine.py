"""DuckDB as the engine of one company: what is defined there is compiled once, and goes with the company."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import ibis
from ibis.backends.duckdb import Backend
from ibis.expr.datatypes import DataType
from ibis.expr.operations import DatabaseTable, InMemoryTable, Node, PhysicalTable
from ibis.expr.types import Table

_COMPILED: Final[dict[tuple[Node, int | None], str]] = {}
"""SQL of the expressions compiled last, the latest last. Names say what they stand for, so that it holds for the next company."""
REMEMBERED: Final = 2000


class Engine(Backend):
    """An engine of its own for a company. Ibis would keep it until the process ends for each frame in memory that it reads."""

    _views: set[str]
    _numbers: Counter[str]

    @classmethod
    def started(cls) -> Engine:
        """An engine without tables."""
        engine: Engine = cls().connect()
        engine._views, engine._numbers = set(), Counter()
        # In a notebook the engine would show its progress as an output of the cell, and so on the page.
        engine.raw_sql("set enable_progress_bar = false")
        return engine

    def _make_memtable_finalizer(self, _name: str) -> None:
        return None

    def compile(self, expr: Any, /, *, limit: int | None = None, params: Any = None, pretty: bool = False) -> str:
        """The SQL of an expression. Raises `ValueError` for one that reads another company: equal names are not equal rows."""
        read = _read(expr.op())
        if any(table.source is not self for table in read if isinstance(table, DatabaseTable)):
            raise ValueError("an expression that reads two companies")
        if params or pretty or any(isinstance(table, InMemoryTable) for table in read):
            return super().compile(expr, limit=limit, params=params, pretty=pretty)
        key = (expr.op(), limit)
        sql = _COMPILED.pop(key, "") or super().compile(expr, limit=limit)
        _COMPILED[key] = sql
        if len(_COMPILED) > REMEMBERED:
            del _COMPILED[next(iter(_COMPILED))]
        return sql

    def view(self, name: str, rows: Table) -> Table:
        """The rows as a view, of the types that they are defined with: asked for them, DuckDB would call a sum of whole numbers
        a decimal, and each answer is a round trip. Rows that read a frame in memory are worked out, since it goes when its
        expression does.
        """
        if rows.op().find(InMemoryTable):
            return self.worked_out(name, rows)
        sql = self.compile(rows)
        called = f"{name}_{sha256(sql.encode()).hexdigest()[:16]}"
        if called not in self._views:
            self.raw_sql(f'CREATE VIEW "{called}" AS {sql}')
            self._views.add(called)
        return self._called(called, rows.schema())

    def worked_out(self, name: str, rows: Table) -> Table:
        """The rows as a table, worked out now."""
        made = self.empty(name, rows.schema())
        self._run_pre_execute_hooks(rows)
        columns = ", ".join(f'"{column}"' for column in rows.columns)
        self.raw_sql(f'INSERT INTO "{made.get_name()}" ({columns}) {self.compile(rows)}')
        return made

    def empty(self, name: str, columns: Mapping[str, DataType]) -> Table:
        """A table without rows."""
        schema = ibis.schema(columns)
        called = f"{name}_{self._numbers[name]}"
        self._numbers[name] += 1
        self.raw_sql(f'CREATE TABLE "{called}" ({_columns(schema)})')
        return self._called(called, schema)

    def _called(self, name: str, schema: ibis.Schema) -> Table:
        return DatabaseTable(name, schema=schema, source=self).to_expr()


def _read(op: Node) -> list[PhysicalTable]:
    """The tables that an expression reads, by what they are: by what they are called those of two companies are equal."""
    seen: dict[int, Node] = {}
    ahead = [op]
    while ahead:
        node = ahead.pop()
        if id(node) not in seen:
            seen[id(node)] = node
            ahead.extend(node.__children__)
    return [node for node in seen.values() if isinstance(node, PhysicalTable)]


@lru_cache
def _columns(schema: ibis.Schema) -> str:
    return ", ".join(column.sql("duckdb") for column in schema.to_sqlglot_column_defs("duckdb"))
