"""What acting changed among customers drawn by lot month after month: by strata, adjusted for what was known before, and said so
that it holds although one looks every month.

Within each stratum (a month and what was drawn with one chance in it) the arms are compared and the differences weighted by those
acted on: the sum is what was won, and no mix of months or reasons can make or hide an effect (Simpson 1951). What was known of a
customer before is taken off each outcome by a regression learnt from the months before (CUPED: Deng, Xu, Kohavi and Walker 2013),
so that it is fixed when the lot is drawn. All months together have an asymptotic confidence sequence, Robbins' normal mixture
(Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, theorem 2.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log, nan
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from crmlib.models.fitting import Array

Estimate = tuple[float, float, float]
NONE: Final[Estimate] = (nan, nan, nan)
ENOUGH: Final = 10.0
"""Degrees of freedom from which the spread of an arm is known well enough to tell anything; of a rare outcome twice the customers
who had it, so that five are enough."""
BORROWED: Final = 10.0
"""Degrees of freedom for which the spread of all months counts in that of one month."""
TIGHTEST: Final = 6.0
"""Months of the size of the first after which the confidence sequence is at its tightest; elsewhere it is little wider."""
PATHS: Final = 4_000
"""Paths by which a chance is reckoned: to within a point."""
RIDGE: Final = 1.0
"""Weight of the regression's prior that nothing known before tells of the outcome, in customers."""


@dataclass(frozen=True)
class Drawn:
    """Customers drawn into arms, a row each: `outcome` (a yes or no as 1 or 0, or money), `acted` (1 or 0), `stratum` (whole
    numbers, each within one month), `month` (whole numbers in the order of time), `before` (rows by columns).
    """

    outcome: Array
    acted: Array
    stratum: Array
    month: Array
    before: Array

    @cached_property
    def left(self) -> Array:
        """`adjusted`, worked out once: every look reads it."""
        return adjusted(self)


@dataclass(frozen=True)
class Compared:
    """What came of one or several months: customers `acted` on and `held` out, what was `won` in all (in units of the outcome)
    and its `variance`; `freedom` of that variance, and `known`, those of the arm that is known less; `alone`: the mean outcome of
    the acted, had they been left alone.
    """

    acted: float
    held: float
    won: float
    variance: float
    freedom: float
    known: float
    alone: float

    @property
    def is_enough(self) -> bool:
        """Whether anything can be told: one rule for every outcome."""
        return self.known >= ENOUGH and self.variance > 0


NOTHING: Final = Compared(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, nan)
"""What is known before the first month."""


def months(drawn: Drawn) -> Array:
    """The months in which some were acted on and some left alone in one stratum."""
    return np.unique(drawn.month[_both(drawn)])


def compared(drawn: Drawn, chosen: Array | None = None) -> Compared:
    """The months `chosen` (all by default) as one."""
    rows = _both(drawn)
    if chosen is not None:
        rows &= np.isin(drawn.month, chosen)
    if not rows.any():
        return NOTHING
    outcome, acted = drawn.outcome[rows], drawn.acted[rows] == 1
    left = drawn.left[rows]
    _names, stratum = np.unique(drawn.stratum[rows], return_inverse=True)
    _names, month = np.unique(drawn.month[rows], return_inverse=True)
    weight = np.bincount(stratum, weights=acted).astype(float)
    arms = [_Arm(outcome[side], left[side], stratum[side], month[side], weight) for side in (acted, ~acted)]
    one, other = arms
    variance = one.variance + other.variance
    total = float(weight.sum())
    won = float(weight @ (one.means - other.means))
    freedom = variance**2 / sum(arm.variance**2 / max(arm.known, 1e-9) for arm in arms) if variance > 0 else 0.0
    alone = float(one.raw @ weight - won) / total
    return Compared(total, float(len(outcome) - total), won, variance, freedom, min(one.known, other.known), alone)


def looks(drawn: Drawn) -> list[Compared]:
    """The months up to each, as somebody sees them who looks every month."""
    every = months(drawn)
    return [compared(drawn, every[: at + 1]) for at in range(len(every))]


def begun(looked: list[Compared]) -> Compared:
    """The first of some looks at which anything varied, by which the sequence is laid out; a month before it says nothing of how
    much months tell.
    """
    return next((told for told in looked if told.variance > 0), NOTHING)


def interval(told: Compared, *, confidence: float = 0.95) -> Estimate:
    """Effect for each customer acted on, with an interval that holds for one look; NaN where there is not enough to tell."""
    return _around(told, float(ndtri(0.5 + confidence / 2)))


