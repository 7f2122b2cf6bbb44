"""Tiers: every customer in exactly one, by value and with its trend; movement; the way up (D056, D058, D059, D063).

Cuts are policy, frozen and dated. Refunds count against value. Whoever bought for the first time within the
policy's days is potential at least: there has been no time to show more (D064).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts import contracts, purchases, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import among, finding, findings, marked, share_of, shares_of, sized
from crmlib.facts.tiers import placed, settled
from crmlib.facts.trends import orders as order_trends
from crmlib.models.estimates import wilson
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.policy import TIERS

NEWCOMER = "newcomer"
"""Where a customer comes from who had no order a month ago."""
TRENDS = ("rising", "steady", "falling", "too_few_orders", "too_new")
UNTOLD = TRENDS[3:]


def tiers(c: Company) -> Table:
    """One row per customer with an order: customer_id, tier, revenue (money, by the company's revenue model), orders (in
    the window), days_since_first, next_tier, to_next_tier_amount (money), revenue_kept (what of the revenue still counts
    at the end of the quarter), trend (rising, steady, falling, too_few_orders, too_new; D059).

    next_tier and to_next_tier_amount are null in the highest tier.
    """
    return _going(c).select(
        "customer_id", "tier", "revenue", "orders", "days_since_first", "next_tier", "to_next_tier_amount", "revenue_kept",
        "trend",
    )  # fmt: skip


def measure(c: Company) -> str:
    """In words, by what value is counted (D058)."""
    texts = {
        "orders": say("Value is what a customer bought in the last {n} months."),
        "yearly_purchases": say("Value is what a customer bought in the last twelve months."),
        "subscription": say("Value is annual recurring revenue: the last payment times the payments a year."),
    }
    if contracts.are_worth(c):
        return say(
            "Value is annual recurring revenue: what the contracts that run today bring in a year, as they state it."
        )
    return texts[c.revenue_model].format(n=c.policy.tiers.window_months)


def sizes(c: Company) -> pd.DataFrame:
    """One row per tier, empty ones too: tier, customers, customer_share, revenue, net_revenue_share, revenue per
    customer as mean_revenue.
    """
    counted = placed(c).group_by("tier").agg(customers=_.count(), revenue=_.revenue.sum())
    return sized(counted.to_pandas().set_index("tier"), TIERS)


def size_findings(c: Company) -> pd.DataFrame:
    """Findings `tier_customers` (count) and `tier_revenue` (money; of contracts that are a customer's worth
    `tier_recurring_revenue`), in all and by tier, and `high_value_revenue_share`.

    They are counted, so without interval.
    """
    frame = sizes(c)
    n = int(frame["customers"].sum())
    if not n:
        return findings(c)
    rows = []
    brought = "tier_recurring_revenue" if contracts.are_worth(c) else "tier_revenue"
    for kpi, column in (("tier_customers", "customers"), (brought, "revenue")):
        rows.append(finding(c, kpi, float(frame[column].sum()), n=n))
        for tier, value, size in zip(frame["tier"], frame[column], frame["customers"], strict=True):
            rows.append(finding(c, kpi, value, n=size, segment=tier))
    top = float(frame["net_revenue_share"].iloc[0])
    rows.append(finding(c, "high_value_revenue_share", top, n=n))
    return findings(c, rows)


def movement(c: Company) -> pd.DataFrame:
    """Tier at the end of the month before by tier now, both under `policy` and left only beyond chance
    (`facts.tiers.settled`): from_tier, to_tier, customers, share (of from_tier), low, high (Wilson).

    One row per pair, pairs without a customer too; newcomers are a from_tier of their own, left empty while the records are
    too young to know who is new. Shares of a from_tier sum to 1 (D056).
    """
    joined = settled(c).select("customer_id", to_tier=_.tier, from_tier=_.tier_before)
    pairs = (joined if _knows_newcomers(c) else joined.filter(_.from_tier.notnull())).mutate(
        from_tier=_.from_tier.fill_null(NEWCOMER)
    )
    counted = pairs.group_by(["from_tier", "to_tier"]).agg(customers=_.count()).to_pandas()
    every = pd.MultiIndex.from_product([(*TIERS, NEWCOMER), TIERS], names=["from_tier", "to_tier"])
    frame = counted.set_index(["from_tier", "to_tier"]).reindex(every, fill_value=0).reset_index()
    total = frame.groupby("from_tier")["customers"].transform("sum")
    shares = [
        wilson(k, n, confidence=c.policy.statistics.confidence) for k, n in zip(frame["customers"], total, strict=True)
    ]
    moves = frame.assign(**dict(zip(("share", "low", "high"), np.array(shares).T, strict=True)), unit="share")
    among(moves, dict(zip(frame["from_tier"], total, strict=True)))
    return marked(c, moves, *KPIS["moved_up_share"].uses)


def _knows_newcomers(c: Company) -> bool:
    """Whether all who ordered first after last month's end are new, and not merely new to the records."""
    first = purchases.buyers(c).filter(_.first_day > windows.month_before(c))
    return not first.anti_join(purchases.newcomers(c), "customer_id").count().to_pyarrow().as_py()


