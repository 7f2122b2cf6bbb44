"""Signs against cuts: how sure it is that someone lies above a cut, and which of some kinds of people they then are.

What is seen of a sign gives the probability that the customer truly lies above the cut, so three orders say less than
thirty; a kind is as likely as its signs are together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, gammaincc, softmax

from crmlib.models.fitting import Array

PRIOR: Final = 2.0
"""Weight of the prior in observations, put at the cut: nothing seen says nothing."""
CAP: Final = 0.95
"""No sign alone is surer than this: a kind is a description, and customers do not read it."""
SHARP: Final = 2.0
"""Power of the likelihoods, which are too modest as they stand: a kind of which a sign says nothing counts as half for it. So set
that on the made company, whose kinds are known, as many are right as is stated (within .05, as logged and at 0.4 times that)."""
CLEAR: Final = 0.8
"""Probability from which a sign is sure of a side."""


def above(seen: ArrayLike, of: ArrayLike, cut: float, *, rate: bool = False, presence: bool = False) -> Array:
    """Probability that the true share (or `rate`) lies above `cut`, given `seen` out of `of` cases (or exposure); 0.5
    without any, or where there is no cut (NaN). Of a sign of `presence` not to show says nothing: never below 0.5.
    """
    k, n = np.asarray(seen, dtype=float), np.asarray(of, dtype=float)
    if not cut > 0:
        return np.full(len(k), 0.5)
    sure = (
        gammaincc(PRIOR + k, (PRIOR / cut + n) * cut)
        if rate
        else 1 - betainc(PRIOR * cut + k, PRIOR * (1 - cut) + n - k, cut)
    )
    sure = np.clip(sure, 1 - CAP, CAP)
    return np.where(n > 0, np.maximum(sure, 0.5) if presence else sure, 0.5)


def likelihoods(sure: Sequence[Array], ways: Sequence[Sequence[int]]) -> Array:
    """Probability of each kind (across; a row per customer, which sums to 1), all as likely before anything is seen.

    `sure`: of each sign the probability of lying above its cut, one a customer; `ways`: of each sign whether each kind
    lies above (1), below (-1) or either way (0).
    """
    total = np.zeros((len(sure[0]), len(ways[0])))
    for p, kinds in zip(sure, ways, strict=True):
        for column, way in enumerate(kinds):
            total[:, column] += np.log(p if way > 0 else 1 - p if way < 0 else np.full(len(p), 0.5))
    return np.asarray(softmax(total, axis=1))


def stated(variants: Sequence[Array]) -> Array:
    """What to state of some `likelihoods` of the same customers by cuts a little higher and lower: their mean, each sharpened by
    `SHARP`. Who is of one kind by one cut and of another by the next is stated as less sure.
    """
    powers = [likely**SHARP for likely in variants]
    return np.asarray(np.mean([power / power.sum(axis=1, keepdims=True) for power in powers], axis=0))


def agreeing(sure: Sequence[Array], ways: Sequence[Sequence[int]], kind: Array) -> Array:
    """Of the signs that are sure of anything (`CLEAR`) the share that speaks for each customer's `kind` (its column) and not
    against it; 1 where none is.
    """
    for_it, against = np.zeros(len(kind)), np.zeros(len(kind))
    for p, kinds in zip(sure, ways, strict=True):
        way = np.asarray(kinds)[kind]
        side = np.where(way > 0, p, np.where(way < 0, 1 - p, 0.5))
        for_it += side >= CLEAR
        against += side <= 1 - CLEAR
    return np.where(for_it + against > 0, for_it / np.maximum(for_it + against, 1), 1.0)