def sequence(told: Compared, first: Compared, *, confidence: float = 0.95) -> Estimate:
    """The same of all months so far, `first` the first of them alone, with an interval that holds at all looks together."""
    if not told.is_enough:
        return NONE
    return _around(told, float(reach(told.variance, first.variance, confidence=confidence)))


def usual(drawn: Drawn, *, held: float | None = None) -> Compared:
    """A month as the last `TIGHTEST` were on average; were `held` of its customers left alone and as many acted on, its variance
    would go with one over that share.
    """
    every = months(drawn)
    # Nothing had been learnt before the first month that could be taken off its spread.
    chosen = every[1:][-int(TIGHTEST) :] if len(every) > 1 else every
    told = compared(drawn, chosen)
    n = max(len(chosen), 1)
    share = share_held(drawn) if held is None else held
    rate = share / share_held(drawn)
    alone = rate * (1 - share_held(drawn)) / (1 - share)
    return Compared(
        told.acted / n,
        told.acted / n * share / (1 - share),
        told.won / n,
        told.variance / n / rate,
        told.freedom / n * alone,
        told.known / n * alone,
        told.alone,
    )


def share_held(drawn: Drawn) -> float:
    """Share left alone of those that can be compared, in the last months."""
    rows = _both(drawn) & np.isin(drawn.month, months(drawn)[-int(TIGHTEST) :])
    return float(1 - drawn.acted[rows].mean()) if rows.any() else nan


def chances(
    effect: float, month: Compared, first: Compared, so_far: Compared, *, ahead: int = 36, confidence: float = 0.95
) -> Array:
    """Chance that an `effect` for each customer acted on is told within 1, 2 … `ahead` further months like `month`, from where
    the months so far stand: the sequence leaves nought on its side at one of the looks. From `PATHS` paths of a fixed seed.
    """
    rng, t = np.random.default_rng(0), np.arange(1, ahead + 1)
    # Counts and not their normal limit: where few of the held out order, their spread and the effect go together.
    alone = float(np.clip(month.alone, 1e-6, 1 - 1e-6))
    shares = [float(np.clip(share, 1e-6, 1 - 1e-6)) for share in (alone + effect, alone)]
    sizes = [max(round(n), 1) for n in (month.acted, month.held)]
    usual_spread = sum(p * (1 - p) / n for p, n in zip(shares, sizes, strict=True)) * month.acted**2
    counted = [
        np.cumsum(rng.binomial(n, p, (PATHS, ahead)), axis=1) / (n * t) for n, p in zip(sizes, shares, strict=True)
    ]
    off = (counted[0] - shares[0]) - (counted[1] - shares[1])
    spread = sum(p * (1 - p) / n for p, n in zip(counted, sizes, strict=True)) * month.acted**2
    # What was known before takes off as much of it as it has done.
    left = month.variance / usual_spread
    won = so_far.won + month.acted * t * (effect + left**0.5 * off)
    variance, freedom = so_far.variance + t * left * spread, so_far.freedom + t * month.freedom
    half = _student(reach(variance, first.variance, confidence=confidence), freedom) * np.sqrt(variance)
    told = (won * np.sign(effect) > half) & (so_far.known + t * month.known >= ENOUGH)
    return np.asarray(np.maximum.accumulate(told, axis=1).mean(axis=0))


def reach(variance: float | Array, first: float, *, confidence: float = 0.95) -> Array:
    """Standard errors on either side that a confidence sequence takes, by what the variance of all has come to."""
    alpha = 1 - confidence
    mixing = TIGHTEST * first / (2 * log(1 / alpha) + log(2 * log(1 / alpha) + 1))
    share = np.asarray(variance, dtype=float) / mixing
    return np.asarray(np.sqrt((1 + 1 / share) * (2 * log(1 / alpha) + np.log1p(share))))


def of_group(drawn: Drawn, inside: np.ndarray) -> tuple[float, float]:
    """Effect of acting on the rows `inside`, and its standard error; NaN where they do not tell enough.

    The adjusted outcome against the arm, both less the mean of their stratum and of the group (Robinson 1988), so that a group
    that stood on other months' lists than another is held against its own; the error is robust to unequal spread (Long and
    Ervin 2000).
    """
    rows = _both(drawn)
    left, acted = drawn.left[rows][:, None], drawn.acted[rows][:, None]
    mine = inside[rows]
    stratum = np.unique(drawn.stratum[rows], return_inverse=True)[1]
    y, a = (_centred(values, stratum)[mine, 0] for values in (left, acted))
    outcome, side = drawn.outcome[rows][mine], drawn.acted[rows][mine]
    arms = [outcome[side == one] for one in (0, 1)]
    if min(freedom(arm - arm.mean(), len(arm) - 1.0) if len(arm) else 0.0 for arm in arms) < ENOUGH:
        return nan, nan
    y, a = y - y.mean(), a - a.mean()
    value = float(a @ y / (a @ a))
    off = (y - value * a) / np.maximum(1 - a**2 / (a @ a), 1e-6)
    return value, float(np.sqrt((a**2) @ (off**2)) / (a @ a))


