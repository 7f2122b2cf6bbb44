"""What a customer is worth by the trade's own measure, and the tier that this puts them in (D056, D058, D059).

Everything here looks at one customer's own orders and the policy's frozen cuts, so strangers never change it.
"""

from __future__ import annotations

from datetime import date, timedelta
from statistics import NormalDist

import ibis
from ibis import _
from ibis.expr.types import Table, Value

from crmlib.facts import contracts, purchases, windows
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import held
from crmlib.facts.purchases import MONEY
from crmlib.vocabulary.months import first_day, month_ends, quarter_end
from crmlib.vocabulary.policy import TIERS, Tiers

YEAR = 12
"""Months over which a tier that is left only beyond chance is followed."""
NOTHING = ibis.literal(0).cast(MONEY)


@fact
def worth(c: Company) -> Table:
    """One row per customer with an order, or with a paid contract where the company lives on subscriptions and states them:
    customer_id, revenue (money; recurring revenue a year of subscriptions), orders (in the window), days_since_first,
    revenue_kept (what of today's revenue still counts at the end of the quarter).

    Refunds are taken off; a refund counts on the day of its order, since tables carry no day of the refund.
    """
    days, months = purchases.orders(c).select("customer_id", "day", "net"), windows.value_months(c)
    counted = days.day >= windows.value_start(c)
    money = days.group_by("customer_id").agg(
        revenue=_sum(days.net, counted),
        orders=counted.sum().fill_null(0),
        first=days.day.min(),
        revenue_kept=_sum(days.net, days.day >= first_day(quarter_end(c.as_of), months)),
    )
    each = money.select(
        "customer_id",
        "revenue",
        "orders",
        "revenue_kept",
        days_since_first=ibis.literal(c.as_of).delta(money.first, unit="day"),
    )
    if contracts.are_worth(c):
        return _under_contract(c, each)
    if c.revenue_model != "subscription":
        return each
    joined = each.join(contracts.recurring(c), "customer_id", how="left")
    yearly = joined.recurring_revenue.fill_null(NOTHING)
    return joined.mutate(revenue=yearly, revenue_kept=yearly).drop(
        "customer_id_right", "recurring_revenue", "payments_a_year"
    )


def _under_contract(c: Company, buyers: Table) -> Table:
    """`worth` of who has or had a paid contract: revenue is what the contracts that run today bring in a year, as stated; an
    order or a contract, the earlier, is where the customer began. Of what runs today all still counts at the quarter's end.
    """
    first = contracts.paying(c).group_by("customer_id").agg(began=_.started_on.min())
    running = contracts.on(c, c.as_of).select("customer_id", "arr")
    orders = buyers.select("customer_id", "orders", "days_since_first")
    everyone = ibis.union(first.select("customer_id"), orders.select("customer_id"), distinct=True)
    for part in (first, running, orders):
        everyone = everyone.left_join(part, "customer_id").drop("customer_id_right")
    yearly = everyone.arr.fill_null(NOTHING).cast(MONEY)
    since = ibis.greatest(ibis.literal(c.as_of).delta(everyone.began, unit="day"), everyone.days_since_first)
    return everyone.select(
        "customer_id", revenue=yearly, orders=everyone.orders.fill_null(0), revenue_kept=yearly, days_since_first=since
    )


@fact
def placed(c: Company) -> Table:
    """One row per customer with an order, as `worth`, with tier, next_tier and to_next_tier_amount (money).

    The last two are null in the highest tier. The tier follows from value alone, so that a right promised at a sum of money
    opens at that sum; `trends.orders` says which way the customer is going.
    """
    cuts = c.policy.tiers
    floors, above = floor_of(cuts), dict(zip(TIERS[1:], TIERS[:3], strict=True))
    each = worth(c).mutate(tier=tier_of(_.revenue, _.days_since_first, cuts))
    return each.mutate(
        next_tier=ibis.cases(*((each.tier == t, up) for t, up in above.items())),
        to_next_tier_amount=ibis.cases(*((each.tier == t, floors[up]) for t, up in above.items())) - each.revenue,
    )


@fact
def at_month_starts(c: Company) -> Table:
    """One row per customer and month of the tiers' window: customer_id, month (its first day), tier (in which the customer stood
    at the end of the month before, as known then); none for customers without an order by then. Held, as all that is told by the
    tier at the time reads it.
    """
    ends, first = [], windows.start(c)
    for end in reversed(month_ends(c.as_of, c.policy.tiers.window_months + 2)):
        start = end + timedelta(days=1)
        if start <= c.as_of:
            ends.append(placed(c.at(end)).select("customer_id", "tier", month=ibis.literal(start)))
        if start <= first:
            break
    return held(c, "at_month_starts", ibis.union(*ends, distinct=False))


