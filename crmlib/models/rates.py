"""Rates that changed beyond chance: exact tests of two counts, how far a rate truly moved, and which of many tests to believe.

Counts of a customer are taken for Poisson. Given how many there were in both spans, those of the later one are binomial, whatever
the customer's own rate (Przyborowski and Wilenski 1940); given how many there were at all, their days are spread evenly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, bdtrc

from crmlib.models.fitting import Array


def fewer(late: ArrayLike, early: ArrayLike, late_span: ArrayLike, early_span: ArrayLike) -> Array:
    """Chance of no more than `late` events in `late_span` after `early` ones in `early_span` if the rate has not changed (exact,
    one-sided). Spans in one unit of time, positive.
    """
    k, n, share = _split(late, early, late_span, early_span)
    return np.asarray(bdtr(k, n.astype("int64"), share))


def more(late: ArrayLike, early: ArrayLike, late_span: ArrayLike, early_span: ArrayLike) -> Array:
    """Chance of no fewer than `late` events, as `fewer`."""
    k, n, share = _split(late, early, late_span, early_span)
    return np.where(k > 0, bdtrc(np.maximum(k - 1, 0), n.astype("int64"), share), 1.0)


def silence(events: ArrayLike, last: ArrayLike, span: ArrayLike) -> Array:
    """Chance that the last of `events` spread over `span` lies no later than `last` after its beginning (exact): how unusual the
    silence since is. 1 without events.
    """
    x, t, T = (np.asarray(values, dtype=float) for values in (events, last, span))
    return np.where((x > 0) & (T > 0), (t / np.where(T > 0, T, 1.0)) ** x, 1.0)


def discoveries(p: ArrayLike, customers: ArrayLike, rate: float) -> Array:
    """Which of some tests to believe so that at most the share `rate` of the believed are chance (Benjamini and Hochberg 1995).

    `p` are the values that occur, `customers` how many have each. Booleans, in the order given.
    """
    values, times = np.asarray(p, dtype=float), np.asarray(customers, dtype=float)
    order = np.argsort(values, kind="stable")
    rank = np.cumsum(times[order])
    passing = np.flatnonzero(values[order] <= rate * rank / rank[-1]) if len(rank) else np.array([], dtype=int)
    limit = values[order][passing[-1]] if len(passing) else -1.0
    return np.asarray(values <= limit)


def changes(
    late: ArrayLike, early: ArrayLike, late_span: ArrayLike, early_span: ArrayLike, customers: ArrayLike
) -> Array:
    """By what share each rate has changed (-0.5: halved), drawn in by as much as the changes of all customers are chance.

    Empirical Bayes: the later share of a customer's events has a beta distribution around the one without change, as wide as
    the crowd's spread beyond the binomial says (moments); NaN where nothing was counted.
    """
    k, n, share = _split(late, early, late_span, early_span)
    times = np.asarray(customers, dtype=float)
    chance = times * n * share * (1 - share)
    beyond = float((times * (k - n * share) ** 2 - chance).sum())
    most = float((chance * (n - 1)).sum())
    alike = beyond / most if most > 0 else 0.0
    if alike <= 0:
        return np.where(n > 0, 0.0, np.nan)
    weight = max(0.0, 1 / alike - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = (weight * share + k) / (weight + n)
        return np.where(n > 0, own / (1 - own) * (1 - share) / share - 1, np.nan)


def _split(
    late: ArrayLike, early: ArrayLike, late_span: ArrayLike, early_span: ArrayLike
) -> tuple[Array, Array, Array]:
    """Events of the later span, of both, and the share of the later span."""
    k, before, one, other = (np.asarray(values, dtype=float) for values in (late, early, late_span, early_span))
    return k, k + before, one / (one + other)
