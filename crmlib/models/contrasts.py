"""Two groups compared on one outcome: who had it, or how much of it, with an interval that stays honest among noughts.

Shares: Newcombe (1998). Means of what is never negative and mostly nought: share times mean of the rest, each with its own
interval, joined on the log scale and then as a difference by variance estimates recovered from limits (Zou and Donner 2008;
Zou, Taleban and Huo 2009). Means of all else: Welch (1947).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import exp, hypot, isnan, log, nan, sqrt
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import ndtr, ndtri, stdtrit

from crmlib.models.estimates import difference, wilson
from crmlib.models.fitting import Array

Estimate = tuple[float, float, float]
OWN = 30
"""Values that are not nought from which a group's own spread is taken, and not that of both groups together."""
MANY = 10_000_000
"""Customers that no campaign of a company has."""
LEAST_P = 1e-12
"""Below it a probability is not told any further."""


class Sums(NamedTuple):
    """One group: its size n, how many values are not nought (k), their sum and sum of squares, and the least of all values."""

    n: float
    k: float
    s: float
    ss: float
    least: float = 0.0

    @classmethod
    def of(cls, values: Sequence[float] | np.ndarray) -> Sums:
        """From the values themselves."""
        x = np.asarray(values, dtype=float)
        return cls(len(x), int((x != 0).sum()), x.sum(), (x * x).sum(), x.min() if len(x) else 0.0)

    @property
    def variance(self) -> float:
        """Sample variance of all values; NaN below two."""
        return max(0.0, self.ss - self.s**2 / self.n) / (self.n - 1) if self.n > 1 else nan


def share(group: Sums, *, confidence: float = 0.95) -> Estimate:
    """Share of one group with a value that is not nought (Wilson)."""
    return wilson(group.k, group.n, confidence=confidence)


def together(groups: Iterable[Sums]) -> Sums:
    """Several groups as one."""
    every = list(groups)
    n, k, s, ss = (sum(group[part] for group in every) for part in range(4))
    return Sums(n, k, s, ss, min(group.least for group in every))


def shares(one: Sums, other: Sums, *, confidence: float = 0.95) -> Estimate:
    """Difference of the shares with a value that is not nought, `one` less `other`."""
    return difference(one.k, one.n, other.k, other.n, confidence=confidence)


def means(one: Sums, other: Sums, *, confidence: float = 0.95) -> Estimate:
    """Difference of the means, `one` less `other`; the interval is NaN where the values do not tell how far they spread."""
    if not (one.n and other.n):
        return nan, nan, nan
    value = one.s / one.n - other.s / other.n
    if min(one.least, other.least) < 0 or (one.k == one.n and other.k == other.n):
        return welch(one, other, confidence=confidence)
    rest = _rest(one, other)
    if isnan(rest.spread):
        return value, nan, nan
    (x, lx, ux), (y, ly, uy) = (_mean(group, rest, confidence) for group in (one, other))
    return value, value - hypot(x - lx, uy - y), value + hypot(ux - x, y - ly)


def mean(group: Sums, *, confidence: float = 0.95) -> Estimate:
    """Mean of one group with its interval, by the same reasoning as `means`."""
    if not group.n:
        return nan, nan, nan
    if group.least < 0 or group.k == group.n:
        half = (
            float(stdtrit(group.n - 1, 0.5 + confidence / 2)) * sqrt(group.variance / group.n) if group.n > 1 else nan
        )
        value = group.s / group.n
        low = value - half if group.least < 0 else max(0.0, value - half)
        return (value, low, value + half) if half else (value, nan, nan)
    rest = _rest(group)
    return (group.s / group.n, nan, nan) if isnan(rest.spread) else _mean(group, rest, confidence)


def probability(interval: Callable[[float], Estimate]) -> float:
    """Two-sided probability of a difference as large by chance: one less the confidence at which its interval reaches nought.

    NaN where there is no interval.
    """
    value, low, high = interval(0.5)
    if isnan(low) or isnan(high):
        return nan
    if value == 0:
        return 1.0
    shut, held = log(LEAST_P), 0.0
    for _step in range(40):
        tried = (shut + held) / 2
        _value, low, high = interval(1 - exp(tried))
        shut, held = (shut, tried) if low > 0 or high < 0 else (tried, held)
    return exp(held) if held else 1.0


class Difference(Protocol):
    """How two groups are compared: `shares`, `means` or `welch`."""

    def __call__(self, one: Sums, other: Sums, *, confidence: float) -> Estimate:
        """The difference `one` less `other`, with its interval."""


def chance(difference: Difference, one: Sums, other: Sums) -> float:
    """`probability` of a difference of two groups."""
    return probability(lambda confidence: difference(one, other, confidence=confidence))


def moved(now: ArrayLike, before: ArrayLike, *, confidence: float = 0.95) -> Array:
    """Two-sided probabilities that chance alone sets two looks at a figure as far apart, one per row of `now` and `before`
    (value, low, high of that `confidence`); NaN where a value or an interval is missing.

    Normal, the error of each look half its interval. Looks at the same customers go together, so that the difference is less
    uncertain than it is taken to be: a small change may be missed, none is cried up.
    """
    z = float(ndtri(0.5 + confidence / 2))
    (new, new_error), (old, old_error) = (
        (side[:, 0], (side[:, 2] - side[:, 1]) / 2 / z) for side in (np.asarray(s, dtype=float) for s in (now, before))
    )
    error = np.hypot(new_error, old_error)
    with np.errstate(divide="ignore", invalid="ignore"):
        chances = 2 * ndtr(-np.abs(new - old) / error)
    return np.asarray(np.where(new == old, np.where(np.isnan(error), np.nan, 1.0), chances))


