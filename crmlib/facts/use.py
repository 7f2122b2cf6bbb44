"""Use: the days on which a customer logged in, clicked, or met an error (D047, D102)."""

from __future__ import annotations

from ibis import _
from ibis.expr.types import Table

from crmlib.facts.company import Company, fact


@fact
def days(c: Company) -> Table:
    """One row per customer and day of use: customer_id, day, logins, events, errors (each null where not recorded)."""
    return c.tables.activity.select("customer_id", "day", "logins", "events", "errors")


@fact
def logins(c: Company) -> Table:
    """Days on which a customer came: customer_id, day. A day of use counts as one unless it says that nobody logged in."""
    return days(c).filter(_.logins.fill_null(1) > 0).select("customer_id", "day")
