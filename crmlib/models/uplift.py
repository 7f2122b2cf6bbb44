"""Whom a contact changes: a doubly robust learner, and what choosing by it is worth.

Each customer's effect is told by models that have not seen them (Kennedy 2023); outcomes are taken for what they would have been
in every arm by the doubly robust score (Robins, Rotnitzky and Zhao 1994), so that where arms were drawn by lot no model can
mislead. Parts of the customers come in by lot one after the other and each is told by those before it: were all told by all
others, two parts alike by chance would prove each other right, and intervals be too narrow where there is nothing to tell
(Luedtke and van der Laan 2016). The gain of choosing the most responsive first has a band that holds everywhere at once by a
Gaussian multiplier bootstrap (Belloni, Chernozhukov, Chetverikov and Wei 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from crmlib.models.fitting import Array

Codes = NDArray[np.int64]
Estimate = tuple[float, float, float]
PARTS: Final = 6
FOLDS: Final = 5
STRENGTHS: Final = tuple(10.0**e for e in range(-1, 6))
"""How much the weights are held down, of which the best by left-out rows is taken."""
DRAWS: Final = 5000
GRID: Final = np.arange(1, 20) / 20
"""Parts of the customers, the most responsive first, at which the gain is told."""
OVERLAP: Final = 0.02
"""Chances of being contacted nearer to 0 or 1 than this leave nobody to compare with."""


@dataclass(frozen=True)
class Fitted:
    """By customer and arm, of models that have not seen the customer: `score` (doubly robust, the outcome in that arm) and
    `effect` (against arm 0, in the unit of the outcome); the `part` the customer came in with, `best`: the arm that was best for
    all by the parts before. `rows`: which customers; the first part is told by nobody and left out.
    """

    score: Array
    effect: Array
    part: Codes
    best: Codes
    rows: Codes


class Curve(NamedTuple):
    """What choosing by told effect gains over choosing by lot, in outcomes a customer: at each `part` of the customers `gain`,
    and `low` and `high` of the band that holds at all of them at once.
    """

    part: Array
    gain: Array
    low: Array
    high: Array


def fitted(columns: Array, arm: Codes, outcome: Array, *, seed: int, cost: Array | None = None) -> Fitted:
    """`columns` (customers × what was known of them before, without gaps), `arm` 0 … A−1 as the lot drew it, 0 the one that the
    others are held against; `cost` of each arm, in outcomes, decides what is best for all. Every arm takes `PARTS` customers.
    """
    arms = int(arm.max()) + 1
    x, paid = _standard(columns), np.zeros(arms) if cost is None else cost
    told = [unseen for _seen, unseen in StratifiedKFold(PARTS, shuffle=True, random_state=seed).split(x, arm)]
    score, effect = np.zeros((len(arm), arms)), np.zeros((len(arm), arms))
    part, best = np.zeros(len(arm), dtype=np.int64), np.zeros(len(arm), dtype=np.int64)
    with threadpool_limits(limits=1):
        for nth in range(1, PARTS):
            seen, now = np.concatenate(told[:nth]), told[nth]
            inner = _scores_within(x[seen], arm[seen], outcome[seen], arms, seed + nth)
            score[now] = _scores(x[seen], arm[seen], outcome[seen], x[now], arm[now], outcome[now], arms)
            for a in range(1, arms):
                effect[now, a] = _ridge(x[seen], inner[:, a] - inner[:, 0]).predict(x[now])
            part[now], best[now] = nth, int((inner.mean(axis=0) - paid).argmax())
    rows = np.flatnonzero(part > 0)
    return Fitted(score[rows], effect[rows], part[rows], best[rows], rows)


def curve(told: Fitted, arm: int, *, seed: int, confidence: float = 0.95) -> Curve:
    """The gain of choosing by the told effect of one arm, over choosing as many by lot (Radcliffe 2007), with its band.

    Customers are put in order within their part, as effects of different models are not on one scale; those told alike are
    taken in equal parts.
    """
    gained = told.score[:, arm] - told.score[:, 0]
    part = _placed(told.effect[:, arm], told.part)
    beyond = gained - gained.mean()
    weight = np.clip((GRID[:, None] - part.low) / np.maximum(part.high - part.low, 1e-12), 0, 1)
    influence = (weight - GRID[:, None]) * beyond
    gain = influence.mean(axis=1)
    error = np.sqrt(((influence - gain[:, None]) ** 2).mean(axis=1) / len(gained))
    # Sums of the rows times normal draws are normal, with this covariance: nothing as long as the rows need be drawn.
    scaled = (influence - gain[:, None]) / np.maximum(error, 1e-300)[:, None] / len(gained)
    values, ways = np.linalg.eigh(scaled @ scaled.T)
    drawn = np.random.default_rng(seed).standard_normal((DRAWS, len(GRID))) @ (ways * np.sqrt(values.clip(min=0))).T
    reach = float(np.quantile(np.abs(drawn).max(axis=1), confidence)) * error
    return Curve(GRID, gain, gain - reach, gain + reach)


def policy(told: Fitted, cost: Array, *, confidence: float = 0.95) -> tuple[Estimate, Estimate, Codes]:
    """What each customer's best arm brings by the told effects, less its `cost` in outcomes: the value a customer, how much more
    that is than the one arm that is best for all, and the arm chosen. On customers that the models have not seen.
    """
    chosen = (told.effect - cost).argmax(axis=1)
    rows = np.arange(len(chosen))
    value = told.score[rows, chosen] - cost[chosen]
    plain = told.score[rows, told.best] - cost[told.best]
    return _mean(value, confidence), _mean(value - plain, confidence), chosen


class Split(NamedTuple):
    """Effects of an arm by group: `effect`, `low`, `high` and `n` of each, and `chance` that they differ as much by it."""

    effect: Array
    low: Array
    high: Array
    n: Array
    chance: float


def by_group(treated: NDArray[np.bool_], outcome: Array, group: Codes, *, confidence: float = 0.95) -> Split:
    """Difference of the mean outcome, treated less not, within each group 0 … G−1, and Cochran's test that all are one."""
    groups = int(group.max()) + 1
    sums = {
        side: tuple(
            np.bincount(group[on], weights=w[on], minlength=groups) for w in (np.ones(len(group)), outcome, outcome**2)
        )
        for side, on in ((True, treated), (False, ~treated))
    }
    (n1, s1, q1), (n0, s0, q0) = sums[True], sums[False]
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = s1 / n1 - s0 / n0
        spread = [(q / n - (s / n) ** 2) / (n - 1) for n, s, q in ((n1, s1, q1), (n0, s0, q0))]
        variance = np.maximum(spread[0] + spread[1], 1e-12)
        half = float(ndtri(0.5 + confidence / 2)) * np.sqrt(variance)
        told = np.isfinite(effect) & np.isfinite(variance)
        weight = np.where(told, 1 / variance, 0.0)
        whole = np.nansum(weight * np.where(told, effect, 0)) / weight.sum() if told.any() else 0.0
        apart = float(np.sum(weight * np.where(told, effect - whole, 0) ** 2))
    chance = float(chi2.sf(apart, told.sum() - 1)) if told.sum() > 1 else 1.0
    return Split(effect, effect - half, effect + half, n1 + n0, chance)


