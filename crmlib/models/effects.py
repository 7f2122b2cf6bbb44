"""What acting changes, learnt from arms that were drawn by lot, each group drawn in towards the others and towards a prior.

A residual on residual regression (Robinson 1988; Nie and Wager 2021): of each customer what came beyond what was expected,
against the arm beyond its propensity, both within strata. Known propensities make it a comparison by intention to treat whatever
else was wrong; where they differ between customers it weights each by p(1 - p), which is what they tell. Groups are pooled by a
normal prior whose spread between groups of a kind is the likeliest of a few (empirical Bayes).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from crmlib.models.fitting import Array

SPREADS: Final = (0.0, 0.1, 0.3, 1.0)
"""Spreads between the groups of a kind that are tried, as multiples of the variance of the prior."""
MOST_OPEN: Final = 0.25
"""Variance of a share where nothing is known of it."""


@dataclass(frozen=True)
class Drawn:
    """Customers drawn into arms: `acted` (1 or 0), `propensity` (of 1), `outcome` (1 or 0), `expected` (of it, untouched),
    `room` (the most that acting could add to it), `stratum` (whole numbers), each one a customer.
    """

    acted: Array
    propensity: Array
    outcome: Array
    expected: Array
    room: Array
    stratum: Array


@dataclass(frozen=True)
class Effects:
    """Effects of acting as shares of the room there is: `mean` and `covariance` of what each group adds; `n` customers drawn."""

    mean: Array
    covariance: Array
    n: int = 0

    def of(self, groups: Array) -> tuple[Array, Array]:
        """Effect and its standard deviation by row of `groups` (customers down, groups across, 1 for a member)."""
        spread = np.einsum("ij,jk,ik->i", groups, self.covariance, groups)
        return groups @ self.mean, np.sqrt(np.maximum(spread, 0.0))


def prior(mean: Array, kinds: Array, *, weight: float, room: float = 1.0) -> Effects:
    """The effects before anything is learnt: of kind 0 as good as `weight` customers acted on and as many left alone have shown,
    at that `room`; of the other kinds a tenth of that variance about nought.
    """
    variance = 2 * MOST_OPEN / weight / room**2
    return Effects(np.asarray(mean, dtype=float), np.diag(np.where(np.asarray(kinds) == 0, 1.0, SPREADS[1]) * variance))


def learn(drawn: Drawn, groups: Array, mean: Array, kinds: Array, *, weight: float) -> Effects:
    """The effects of groups after what came of those drawn. `groups`: customers down, groups across; `mean` and `kinds` of the
    groups: kind 0 has the prior's own mean and spread, of each other kind the groups scatter about nought by what the data say.
    """
    n, rooms = len(drawn.outcome), float(np.sqrt(np.mean(drawn.room**2))) if len(drawn.outcome) else 1.0
    if not n or rooms == 0:
        return prior(mean, kinds, weight=weight)
    beyond = _within(drawn.outcome - drawn.expected, drawn.stratum)
    arm = ((drawn.acted - drawn.propensity) * drawn.room)[:, None] * groups
    arm = np.column_stack([_within(column, drawn.stratum) for column in arm.T])
    noise = max(float(np.mean(beyond**2)), 1e-6)
    base = 2 * MOST_OPEN / weight / rooms**2
    rest = beyond - arm @ mean
    inner, cross = arm.T @ arm / noise, arm.T @ rest / noise
    found = [int(k) for k in np.unique(kinds) if k]
    best, chosen = -np.inf, np.where(np.asarray(kinds) == 0, base, 0.0)
    for spreads in product(SPREADS, repeat=len(found)):
        by_kind = {0: 1.0, **dict(zip(found, spreads, strict=True))}
        variance = np.array([by_kind[int(k)] * base for k in kinds])
        likely = _evidence(inner, cross, variance)
        if likely > best + 1e-9:
            best, chosen = likely, variance
    root = np.sqrt(chosen)
    covariance = root[:, None] * np.linalg.inv(np.eye(len(root)) + root[:, None] * inner * root) * root
    return Effects(np.asarray(mean, dtype=float) + covariance @ cross, covariance, n)


def _evidence(inner: Array, cross: Array, variance: Array) -> float:
    """How likely the data are where the groups scatter so, but for a constant (the matrix determinant lemma)."""
    root = np.sqrt(variance)
    whole = np.eye(len(root)) + root[:, None] * inner * root
    scaled = root * cross
    return float(scaled @ np.linalg.solve(whole, scaled) - np.linalg.slogdet(whole)[1]) / 2


def _within(values: Array, stratum: Array) -> Array:
    """Values less the mean of their stratum."""
    _names, place = np.unique(stratum, return_inverse=True)
    mean = np.bincount(place, weights=values) / np.bincount(place)
    return np.asarray(values - mean[place])
