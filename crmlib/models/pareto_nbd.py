"""Pareto/NBD: customers who buy at a rate of their own and leave at any moment (Schmittlein, Morrison and Colombo 1987).

While active a customer buys at a rate of their own (gamma: r, α); the time until they leave is exponential with a rate of
their own (gamma: s, β). A history is a mixture over the moment of leaving: not before the end, or at a time y between the
last purchase and now. The integral over y, which the papers write as ₂F₁ in two cases, is taken by Gauss-Legendre
quadrature in the logarithm of y plus the smaller of α and β: all terms are positive and smooth, nothing cancels or
overflows, and gradient and Hessian are moments of the same mixture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import digamma, exprel, gammaln, polygamma

from crmlib.models.fitting import Array, Evaluation
from crmlib.models.histories import BuyingModel, Histories, Parameters, fit_histories

NAMES = ("r", "alpha", "s", "beta")
START = (0.5, 0.25, 0.5, 0.25)
NODES = {n: np.polynomial.legendre.leggauss(n) for n in (12, 32)}
"""Few nodes are exact to the last digits where the integrand falls by less than e^10 over a range of less than e^3."""
DEEP = 42.0
"""Logarithm below its peak from which the integrand is left out."""
ROWS = 4096
"""Rows that are worked on at once, so that they stay near the processor."""


@dataclass(frozen=True)
class ParetoNBD(BuyingModel):
    """A fitted Pareto/NBD."""

    def _alive(self, at: Parameters, x: Array, t_x: Array, T: Array) -> Array:
        alive = np.ones(len(x))
        for rows, nodes in _batches(at, x, t_x, T):
            alive[rows] = _mixture(at, x[rows], t_x[rows], T[rows], nodes)[1][:, -1]
        return alive

    def _stays(self, at: Parameters, x: Array, T: Array, t: float) -> Array:
        _r, _alpha, s, beta = at
        return ((beta + T) / (beta + T + t)) ** s

    def _while_active(self, at: Parameters, x: Array, T: Array, t: float) -> Array:
        """Schmittlein, Morrison and Colombo (1987), equation 22, its pole at s = 1 taken out."""
        r, alpha, s, beta = at
        lasts = np.log1p(t / (beta + T))
        return (r + x) / (alpha + T) * (beta + T) * lasts * exprel((1 - s) * lasts)

    def _future(self, at: Parameters, x: Array, T: Array, t: float, rng: np.random.Generator) -> Array:
        r, alpha, s, beta = at
        with np.errstate(divide="ignore", over="ignore"):
            lasts = np.minimum(t, rng.exponential(size=len(x)) / (rng.gamma(np.full(len(x), s)) / (beta + T)))
        return rng.poisson(rng.gamma(r + x) / (alpha + T) * lasts)


def fit(summary: pd.DataFrame) -> ParetoNBD:
    """Fit on a summary (one row per customer: frequency, recency, T, time_unit). Raises `UnitError`; else look at
    `.fit.state`.
    """
    found, unit = fit_histories(
        "Pareto/NBD",
        NAMES,
        log_likelihood,
        start=START,
        times=("alpha", "beta"),
        summary=summary,
    )
    return ParetoNBD(found, unit)


def log_likelihood(log_parameters: Array, known: Histories) -> Evaluation:
    """Mean log-likelihood a customer (Schmittlein, Morrison and Colombo 1987, appendix), gradient and Hessian in the log
    parameters.
    """
    r, alpha, s, beta = at = tuple(float(v) for v in np.exp(log_parameters))
    share = known.customers / known.customers.sum()
    each = known.by_kind(share)
    value = each @ gammaln(r + known.kinds) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    up, bend = digamma(r + known.kinds) - digamma(r), polygamma(1, r + known.kinds) - polygamma(1, r)
    gradient, hessian = np.zeros(4), np.zeros((4, 4))
    hessian[0, 0] = r**2 * (each @ bend)
    for rows, nodes in _batches(at, known.x, known.t_x, known.T):
        part, weight = known.part(rows), share[rows]
        height, mixture, y = _mixture(at, part.x, part.t_x, part.T, nodes)
        value += weight @ height
        gained, bent = _moments(at, part, weight, mixture, y, up[part.which])
        gradient += gained
        hessian += bent
    return float(value), gradient, hessian


def _range(at: Parameters, x: Array, t_x: Array, T: Array) -> tuple[Array, Array]:
    """How far the integral goes in the logarithm of y plus the smaller of α and β, and how steeply it falls at least."""
    r, alpha, s, beta = at
    least, other = min(alpha, beta), max(alpha, beta)
    falls, beside = (r + x, s + 1) if alpha <= beta else (s + 1, r + x)
    steep = falls - 1 + beside * (least + t_x) / (other + t_x)
    return np.minimum(np.log((least + T) / (least + t_x)), DEEP / np.maximum(steep, 1e-12)), steep


def _batches(at: Parameters, x: Array, t_x: Array, T: Array) -> list[tuple[Array, int]]:
    """Rows that are worked on at once, and with how many nodes."""
    span, steep = _range(at, x, t_x, T)
    few = (span < 3) & (span * steep < 10)
    batches = []
    for nodes, chosen in ((12, np.flatnonzero(few)), (32, np.flatnonzero(~few))):
        batches += [(chosen[i : i + ROWS], nodes) for i in range(0, len(chosen), ROWS)]
    return batches


def _mixture(at: Parameters, x: Array, t_x: Array, T: Array, nodes: int) -> tuple[Array, Array, Array]:
    """Log of the integral of each row, the weights of the moments of leaving (across; the last is: not yet) and these
    moments.
    """
    r, alpha, s, beta = at
    (place, weights), least, (span, _steep) = NODES[nodes], min(alpha, beta), _range(at, x, t_x, T)
    grown = np.exp(np.outer(span, (place + 1) / 2))
    y = np.concatenate([(least + t_x)[:, None] * grown - least, T[:, None]], axis=1)
    with np.errstate(divide="ignore"):
        inside = np.log((least + t_x) * span / 2 * s)[:, None] + np.log(grown * weights)
    terms = -(r + x)[:, None] * np.log(alpha + y) - s * np.log(beta + y)
    terms[:, :-1] += inside - np.log(beta + y[:, :-1])
    peak = terms.max(axis=1, keepdims=True)
    mixture = np.exp(terms - peak)
    total = mixture.sum(axis=1, keepdims=True)
    return (peak + np.log(total))[:, 0], mixture / total, y


def _moments(
    at: Parameters, part: Histories, weight: Array, mixture: Array, y: Array, up: Array
) -> tuple[Array, Array]:
    """Gradient and Hessian as moments over the moments of leaving: means of the slopes, and of their bend and spread."""
    r, alpha, s, beta = at
    bought, left = (r + part.x)[:, None], np.ones(y.shape[1])
    left[-1] = 0.0
    by_alpha, by_beta = alpha / (alpha + y), beta / (beta + y)
    log_alpha, log_beta = np.log(by_alpha), np.log(by_beta)
    slopes = [r * (up[:, None] + log_alpha), r - bought * by_alpha, left + s * log_beta, s - (s + left) * by_beta]
    means = np.stack([np.einsum("ij,ij->i", mixture, slope) for slope in slopes])
    weighed = mixture * weight[:, None]
    gradient = means @ weight
    flat = np.stack(slopes).reshape(4, -1)
    hessian = (flat * weighed.ravel()) @ flat.T - (means * weight) @ means.T
    off_alpha, off_beta = weighed * (1 - by_alpha), weighed * (1 - by_beta)
    hessian[0, 0] += gradient[0]
    hessian[1, 1] -= np.einsum("ij,ij->", off_alpha, bought * by_alpha)
    hessian[2, 2] += s * np.einsum("ij,ij->", weighed, log_beta)
    hessian[3, 3] -= np.einsum("ij,ij->", off_beta, (s + left) * by_beta)
    hessian[[0, 1], [1, 0]] += r * off_alpha.sum()
    hessian[[2, 3], [3, 2]] += s * off_beta.sum()
    return gradient, hessian
