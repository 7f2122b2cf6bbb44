"""What a company records at all: for each column the first day on which a value of it was known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
from ibis.expr.types import Table as Expression

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
            first[column.name] = (value.cast("date") if column.name in table.later else there).min(where=held)
        row = rows.agg(**first).to_pyarrow().to_pylist()[0]
        found |= {f"{name}.{column}": day for column, day in row.items() if day is not None}
    return found
