"""Use: the days on which a customer logged in, clicked, or met an error (D047, D102)."""

from __future__ import annotations

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import contacts, windows
from crmlib.facts.company import Company, fact
from crmlib.vocabulary.unlocks import TRIAL

SPAN = 120
"""Days before an invitation to a trial that are compared with those after it."""


@fact
def days(c: Company) -> Table:
    """One row per customer and day of use: customer_id, day, logins, events, errors (each null where not recorded)."""
    return c.tables.activity.select("customer_id", "day", "logins", "events", "errors")


@fact
def logins(c: Company) -> Table:
    """Days on which a customer is known to have logged in: customer_id, day; none where the company records no logins."""
    return days(c).filter(_.logins > 0).select("customer_id", "day")


@fact
def trials(c: Company) -> Table:
    """One row per customer invited by us to a trial, from the campaign's name: customer_id, invited_on (first invitation),
    is_user (it was answered), and logins, events and errors `_before` (in the 120 days up to it) and `_after` it (D054, D113).

    The day of the invitation itself is left out; what the company does not record is null.
    """
    sent = contacts.ours(c).filter(_.campaign.startswith(TRIAL)).group_by("customer_id")
    answered = _.answer_seconds.notnull().any() if c.knows("interactions.responded_at") else ibis.null("boolean")
    invited = sent.agg(invited_on=_.day.min(), is_user=answered)
    near = days(c).inner_join(invited, "customer_id").filter(_.day != _.invited_on)
    near = near.filter(_.invited_on.delta(_.day, unit="day") <= SPAN)
    seen = [what for what in ("logins", "events", "errors") if c.knows(f"activity.{what}")]
    sides = [(what, side) for what in ("logins", "events", "errors") for side in ("before", "after")]
    sums = near.group_by("customer_id").agg(
        **{f"{what}_{side}": _[what].sum(where=(_.day > _.invited_on) == (side == "after")) for what, side in sides}
    )
    joined = invited.left_join(sums, "customer_id").drop("customer_id_right")
    return joined.mutate(**{f"{w}_{s}": joined[f"{w}_{s}"].fill_null(0) for w, s in sides if w in seen})


@fact
def recent(c: Company) -> Table:
    """One row per customer with use before the window of the risk rule: customer_id, late and early (days with use in the window
    of `policy.risk.window_months`, and in the `policy.risk.baseline_months` before it), late_days and early_days (of the two).

    A day counts once, however much was done on it, as clicks of a day come together. Who was first seen after the baseline
    began has no baseline and no row.
    """
    risk = c.policy.risk
    late, early = windows.last(c, risk.window_months), windows.last(c, risk.window_months + risk.baseline_months)
    is_use = (_.logins.fill_null(0) > 0) | (_.events.fill_null(0) > 0) | (_.logins.isnull() & _.events.isnull())
    each = days(c).filter(is_use).group_by("customer_id")
    each = each.agg(
        late=_.count(where=_.day >= late),
        early=_.count(where=(_.day >= early) & (_.day < late)),
        first_day=_.day.min(),
    )
    return each.filter(_.first_day <= early).select(
        "customer_id",
        "late",
        "early",
        late_days=ibis.literal((c.as_of - late).days + 1, "int64"),
        early_days=ibis.literal((late - early).days, "int64"),
    )
