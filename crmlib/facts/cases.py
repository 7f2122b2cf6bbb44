"""Service cases: their last state, the clocks of what was promised, and who waits (D013, D117 to D119).

A clock runs only where the company records what would stop it: without first answers on record nobody is known to wait for one.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import worktime
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import first_of
from crmlib.vocabulary.unlocks import COMPLAINT, CRISES

CLOCKS = {"first_response": "first_response_at", "resolution": "resolved_at"}
"""What a customer waits for by the policy's promise, and the column whose time stops that clock."""
OWN = "own_deadline"
"""What a customer waits for by the company's own deadline: the solution."""
CRISIS = {"crisis_first_response": "first_response_at", "crisis_resolution": "resolved_at"}
"""What a customer waits for in a crisis, whose clocks are as strict for every severity and run round the clock."""
STOPS = {**CLOCKS, OWN: "resolved_at", **CRISIS}


@fact
def cases(c: Company) -> Table:
    """One row per service case: case_id, customer_id, opened_at, day, first_response_at, resolved_at, answered_at (by the
    solution at the latest), is_solved, severity, category, cause, due_at, paused_hours, is_kept (the company's own verdict),
    reassigned, is_reopened, is_complaint, is_found_by_us (each null where not known).

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
        "paused_hours",
        "reassigned",
        case_id="ticket_id",
        day=rows.opened_at.date(),
        resolved_at=resolved_at,
        answered_at=ibis.least(rows.first_response_at, resolved_at),
        is_solved=resolved_at.notnull() | (rows.status == "closed").fill_null(False),
        is_kept=rows.met,
        is_reopened=rows.reopened,
        is_complaint=rows.category.lower() == COMPLAINT,
        is_found_by_us=rows.found_by == "proactive",
    )


def running(c: Company) -> list[str]:
    """The clocks (`CLOCKS`, `OWN`, `CRISIS`) whose deadline and end the company records, so that it can be told who waits."""
    known = [waits_for for waits_for, column in CLOCKS.items() if c.knows("tickets.severity", f"tickets.{column}")]
    known += [OWN] if c.knows("tickets.due_at", "tickets.resolved_at") else []
    return known + [name for name, column in CRISIS.items() if c.knows("tickets.category", f"tickets.{column}")]


@fact
def clocks(c: Company) -> Table:
    """One row per case and promise: case_id, customer_id, opened_at, severity, waits_for (`first_response`, `resolution`,
    `own_deadline`, and in a crisis `crisis_first_response`, `crisis_resolution`), deadline, done_at, is_met, is_overdue,
    is_untimed, is_waiting, overdue_hours (of those overdue).

    A promise of policy runs in working hours where it sets any, and round the clock in a crisis and for the severities that it
    names (`facts.worktime`); a solution's stands still for the hours that are on record as paused. `is_met` is null while the
    deadline is not over at the end of the day, answered or not: counting early answers alone would flatter. From then on a case
    without an answer is missed, and overdue while it waits (`is_waiting`: not over, and not done). What is solved has been
    answered, too, by then at the latest; where nobody noted when, it neither waits nor is it known whether the promise was
    kept (`is_untimed`). A case without a severity in the policy has no promise, one without `due_at` no deadline of the company's
    own; a clock whose end the company does not record does not run (D119).
    """
    rows, known = cases(c), running(c)
    end = ibis.literal(_end(c), type="timestamp(6)")
    kept_columns = ("case_id", "customer_id", "opened_at", "severity", "waits_for", "done_at", "solved_at", "is_solved")
    parts = {}
    for waits_for, column in STOPS.items():
        in_crisis = _.category.isin(CRISES).fill_null(False) if waits_for in CRISIS else ibis.literal(True)
        parts[waits_for] = rows.mutate(
            waits_for=ibis.literal(waits_for),
            done_at=rows[column],
            solved_at=rows.resolved_at,
            since=rows.opened_at,
            seconds=_promised(c, rows, waits_for),
            clock=_clock(c, rows, waits_for),
        ).filter(ibis.literal(waits_for in known), in_crisis)
    own = parts.pop(OWN)
    promised = worktime.due(c, ibis.union(*parts.values())).select(*kept_columns, "deadline")
    run = ibis.union(promised, own.select(*kept_columns, deadline=own.due_at.cast("timestamp(6)")))
    run = run.filter(run.deadline.notnull())
    ended = ibis.coalesce(run.done_at, run.solved_at)
    kept = (ended <= run.deadline).fill_null(False)
    over = run.deadline <= end
    late = over & ended.isnull() & ~run.is_solved
    waited = (end.epoch_seconds() - run.deadline.epoch_seconds()) / 3600
    return run.mutate(
        is_met=(over & (kept | run.done_at.notnull() | late)).ifelse(kept, ibis.null("boolean")),
        is_overdue=late,
        is_untimed=over & ended.isnull() & run.is_solved,
        is_waiting=~over & ended.isnull() & ~run.is_solved,
        overdue_hours=late.ifelse(waited, ibis.null("float64")),
    ).drop("solved_at", "is_solved")


def _promised(c: Company, rows: Table, waits_for: str) -> ibis.Value:
    """Seconds within which a case was promised what it waits for; null where nothing was."""
    promised = c.policy.service
    if waits_for in CRISIS:
        first = waits_for == "crisis_first_response"
        return ibis.literal(
            (promised.crisis_first_response_hours if first else promised.crisis_resolution_hours) * 3600
        )
    hours = promised.first_response_hours if waits_for == "first_response" else promised.resolution_hours
    seconds = ibis.cases(*((rows.severity == s, h * 3600) for s, h in sorted(hours.items()) or [("", 0.0)])).cast(
        "float64"
    )
    paused = ibis.greatest(rows.paused_hours.fill_null(0), 0) * 3600
    return seconds + paused if waits_for == "resolution" else seconds


def _clock(c: Company, rows: Table, waits_for: str) -> ibis.Value:
    if not worktime.in_hours(c) or waits_for in CRISIS:
        return ibis.literal(worktime.ALWAYS)
    always = rows.severity.isin(c.policy.service.round_the_clock or [""]).fill_null(False)
    return always.ifelse(worktime.ALWAYS, worktime.WORKING)


@fact
def overdue(c: Company) -> Table:
    """One row per case that waits beyond a promise: the columns of `clocks`. A case without any answer waits for that first,
    its solution is not listed a second time; the company's own deadline is told of cases that have no promise of the policy.
    """
    late = clocks(c).filter(_.is_overdue)
    return first_of(late, "case_id", [late.waits_for == OWN, late.waits_for])


@fact
def falling_due(c: Company) -> Table:
    """One row per case that waits for what was promised by the end of the next working day: the columns of `clocks`, with
    due_at and hours_left (from the end of the day on); the first of its promises to fall due. A case that waits beyond another
    promise is in `overdue` instead.
    """
    ends = datetime.combine(worktime.next_working_day(c) + timedelta(days=1), time.min)
    soon = clocks(c).filter(_.is_waiting, _.deadline <= ibis.literal(ends, type="timestamp(6)"))
    soon = soon.anti_join(overdue(c), "case_id")
    soon = first_of(soon, "case_id", ["deadline", soon.waits_for == OWN, "waits_for"])
    left = (soon.deadline.epoch_seconds() - ibis.literal(_end(c), type="timestamp(6)").epoch_seconds()) / 3600
    return soon.mutate(due_at=soon.deadline, hours_left=left)


def _end(c: Company) -> datetime:
    return datetime.combine(c.as_of + timedelta(days=1), time.min)