class Adjusted(NamedTuple):
    """An effect where nobody drew lots: `estimate`, `n` treated and `others` who could be compared."""

    estimate: Estimate
    n: int
    others: int


def adjusted(
    columns: Array, treated: NDArray[np.bool_], outcome: Array, who: Codes, *, seed: int, confidence: float = 0.95
) -> Adjusted | None:
    """The mean outcome of the treated less that of others like them: augmented inverse-probability weighting for the treated
    (Robins and Rotnitzky 1995), cross-fitted by customer (`who`), by whom the interval holds.

    Who had next to no chance of being treated, or next to none of not being, is left out; None where too few remain.
    """
    chance, without = np.empty(len(treated)), np.empty(len(treated))
    fold = np.random.default_rng(seed).integers(0, FOLDS, int(who.max()) + 1)[who]
    x = _standard(columns)
    with threadpool_limits(limits=1):
        for nth in range(FOLDS):
            seen, unseen = fold != nth, fold == nth
            if min(treated[seen].sum(), (~treated[seen]).sum()) < FOLDS:
                return None
            model = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=100).fit(x[seen], treated[seen])
            chance[unseen] = model.predict_proba(x[unseen])[:, 1]
            without[unseen] = Ridge(1.0).fit(x[seen & ~treated], outcome[seen & ~treated]).predict(x[unseen])
    inside = (chance > OVERLAP) & (chance < 1 - OVERLAP)
    n, others = int((inside & treated).sum()), int((inside & ~treated).sum())
    if min(n, others) < FOLDS:
        return None
    odds = np.where(treated, 1.0, -chance / (1 - chance)) * inside
    # Weights of the others are brought to the number of the treated, so that a few large ones do not decide.
    odds[~treated] *= n / max(-odds[~treated].sum(), 1e-12)
    each = odds * (outcome - without)
    value = float(each.sum()) / n
    moved = np.bincount(who, weights=each - value * (treated & inside))
    half = float(ndtri(0.5 + confidence / 2)) * float(np.sqrt((moved**2).sum())) / n
    return Adjusted((value, value - half, value + half), n, others)


class _Place(NamedTuple):
    low: Array
    high: Array


def _placed(effect: Array, part: Codes) -> _Place:
    """Where each customer stands among those of the part, the most responsive first: from which part to which the customers told
    alike reach.
    """
    low, high = np.empty(len(effect)), np.empty(len(effect))
    for nth in np.unique(part):
        here = np.flatnonzero(part == nth)
        _values, at, count = np.unique(-effect[here], return_inverse=True, return_counts=True)
        end = np.cumsum(count) / len(here)
        low[here], high[here] = (end - count / len(here))[at], end[at]
    return _Place(low, high)


def _scores_within(x: Array, arm: Codes, outcome: Array, arms: int, seed: int) -> Array:
    """The doubly robust scores of the rows that a model may see, each by models of the other half."""
    score = np.empty((len(arm), arms))
    for seen, unseen in StratifiedKFold(2, shuffle=True, random_state=seed).split(x, arm):
        score[unseen] = _scores(x[seen], arm[seen], outcome[seen], x[unseen], arm[unseen], outcome[unseen], arms)
    return score


def _scores(x: Array, arm: Codes, outcome: Array, new: Array, new_arm: Codes, new_outcome: Array, arms: int) -> Array:
    score = np.empty((len(new_arm), arms))
    for a in range(arms):
        told = _ridge(x[arm == a], outcome[arm == a]).predict(new)
        share = (arm == a).mean()
        score[:, a] = told + (new_arm == a) / share * (new_outcome - told)
    return score


def _ridge(x: Array, y: Array) -> RidgeCV:
    return RidgeCV(STRENGTHS).fit(x, y)


def _standard(columns: Array) -> Array:
    """Columns of mean 0 and deviation 1; those without any are left out."""
    spread = columns.std(axis=0)
    x: Array = (columns - columns.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    return x if x.shape[1] else np.zeros((len(columns), 1))


def _mean(values: Array, confidence: float) -> Estimate:
    value = float(values.mean())
    half = float(ndtri(0.5 + confidence / 2)) * float(values.std(ddof=1)) / float(np.sqrt(len(values)))
    return value, value - half, value + half
