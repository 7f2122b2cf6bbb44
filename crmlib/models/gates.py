"""The gate before a forecast: what it expected on days long past against what came then, and how sure that leaves it.

A forecast is tried from several days back (rolling origins; Tashman 2000). Its misses are logarithms of what came over what
was expected. They overlap, so few of them are independent; a prior spread stands beside them, worth `PRIOR` independent ones,
as no past shows all that a year may bring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import stdtrit

from crmlib.models.fitting import Array

State = Literal["passed", "missed", "behind", "untested", "unusable"]
FEWEST_ORIGINS = 3
"""Origins below which a forecast counts as untested."""
PRIOR = 2.0
"""Independent origins that the prior spread counts as much as."""
HALF_LIFE = 6.0
"""Months after which an origin says half as much of how far off the next forecast will be on average."""
NEARER = 0.05
"""By how much (in the logarithm) the yardstick must be nearer than the model before the model is set aside for it."""


@dataclass(frozen=True)
class Trials:
    """What was expected and came from each origin (down) in each group of customers (across; the first is all of them).

    `chance`: variance of the logarithm of what came that chance alone explains. `back`: months from the origin to now;
    `months`: how many were held out after it.
    """

    expected: Array
    came: Array
    chance: Array
    back: Array
    months: float

    @property
    def misses(self) -> Array:
        """Logarithm of what came over what was expected; NaN where nothing was expected."""
        with np.errstate(divide="ignore", invalid="ignore"):
            logs: Array = np.log(np.maximum(self.came, 0.5) / self.expected)
        return np.where(np.isfinite(logs), logs, np.nan)

    @property
    def independent(self) -> float:
        """How many origins they are worth, as their held-out months overlap."""
        return float(min(len(self.back), 1 + np.ptp(self.back) / self.months)) if len(self.back) else 0.0


@dataclass(frozen=True)
class Gate:
    """Whether a forecast may be promised. `ratio` is what it expected for each that came (geometric mean over the origins,
    least and most the extremes, `lately` at the latest), `miss` how far off it was beyond chance (root mean square, in the
    logarithm).

    A forecast is to be multiplied by `factor`, and the logarithm of what comes then varies about it by `spreads` (one a
    group) with `freedom` degrees of freedom, beside what parameters and chance leave open.
    """

    state: State
    ratio: float = float("nan")
    least: float = float("nan")
    most: float = float("nan")
    lately: float = float("nan")
    miss: float = float("nan")
    factor: float = 1.0
    spreads: tuple[float, ...] = ()
    freedom: float = PRIOR
    origins: int = 0
    months: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether the forecast may be promised."""
        return self.state == "passed"

    def quantile(self, confidence: float) -> float:
        """Student's t for an interval of the confidence."""
        return float(stdtrit(self.freedom, 0.5 + confidence / 2))


def judge(trials: Trials, *, ahead: float, tolerance: float, drift: float, yardstick: float = np.inf) -> Gate:
    """The gate of a forecast over `ahead` months from its trials.

    It is passed where miss and ratio, of all trials and of late, are off by the factor `tolerance` at most, and it is not
    further off than the yardstick.
    `drift`: prior spread of the logarithm in a year. The factor takes off the mean miss of late, drawn towards nought the more,
    the fewer origins are independent. A shorter trial than what is ahead counts for as much more as it is shorter.
    """
    logs, n = trials.misses, len(trials.back)
    if not n or np.isnan(logs[:, 0]).any():
        return Gate("untested", origins=n, months=trials.months)
    weights = np.where(np.isnan(logs), 0.0, 1 / (drift**2 + trials.chance))
    logs, own = np.where(np.isnan(logs), 0.0, logs), trials.independent
    whole = weights[:, 0] / weights[:, 0].sum()
    lately = whole * 0.5 ** ((trials.back - trials.back.min()) / HALF_LIFE)
    mean, late = float(whole @ logs[:, 0]), float(lately @ logs[:, 0] / lately.sum())
    bias = late * own / (own + 1)
    left = _beyond_chance(logs - bias, trials.chance, weights) * (ahead / trials.months) ** 2
    seen = np.where(weights.sum(axis=0) > 0, own, 0.0)
    spreads = np.sqrt((PRIOR * drift**2 + seen * left) / (PRIOR + seen))
    miss = float(np.sqrt(_beyond_chance(logs, trials.chance, weights)[0]))
    state: State = "passed" if miss <= yardstick + NEARER else "behind"
    if n < FEWEST_ORIGINS or max(miss, abs(mean), abs(late)) > np.log(tolerance):
        state = "untested" if n < FEWEST_ORIGINS else "missed"
    least, most = np.exp(-logs[:, 0].max()), np.exp(-logs[:, 0].min())
    told = {"ratio": float(np.exp(-mean)), "least": float(least), "most": float(most), "miss": miss}
    told["lately"] = float(np.exp(-logs[np.argmin(trials.back), 0]))
    sure = {"factor": float(np.exp(bias)), "spreads": tuple(map(float, spreads)), "freedom": PRIOR + own}
    return Gate(state, **told, **sure, origins=n, months=trials.months)  # type: ignore[arg-type]


def miss_of(expected: Array, came: Array, chance: Array, *, drift: float) -> float:
    """Root mean square of the logarithm of what came over what was expected from each origin, beyond chance."""
    logs, weights = np.log(np.maximum(came, 0.5) / np.maximum(expected, 0.5)), 1 / (drift**2 + chance)
    return float(np.sqrt(_beyond_chance(logs[:, None], chance[:, None], weights[:, None])[0]))


def _beyond_chance(logs: Array, chance: Array, weights: Array) -> Array:
    """Mean square of each column of `logs`, less what chance explains of it."""
    total = np.maximum(weights.sum(axis=0), 1e-12)
    over: Array = np.maximum((weights * (logs**2 - np.where(weights > 0, chance, 0.0))).sum(axis=0) / total, 0.0)
    return over
