"""A season in purchases: one factor a calendar month, from the ratio to a centred year's mean (Persons 1919).

With a season, time runs faster in a strong month: histories and horizons are counted in the time of an even year, and the
models of buying, which know no season, are asked in that time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from crmlib.models.fitting import DAYS_PER, Array, unit_of
from crmlib.models.histories import HISTORY

FEWEST_MONTHS = 24
"""Months below which no season can be told from a trend."""
LEAST = 0.1
"""The weakest that a month can be."""


@dataclass(frozen=True)
class Season:
    """How strong each calendar month is, January first; 1 on the average day of a year."""

    factors: tuple[float, ...]

    def clock(self, days: Array) -> Array:
        """Ordinals of days in the time of an even year, at their ends."""
        days = np.asarray(days, dtype=np.int64)
        if not len(days):
            return np.zeros(0)
        start, end = int(days.min()), int(days.max())
        dates = (np.arange(start, end + 1) - date(1970, 1, 1).toordinal()).astype("datetime64[D]")
        each = np.asarray(self.factors)[dates.astype("datetime64[M]").astype(np.int64) % 12]
        run: Array = np.cumsum(each)[days - start]
        return run

    def lives(self, lives: pd.DataFrame, on: date) -> pd.DataFrame:
        """Histories until the end of day `on` with recency and T in the time of an even year."""
        length, end = DAYS_PER[unit_of(lives)], on.toordinal()
        recency, age = (np.rint(lives[name].to_numpy(dtype=float) * length).astype(np.int64) for name in HISTORY[1:])
        first = end - age
        run = self.clock(np.concatenate([first, first + recency, [end]]))
        began, last, now = run[: len(first)], run[len(first) : -1], run[-1]
        return lives.assign(recency=(last - began) / length, T=(now - began) / length)

    def days(self, on: date, days: float) -> float:
        """Days after `on` in the time of an even year."""
        if not days:
            return 0.0
        run = self.clock(np.array([on.toordinal(), on.toordinal() + int(days)]))
        return float(run[1] - run[0])


def fit(purchases: pd.Series[float]) -> Season | None:
    """The season of monthly purchases (index: a monthly period, without gaps), from the first month with any; None below two
    years or without purchases in each of their months. Drawn towards none as far as chance explains the differences.
    """
    purchases = purchases[purchases.cumsum() > 0]
    months = purchases.index.days_in_month.to_numpy(dtype=float)
    counts = purchases.to_numpy(dtype=float)
    if len(counts) < FEWEST_MONTHS or counts.min() <= 0:
        return None
    daily, weights = counts / months, np.r_[0.5, np.ones(11), 0.5] / 12
    ratios = daily[6:-6] / np.convolve(daily, weights, mode="valid")
    which = purchases.index.month.to_numpy()[6:-6] - 1
    each = np.bincount(which, ratios, 12) / np.bincount(which, minlength=12)
    noise = np.bincount(which, 1 / counts[6:-6], 12) / np.bincount(which, minlength=12) ** 2
    each = each / each.mean()
    kept = max(0.0, 1 - float(noise.mean()) / max(float(each.var()), 1e-12))
    each = np.maximum(1 + kept * (each - 1), LEAST)
    year = np.array([31, 28.2425, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    return Season(tuple(map(float, each * year.sum() / (each @ year))))
