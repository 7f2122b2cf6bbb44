"""A difference between two groups, adjusted for what else tells them apart: an association, as nobody was drawn by lot.

Least squares on the group and the covariates (analysis of covariance); the variance lets rows of one cluster be alike in any
way (Liang and Zeger 1986), drawn out for leverage in the manner of Bell and McCaffrey (2002), with degrees of freedom of as many
even clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

Vector = NDArray[np.float64]
Estimate = tuple[float, float, float]
NONE = (float("nan"),) * 3
FEWEST = 10
"""Clusters in either group below which no interval is told."""


@dataclass(frozen=True)
class Fit:
    """A difference, its standard error, and the degrees of freedom of Student's t."""

    value: float
    error: float
    freedom: float


def fitted(outcome: ArrayLike, group: ArrayLike, covariates: ArrayLike, cluster: ArrayLike) -> Fit | None:
    """How much more of the outcome the rows of the group had than the others, given the covariates (rows by columns); None where
    either group has fewer than `FEWEST` clusters or the covariates tell the group.
    """
    y, g = np.asarray(outcome, dtype=float), np.asarray(group, dtype=float)
    who = np.unique(np.asarray(cluster), return_inverse=True)[1]
    if min(len(np.unique(who[g == side])) for side in (0, 1)) < FEWEST:
        return None
    others = np.column_stack([np.ones(len(y)), np.asarray(covariates, dtype=float).reshape(len(y), -1)])
    others = others[:, [True, *(np.ptp(column) > 0 for column in others.T[1:])]]
    # What the covariates do not tell of the group carries the whole of its coefficient (Frisch and Waugh 1933).
    own = g - others @ np.linalg.lstsq(others, g, rcond=None)[0]
    if own @ own < 1e-9 * (g @ g):
        return None
    left = y - others @ np.linalg.lstsq(others, y, rcond=None)[0]
    effect = float(own @ left / (own @ own))
    residual: Vector = left - effect * own
    scores = np.bincount(who, weights=own * residual)
    leverage = np.bincount(who, weights=own * own) / (own @ own)
    scores = scores / np.sqrt(np.clip(1 - leverage, 1e-6, None))
    spread = np.sqrt(float(scores @ scores)) / float(own @ own)
    even = 1 / float(leverage @ leverage)
    return Fit(effect, float(spread), max(1.0, even - 1))


def difference(
    outcome: ArrayLike, group: ArrayLike, covariates: ArrayLike, cluster: ArrayLike, *, confidence: float = 0.95
) -> Estimate:
    """The same with its interval; NaN where there is none."""
    told = fitted(outcome, group, covariates, cluster)
    if told is None:
        return NONE
    half = float(stdtrit(told.freedom, 0.5 + confidence / 2)) * told.error
    return told.value, told.value - half, told.value + half
