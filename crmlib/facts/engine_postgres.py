"""PostgreSQL as the engine of a company: what is read and worked out is temporary, and nothing of the company stays there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit
from weakref import finalize

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot.expressions as sge
from ibis.backends.postgres import Backend as Server
from ibis.backends.sql.compilers.postgres import PostgresCompiler
from ibis.expr.datatypes import DataType, float64, int32
from ibis.expr.operations import InMemoryTable
from ibis.expr.types import Table
from pyarrow import csv

from crmlib.facts.engine import Engine, EngineError

PATIENCE = 10
"""Seconds in which a server has to answer."""


def _whole(visit: Callable[..., Any]) -> Callable[..., Any]:
    """A part of a moment as the whole number that Ibis says it is: PostgreSQL's is a decimal."""

    def visited(self: PostgresCompiler, op: Any, *, arg: Any) -> Any:
        return self.cast(self.f.floor(visit(self, op, arg=arg)), op.dtype)

    return visited


class Compiler(PostgresCompiler):
    """Ibis' own, but for what PostgreSQL refuses or answers with another type than Ibis says."""

    def visit_Cast(self, op: Any, *, arg: Any, to: DataType) -> Any:
        """A flag becomes a number by way of `int`, the only one that PostgreSQL makes of it."""
        if op.arg.dtype.is_boolean() and to.is_numeric():
            return self.cast(self.cast(arg, int32), to)
        return super().visit_Cast(op, arg=arg, to=to)

    def visit_Divide(self, op: Any, *, left: Any, right: Any) -> Any:
        """Whole numbers make a fraction: sqlglot sees to that where it knows the types, and within other expressions it does not.
        What is divided by nought is unknown.
        """
        whole = op.left.dtype.is_integer() and op.right.dtype.is_integer()
        return self.binop(sge.Div, self.cast(left, float64) if whole else left, self.f.nullif(right, 0))

    def visit_Mean(self, op: Any, *, arg: Any, where: Any) -> Any:
        """A mean of whole numbers, or of flags, would be a decimal."""
        kind = op.arg.dtype
        if kind.is_boolean():
            arg = self.cast(arg, int32)
        return self.agg.avg(self.cast(arg, float64) if kind.is_integer() or kind.is_boolean() else arg, where=where)

    def visit_BitwiseLeftShift(self, op: Any, *, left: Any, right: Any) -> Any:
        """A number written out is a short one, and shifts by no long one."""
        return self.binop(sge.BitwiseLeftShift, self.cast(left, op.dtype), self.cast(right, int32))

    def visit_BitwiseRightShift(self, op: Any, *, left: Any, right: Any) -> Any:
        """As to the left."""
        return self.binop(sge.BitwiseRightShift, self.cast(left, op.dtype), self.cast(right, int32))

    def visit_Quantile(self, op: Any, *, arg: Any, quantile: Any, where: Any) -> Any:
        """A quantile of decimals would be floating point."""
        return self.cast(super().visit_Quantile(op, arg=arg, quantile=quantile, where=where), op.dtype)

    visit_ExtractYear = _whole(PostgresCompiler.visit_ExtractYear)
    visit_ExtractMonth = _whole(PostgresCompiler.visit_ExtractMonth)
    visit_ExtractDay = _whole(PostgresCompiler.visit_ExtractDay)
    visit_ExtractHour = _whole(PostgresCompiler.visit_ExtractHour)
    visit_ExtractMinute = _whole(PostgresCompiler.visit_ExtractMinute)
    visit_ExtractSecond = _whole(PostgresCompiler.visit_ExtractSecond)
    visit_ExtractEpochSeconds = _whole(PostgresCompiler.visit_ExtractEpochSeconds)


class Postgres(Engine, Server):
    """A session on a server, whose tables and views go with it."""

    quotes = "postgres"
    compiler = Compiler()

    @classmethod
    def started(cls, url: str = "") -> Self:
        """A session on the server that `url` names. Raises `EngineError` where it does not answer or lets nobody in."""
        parts = urlsplit(url)
        try:
            engine = cls._begun(
                host=parts.hostname,
                port=parts.port or 5432,
                user=parts.username,
                password=unquote(parts.password) if parts.password else None,
                database=parts.path.lstrip("/") or None,
                connect_timeout=PATIENCE,
            )
        except psycopg.OperationalError as error:
            # The address of the server is named, and never the password that may stand before it.
            raise EngineError(f"engine at {parts.hostname}: {str(error).splitlines()[0]}") from None
        finalize(engine, engine.con.close)
        engine.raw_sql("SET TimeZone = 'UTC'")
        return engine

    def frozen(self, name: str, path: Path, columns: Mapping[str, DataType]) -> Table:
        """The rows of the file, copied into a table of the session."""
        with pq.ParquetFile(path) as file:
            for column in columns:
                if column not in file.schema_arrow.names:
                    raise KeyError(column)
            made = self.empty(f"frozen_{name}", columns)
            self._copied(made.get_name(), tuple(columns), file.iter_batches(columns=list(columns)))
        self.raw_sql(f"ANALYZE {self._quoted(made.get_name())}")
        return made

    def _copied(self, table: str, columns: Iterable[str], batches: Iterable[pa.RecordBatch]) -> None:
        # Nulls are the cells without quotes, so that an empty text stays one.
        options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
        into = f"COPY {self._quoted(table)} ({', '.join(map(self._quoted, columns))}) FROM STDIN (FORMAT csv)"
        with self.con.cursor() as cursor, cursor.copy(into) as copy:
            for batch in batches:
                lines = BytesIO()
                csv.write_csv(batch, lines, options)
                copy.write(lines.getvalue())

    def _register_in_memory_table(self, op: InMemoryTable) -> None:
        columns = ", ".join(c.sql(self.quotes) for c in op.schema.to_sqlglot_column_defs(self.quotes))
        self.raw_sql(f"CREATE TEMPORARY TABLE {self._quoted(op.name)} ({columns})")
        self._copied(op.name, op.schema.names, op.data.to_pyarrow(op.schema).to_batches())
