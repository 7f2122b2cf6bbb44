"""Estimates with their intervals.

Intervals are named where they are made: Wilson (1927) for a share, Student's t for a mean, Newcombe (1998, method 10) for
a difference of shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import ndtri, stdtrit

FEW: Final = 200
"""Degrees of freedom from which Student's t and the studentised range are taken for normal."""


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


@dataclass(frozen=True)
class Clustered:
    """What a share over rows that come in clusters rests on, such as contacts of customers: sums over the clusters of their
    `hits` k and `rows` n, and of k², kn and n²; `clusters` with a row.
    """

    hits: float
    rows: float
    clusters: float
    kk: float
    kn: float
    nn: float

    @classmethod
    def of(cls, hits: ArrayLike, rows: ArrayLike) -> Clustered:
        """From the hits and the rows of each cluster."""
        k, n = (np.asarray(values, dtype=float) for values in (hits, rows))
        return cls(*(float(x) for x in (k.sum(), n.sum(), (n > 0).sum(), (k * k).sum(), (k * n).sum(), (n * n).sum())))

    @property
    def even(self) -> float:
        """Clusters of one size that would spread the rows as these do: few where most rows lie in few."""
        return self.rows**2 / self.nn if self.rows > 0 else 0.0

    @property
    def effective(self) -> float:
        """Independent rows that would tell as much: rows over the design effect of the ratio estimator, never more than rows.

        Where no row or every row is a hit nothing shows how alike those of a cluster are, and neither does a single cluster:
        each cluster then counts as if its rows were one (Kish 1965).
        """
        p = self.hits / self.rows if self.rows > 0 else 0.0
        if self.even <= 1 or p in (0, 1):
            return self.even
        spread = self.even / (self.even - 1) * (self.kk - 2 * p * self.kn + p * p * self.nn)
        simple = self.rows / (self.rows - 1) * p * (1 - p) * self.rows
        return self.rows / max(1.0, spread / simple)


def clustered(sums: Clustered, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Share over rows in clusters, with Wilson's interval at the effective number of rows, which is widened for few clusters
    (Korn and Graubard 1998; Dean and Pagano 2015); `wilson` itself where every cluster has one row.
    """
    n = sums.effective
    if n <= 0:
        return (float("nan"),) * 3
    if sums.even > 1:
        t = stdtrit(np.array([sums.rows - 1, sums.even - 1]), 0.5 + confidence / 2)
        n *= float(t[0] / t[1]) ** 2
    p = sums.hits / sums.rows
    _value, low, high = wilson(p * n, n, confidence=confidence)
    return p, low, high


def clustered_difference(
    one: tuple[ArrayLike, ArrayLike], other: tuple[ArrayLike, ArrayLike], *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Difference of two shares over rows of the same clusters; `one` and `other` are hits and rows by cluster, in one order.

    Newcombe's hybrid interval of `clustered` ones, with the correlation that clusters with rows of both give the two shares
    (Zou and Donner 2008); `difference` itself where every cluster has one row.
    """
    arms = [[np.asarray(values, dtype=float) for values in arm] for arm in (one, other)]
    (p1, l1, u1), (p2, l2, u2) = (clustered(Clustered.of(*arm), confidence=confidence) for arm in arms)
    if np.isnan(p1) or np.isnan(p2):
        return (float("nan"),) * 3
    (r1, r2), d = ((k - p * n for (k, n), p in zip(arms, (p1, p2), strict=True))), p1 - p2
    size = float(np.sqrt((r1 * r1).sum() * (r2 * r2).sum()))
    alike = float(np.clip((r1 * r2).sum() / size, -1, 1)) if size > 0 else 0.0

    def reach(a: float, b: float) -> float:
        return float(np.sqrt(max(0.0, a * a - 2 * alike * a * b + b * b)))

    return d, d - reach(p1 - l1, u2 - p2), d + reach(u1 - p1, p2 - l2)


@cache
def furthest(groups: int, df: float, confidence: float) -> float:
    """How many times further than two values' own intervals reach the highest and the lowest of `groups` must lie apart, so that
    equal ones are called different as seldom as `confidence` says: the studentised range (Tukey 1949, Kramer 1956).
    """
    # Beyond a few hundred degrees of freedom the range is the normal one, which is quick.
    q = float(stats.studentized_range.ppf(confidence, groups, df if df < FEW else np.inf))
    return q / float(np.sqrt(2)) / float(stdtrit(df, 0.5 + confidence / 2))


def apart(
    most: tuple[float, float, float],
    least: tuple[float, float, float],
    *,
    groups: int,
    n: float,
    confidence: float = 0.95,
) -> bool:
    """Whether the highest of `groups` values (value, low, high) lies above the lowest beyond what chance makes of so many.

    The lower limit of the difference by variance estimates recovered from the two intervals (Zou and Donner 2008), reaching as
    far as the studentised range asks for; `n`: independent rows of the smallest group.
    """
    reach = float(np.hypot(most[0] - most[1], least[2] - least[0]))
    return most[0] - least[0] > reach * furthest(groups, max(2.0, n - 1), confidence)


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


def ratio_of_counts(over: int, under: int, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Ratio of two Poisson counts over spans of one length, with the exact interval: that of Clopper and Pearson for the share
    that the one is of both (Przyborowski and Wilenski 1940). NaN where either is nought.
    """
    if not over or not under:
        return (float("nan"),) * 3
    tail = (1 - confidence) / 2
    low, high = stats.beta.ppf(tail, over, under + 1), stats.beta.ppf(1 - tail, over + 1, under)
    return over / under, float(low / (1 - low)), float(high / (1 - high))


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


def ratio(over: ArrayLike, under: ArrayLike, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Sum of `over` by that of `under`, both by independent row and not negative, with its interval on the log scale.

    Linearised (Cochran 1977, 6.4), with a t of as many degrees of freedom as rows of one size that would spread `under` as these
    do (Kish 1965): where a few large customers carry the sum the interval is theirs. All NaN where a sum is nought, the
    interval where fewer than two such rows remain.
    """
    one, other = (np.asarray(values, dtype=float) for values in (over, under))
    whole = float(other.sum())
    value = float(one.sum()) / whole if whole > 0 else 0.0
    if value <= 0:
        return (float("nan"),) * 3
    even = whole**2 / float((other * other).sum())
    if even < 2:
        return value, float("nan"), float("nan")
    off = one - value * other
    spread = float(np.sqrt((off * off).sum() * even / (even - 1))) / whole / value
    factor = float(np.exp(stdtrit(even - 1, 0.5 + confidence / 2) * spread))
    return value, value / factor, value * factor
