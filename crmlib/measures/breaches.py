"""What a broken promise goes with: how many orders came in the months after, against promises kept (D119, D122).

Nobody draws by lot who waits too long: the difference is an association. Customers are compared with themselves in the months
before (a difference of changes: a few orders tell a customer's pace with so much chance that holding them equal would not take
all of it away), and cases with those of the same severity and month.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import numpy as np
import pandas as pd

from crmlib.facts import cases, purchases
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings
from crmlib.models import adjusted
from crmlib.models.estimates import ratio

CHANGES: Final = ("breach_orders", "breach_revenue")
AFTER: Final = "orders_after_case"
KPIS: Final = (*CHANGES, AFTER)
GROUPS: Final = {True: "promise_broken", False: "promise_kept"}


def after(c: Company) -> pd.DataFrame:
    """Findings on cases whose promises fell due at least `policy.risk.horizon_days` ago: `breach_orders` and `breach_revenue`
    (money), how orders changed from as many days before to those days where a promise was broken, less the same where all were
    kept; and `orders_after_case` of either group, as counted; n cases, intervals by customer.
    """
    if not c.knows("orders"):
        return findings(c, of=KPIS)
    frame = _followed(c)
    if frame["broken"].nunique() < len(GROUPS):
        return findings(c, of=KPIS)
    level, who = c.policy.statistics.confidence, frame["customer_id"].to_numpy()
    months = pd.get_dummies(frame["month"], drop_first=True).to_numpy(dtype=float)
    severe = pd.get_dummies(frame["severity"].fillna(""), drop_first=True).to_numpy(dtype=float)
    rows = []
    for kpi, what in zip(CHANGES, ("orders", "net"), strict=True):
        change = (frame[f"{what}_after"] - frame[f"{what}_before"]).to_numpy(dtype=float)
        estimate = adjusted.difference(
            change, frame["broken"].to_numpy(), np.column_stack([months, severe]), who, confidence=level
        )
        if not np.isnan(estimate[0]):
            n = int(min(frame["broken"].sum(), (~frame["broken"]).sum()))
            rows.append(finding(c, kpi, estimate, n=n, customers=frame["customer_id"].nunique()))
    rows += [_counted(c, frame[frame["broken"] == broken], name) for broken, name in GROUPS.items()]
    return findings(c, rows, of=KPIS)


def _counted(c: Company, frame: pd.DataFrame, name: str) -> dict[str, object]:
    each = frame.groupby("customer_id")["orders_after"].agg(["sum", "size"])
    estimate = ratio(each["sum"], each["size"], confidence=c.policy.statistics.confidence)
    return finding(c, AFTER, estimate, n=len(frame), segment=name, customers=len(each))


def _followed(c: Company) -> pd.DataFrame:
    """One row per case whose promises of policy can be judged, and whose days after are over: customer_id, broken, severity,
    month (of the deadline), orders and net revenue in as many days before it was opened and after the promise fell due.
    """
    span = c.policy.risk.horizon_days
    judged = (
        cases.clocks(c)
        .filter(_.waits_for.isin([*cases.CLOCKS]))
        .group_by("case_id", "customer_id", "opened_at", "severity")
    )
    each = judged.agg(
        broken=(~_.is_met).fill_null(False).any(), known=_.is_met.notnull().all(), deadline=_.deadline.max()
    )
    each = each.filter(_.broken | _.known).mutate(opened=_.opened_at.date(), due=_.deadline.date())
    first = purchases.orders(c).agg(first=_.day.min()).to_pyarrow().to_pylist()[0]["first"] or c.as_of
    each = each.filter(_.due <= c.as_of - timedelta(days=span), _.opened >= first + timedelta(days=span))
    # Joined by customer first: where the days stand in the condition of the join, all pairs of a case and an order are tried.
    pairs = each.left_join(purchases.orders(c).select("customer_id", "day", "net"), "customer_id")
    days = ex.interval(days=span)
    before = (pairs.day >= pairs.opened - days) & (pairs.day < pairs.opened)
    later = (pairs.day > pairs.due) & (pairs.day <= pairs.due + days)
    sums = {
        f"{what}_{side}": amount.sum(where=where).fill_null(0).cast("float64")
        for side, where in (("before", before), ("after", later))
        for what, amount in (("orders", pairs.day.notnull().cast("int64")), ("net", pairs.net))
    }
    keys = ["case_id", "customer_id", "severity", "broken", "due"]
    frame = pairs.group_by(keys).agg(**sums).order_by("case_id").to_pandas()
    return frame.assign(broken=frame["broken"].astype(bool), month=pd.to_datetime(frame["due"]).dt.strftime("%Y-%m"))
