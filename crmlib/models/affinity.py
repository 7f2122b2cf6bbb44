"""What goes with what: of pairs of items, which of the second follow the first more often than baskets of their size explain.

Who fills large baskets buys much of everything. So customers are compared within strata of as large baskets, before and after
(Mantel and Haenszel 1959; interval by Greenland and Robins 1985), and of many pairs those count that stand at a stated rate of
false discoveries (Benjamini and Hochberg 1995).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse, stats
from scipy.special import ndtr, ndtri

Matrix = np.ndarray[Any, np.dtype[np.float64]]
LEAST_EXPECTED = 5.0
"""Customers expected by chance below which a pair is not tested (Cochran 1954)."""


@dataclass(frozen=True)
class Pairs:
    """By first item (row) and following item (column): customers with the first (n), those with the second after it (k), how many
    times as often as without the first (times, low, high), and the probability of as many by chance, corrected for all pairs
    that were tested (p); NaN where a pair was not.
    """

    n: Matrix
    k: Matrix
    times: Matrix
    low: Matrix
    high: Matrix
    p: Matrix

    @property
    def tested(self) -> int:
        """Pairs that were tested."""
        return int(np.isfinite(self.p).sum())


def pairs(
    before: sparse.csr_matrix,
    after: sparse.csr_matrix,
    strata: np.ndarray[Any, Any],
    *,
    new_only: bool,
    least: int,
    confidence: float = 0.95,
) -> Pairs:
    """Pairs of items from what each customer (row) had before and after, as 0 and 1; `strata` by customer.

    `new_only`: of the second item only customers count who did not have it before. Pairs whose first item fewer than `least`
    customers have are not tested.
    """
    items = before.shape[1]
    sums = {name: np.zeros((items, items)) for name in ("n", "k", "up", "down", "spread", "expected", "variance")}
    for stratum in np.unique(strata):
        x, y = (side[strata == stratum].astype(float) for side in (before, after))
        counted = np.asarray(x.sum(axis=0)).ravel()
        n1, total = np.repeat(counted[:, None], items, axis=1), np.full(items, float(x.shape[0]))
        if new_only:
            y, n1, total = y - y.multiply(x), n1 - (x.T @ x).toarray(), total - counted
        k, met, every = (x.T @ y).toarray(), np.asarray(y.sum(axis=0)).ravel()[None, :], total[None, :]
        other, n0 = met - k, every - n1
        with np.errstate(divide="ignore", invalid="ignore"):
            _add(sums, n=n1, k=k, up=k * n0 / every, down=other * n1 / every, expected=n1 * met / every,
                 spread=(n1 * n0 * met - k * other * every) / every**2,
                 variance=n1 * n0 * met * (every - met) / (every**2 * (every - 1)))  # fmt: skip
    return _told(sums, least, confidence)


def _add(sums: dict[str, Matrix], **parts: Matrix) -> None:
    for name, part in parts.items():
        sums[name] += np.nan_to_num(part, nan=0.0, posinf=0.0, neginf=0.0)


def _told(sums: dict[str, Matrix], least: int, confidence: float) -> Pairs:
    z = float(ndtri(0.5 + confidence / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        times = sums["up"] / sums["down"]
        reach = np.exp(z * np.sqrt(sums["spread"] / (sums["up"] * sums["down"])))
        low, high = times / reach, times * reach
        surplus = (sums["k"] - sums["expected"] - 0.5) / np.sqrt(sums["variance"])
    tested = (sums["n"] >= least) & (sums["expected"] >= LEAST_EXPECTED) & np.isfinite(times) & np.isfinite(surplus)
    p = np.full(times.shape, np.nan)
    if tested.any():
        p[tested] = stats.false_discovery_control(ndtr(-surplus[tested]))
    return Pairs(sums["n"], sums["k"], times, low, high, p)
