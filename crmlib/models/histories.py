"""Purchase histories, and what every model of them shares: how it is fitted and what can be asked of it.

A history is frequency x (purchases after the first), recency t_x (first to last) and age T (first to now). All models of
this family take it that a customer buys at random at a rate of their own while active; they differ in how customers leave.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from crmlib.models.fitting import DAYS_PER, Array, Evaluation, Fit, TimeUnit, UnitError, distinct, unit_of
from crmlib.models.fitting import fit as fit_likelihood

Parameters = tuple[float, ...]
LOBATTO = ((0.5 - (3 / 7) ** 0.5 / 2, 49 / 180), (0.5, 16 / 45), (0.5 + (3 / 7) ** 0.5 / 2, 49 / 180), (1.0, 1 / 20))
"""Places and weights of Lobatto's quadrature over 0 to 1; the place 0 is left out, as nothing is bought at once."""
YEAR_DAYS = 365
HISTORY = ("frequency", "recency", "T")
"""Columns of a summary that a model of buying looks at."""


@dataclass(frozen=True)
class Histories:
    """Distinct histories with the customers who share each; `kinds` are the distinct x and `which` points into them."""

    x: Array
    t_x: Array
    T: Array
    customers: Array
    kinds: Array
    which: Array

    @classmethod
    def of(cls, x: Array, t_x: Array, T: Array, customers: Array | None = None) -> Histories:
        """From arrays of equal length; one customer each where `customers` is left out."""
        kinds, which = np.unique(x, return_inverse=True)
        return cls(x, t_x, T, np.ones(len(x)) if customers is None else customers, kinds, which)

    def part(self, rows: slice | Array) -> Histories:
        """The histories of some of the rows."""
        cut = {name: getattr(self, name)[rows] for name in ("x", "t_x", "T", "customers", "which")}
        return replace(self, **cut)

    def by_kind(self, each: Array) -> Array:
        """Sums of a quantity of each row over the rows of each kind."""
        return np.bincount(self.which, weights=each, minlength=len(self.kinds))


@dataclass(frozen=True)
class BuyingModel(ABC):
    """A fitted model of how often a customer buys and whether they still do, with the unit of time of its histories.

    Everything asked of it raises `FitError` where the fit cannot be used and `UnitError` for a summary in another unit.
    """

    fit: Fit
    unit: TimeUnit
    leaves: ClassVar[bool] = True
    """Whether customers can leave; where they cannot, everyone being active is assumed and not found."""

    def p_alive(self, summary: pd.DataFrame, *, days: float = 0.0, log_parameters: Array | None = None) -> Array:
        """Probability of still being active `days` after the end of each history."""
        at, (x, t_x, T) = self.fit.at(log_parameters), histories(summary, self.unit)
        now = self._alive(at, x, t_x, T)
        return now * self._stays(at, x, T, days / DAYS_PER[self.unit]) if days else now

    def expected(
        self, summary: pd.DataFrame, *, days: float, yearly: float = 0.0, log_parameters: Array | None = None
    ) -> Array:
        """Purchases expected of each customer within `days` after the end of their history, each counted for less the
        later it comes: at a rate of `yearly` a year, continuously, so that one after t years counts (1 + yearly)^-t.

        The integral over the days is taken by parts, so that it needs the number within some days only, and in the square
        root of time, as most changes soon after the start.
        """
        at, (x, t_x, T) = self.fit.at(log_parameters), histories(summary, self.unit)
        span, rate, total = days / DAYS_PER[self.unit], float(np.log1p(yearly)) * days / YEAR_DAYS, np.zeros(len(x))
        for root, weight in LOBATTO:
            kept = float(np.exp(-rate * root**2)) * (2 * root * rate * weight + (root == 1.0))
            if kept:
                total += kept * self._while_active(at, x, T, span * root**2)
        return total * self._alive(at, x, t_x, T)

    def draw(
        self,
        summary: pd.DataFrame,
        *,
        days: float,
        rng: np.random.Generator,
        times: int = 1,
        log_parameters: Array | None = None,
    ) -> Array:
        """Purchases of each customer (across) within `days`, drawn `times` over (down) from what their history leaves
        open.
        """
        at, (x, t_x, T) = self.fit.at(log_parameters), histories(summary, self.unit)
        still, drawn = self._alive(at, x, t_x, T), np.empty((times, len(x)))
        for once in drawn:
            alive = rng.random(len(x)) < still
            once[:] = np.where(alive, self._future(at, x, T, days / DAYS_PER[self.unit], rng), 0)
        return drawn

    @abstractmethod
    def _alive(self, at: Parameters, x: Array, t_x: Array, T: Array) -> Array:
        """Probability of being active at T."""

    @abstractmethod
    def _stays(self, at: Parameters, x: Array, T: Array, t: float) -> Array:
        """Probability of being active at T + t for who is at T."""

    @abstractmethod
    def _while_active(self, at: Parameters, x: Array, T: Array, t: float) -> Array:
        """Purchases expected within t after T of who is active at T."""

    @abstractmethod
    def _future(self, at: Parameters, x: Array, T: Array, t: float, rng: np.random.Generator) -> Array:
        """Purchases within t after T of who is active at T, drawn once."""


def histories(summary: pd.DataFrame, unit: TimeUnit) -> tuple[Array, Array, Array]:
    """frequency, recency and T of each row. Raises `UnitError` where they are not in `unit`."""
    if len(summary) and unit_of(summary) != unit:
        raise UnitError(f"the model was fitted in {unit}, the summary is in {unit_of(summary)}; make both in one unit")
    x, t_x, T = (summary[c].to_numpy(dtype=float) for c in HISTORY)
    return x, t_x, T


def fit_histories(
    model: str,
    names: tuple[str, ...],
    likelihood: Callable[[Array, Histories], Evaluation],
    *,
    start: Parameters,
    times: tuple[str, ...],
    summary: pd.DataFrame,
) -> tuple[Fit, TimeUnit]:
    """Fit on a summary (one row per customer: frequency, recency, T, time_unit), with `times` the parameters that are
    lengths of time. Raises `UnitError`; else look at the state.

    The search runs in units of the customers' mean age, so that one start serves all.
    """
    unit = unit_of(summary)
    rows = distinct(summary, HISTORY)
    x, t_x, T, n = (rows[c].to_numpy() for c in (*HISTORY, "customers"))
    scale = float(np.average(T, weights=n)) if n.sum() and T.max() > 0 else 1.0
    whole = Histories.of(x, t_x / scale, T / scale, n)
    found = fit_likelihood(
        model,
        names,
        lambda point, part: likelihood(point, whole.part(part)),
        start=np.log(start),
        rows=len(rows),
        customers=int(n.sum()),
    )
    values = tuple(v * scale if name in times else v for name, v in zip(names, found.values, strict=True))
    height = found.log_likelihood - float((n * x).sum()) * float(np.log(scale))
    return replace(found, values=values, log_likelihood=height), unit
