"""The canonical tables of a company, each cut to what was there by a day when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

import ibis
from ibis import _
from ibis.expr.types import Table as Expression

from crmlib.facts.engine import Engine
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
    improvements: Expression

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

    def until(self, as_of: date, engine: Engine) -> Tables:
        """Only what was there by the end of `as_of`, as views of the engine; what ingest counted is of the ingest and stays."""

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
            return engine.view(name, rows)

        cut = Tables(make)
        return cut


NAMES: Final = (*TABLES, *BESIDE)


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
