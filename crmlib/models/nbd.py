"""NBD: customers who buy at rates of their own and never leave (Ehrenberg 1959).

The simplest honest forecast, and where the others end when the data show nobody leaving (a, or s, towards 0). It has
no probability of being active to speak of: everyone is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.special import digamma, gammaln, polygamma

from crmlib.models.fitting import Array, Evaluation
from crmlib.models.histories import BuyingModel, Histories, Parameters, fit_histories

NAMES = ("r", "alpha")
START = (0.5, 0.25)


@dataclass(frozen=True)
class NBD(BuyingModel):
    """A fitted NBD: nobody leaves."""

    leaves: ClassVar[bool] = False

    def _alive(self, at: Parameters, x: Array, t_x: Array, T: Array) -> Array:
        return np.ones(len(x))

    def _stays(self, at: Parameters, x: Array, T: Array, t: float) -> Array:
        return np.ones(len(x))

    def _while_active(self, at: Parameters, x: Array, T: Array, t: float) -> Array:
        r, alpha = at
        return (r + x) / (alpha + T) * t

    def _future(self, at: Parameters, x: Array, T: Array, t: float, rng: np.random.Generator) -> Array:
        r, alpha = at
        return rng.poisson(rng.gamma(r + x) / (alpha + T) * t)


def fit(summary: pd.DataFrame) -> NBD:
    """Fit on a summary (one row per customer: frequency, recency, T, time_unit). Raises `UnitError`; else look at
    `.fit.state`.
    """
    found, unit = fit_histories("NBD", NAMES, log_likelihood, start=START, times=("alpha",), summary=summary)
    return NBD(found, unit)


def log_likelihood(log_parameters: Array, known: Histories) -> Evaluation:
    """Mean log-likelihood a customer of the dates of their purchases, gradient and Hessian in the log parameters."""
    r, alpha = np.exp(log_parameters)
    share = known.customers / known.customers.sum()
    each, at_end, bought = known.by_kind(share), alpha + known.T, r + known.x
    value = each @ gammaln(r + known.kinds) - gammaln(r) + r * np.log(alpha) - share @ (bought * np.log(at_end))
    gradient = np.array(
        [
            each @ digamma(r + known.kinds) - digamma(r) + np.log(alpha) - share @ np.log(at_end),
            r / alpha - share @ (bought / at_end),
        ]
    )
    across = 1 / alpha - share @ (1 / at_end)
    hessian = np.array(
        [
            [each @ polygamma(1, r + known.kinds) - polygamma(1, r), across],
            [across, share @ (bought / at_end**2) - r / alpha**2],
        ]
    )
    scaled = np.array([r, alpha])
    return float(value), gradient * scaled, hessian * np.outer(scaled, scaled) + np.diag(gradient * scaled)
