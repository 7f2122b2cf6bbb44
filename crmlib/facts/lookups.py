"""Small tables that facts look something up in, made from what a model said."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import pandas as pd
from ibis.expr.types import Table

from crmlib.facts.company import Company


def lookup(c: Company, name: str, frame: pd.DataFrame, columns: Mapping[str, str]) -> Table:
    """A small frame as a table to join with, which lasts as long as the company does."""
    made = ibis.memtable(frame[list(columns)], schema=ibis.schema(columns))
    # A frame in memory goes when its expression does, and would take the views that are built on it along.
    return made if c._engine is None else c._engine.create_table(ibis.util.gen_name(name), made, temp=True)


def held(c: Company, name: str, rows: Table) -> Table:
    """Rows that are read more than once, worked out now and kept as long as the company lasts."""
    if c._engine is None:
        return ibis.memtable(rows.to_pyarrow())
    return c._engine.create_table(ibis.util.gen_name(name), rows, temp=True)
