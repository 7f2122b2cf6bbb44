"""Spark as the engine of a company: frozen tables are read where they lie, by as many machines as its master has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import ibis
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.backends.pyspark import Backend as Cluster
from ibis.backends.pyspark.datatypes import PySparkSchema
from ibis.backends.sql.compilers.base import STAR
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.expr.datatypes import DataType, int32
from ibis.expr.operations import InMemoryTable
from ibis.expr.types import Table
from pyspark.sql import SparkSession

from crmlib.facts.engine import Engine, EngineError

Cluster.register_options()


class Compiler(PySparkCompiler):
    """Ibis' own, but for what Spark refuses or answers otherwise than the other engines."""

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: DataType) -> Any:
        """A fraction written out would be a decimal, and what is divided by it is cut off after six digits."""
        written = super().visit_NonNullLiteral(op, value=value, dtype=dtype)
        return self.cast(sge.convert(value) if written is None else written, dtype) if dtype.is_floating() else written

    def visit_BitwiseLeftShift(self, op: Any, *, left: Any, right: Any) -> Any:
        """A number written out is a short one, whose bits beyond the 32nd come in again at the other end."""
        return self.f.shiftleft(self.cast(left, op.dtype), self.cast(right, int32))

    def visit_CountStar(self, op: Any, *, arg: Any, where: Any) -> Any:
        """Of no rows none is such, which Ibis would call unknown here."""
        return self.f.count(STAR) if where is None else self.f.count_if(where)

    def visit_BitOr(self, op: Any, *, arg: Any, where: Any) -> Any:
        """Spark has it; Ibis does not say so."""
        return self.agg.bit_or(arg, where=where)

    def visit_Quantile(self, op: Any, *, arg: Any, quantile: Any, where: Any) -> Any:
        """Of some rows: Ibis would make the share a column."""
        share = self.f.percentile(arg, quantile)
        return share if where is None else sge.Filter(this=share, expression=sge.Where(this=where))

    def visit_Median(self, op: Any, *, arg: Any, where: Any) -> Any:
        """As a quantile."""
        return self.visit_Quantile(op, arg=arg, quantile=sge.convert(0.5), where=where)


class Spark(Engine, Cluster):
    """A session of its own on a cluster that the process shares."""

    quotes = "spark"
    compiler = Compiler()

    @classmethod
    def started(cls, url: str = "") -> Self:
        """A session on the master that `url` names. Raises `EngineError` where it cannot be begun."""
        try:
            cluster = (
                SparkSession.builder.master(url)
                .appName("crmlib")
                .config("spark.ui.enabled", "false")
                .config("spark.ui.showConsoleProgress", "false")
                .config("spark.sql.session.timeZone", "UTC")
                .config("spark.sql.timestampType", "TIMESTAMP_NTZ")
                # As the other engines: what cannot be cast or divided is null, and no error.
                .config("spark.sql.ansi.enabled", "false")
                .getOrCreate()
            )
        except Exception as error:
            raise EngineError(f"engine {url}: {str(error).splitlines()[0]}") from None
        cluster.sparkContext.setLogLevel("ERROR")
        # Temporary views belong to a session, and two companies may have equal names for theirs.
        return cls._begun(cluster.newSession())

    def frozen(self, name: str, path: Path, columns: Mapping[str, DataType]) -> Table:
        """The rows of the file where it lies."""
        rows = self._session.read.parquet(str(path.resolve()))
        for column in columns:
            if column not in rows.columns:
                raise KeyError(column)
        called = self._next(f"frozen_{name}")
        rows.select(*columns).createOrReplaceTempView(called)
        return self._called(called, ibis.schema(columns))

    def worked_out(self, name: str, rows: Table) -> Table:
        """The rows, worked out now and kept by the cluster."""
        self._run_pre_execute_hooks(rows)
        called = self._next(name)
        self._session.sql(self.compile(rows)).localCheckpoint().createOrReplaceTempView(called)
        return self._called(called, rows.schema())

    def empty(self, name: str, columns: Mapping[str, DataType]) -> Table:
        """A table without rows."""
        schema, called = ibis.schema(columns), self._next(name)
        self._session.createDataFrame([], PySparkSchema.from_ibis(schema)).createOrReplaceTempView(called)
        return self._called(called, schema)

    def latest(self, rows: Table, laid: Table, *, at: str, of: str, by: str, after: bool = False) -> Table:
        """By the next one laid out: Spark's SQL has no join as of a moment."""
        ends = laid.mutate(until=laid[of].lead().over(ibis.window(group_by=by, order_by=of)))
        begun = rows[at] > ends[of] if after else rows[at] >= ends[of]
        still = rows[at] <= ends.until if after else rows[at] < ends.until
        return rows.left_join(ends, [by, begun, ends.until.isnull() | still]).drop(f"{by}_right", "until")

    def _register_in_memory_table(self, op: InMemoryTable) -> None:
        self._session.createDataFrame(op.data.to_pyarrow(op.schema)).createOrReplaceTempView(op.name)

    def to_pyarrow(self, expr: Any, /, *, params: Any = None, limit: Any = None, **kwargs: Any) -> Any:
        """By Arrow all the way: Ibis goes through pandas, which has no whole number that is null."""
        self._run_pre_execute_hooks(expr)
        schema = expr.as_table().schema().to_pyarrow()
        rows: pa.Table = self._session.sql(self.compile(expr.as_table(), limit=limit, params=params)).toArrow()
        return expr.__pyarrow_result__(rows.cast(schema))
