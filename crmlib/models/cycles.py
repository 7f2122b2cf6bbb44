"""Purchase cycles: who buys at regular intervals and not at random, and when the next purchase is to be expected (D101).

Whoever buys at random leaves exponential gaps; of who buys in a cycle they are alike (a gamma renewal of high shape). Moran's
test, the likelihood ratio of the two, tells them apart whatever the customer's own rate. The next gap is taken as log-normal:
Student's interval about the customer's own mean, the spread drawn in towards that of all regular customers (Smyth 2004), given
that the gap has lasted so long already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats
from scipy.special import digamma, polygamma

from crmlib.models.fitting import Array
from crmlib.models.rates import discoveries

FEWEST: Final = 3
"""Gaps from which regularity can be told."""
SHORTEST: Final = 7.0
"""Days of a mean gap below which days are too coarse to tell a cycle by."""
STRICTEST: Final = 0.04
"""Share of the customers who buy at random that at most is called regular: less than one in twenty, as days are coarse."""
BROKEN: Final = 0.95
"""Share of the next gaps that are shorter, from which a silence says that the cycle is no more."""


@dataclass(frozen=True)
class Gaps:
    """Gaps between purchases by customer: `n`, `mean` (days), `mean_log` and `spread_log` (standard deviation) of their
    logarithms, as arrays; a spread of fewer than two gaps is nought. Whole days have half a day taken off: random days would
    look even else.
    """

    n: Array
    mean: Array
    mean_log: Array
    spread_log: Array


def chance(gaps: Gaps) -> Array:
    """Probability of gaps as even, or evener, if the customer buys at random (Moran 1951, Bartlett's correction); 1 where there
    are fewer than `FEWEST` or they are shorter than `SHORTEST` days on average.
    """
    n = np.maximum(gaps.n.astype(float), 2.0)
    uneven = 2 * n * np.maximum(np.log(gaps.mean) - gaps.mean_log, 0.0) / (1 + (n + 1) / (6 * n))
    told = (gaps.n >= FEWEST) & (gaps.mean >= SHORTEST)
    return np.where(told, stats.chi2.cdf(uneven, n - 1), 1.0)


def regular(gaps: Gaps, rate: float) -> Array:
    """Who buys in a cycle: among those who can be told at most the share `rate` of whom is said so by chance (Benjamini and
    Hochberg 1995), and at most `STRICTEST` of who buys at random.
    """
    p = chance(gaps)
    asked = (gaps.n >= FEWEST) & (gaps.mean >= SHORTEST)
    found = np.zeros(len(p), dtype=bool)
    if asked.any():
        found[asked] = discoveries(p[asked], np.ones(int(asked.sum())), rate) & (p[asked] <= STRICTEST)
    return found


def spread_of(gaps: Gaps) -> tuple[float, float]:
    """Variance of the log gaps that is usual among customers, and the degrees of freedom that it counts as (moments of the log
    variances, Smyth 2004); infinite where they do not differ beyond chance.
    """
    told = (gaps.n >= FEWEST) & (gaps.spread_log > 0)
    if told.sum() < 2:
        return (float(np.mean(gaps.spread_log[told] ** 2)), 1.0) if told.any() else (0.04, 1.0)
    free = gaps.n[told] - 1.0
    logs = np.log(gaps.spread_log[told] ** 2) - digamma(free / 2) + np.log(free / 2)
    beyond = float(np.var(logs, ddof=1) - np.mean(polygamma(1, free / 2)))
    if beyond <= 0:
        return float(np.exp(np.mean(logs))), np.inf
    prior = 2 * _inverse_trigamma(beyond)
    return float(np.exp(np.mean(logs) + digamma(prior / 2) - np.log(prior / 2))), float(prior)


def next_gap(gaps: Gaps, elapsed: Array, usual: tuple[float, float], confidence: float) -> tuple[Array, Array, Array]:
    """Days from the last purchase to the next: the middle and an interval of `confidence`, given that `elapsed` days are over
    without one; NaN where that is so long (`BROKEN`) that the cycle is no more.
    """
    variance, weight = usual
    free = np.maximum(gaps.n - 1.0, 0.0)
    own = free * gaps.spread_log**2
    if np.isinf(weight):
        mixed, degrees = np.full(len(free), variance), np.full(len(free), 1e6)
    else:
        mixed, degrees = (weight * variance + own) / (weight + free), weight + free
    scale = np.sqrt(mixed * (1 + 1 / np.maximum(gaps.n, 1.0)))
    over = stats.t.cdf((np.log(np.maximum(elapsed, 0.5)) - gaps.mean_log) / scale, degrees)
    quantiles = [0.5, 0.5 - confidence / 2, 0.5 + confidence / 2]
    going = np.where(over <= BROKEN, 1.0, np.nan)
    middle, low, high = (
        going * np.exp(gaps.mean_log + scale * stats.t.ppf(np.minimum(over + (1 - over) * q, 1 - 1e-12), degrees))
        for q in quantiles
    )
    return middle, low, high


def _inverse_trigamma(value: float) -> float:
    """x with trigamma(x) = value (Newton, Smyth 2004)."""
    x = 0.5 + 1 / value
    for _step in range(50):
        now = float(polygamma(1, x))
        change = now * (1 - now / value) / float(polygamma(2, x))
        x += change
        if abs(change) < 1e-9 * x:
            break
    return x
