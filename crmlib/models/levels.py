"""Where a monthly figure stands some months ahead if it goes on as so far: a level that follows the figure, and a drift.

Simple exponential smoothing with a drift (Hyndman and Billah 2003): a figure that jumps around its level and one that wanders
are its two ends, and the data say which it is.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from crmlib.models.fitting import Array

LEAST: Final = 12
"""Months from which a course is told."""
WEIGHTS: Final = np.linspace(0.05, 1.0, 20)
"""How much of a month's surprise stays in the level."""


class Ahead(NamedTuple):
    """What is expected, its standard error, and the degrees of freedom of Student's t."""

    value: float
    error: float
    freedom: int

    def quantile(self, share: float) -> float:
        """Below which the figure lies with this probability."""
        return self.value + float(stdtrit(self.freedom, share)) * self.error

    def odds(self, aim: float) -> float:
        """Probability that the figure lies at `aim` or above."""
        return float(stdtr(self.freedom, (self.value - aim) / self.error))


def ahead(series: ArrayLike, months: int) -> Ahead | None:
    """The figure so many months after the last of the series, which has one value a month; None where they are fewer than
    `LEAST`, or all the same.
    """
    y = np.asarray(series, dtype=float)
    if len(y) < LEAST or np.ptp(y) == 0:
        return None
    left, weight, slopes, level, reach = min((_fitted(y, float(w), months) for w in WEIGHTS), key=lambda fit: fit[0])
    freedom = len(y) - 3
    spread = 1 + (months - 1) * weight**2 + float(reach @ np.linalg.pinv(slopes.T @ slopes) @ reach)
    return Ahead(level, float(np.sqrt(left / freedom * spread)), freedom)


def _fitted(y: Array, weight: float, months: int) -> tuple[float, float, Array, float, Array]:
    """Squares of the surprises left, the weight, how the surprises hang on start and drift, what is expected so many `months`
    ahead, and how that hangs on the two.
    """
    basis = [_followed(y, weight, 0.0, 0.0), *(_followed(0 * y, weight, start, 1 - start) for start in (1.0, 0.0))]
    surprises, slopes = basis[0][0], np.column_stack([-part[0] for part in basis[1:]])
    by, *_rest = np.linalg.lstsq(slopes, surprises, rcond=None)
    rest = surprises - slopes @ by
    reach = np.array([basis[1][1], basis[2][1] + months])
    return float(rest @ rest), weight, slopes, float(basis[0][1] + reach @ by), reach


def _followed(y: Array, weight: float, start: float, drift: float) -> tuple[Array, float]:
    """The surprise of each month, and the level at the end."""
    level, surprises = start, np.empty(len(y))
    for at, value in enumerate(y):
        expected = level + drift
        surprises[at] = value - expected
        level = expected + weight * surprises[at]
    return surprises, level
