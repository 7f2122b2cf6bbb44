"""Which of the figures that two months have in common moved beyond chance (D128, D130)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.facts.company import Company
from crmlib.facts.standings import standings
from crmlib.models import contrasts, paired, rates
from crmlib.models.fitting import Array
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import Statistics

LOOKS = ("value", "low", "high")


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
