"""What is changed to move a figure, and how far that has come: plan, do, check, act (D130)."""

from __future__ import annotations

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts.company import Company, fact
from crmlib.vocabulary.stages import IMPROVING

PLAN, DO, CHECK, ACT = IMPROVING.stages


@fact
def improvements(c: Company) -> Table:
    """One row per improvement: number, kpi, due_on, the days of `IMPROVING`, lacks (what its goal lacks, codes joined by a
    space), stage. What was begun is to be checked from the day on which it is due, whatever the list says.
    """
    rows = c.tables.improvements.filter(_.planned_on <= c.as_of)
    days = list(IMPROVING.day_of.values())
    rows = rows.mutate(**{day: (rows[day] <= c.as_of).ifelse(rows[day], ibis.null("date")) for day in days})
    is_due = rows.begun_on.notnull() & (rows.due_on <= c.as_of) & (rows.due_on >= rows.begun_on)
    rows = rows.mutate(checked_on=rows.checked_on.coalesce(is_due.ifelse(rows.due_on, ibis.null("date"))))
    stages = [(rows[day].notnull(), stage) for stage, day in reversed([*IMPROVING.day_of.items()])]
    return rows.mutate(stage=ibis.cases(*stages))
