"""Contracts: who pays again and again, and what that comes to in a year (D058).

No table of contracts is known yet, so that they are read from the days on which a customer paid.
"""

from __future__ import annotations

from typing import Final

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import purchases
from crmlib.facts.company import Company, fact

PERIODS: Final = ((25, 38, 12), (84, 99, 4), (350, 380, 1))
"""Days between two payments from and to which they count as monthly, quarterly and yearly, and payments a year."""
LAST_PAYMENTS: Final = 3


@fact
def recurring(c: Company) -> Table:
    """One row per customer who pays again and again: customer_id, recurring_revenue (money a year), payments_a_year.

    A payment is a day with orders, net of refunds. The gaps between a customer's last three payments, both of one kind, say
    whether they come monthly, quarterly or yearly; the last payment times the payments a year is the recurring revenue. A
    single payment within a year counts once, as the first of a yearly contract. None recurs once the next payment is overdue
    by more than `policy.tiers.renewal_grace_days`, nor where the gaps are none of the three.
    """
    paid = purchases.days(c).filter(_.net > 0)
    own = ibis.window(group_by=paid.customer_id, order_by=paid.day)
    latest = ibis.window(group_by=paid.customer_id, order_by=paid.day.desc())
    paid = paid.mutate(gap=paid.day.delta(paid.day.lag(1).over(own), unit="day"), back=ibis.row_number().over(latest))
    # The gap before the earliest of the last payments lies outside of them.
    near = paid.filter(paid.back < LAST_PAYMENTS)
    gap = (near.back < LAST_PAYMENTS - 1).ifelse(near.gap, ibis.null("int64"))
    lives = near.group_by("customer_id").agg(
        shortest=gap.min(), longest=gap.max(), last=near.day.max(), payment=near.net.argmax(near.day)
    )
    a_year = ibis.cases(
        (lives.shortest.isnull(), 1),
        *(((lives.shortest >= low) & (lives.longest <= high), n) for low, high, n in PERIODS),
        else_=0,
    )
    lives = lives.mutate(payments_a_year=a_year, idle=ibis.literal(c.as_of).delta(lives.last, unit="day"))
    longest = ibis.cases(*((lives.payments_a_year == n, high) for _low, high, n in PERIODS), else_=0)
    grace = c.policy.tiers.renewal_grace_days
    alive = lives.filter((lives.payments_a_year > 0) & (lives.idle <= longest + grace))
    return alive.select(
        "customer_id",
        recurring_revenue=(alive.payment * alive.payments_a_year).cast(purchases.MONEY),
        payments_a_year="payments_a_year",
    )
