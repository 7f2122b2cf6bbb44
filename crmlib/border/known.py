"""What a company records at all: which columns it maps, and since when each of them holds values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import ibis
import pandas as pd
from ibis.expr.types import Table as Expression

from crmlib.vocabulary.accounting import KNOWN
from crmlib.vocabulary.schema import TABLES

ALWAYS = date(1, 1, 1)
"""The day given where a value has no date: it was there before anything else."""


def first_values(tables: Mapping[str, Expression]) -> dict[str, date]:
    """`table.column` (as a mapping names them) to the first day a value of it was known; columns that never held one are absent.

    A value is known once its row is there and recorded; one that is filled in later, once its own time has come.
    """
    found: dict[str, date] = {}
    for name, rows in tables.items():
        table = TABLES[name]
        came = [rows[table.time].cast("date")]
        if "recorded_at" in table.names:
            came.append(rows.recorded_at.cast("date"))
        there = ibis.coalesce(ibis.greatest(*came) if len(came) > 1 else came[0], *came, ibis.literal(ALWAYS))
        first = {}
        for column in table.columns:
            value = rows[column.frozen_name]
            held = value.notnull() & (value != "missing") if column.personal else value.notnull()
            since = [ibis.coalesce(rows[name].cast("date"), there) for name in table.since(column)]
            day = ibis.greatest(there, *since) if since else there
            first[column.name] = day.min(where=held)
        row = rows.agg(**first).to_pyarrow().to_pylist()[0]
        found |= {f"{name}.{column}": day for column, day in row.items() if day is not None}
    return found


def write(folder: Path, mapped: Mapping[str, Collection[str]], *, never: Collection[str] = ()) -> None:
    """`<folder>/known.parquet` (`accounting.KNOWN`) of the tables frozen there and the columns that each of them maps; of `never`
    ("surveys.customer_id") there are values, but they tell nothing.
    """
    connection = ibis.duckdb.connect()
    since = first_values({name: connection.read_parquet(str(folder / f"{name}.parquet")) for name in mapped})
    rows = [
        (table.name, column, is_told and column in mapped.get(table.name, ()), since.get(name) if is_told else None)
        for table in TABLES.values()
        for column in table.names
        for name in [f"{table.name}.{column}"]
        for is_told in [name not in never]
    ]
    frame = ibis.memtable(pd.DataFrame(rows, columns=list(KNOWN)), schema=ibis.schema(KNOWN))
    connection.to_parquet(frame, str(folder / "known.parquet"))
