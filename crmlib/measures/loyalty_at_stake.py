"""What holds customers, and what if it stops: a rival ends the monopoly, the coupon is no longer given (D072 to
D074).

All start from the customers of `loyalty_types.types` and from assumptions that stand in `policy.loyalty` and are
sliders.
"""

from __future__ import annotations

import pandas as pd

from crmlib.facts.company import Company
from crmlib.facts.findings import aside, finding, findings, share_of
from crmlib.vocabulary.loyalty_signs import UNKNOWN

DRIVERS = {
    "benefit": ("convenience", "price", "incentive"),
    "emotion": ("super_value",),
    "switching_cost": ("monopoly", "inertia"),
}
"""Drivers that hold the types: positive ones (D073), and last the negative one (D074). What customers have sunk, no
table tells.
"""


def drivers(c: Company, customers: pd.DataFrame) -> pd.DataFrame:
    """Findings on what holds the customers whose type is known: `switching_cost_share` (Wilson), and `driver_share`
    by driver.

     And `driver_revenue` by driver, counted (D073, D074).
    """
    known = customers[customers["loyalty_type"] != UNKNOWN]
    n = len(known)
    if not n:
        return findings(c, of=("switching_cost_share", "driver_share", "driver_revenue"))
    parts = {driver: known[known["loyalty_type"].isin(types)] for driver, types in DRIVERS.items()}
    rows = [share_of(c, "switching_cost_share", len(parts["switching_cost"]), n)]
    for driver, part in parts.items():
        rows.append(share_of(c, "driver_share", len(part), n, segment=driver))
    for driver, part in parts.items():
        rows.append(finding(c, "driver_revenue", _sum(part["revenue"]), n=len(part), segment=driver))
    return findings(c, rows)


def rival(c: Company, customers: pd.DataFrame, *, rival_leaving_share: float) -> pd.DataFrame:
    """Findings `rival_revenue` and `rival_assumption`: net revenue of the window that leaves when a rival ends the
    monopoly and this share goes there.

     From counts each customer given the type by how likely it is, To adds those of unknown type by their likelihood
    of it; the assumed share is taken as it is. Nothing where no customer's type is known.
    """
    if not _known(customers):
        return aside(findings(c, of=("rival_revenue", "rival_assumption")))
    low, value, high = (_sum(p["revenue"] * w) * rival_leaving_share for p, w in _weighed(customers, "monopoly"))
    n = int((customers["loyalty_type"] == "monopoly").sum())
    estimate = (value, low, high)
    rows = [finding(c, "rival_revenue", estimate, n=n)]
    rows.append(finding(c, "rival_assumption", rival_leaving_share, n=n))
    return findings(c, rows)


def coupon_stop(c: Company, customers: pd.DataFrame, *, coupon_elasticity: float) -> pd.DataFrame:
    """Findings `coupon_revenue_change`, `coupon_margin_change` and `coupon_assumption`: what a year without coupons
    changes among incentive customers.

     Without it they pay the list price, f times what they paid, and buy f ** elasticity as much. Margin as recorded
    on those orders, else `policy.cost.margin_rate`. From and To as in `rival`: whose type it is, not whether the
    elasticity holds. Nothing where no customer's type is known.
    """
    if not _known(customers):
        return aside(findings(c, of=("coupon_revenue_change", "coupon_margin_change", "coupon_assumption")))
    ends = []
    for part, weight in _weighed(customers, "incentive"):
        paid, listed, margin, of = (
            _sum(part[c] * weight) for c in ("coupon_revenue", "coupon_list_value", "coupon_margin", "coupon_margin_of")
        )
        kept = (listed / paid) ** coupon_elasticity if paid > 0 else 0.0
        rate = margin / of if of > 0 else c.policy.cost.margin_rate
        cost = paid * (1 - rate)
        ends.append((listed * kept - paid, kept * (listed - cost) - paid * rate))
    n = int((customers["loyalty_type"] == "incentive").sum())
    rows = []
    for position, kpi in enumerate(("coupon_revenue_change", "coupon_margin_change")):
        value, spread = ends[1][position], [end[position] for end in ends]
        estimate = (value, min(spread), max(spread))
        rows.append(finding(c, kpi, estimate, n=n))
    rows.append(finding(c, "coupon_assumption", coupon_elasticity, n=n))
    return findings(c, rows)


def _weighed(customers: pd.DataFrame, name: str) -> list[tuple[pd.DataFrame, pd.Series]]:
    """Customers with their weight in the low, the middle and the high reading of who is of a type."""
    given = customers[customers["loyalty_type"] == name]
    wide = customers[customers["loyalty_type"].isin([name, UNKNOWN])]
    full = pd.Series(1.0, index=given.index)
    return [
        (given, given[name]),
        (given, full),
        (wide, wide[name].where(wide["loyalty_type"] == UNKNOWN, 1.0)),
    ]


def _known(customers: pd.DataFrame) -> bool:
    return bool((customers["loyalty_type"] != UNKNOWN).any())


def _sum(values: pd.Series) -> float:
    """The sum, in cents, so that the order of rows cannot be seen in it."""
    return float((values.astype(float) * 100).round().astype("int64").sum()) / 100
