"""Holdings: what the tables hold of the last days, and what of them is still to come (D036)."""

from __future__ import annotations

from datetime import timedelta

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts.company import Company, fact
from crmlib.vocabulary.schema import TABLES

SPAN, EXPERIENCE = 31, 365
"""Days over which rows are thought to come in, and days before those from which experience is taken."""


@fact
def still_to_come(c: Company) -> Table:
    """One row per table and day of the last 31: table, day, days_since, share, n.

    `share` (0 to 1): of the rows of such a day those that are recorded so many days after it, as experience says of the `n` rows
    of the year before; what is missing to 1 is still to come. A low "this month" may be no more than that. Only
    tables whose `recorded_at` is known.
    """
    parts = [_table(c, name) for name in TABLES if c.knows(f"{name}.recorded_at")]
    none = {"table": "string", "day": "date", "days_since": "int64", "share": "float64", "n": "int64"}
    return ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else ibis.memtable([], schema=ibis.schema(none))


def _table(c: Company, name: str) -> Table:
    rows, last = getattr(c.tables, name), c.as_of - timedelta(days=SPAN)
    came = rows.select(day=rows[TABLES[name].time].cast("date"), on=rows.recorded_at.date())
    old = came.filter(_.day <= last, _.day > last - timedelta(days=EXPERIENCE), _.on.notnull())
    lags = old.group_by(lag=old.on.delta(old.day, unit="day")).agg(rows=_.count())
    since = ibis.range(0, SPAN).unnest().name("days_since").as_table()
    each = since.cross_join(lags).group_by("days_since")
    shares = each.agg(came=_.rows.sum(where=_.lag <= _.days_since).fill_null(0), n=_.rows.sum())
    return shares.select(
        table=ibis.literal(name),
        day=(ibis.literal(c.as_of) - shares.days_since.as_interval("D")).cast("date"),
        days_since=shares.days_since.cast("int64"),
        share=shares.came.cast("float64") / shares.n,
        n=shares.n.cast("float64").cast("int64"),
    )
