"""Shares of many small cells, each drawn towards what its row, its column and all of them say: beta-binomial empirical Bayes.

A cell's expected share follows from main effects (a logistic model, ridged); how far cells scatter around it beyond chance is
what makes the beta-binomial likelihood largest (Skellam 1948; Efron and Morris 1975). A cell without a case has what is expected
of it, with the width of that scatter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, betaln, expit, logit

from crmlib.models.fitting import Array

RIDGE = 1.0
"""Weight of the main effects' normal prior: one unit of log odds is one deviation."""
WEIGHTS = np.geomspace(1.0, 1e5, 41)
"""Cases that the expected share may count as."""


class Pooled(NamedTuple):
    """`share` of each cell, `low` and `high` of its credible interval; `weight`: as how many cases its expected share counts."""

    share: Array
    low: Array
    high: Array
    weight: float


def pooled(hits: ArrayLike, cases: ArrayLike, groups: Sequence[ArrayLike], *, confidence: float = 0.95) -> Pooled:
    """Cells with `hits` of `cases` (these may be effective numbers, not whole), and the code of each cell in every way of
    grouping, from 0 on.
    """
    k, n = np.asarray(hits, dtype=float), np.asarray(cases, dtype=float)
    columns = _columns([np.asarray(codes, dtype=int) for codes in groups], len(k))
    scatters = 1 / (WEIGHTS + 1)
    fits = [_expected(k, n, columns, scatter) for scatter in scatters]
    likely = np.array([_likely(k, n, fit, scatter) for fit, scatter in zip(fits, scatters, strict=True)])
    part = np.exp(likely - likely.max())
    part /= part.sum()
    means, squares = np.zeros(len(k)), np.zeros(len(k))
    for fit, scatter, share in zip(fits, scatters, part, strict=True):
        around = fit.share * (1 - fit.share)
        own = around / (around * scatter + around**2 * fit.error) - 1
        own = np.maximum(own, 1e-3)
        mean = (own * fit.share + k) / (own + n)
        means += share * mean
        squares += share * (mean * (1 - mean) / (own + n + 1) + mean**2)
    weight = means * (1 - means) / np.maximum(squares - means**2, 1e-15) - 1
    a, b, tail = means * weight, (1 - means) * weight, (1 - confidence) / 2
    return Pooled(means, betaincinv(a, b, tail), betaincinv(a, b, 1 - tail), float(part @ WEIGHTS))


def drawn_in(value: ArrayLike, n: ArrayLike, towards: ArrayLike, weight: float) -> Array:
    """`value` measured on `n` cases, drawn towards a prior that counts as `weight` cases: the prior itself at n = 0 (where a
    value may be missing), the value for very many.
    """
    x, cases, prior = (np.asarray(v, dtype=float) for v in (value, n, towards))
    own = np.where(cases > 0, x, 0.0) * cases
    return np.asarray((own + weight * prior) / (cases + weight))


def beats(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Probability that the first of two beta-distributed shares (mean, cases) is the larger, by quadrature."""
    (m1, n1), (m2, n2) = one, other
    grid = (np.arange(400) + 0.5) / 400
    at = betaincinv(m1 * n1, (1 - m1) * n1, grid)
    return float(np.mean(betainc(m2 * n2, (1 - m2) * n2, at)))


SCATTERS = 4.0
"""Times the usual error and the spread of the values that groups are at most taken to scatter."""


class _Fit(NamedTuple):
    share: Array
    error: Array
    bends: float
    at: Array
    ridge: Array


def _columns(groups: Sequence[NDArray[np.int64]], rows: int) -> Array:
    parts = [np.ones((rows, 1))]
    parts += [np.eye(int(codes.max(initial=0)) + 1)[codes] for codes in groups if len(np.unique(codes)) > 1]
    return np.hstack(parts)


def _expected(k: Array, n: Array, columns: Array, scatter: float) -> _Fit:
    """The share of each cell by its main effects where cells scatter so much, and the variance of its log odds."""
    counts = 1 / (1 + np.maximum(n - 1, 0) * scatter)
    at = np.zeros(columns.shape[1])
    at[0] = logit((k.sum() + 0.5) / (n.sum() + 1))
    ridge = np.full(columns.shape[1], RIDGE)
    ridge[0] = 1e-6
    bends = np.eye(columns.shape[1])
    for _round in range(50):
        p = expit(columns @ at)
        bends = (columns * (counts * n * p * (1 - p))[:, None]).T @ columns + np.diag(ridge)
        step = np.linalg.solve(bends, columns.T @ (counts * (k - n * p)) - ridge * at)
        at = at + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    error = np.einsum("ij,ij->i", columns @ np.linalg.inv(bends), columns)
    return _Fit(np.clip(expit(columns @ at), 1e-6, 1 - 1e-6), error, float(np.linalg.slogdet(bends)[1]), at, ridge)


def _likely(k: Array, n: Array, fit: _Fit, scatter: float) -> float:
    """Log likelihood of so much scatter, main effects integrated out (Laplace), under a flat prior of the scatter, so that
    none is never taken for certain.
    """
    weight = 1 / scatter - 1
    a, b = weight * fit.share, weight * (1 - fit.share)
    told = float(np.sum(betaln(a + k, b + n - k) - betaln(a, b)))
    return told - fit.bends / 2 - float(fit.ridge @ fit.at**2) / 2 + float(np.log(scatter))


class Drawn(NamedTuple):
    """Values drawn in towards their common mean: `value` of each and its `error`, and the `scatter` between them."""

    value: Array
    error: Array
    scatter: float


def towards_each_other(value: ArrayLike, error: ArrayLike) -> Drawn:
    """Estimates with normal errors, each drawn in towards the mean of all by how much they scatter beyond chance (Rubin 1981).

    The scatter is integrated over a flat prior on a grid, with the mean's own error, so that few groups are never taken to be
    alike for certain.
    """
    x, s = np.asarray(value, dtype=float), np.asarray(error, dtype=float)
    if len(x) < 2:
        return Drawn(x, s, 0.0)
    grid = np.linspace(0.0, SCATTERS * float(np.median(s) + x.std()), 121)
    weights = 1 / (s[:, None] ** 2 + grid[None, :] ** 2)
    whole = weights.sum(axis=0)
    mean = (weights * x[:, None]).sum(axis=0) / whole
    likely = np.log(weights).sum(axis=0) / 2 - np.log(whole) / 2 - (weights * (x[:, None] - mean) ** 2).sum(axis=0) / 2
    part = np.exp(likely - likely.max())
    part /= part.sum()
    inward = s[:, None] ** 2 * weights
    means = inward * mean + (1 - inward) * x[:, None]
    spread = (1 - inward) * s[:, None] ** 2 + inward**2 / whole
    told = means @ part
    return Drawn(told, np.sqrt((spread + means**2) @ part - told**2), float(grid @ part))
