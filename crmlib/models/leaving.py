"""Who left, by what is known of them: a regularised logistic model, judged on customers that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from crmlib.models.estimates import mean

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Estimate = tuple[float, float, float]
STRENGTHS: Final = tuple(10.0**e for e in range(-3, 2))
"""How little the weights are held down, of which the best by likelihood is taken."""
FOLDS: Final = 5
INNER_FOLDS: Final = 3
SAMPLE: Final = 20_000
"""Rows that a model is fitted on; the others are told by it."""
EVENTS: Final = 5 * FOLDS
"""Who left, and who did not, below which nothing is fitted."""


@dataclass(frozen=True)
class Leaving:
    """`probability` of each row, by a model that has not seen it; `added`, rows by groups of columns, what each group adds to the
    row's log odds beside the average row (by a model of all); `weights` per group: the spread of that.
    """

    probability: Vector
    added: Matrix
    weights: Vector


def fitted(columns: Matrix, groups: NDArray[np.int64], left: Flags, *, seed: int) -> Leaving | None:
    """The model over a matrix of rows by columns without gaps, `groups` saying to which attribute each column belongs.

    Columns are standardised, the strength of the ridge is chosen within the rows that a model may see, and each of `FOLDS` parts
    is told by a model of the others. None below `EVENTS` of either kind.
    """
    if min(left.sum(), (~left).sum()) < EVENTS or not columns.shape[1]:
        return None
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(left))
    chosen = np.sort(order[:SAMPLE])
    probability = np.full(len(left), np.nan)
    with threadpool_limits(limits=1):
        parts = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        for seen, unseen in parts.split(columns[chosen], left[chosen]):
            model, scaler = _fit(columns[chosen[seen]], left[chosen[seen]], seed)
            probability[chosen[unseen]] = model.predict_proba(scaler.transform(columns[chosen[unseen]]))[:, 1]
        model, scaler = _fit(columns[chosen], left[chosen], seed)
        scaled, rest = scaler.transform(columns), np.isnan(probability)
        if rest.any():
            probability[rest] = model.predict_proba(scaled[rest])[:, 1]
        each = scaled * model.coef_[0]
    added = np.column_stack([each[:, groups == g].sum(axis=1) for g in range(int(groups.max()) + 1)])
    return Leaving(probability, added, added[chosen].std(axis=0))


def _fit(columns: Matrix, left: Flags, seed: int) -> tuple[LogisticRegression, StandardScaler]:
    scaler = StandardScaler().fit(columns)
    inner = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=seed)
    search = GridSearchCV(
        LogisticRegression(max_iter=2_000),
        {"C": list(STRENGTHS)},
        scoring="neg_log_loss",
        cv=inner,
        error_score="raise",
    )
    return search.fit(scaler.transform(columns), left).best_estimator_, scaler


def discrimination(probability: Vector, left: Flags, *, confidence: float = 0.95) -> Estimate:
    """Area under the ROC curve: how often one who left is told likelier to than one who did not, with the interval of DeLong,
    DeLong and Clarke-Pearson (1988) on the logit scale; NaN where all left or none did.
    """
    m, n = int(left.sum()), int((~left).sum())
    if min(m, n) < 2:
        return (float("nan"),) * 3
    ranks = rankdata(probability)
    of_left = (ranks[left] - rankdata(probability[left])) / n
    of_others = 1 - (ranks[~left] - rankdata(probability[~left])) / m
    value = float(of_left.mean())
    if value in (0, 1):
        return value, float("nan"), float("nan")
    error = float(np.sqrt(of_left.var(ddof=1) / m + of_others.var(ddof=1) / n)) / (value * (1 - value))
    half = float(ndtri(0.5 + confidence / 2)) * error
    return value, float(expit(logit(value) - half)), float(expit(logit(value) + half))


def gain(probability: Vector, left: Flags, *, confidence: float = 0.95) -> Estimate:
    """By which part the squared error (Brier 1950) is smaller than that of telling everybody the base rate; t interval."""
    base = float(left.mean())
    usual = (left - base) ** 2
    whole = float(usual.mean())
    value, low, high = mean(usual - (left - probability) ** 2, confidence=confidence)
    return (value / whole, low / whole, high / whole) if whole > 0 else (float("nan"),) * 3


def calibration(probability: Vector, left: Flags, *, confidence: float = 0.95) -> Estimate:
    """Slope of who left on the log odds that were told (Cox 1958): 1 is right, below 1 too extreme; Wald interval."""
    told = logit(np.clip(probability, 1e-9, 1 - 1e-9))
    x = np.column_stack([np.ones(len(told)), told])
    at = np.array([0.0, 1.0])
    for _round in range(50):
        p = expit(x @ at)
        information = (x * (p * (1 - p))[:, None]).T @ x
        if np.linalg.cond(information) > 1e12:
            return (float("nan"),) * 3
        step = np.linalg.solve(information, x.T @ (left - p))
        at = at + step
        if np.abs(step).max() < 1e-10:
            break
    half = float(ndtri(0.5 + confidence / 2)) * float(np.sqrt(np.linalg.inv(information)[1, 1]))
    return float(at[1]), float(at[1]) - half, float(at[1]) + half
