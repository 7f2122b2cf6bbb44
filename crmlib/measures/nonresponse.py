"""Whether those who did not answer a survey are like those who did, as far as both are known (D130)."""

from __future__ import annotations

from math import nan, sqrt

import pandas as pd
from scipy.special import stdtrit

from crmlib.facts import answers, cases, purchases, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import aside, finding, findings
from crmlib.facts.lookups import first_of
from crmlib.vocabulary.codes import OTHER

KPI = "silent_differ"
KNOWN = {
    "orders_before": ("orders",),
    "net_before": ("orders.amount",),
    "days_since_last": ("orders",),
    "cases_before": ("tickets",),
}
"""What is known of a customer on the day of asking, of the year before it, and what it is read from."""


def differences(c: Company) -> pd.DataFrame:
    """Findings `silent_differ` by what is known: those who did not answer less those who did, in standard deviations; n of the
    smaller group. Customers count once, as they were last asked in the last `policy.rhythm.business_review_months` months, in
    surveys that note who did not answer. Intervals hold together (Bonferroni).
    """
    told = [name for name, needs in KNOWN.items() if c.knows(*needs)]
    frame = _asked(c, told)
    sides = [frame[frame["is_answered"] == side] for side in (False, True)]
    level = 1 - (1 - c.policy.statistics.confidence) / max(1, len(told))
    rows = []
    for name in told if min(map(len, sides)) else ():
        silent, heard = (side[name].astype(float).dropna() for side in sides)
        n = min(len(silent), len(heard))
        if n:
            rows.append(finding(c, KPI, apart(silent, heard, confidence=level), n=n, segment=name))
    return aside(findings(c, rows, of=(KPI,) if rows else ()))


def apart(one: pd.Series[float], other: pd.Series[float], *, confidence: float) -> tuple[float, float, float]:
    """Difference of the means in pooled standard deviations (Cohen's d), with the t interval of its large-sample variance (Hedges
    and Olkin 1985); NaN below two values in a group or without spread.
    """
    n, m = len(one), len(other)
    if min(n, m) < 2:
        return nan, nan, nan
    pooled = sqrt(((n - 1) * one.var(ddof=1) + (m - 1) * other.var(ddof=1)) / (n + m - 2))
    if pooled <= 0:
        return nan, nan, nan
    d = float(one.mean() - other.mean()) / pooled
    half = float(stdtrit(n + m - 2, 0.5 + confidence / 2)) * sqrt((n + m) / (n * m) + d * d / (2 * (n + m)))
    return d, d - half, d + half


def _asked(c: Company, told: list[str]) -> pd.DataFrame:
    """One row per customer as they were last asked: is_answered, and what is `told` of them then."""
    since = windows.last(c, c.policy.rhythm.business_review_months)
    sent = answers.asked(c).filter(_.day >= since, _.instrument != OTHER)
    each = sent.group_by("instrument", "customer_id", "at", "day").agg(is_answered=_.is_answered.any())
    noted = each.filter(~_.is_answered).select("instrument").distinct()
    # Somebody who answered one of two surveys of a day was there to answer.
    last = each.semi_join(noted, "instrument").order_by("customer_id")
    rows = first_of(last, "customer_id", [_["at"].desc(), _.is_answered.desc(), "instrument"])
    for name in told:
        rows = rows.left_join(_before(c, rows, name), "customer_id").drop("customer_id_right")
    frame = rows.select("customer_id", "is_answered", *told).order_by("customer_id").to_pandas()
    counted = [name for name in told if name != "days_since_last"]
    return frame.fillna(dict.fromkeys(counted, 0))


def _before(c: Company, rows: Table, name: str) -> Table:
    year = windows.YEAR.days
    if name == "cases_before":
        both = rows.select("customer_id", asked_on="day").inner_join(
            cases.cases(c).select("customer_id", "day"), "customer_id"
        )
        ago = both.asked_on.delta(both.day, unit="day")
        return both.filter((ago > 0) & (ago <= year)).group_by("customer_id").agg(cases_before=_.count())
    bought = purchases.days(c).select("customer_id", "day", "net")
    both = rows.select("customer_id", asked_on="day").inner_join(bought, "customer_id")
    both = both.mutate(ago=both.asked_on.delta(both.day, unit="day")).filter(_.ago > 0)
    if name == "days_since_last":
        return both.group_by("customer_id").agg(days_since_last=_.ago.min())
    inside = both.filter(_.ago <= year).group_by("customer_id")
    return inside.agg(**{name: _.count() if name == "orders_before" else _.net.sum().cast("float64")})
