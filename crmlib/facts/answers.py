"""Answers to surveys, each on its scale (D041, D123 to D126)."""

from __future__ import annotations

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts.company import Company, fact

SCALES: dict[str, tuple[float, float]] = {
    "csat": (1.0, 5.0),
    "nps": (0.0, 10.0),
    "servqual": (1.0, 7.0),
    "loyalty": (1.0, 7.0),
}
"""Lowest and highest answer of each survey."""
SATISFIED_FROM, DELIGHTED_FROM, DISSATISFIED_TO = 4.0, 5.0, 2.0
"""Answers on satisfaction, 1 to 5, from which a customer is satisfied, delighted, and up to which they are dissatisfied."""
PROMOTER_FROM, DETRACTOR_TO = 9.0, 6.0
"""Answers on recommending, 0 to 10, from which someone promotes and up to which they detract."""


@fact
def answers(c: Company) -> Table:
    """One row per answered question: customer_id, at, day, instrument, item, expectation, perception, score (points of the
    instrument's scale), scaled (the score from 0, the lowest answer, to 1, the highest).
    """
    rows = c.tables.surveys
    low = ibis.cases(*((rows.instrument == name, ends[0]) for name, ends in SCALES.items()))
    span = ibis.cases(*((rows.instrument == name, ends[1] - ends[0]) for name, ends in SCALES.items()))
    return rows.select(
        "customer_id",
        "at",
        "instrument",
        "item",
        "expectation",
        "perception",
        "score",
        day=rows.at.date(),
        scaled=((rows.score - low) / span).cast("decimal(18, 6)"),
    )


def latest(asked: Table, *by: str) -> Table:
    """The latest of some answers with a score, one per customer (and `by`): where two are of one moment the lower counts."""
    given = asked.filter(_.score.notnull())
    newest = ibis.window(group_by=["customer_id", *by], order_by=[ibis.desc("at"), ibis.asc("item"), ibis.asc("score")])
    return given.mutate(nth=ibis.row_number().over(newest)).filter(_.nth == 0).drop("nth")
