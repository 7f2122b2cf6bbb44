"""A model that adds up: who is likely to give the last sign of life, feature by feature, so that every part can be told.

Histogram boosting with trees of one split (stumps; Friedman 2001) is a sum of steps, one staircase a feature. What a feature adds
to the log odds of a customer is read off its staircase, exactly; and the staircases are a few CASE expressions for an engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
EVENTS: Final = 50
"""Who left, and who did not, below which nothing is fitted."""
ROUNDS: Final = 100
RATE: Final = 0.1
LEAF: Final = 20
"""Rows on either side of a split, at least."""
RIDGE: Final = 0.1
"""How little the weights of the logistic yardstick are held down."""


@dataclass(frozen=True)
class Steps:
    """What a feature adds to the log odds: `values[i]` up to and with `cuts[i]`, the last one beyond; `unknown` where it is not
    known.
    """

    feature: str
    cuts: tuple[float, ...]
    values: tuple[float, ...]
    unknown: float

    def of(self, column: Vector) -> Vector:
        """What it adds for each value of a column."""
        place = np.searchsorted(np.array(self.cuts), column, side="left")
        return np.where(np.isnan(column), self.unknown, np.array(self.values)[place])


@dataclass(frozen=True)
class Stumps:
    """A fitted sum: `base` (log odds of the usual customer) and one staircase for each feature that matters, each nought on
    average over the rows that it was fitted on.
    """

    names: tuple[str, ...]
    base: float
    steps: tuple[Steps, ...]

    def added(self, columns: Matrix) -> Matrix:
        """What each of the `steps` adds to the log odds (across) of each row of `columns`, in the order of `names` (down)."""
        places = [self.names.index(step.feature) for step in self.steps]
        parts = [step.of(columns[:, i]) for step, i in zip(self.steps, places, strict=True)]
        return np.column_stack(parts) if parts else np.zeros((len(columns), 0))

    def log_odds(self, columns: Matrix) -> Vector:
        """The sum of all."""
        total: Vector = self.base + self.added(columns).sum(axis=1)
        return total


@dataclass(frozen=True)
class Yardstick:
    """A logistic model of the same features, each as the logarithm of its size and whether it is known."""

    middle: Vector
    spread: Vector
    weights: Vector
    constant: float

    def log_odds(self, columns: Matrix) -> Vector:
        """Log odds of each row."""
        scaled = (_logarithms(columns) - self.middle) / self.spread
        total: Vector = scaled @ self.weights + self.constant
        return total


def boosting(columns: Matrix, left: Flags, *, seed: int) -> HistGradientBoostingClassifier:
    """The boosted stumps as scikit-learn fits them."""
    model = HistGradientBoostingClassifier(
        max_leaf_nodes=2,
        max_iter=ROUNDS,
        learning_rate=RATE,
        min_samples_leaf=LEAF,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(limits=1):
        return model.fit(columns, left)


def fitted(columns: Matrix, names: Sequence[str], left: Flags, *, seed: int) -> Stumps | None:
    """The sum over rows by columns (NaN: not known); None below `EVENTS` of either kind."""
    if min(left.sum(), (~left).sum()) < EVENTS:
        return None
    telling = [i for i, column in enumerate(columns.T) if len(np.unique(column[~np.isnan(column)])) > 1]
    if not telling:
        return None
    some = columns[:, telling]
    found = staircases(boosting(some, left, seed=seed), some, [names[i] for i in telling])
    return replace(found, names=tuple(names))


def staircases(model: HistGradientBoostingClassifier, columns: Matrix, names: Sequence[str]) -> Stumps:
    """The fitted stumps as one staircase a feature, which add up to the model's own log odds but for rounding."""
    base = float(np.ravel(model._baseline_prediction)[0])
    splits: dict[int, list[tuple[float, float, float, float]]] = {}
    for (tree,) in model._predictors:
        root = tree.nodes[0]
        if root["is_leaf"]:
            base += float(root["value"])
            continue
        low, high = (float(tree.nodes[root[side]]["value"]) for side in ("left", "right"))
        unknown = low if root["missing_go_to_left"] else high
        splits.setdefault(int(root["feature_idx"]), []).append((float(root["num_threshold"]), low, high, unknown))
    steps = []
    for feature in sorted(splits):
        cut, lower, higher, absent = (np.array(part) for part in zip(*splits[feature], strict=True))
        cuts = np.unique(cut)
        levels = [float(np.where(cut >= c, lower, higher).sum()) for c in cuts] + [float(higher.sum())]
        raw = Steps(names[feature], tuple(map(float, cuts)), tuple(levels), float(absent.sum()))
        usual = float(raw.of(columns[:, feature]).mean())
        base += usual
        steps.append(Steps(raw.feature, raw.cuts, tuple(v - usual for v in levels), raw.unknown - usual))
    return Stumps(tuple(names), base, tuple(steps))


def yardstick(columns: Matrix, left: Flags) -> Yardstick | None:
    """The logistic model; None below `EVENTS` of either kind."""
    if min(left.sum(), (~left).sum()) < EVENTS:
        return None
    logs = _logarithms(columns)
    middle, spread = logs.mean(axis=0), logs.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    with threadpool_limits(limits=1):
        model = LogisticRegression(C=RIDGE, max_iter=500).fit((logs - middle) / spread, left)
    return Yardstick(middle, spread, model.coef_[0], float(model.intercept_[0]))


def _logarithms(columns: Matrix) -> Matrix:
    absent = np.isnan(columns)
    filled = np.where(absent, 0.0, columns)
    return np.hstack([np.sign(filled) * np.log1p(np.abs(filled)), absent.astype(float)])
