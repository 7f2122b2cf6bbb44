"""Findings: an estimate never travels without its n and its interval.

Every figure that leaves a chapter is a row of `FINDING`. Intervals are named where they are made: Wilson (1927) for a
share, Student's t for a mean, Newcombe (1998, method 10) for a difference of shares, a seeded bootstrap for a statistic
without a formula of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

FINDING = ["kpi", "period", "segment", "value", "low", "high", "n", "unit"]
"""Columns of a findings frame: one row per KPI, period (YYYY-MM) and segment ("" is the whole company)."""


def wilson(successes: float, n: float, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Share and its Wilson score interval, all in 0 to 1; NaN three times where n is 0."""
    if n <= 0:
        return (float("nan"),) * 3
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
    return p, max(0.0, centre - half), min(1.0, centre + half)


def mean(values: Iterable[float], *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean and its t interval, in the values' unit; the interval is NaN below two values."""
    sample = np.asarray(list(values), dtype=float)
    sample = sample[~np.isnan(sample)]
    if sample.size == 0:
        return (float("nan"),) * 3
    return mean_from(
        float(sample.mean()),
        float(sample.std(ddof=1)) if sample.size > 1 else float("nan"),
        sample.size,
        confidence=confidence,
    )


def mean_from(average: float, deviation: float, n: float, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """`mean` from an average, a sample standard deviation and n that the engine has already computed."""
    if n < 2 or not np.isfinite(deviation):
        return average, float("nan"), float("nan")
    half = float(stats.t.ppf(0.5 + confidence / 2, n - 1)) * deviation / float(np.sqrt(n))
    return average, average - half, average + half


def difference(s1: float, n1: float, s2: float, n2: float, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Difference of two independent shares, s1/n1 − s2/n2, with Newcombe's hybrid score interval."""
    p1, l1, u1 = wilson(s1, n1, confidence=confidence)
    p2, l2, u2 = wilson(s2, n2, confidence=confidence)
    d = p1 - p2
    return d, d - float(np.hypot(p1 - l1, u2 - p2)), d + float(np.hypot(u1 - p1, p2 - l2))


def bootstrap(
    statistic: Callable[[np.ndarray[Any, Any]], float],
    values: np.ndarray[Any, Any],
    *,
    seed: int,
    draws: int = 500,
    confidence: float = 0.95,
) -> tuple[float, float, float]:
    """A statistic of the rows of `values` with its percentile interval over `draws` resamples of the rows."""
    if len(values) == 0:
        return (float("nan"),) * 3
    rng = np.random.default_rng(seed)
    resampled = [statistic(values[rng.integers(0, len(values), len(values))]) for _ in range(draws)]
    low, high = np.nanquantile(resampled, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return float(statistic(values)), float(low), float(high)


def finding(
    kpi: str,
    estimate: tuple[float, float, float],
    *,
    n: float,
    unit: str,
    as_of: date,
    segment: str = "",
) -> dict[str, Any]:
    """One row of a findings frame; `estimate` is (value, low, high), `n` what it rests on, period the month of `as_of`."""
    value, low, high = estimate
    return {
        "kpi": kpi,
        "period": f"{as_of:%Y-%m}",
        "segment": segment,
        "value": float(value),
        "low": float(low),
        "high": float(high),
        "n": int(n),
        "unit": unit,
    }


def findings(rows: Iterable[Mapping[str, Any]] = (), *, needs: Iterable[str] = ()) -> pd.DataFrame:
    """A findings frame of the given rows, in their order; without rows an empty frame with the right columns and types.

    `needs` names the tables it was made from (kept in `.attrs["needs"]`), so that an empty one can be explained.
    """
    types = {
        "kpi": "str",
        "period": "str",
        "segment": "str",
        "value": float,
        "low": float,
        "high": float,
        "n": "int64",
        "unit": "str",
    }
    frame = pd.DataFrame(list(rows), columns=FINDING).astype(types)
    frame.attrs["needs"] = tuple(needs)
    return frame
