"""Days from which forecasts are tried, and what a model fitted on what was known then expected of each customer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from crmlib.models.fitting import Array
from crmlib.models.gates import FEWEST_ORIGINS, Trials
from crmlib.models.histories import HISTORY, BuyingModel
from crmlib.models.seasons import Season

Fitting = Callable[[pd.DataFrame], BuyingModel]
APART = 2
"""Months between origins at least; nearer ones would tell the same twice."""
OLDEST = 60
"""Months back beyond which a company is no longer the same."""
SORTED = (*HISTORY, "came", "revenue", "group")


@dataclass(frozen=True)
class Origin:
    """A day `on`, `back` months ago, and what came in the `days` (`months`) after it.

    `lives`: one row per customer then known: a summary (HISTORY, time_unit, and what the money model reads), group, came
    (purchases in those days), revenue (their money). `quarters`: purchases of all of them in each quarter of the days.
    `yardstick`: what the same months of the year before would have one expect.
    """

    on: date
    days: int
    back: int
    months: int
    lives: pd.DataFrame
    quarters: tuple[float, ...] = ()
    yardstick: float = float("nan")

    def ordered(self) -> Origin:
        """The same with its rows in an order that depends on what they hold only."""
        names = [name for name in SORTED if name in self.lives]
        held = {**vars(self), "lives": self.lives.sort_values(names, ignore_index=True)}
        return Origin(**held)


@dataclass(frozen=True)
class Trial:
    """A model fitted on what was known at an origin, with the histories and days in the time that it counts in."""

    origin: Origin
    model: BuyingModel
    lives: pd.DataFrame
    days: float

    @cached_property
    def expected(self) -> Array:
        """Purchases expected of each customer in the days held out."""
        return self.model.expected(self.lives, days=self.days)

    @property
    def came(self) -> Array:
        """Purchases of each customer in the days held out."""
        bought: Array = self.origin.lives["came"].to_numpy(dtype=float)
        return bought


def months_back(months: int, ahead: int, *, least: int, most: int) -> tuple[int, tuple[int, ...]]:
    """How many months to hold out, and how many months back the origins lie, the latest first, where `months` are on record.

    As many months are held out as are `ahead`, or the most that leave `FEWEST_ORIGINS` origins `APART` months from each other
    with `least` months before the first of them; none below `least` held out. Up to `most` origins, evenly spread.
    """
    for held_out in range(ahead, least - 1, -1):
        room = min(months - least, OLDEST) - held_out
        if room >= (FEWEST_ORIGINS - 1) * APART:
            n = min(most, room // APART + 1)
            return held_out, tuple(held_out + round(i * room / (n - 1)) for i in range(n))
    return 0, ()


def attempt(origin: Origin, fit: Fitting, season: Season | None = None) -> Trial:
    """The model fitted on what was known at the origin, in an even year's time where there is a season."""
    if season is None:
        return Trial(origin, fit(origin.lives), origin.lives, float(origin.days))
    lives = season.lives(origin.lives, origin.on)
    return Trial(origin, fit(lives), lives, season.days(origin.on, origin.days))


def trials_of(
    tried: Sequence[Trial], expected: Sequence[Array], came: Sequence[Array], groups: Sequence[str]
) -> Trials:
    """Sums over all customers and over each of `groups`, from what was expected and came of each customer at each origin."""
    sums = []
    for trial, each, bought in zip(tried, expected, came, strict=True):
        group = (
            trial.origin.lives["group"] if "group" in trial.origin.lives else pd.Series("", trial.origin.lives.index)
        )
        member = np.array([np.ones(len(group)), *((group == g).to_numpy(dtype=float) for g in groups)])
        total = member @ bought
        with np.errstate(divide="ignore", invalid="ignore"):
            chance = member @ (bought - each) ** 2 / np.maximum(total, 0.5) ** 2
        sums.append((member @ each, total, chance))
    shape = (len(tried), 1 + len(groups))
    expected_, came_, chance_ = (np.array([row[i] for row in sums]).reshape(shape) for i in range(3))
    back = np.array([trial.origin.back for trial in tried], dtype=float)
    return Trials(expected_, came_, chance_, back, float(tried[0].origin.months) if tried else 0.0)