def counts_moved(now: ArrayLike, before: ArrayLike) -> Array:
    """As `moved`, of counts: each with the spread of a Poisson count."""
    new, old = np.asarray(now, dtype=float), np.asarray(before, dtype=float)
    error = np.sqrt(np.maximum(new + old, 1.0))
    return np.asarray(2 * ndtr(-np.abs(new - old) / error))


def least_share(
    usual: float, one: float, other: float, *, comparisons: int = 1, power: float = 0.8, confidence: float = 0.95
) -> float:
    """The least rise of a usual share that `shares` tells with this `power`, of `one` customers against `other`, the first of so
    many `comparisons` corrected for their number (Holm's first step); NaN where not even the highest share would show.

    Where chance takes off as much of the rise as it does in 1 - `power` of cases, the interval just leaves nought.
    """
    if not 0 <= usual < 1 or min(one, other) <= 0:
        return nan
    level, reach = 1 - (1 - confidence) / max(1, comparisons), float(ndtri(power))

    def shows(rise: float) -> bool:
        share = usual + rise
        parts = share * (1 - share) / one, usual * (1 - usual) / other
        error = sqrt(sum(parts)) or 1.0
        k = min(one, max(0.0, one * (share - reach * parts[0] / error)))
        m = min(other, max(0.0, other * (usual + reach * parts[1] / error)))
        return shares(Sums(one, k, k, k), Sums(other, m, m, m), confidence=level)[1] > 0

    low, high = 0.0, 1.0 - usual
    if not shows(high):
        return nan
    for _step in range(30):
        tried = (low + high) / 2
        low, high = (low, tried) if shows(tried) else (tried, high)
    return high


def customers_for(usual: float, rise: float, alone: float, *, power: float = 0.8, confidence: float = 0.95) -> float:
    """Customers in all of whom a share is left `alone`, so that a `rise` of the usual share is told with this `power`; NaN where
    the share cannot rise so far, or `MANY` are not enough.
    """

    def shows(n: float) -> bool:
        held = round(n * alone)
        return least_share(usual, n - held, held, power=power, confidence=confidence) <= rise

    if usual + rise > 1 or not shows(MANY):
        return nan
    few, enough = 1, MANY
    while enough - few > 1:
        tried = (few + enough) // 2
        few, enough = (few, tried) if shows(tried) else (tried, enough)
    return float(enough)


def least_mean(one: Sums, other: Sums, *, comparisons: int = 1, power: float = 0.8, confidence: float = 0.95) -> float:
    """The same of a difference of two means with the spread of these groups, by the normal distribution; NaN below two values."""
    if min(one.n, other.n) < 2:
        return nan
    tail = (1 - confidence) / 2 / max(1, comparisons)
    return float(ndtri(power) - ndtri(tail)) * sqrt(one.variance / one.n + other.variance / other.n)


def holm(chances: Sequence[float]) -> list[float]:
    """Probabilities of several comparisons, each corrected for their number (Holm 1979); NaN stays and is not counted."""
    given = np.asarray(chances, dtype=float)
    corrected = np.full(len(given), nan)
    there = np.flatnonzero(~np.isnan(given))
    order = there[np.argsort(given[there], kind="stable")]
    steps = given[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(steps)) if len(order) else steps
    return [float(p) for p in corrected]


def uneven(counts: ArrayLike, expected: ArrayLike) -> float:
    """Probability that chance makes groups as far from their expected shares as these are (chi-square)."""
    whole = float(np.sum(counts))
    aims = np.asarray(expected, dtype=float) / float(np.sum(expected)) * whole
    return float(stats.chisquare(counts, aims).pvalue)


class _Rest(NamedTuple):
    """What is not nought in some groups: its coefficient of variation within them, on how many degrees of freedom, and mean."""

    spread: float
    freedom: float
    mean: float


def _rest(*groups: Sums) -> _Rest:
    """NaN where no group has two values that are not nought."""
    several = [g for g in groups if g.k >= 2 and g.s > 0]
    if not several:
        return _Rest(nan, 0, nan)
    freedom = sum(g.k - 1 for g in several)
    squares = sum(max(0.0, g.ss - g.s**2 / g.k) / (g.s / g.k) ** 2 for g in several)
    return _Rest(sqrt(squares / freedom), freedom, sum(g.s for g in groups) / sum(g.k for g in groups))


def _mean(group: Sums, rest: _Rest, confidence: float) -> Estimate:
    p, low, high = wilson(group.k, group.n, confidence=confidence)
    if not group.k:
        # Who never bought would have bought for about as much as those who did.
        return 0.0, 0.0, high * rest.mean
    own = _rest(group) if group.k >= OWN else rest
    wide = float(stdtrit(own.freedom, 0.5 + confidence / 2)) * own.spread / sqrt(group.k)
    value = group.s / group.n
    return value, value * exp(-hypot(log(p / low), wide)), value * exp(hypot(log(high / p), wide))


def welch(one: Sums, other: Sums, *, confidence: float = 0.95) -> Estimate:
    """Difference of the means with Welch's interval, NaN below two values in a group or where one does not vary."""
    value = one.s / one.n - other.s / other.n
    vx, vy = one.variance / one.n, other.variance / other.n
    if isnan(vx) or isnan(vy) or min(vx, vy) <= 0:
        return value, nan, nan
    freedom = (vx + vy) ** 2 / (vx**2 / (one.n - 1) + vy**2 / (other.n - 1))
    half = float(stdtrit(freedom, 0.5 + confidence / 2)) * sqrt(vx + vy)
    return value, value - half, value + half
