"""What a customer is worth by the trade's own measure, and the tier that this puts them in (D056, D058, D059).

Everything here looks at one customer's own orders and the policy's frozen cuts, so strangers never change it.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import ibis
from ibis.expr.types import Table, Value

from crmlib.vocabulary.months import first_day, quarter_end
from crmlib.vocabulary.policy import TIERS, Tiers

MONEY: Final = "decimal(18, 4)"
PERIODS: Final = ((25, 38, 12), (84, 99, 4), (350, 380, 1))
"""Days between two payments from and to which they count as monthly, quarterly and yearly, and payments a year."""
LAST_PAYMENTS: Final = 3
YEAR: Final = 12


def window(cuts: Tiers, revenue_model: str) -> int:
    """Months over which money is counted: the policy's window, twelve where yearly purchases are the measure (D058)."""
    return YEAR if revenue_model == "yearly_purchases" else cuts.window_months


def worth(orders: Table, *, as_of: date, cuts: Tiers, revenue_model: str = "orders") -> Table:
    """One row per customer in `orders` (nothing after `as_of` in them): customer_id, revenue (money; recurring revenue a
    year where the company lives on subscriptions), orders (in the window), days_since_first, revenue_kept (what of today's
    revenue still counts at the end of the quarter), trend.

    Refunds are taken off; a refund counts on the day of its order, since tables carry no day of the refund.
    """
    months = window(cuts, revenue_model)
    net = orders.amount - orders.refunded.fill_null(0)
    days = orders.select("customer_id", day=orders.ordered_at.date(), net=net.cast(MONEY))
    counted = days.day >= first_day(as_of, months)
    money = days.group_by("customer_id").agg(
        revenue=_sum(days.net, counted),
        orders=counted.sum().fill_null(0),
        first=days.day.min(),
        revenue_kept=_sum(days.net, days.day >= first_day(quarter_end(as_of), months)),
        **_halves(days, as_of, months),
    )
    found = money.select(
        "customer_id",
        "revenue",
        "orders",
        "revenue_kept",
        days_since_first=ibis.literal(as_of).delta(money.first, unit="day"),
        trend=_trend(money, as_of, months, cuts),
    )
    if revenue_model != "subscription":
        return found
    joined = found.join(recurring(orders, as_of=as_of, cuts=cuts), "customer_id", how="left")
    yearly = joined.recurring_revenue.fill_null(ibis.literal(0).cast(MONEY))
    return joined.mutate(revenue=yearly, revenue_kept=yearly).drop(
        "customer_id_right", "recurring_revenue", "payments_a_year"
    )


def tier_of(revenue: Value, days_since_first: Value, cuts: Tiers) -> Value:
    """The one tier of a customer. Whoever bought first within the policy's days is potential at least (D064)."""
    floors = floor_of(cuts)
    return ibis.cases(
        *((revenue >= floors[t], t) for t in TIERS[:2]),
        ((revenue >= floors["potential"]) | (days_since_first < cuts.new_days), "potential"),
        else_="long_tail",
    )


def floor_of(cuts: Tiers) -> dict[str, Value]:
    """Money from which each tier but the lowest begins, exact."""
    return {t: ibis.literal(str(getattr(cuts, f"{t}_from"))).cast(MONEY) for t in TIERS[:3]}


def recurring(orders: Table, *, as_of: date, cuts: Tiers) -> Table:
    """One row per customer who pays again and again: customer_id, recurring_revenue (money a year), payments_a_year.

    A payment is a day with orders, net of refunds. The gaps between a customer's last three payments, both of one kind, say
    whether they come monthly, quarterly or yearly; the last payment times the payments a year is the recurring revenue. A
    single payment within a year counts once, as the first of a yearly contract. None recurs once the next payment is overdue
    by more than `policy.tiers.renewal_grace_days`, nor where the gaps are none of the three.
    """
    net = (orders.amount - orders.refunded.fill_null(0)).cast(MONEY)
    days = orders.select("customer_id", day=orders.ordered_at.date(), net=net)
    paid = days.group_by(["customer_id", "day"]).agg(net=days.net.sum())
    paid = paid.filter(paid.net > 0)
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
    lives = lives.mutate(payments_a_year=a_year, idle=ibis.literal(as_of).delta(lives.last, unit="day"))
    longest = ibis.cases(*((lives.payments_a_year == n, high) for _low, high, n in PERIODS), else_=0)
    alive = lives.filter((lives.payments_a_year > 0) & (lives.idle <= longest + cuts.renewal_grace_days))
    return alive.select(
        "customer_id",
        recurring_revenue=(alive.payment * alive.payments_a_year).cast(MONEY),
        payments_a_year="payments_a_year",
    )


def _sum(net: Value, where: Value) -> Value:
    return where.ifelse(net, ibis.literal(0).cast(MONEY)).sum().cast(MONEY)


def _halves(days: Table, as_of: date, months: int) -> dict[str, Value]:
    """Money and orders of the window's later half, of the same months a year before, and of the half before it."""
    half = max(1, months // 2)
    later = days.day >= first_day(as_of, half)
    year_before = (days.day >= first_day(as_of, half + YEAR)) & (days.day < first_day(as_of, YEAR))
    before = (days.day >= first_day(as_of, 2 * half)) & ~later
    parts = {"later": later, "year_before": year_before, "before": before}
    money = {name: _sum(days.net, where) for name, where in parts.items()}
    return {**money, **{f"{name}_orders": where.sum().fill_null(0) for name, where in parts.items()}}


def _trend(money: Table, as_of: date, months: int, cuts: Tiers) -> Value:
    """rising, steady, falling or too_few_orders: the window's later half against the same months a year before for who was a
    customer by then, which is fair to seasons; against the half before it for who came later but before that half.
    """
    half = max(1, months // 2)
    long_known = money["first"] < first_day(as_of, half + YEAR)
    then = long_known.ifelse(money.year_before, money.before)
    orders = money.later_orders + long_known.ifelse(money.year_before_orders, money.before_orders)
    known = long_known | (money["first"] < first_day(as_of, 2 * half))
    change = ibis.literal(str(cuts.trend_change)).cast(MONEY)
    return ibis.cases(
        (~known | (orders < cuts.trend_orders), "too_few_orders"),
        (money.later > then * (1 + change), "rising"),
        (money.later < then * (1 - change), "falling"),
        else_="steady",
    )
