"""This month's figures against last month's: how much they moved, and whether the data tell the two apart (D128, D130)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts import windows
from crmlib.facts.company import Company
from crmlib.facts.findings import findings, resting, unrecorded_of
from crmlib.facts.moves import beyond, moved
from crmlib.facts.shape import shape
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import Statistics
from crmlib.vocabulary.schema import dating

Measure = Callable[[Company], pd.DataFrame]
"""A company to findings."""


def with_last_month(
    c: Company, measures: Sequence[Measure], *, again: Sequence[Measure] = (), once: Sequence[Measure] = ()
) -> pd.DataFrame:
    """`against` for the whole company: each measure on its day and at the end of the month before,
    and `without`: what would make either surer and is not recorded.

    First stand those of customers who come `again`, or, where customers buy once, those of that kind of business.
    """
    chosen = once if shape(c).name == "sells_once" else again
    now, before = (
        pd.concat([findings(c), *(measure(cut) for measure in (*chosen, *measures))])
        for cut in (c, c.at(windows.month_before(c)))
    )
    found = against(now[now["segment"] == ""], before, c.policy.statistics)
    return found.assign(without=[_without(c, kpi) for kpi in found["kpi"]])


def _without(c: Company, kpi: str) -> str:
    """What would make a figure surer, and what it was a month before."""
    read = (*KPIS[kpi].needs, *KPIS[kpi].uses)
    return " ".join(unrecorded_of(c, (*KPIS[kpi].uses, *dating(read)), KPIS[kpi].needs))


def against(now: pd.DataFrame, before: pd.DataFrame, rules: Statistics) -> pd.DataFrame:
    """One row per KPI and segment of `now`, what moved most surely first, else in its order.

    Columns `kpi`, `segment`, `before`, `value`, `low`, `high`, `n`, `change`, `verdict`, `unit`.

    `before` is the earlier value and `change` the difference, both NaN where there is none. `verdict`: `better` or `worse`
    (`moved` where neither is better) where the difference is beyond chance among all that are compared, so that of those said to
    have moved at most `rules.false_discovery_rate` did by chance (Benjamini and Hochberg 1995); `too_close` else; `counted` for
    exact sums, which have no interval to compare, `cannot_say` where a value is missing. Counts are taken to scatter as
    Poisson's.
    """
    keys = ["kpi", "segment"]
    earlier = before.drop_duplicates(keys)[[*keys, "value", "low", "high", "n", "customers"]]
    both = now.drop_duplicates(keys).merge(
        earlier, on=keys, how="left", suffixes=("", "_before"), validate="one_to_one"
    )
    both["change"] = both["value"] - both["value_before"]
    both["chance"] = moved(both, rules)
    both["verdict"] = [_verdict(row) for row in both.assign(beyond=beyond(both["chance"], rules)).to_dict("records")]
    both = both.sort_values("chance", kind="stable", ignore_index=True)
    sizes = [_customers(both, end) for end in ("", "_before")]
    fewest = dict(zip(zip(both["kpi"], both["segment"], strict=True), np.fmin(*sizes), strict=True))
    told = both.rename(columns={"value_before": "before"})
    told = told[["kpi", "segment", "before", "value", "low", "high", "n", "change", "verdict", "unit"]]
    return resting(told, {key: size for key, size in fewest.items() if not np.isnan(size)})


def _verdict(row: dict[str, Any]) -> str:
    if np.isnan([row["value"], row["value_before"]]).any():
        return "cannot_say"
    if np.isnan(row["chance"]):
        return "counted" if row["unit"] == "money" else "cannot_say"
    if not row["beyond"]:
        return "too_close"
    good = KPIS[str(row["kpi"])].better
    if not good:
        return "moved"
    return "better" if (row["value"] > row["value_before"]) == (good == "up") else "worse"


def _customers(both: pd.DataFrame, end: str) -> np.ndarray[Any, Any]:
    """On how many customers the figures of one of the two months rest; NaN where it is not customers that they count."""
    counts = both["kpi"].map(lambda kpi: KPIS[str(kpi)].counts)
    alone = both[f"n{end}"].where(counts == "customers")
    return both[f"customers{end}"].fillna(alone).to_numpy(dtype=float)
