"""Proposals: what an earlier review proposed, into which arm the lot drew it, and what came within its days (D129)."""

from __future__ import annotations

from datetime import timedelta

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import purchases
from crmlib.facts.company import Company, fact

ARMS = ("act", "hold_out")


@fact
def proposals(c: Company) -> Table:
    """One row per proposed action: action_id, customer_id, proposed_on, why, what, channel, owner, due_on, arm, done_at,
    is_done (null where the company does not record what was carried out), outcome, is_over (its days are over).
    """
    rows = c.tables.actions
    over = rows.proposed_on <= c.as_of - timedelta(days=c.policy.contact.outcome_window_days)
    done = rows.done_at.notnull() if c.knows("actions.done_at") else rows.done_at.isnull().nullif(True)
    return rows.select(
        "action_id", "customer_id", "proposed_on", "why", "what", "channel", "owner", "due_on", "arm", "done_at", "outcome",
        is_done=done, is_over=over,
    )  # fmt: skip


@fact
def outcomes(c: Company) -> Table:
    """The drawn proposals whose days are over, as `proposals`, with orders and net (money) of the days from the one after the
    proposal to `policy.contact.outcome_window_days` later.

    Customers who stand in both arms of a month, because two of their records were found to be one person since, are left out.
    """
    days = c.policy.contact.outcome_window_days
    drawn = proposals(c).filter(_.is_over & _.arm.isin(ARMS))
    single = drawn.group_by(["customer_id", "proposed_on"]).agg(arms=_.arm.nunique()).filter(_.arms == 1)
    drawn = drawn.semi_join(single, ["customer_id", "proposed_on"])
    bought = purchases.orders(c).select("order_id", "day", "net", buyer="customer_id")
    joined = drawn.left_join(bought, drawn.customer_id == bought.buyer)
    after = joined.day.delta(joined.proposed_on, unit="day")
    inside = (after >= 1) & (after <= days)
    sums = joined.group_by("action_id").agg(orders=_.order_id.count(where=inside), net=_.net.sum(where=inside))
    return drawn.inner_join(sums, "action_id").mutate(net=_.net.fill_null(0))


@fact
def compared(c: Company) -> Table:
    """The `outcomes` that can be held against the other arm: of months and reasons in which the lot drew both.

    Reasons that were never held out (a case that is owed an answer) have nothing to be compared with.
    """
    rows = outcomes(c)
    drawn = ibis.window(group_by=[rows.proposed_on.truncate("M"), rows.why])
    both = rows.mutate(is_both=rows.arm.nunique().over(drawn) == len(ARMS))
    return both.filter(_.is_both).drop("is_both")
