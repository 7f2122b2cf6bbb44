"""Gamma-Gamma: what a customer's average order is really worth (Fader and Hardie 2013, "The Gamma-Gamma model").

The values of a customer's orders vary about a mean of their own (gamma: p), and these means vary between customers
(q, v). An average over few orders is drawn towards the mean of all, over many it stands for itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import digamma, gammaln, polygamma

from crmlib.models.fitting import Array, Evaluation, Fit, distinct
from crmlib.models.fitting import fit as fit_likelihood

NAMES = ("p", "q", "v")
START = (2.0, 3.0, 1.0)


@dataclass(frozen=True)
class GammaGamma:
    """A fitted Gamma-Gamma model; v and what it expects are in the unit of the orders' money."""

    fit: Fit

    def expected(self, summary: pd.DataFrame, *, log_parameters: Array | None = None) -> Array:
        """Expected mean value of an order of each customer; the population's mean before a second purchase. Raises
        `FitError`.
        """
        p, q, v = self.fit.at(log_parameters)
        x, mean = _orders(summary)
        worth: Array = p * (v + x * mean) / (p * x + q - 1)
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
        x, mean = _orders(summary)
        drawn = np.empty((len(orders), len(x)))
        for once, placed in zip(drawn, orders, strict=True):
            rate = rng.gamma(p * x + q) / (v + x * mean)
            once[:] = np.where(placed > 0, rng.gamma(np.maximum(p * placed, 1e-12)) / rate, 0.0)
        return drawn


def fit(summary: pd.DataFrame) -> GammaGamma:
    """Fit on customers with a second purchase (frequency, monetary_value > 0). Look at `.fit.state`: q of 1 or less
    is a boundary.
    """
    rows = distinct(summary, ["frequency", "monetary_value"])
    rows = rows[(rows["frequency"] > 0) & (rows["monetary_value"] > 0)]
    x, mean, n = (rows[c].to_numpy() for c in ("frequency", "monetary_value", "customers"))
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
    return GammaGamma(Fit(**{**vars(found), **changed}))


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


def _orders(summary: pd.DataFrame) -> tuple[Array, Array]:
    """Repeat purchases and their mean value; a mean that is missing or not positive says nothing, so it weighs
    nothing.
    """
    x, mean = (summary[c].to_numpy(dtype=float) for c in ("frequency", "monetary_value"))
    says = (x > 0) & (mean > 0)
    return np.where(says, x, 0.0), np.where(says, mean, 0.0)
