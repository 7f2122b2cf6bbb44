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
"""What a customer waits for by the policy's promise, and the column whose time stops that clock."""
OWN = "own_deadline"
"""What a customer waits for by the company's own deadline: the solution."""


@fact
def cases(c: Company) -> Table:
    """One row per service case: case_id, customer_id, opened_at, day, first_response_at, resolved_at, is_solved, severity,
    category, cause, due_at, is_kept (the company's own verdict), reassigned, is_reopened, is_complaint, is_found_by_us (each
    null where not known).

    What was closed was solved by then, at the latest, and what is closed in its last state is solved though nobody noted when.
    A case that was opened again after its solution, and whose last state is open, is not solved.
    """
    rows = c.tables.tickets
    ended = ibis.coalesce(rows.resolved_at, rows.closed_at)
    again = (rows.status == "open") & (rows.reopened_at > ended)
    resolved_at = again.fill_null(False).ifelse(ibis.null("timestamp(6)"), ended)
    return rows.select(
        "customer_id",
        "opened_at",
        "first_response_at",
        "severity",
        "category",
        "cause",
        "due_at",
        "reassigned",
        case_id="ticket_id",
        day=rows.opened_at.date(),
        resolved_at=resolved_at,
        is_solved=resolved_at.notnull() | (rows.status == "closed").fill_null(False),
        is_kept=rows.met,
        is_reopened=rows.reopened,
        is_complaint=rows.category.lower() == COMPLAINT,
        is_found_by_us=rows.found_by == "proactive",
    )


def running(c: Company) -> list[str]:
    """The clocks (`CLOCKS`, `OWN`) whose deadline and end the company records, so that it can be told who waits."""
    known = [waits_for for waits_for, column in CLOCKS.items() if c.knows("tickets.severity", f"tickets.{column}")]
    return known + ([OWN] if c.knows("tickets.due_at", "tickets.resolved_at") else [])


@fact
def clocks(c: Company) -> Table:
    """One row per case and promise: case_id, customer_id, opened_at, severity, waits_for (`first_response`, `resolution`,
    `own_deadline`), deadline, done_at, is_met, is_overdue, is_untimed, overdue_hours (of those overdue).

    `is_met` is null while the deadline is not over at the end of the day, answered or not: counting early answers alone would
    flatter. From then on a case without an answer is missed, and overdue while it waits. What is solved has been answered, too,
    by then at the latest; where nobody noted when, it neither waits nor is it known whether the promise was kept
    (`is_untimed`). A case without a severity in the policy has no promise, one without `due_at` no deadline of the
    company's own; a clock whose end the company does not record does not run (D119).
    """
    rows, known = cases(c), running(c)
    end = ibis.literal(datetime.combine(c.as_of + timedelta(days=1), time.min), type="timestamp(6)")
    stops = {**CLOCKS, OWN: "resolved_at"}
    parts = []
    for waits_for, column in stops.items():
        clock = rows.filter(ibis.literal(waits_for in known)).select(
            "case_id",
            "customer_id",
            "opened_at",
            "severity",
            "is_solved",
            waits_for=ibis.literal(waits_for),
            deadline=_deadline(c, rows, waits_for),
            done_at=rows[column],
            solved_at=rows.resolved_at,
        )
        parts.append(clock.filter(clock.deadline.notnull()))
    run = ibis.union(*parts)
    ended = ibis.coalesce(run.done_at, run.solved_at)
    kept = (ended <= run.deadline).fill_null(False)
    over = run.deadline <= end
    late = over & ended.isnull() & ~run.is_solved
    waited = (end.epoch_seconds() - run.deadline.epoch_seconds()) / 3600
    return run.mutate(
        is_met=(over & (kept | run.done_at.notnull() | late)).ifelse(kept, ibis.null("boolean")),
        is_overdue=late,
        is_untimed=over & ended.isnull() & run.is_solved,
        overdue_hours=late.ifelse(waited, ibis.null("float64")),
    ).drop("solved_at", "is_solved")


def _deadline(c: Company, rows: Table, waits_for: str) -> ibis.Value:
    """When a promise falls due: the company's own day, or the policy's hours after the case was opened, by its severity."""
    if waits_for == OWN:
        return rows.due_at.cast("timestamp(6)")
    promised = c.policy.service
    hours = promised.first_response_hours if waits_for == "first_response" else promised.resolution_hours
    times = [
        (rows.severity == s, rows.opened_at + ibis.interval(seconds=round(h * 3600)))
        for s, h in sorted(hours.items()) or [("", 0.0)]
    ]
    return ibis.cases(*times).cast("timestamp(6)")


@fact
def overdue(c: Company) -> Table:
    """One row per case that waits beyond a promise: the columns of `clocks`. A case without any answer waits for that first,
    its solution is not listed a second time; the company's own deadline is told of cases that have no promise of the policy.
    """
    late = clocks(c).filter(_.is_overdue)
    first = ibis.window(group_by="case_id", order_by=[late.waits_for == OWN, late.waits_for])
    return late.mutate(nth=ibis.row_number().over(first)).filter(_.nth == 0).drop("nth")