@fact
def settled(c: Company) -> Table:
    """One row per customer with an order: customer_id, tier, tier_before (at the end of the month before; null who had no order
    then), both as left only beyond chance: who stands near a cut does not move to and fro with every order.

    From the tier of a year ago, or of the first order since, month by month: a customer moves only as far as the tiers
    ask for whose cut the money lies past by more than chance (`_plausible`), all by what is known now. What is agreed, as in
    subscriptions, has no chance in it: there every movement counts.
    """
    if c.revenue_model == "subscription":
        before = placed(c.at(windows.month_before(c))).select("customer_id", tier_before=_.tier)
        return placed(c).select("customer_id", "tier").left_join(before, "customer_id").drop("customer_id_right")
    rows = _plausible(c)
    steps: list[Value] = [rows.rank_0]
    for i in range(1, YEAR + 1):
        then = ibis.coalesce(steps[-1], rows[f"rank_{i}"])
        steps.append(ibis.greatest(rows[f"best_{i}"], ibis.least(then, rows[f"worst_{i}"])))
    before, now = (step.cases(*enumerate(TIERS), else_=None) for step in steps[-2:])
    return rows.select("customer_id", tier=now, tier_before=before)


def _plausible(c: Company) -> Table:
    """One row per customer with an order: customer_id, and for each of the last month's ends (0 the first of them) by their place
    in TIERS rank_0 (the tier), best_0 and worst_0 (of the tiers that chance leaves open), and so on; null before the first order.

    Money is taken for a sum of so many orders by chance (compound Poisson): around a cut it spreads by the root of the cut times
    the typical order, the one that a unit of their money of two windows belongs to. Past it by more than the normal quantile of
    `statistics.confidence` is beyond chance.
    """
    months, ends = windows.value_months(c), month_ends(c.as_of, YEAR + 1)
    each = purchases.days(c).mutate(cents=(_.net * 100).round().cast("int64"))
    each = each.mutate(squared=each.cents.cast("decimal(38, 0)") * each.cents)
    # All windows in one pass: a row per day and window would be thirteen times the days.
    sums: dict[str, Value] = {"first": each.day.min()}
    for i, end in enumerate(ends):
        bought = each.day.between(first_day(end, 2 * months), end) & (each.net > 0)
        sums[f"revenue_{i}"] = _sum(each.net, each.day.between(first_day(end, months), end))
        sums[f"s_{i}"] = each.cents.sum(where=bought).cast("float64")
        sums[f"ss_{i}"] = each.squared.sum(where=bought).cast("float64")
    rows = each.group_by("customer_id").agg(**sums)
    return rows.select(
        "customer_id", **{name: v for i, end in enumerate(ends) for name, v in _left_open(c, rows, i, end).items()}
    )


def _left_open(c: Company, rows: Table, i: int, end: date) -> dict[str, Value]:
    cuts, z = c.policy.tiers, NormalDist().inv_cdf(c.policy.statistics.confidence)
    revenue, young = rows[f"revenue_{i}"], ibis.literal(end).delta(rows["first"], unit="day")
    order = (rows[f"ss_{i}"] / rows[f"s_{i}"] / 100).fill_null(0.0)
    floors, ranks = floor_of(cuts), {t: ibis.literal(n, "int64") for n, t in enumerate(TIERS)}
    past = {t: (revenue - floor).cast("float64") for t, floor in floors.items()}
    reach = {t: z * (floor.cast("float64") * order).sqrt() for t, floor in floors.items()}
    lowest = (young < cuts.new_days).ifelse(ranks["potential"], ranks["long_tail"])
    told = {
        "rank": tier_of(revenue, young, cuts).cases(*ranks.items(), else_=None),
        "best": ibis.cases(*((past[t] >= -reach[t], ranks[t]) for t in floors), else_=lowest),
        "worst": ibis.cases(*(((past[t] >= 0) & (past[t] >= reach[t]), ranks[t]) for t in floors), else_=lowest),
    }
    return {f"{name}_{i}": (young >= 0).ifelse(place, ibis.null("int64")) for name, place in told.items()}


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


def _sum(net: Value, where: Value) -> Value:
    return where.ifelse(net, NOTHING).sum().cast(MONEY)
