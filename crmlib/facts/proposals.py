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
YEAR: Final = 365
"""Days before a proposal from which is read what was known of its customer."""
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
    """The drawn proposals whose days are over, as `proposals`, with orders, net and margin (money) of the days from the one after
    the proposal to `policy.contact.outcome_window_days` later, and what was known before: orders_before and margin_before of the
    year up to the proposal, is_recent (an order within as many days before it).

    Customers who stand in both arms of a month, because two of their records were found to be one person since, are left out.
    """
    days = c.policy.contact.outcome_window_days
    drawn = proposals(c).filter(_.is_over & _.arm.isin((*ARMS, LASTING)))
    single = drawn.group_by(["customer_id", "proposed_on"]).agg(arms=_.arm.nunique()).filter(_.arms == 1)
    drawn = drawn.semi_join(single, ["customer_id", "proposed_on"])
    bought = purchases.margins(c).select("order_id", "day", "net", "brought", buyer="customer_id")
    joined = drawn.left_join(bought, drawn.customer_id == bought.buyer)
    after = joined.day.delta(joined.proposed_on, unit="day")
    inside, before = (after >= 1) & (after <= days), (after <= 0) & (after > -YEAR)
    sums = joined.group_by("action_id").agg(
        orders=_.order_id.count(where=inside), net=_.net.sum(where=inside), margin=_.brought.sum(where=inside),
        orders_before=_.order_id.count(where=before), margin_before=_.brought.sum(where=before),
        is_recent=((after <= 0) & (after > -days)).any(),
    )  # fmt: skip
    known = drawn.inner_join(sums, "action_id")
    return known.mutate(
        **{name: known[name].fill_null(0) for name in ("net", "margin", "margin_before")},
        is_recent=_.is_recent.fill_null(False),
    )


def drawn_in(rows: Table) -> Table:
    """Those of some proposals on which the lot decided whether they are acted on, left alone, or left alone for a year."""
    by_lot = (rows.propensity < 1).fill_null(True)
    return rows.filter(rows.arm.isin((*ARMS, LASTING)), ~rows.explored, by_lot)


@fact
def compared(c: Company) -> Table:
    """The `outcomes` that can be held against the other arm: those whom chance could have put into either.

    That is what the list noted as their propensity; where it noted none, reasons that the lot has ever drawn both arms of (not a
    case that is owed an answer). Who was drawn to explore was so with another chance, and who is left alone for a year is no
    comparison of a month: both are left out.
    """
    rows = outcomes(c).filter(~_.explored, _.arm != LASTING)
    alike = ibis.window(group_by=rows.why)
    both = rows.arm.min().over(alike) != rows.arm.max().over(alike)
    by_lot = rows.propensity.isnull().ifelse(both, (rows.propensity > 0) & (rows.propensity < 1))
    return rows.mutate(by_lot=by_lot).filter(_.by_lot).drop("by_lot")


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
