"""Contacts: ours or theirs, noticed or answered, and how many a customer had of late (D010, D075, D093).

Whose a contact is, and whether it was answered, is known only where the company records it: null is "not known", and is
neither ours nor theirs, neither answered nor unanswered.
"""

from __future__ import annotations

from datetime import timedelta

import ibis
from ibis import _
from ibis.expr.types import BooleanValue, Table, TimestampValue

from crmlib.facts import people, trials
from crmlib.facts.company import Company, fact
from crmlib.vocabulary.unlocks import SCRIPTS

DAY = 86_400
SPAN = 30
"""Days over which contacts are counted against the cap."""


@fact
def contacts(c: Company) -> Table:
    """One row per contact: contact_id, customer_id, at, day, channel, purpose, campaign, script, cost (money), sender,
    opted_out_at, is_ours, is_theirs (null where the direction is not known), is_over (ours, and its days to respond are over by
    the end of the day), answer_seconds (to the response), is_answered, is_noticed, is_automatic.

    `is_answered`: the response came within `policy.contact.respond_within_days`. Null while those days are not over, and in a
    channel in which no response was ever noted: there no answer cannot be told from none written down. A row that says only that
    somebody stood in an arm that was left alone is no contact. `is_noticed`: opened
    or answered at any time; null where neither is recorded. Of an e-mail opened or answered within
    `policy.contact.automatic_seconds` nobody knows whether a person or a mail filter did it: that opening, or answer, is null,
    and `is_automatic` says so.
    """
    rows = c.tables.interactions.filter(~trials.is_left_alone(c, c.tables.interactions))
    end = ibis.literal(c.as_of + timedelta(days=1), type="date").cast("timestamp(6)").epoch_seconds()
    allowed = c.policy.contact.respond_within_days * DAY
    begun = rows.at.epoch_seconds()
    seconds = rows.responded_at.epoch_seconds() - begun
    ours = rows.direction == "out"
    over = ours & (begun + allowed <= end)
    opened_soon, answered_soon = (_at_once(c, rows, rows[name]) for name in ("opened_at", "responded_at"))
    opened = rows.opened_at.notnull() & ~opened_soon | rows.responded_at.notnull() & ~answered_soon
    told = rows.select(
        "customer_id",
        "at",
        "channel",
        "purpose",
        "campaign",
        "script",
        "cost",
        "sender",
        "opted_out_at",
        contact_id="interaction_id",
        day=rows.at.date(),
        is_ours=ours,
        is_theirs=rows.direction == "in",
        is_over=over,
        answer_seconds=seconds,
        in_time=over & ((seconds >= 0) & (seconds <= allowed)).fill_null(False),
        is_automatic=opened_soon | answered_soon,
        by_machine=answered_soon,
        is_noticed=(opened | (opened_soon | answered_soon).ifelse(ibis.null("boolean"), False))
        if c.knows("interactions.opened_at") or c.knows("interactions.responded_at")
        else ibis.null("boolean"),
    )
    noted = told.in_time.any().over(ibis.window(group_by="channel")).fill_null(False)
    known = told.is_over & noted & ~told.by_machine
    return told.mutate(is_answered=known.ifelse(told.in_time, ibis.null("boolean"))).drop("in_time", "by_machine")


def _at_once(c: Company, rows: Table, when: TimestampValue) -> BooleanValue:
    """Whether an e-mail was opened or answered so soon that a machine may have done it, as far as times have seconds at all."""
    after = when.epoch_seconds() - rows.at.epoch_seconds()
    timed = (rows.at.second() != 0) | (when.second() != 0)
    soon = (rows.channel == "email") & timed & (after >= 0) & (after <= c.policy.contact.automatic_seconds)
    return soon.fill_null(False)


@fact
def ours(c: Company) -> Table:
    """Contacts from us, as `contacts`."""
    return contacts(c).filter(_.is_ours)


@fact
def theirs(c: Company) -> Table:
    """Contacts from customers, as `contacts`."""
    return contacts(c).filter(_.is_theirs)


@fact
def bothering(c: Company) -> Table:
    """Contacts that may have bothered a customer, as `contacts`: ours, and those of which nobody knows whose they were.

    The cap protects customers, so that what is not known counts against another contact and never for it.
    """
    return contacts(c).filter(~_.is_theirs.fill_null(False))


@fact
def scripted(c: Company) -> Table:
    """Contacts from us with a script made for a role, to customers of a known role, of which it is known whether they were
    answered: customer_id, role, is_own (the script is the one made for that role), is_answered (D065).
    """
    roles = people.customers(c).filter(_.role.isin(list(SCRIPTS))).select("customer_id", "role")
    sent = (
        ours(c).filter(_.script.isin(list(SCRIPTS.values())) & _.is_answered.notnull()).inner_join(roles, "customer_id")
    )
    return sent.select(
        "customer_id", "role", "is_answered", is_own=sent.script == sent.role.cases(*SCRIPTS.items(), else_=None)
    )


@fact
def pressure(c: Company) -> Table:
    """One row per customer whom `bothering` contacts reached in the last 30 days or within the days of rest: customer_id,
    contacts in the 30 days, last_on, short_rests.

    `short_rests` counts those of the 30 days that came fewer than `policy.contact.min_days_between` days after the contact
    before (D075).
    """
    return _pressed(c, bothering(c))


@fact
def pressure_by_us(c: Company) -> Table:
    """The same of contacts known to be ours, one row per customer with one in the last 30 days: what figures tell."""
    return _pressed(c, ours(c)).filter(_.contacts > 0)


@fact
def over_contacted(c: Company) -> Table:
    """customer_id of those whom one more contact would bother: at the cap of 30 days, or not rested yet (D075)."""
    limits = c.policy.contact
    rested_from = c.as_of - timedelta(days=limits.min_days_between)
    pressed = (_.contacts >= limits.cap_per_30_days) | (_.last_on > rested_from)
    return pressure(c).filter(pressed).select("customer_id")


def _pressed(c: Company, rows: Table) -> Table:
    rest = c.policy.contact.min_days_between
    first, since = (c.as_of - timedelta(days=days) for days in (SPAN, max(SPAN, rest)))
    own = ibis.window(group_by="customer_id", order_by=["at", "contact_id"])
    near = rows.filter(_.day > since - timedelta(days=rest))
    near = near.mutate(rest=near.day.delta(near.day.lag(1).over(own), unit="day"))
    counted = _.day > first
    return near.filter(_.day > since).group_by("customer_id").agg(
        contacts=_.count(where=counted),
        last_on=_.day.max(),
        short_rests=_.count(where=counted & (_.rest < rest)),
    )  # fmt: skip
