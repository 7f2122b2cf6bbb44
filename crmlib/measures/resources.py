"""Hours of service by tier against what the tiers bring, and what other cuts would change about it (D056, D066).

How long a case was open is not work. Hours are estimated: cases times the policy's hours by severity, and contacts other
than for sales times the policy's minutes by channel, within the tiers' window.
"""

from __future__ import annotations

from bisect import bisect
from math import inf
from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts import cases, contacts, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Column, Table, _
from crmlib.facts.findings import among, finding, findings, resting
from crmlib.facts.tiers import tier_of, worth
from crmlib.vocabulary.policy import TIERS

EXACT = "decimal(18, 6)"
SHARES = {"tier_customer_share": "customers", "tier_revenue_share": "revenue", "tier_hours_share": "hours"}
SUMS = {"customers": "tier_customers", "revenue": "tier_revenue", "hours": "service_hours"}
"""Which column each share is of, and which figure is its whole number."""


def effort(c: Company) -> Table:
    """One row per customer with an order: customer_id, revenue (money), days_since_first, hours (of service within the
    window; null for all where the company records no severity of cases). Computed once, so that cuts can be tried quickly.

    Contacts count where the company records what they were for, as those for sales are no service.
    """
    service, start = c.policy.service, windows.value_start(c)
    worked = cases.cases(c).filter(_.day >= start)
    talked = contacts.contacts(c).filter(_.day >= start, _.purpose.fill_null("") != "sales")
    if not c.knows("interactions.purpose"):
        # Which of the contacts sold nothing is not known.
        talked = talked.limit(0)
    work = ex.union(
        worked.select("customer_id", hours=_priced(worked.severity, service.handling_hours)),
        talked.select("customer_id", hours=(_priced(talked.channel, service.contact_minutes) / 60).cast(EXACT)),
    )
    joined = worth(c).left_join(work.group_by("customer_id").agg(hours=_.hours.sum()), "customer_id")
    hours = joined.hours.cast("float64").fill_null(0.0) if c.knows("tickets.severity") else ex.null("float64")
    priced = joined.select("customer_id", "revenue", "days_since_first", hours=hours)
    return ex.memtable(priced.order_by("customer_id").to_pyarrow())


def by_tier(
    c: Company,
    effort: Table,
    *,
    high_value_from: float | None = None,
    growth_from: float | None = None,
    potential_from: float | None = None,
) -> pd.DataFrame:
    """Findings `service_hours` and `revenue_per_service_hour` (money), in all and by tier, and by tier only
    `tier_customers`, `tier_revenue` (money), `tier_customer_share`, `tier_revenue_share` and `tier_hours_share`. n are
    customers; all is counted, or priced by rule, so without interval.

    A given cut takes the place of the policy's; cuts that cross are pushed down below the one above them.
    """
    high = c.policy.tiers.high_value_from if high_value_from is None else high_value_from
    growth = min(c.policy.tiers.growth_from if growth_from is None else growth_from, high)
    low = min(c.policy.tiers.potential_from if potential_from is None else potential_from, growth)
    cuts = c.policy.tiers.model_copy(update={"high_value_from": high, "growth_from": growth, "potential_from": low})
    placed = effort.mutate(tier=tier_of(effort.revenue, effort.days_since_first, cuts))
    sums = placed.group_by("tier").agg(customers=_.count(), revenue=_.revenue.sum(), hours=_.hours.cast(EXACT).sum())
    frame = sums.to_pandas().set_index("tier").reindex(pd.Index(TIERS)).astype(float)
    if not frame["customers"].sum():
        return findings(c)
    frame[["customers", "revenue"]] = frame[["customers", "revenue"]].fillna(0.0)
    if frame["hours"].notna().any():
        frame["hours"] = frame["hours"].fillna(0.0)
    return _stated(c, frame)


