"""Service cases: their last state, the clocks of what was promised, and who waits (D013, D117 to D119).

A clock runs only where the company records what would stop it: without first answers on record nobody is known to wait for one.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts.company import Company, fact
from crmlib.vocabulary.unlocks import COMPLAINT

CLOCKS = {"first_response": "first_response_at", "resolution": "resolved_at"}
"""What a customer waits for, and the column whose time stops that clock."""


@fact
def cases(c: Company) -> Table:
    """One row per service case: case_id, customer_id, opened_at, day, first_response_at, resolved_at, severity, category, cause,
    is_reopened, is_complaint, is_found_by_us (each null where not known).
    """
    rows = c.tables.tickets
    return rows.select(
        "customer_id",
        "opened_at",
        "first_response_at",
        "resolved_at",
        "severity",
        "category",
        "cause",
        case_id="ticket_id",
        day=rows.opened_at.date(),
        is_reopened=rows.reopened,
        is_complaint=rows.category.lower() == COMPLAINT,
        is_found_by_us=rows.found_by == "proactive",
    )


def running(c: Company) -> list[str]:
    """The clocks (`CLOCKS`) whose end the company records, so that it can be told who waits."""
    return [waits_for for waits_for, column in CLOCKS.items() if c.knows(f"tickets.{column}")]


@fact
def clocks(c: Company) -> Table:
    """One row per case and promise: case_id, customer_id, opened_at, severity, waits_for (`first_response`, `resolution`),
    deadline, done_at, is_met, is_overdue, overdue_hours (of those overdue).

    `is_met` is null while the deadline is not over at the end of the day, answered or not: counting early answers alone would
    flatter. From then on a case without an answer is missed, and overdue while it waits. What is solved has been answered, too,
    by then at the latest. A case without a severity in the policy has no promise; a clock whose end the company does not
    record does not run (D119).
    """
    rows, promised, known = cases(c), c.policy.service, running(c)
    end = ibis.literal(datetime.combine(c.as_of + timedelta(days=1), time.min), type="timestamp(6)")
    hours = {"first_response": promised.first_response_hours, "resolution": promised.resolution_hours}
    parts = []
    for waits_for, column in CLOCKS.items():
        times = [
            (rows.severity == s, rows.opened_at + ibis.interval(seconds=round(h * 3600)))
            for s, h in sorted(hours[waits_for].items()) or [("", 0.0)]
        ]
        clock = rows.filter(ibis.literal(waits_for in known)).select(
            "case_id",
            "customer_id",
            "opened_at",
            "severity",
            waits_for=ibis.literal(waits_for),
            deadline=ibis.cases(*times).cast("timestamp(6)"),
            done_at=rows[column],
            solved_at=rows.resolved_at,
        )
        parts.append(clock.filter(clock.deadline.notnull()))
    run = ibis.union(*parts)
    ended = ibis.coalesce(run.done_at, run.solved_at)
    kept = (ended <= run.deadline).fill_null(False)
    over = run.deadline <= end
    late = over & ended.isnull()
    waited = (end.epoch_seconds() - run.deadline.epoch_seconds()) / 3600
    return run.mutate(
        is_met=(over & (kept | run.done_at.notnull() | late)).ifelse(kept, ibis.null("boolean")),
        is_overdue=late,
        overdue_hours=late.ifelse(waited, ibis.null("float64")),
    ).drop("solved_at")


@fact
def overdue(c: Company) -> Table:
    """One row per case that waits beyond a promise: the columns of `clocks`. A case without any answer waits for that first;
    its solution is not listed a second time.
    """
    late = clocks(c).filter(_.is_overdue)
    first = ibis.window(group_by="case_id", order_by="waits_for")
    return late.mutate(nth=ibis.row_number().over(first)).filter(_.nth == 0).drop("nth")
