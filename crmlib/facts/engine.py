"""The engine of one company: what is defined there is compiled once, and goes with the company."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import ibis
import pandas as pd
import pyarrow as pa
import sqlglot as sg
from ibis.backends.duckdb import Backend as DuckDB
from ibis.backends.sql import SQLBackend
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler
from ibis.expr.datatypes import DataType, float64
from ibis.expr.operations import DatabaseTable, InMemoryTable, Node, PhysicalTable
from ibis.expr.types import Table

from crmlib.vocabulary.engines import kind_of
from crmlib.vocabulary.errors import CrmlibError, require

_COMPILED: Final[dict[tuple[type, Node, int | None], str]] = {}
"""SQL of the expressions compiled last, the latest last. Names say what they stand for, so that it holds for the next company."""
REMEMBERED: Final = 2000
LONGEST: Final = 40
"""Characters of a fact's name within that of its view: PostgreSQL cuts names at 63."""
VARIABLE: Final = "CRMLIB_ENGINE"
"""Where the environment may name another engine than DuckDB; a review says so to its chapters."""


class EngineError(CrmlibError):
    """An engine that is named and cannot be used; one line."""


class Engine(SQLBackend):
    """An engine of its own for a company. Ibis would keep it until the process ends for each frame in memory that it reads."""

    quotes: ClassVar[str]
    """The engine's name among those whose SQL sqlglot writes."""

    _views: set[str]
    _numbers: Counter[str]

    @classmethod
    def started(cls, url: str = "") -> Self:
        """An engine without tables, at the place that `url` names if it is no embedded one. Raises `EngineError`."""
        raise NotImplementedError

    @classmethod
    def _begun(cls, *args: Any, **kwargs: Any) -> Self:
        engine: Self = cls().connect(*args, **kwargs)
        engine._views, engine._numbers = set(), Counter()
        return engine

    def frozen(self, name: str, path: Path, columns: Mapping[str, DataType]) -> Table:
        """A frozen table's rows. Raises `KeyError` with the first of its columns that the file lacks."""
        raise NotImplementedError

    def _make_memtable_finalizer(self, _name: str) -> None:
        return None

    def compile(self, expr: Any, /, *, limit: Any = None, params: Any = None, pretty: bool = False) -> str:
        """The SQL of an expression. Raises `ValueError` for one that reads another company: equal names are not equal rows."""
        read = _read(expr.op())
        if any(table.source is not self for table in read if isinstance(table, DatabaseTable)):
            raise ValueError("an expression that reads two companies")
        if params or pretty or any(isinstance(table, InMemoryTable) for table in read):
            return super().compile(expr, limit=limit, params=params, pretty=pretty)
        key = (type(self), expr.op(), limit)
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
        called = f"{name[:LONGEST]}_{sha256(sql.encode()).hexdigest()[:16]}"
        if called not in self._views:
            self.raw_sql(f"CREATE TEMPORARY VIEW {self._quoted(called)} AS {sql}")
            self._views.add(called)
        return self._called(called, rows.schema())

    def worked_out(self, name: str, rows: Table) -> Table:
        """The rows as a table, worked out now."""
        made = self.empty(name, rows.schema())
        self._run_pre_execute_hooks(rows)
        columns = ", ".join(map(self._quoted, rows.columns))
        self.raw_sql(f"INSERT INTO {self._quoted(made.get_name())} ({columns}) {self.compile(rows)}")
        return made

    def empty(self, name: str, columns: Mapping[str, DataType]) -> Table:
        """A table without rows."""
        schema, called = ibis.schema(columns), self._next(name)
        self.raw_sql(f"CREATE TEMPORARY TABLE {self._quoted(called)} ({_columns(schema, self.quotes)})")
        return self._called(called, schema)

    def latest(self, rows: Table, laid: Table, *, at: str, of: str, by: str, after: bool = False) -> Table:
        """Each row with the last of the `laid` whose `of` is not beyond (with `after`: is before) its `at`, by `by`."""
        on = rows[at] > laid[of] if after else rows[at] >= laid[of]
        return rows.asof_join(laid, on=on, predicates=by).drop(f"{by}_right")

    def execute(self, expr: Any, /, **kwargs: Any) -> Any:
        """The answer as pandas, alike from each engine: by Arrow, with decimals as floating point. Ibis would make an object of
        each of them, a second for two hundred thousand.
        """
        table = expr.as_table()
        rows, columns, types = self.to_pyarrow(table, **kwargs), {}, {}
        for (name, kind), cells in zip(table.schema().items(), rows.columns, strict=True):
            types[name] = float64(nullable=kind.nullable) if kind.is_decimal() else kind
            if kind.is_decimal():
                # By its digits: Arrow would multiply by a tenth that no floating point holds.
                columns[name] = cells.cast(pa.string()).cast(pa.float64()).to_pandas()
            elif kind.is_floating():
                columns[name] = cells.to_pandas()
            else:
                columns[name] = cells.to_pylist() if cells.null_count else cells.to_pandas()
        return expr.__pandas_result__(pd.DataFrame(columns), schema=ibis.schema(types))

    def _next(self, name: str) -> str:
        called = f"{name[:LONGEST]}_{self._numbers[name]}"
        self._numbers[name] += 1
        return called

    def _quoted(self, name: str) -> str:
        return sg.to_identifier(name, quoted=True).sql(self.quotes)

    def _called(self, name: str, schema: ibis.Schema) -> Table:
        return DatabaseTable(name, schema=schema, source=self).to_expr()


