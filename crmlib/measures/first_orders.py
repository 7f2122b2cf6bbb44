"""First orders: what a business that sells once lives by (D004, D067)."""

from __future__ import annotations

import pandas as pd

from crmlib.facts import purchases, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings
from crmlib.models.estimates import mean, ratio_of_counts

MONTHS = 24
"""Months shown."""
SEASON = 3
"""Months that are held against the same ones a year before."""


def by_month(c: Company) -> pd.DataFrame:
    """`month` (YYYY-MM), `first_buyers` (customers whose first order on record lies in it), of the last 24 months that ended by
    the day and began once newcomers can be told (`purchases.newcomers_from`).
    """
    begun = purchases.newcomers(c).select(month=_.first_day.truncate("M"))
    counted = begun.group_by("month").agg(first_buyers=_.count()).order_by("month").to_pandas()
    if counted.empty:
        return pd.DataFrame({"month": pd.Series(dtype="str"), "first_buyers": pd.Series(dtype="int64")})
    counts = counted.set_index(pd.PeriodIndex(pd.to_datetime(counted["month"]), freq="M"))["first_buyers"]
    whole = pd.Period(c.as_of + pd.Timedelta(days=1), freq="M") - 1
    months = pd.period_range(counts.index.min(), whole, freq="M")[-MONTHS:]
    frame = counts.reindex(months, fill_value=0).rename_axis("month").reset_index()
    return frame.astype({"month": "str", "first_buyers": "int64"})


def first_orders(c: Company, months: pd.DataFrame | None = None) -> pd.DataFrame:
    """Findings `first_buyers` (of the latest month), `first_buyers_change` and `first_order_value`. `months` is `by_month`."""
    months = by_month(c) if months is None else months
    stated = ("first_buyers", "first_buyers_change", "first_order_value")
    if months.empty:
        return findings(c, of=stated)
    counts, confidence = months["first_buyers"].to_numpy(), c.policy.statistics.confidence
    rows = [finding(c, "first_buyers", float(counts[-1]), n=int(counts[-1]))]
    if len(counts) >= 12 + SEASON:
        now, before = int(counts[-SEASON:].sum()), int(counts[-12 - SEASON : -12].sum())
        rows.append(
            finding(c, "first_buyers_change", ratio_of_counts(now, before, confidence=confidence), n=now + before)
        )
    began = purchases.newcomers(c).filter(_.first_day >= windows.start(c)).select("customer_id", day="first_day")
    if c.knows("orders.amount"):
        worth = began.join(purchases.days(c), ["customer_id", "day"]).order_by("customer_id").net.to_pandas()
        estimate = mean(worth.astype(float).to_numpy(), confidence=confidence)
        rows.append(finding(c, "first_order_value", estimate, n=len(worth)))
    return findings(c, rows, of=stated)
