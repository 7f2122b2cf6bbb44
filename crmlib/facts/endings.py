"""Endings: that a customer gave something up, when and why, each told once (D030, D031, D107).

Two tables may tell of one and the same ending: a contract that ended, with a reason, and an event of kind `cancellation`.
"""

from __future__ import annotations

from datetime import timedelta

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import contracts
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import first_of
from crmlib.facts.purchases import MONEY
from crmlib.vocabulary.unlocks import CANCELLATION, UNKNOWN

READ_FROM = ("events.reason", "contracts.ended_reason")
"""Where reasons of ending stand; one of them is enough."""


def reasons_are_known(c: Company) -> bool:
    """Whether reasons of ending are on record at all."""
    return any(c.knows(name) for name in READ_FROM)


def surer(c: Company) -> tuple[str, ...]:
    """What would make it surer which endings there were and why."""
    return (*(() if "events" in c.missing else ("events.customer_id",)), *contracts.surer(c))


@fact
def ended(c: Company) -> Table:
    """One row per paid contract that ended for good: contract_id, customer_id, day, reason (null: not known), arr.

    One that another of the customer's paid contracts took the place of, begun between the day before its end and
    `policy.tiers.renewal_grace_days` after it, is no ending: plan or amount changed.
    """
    paid = contracts.paying(c)
    over = paid.filter(_.until.notnull()).select("contract_id", "customer_id", "reason", "arr", day=_.until)
    other = paid.select(other_id="contract_id", customer_id="customer_id", began="started_on")
    both = over.select("contract_id", "customer_id", "day").inner_join(other, "customer_id")
    gap = both.began.delta(both.day, unit="day")
    replaced = both.filter(both.other_id != both.contract_id, gap >= -1, gap <= c.policy.tiers.renewal_grace_days)
    return over.anti_join(replaced, "contract_id").mutate(reason=_stated(_.reason))


@fact
def goodbyes(c: Company) -> Table:
    """One row per event of kind `cancellation` of a customer: event_id, customer_id, day, reason (null: not known)."""
    rows = c.tables.events.filter(_.kind.lower() == CANCELLATION, _.customer_id.notnull())
    return rows.select("event_id", "customer_id", day=rows["at"].date(), reason=_stated(rows.reason))


@fact
def endings(c: Company) -> Table:
    """One row per ending, each once: ending_id, customer_id, day, reason (null: not known), arr (money a year of the contracts
    that ended with it; null where none is known to have).

    A contract that ended within `policy.contracts.same_ending_days` of a goodbye of its customer belongs to the nearest of
    them, which takes its reason where it states none of its own. The other contracts are endings by themselves where the
    company records why contracts end; where it does not, goodbyes alone tell.
    """
    said, over = goodbyes(c), ended(c)
    near = over.inner_join(said.select(customer_id="customer_id", event_id="event_id", on="day"), "customer_id").mutate(
        away=_.day.delta(_.on, unit="day").abs()
    )
    near = near.filter(_.away <= c.policy.contracts.same_ending_days)
    near = first_of(near, "contract_id", ["away", "on", "event_id"])
    reasons = first_of(near.filter(_.reason.notnull()), "event_id", ["away", "contract_id"])
    with_it = near.group_by("event_id").agg(arr=_.arr.sum())
    with_it = with_it.left_join(reasons.select("event_id", other="reason"), "event_id").drop("event_id_right")
    told = said.left_join(with_it, "event_id").drop("event_id_right")
    told = told.select("customer_id", "day", ending_id="event_id", reason=told.reason.coalesce(told.other), arr="arr")
    alone = over.anti_join(near, "contract_id").filter(ibis.literal(c.knows("contracts.ended_reason")))
    alone = alone.select("customer_id", "day", "reason", "arr", ending_id="contract_id")
    columns = ("ending_id", "customer_id", "day", "reason", "arr")
    return ibis.union(
        told.mutate(arr=told.arr.cast(MONEY)).select(*columns), alone.mutate(arr=alone.arr.cast(MONEY)).select(*columns)
    )


def of_late(c: Company) -> Table:
    """The endings of the last year, as `endings`."""
    return endings(c).filter(_.day > c.as_of - timedelta(days=365))


def _stated(reason: ibis.expr.types.StringValue) -> ibis.expr.types.StringValue:
    """A reason as stated; an empty one, and one that says it is unknown, is not known."""
    written = reason.strip()
    return written.lower().isin(["", *UNKNOWN]).ifelse(ibis.null("string"), written)
