"""Falling use: who uses us less than before, beyond chance, and whether it was those who left (D047, D102, D104, D105)."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from crmlib.facts import contracts, trends, use
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import clustered_share_of, finding, findings, marked, share_of
from crmlib.models.estimates import Clustered, clustered_difference
from crmlib.vocabulary.months import first_day

NOW = ("falling_use_customers", "falling_use_share")
THEN = ("left_share", "falling_use_effect")
SIDES = ("use_falls", "use_holds")
LOOKS = 12
"""Month ends, up to one window of the risk rule before the day, at which use is judged, to see who left
within the window after."""
USES = ("activity.logins", "activity.events")


def judged(c: Company) -> Table:
    """One row per customer under contract whose use can be judged: customer_id, late, early, late_days, early_days
    (`use.recent`),
    falls (beyond chance, `trends.compared`), change (share, drawn in by how much of all changes is chance).
    """
    under = contracts.on(c, c.as_of).select("customer_id")
    return trends.compared(c, use.recent(c).semi_join(under, "customer_id"), least=1, change=0.0).filter(
        _.falls.notnull()
    )


def falling(c: Company) -> pd.DataFrame:
    """Findings `falling_use_customers` (count) and `falling_use_share` of the customers whose use can be judged, Wilson."""
    row = judged(c).agg(n=_.count(), k=_.count(where=_.falls)).to_pyarrow().to_pylist()[0]
    n, k, uses = int(row["n"]), int(row["k"]), contracts.surer(c)
    rows = [finding(c, NOW[0], float(k), n=n, uses=uses), share_of(c, NOW[1], k, n, uses=uses)] if n else []
    return findings(c, rows, of=NOW)


def listed(c: Company) -> pd.DataFrame:
    """The customers whose use falls, those with most under contract first: customer_id, use_before and use_now (days with use in
    thirty), recurring_revenue (money a year; NaN where it is not known).
    """
    known = contracts.on(c, c.as_of).select("customer_id", recurring_revenue=_.arr.cast("float64"))
    rows = judged(c).filter(_.falls).left_join(known, "customer_id").drop("customer_id_right")
    rows = rows.order_by([ex.desc("recurring_revenue"), "customer_id"]).select(
        "customer_id",
        use_before=(30 * _.early / _.early_days).round(1),
        use_now=(30 * _.late / _.late_days).round(1),
        recurring_revenue=_.recurring_revenue,
    )
    frame = rows.to_pandas()
    frame = frame if c.knows(*contracts.PRICED) else frame.assign(recurring_revenue=float("nan"))
    return marked(c, frame, *USES, *contracts.surer(c))


def leaving(c: Company) -> pd.DataFrame:
    """Findings `left_share` (whole, and by `SIDES`) and `falling_use_effect`, n the looks, customers of how many they are.

    At each of `LOOKS` month ends the use of the customers under contract is judged as known then; who has no contract one window
    of the risk rule later has left. Looks at one customer are alike: intervals by customer (`estimates.clustered`).
    """
    looks = _looks(c)
    if looks.empty:
        return findings(c, of=THEN)
    table = looks.groupby(["customer_id", "falls"])["left"].agg(["sum", "size"]).unstack(fill_value=0)
    sums = {
        side: tuple(_column(table, name, falls) for name in ("sum", "size"))
        for side, falls in zip(SIDES, (True, False), strict=True)
    }
    uses = contracts.surer(c)
    whole = Clustered.of(sum(k for k, _n in sums.values()), sum(n for _k, n in sums.values()))
    rows = [clustered_share_of(c, THEN[0], whole, uses=uses)]
    rows += [
        clustered_share_of(c, THEN[0], Clustered.of(*counts), segment=side, uses=uses)
        for side, counts in sums.items()
        if counts[1].sum()
    ]
    if len(rows) == 1 + len(SIDES):
        apart = clustered_difference(sums[SIDES[0]], sums[SIDES[1]], confidence=c.policy.statistics.confidence)
        customers = min(float((n > 0).sum()) for _k, n in sums.values())
        rows.append(finding(c, THEN[1], apart, n=len(looks), customers=customers, uses=uses))
    return findings(c, rows, of=THEN)


def _looks(c: Company) -> pd.DataFrame:
    """customer_id, falls, left; one row per customer and look."""
    found, window = [], c.policy.risk.window_months
    ends = [_back(c, back) for back in range(LOOKS)]
    there = [
        contracts.on(c, end).select("customer_id", back=ex.literal(back, "int64")) for back, end in enumerate(ends)
    ]
    stay = ex.union(*there, distinct=False).to_pandas().groupby("back")["customer_id"]
    staying = {back: set(who) for back, who in stay}
    for back in range(LOOKS):
        seen = judged(c.at(_back(c, back + window))).select("customer_id", "falls").to_pandas()
        found.append(seen.assign(left=~seen["customer_id"].isin(staying.get(back, set()))))
    return pd.concat(found).astype({"falls": bool}).sort_values("customer_id", kind="stable", ignore_index=True)


def _back(c: Company, months: int) -> date:
    """The day so many months before the company's."""
    return first_day(c.as_of, months) - timedelta(days=1) if months else c.as_of


def _column(table: pd.DataFrame, name: str, falls: bool) -> pd.Series[int]:
    return table[(name, falls)] if (name, falls) in table else pd.Series(0, index=table.index)
