"""BG/NBD: how often a customer will buy again, and whether they still do (Fader, Hardie and Lee 2005).

While active a customer buys at a rate of their own (gamma: r, α) and after each repeat purchase leaves with a probability
of their own (beta: a, b). Who bought once only is taken to be active still. MBG/NBD (`mbgnbd`) is the same but for one
thing: a customer can leave right after the first purchase already (`first` 1 in place of 0). Once it is known that
someone stayed after the first, it is BG/NBD with b + 1 in place of b.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1, log_expit, logsumexp, polygamma

from crmlib.models.fitting import Array, Evaluation
from crmlib.models.histories import BuyingModel, Histories, Parameters, fit_histories

NAMES = ("r", "alpha", "a", "b")
START = (0.5, 0.25, 0.7, 2.0)
TIMES = ("alpha",)
STEPS = np.arange(-18.0, 18.01, 0.05)
"""Of the integral over the probability of leaving, on its logit: hyperbolic sines of these in widths of the peak."""


@dataclass(frozen=True)
class BetaGeometric(BuyingModel):
    """A fitted model of leaving after a purchase."""

    first: int = 0

    def _alive(self, at: Parameters, x: Array, t_x: Array, T: Array) -> Array:
        return p_alive(at, x, t_x, T, first=self.first)

    def _stays(self, at: Parameters, x: Array, T: Array, t: float) -> Array:
        return p_stays(at, x, T, t, first=self.first)

    def _while_active(self, at: Parameters, x: Array, T: Array, t: float) -> Array:
        return while_active(at, x, T, t, first=self.first)

    def _future(self, at: Parameters, x: Array, T: Array, t: float, rng: np.random.Generator) -> Array:
        r, alpha, a, b = at
        rate = rng.gamma(r + x) / (alpha + T)
        leaves_after = rng.geometric(np.clip(rng.beta(a, b + self.first + x), 1e-15, 1.0))
        return np.minimum(rng.poisson(rate * t), leaves_after)


def fit(summary: pd.DataFrame, *, name: str = "BG/NBD", first: int = 0) -> BetaGeometric:
    """Fit on a summary (one row per customer: frequency, recency, T, time_unit). Raises `UnitError`; else look at
    `.fit.state`.
    """
    found, unit = fit_histories(
        name,
        NAMES,
        lambda point, known: log_likelihood(point, known, first=first),
        start=START,
        times=TIMES,
        summary=summary,
    )
    return BetaGeometric(found, unit, first)


def p_alive(parameters: Parameters, x: Array, t_x: Array, T: Array, *, first: int) -> Array:
    """Probability of being active at T, times in the unit of the parameters."""
    r, alpha, a, b = parameters
    chance = np.where(x + first > 0, np.log(a) - np.log(b + np.maximum(first + x, 1) - 1), -np.inf)
    alive: Array = expit(-(chance + (r + x) * (np.log(alpha + T) - np.log(alpha + t_x))))
    return alive


def p_stays(parameters: Parameters, x: Array, T: Array, t: float, *, first: int) -> Array:
    """Probability of being active at T + t for who is at T: the mean of exp(-rate p t) over what the history leaves
    open of rate and p, ₂F₁ after Pfaff's transformation, in which nothing grows with x but the third argument. Where that
    overflows still, as for thousands in a, the integral itself is taken.
    """
    r, alpha, a, b = parameters
    c, gone = a + b + first + x, t / (alpha + T + t)
    with np.errstate(over="ignore", invalid="ignore"):
        stays: Array = np.clip((1 - gone) ** a * hyp2f1(a, a + b + first - r, c, gone), 0.0, 1.0)
    lost = ~np.isfinite(stays)
    if lost.any():
        stays[lost] = _mean_kept(a, b + first + x[lost], r + x[lost], (t / (alpha + T))[lost])
    return stays


def _mean_kept(a: float, b: Array, power: Array, z: Array) -> Array:
    """Mean of (1 + p z)^-power over p of a Beta(a, b) distribution, by the trapezoidal rule in logarithms.

    On the logit of p the integrand has one peak, the root of a quadratic, and tails that fall exponentially.
    """
    square, line = (power - a - b) * z, a * z - (a + b) - power * z
    root = -(line + np.copysign(np.sqrt(line**2 - 4 * square * a), line)) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = a / root, root / square
    peak = np.clip(np.where((first > 0) & (first < 1), first, second), 1e-300, 1 - 1e-16)
    here = 1 + z * peak
    bend = peak * (1 - peak) * (a + b + power * z * ((1 - 2 * peak) * here - z * peak * (1 - peak)) / here**2)
    width = 1 / np.sqrt(np.maximum(bend, 1e-300))[:, None]
    at = (np.log(peak) - np.log1p(-peak))[:, None] + width * np.sinh(STEPS)
    p, other = log_expit(at), log_expit(-at)
    height = a * p + b[:, None] * other - power[:, None] * np.log1p(np.exp(p) * z[:, None])
    step = np.log(width * np.cosh(STEPS) * (STEPS[1] - STEPS[0]))
    kept: Array = np.clip(np.exp(logsumexp(height + step, axis=1) - betaln(a, b)), 0.0, 1.0)
    return kept


def while_active(parameters: Parameters, x: Array, T: Array, t: float, *, first: int) -> Array:
    """Purchases expected in (T, T + t] of who is active at T (Fader, Hardie and Lee 2005, equation 10, after Euler's
    transformation of ₂F₁).

    So transformed the arguments that grow with x stand in one place only and nothing overflows. Its poles at a = 1
    and, before a second purchase, at a + b = 1 are removable; a is moved aside by a millionth there.
    """
    r, alpha, a, b = parameters
    b = b + first
    for pole in (1.0, 1.0 - b):
        a = pole + 1e-6 if abs(a - pole) < 1e-6 else a
    c, remains = a + b + x - 1, (alpha + T) / (alpha + T + t)
    orders: Array = c / (a - 1) * (1 - remains ** (a - 1) * hyp2f1(a - 1, a + b - 1 - r, c, 1 - remains))
    return orders


def log_likelihood(log_parameters: Array, known: Histories, *, first: int) -> Evaluation:
    """Mean log-likelihood a customer (Fader, Hardie and Lee 2005, equation 6; Batislam, Denizel and Filiztekin 2007),
    gradient and Hessian in the log parameters.
    """
    r, alpha, a, b = np.exp(log_parameters)
    share, kinds, chances = known.customers / known.customers.sum(), known.kinds, known.kinds + first
    each, divisor = known.by_kind(share), b + np.maximum(chances, 1) - 1
    chance = np.where(chances > 0, np.log(a) - np.log(divisor), -np.inf)
    at_last, at_end, bought = alpha + known.t_x, alpha + known.T, r + known.x
    gap, log_end, by_end, by_last = np.log(at_end / at_last), np.log(at_end), 1 / at_end, 1 / at_last
    odds = chance[known.which] + bought * gap
    less = np.exp(-np.abs(odds))
    gone = np.where(odds >= 0, 1.0, less) / (1 + less)
    left = share * gone
    value = (
        each @ _by_kind(r, a, b, kinds, chances)
        + r * np.log(alpha)
        - share @ (bought * log_end)
        + share @ (np.maximum(odds, 0.0) + np.log(1 + less))
    )
    left_by_kind, slope_b = known.by_kind(left), np.where(chances > 0, -1 / divisor, 0.0)
    slope = np.stack([gap, bought * (by_end - by_last), np.full(len(gap), 1 / a), slope_b[known.which]])
    gradient, hessian = _never_left((r, alpha, a, b), each, kinds, chances)
    gradient += slope @ left
    gradient[:2] -= share @ log_end, share @ (bought * by_end)
    hessian += (slope * (left * (1 - gone))) @ slope.T
    rate = share @ by_end + left @ (by_last - by_end)
    hessian[0, 1] -= rate
    hessian[1, 0] -= rate
    hessian[1, 1] += share @ (bought * by_end**2) + left @ (bought * (by_last**2 - by_end**2))
    hessian[2, 2] -= left_by_kind.sum() / a**2
    hessian[3, 3] += left_by_kind @ slope_b**2
    scaled = np.exp(log_parameters)
    return float(value), gradient * scaled, hessian * np.outer(scaled, scaled) + np.diag(gradient * scaled)


def _by_kind(r: float, a: float, b: float, kinds: Array, chances: Array) -> Array:
    """The part of the log-likelihood that only the number of purchases goes into: Γ(r + x) / Γ(r) and
    B(a, b + chances) / B(a, b), of so many chances to leave.
    """
    bought: Array = gammaln(r + kinds) - gammaln(r)
    return bought + gammaln(a + b) - gammaln(a + b + chances) + gammaln(b + chances) - gammaln(b)


def _never_left(at: Parameters, each: Array, kinds: Array, chances: Array) -> tuple[Array, Array]:
    """Gradient and Hessian of that part, with r log α, in the parameters themselves."""
    r, alpha, a, b = at
    both, bend = digamma(a + b) - digamma(a + b + chances), polygamma(1, a + b) - polygamma(1, a + b + chances)
    gradient = np.array(
        [
            each @ digamma(r + kinds) - digamma(r) + np.log(alpha),
            r / alpha,
            each @ both,
            each @ (both + digamma(b + chances)) - digamma(b),
        ]
    )
    hessian = np.zeros((4, 4))
    hessian[0, 0] = each @ polygamma(1, r + kinds) - polygamma(1, r)
    hessian[0, 1] = hessian[1, 0] = 1 / alpha
    hessian[1, 1] = -r / alpha**2
    hessian[2, 2] = hessian[2, 3] = hessian[3, 2] = each @ bend
    hessian[3, 3] = each @ (bend + polygamma(1, b + chances)) - polygamma(1, b)
    return gradient, hessian
