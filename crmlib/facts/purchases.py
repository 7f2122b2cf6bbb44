"""Purchases: what an order brought, on which day, and when customers began and stopped to buy (D004, D057).

Net revenue is what a customer paid less what was paid back; every figure of money in the suite starts from it.
"""

from __future__ import annotations

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import windows
from crmlib.facts.company import Company, fact

MONEY = "decimal(18, 4)"


@fact
def orders(c: Company) -> Table:
    """One row per order: order_id, customer_id, at, day, amount (before refunds), refunded, net (amount less refunded),
    margin (contribution of what was kept; null where not known), discount (share), lines, channel, category, source_system.

    Where the company records no refunds, nothing is known to have been paid back and `net` is the amount. A refund counts
    on the day of its order, and is off the recorded margin already: a share of revenue is `margin` over `net`.
    """
    rows = c.tables.orders
    back = rows.refunded.fill_null(0).cast(MONEY)
    net = (rows.amount - back).cast(MONEY)
    return rows.select(
        "order_id",
        "customer_id",
        "amount",
        "margin",
        "discount",
        "lines",
        "channel",
        "category",
        "source_system",
        at="ordered_at",
        day=rows.ordered_at.date(),
        refunded=back,
        net=net,
    )


@fact
def days(c: Company) -> Table:
    """One row per customer and day with an order: customer_id, day, orders, net (money), is_kept (not all of it was paid
    back). Two orders of one day are one visit.
    """
    each = orders(c).group_by(["customer_id", "day"]).agg(orders=_.count(), net=_.net.sum(), refunded=_.refunded.sum())
    return each.mutate(is_kept=(_.net > 0) | ((_.net == 0) & (_.refunded == 0))).drop("refunded")


@fact
def buyers(c: Company) -> Table:
    """One row per customer with an order: customer_id, first_day, last_day, orders, days (with an order), net (money of all
    time), is_active (bought within `policy.cost.inactive_days`).
    """
    each = days(c).group_by("customer_id")
    known = each.agg(
        first_day=_.day.min(), last_day=_.day.max(), orders=_.orders.sum(), days=_.count(), net=_.net.sum().cast(MONEY)
    )
    return known.mutate(is_active=known.last_day > windows.active_after(c))


@fact
def recent(c: Company) -> Table:
    """The orders of the window that tiers are counted over, as `orders`."""
    return orders(c).filter(_.day >= windows.start(c))


def total(rows: Table) -> ibis.expr.types.DecimalScalar:
    """Net revenue of some rows of `orders`, exact."""
    return rows.net.sum().cast("decimal(38, 4)")
