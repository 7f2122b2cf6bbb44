"""Which of the figures that two months have in common moved beyond chance (D128, D130)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts.company import Company
from crmlib.facts.findings import resting
from crmlib.facts.standings import standings
from crmlib.models import contrasts, paired, rates
from crmlib.models.fitting import Array
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import Statistics

LOOKS = ("value", "low", "high")
Paired = Callable[[str, float, float], float]
"""A figure, its value and its earlier one to the probability that chance moved it as far; NaN where it cannot be told so."""
COLUMNS = ["kpi", "segment", "value", "low", "high", "n", "before", "change", "verdict"]


def moved(both: pd.DataFrame, rules: Statistics) -> Array:
    """The probability that chance alone moved each figure as far: `unit`, `value`, `low`, `high`, and the same with `_before`.

    NaN where nothing can be compared: a value is missing, or a sum has no interval.
    """
    now, before = (both[[f"{name}{end}" for name in LOOKS]].to_numpy(dtype=float) for end in ("", "_before"))
    chances = contrasts.moved(now, before, confidence=rules.confidence)
    counted = (both["unit"] == "count").to_numpy() & np.isnan(now[:, 1]) & np.isnan(before[:, 1])
    return np.where(counted, contrasts.counts_moved(now[:, 0], before[:, 0]), chances)


def by_customer(c: Company, earlier: Company, kpi: str, value: float, before: float) -> float:
    """The same of a figure that customers make one by one (`facts.standings`): what each added at the earlier day goes with what
    they add now. NaN of any other figure, and where what customers add does not come to `value` and `before`.
    """
    sides = [rows for on in (c, earlier) if (rows := standings(on, kpi)) is not None]
    if not sides:
        return float("nan")
    frames = [side.to_pyarrow().to_pandas().set_index("customer_id")[["top", "bottom"]] for side in sides]
    sums = frames[0].join(frames[1], how="outer", suffixes=("", "_before")).fillna(0.0).to_numpy()
    counted = KPIS[kpi].unit == "count"
    for (top, bottom), told in zip((sums[:, :2].sum(axis=0), sums[:, 2:].sum(axis=0)), (value, before), strict=True):
        if not (counted or bottom > 0) or not np.isclose(top if counted else top / bottom, told, rtol=1e-9, atol=1e-9):
            return float("nan")
    return paired.chance(sums, counted=counted)


def beyond(chances: pd.Series | Array, rules: Statistics) -> Array:
    """Which of the figures moved beyond chance among so many, of which at most `rules.false_discovery_rate` did by it."""
    given = np.asarray(chances, dtype=float)
    there = ~np.isnan(given)
    found = np.zeros(len(given), dtype=bool)
    found[there] = rates.discoveries(given[there], np.ones(int(there.sum())), rules.false_discovery_rate)
    return found


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