def shares(stated: pd.DataFrame) -> pd.DataFrame:
    """How customers, revenue and hours fall to the tiers, from the rows of `by_tier`: tier, part, share, value, unit, without."""
    rows = stated[stated["kpi"].isin(list(SHARES))]
    parts = rows["kpi"].map(SHARES)
    whole = stated.set_index(["kpi", "segment"])[["value", "unit"]]
    there = whole.reindex([(SUMS[part], tier) for part, tier in zip(parts, rows["segment"], strict=True)])
    customers = stated[(stated["kpi"] == "tier_customers") & (stated["segment"] != "")]
    drawn = {"tier": rows["segment"], "part": parts, "share": rows["value"]}
    told = {name: there[name].array for name in ("value", "unit")}
    frame = pd.DataFrame(drawn).reset_index(drop=True).assign(**told, without=rows["without"].array)
    # A tier's part is of all customers: of those of the tier alone, nearly all would not be told from all.
    sizes = dict(zip(customers["segment"], customers["value"], strict=True))
    return resting(among(frame, sum(sizes.values())), sizes)


def sliders(c: Company, effort: Table) -> dict[str, tuple[tuple[float, ...], float]]:
    """For each cut the values at which it may be tried, by halves of what it is, and where it stands (money).

    Between two values, of whatever cut, lie `privacy.k` customers at least, or none: else who tries one after the other would
    learn of the few who change their tier. A value that brings too few is left out; where a cut stands it stays.
    """
    cuts = {name: float(getattr(c.policy.tiers, name)) for name in ("high_value_from", "growth_from", "potential_from")}
    kept = sorted({-inf, inf, *cuts.values()})
    customers = (
        effort.select("revenue", "days_since_first").to_pandas().astype({"revenue": float}).sort_values("revenue")
    )
    everyone = customers["revenue"].to_numpy()
    some = (everyone, everyone[customers["days_since_first"] >= c.policy.tiers.new_days])
    stops: dict[str, list[float]] = {name: [cut] for name, cut in cuts.items()}
    for name, cut in cuts.items():
        for stop in (cut * by for by in (0.5, 1.5, 2.0, 2.5)):
            near = bisect(kept, stop)
            beside = (kept[near - 1], kept[near] if near < len(kept) else inf)
            if stop in kept or all(_apart(of, c.policy.privacy.k, stop, edge) for of in some for edge in beside):
                stops[name].append(stop)
                kept = sorted({*kept, stop})
    return {name: (tuple(sorted(of)), cuts[name]) for name, of in stops.items()}


def _apart(revenue: np.ndarray[Any, Any], k: int, one: float, other: float) -> bool:
    """Whether so many customers lie between two values that none of them is told of, or none."""
    between = abs(int(np.searchsorted(revenue, one)) - int(np.searchsorted(revenue, other)))
    return between == 0 or between >= k


def _stated(c: Company, frame: pd.DataFrame) -> pd.DataFrame:
    whole = frame.sum(min_count=1)
    rows = []
    for segment, part in {"": whole, **{t: frame.loc[t] for t in TIERS}}.items():
        n = int(part["customers"]) if pd.notna(part["hours"]) else 0
        hours, each = part["hours"], part["revenue"] / part["hours"] if part["hours"] > 0 else float("nan")
        for kpi, value in (("service_hours", hours), ("revenue_per_service_hour", each)):
            rows.append(finding(c, kpi, value, n=n, segment=segment))
    for segment in TIERS:
        n = int(frame.at[segment, "customers"])
        for kpi, column in (("tier_customers", "customers"), ("tier_revenue", "revenue")):
            rows.append(finding(c, kpi, frame.at[segment, column], n=n, segment=segment))
    for kpi, column in SHARES.items():
        for segment in TIERS:
            share = frame.at[segment, column] / whole[column] if whole[column] > 0 else float("nan")
            n = int(frame.at[segment, "customers"])
            rows.append(finding(c, kpi, share, n=n, segment=segment))
    return findings(c, rows)


def _priced(code: Column, prices: dict[str, float]) -> Column:
    """The policy's figure for each code; "other" is that of a code the policy does not name."""
    other = prices.get("other", 0.0)
    named = {name: value for name, value in prices.items() if name != "other"} or {"": other}
    return ex.cases(*((code == name, value) for name, value in named.items()), else_=other).cast(EXACT)
