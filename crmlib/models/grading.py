"""How good a warning was: whom it named among the many, against who left, with intervals by customer.

Scores that tie at the capacity share the places left, so that nobody's number decides who is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from crmlib.models.estimates import Clustered, clustered, clustered_difference

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Estimate = tuple[float, float, float]
NONE: Final = (float("nan"),) * 3


def named(score: ArrayLike, places: float) -> Vector:
    """How much of a place each score has, the highest first: 1, 0, or a share of the places left among those that tie."""
    value = np.asarray(score, dtype=float)
    if places >= len(value):
        return np.ones(len(value))
    cut = np.sort(value)[::-1][max(int(np.ceil(places)) - 1, 0)]
    above, level = value > cut, value == cut
    share = (places - above.sum()) / level.sum()
    return np.where(above, 1.0, np.where(level, np.clip(share, 0.0, 1.0), 0.0)) if places > 0 else np.zeros(len(value))


@dataclass(frozen=True)
class Graded:
    """Rows of customers at month ends: `who` (a number a customer), `weight` (places that the row had), `left`."""

    who: NDArray[np.int64]
    weight: Vector
    left: Flags

    def sums(self, weight: Vector) -> tuple[Vector, Vector]:
        """Hits and rows of each customer, the rows counted by a weight."""
        size = int(self.who.max()) + 1 if len(self.who) else 0
        rows = np.bincount(self.who, weights=weight, minlength=size)
        return np.bincount(self.who, weights=weight * self.left, minlength=size).astype(float), rows.astype(float)

    def precision(self, confidence: float) -> Estimate:
        """Share of those named who left, by customer (`estimates.clustered`)."""
        return clustered(Clustered.of(*self.sums(self.weight)), confidence=confidence)

    def base(self, confidence: float) -> Estimate:
        """Share of all who left."""
        return clustered(Clustered.of(*self.sums(np.ones(len(self.who)))), confidence=confidence)

    def found(self, confidence: float) -> Estimate:
        """Share of those who left who had been named."""
        gone = Graded(self.who[self.left], np.ones(int(self.left.sum())), self.left[self.left])
        size = int(self.who.max()) + 1 if len(self.who) else 0
        hits = np.bincount(self.who[self.left], weights=self.weight[self.left], minlength=size)
        rows = np.bincount(gone.who, minlength=size).astype(float)
        return clustered(Clustered.of(hits, rows), confidence=confidence)

    def lift(self, confidence: float) -> Estimate:
        """Precision over the base rate; the two intervals joined on the log scale (Zou and Donner 2008) as if independent, which
        is on the safe side, as those named are among all.
        """
        p, base = self.precision(confidence), self.base(confidence)
        if not base[0] > 0 or np.isnan(p[0]):
            return NONE
        value = p[0] / base[0]
        if p[0] == 0:
            return 0.0, 0.0, p[2] / base[1]
        low = np.exp(-np.hypot(np.log(p[0] / p[1]), np.log(base[2] / base[0])))
        high = np.exp(np.hypot(np.log(p[2] / p[0]), np.log(base[0] / base[1])))
        return float(value), float(value * low), float(value * high)


def ahead(one: Graded, other: Graded, confidence: float) -> Estimate:
    """Precision of one way less that of another on the same rows, by customer."""
    return clustered_difference(one.sums(one.weight), other.sums(other.weight), confidence=confidence)


def gain(probability: Vector, left: Flags, who: NDArray[np.int64], *, confidence: float) -> Estimate:
    """By which part the squared error (Brier 1950) is smaller than that of telling everybody the base rate; by customer."""
    base = float(left.mean()) if len(left) else float("nan")
    usual, own = (left - base) ** 2, (left - probability) ** 2
    if not usual.sum() > 0:
        return NONE
    size = int(who.max()) + 1
    better, whole = (np.bincount(who, weights=w, minlength=size).astype(float) for w in (usual - own, usual))
    value = float(better.sum() / whole.sum())
    residual: Vector = better - value * whole
    return _ratio(value, residual, float(whole.sum()), confidence)


def slope(log_odds: Vector, left: Flags, who: NDArray[np.int64], *, confidence: float) -> Estimate:
    """Slope of who left on the log odds told (Cox 1958): 1 is right, below 1 too extreme; sandwich variance by customer."""
    if not len(left) or left.all() or not left.any() or np.ptp(log_odds) < 1e-9:
        return NONE
    x, share = np.column_stack([np.ones(len(log_odds)), log_odds]), float(left.mean())
    at = np.array([np.log(share / (1 - share)), 0.0])
    for _round in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ at, -30, 30)))
        information = (x * (p * (1 - p))[:, None]).T @ x
        if np.linalg.cond(information) > 1e12:
            return NONE
        step = np.linalg.solve(information, x.T @ (left - p))
        at = at + step
        if np.abs(step).max() < 1e-10:
            break
    bread, size = np.linalg.inv(information), int(who.max()) + 1
    scores = np.column_stack([np.bincount(who, weights=(left - p) * x[:, i], minlength=size) for i in (0, 1)])
    influence: Vector = scores.astype(float) @ bread[:, 1]
    return _ratio(float(at[1]), influence, 1.0, confidence)


def _ratio(value: float, residual: Vector, over: float, confidence: float) -> Estimate:
    n = int((residual != 0).sum())
    if n < 2:
        return value, float("nan"), float("nan")
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * float(np.sqrt((residual**2).sum() * n / (n - 1))) / over
    return value, value - half, value + half
