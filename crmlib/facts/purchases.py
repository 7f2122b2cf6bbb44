"""Purchases: what an order brought, on which day, and when customers began and stopped to buy (D004, D057).

Net revenue is what a customer paid less what was paid back; every figure of money in the suite starts from it.
"""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import windows
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import remembered

MONEY = "decimal(18, 4)"
TYPICAL = 0.9
"""Share of the gaps between two days with an order that a typical gap is not shorter than."""


@fact
def orders(c: Company) -> Table:
    """One row per order: order_id, customer_id, at, day, amount (before refunds), refunded, net (amount less refunded),
    margin (contribution of what was kept; null where not known), discount (share), lines, channel, category, source_system.

    Where the company records no refunds, nothing is known to have been paid back and `net` is the amount. A refund counts
    on the day of its order, and is off the recorded margin already: a share of revenue is `margin` over `net`.
    """
    rows = c.tables.orders
    back = rows.refunded.fill_null(0).cast(MONEY)
    # Without money on record an order still counts; figures of money need `orders.amount` and are not given.
    amount = rows.amount.fill_null(0)
    net = (amount - back).cast(MONEY)
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


def margin_rate(c: Company) -> float:
    """Contribution margin as a share of the net revenue of the orders that carry one; the policy's assumption where
    none does.
    """
    known = orders(c).filter(_.margin.notnull() & (_.amount > 0))
    sums = known.agg(margin=_.margin.sum(), net=_.net.sum()).to_pyarrow().to_pylist()[0]
    return float(sums["margin"] / sums["net"]) if sums["net"] else c.policy.cost.margin_rate


@fact
def margins(c: Company) -> Table:
    """The `orders` with brought: the margin of each that is on record, policy's share of the net revenue where none is."""
    rows = orders(c)
    brought = rows.margin.cast("float64").fill_null(rows.net.cast("float64") * c.policy.cost.margin_rate)
    return rows.mutate(brought=brought.cast(MONEY))


@fact
def order_margin(c: Company) -> Table:
    """One row per customer with an order: customer_id, margin (money that an order of theirs brings on average: what is recorded
    of it, policy's share of the net revenue where nothing is).
    """
    each = margins(c).group_by("customer_id")
    return each.agg(margin=_.brought.sum().cast("float64") / _.count())


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


@remembered
def newcomers_from(c: Company) -> date | None:
    """First day from which a first order on record counts as a customer's first; None without orders.

    Who ordered soon after the records begin may have done so before, too. From `policy.lifecycle.settled_days` after the
    first order on record on, nobody counts as new who has bought at the usual pace all along: by default those days are the
    gap between two days with an order that nine of ten are not longer than (`TYPICAL`), of all customers up to the day. Where
    fewer than `policy.statistics.min_n` gaps are on record hardly anybody comes back, and every first order counts.
    """
    own = ibis.window(group_by="customer_id", order_by="day")
    gaps = days(c).select("day", gap=_.day.delta(_.day.lag(1).over(own), unit="day"))
    seen = gaps.agg(first=_.day.min(), n=_.gap.count(), usual=_.gap.quantile(TYPICAL)).to_pyarrow().to_pylist()[0]
    usual = ceil(seen["usual"]) if seen["n"] >= c.policy.statistics.min_n else 0
    settled = c.policy.lifecycle.settled_days
    wait = timedelta(days=usual if settled is None else settled)
    return None if seen["first"] is None else seen["first"] + wait


@fact
def newcomers(c: Company) -> Table:
    """The customers who began to buy while on record, as `buyers`: their first order on record is their first."""
    return buyers(c).filter(_.first_day >= newcomers_from(c)) if newcomers_from(c) else buyers(c)


def comes_back(c: Company) -> bool:
    """Whether customers of this company come back at all, so that it means something when one does not (D067, D102).

    At least `policy.risk.come_back_from` of those who could have done so (`came_back`) did. Fewer than `policy.statistics.min_n`
    of them tell nothing against it.
    """
    again, n = came_back(c)
    return again >= c.policy.risk.come_back_from * n or n < c.policy.statistics.min_n


@remembered
def came_back(c: Company) -> tuple[int, int]:
    """Customers who bought on a second day, and of how many: those whose first order lies `policy.cost.inactive_days` back or
    more.
    """
    old = buyers(c).filter(_.first_day <= windows.active_after(c))
    seen = old.agg(again=_.count(where=_.days > 1), n=_.count()).to_pyarrow().to_pylist()[0]
    return int(seen["again"]), int(seen["n"])


@fact
def recent(c: Company) -> Table:
    """The orders of the window that tiers are counted over, as `orders`."""
    return orders(c).filter(_.day >= windows.start(c))
