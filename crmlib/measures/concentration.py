"""How unequally revenue is spread over customers: Lorenz curve, Gini coefficient, share of the top fifth (D004).

Revenue is net of refunds and counted over the policy's window; a customer whose refunds exceed the purchases stands at
nought, so that every measure lies between 0 and 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts import expressions as ex
from crmlib.facts import purchases
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import among, finding, findings, marked
from crmlib.models.estimates import mean_from

Vector = np.ndarray[Any, np.dtype[np.float64]]

TOP = 0.2
"""The share of customers that Pareto's rule speaks of."""


def lorenz(c: Company) -> pd.DataFrame:
    """Lorenz curve (1905) in steps of one hundredth: `customers_share` and `revenue_share`, both 0 to 1, poorest first.

    Without revenue in the window, or of one customer alone, no rows.
    """
    revenue, count = _ladder(c)
    if not (revenue * count).sum() > 0 or count.sum() < 2:
        return pd.DataFrame({"customers_share": pd.Series(dtype=float), "revenue_share": pd.Series(dtype=float)})
    at = np.linspace(0, 1, 101)
    curve = pd.DataFrame({"customers_share": at, "revenue_share": _curve(revenue, count, at)})
    return marked(c, among(curve, count.sum()), "orders.refunded")


def concentration(c: Company) -> pd.DataFrame:
    """Findings `gini` and `top_fifth_share`, n = customers with an order in the window.

    The intervals come from the influence function of each (Deville 1999); they are NaN below two customers, and without
    revenue the value is NaN and n 0 (D005).
    """
    revenue, count = _ladder(c)
    n = int(count.sum())
    known = (revenue * count).sum() > 0
    confidence = c.policy.statistics.confidence
    rows = []
    for kpi, estimate in (("gini", _gini), ("top_fifth_share", _top_share)):
        value, influence = estimate(revenue, count) if known else (float("nan"), np.zeros_like(revenue))
        deviation = float(np.sqrt((count * influence**2).sum() / (n - 1))) if n > 1 else float("nan")
        low, high = np.clip(mean_from(value, deviation, n, confidence=confidence)[1:], 0.0, 1.0)
        rows.append(finding(c, kpi, (value, float(low), float(high)), n=n if known else 0))
    return findings(c, rows)


def largest_customers(c: Company, *, customers: int = 10) -> pd.DataFrame:
    """Who would be missed most: one row per customer, the largest first, at most `customers` of them.

    Columns customer_id, orders, revenue, share (of the company's), cumulative_share, days_since_last.
    """
    per_customer = _per_customer(c)
    total = per_customer.revenue.sum().over(ex.window())
    ranked = per_customer.mutate(share=_.revenue.cast("float64") / total.cast("float64"))
    top = ranked.filter(_.revenue > 0).order_by(_.revenue.desc(), _.customer_id).limit(customers).to_pandas()
    largest = pd.DataFrame(
        {
            "customer_id": top["customer_id"],
            "orders": top["orders"].astype("int64"),
            "revenue": top["revenue"].astype(float),
            "share": top["share"].astype(float),
            "cumulative_share": top["share"].astype(float).cumsum(),
            "days_since_last": (pd.Timestamp(c.as_of) - pd.to_datetime(top["last_day"])).dt.days.astype("int64"),
        }
    )
    return marked(c, largest, "orders.refunded")


def _per_customer(c: Company) -> Table:
    """Customers with an order in the window: orders, last_day and revenue (net of refunds, at least nought)."""
    least = ex.literal(0).cast("decimal(38, 4)")
    each = purchases.recent(c).group_by("customer_id")
    return each.aggregate(orders=_.count(), last_day=_.day.max(), revenue=ex.greatest(_.net.sum(), least))


def _ladder(c: Company) -> tuple[Vector, Vector]:
    """Each revenue that occurs, ascending, and how many customers have it: equal customers are one rung."""
    per_customer = _per_customer(c)
    rungs = per_customer.group_by("revenue").aggregate(customers=_.count()).order_by("revenue")
    columns = rungs.select(_.revenue.cast("float64"), _.customers.cast("float64")).to_pyarrow()
    return columns[0].to_numpy(), columns[1].to_numpy()


def _curve(revenue: Vector, count: Vector, at: Vector) -> Vector:
    """Share of the revenue held by the poorest share `at` of customers; linear between rungs."""
    people = np.concatenate([[0.0], count.cumsum()])
    money = np.concatenate([[0.0], (revenue * count).cumsum()])
    curve: Vector = np.interp(at * people[-1], people, money) / money[-1]
    return curve


def _gini(revenue: Vector, count: Vector) -> tuple[float, Vector]:
    """Gini coefficient (0 equal, towards 1 one holds all) and its influence function on each rung; ties at mid-rank."""
    n, total = count.sum(), (revenue * count).sum()
    mean = total / n
    rank = (count.cumsum() - count / 2) / n
    above = (total - (revenue * count).cumsum() + revenue * count / 2) / n
    value = max(0.0, float(2 * (count * revenue * rank).sum() / total - 1))
    return value, (2 * (revenue * rank + above) / mean) - (1 + value) * (1 + revenue / mean)


def _top_share(revenue: Vector, count: Vector) -> tuple[float, Vector]:
    """Share of the revenue held by the top fifth of customers, and its influence function on each rung."""
    n, total = count.sum(), (revenue * count).sum()
    mean = total / n
    value = float(1 - _curve(revenue, count, np.array([1 - TOP]))[0])
    cut = revenue[min(int(np.searchsorted(count.cumsum(), (1 - TOP) * n)), len(revenue) - 1)]
    excess = np.maximum(revenue - cut, 0)
    held = (count * excess).sum() / n
    return value, (excess - held) / mean - value * (revenue - mean) / mean
