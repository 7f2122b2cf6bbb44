"""What fitted models leave open: sums over groups of customers with intervals, and the range of what a single customer may
bring.

Two things are open in any forecast: the parameters, which are estimates, and chance, which stays when they are known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import pandas as pd

from crmlib.models.fitting import Array, Fit
from crmlib.models.histories import BuyingModel

Estimate = tuple[float, float, float]
DRAWS, DRAWN = 200, 20_000
"""Futures drawn, each of at most so many customers, to see how far chance alone moves a group's sum."""
SETS, FUTURES = 20, 20
"""Sets of parameters drawn for the range of a single customer, and futures drawn from each."""
CHUNK = 2_000
"""Customers whose futures are held in memory at once."""


class Spending(Protocol):
    """A fitted model of what an order is worth."""

    @property
    def fit(self) -> Fit:
        """The estimates."""

    def expected(self, summary: pd.DataFrame, *, log_parameters: Array | None = None) -> Array:
        """Expected mean value of an order."""

    def draw(
        self,
        summary: pd.DataFrame,
        orders: Array,
        *,
        rng: np.random.Generator,
        log_parameters: Array | None = None,
    ) -> Array:
        """Money of `orders` orders of each customer (across; one draw a row)."""


def of_parameters(member: Array, each: Callable[[Array], Array], fit: Fit) -> tuple[Array, Array]:
    """Group sums (`member`: a row per group) of a quantity of each customer, and the variance that they owe to the
    parameters (delta method, in logarithms).
    """
    at, step = np.log(fit.values), 1e-4
    slopes = [member @ (each(at + shift) - each(at - shift)) / (2 * step) for shift in step * np.eye(len(at))]
    return member @ each(at), np.einsum("ig,ij,jg->g", slopes, fit.covariance, slopes)


def of_chance(
    known: pd.DataFrame,
    member: Array,
    buying: BuyingModel,
    spending: Spending | None,
    *,
    days: float,
    seed: int,
    worth: Array | float = 1.0,
) -> tuple[Array, Array]:
    """Variance that the orders and the money of each group owe to chance, from drawn futures with the parameters as
    estimated; a customer's money counts `worth`.

    Taken from the middle two thirds of the draws, because order values may have no variance (q of 2 or less in
    Gamma-Gamma). Of very many customers a sample is drawn and its variance scaled up.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(known), DRAWN, replace=False) if len(known) > DRAWN else np.arange(len(known))
    some, part = known.iloc[chosen], member[:, chosen]
    orders = buying.draw(some, days=days, rng=rng, times=DRAWS)
    counts = np.broadcast_to(worth, len(known))[chosen]
    money = spending.draw(some, orders, rng=rng) * counts if spending else np.full_like(orders, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = member.sum(axis=1) / part.sum(axis=1)
    spread = [np.subtract(*np.quantile(drawn @ part.T, [0.8413, 0.1587], axis=0)) / 2 for drawn in (orders, money)]
    return spread[0] ** 2 * scale, spread[1] ** 2 * scale


def log_normal(value: Array, variance: Array, z: float, *, beyond: Array | float = 0.0) -> list[Estimate]:
    """Value and interval of a positive sum whose logarithm is about normal, with variance `beyond` added to the logarithm's."""
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.exp(z * np.sqrt(np.log1p(variance / value**2) + beyond))
    return [(float(v), float(v / s), float(v * s)) for v, s in zip(value, spread, strict=True)]


def each_range(
    known: pd.DataFrame, buying: BuyingModel, spending: Spending, *, days: float, confidence: float, seed: int
) -> tuple[Array, Array]:
    """Range that the money of each customer within `days` falls into with `confidence`, by drawing futures from sets of
    parameters drawn around the estimates.

    Equal tails; but it begins at nothing, and all that is left out lies above, where bringing nothing is likelier than
    half of what is left out.
    """
    rng, tail = np.random.default_rng(seed), (1 - confidence) / 2
    points = [_around(model.fit, rng) for model in (buying, spending)]
    low, high = np.zeros(len(known)), np.zeros(len(known))
    for rows in (slice(i, i + CHUNK) for i in range(0, len(known), CHUNK)):
        some, drawn = known.iloc[rows], []
        for one, other in zip(*points, strict=True):
            orders = buying.draw(some, days=days, rng=rng, times=FUTURES, log_parameters=one)
            drawn.append(spending.draw(some, orders, rng=rng, log_parameters=other))
        money = np.sort(np.concatenate(drawn), axis=0)
        least, end, most = (np.quantile(money, q, axis=0) for q in (tail, confidence, 1 - tail))
        nothing = (money == 0).mean(axis=0) >= tail
        low[rows], high[rows] = np.where(nothing, 0.0, least), np.where(nothing, end, most)
    return low, high


def _around(fit: Fit, rng: np.random.Generator) -> Array:
    """Sets of log parameters as likely as the estimates leave them."""
    return rng.multivariate_normal(np.log(fit.values), fit.covariance, SETS, method="eigh")
