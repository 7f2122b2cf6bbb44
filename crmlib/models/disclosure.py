"""Numbers made safe to publish: counts to the nearest k, and what to withhold so that no small cell can be worked out.

Rounding to a base and complementary cell suppression: Hundepool et al. (2012), Statistical Disclosure Control, ch. 4 and 5.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from math import ceil, floor, isfinite, log10
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, lil_array

Sums = Sequence[tuple[int, Sequence[int]]]
"""Relations among cells: the number of a total, and those of its parts."""
_NICE: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_EXACT: Final = 1e-6


def is_few(count: float, k: int, *, none: bool = False) -> bool:
    """Whether a count is of fewer than k; nought is not, but where `none` says so, or where k is 2: what is "fewer than 2" and
    not nought would be told to be one.
    """
    return count < k and (count > 0 or none or k == 2)


def nearest(count: float, k: int) -> int:
    """The multiple of k nearest to a count, at least k where the count is; halves go up."""
    return int(count + k // 2) // k * k


def width(size: float) -> float:
    """The least of 1, 2, 2.5 and 5 times a power of ten that is at least `size` (> 0)."""
    power = 10.0 ** floor(log10(size))
    return next(nice * power for nice in _NICE if nice * power >= size * (1 - 1e-9))


def coarse(value: float, size: float, *, way: int = 0) -> float:
    """A number to the nearest multiple of `width(size)`, or the next one below (`way` −1) or above (1), whole or with as few
    digits as that has; as it is where `size` is 0.
    """
    if not isfinite(value) or not size > 0 or not isfinite(size):
        return value
    step = width(size)
    digits = max(0, 2 - floor(log10(step)))
    at = value / step
    steps = floor(at + 0.5) if way == 0 or abs(at - round(at)) < _EXACT else floor(at) if way < 0 else ceil(at)
    return round(steps * step, digits)


def withheld(
    counts: Sequence[int],
    sums: Sums,
    k: int,
    *,
    fixed: Container[int] = (),
    exact: Container[int] = (),
    none: bool = False,
) -> tuple[set[int], set[int]]:
    """Which cells not to publish: those said to be of fewer than k, and those withheld without a word of how many they are, as
    one of fewer than k could else be worked out. Where few are all there is, the largest is among the latter.

    `counts` are whole numbers that satisfy `sums`; those that are `fixed` are told elsewhere whatever is done here, and
    those that are `exact` so often, by figures that narrow each other down, that the reader is taken to know them. What is
    published is `nearest`, nought as nought. The reader is taken to know the relations, k, this rule, and which cells are said to
    be few. One is worked out where no second whole number fits all that is published (a linear programme over each gives its
    bounds).
    """
    few = {i for i, count in enumerate(counts) if is_few(count, k, none=none)}
    beside: set[int] = set()
    # What is withheld beside them only widens the bounds: who is safe stays so.
    left = set(few)
    while left := known(counts, sums, k, few, beside, among=left, exact=exact, none=none):
        free = [i for i in range(len(counts)) if i not in few | beside and i not in fixed and counts[i] > 0]
        more = {_nearby(i, counts, sums, free) for i in sorted(left)} - {-1}
        if not more:
            large, rest = [-count for count in counts], sorted(i for i in few if i not in fixed)
            more = {_nearby(i, large, sums, rest) for i in sorted(left)} - {-1}
        if not more:
            break
        few, beside = few - more, beside | more
    return few, beside


def known(
    counts: Sequence[int],
    sums: Sums,
    k: int,
    few: set[int],
    beside: set[int],
    *,
    among: set[int] | None = None,
    exact: Container[int] = (),
    none: bool = False,
) -> set[int]:
    """Those of the few, or `among` these cells, whose number a reader who knows the `exact` works out: all else leaves them one
    whole number. Of an exact one that is of the few itself nobody knows more than that, as no figure tells it.
    """
    least = 0 if none or k == 2 else 1
    cells = (few if among is None else among) & {i for total, parts in sums for i in (total, *parts)}
    if not cells or least >= k - 1:
        return set()
    # Larger than can matter: without any end a programme may have no solution to read.
    most = 2.0 * sum(counts) + k
    bounds = [
        (count, count)
        if i in exact and i not in few
        else (least, k - 1)
        if i in few
        else (0, most)
        if i in beside
        else _published(count, k)
        for i, count in enumerate(counts)
    ]
    matrix = lil_array((len(sums), len(counts)))
    for row, (total, parts) in enumerate(sums):
        matrix[row, total] = -1
        for part in parts:
            matrix[row, part] = 1
    # What one solution gives another number than its own can have two; most can, and few solutions show it.
    left = np.array(sorted(cells))
    for sign in (1, -1):
        while len(more := _others(left, sign, left, counts, csr_array(matrix), bounds)):
            left = np.setdiff1d(left, more)
    for cell in left.tolist():
        for sign in (1, -1):
            if cell in left:
                left = np.setdiff1d(left, _others(np.array([cell]), sign, left, counts, csr_array(matrix), bounds))
    return {int(i) for i in left}


def _others(
    pulled: NDArray[np.int64],
    sign: int,
    cells: NDArray[np.int64],
    counts: Sequence[int],
    matrix: csr_array,
    bounds: Sequence[tuple[float, float]],
) -> NDArray[np.int64]:
    """Which cells are not their counts, but one or more off, where those pulled are as small (1) or as large (−1) as can be."""
    cost = np.zeros(len(bounds))
    cost[pulled] = sign
    end = linprog(cost, A_eq=matrix, b_eq=np.zeros(matrix.shape[0]), bounds=bounds)
    return cells[abs(end.x[cells] - np.array(counts)[cells]) >= 1 - _EXACT]


def _nearby(cell: int, counts: Sequence[int], sums: Sums, free: Sequence[int]) -> int:
    """The least of the free cells in a relation with this one, or in one that such a relation leads to; −1 for none."""
    reach = {cell}
    while True:
        wider = reach | {i for total, parts in sums if reach & {total, *parts} for i in (total, *parts)}
        found = [i for i in free if i in wider]
        if found or wider == reach:
            return min(found, key=lambda i: (counts[i], i), default=-1)
        reach = wider


def _published(count: int, k: int) -> tuple[float, float]:
    """Between which counts one lies that is published to the nearest k."""
    if count == 0:
        return 0, 0
    at = nearest(count, k) - k // 2
    return max(at, k), max(at, k) if k == 1 else at + k - 1
