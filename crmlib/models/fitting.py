"""Maximum likelihood: how a model is fitted, in which unit of time, and when its fit must not be used.

Parameters are positive and are searched for as logarithms, by Newton's method with analytic gradient and Hessian,
damped where the likelihood is not concave (Levenberg 1944, Marquardt 1963).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from crmlib import CrmlibError

Array = np.ndarray[Any, np.dtype[Any]]
Evaluation = tuple[float, Array, Array]
"""Log-likelihood a customer, its gradient and its Hessian, all in the logarithms of the parameters."""

State = Literal["fitted", "too_few", "not_converged", "boundary"]
TimeUnit = Literal["days", "weeks"]
DAYS_PER: dict[str, float] = {"days": 1.0, "weeks": 7.0}
"""Units of time a purchase history can be counted in, with their length in days."""

FEWEST = 30
"""Customers below which nothing is fitted."""
WIDEST = 2.0
"""Standard error of a log parameter from which the data do not say where it lies (a factor of 50 each way at 95 %)."""
_REACH = 14.0
_STEPS = 200
_CLOSE, _FLAT = 1e-7, 1e-6
"""Step in the logarithms and slope a customer at which the search has arrived."""
_MOST_KEYS = 2**62
"""Whole numbers that the distinct rows of a frame are coded in."""


class FitError(CrmlibError):
    """A forecast was asked of a model whose fit cannot be used; the message is one line."""


class UnitError(CrmlibError):
    """Histories in days and in weeks were mixed, or a history does not say its unit; the message is one line."""


@dataclass(frozen=True)
class Fit:
    """What came of fitting: estimates by name, the covariance of their logarithms, and whether they can be used."""

    model: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    covariance: Array
    log_likelihood: float
    customers: int
    state: State
    edge: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether anything may be asked of the estimates."""
        return self.state == "fitted"

    def at(self, log_parameters: Array | None = None) -> tuple[float, ...]:
        """The estimates, or the parameters with the given logarithms beside them. Raises `FitError` where the fit
        cannot be used.
        """
        if not self.usable:
            raise FitError(" ".join([f"{self.model} cannot be asked for anything: {self.state}", *self.edge]))
        return self.values if log_parameters is None else tuple(float(v) for v in np.exp(log_parameters))

    def table(self) -> pd.DataFrame:
        """One row per parameter: parameter, value and its 95 % interval (normal in the logarithm; NaN unless the fit can
        be used, as at an edge there is none), n, log_likelihood, state.
        """
        spread = np.sqrt(np.clip(np.diag(self.covariance), 0, None))
        value = np.asarray(self.values)
        with np.errstate(over="ignore"):
            low, high = value * np.exp(-1.96 * spread), value * np.exp(1.96 * spread)
        if not self.usable:
            low, high = np.full(len(value), np.nan), np.full(len(value), np.nan)
        return pd.DataFrame({"parameter": self.names, "value": value, "low": low, "high": high}).assign(
            n=self.customers, log_likelihood=self.log_likelihood, state=self.state, unit="ratio"
        )


def unit_of(summary: pd.DataFrame) -> TimeUnit:
    """The one unit of time a summary declares in its column `time_unit`. Raises `UnitError`."""
    if "time_unit" not in summary.columns:
        raise UnitError("the summary has no column time_unit; say whether recency and T are in days or weeks")
    units = summary["time_unit"].unique().tolist()
    if not set(units) <= set(DAYS_PER) or len(units) > 1:
        raise UnitError(
            f"the summary mixes units of time or has an unknown one: {', '.join(map(str, units))}; one of: {', '.join(DAYS_PER)}"
        )
    return units[0] if units else "weeks"


