"""How long until something happens, where some are still waiting."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import ndtri

Vector = np.ndarray[Any, np.dtype[Any]]


def kaplan_meier(
    waits: Vector, happened: Vector, counts: Vector, until: int, *, confidence: float = 0.95
) -> dict[str, Vector]:
    """Share to whom it has happened by each day 0 … `until`: share, low, high, at_risk (still waiting before the day), events
    (to how many it has).

    `waits` are whole days, each of `counts` who waited so long and to whom it then `happened` (true) or who were not watched
    any longer. `until` is at most the longest wait. Kaplan and Meier (1958) with Greenwood's variance on the log-log scale;
    before the first event, which has no variance yet, the Wilson bound of none among those at risk.
    """
    left = np.bincount(waits, weights=counts)
    at_risk = left[::-1].cumsum()[::-1][: until + 1]
    events = np.bincount(waits[happened], weights=counts[happened], minlength=len(left))[: until + 1]
    waiting = np.cumprod(1 - events / at_risk)
    z = float(ndtri(0.5 + confidence / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
        spread = z * np.sqrt(variance) / np.log(waiting)
        low, high = 1 - waiting ** np.exp(spread), 1 - waiting ** np.exp(-spread)
    low = np.where(waiting == 1, 0.0, np.where(waiting == 0, np.fmax.accumulate(low), low))
    high = np.where(waiting == 1, z**2 / (at_risk + z**2), np.where(waiting == 0, 1.0, high))
    return {"share": 1 - waiting, "low": low, "high": high, "at_risk": at_risk, "events": events.cumsum()}


def median_wait(waits: Vector, happened: Vector, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Wait within which it happens to half of all, in the unit of `waits`, with its interval; of those to whom it has not
    `happened` yet the wait is at least so long. NaN for an end that the data do not reach.

    The median of Kaplan and Meier (1958), and where the limits of their curve, on the log-log scale, cross one half (Brookmeyer
    and Crowley 1982).
    """
    if not happened.any():
        return (float("nan"),) * 3
    curve = stats.ecdf(stats.CensoredData(uncensored=waits[happened], right=waits[~happened])).sf
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        # At the ends of the curve it has no variance; there the limits are not asked for.
        warnings.simplefilter("ignore", RuntimeWarning)
        limits = curve.confidence_interval(confidence, method="log-log")
    bands = (curve.probabilities, limits.low.probabilities, limits.high.probabilities)
    crossed = [np.flatnonzero(band <= 0.5) for band in bands]
    value, low, high = (float(curve.quantiles[at[0]]) if len(at) else float("nan") for at in crossed)
    return value, low, high
