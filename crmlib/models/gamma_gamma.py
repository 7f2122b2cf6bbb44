"""Gamma-Gamma: what a customer's average order is really worth (Fader and Hardie 2013, "The Gamma-Gamma model").

The values of a customer's orders vary about a mean of their own (gamma: p), and these means vary between customers
(q, v). An average over few orders is drawn towards the mean of all, over many it stands for itself.

The paper leaves the first purchase out, so that who bought once is worth the mean of those who came again. Where one-time buyers
spend otherwise that is far off. With `first` all purchases count, and means are taken relative to the level of customers who
bought about as often (`OFTEN`): one-time buyers get what one-time buyers bring, also where how often and how much go together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import digamma, gammaln, polygamma

from crmlib.models.fitting import FEWEST, Array, Evaluation, Fit, distinct
from crmlib.models.fitting import fit as fit_likelihood

NAMES = ("p", "q", "v")
OFTEN = (1, 2, 4, 8, 16)
"""Purchases from which a customer belongs to the next group of those who bought about as often."""
START = (2.0, 3.0, 1.0)


@dataclass(frozen=True)
class GammaGamma:
    """A fitted Gamma-Gamma model; what it expects is in the unit of the orders' money, and so is v without `levels`.

    `levels`: mean value of a purchase in each group of `OFTEN`, where first purchases count; else none.
    """

    fit: Fit
    levels: tuple[float, ...] = ()

    def expected(self, summary: pd.DataFrame, *, log_parameters: Array | None = None) -> Array:
        """Expected mean value of an order of each customer; the population's mean before a second purchase. Raises
        `FitError`.
        """
        p, q, v = self.fit.at(log_parameters)
        x, mean, level = _orders(summary, self.levels)
        worth: Array = level * p * (v + x * mean) / (p * x + q - 1)
        return worth

    def draw(
        self,
        summary: pd.DataFrame,
        orders: Array,
        *,
        rng: np.random.Generator,
        log_parameters: Array | None = None,
    ) -> Array:
        """Money of `orders` orders of each customer (across; one draw a row), from what their history leaves open.
        Raises `FitError`.
        """
        p, q, v = self.fit.at(log_parameters)
        x, mean, level = _orders(summary, self.levels)
        drawn = np.empty((len(orders), len(x)))
        for once, placed in zip(drawn, orders, strict=True):
            rate = rng.gamma(p * x + q) / (v + x * mean)
            once[:] = np.where(placed > 0, level * rng.gamma(np.maximum(p * placed, 1e-12)) / rate, 0.0)
        return drawn


def fit(summary: pd.DataFrame, *, first: bool = False) -> GammaGamma:
    """Fit on customers with a second purchase (frequency, monetary_value > 0); on all of them (frequency, mean_value > 0) where
    `first` purchases count. Look at `.fit.state`: q of 1 or less is a boundary.
    """
    levels = _levels(summary) if first else ()
    x, mean, _level = _orders(summary, levels)
    rows = distinct(pd.DataFrame({"x": x, "mean": mean}), ["x", "mean"])
    rows = rows[(rows["x"] > 0) & (rows["mean"] > 0)]
    x, mean, n = (rows[c].to_numpy() for c in ("x", "mean", "customers"))
    scale = float(np.average(mean, weights=n)) if len(rows) else 1.0
    found = fit_likelihood(
        "Gamma-Gamma",
        NAMES,
        lambda point, part: log_likelihood(point, x[part], mean[part] / scale, n[part]),
        start=np.log(START),
        rows=len(rows),
        customers=int(n.sum()),
    )
    p, q, v = found.values
    height = found.log_likelihood - float(n.sum()) * np.log(scale)
    changed = {"values": (p, q, v * scale), "log_likelihood": height}
    if found.state == "fitted" and q <= 1:
        changed |= {"state": "boundary", "edge": ("q",)}
    return GammaGamma(Fit(**{**vars(found), **changed}), levels)


def log_likelihood(log_parameters: Array, x: Array, mean: Array, customers: Array) -> Evaluation:
    """Mean log-likelihood a customer (Fader and Hardie 2013, equation 1a), gradient and Hessian in the log
    parameters.
    """
    p, q, v = np.exp(log_parameters)
    share = customers / customers.sum()
    kinds, which = np.unique(x, return_inverse=True)
    each, px, spent = np.bincount(which, weights=share, minlength=len(kinds)), p * kinds, v + x * mean
    log_spent = np.log(spent)
    logs = np.log(x * mean) - log_spent
    value = each @ (gammaln(px + q) - gammaln(px)) - gammaln(q) + q * (np.log(v) - share @ log_spent)
    value += p * (share @ (x * logs)) - share @ np.log(mean)
    up, steep, own = digamma(px + q), polygamma(1, px + q), polygamma(1, px)
    gradient = np.array(
        [
            each @ (kinds * (up - digamma(px))) + share @ (x * logs),
            each @ up + np.log(v) - share @ log_spent - digamma(q),
            q / v - share @ ((p * x + q) / spent),
        ]
    )
    pp, pq, pv = each @ (kinds**2 * (steep - own)), each @ (kinds * steep), -(share @ (x / spent))
    qq, qv = each @ steep - polygamma(1, q), 1 / v - share @ (1 / spent)
    vv = -q / v**2 + share @ ((p * x + q) / spent**2)
    hessian = np.array([[pp, pq, pv], [pq, qq, qv], [pv, qv, vv]])
    scaled = np.exp(log_parameters)
    return float(value), gradient * scaled, hessian * np.outer(scaled, scaled) + np.diag(gradient * scaled)


def _orders(summary: pd.DataFrame, levels: tuple[float, ...]) -> tuple[Array, Array, Array | float]:
    """Purchases that count, their mean value relative to the level of the group, and that level; a mean that is missing or not
    positive says nothing, so it weighs nothing.
    """
    x, mean = (summary[c].to_numpy(dtype=float) for c in ("frequency", "mean_value" if levels else "monetary_value"))
    level: Array | float = 1.0
    if levels:
        x = x + 1
        level = np.array(levels)[np.searchsorted(OFTEN, x, side="right") - 1]
        mean = mean / level
    says = (x > 0) & (mean > 0)
    return np.where(says, x, 0.0), np.where(says, mean, 0.0), level


def _levels(summary: pd.DataFrame) -> tuple[float, ...]:
    """Mean over the customers of each group, drawn towards that of all as far as the group is small; 1 without any money."""
    mean = summary["mean_value"].to_numpy(dtype=float)
    group = np.searchsorted(OFTEN, summary["frequency"].to_numpy(dtype=float) + 1, side="right") - 1
    paid = mean > 0
    if not paid.any():
        return (1.0,) * len(OFTEN)
    whole, n = float(mean[paid].mean()), np.bincount(group[paid], minlength=len(OFTEN))
    sums = np.bincount(group[paid], weights=mean[paid], minlength=len(OFTEN))
    return tuple(map(float, (sums + FEWEST * whole) / (n + FEWEST)))
