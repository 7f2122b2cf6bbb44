"""Estimates with their intervals.

Intervals are named where they are made: Wilson (1927) for a share, Student's t for a mean, Newcombe (1998, method 10) for
a difference of shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import ndtri, stdtrit


def wilson(successes: float, n: float, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Share and its Wilson score interval, all in 0 to 1; NaN three times where n is 0."""
    if n <= 0:
        return (float("nan"),) * 3
    z = float(ndtri(0.5 + confidence / 2))
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
    return p, centre - half if successes else 0.0, centre + half if successes < n else 1.0


def mean(values: Iterable[float], *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean and its t interval, in the values' unit; the interval is NaN below two values."""
    sample = np.asarray(list(values), dtype=float)
    sample = sample[~np.isnan(sample)]
    if sample.size == 0:
        return (float("nan"),) * 3
    return mean_from(
        float(sample.mean()),
        float(sample.std(ddof=1)) if sample.size > 1 else float("nan"),
        sample.size,
        confidence=confidence,
    )


def mean_from(average: float, deviation: float, n: float, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """`mean` from an average, a sample standard deviation and n that the engine has already computed."""
    if n < 2 or not np.isfinite(deviation):
        return average, float("nan"), float("nan")
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * deviation / float(np.sqrt(n))
    return average, average - half, average + half


def difference(s1: float, n1: float, s2: float, n2: float, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Difference of two independent shares, s1/n1 − s2/n2, with Newcombe's hybrid score interval."""
    p1, l1, u1 = wilson(s1, n1, confidence=confidence)
    p2, l2, u2 = wilson(s2, n2, confidence=confidence)
    d = p1 - p2
    return d, d - float(np.hypot(p1 - l1, u2 - p2)), d + float(np.hypot(u1 - p1, p2 - l2))


def ratio_of_sums(
    moments: Mapping[str, float], over: Sequence[str], under: Sequence[str], *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Product of the sums `over` by that of the sums `under`, with its interval on the log scale (delta method).

    `moments` holds the sum of each over independent rows under its name, and of each product of two under "a.b" in the order
    `over` then `under`. All NaN where a sum is not positive.
    """
    names = (*over, *under)
    if any(moments[name] <= 0 for name in names):
        return (float("nan"),) * 3
    weight = {name: (1 if name in over else -1) / moments[name] for name in names}
    pairs = combinations_with_replacement(names, 2)
    variance = sum((1 if a == b else 2) * weight[a] * weight[b] * moments[f"{a}.{b}"] for a, b in pairs)
    value = float(np.prod([moments[name] for name in over]) / np.prod([moments[name] for name in under]))
    return _log_scale(value, variance, confidence)


def _log_scale(value: float, log_variance: float, confidence: float) -> tuple[float, float, float]:
    factor = float(np.exp(stats.norm.ppf(0.5 + confidence / 2) * np.sqrt(max(0.0, log_variance))))
    return value, value / factor, value * factor


def median(values: Iterable[float], *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Median and the interval between its order statistics; the interval is NaN for few values."""
    ordered = np.sort(np.asarray(list(values), dtype=float))
    n, reach = len(ordered), float(stats.norm.ppf(0.5 + confidence / 2)) * float(np.sqrt(len(ordered))) / 2
    if n / 2 - reach < 1:
        return (float(np.median(ordered)) if n else float("nan")), float("nan"), float("nan")
    return (
        float(np.median(ordered)),
        float(ordered[int(n / 2 - reach)]),
        float(ordered[int(np.ceil(n / 2 + reach)) - 1]),
    )


def rank_correlation(one: ArrayLike, other: ArrayLike, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Spearman's rank correlation with its interval (Fieller, Hartley and Pearson 1957); NaN three times below four rows
    or where one of the two does not vary.
    """
    ranks = [stats.rankdata(values) for values in (one, other)]
    n = len(ranks[0])
    if n < 4 or any(np.ptp(rank) == 0 for rank in ranks):
        return (float("nan"),) * 3
    rho = float(np.corrcoef(*ranks)[0, 1])
    z = float(ndtri(0.5 + confidence / 2)) * float(np.sqrt(1.06 / (n - 3)))
    with np.errstate(divide="ignore"):
        low, high = np.tanh(np.arctanh(rho) + np.array([-z, z]))
    return rho, float(low), float(high)