class _Compiler(DuckDBCompiler):
    def visit_ExtractEpochSeconds(self, op: Any, *, arg: Any) -> Any:
        """Those that are over, as elsewhere: DuckDB's have a fraction, which Ibis does not say."""
        return self.cast(self.f.floor(super().visit_ExtractEpochSeconds(op, arg=arg)), op.dtype)


class Embedded(Engine, DuckDB):
    """DuckDB, within this process."""

    quotes = "duckdb"
    compiler = _Compiler()

    @classmethod
    def started(cls, url: str = "") -> Self:
        """An engine in memory."""
        engine = cls._begun()
        # In a notebook the engine would show its progress as an output of the cell, and so on the page.
        engine.raw_sql("set enable_progress_bar = false")
        # What is divided by nought is unknown, and neither infinite nor no number.
        engine.raw_sql("set ieee_floating_point_ops = false")
        return engine

    def frozen(self, name: str, path: Path, columns: Mapping[str, DataType]) -> Table:
        """The rows of the file where it lies."""
        rows = self.read_parquet(str(path), table_name=f"frozen_{name}")
        for column in columns:
            if column not in rows.columns:
                raise KeyError(column)
        return rows


@contextmanager
def named(url: str) -> Iterator[None]:
    """Within, this process and those that it starts open companies on the engine of that name. Raises as `engine_of`."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = url
    try:
        # Said before the first chapter starts, and not by each of them.
        engine_of()
        yield
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before


def engine_of(url: str = "") -> Engine:
    """The engine that `url` names (`vocabulary.engines`), else the environment; DuckDB where neither does. Raises `EngineError`,
    `MissingExtraError`.
    """
    url = url or os.environ.get(VARIABLE, "") or "duckdb"
    try:
        kind = kind_of(url)
    except ValueError as error:
        raise EngineError(f"engine {url!r}: {error}") from None
    if kind == "postgres":
        require("databases")
        from crmlib.facts.engine_postgres import Postgres

        return Postgres.started(url)
    if kind == "spark":
        require("spark")
        from crmlib.facts.engine_spark import Spark

        return Spark.started(url)
    return Embedded.started()


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
def _columns(schema: ibis.Schema, quotes: str) -> str:
    return ", ".join(column.sql(quotes) for column in schema.to_sqlglot_column_defs(quotes))
