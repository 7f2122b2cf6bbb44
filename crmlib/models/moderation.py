"""Whether a link of two things is closer where a third is more: an interaction in a regression, not groups cut at a median.

Least squares on standardised values (Aiken and West 1991). The variance allows for a spread that changes with the values,
corrected for leverage (HC3: MacKinnon and White 1985; Long and Ervin 2000). A cut at the median throws information away, and can
make a link that is not there (MacCallum, Zhang, Preacher and Rucker 2002).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from crmlib.models.fitting import Array

Estimate = tuple[float, float, float]
NONE: Estimate = (float("nan"),) * 3
SPARE = 10
"""Rows beyond the number of coefficients below which nothing is told."""


def moderated(
    y: ArrayLike, x: ArrayLike, moderators: Sequence[ArrayLike], *, confidence: float = 0.95
) -> list[Estimate]:
    """The slope of `y` on `x` where the moderators are usual, then by how much one deviation more of each changes it; all in
    deviations, with t intervals. NaN where there are too few rows, or a value does not vary or is told by the others.
    """
    own, link, others = _standard(y), _standard(x), [_standard(m) for m in moderators]
    given = np.column_stack([link, *(link * m for m in others), *others, np.ones(len(own))])
    told = coefficients(own, given, confidence=confidence)
    return told[: 1 + len(others)]


def coefficients(y: Array, given: Array, *, confidence: float = 0.95) -> list[Estimate]:
    """The coefficients of `y` on the columns of `given`, with HC3 intervals; NaN where they cannot be told."""
    n, k = given.shape
    if n < k + SPARE or not np.isfinite(given).all() or np.linalg.matrix_rank(given) < k:
        return [NONE] * k
    inverse = np.linalg.inv(given.T @ given)
    found = inverse @ given.T @ y
    leverage = np.einsum("ij,jk,ik->i", given, inverse, given)
    rest = (y - given @ found) / np.maximum(1 - leverage, 1e-9)
    spread = np.sqrt(np.diag(inverse @ (given.T * rest**2) @ given @ inverse))
    half = float(stdtrit(n - k, 0.5 + confidence / 2)) * spread
    return [(float(b), float(b - h), float(b + h)) for b, h in zip(found, half, strict=True)]


def _standard(values: ArrayLike) -> Array:
    """Mean 0 and deviation 1; NaN where the values do not vary."""
    x = np.asarray(values, dtype=float)
    deviation = x.std(ddof=1) if len(x) > 1 else 0.0
    return (x - x.mean()) / deviation if deviation > 0 else np.full(len(x), np.nan)