def adjusted(drawn: Drawn) -> Array:
    """Outcomes less what was to be expected of them by what was known before, as the months before taught it; those of the
    first month as they are.
    """
    names, place = np.unique(drawn.month, return_inverse=True)
    group = np.unique(drawn.stratum * 2 + drawn.acted.astype(int), return_inverse=True)[1]
    x, y = _centred(drawn.before, group), _centred(drawn.outcome[:, None], group)[:, 0]
    left = drawn.outcome.astype(float).copy()
    inner, cross, n = np.zeros((x.shape[1], x.shape[1])), np.zeros(x.shape[1]), 0
    for at in range(len(names)):
        rows = place == at
        ridge = np.diag(RIDGE * np.diag(inner) / max(n, 1) + 1e-9)
        left[rows] -= drawn.before[rows] @ np.linalg.solve(inner + ridge, cross)
        inner, cross, n = inner + x[rows].T @ x[rows], cross + x[rows].T @ y[rows], n + int(rows.sum())
    return left


class _Arm:
    """One arm: `means` by stratum (adjusted, and `raw`), the `variance` of their weighted sum and its freedom, `known`."""

    def __init__(self, outcome: Array, left: Array, stratum: Array, month: Array, weight: Array) -> None:
        count = np.bincount(stratum, minlength=len(weight)).astype(float)
        self.raw, self.means = (np.bincount(stratum, weights=y) / count for y in (outcome, left))
        free = np.bincount(month).astype(float)
        free -= np.bincount(month[np.unique(stratum, return_index=True)[1]], minlength=len(free))
        squares = np.bincount(month, weights=(left - self.means[stratum]) ** 2, minlength=len(free))
        usual = squares.sum() / max(free.sum(), 1.0)
        spread = (squares + BORROWED * usual) / (free + BORROWED)
        of = month[np.unique(stratum, return_index=True)[1]]
        parts = np.bincount(of, weights=weight**2 / count, minlength=len(free))
        self.variance = float(parts @ spread)
        # Months that weigh more than they tell are as if there were fewer customers.
        tells = (free + BORROWED) / (free + BORROWED).sum()
        even = float(parts.sum() ** 2 / (parts**2 / tells).sum())
        self.known = even * freedom(outcome - self.raw[stratum], float(free.sum()))


def freedom(residual: Array, free: float) -> float:
    """Degrees of freedom of a variance by how peaked the values are (Box 1953): a few large ones tell little of their spread."""
    second = float(np.mean(residual**2))
    if free <= 0 or second <= 1e-12 * float(np.max(residual**2, initial=1e-300)):
        return 0.0
    peaked = float(np.mean(residual**4)) / second**2
    return min(free, 2 * free / max(peaked - 1, 1e-9))


def _around(told: Compared, errors: float) -> Estimate:
    if not told.is_enough:
        return NONE
    half = float(_student(errors, told.freedom)) * told.variance**0.5
    return told.won / told.acted, (told.won - half) / told.acted, (told.won + half) / told.acted


def _student(errors: float | Array, freedom: float | Array) -> Array:
    """Standard errors with the same tail where the spread is estimated."""
    return np.asarray(-stdtrit(np.maximum(freedom, 1.0), np.maximum(ndtr(-np.asarray(errors)), 1e-12)))


def _both(drawn: Drawn) -> np.ndarray:
    """Rows of strata in which the lot drew both arms."""
    _names, place = np.unique(drawn.stratum, return_inverse=True)
    share = np.bincount(place, weights=drawn.acted) / np.maximum(np.bincount(place), 1)
    return np.asarray((share[place] > 0) & (share[place] < 1)) if len(place) else np.zeros(0, dtype=bool)


def _centred(values: Array, group: Array) -> Array:
    count = np.bincount(group).astype(float)
    means = (
        np.column_stack([np.bincount(group, weights=column) / count for column in values.T]) if values.size else values
    )
    return np.asarray(values - means[group]) if values.size else values
