"""Two looks at a figure that the same customers make: how likely chance alone moved it as far.

A figure is the sum of what customers add to it, or a ratio of two such sums. What a customer adds at one look goes with what
they add at the other, so that only who changed makes the difference uncertain (linearised, Cochran 1977, 6.4 and 12.3; of shares
this is McNemar 1947). What a customer adds several times over scatters with that customer, so that counts are overdispersed.
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtr

from crmlib.models.fitting import Array

LEAST_CHANGED = 2.0
"""Customers, told by their weight, who must have changed at least; of fewer nothing can be said but that it may be chance."""


def shifts(sums: Array, *, counted: bool) -> Array:
    """What each customer moves the figure by: n values that add up to its change, from n rows of (top, bottom) now and (top,
    bottom) before. `counted`: the figure is the sum of top; else that of top over that of bottom, both positive.
    """
    top, bottom, top_before, bottom_before = sums.T
    if counted:
        return np.asarray(top - top_before)
    whole, whole_before = bottom.sum(), bottom_before.sum()
    rate, rate_before = top.sum() / whole, top_before.sum() / whole_before
    now, before = (top - rate * bottom) / whole, (top_before - rate_before * bottom_before) / whole_before
    return np.asarray(now - before)


def chance(sums: Array, *, counted: bool) -> float:
    """Two-sided probability that chance alone moved the figure as far; `sums` and `counted` as of `shifts`.

    Student's t on as many degrees of freedom as customers changed, counted by their weight, less one: a few large ones, or a
    handful of changes, tell little. NaN where there is no figure at one of the looks.
    """
    if not counted and not (sums[:, 1].sum() > 0 and sums[:, 3].sum() > 0):
        return float("nan")
    each = shifts(sums, counted=counted)
    # Sorted, so that the sums do not hang on the order in which customers come.
    squares = np.sort(each * each)
    change = float(each.sum()) if counted else _rate(sums[:, 0], sums[:, 1]) - _rate(sums[:, 2], sums[:, 3])
    spread = float(squares.sum())
    if change == 0 or spread == 0:
        return 1.0
    changed = spread**2 / float((squares * squares).sum())
    if changed < LEAST_CHANGED:
        return 1.0
    return float(2 * stdtr(changed - 1, -abs(change) / np.sqrt(spread)))


def _rate(top: Array, bottom: Array) -> float:
    return float(top.sum() / bottom.sum())
