"""Events of a customer that somebody should answer: funding, expansion, a change of policy (D078)."""

from __future__ import annotations

from datetime import timedelta

from ibis import _
from ibis.expr.types import Table

from crmlib.facts import contacts
from crmlib.facts.company import Company, fact
from crmlib.vocabulary.codes import OTHER

GOODBYE = "cancellation"


@fact
def untaken(c: Company) -> Table:
    """One row per event of a customer within `policy.rhythm.event_days` after which no contact of ours is on record yet:
    customer_id, kind, day. Goodbyes, and events that have no name here, are none.
    """
    span = timedelta(days=c.policy.rhythm.event_days)
    rows = c.tables.events.filter(_.customer_id.notnull(), _["kind"].notin([GOODBYE, OTHER]))
    rows = rows.filter(_["at"].date() > c.as_of - span)
    since = contacts.ours(c).select(who="customer_id", when="at")
    both = rows.left_join(since, [rows.customer_id == since.who, since.when > rows["at"]])
    each = both.group_by("customer_id", "kind", "at").agg(taken=_.when.count()).filter(_.taken == 0)
    return each.select("customer_id", "kind", day=each["at"].date())
