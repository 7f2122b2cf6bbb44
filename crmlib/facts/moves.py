"""Which of the figures that two months have in common moved beyond chance (D128, D130)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.models import contrasts, rates
from crmlib.models.fitting import Array
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


def beyond(chances: pd.Series | Array, rules: Statistics) -> Array:
    """Which of the figures moved beyond chance among so many, of which at most `rules.false_discovery_rate` did by it."""
    given = np.asarray(chances, dtype=float)
    there = ~np.isnan(given)
    found = np.zeros(len(given), dtype=bool)
    found[there] = rates.discoveries(given[there], np.ones(int(there.sum())), rules.false_discovery_rate)
    return found
