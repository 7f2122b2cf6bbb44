"""Groups in a crowd: k-means that must prove itself, by coming out again and by lying further apart than chance puts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Matrix = NDArray[np.float64]
GROUPS: Final = range(2, 9)
SAMPLE: Final = 20_000
"""Rows that the groups are fitted on; the others are put to the nearest group."""
JUDGED: Final = 1_500
"""Rows that silhouettes are computed on, as their cost grows with the square; twice as many choose the number of groups."""
STARTS: Final = 10
FEWER_STARTS: Final = 5
HALVES: Final = 6
CHANCE_DRAWS: Final = 10
MIN_STABILITY: Final = 0.8
MIN_ABOVE_CHANCE: Final = 0.03
NEAR: Final = 0.02
"""Silhouettes closer than this to the best are as good; of those the most groups are taken, which tell most."""


@dataclass(frozen=True)
class Grouping:
    """`labels`: group of each row, None where there is no structure. `choice`: one row per number of groups tried, with
    groups, silhouette, stability, low, high, smallest_group (rows). `chance`: the largest
    silhouette among crowds without structure.
    """

    labels: NDArray[np.int32] | None
    choice: pd.DataFrame
    groups: int
    silhouette: float
    chance: float
    stability: tuple[float, float, float]


def grouped(rows: Matrix, *, least: int, seed: int, confidence: float = 0.95) -> Grouping:
    """Groups of `rows` (one row each, columns already scaled), each of `least` rows of the choosing sample or more.

    The number of groups has the best silhouette (Rousseeuw 1987) among the stable ones. k-means runs on at most `SAMPLE`
    rows drawn by `seed`, then one pass over all. One thread: sums must not depend on which finishes first.
    """
    with threadpool_limits(limits=1):
        return _grouped(rows, least, seed, confidence)


def _grouped(rows: Matrix, least: int, seed: int, confidence: float) -> Grouping:
    sample = rows[np.random.default_rng(seed).permutation(len(rows))[:SAMPLE]]
    choice = _tried(sample[: 2 * JUDGED], seed, confidence)
    good = choice[(choice["stability"] >= MIN_STABILITY) & (choice["smallest_group"] >= least)]
    best = good[good["silhouette"] >= good["silhouette"].max() - NEAR].tail(1)
    nan = float("nan")
    for k, silhouette, *stability in best.drop(columns="smallest_group").itertuples(index=False):
        chance = _by_chance(sample, k, seed)
        apart = silhouette >= chance + MIN_ABOVE_CHANCE
        labels = _fitted(sample, k, seed, STARTS).predict(rows) if apart else None
        return Grouping(labels, choice, k, silhouette, chance, tuple(stability))
    return Grouping(None, choice, 0, nan, nan, (nan, nan, nan))


def _fitted(rows: Matrix, k: int, seed: int, starts: int = FEWER_STARTS) -> KMeans:
    """k-means with its centres rounded, so that a sum's last bit moves nobody."""
    model = KMeans(k, n_init=starts, random_state=seed).fit(rows)
    model.cluster_centers_ = model.cluster_centers_.round(6)
    return model


def _tried(sample: Matrix, seed: int, confidence: float) -> pd.DataFrame:
    tried = []
    for k in (k for k in GROUPS if k < len(np.unique(sample, axis=0)) // 2):
        labels = _fitted(sample, k, seed).predict(sample)
        smallest = int(np.bincount(labels, minlength=k).min())
        tried.append((k, _silhouette(sample, labels), *_stability(sample, k, seed, confidence), smallest))
    return pd.DataFrame(tried, columns=["groups", "silhouette", "stability", "low", "high", "smallest_group"])


def _silhouette(rows: Matrix, labels: NDArray[np.int32]) -> float:
    rows, labels = rows[:JUDGED], labels[:JUDGED]
    return round(float(silhouette_score(rows, labels)), 4) if len(np.unique(labels)) > 1 else float("nan")


def _stability(sample: Matrix, k: int, seed: int, confidence: float) -> tuple[float, float, float]:
    """Mean adjusted Rand index (Hubert and Arabie 1985) between groups fitted on two halves, over several splits, with
    the range that the confidence level's share of the splits lies in.
    """
    rng, alike = np.random.default_rng(seed), []
    for _split in range(HALVES):
        halves = np.array_split(rng.permutation(len(sample)), 2)
        one, other = (_fitted(sample[half], k, seed).predict(sample) for half in halves)
        alike.append(adjusted_rand_score(one, other))
    low, high = np.quantile(alike, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return round(float(np.mean(alike)), 4), round(float(low), 4), round(float(high), 4)


def _by_chance(sample: Matrix, k: int, seed: int) -> float:
    """The largest silhouette of `k` groups cut from draws of one normal crowd with the sample's own covariance (the null
    of Liu, Hayes, Nobel and Marron 2008).
    """
    rng = np.random.default_rng(seed)
    centre, spread = sample.mean(axis=0), np.atleast_2d(np.cov(sample, rowvar=False))
    found = []
    for _draw in range(CHANCE_DRAWS):
        crowd = rng.multivariate_normal(centre, spread, min(len(sample), JUDGED), method="eigh")
        found.append(_silhouette(crowd, _fitted(crowd, k, seed).predict(crowd)))
    return max(found)
