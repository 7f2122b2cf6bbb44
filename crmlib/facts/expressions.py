"""The door to the engine's language: all that a definition above this floor is written with.

Whoever leaves Ibis gives these names another meaning and writes the facts anew; measures and chapters stay as they are.
"""

from ibis import (
    Deferred,
    Value,
    _,
    asc,
    cases,
    coalesce,
    date,
    desc,
    greatest,
    interval,
    least,
    literal,
    memtable,
    null,
    or_,
    range_window,
    row_number,
    schema,
    union,
    window,
)
from ibis.expr.types import BooleanValue, Column, NumericColumn, Table

__all__ = [
    "BooleanValue",
    "Column",
    "Deferred",
    "NumericColumn",
    "Table",
    "Value",
    "_",
    "asc",
    "cases",
    "coalesce",
    "date",
    "desc",
    "greatest",
    "interval",
    "least",
    "literal",
    "memtable",
    "null",
    "or_",
    "range_window",
    "row_number",
    "schema",
    "union",
    "window",
]
