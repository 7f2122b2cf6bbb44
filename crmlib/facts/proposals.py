"""Proposals: what an earlier review proposed, into which arm the lot drew it, and what came within its days (D129)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import purchases
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import first_of
from crmlib.vocabulary.statuses import UNREAD

ARMS = ("act", "hold_out")
LASTING: Final = "lasting"
"""Arm of who is left alone for a year."""
LATEST_DAYS: Final = 62
"""Days within which a proposal still counts as of last month."""


@fact
def proposals(c: Company) -> Table:
    """One row per proposed action: action_id, customer_id, proposed_on, why, what, channel, owner, due_on, arm, done_at,
    is_done (null where the company does not record what was carried out, or it could not be read), outcome, is_over (its days
    are over), explored, and as the list held them propensity, tier (of its stratum), expected, room, minutes, cost, status,
    stage.
    """
    rows = c.tables.actions
    over = rows.proposed_on <= c.as_of - timedelta(days=c.policy.contact.outcome_window_days)
    done = rows.done_at.notnull() if c.knows("actions.done_at") else rows.done_at.isnull().nullif(True)
    # What came back and could not be read says neither that it was done nor that it was not.
    done = (rows.status == UNREAD).fill_null(False).ifelse(ibis.null("boolean"), done)
    return rows.select(
        "action_id", "customer_id", "proposed_on", "why", "what", "channel", "owner", "due_on", "arm", "done_at", "outcome",
        "propensity", "expected", "room", "minutes", "cost", "status", "stage",
        is_done=done, is_over=over, explored=rows.explore.fill_null(False),
        tier=rows.stratum.re_extract(r"\|([^|]*)$", 1).fill_null(""),
    )  # fmt: skip


@fact
def outcomes(c: Company) -> Table:
    """The drawn proposals whose days are over, as `proposals`, with orders and net (money) of the days from the one after the
    proposal to `policy.contact.outcome_window_days` later.

    Customers who stand in both arms of a month, because two of their records were found to be one person since, are left out.
    """
    days = c.policy.contact.outcome_window_days
    drawn = proposals(c).filter(_.is_over & _.arm.isin((*ARMS, LASTING)))
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

    Reasons that were never held out (a case that is owed an answer) have nothing to be compared with. Who was drawn to explore
    was so with another chance, and who is left alone for a year is no comparison of a month: both are left out.
    """
    rows = outcomes(c).filter(~_.explored, _.arm != LASTING)
    drawn = ibis.window(group_by=[rows.proposed_on.truncate("M"), rows.why])
    both = rows.mutate(is_both=rows.arm.nunique().over(drawn) == len(ARMS))
    return both.filter(_.is_both).drop("is_both")


@fact
def latest(c: Company) -> Table:
    """One row per customer on the list of last month: customer_id, proposed_on, why, is_done, done_on, ordered (since)."""
    rows = proposals(c).filter(_.arm == "act", _.proposed_on < c.as_of)
    last = first_of(rows, "customer_id", [ibis.desc("proposed_on"), ibis.asc("action_id")])
    last = last.filter(_.proposed_on > c.as_of - timedelta(days=LATEST_DAYS))
    bought = purchases.buyers(c).select("customer_id", "last_day")
    told = last.left_join(bought, "customer_id").drop("customer_id_right")
    return told.select(
        "customer_id", "proposed_on", "why", "is_done",
        done_on=_.done_at.date(), ordered=(_.last_day > _.proposed_on).fill_null(False),
    )  # fmt: skip
