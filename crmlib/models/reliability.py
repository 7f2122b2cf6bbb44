"""How far several questions measure the same: Cronbach's alpha with an interval that assumes no distribution of answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import stdtrit

Matrix = np.ndarray[Any, np.dtype[np.float64]]


def alpha(answers: Matrix, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Cronbach's alpha (1951) of a matrix of persons by items without gaps, and its interval.

    The interval is that of the asymptotically distribution-free variance (Maydeu-Olivares, Coffman and Hartmann 2007), taken on
    the logarithm of 1 − alpha, which is nearer to normal, with Student's t. NaN three times below two items or three persons,
    or where the sum of the items does not vary.
    """
    n, k = answers.shape
    if k < 2 or n < 3:
        return (float("nan"),) * 3
    away = answers - answers.mean(axis=0)
    of_items, of_sum = (away**2).sum(axis=1), away.sum(axis=1) ** 2
    parts, whole = float(of_items.mean()), float(of_sum.mean())
    if whole <= 0:
        return (float("nan"),) * 3
    value = alpha_from(k, parts, whole)
    pull = -k / (k - 1) * ((of_items - parts) / whole - parts * (of_sum - whole) / whole**2)
    if value >= 1:
        return value, float("nan"), float("nan")
    error = float(np.sqrt((pull**2).sum() / (n * (n - 1))))
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * error / (1 - value)
    return value, 1 - (1 - value) * float(np.exp(half)), 1 - (1 - value) * float(np.exp(-half))


def alpha_from(items: int, variances: float, variance_of_sum: float) -> float:
    """Cronbach's alpha from the number of items, the sum of their variances and the variance of their sum."""
    return items / (items - 1) * (1 - variances / variance_of_sum)
