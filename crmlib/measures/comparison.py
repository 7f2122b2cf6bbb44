"""This month's figures against last month's, those of the same month last year, and their targets: how much they moved, and
whether the data tell the two apart (D128, D130).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts import windows
from crmlib.facts.company import Company
from crmlib.facts.findings import findings, resting, unsure_over_time
from crmlib.facts.moves import beyond, by_customer, moved
from crmlib.facts.shape import shape
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import Policy, Statistics

Measure = Callable[[Company], pd.DataFrame]
"""A company to findings."""
Paired = Callable[[str, float, float], float]
"""A figure, its value and its earlier one to the probability that chance moved it as far; NaN where it cannot be told so."""
COLUMNS = ["kpi", "segment", "value", "low", "high", "n", "before", "change", "verdict"]
YEAR = ["before_year", "verdict_year"]
TARGET = ["target", "verdict_target"]


def table(
    c: Company, measures: Sequence[Measure], *, again: Sequence[Measure] = (), once: Sequence[Measure] = ()
) -> pd.DataFrame:
    """One row per figure of the whole company, what moved most surely since last month first: the columns of `against`; the same
    month last year (`YEAR`) where any figure was on record for as long as it looks back by then, and targets (`TARGET`) where
    policy sets any of these figures one; `unit`, and `without`: what would make either surer and is not recorded.

    First stand the figures of customers who come `again`, or, where customers buy once, those of that kind of business.
    """
    chosen = [*(once if shape(c).name == "sells_once" else again), *measures]
    last, year = c.at(windows.month_before(c)), c.at(windows.same_month_last_year(c))
    now, before, then = (pd.concat([findings(on), *(measure(on) for measure in chosen)]) for on in (c, last, year))
    now = now[now["segment"] == ""]
    found = against(now, before, c.policy.statistics, paired=partial(by_customer, c, last))
    long_ago = c.at(windows.start(year))
    then = then[np.array([long_ago.knows(*KPIS[kpi].needs) for kpi in then["kpi"]], dtype=bool)]
    if then["value"].notna().any():
        told = against(now, then, c.policy.statistics, paired=partial(by_customer, c, year))
        found[YEAR] = told.set_index("kpi").loc[found["kpi"], ["before", "verdict"]].to_numpy()
        found = found.astype({"before_year": float})
        sizes = [frame.attrs["customers"] for frame in (found, told)]
        found.attrs["customers"] = {key: min(size.get(key, inf) for size in sizes) for key in {**sizes[0], **sizes[1]}}
    found = _with_targets(found, c.policy)
    shown = [name for name in (*COLUMNS, *YEAR, *TARGET) if name in found]
    out = found[[*shown, "unit"]].assign(without=[unsure_over_time(c, kpi) for kpi in found["kpi"]])
    out.attrs = found.attrs
    return out


def against(
    now: pd.DataFrame, before: pd.DataFrame, rules: Statistics, *, paired: Paired | None = None
) -> pd.DataFrame:
    """One row per KPI and segment of `now`, what moved most surely first, else in its order: `COLUMNS` and `unit`.

    `before` is the earlier value and `change` the difference, both NaN where there is none. `verdict`: `better` or `worse`
    (`moved` where neither is better) where the difference is beyond chance among all that are compared, so that of those said to
    have moved at most `rules.false_discovery_rate` did by chance (Benjamini and Hochberg 1995); `too_close` else; `counted` for
    exact sums, which have no interval to compare, `cannot_say` where a value is missing. Figures of the whole company that its
    customers make one by one are compared customer by customer (`paired`); of all else each look has an error of its own.
    """
    keys = ["kpi", "segment"]
    earlier = before.drop_duplicates(keys)[[*keys, "value", "low", "high", "n", "customers"]]
    both = now.drop_duplicates(keys).merge(
        earlier, on=keys, how="left", suffixes=("", "_before"), validate="one_to_one"
    )
    both["change"] = both["value"] - both["value_before"]
    both["chance"] = moved(both, rules)
    if paired:
        own = [_by_customer(row, paired) for row in both.to_dict("records")]
        both["chance"] = np.where(np.isnan(own), both["chance"], own)
    both["verdict"] = [_verdict(row) for row in both.assign(beyond=beyond(both["chance"], rules)).to_dict("records")]
    both = both.sort_values("chance", kind="stable", ignore_index=True)
    sizes = [_customers(both, end) for end in ("", "_before")]
    fewest = dict(zip(zip(both["kpi"], both["segment"], strict=True), np.fmin(*sizes), strict=True))
    told = both.rename(columns={"value_before": "before"})[[*COLUMNS, "unit"]]
    return resting(told, {key: size for key, size in fewest.items() if not np.isnan(size)})


def _by_customer(row: dict[str, Any], paired: Paired) -> float:
    there = row["segment"] == "" and not np.isnan([row["value"], row["value_before"]]).any()
    return paired(str(row["kpi"]), row["value"], row["value_before"]) if there else float("nan")


def _with_targets(found: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The same with `TARGET` where policy has a target for any of the figures: `reached` or `missed` where the interval lies on
    one side of it, or the figure is counted; `too_close` else, `cannot_say` where the figure is not known.
    """
    aims = found["kpi"].map(policy.targets.reach).astype(float)
    if not aims.notna().any():
        return found
    verdicts = [_of_target(row, aim) for row, aim in zip(found.to_dict("records"), aims, strict=True)]
    with_them = found.assign(target=aims, verdict_target=verdicts)
    with_them.attrs = found.attrs
    return with_them


def _of_target(row: dict[str, Any], aim: float) -> str:
    if np.isnan(aim):
        return ""
    if np.isnan(row["value"]):
        return "cannot_say"
    low, high = (row["value"] if np.isnan(row[end]) else row[end] for end in ("low", "high"))
    least, most = (low - aim, high - aim) if KPIS[str(row["kpi"])].better == "up" else (aim - high, aim - low)
    return "reached" if least >= 0 else "missed" if most < 0 else "too_close"


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
