"""Purchase cycles: who buys at regular intervals, and when the next purchase is to be expected (D101).

By the customer's own gaps where they are more even than chance makes of so many customers; where a customer has too few of
them, by those of the category bought last, if most of its customers buy in a cycle. When the same category is bought again,
whatever else its customers buy, is asked of `facts.category_cycles`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import ibis
import numpy as np
import pandas as pd
from ibis import _

from crmlib.facts import contracts, purchases
from crmlib.facts.company import Company
from crmlib.facts.lookups import first_of, remembered
from crmlib.models import cycles as models
from crmlib.models.cycles import Gaps

NAMES: Final = ("n", "mean", "mean_log", "spread_log")
MOSTLY: Final = 0.5
"""Share of the customers of a category who must buy in a cycle for it to have one."""
COLUMNS: Final = ("customer_id", "category", "by", "gaps", "cycle_days", "last_on", "next_on", "low_on", "high_on")


@remembered
def gaps(c: Company) -> pd.DataFrame:
    """One row per customer who bought: customer_id, category (of the last order with one; null where unknown), last_on, elapsed
    (days), `NAMES` of the gaps between days with a purchase, is_regular. Where the company lives on contracts, nobody under one:
    what they pay comes round by agreement.
    """
    own = ibis.window(group_by="customer_id", order_by="day")
    kept = purchases.days(c).filter(_.is_kept)
    if contracts.are_worth(c):
        kept = kept.anti_join(contracts.on(c, c.as_of), "customer_id")
    each = kept.mutate(gap=kept.day.delta(kept.day.lag(1).over(own), unit="day").cast("float64") - 0.5)
    rows = each.group_by("customer_id").agg(
        last_on=_.day.max(),
        n=_.gap.count(),
        mean=_.gap.mean(),
        mean_log=_.gap.ln().mean(),
        spread_log=_.gap.ln().std(how="sample"),
    )
    last = first_of(purchases.orders(c).filter(_.category.notnull()), "customer_id", [ibis.desc("at"), "category"])
    last = last.select("customer_id", "category")
    frame = rows.left_join(last, "customer_id").drop("customer_id_right").order_by("customer_id").to_pandas()
    frame["elapsed"] = (pd.Timestamp(c.as_of) - pd.to_datetime(frame["last_on"])).dt.days.astype(float)
    numbers = {name: frame[name].astype(float).fillna(1.0 if name == "mean" else 0.0) for name in NAMES}
    frame = frame.assign(**numbers)
    comes = purchases.comes_back(c)
    frame["is_regular"] = models.regular(_of(frame), c.policy.statistics.false_discovery_rate) & comes
    return frame


def expected(c: Company) -> pd.DataFrame:
    """One row per customer whose next purchase can be expected, `COLUMNS`: by (own or category), gaps (number), cycle_days
    (the usual gap), and the day of the next purchase with an interval of four fifths; a cycle that is no more has no row.
    """
    frame = gaps(c)
    mine = frame[frame["is_regular"]]
    parts = [_next(mine, models.spread_of(_of(mine)), "own")] if len(mine) else []
    few = frame[frame["n"] < models.FEWEST]
    for category, logs in regular_categories(c).items():
        some = few[few["category"] == category]
        if len(some):
            told = some.assign(n=1e6, mean_log=logs[0], spread_log=0.0)
            parts.append(_next(told, (logs[1], np.inf), "category").assign(gaps=some["n"].astype(int)))
    found = pd.concat(parts) if parts else pd.DataFrame(columns=list(COLUMNS))
    return found.sort_values(["next_on", "customer_id"], ignore_index=True)


def regular_categories(c: Company) -> dict[str, tuple[float, float]]:
    """Mean and variance of the log gaps of each category most of whose customers (of at least `policy.statistics.min_n` who
    can be told) buy in a cycle.
    """
    frame = gaps(c)
    asked = frame[(frame["n"] >= models.FEWEST) & frame["category"].notna()]
    found = {}
    for category, part in asked.groupby("category"):
        mine = part[part["is_regular"]]
        if len(part) >= c.policy.statistics.min_n and len(mine) > MOSTLY * len(part):
            within = float((mine["spread_log"] ** 2).mean())
            found[str(category)] = (float(mine["mean_log"].mean()), within + float(mine["mean_log"].var(ddof=1)))
    return found


def _next(frame: pd.DataFrame, usual: tuple[float, float], by: str) -> pd.DataFrame:
    middle, low, high = models.next_gap(_of(frame), frame["elapsed"].to_numpy(dtype=float), usual, 0.8)
    last = pd.to_datetime(frame["last_on"])
    days = {
        name: [_after(day, gap) for day, gap in zip(last, gap_of, strict=True)]
        for name, gap_of in (("next_on", middle), ("low_on", low), ("high_on", high))
    }
    told = frame.assign(by=by, gaps=frame["n"].astype(int), cycle_days=np.exp(frame["mean_log"]) + 0.5, **days)
    return told.loc[np.isfinite(middle), list(COLUMNS)]


def _after(day: Any, gap: float) -> Any:
    return (day + timedelta(days=round(gap + 0.5))).date() if np.isfinite(gap) else None


def _of(frame: pd.DataFrame) -> Gaps:
    return Gaps(*(frame[name].to_numpy(dtype=float) for name in NAMES))