def movement_matrix(moves: pd.DataFrame) -> pd.DataFrame:
    """The shares of `movement` as a matrix, from_tier down and to_tier across; a tier that was empty stays out."""
    filled = moves[moves["share"].notna()]
    matrix = filled.pivot(index="from_tier", columns="to_tier", values="share")
    rows = [t for t in (*TIERS, NEWCOMER) if t in matrix.index]
    matrix = matrix.reindex(index=rows, columns=list(TIERS)) if rows else pd.DataFrame()
    matrix.attrs = moves.attrs
    return matrix


def movement_findings(c: Company, moves: pd.DataFrame) -> pd.DataFrame:
    """Findings `moved_up_share` and `moved_down_share` (of last month's customers, in all and by the tier they were
    in; Wilson) and `newcomers` (count; none while the records are too young to know who is new).
    """
    rank = {tier: i for i, tier in enumerate(TIERS)}
    known = moves[moves["from_tier"] != NEWCOMER]
    rise = known["from_tier"].map(rank) - known["to_tier"].map(rank)
    rows = []
    for kpi, moved in (("moved_up_share", rise > 0), ("moved_down_share", rise < 0)):
        for segment in ("", *TIERS):
            part = known if not segment else known[known["from_tier"] == segment]
            n, k = int(part["customers"].sum()), int(part.loc[moved[part.index], "customers"].sum())
            if n and segment != (TIERS[0] if kpi == "moved_up_share" else TIERS[-1]):
                rows.append(share_of(c, kpi, k, n, segment=segment))
    came, all_of_them = int(moves.loc[moves["from_tier"] == NEWCOMER, "customers"].sum()), int(moves["customers"].sum())
    if all_of_them and _knows_newcomers(c):
        rows.append(finding(c, "newcomers", came, n=all_of_them))
    return findings(c, rows, of=("newcomers",))


def way_up(c: Company) -> pd.DataFrame:
    """What is missing to the next tier, by tier (not the highest): tier, next_tier, customers,
    nearest_quarter_amount, median_amount, one_order_away.

    A customer is one order away when what is missing is no more than their own mean order in the window; null where the company
    records no orders.
    """
    frame = placed(c).filter(_.next_tier.notnull())
    missing, mean = frame.to_next_tier_amount.cast("float64"), frame.revenue.cast("float64") / frame.orders.nullif(0)
    counted = (
        frame.mutate(missing=missing, near=(missing <= mean).fill_null(False))
        .group_by(["tier", "next_tier"])
        .agg(
            customers=_.count(),
            nearest_quarter_amount=_.missing.quantile(0.25),
            median_amount=_.missing.median(),
            one_order_away=_.near.sum(),
        )
        .to_pandas()
    )
    if not c.knows("orders"):
        counted["one_order_away"] = float("nan")
    order = {tier: i for i, tier in enumerate(TIERS)}
    return counted.sort_values("tier", key=lambda t: t.map(order), ignore_index=True)


def way_up_findings(c: Company, way: pd.DataFrame) -> pd.DataFrame:
    """Findings `one_order_away`: customers one order of theirs below the next tier, in all and by tier (counts)."""
    rows: list[dict[str, Any]] = []
    way = way.dropna(subset=["one_order_away"])
    if len(way):
        total, n = int(way["one_order_away"].sum()), int(way["customers"].sum())
        rows.append(finding(c, "one_order_away", total, n=n))
    for tier, near, size in zip(way["tier"], way["one_order_away"], way["customers"], strict=True):
        rows.append(finding(c, "one_order_away", near, n=size, segment=tier))
    return findings(c, rows)


def trends(c: Company) -> pd.DataFrame:
    """One row per tier and trend, empty ones too where it says something: tier, trend, customers, share (of the tier), revenue,
    mean_change (of how often they buy, drawn in by how much of all changes is chance) (D059).
    """
    sums = {"customers": _.count(), "revenue": _.revenue.sum(), "mean_change": _.change.mean()}
    counted = _going(c).group_by(["tier", "trend"]).agg(**sums).to_pandas()
    every = pd.MultiIndex.from_product([TIERS, TRENDS], names=["tier", "trend"])
    frame = counted.set_index(["tier", "trend"]).reindex(every).reset_index()
    frame["customers"] = frame["customers"].fillna(0).astype(int)
    total = frame.groupby("tier")["customers"].transform("sum")
    frame.insert(3, "share", frame["customers"] / total.where(total > 0))
    frame = frame[(frame["customers"] > 0) | ~frame["trend"].isin(UNTOLD)].reset_index(drop=True)
    return frame.assign(revenue=frame["revenue"].astype(float).fillna(0.0))


def _going(c: Company) -> Table:
    """Customers as `placed`, with trend and change."""
    return placed(c).left_join(order_trends(c), "customer_id").drop("customer_id_right")


def trend_findings(c: Company, going: pd.DataFrame) -> pd.DataFrame:
    """Finding `falling_share` of the rows of `trends`: customers who buy less often than before, beyond chance, as a share of
    those whose trend can be told, in all and by tier (Wilson).
    """
    clear = going[~going["trend"].isin(UNTOLD)]
    parts = [("", clear), *((tier, clear[clear["tier"] == tier]) for tier in TIERS)]
    told = ((s, p.loc[p["trend"] == "falling", "customers"].sum(), p["customers"].sum()) for s, p in parts)
    return shares_of(c, "falling_share", told)


def basis(c: Company) -> tuple[str, ...]:
    """The columns that the value which tiers are cut by is counted from: contracts as stated, else orders (D058)."""
    return contracts.PRICED if contracts.are_worth(c) else ("orders.amount",)