def distinct(summary: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Distinct rows of the columns `names` in a total order, with how many customers share each as `customers`.

    Each row becomes one whole number, so that one sort of numbers counts them all, a million in a moment.
    """
    key, levels, span = np.zeros(len(summary), dtype=np.int64), {}, 1
    for name in names:
        codes, values = pd.factorize(summary[name].to_numpy(dtype=float), use_na_sentinel=False)
        order = np.argsort(values)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        span *= max(len(values), 1)
        key = key * len(values) + rank[codes]
        levels[name] = values[order]
    if span > _MOST_KEYS:
        counts = summary[list(names)].astype(float).value_counts(sort=False).sort_index()
        return counts.astype(float).rename("customers").reset_index()
    key.sort()
    first = np.flatnonzero(np.diff(key, prepend=-1))
    sizes, key, found = np.diff(first, append=len(key)).astype(float), key[first], {}
    for name in reversed(names):
        key, place = np.divmod(key, max(len(levels[name]), 1))
        found[name] = levels[name][place]
    return pd.DataFrame({name: found[name] for name in names}).assign(customers=sizes)


def fit(
    model: str,
    names: tuple[str, ...],
    likelihood: Callable[[Array, slice], Evaluation],
    *,
    start: Array,
    rows: int,
    customers: int,
) -> Fit:
    """Fit by maximum likelihood; `likelihood(log parameters, rows)` evaluates on a slice of the `rows` data rows.

    Above 50,000 rows a systematic sample of 10,000 gives the start, so that the whole is gone through a few times
    only. One thread: sums must not depend on which finishes first, and waiting threads cost more than they bring.
    """
    nothing = np.full((len(names), len(names)), np.nan)
    if customers < FEWEST:
        return Fit(model, names, (float("nan"),) * len(names), nothing, float("nan"), customers, "too_few")
    with threadpool_limits(limits=1, user_api="blas"):
        if rows > 50_000:
            start, *_rest = _newton(lambda point: likelihood(point, slice(0, None, rows // 10_000)), start)
        point, value, hessian, settled = _newton(lambda p: likelihood(p, slice(None)), start)
    information = -hessian * customers
    found = tuple(float(v) for v in np.exp(point))
    try:
        covariance = np.linalg.inv(information)
        spread = np.diag(covariance)
    except np.linalg.LinAlgError:
        covariance, spread = nothing, np.full(len(names), np.inf)
    edge = tuple(
        name for name, p, s in zip(names, point, spread, strict=True) if abs(p) >= _REACH - 1 or not 0 <= s <= WIDEST**2
    )
    state: State = "boundary" if edge else "fitted" if settled else "not_converged"
    return Fit(model, names, found, covariance, value * customers, customers, state, edge)


def _newton(evaluate: Callable[[Array], Evaluation], start: Array) -> tuple[Array, float, Array, bool]:
    """Highest point from `start`: where, how high, the Hessian there, and whether the search settled."""
    point, damping = np.asarray(start, dtype=float), 0.0
    value, gradient, hessian = evaluate(point)
    if not _finite(value, gradient, hessian):
        return point, value, hessian, False
    for _step in range(_STEPS):
        shift = max(0.0, 1.1 * float(np.linalg.eigvalsh(hessian)[-1])) + damping + 1e-14
        step = np.linalg.solve(hessian - shift * np.eye(len(point)), -gradient)
        if shift < 1e-9 and float(np.abs(step).max()) < _CLOSE:
            return point, value, hessian, bool(np.abs(gradient).max() < _FLAT)
        step *= min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-300))
        trial = np.clip(point + step, -_REACH, _REACH)
        higher = evaluate(trial)
        if _finite(*higher) and higher[0] >= value - 1e-14 * abs(value):
            moved = float(np.abs(trial - point).max())
            point, (value, gradient, hessian), damping = trial, higher, damping / 10
            if moved < _CLOSE:
                return point, value, hessian, bool(np.abs(gradient).max() < _FLAT or np.abs(point).max() >= _REACH)
        else:
            damping = max(damping, 1e-6) * 10
            if damping > 1e9:
                return point, value, hessian, bool(np.abs(gradient).max() < _FLAT)
    return point, value, hessian, False


def _finite(value: float, gradient: Array, hessian: Array) -> bool:
    return bool(np.isfinite(value) and np.isfinite(gradient).all() and np.isfinite(hessian).all())
