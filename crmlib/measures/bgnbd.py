"""BG/NBD: how often a customer will buy again, and whether they still do (Fader, Hardie and Lee 2005).

While active a customer buys at a rate of their own (gamma: r, α) and after each purchase leaves with a probability of
their own (beta: a, b). A history is frequency x (purchases after the first), recency t_x (first to last) and age T
(first to now).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from ibis.expr.types import Table as Expression
from scipy.special import digamma, expit, gammaln, hyp2f1, polygamma

from crmlib.vocabulary.fitting import DAYS_PER, Array, Evaluation, Fit, TimeUnit, UnitError, distinct, unit_of
from crmlib.vocabulary.fitting import fit as fit_likelihood

NAMES = ("r", "alpha", "a", "b")


@dataclass(frozen=True)
class BGNBD:
    """A fitted BG/NBD with the unit of time its histories were counted in."""

    fit: Fit
    unit: TimeUnit

    def p_alive(self, summary: pd.DataFrame, *, log_parameters: Array | None = None) -> Array:
        """Probability of being active at the end of each history. Raises `FitError`, `UnitError`."""
        return p_alive(self.fit.at(log_parameters), *self._histories(summary))

    def expected(self, summary: pd.DataFrame, *, days: float, log_parameters: Array | None = None) -> Array:
        """Purchases expected of each customer within `days` after the end of their history. Raises `FitError`,
        `UnitError`.
        """
        return expected(self.fit.at(log_parameters), *self._histories(summary), days / DAYS_PER[self.unit])

    def draw(self, summary: pd.DataFrame, *, days: float, rng: np.random.Generator, times: int = 1) -> Array:
        """Purchases of each customer (across) within `days`, drawn `times` over (down) from what their history leaves
        open. Raises as `expected`.
        """
        r, alpha, a, b = self.fit.at()
        x, t_x, T = self._histories(summary)
        still, span = p_alive((r, alpha, a, b), x, t_x, T), days / DAYS_PER[self.unit]
        drawn = np.empty((times, len(x)))
        for once in drawn:
            alive = rng.random(len(x)) < still
            rate = rng.gamma(r + x) / (alpha + T)
            leaves_after = rng.geometric(np.clip(rng.beta(a, b + x), 1e-15, 1.0))
            once[:] = np.where(alive, np.minimum(rng.poisson(rate * span), leaves_after), 0)
        return drawn

    def _histories(self, summary: pd.DataFrame) -> tuple[Array, Array, Array]:
        if len(summary) and unit_of(summary) != self.unit:
            raise UnitError(
                f"the model was fitted in {self.unit}, the summary is in {unit_of(summary)}; make both in one unit"
            )
        x, t_x, T = (summary[c].to_numpy(dtype=float) for c in ("frequency", "recency", "T"))
        return x, t_x, T


def fit(summary: pd.DataFrame | Expression) -> BGNBD:
    """Fit on a summary (one row per customer: frequency, recency, T, time_unit). Raises `UnitError`; else look at
    `.fit.state`.
    """
    unit = unit_of(summary)
    rows = distinct(summary, ["frequency", "recency", "T"])
    x, t_x, T, n = (rows[c].to_numpy() for c in ("frequency", "recency", "T", "customers"))
    scale = float(np.average(T, weights=n)) if n.sum() and T.max() > 0 else 1.0
    found = fit_likelihood(
        "BG/NBD",
        NAMES,
        lambda point, part: log_likelihood(point, x[part], t_x[part] / scale, T[part] / scale, n[part]),
        start=np.log([0.5, 0.25, 0.7, 2.0]),
        rows=len(rows),
        customers=int(n.sum()),
    )
    r, alpha, a, b = found.values
    height = found.log_likelihood - float((n * x).sum()) * np.log(scale)
    return BGNBD(Fit(**{**vars(found), "values": (r, alpha * scale, a, b), "log_likelihood": height}), unit)


def log_likelihood(log_parameters: Array, x: Array, t_x: Array, T: Array, customers: Array) -> Evaluation:
    """Mean log-likelihood a customer (Fader, Hardie and Lee 2005, equation 6), gradient and Hessian in the log
    parameters.
    """
    r, alpha, a, b = np.exp(log_parameters)
    kinds, which = np.unique(x, return_inverse=True)
    past, present = np.log(alpha + t_x), np.log(alpha + T)
    again = x > 0
    left = np.where(again, np.log(a) - np.log(np.where(again, b + x - 1, 1.0)) - (r + x) * past, -np.inf)
    stayed = -(r + x) * present
    known = gammaln(r + kinds) - gammaln(r) + gammaln(a + b) - gammaln(a + b + kinds) + gammaln(b + kinds) - gammaln(b)
    each = known[which] + r * np.log(alpha) + np.logaddexp(stayed, left)
    gone = np.exp(left - np.logaddexp(stayed, left))
    total = customers.sum()
    gradient, hessian = _derivatives((r, alpha, a, b), kinds, which, x, t_x, T, gone, customers / total)
    scaled = np.exp(log_parameters)
    return (
        float(customers @ each / total),
        gradient * scaled,
        hessian * np.outer(scaled, scaled) + np.diag(gradient * scaled),
    )


def _derivatives(
    parameters: tuple[float, ...], kinds: Array, which: Array, x: Array, t_x: Array, T: Array, gone: Array, share: Array
) -> tuple[Array, Array]:
    """Gradient and Hessian in the parameters themselves; `gone` is the weight of having left, `share` of each
    history.
    """
    r, alpha, a, b = parameters
    each = np.bincount(which, weights=share, minlength=len(kinds))
    slope = np.zeros((4, len(x)))
    slope[0] = np.log(alpha + T) - np.log(alpha + t_x)
    slope[1] = (r + x) * (1 / (alpha + T) - 1 / (alpha + t_x))
    slope[2] = 1 / a
    slope[3] = -1 / np.where(x > 0, b + x - 1, 1.0)
    stay, leave = share * (1 - gone), share * gone
    both = digamma(a + b) - digamma(a + b + kinds)
    gradient = (
        np.array(
            [
                each @ digamma(r + kinds) - digamma(r) + np.log(alpha) - share @ np.log(alpha + T),
                r / alpha - share @ ((r + x) / (alpha + T)),
                each @ both,
                each @ (both + digamma(b + kinds)) - digamma(b),
            ]
        )
        + slope @ leave
    )
    bend = polygamma(1, a + b) - polygamma(1, a + b + kinds)
    hessian = (slope * (leave * (1 - gone))) @ slope.T
    hessian[0, 0] += each @ polygamma(1, r + kinds) - polygamma(1, r)
    hessian[0, 1] += 1 / alpha - stay @ (1 / (alpha + T)) - leave @ (1 / (alpha + t_x))
    hessian[1, 0] = hessian[0, 1]
    hessian[1, 1] += -r / alpha**2 + stay @ ((r + x) / (alpha + T) ** 2) + leave @ ((r + x) / (alpha + t_x) ** 2)
    hessian[2, 2] += each @ bend - leave.sum() / a**2
    hessian[3, 3] += each @ (bend + polygamma(1, b + kinds)) - polygamma(1, b) + leave @ slope[3] ** 2
    hessian[2, 3] += each @ bend
    hessian[3, 2] = hessian[2, 3]
    return gradient, hessian


def p_alive(parameters: tuple[float, ...], x: Array, t_x: Array, T: Array) -> Array:
    """Probability of being active at T, times in the unit of the parameters; 1 before a second purchase."""
    r, alpha, a, b = parameters
    odds = np.log(a) - np.log(np.where(x > 0, b + x - 1, 1.0)) + (r + x) * (np.log(alpha + T) - np.log(alpha + t_x))
    alive: Array = np.where(x > 0, expit(-odds), 1.0)
    return alive


def expected(parameters: tuple[float, ...], x: Array, t_x: Array, T: Array, t: float) -> Array:
    """Purchases expected in (T, T + t] (Fader, Hardie and Lee 2005, equation 10, after Euler's transformation of ₂F₁).

    So transformed the arguments that grow with x stand in one place only and nothing overflows. Its poles at a = 1
    and, before
    a second purchase, at a + b = 1 are removable; a is moved aside by a millionth there.
    """
    r, alpha, a, b = parameters
    for pole in (1.0, 1.0 - b):
        a = pole + 1e-6 if abs(a - pole) < 1e-6 else a
    c, remains = a + b + x - 1, (alpha + T) / (alpha + T + t)
    while_active = c / (a - 1) * (1 - remains ** (a - 1) * hyp2f1(a - 1, a + b - 1 - r, c, 1 - remains))
    forecast: Array = while_active * p_alive(parameters, x, t_x, T)
    return forecast
