"""What facts work out once for a company and look up: small tables made from what a model said, and what is no table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import ibis
import pandas as pd
from ibis.expr.types import Table, Value

from crmlib.facts.company import Company

P = ParamSpec("P")
T = TypeVar("T")


def lookup(c: Company, name: str, frame: pd.DataFrame, columns: Mapping[str, str]) -> Table:
    """A small frame as a table to join with, which lasts as long as the company does."""
    return held(c, name, ibis.memtable(frame[list(columns)], schema=ibis.schema(columns)))


def held(c: Company, name: str, rows: Table) -> Table:
    """Rows that are read more than once, worked out now and kept as long as the company lasts."""
    return c._engine.worked_out(name, rows)


def latest(c: Company, rows: Table, laid: Table, *, at: str, of: str, by: str, after: bool = False) -> Table:
    """Each row with the last of the `laid` whose `of` is not beyond (with `after`: is before) its `at`, by `by`."""
    return c._engine.latest(rows, laid, at=at, of=of, by=by, after=after)


def told(rows: pd.DataFrame) -> Table:
    """A frame of words, by customer, as a table."""
    return ibis.memtable(rows.astype(object), schema=ibis.schema(dict.fromkeys(rows.columns, "string")))


def in_memory(rows: Table) -> pd.DataFrame:
    """The rows as a frame, days as datetime64. For many rows: Ibis would make an object of each day first, which takes longer
    than the query.
    """
    frame: pd.DataFrame = rows.to_pyarrow().to_pandas(date_as_object=False)
    return frame


def first_of(rows: Table, by: str | Sequence[str], order: str | Value | Sequence[str | Value]) -> Table:
    """The first row of each combination of the columns `by`, in an order that leaves no ties."""
    placed = rows.mutate(nth=ibis.row_number().over(ibis.window(group_by=by, order_by=order)))
    return placed.filter(placed.nth == 0).drop("nth")


def remembered(define: Callable[Concatenate[Company, P], T]) -> Callable[Concatenate[Company, P], T]:
    """What is no table, worked out once for a company and its (hashable) arguments. Nobody changes what comes back."""

    @wraps(define)
    def once(c: Company, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (define, args, *sorted(kwargs.items()))
        if key not in c._memo:
            c._memo[key] = define(c, *args, **kwargs)
        known: T = c._memo[key]
        return known

    return once
