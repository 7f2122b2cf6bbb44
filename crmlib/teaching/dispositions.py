"""What a customer of the teaching company is like inside: how they react to contact, how satisfied they are, how often mailed.

None of it stands in a table; it follows from the loyalty type and from how seldom the customer leaves, and tells in what they
do and answer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy.special import ndtri

from crmlib.teaching import plan
from crmlib.teaching.people import Floats, Ints, codes, draw, stream
from crmlib.teaching.reactions import SHARES, TYPES

ATTENTION = plan.LOYALTY_ITEMS.index("attention_to_competitors")


def disposed(people: pd.DataFrame, seed: int) -> pd.DataFrame:
    """`people` with `reaction` (of `reactions.TYPES`), `mailed` (of `plan.MAILED`), and, mean 0 and deviation 1, `loyalty`,
    `satisfaction`, `expectation` and `competition`.
    """
    rng, n = stream(seed, 10), len(people)
    expectation = np.clip(rng.normal(size=n), -2, 2)
    loyalty, competition = _loyalty(people), _competition(people)
    link = np.clip(correlation(expectation, competition), -0.9, 0.9)
    return people.assign(
        reaction=codes(_reaction(people, rng), TYPES),
        mailed=codes(draw(rng, {name: share for name, (share, _) in plan.MAILED.items()}, n), list(plan.MAILED)),
        loyalty=loyalty,
        satisfaction=link * loyalty + np.sqrt(1 - link**2) * rng.normal(size=n),
        expectation=expectation,
        competition=competition,
    )


def correlation(expectation: Floats, competition: Floats) -> Floats:
    """How closely satisfaction goes with loyalty where expectation and competition are such (D126)."""
    link = plan.SATISFACTION
    return link["link"] + link["expectation"] * expectation + link["competition"] * competition


def _loyalty(people: pd.DataFrame) -> Floats:
    """Normal scores of the ranks of dropout within the loyalty type, the seldom leaving high."""
    by = people["dropout"].groupby(people["loyalty_type"], observed=True)
    return np.asarray(ndtri((by.rank(ascending=False) - 0.5) / by.transform("size")), dtype=float)


def _competition(people: pd.DataFrame) -> Floats:
    """Attention to competitors, as the loyalty type answers."""
    shares = {name: 0.8 * t.person + 0.2 * t.company for name, t in plan.LOYALTY.items()}
    answers = np.array([t.answers[ATTENTION] for t in plan.LOYALTY.values()])
    weights = np.array(list(shares.values())) / sum(shares.values())
    middle = float(weights @ answers)
    spread = np.sqrt(float(weights @ (answers - middle) ** 2))
    return np.asarray((answers[people["loyalty_type"].cat.codes.to_numpy()] - middle) / spread, dtype=float)


def _reaction(people: pd.DataFrame, rng: Generator) -> Ints:
    kind = people["loyalty_type"].cat.codes.to_numpy()
    shares = np.array([SHARES[name] for name in plan.LOYALTY])[kind]
    usual = np.array([p.orders_per_30_days for p in plan.PERSONAS.values()])[people["persona"].cat.codes.to_numpy()]
    leaving = np.array([a / (a + b) for a, b in (t.dropout for t in plan.LOYALTY.values())])[kind]
    weights = shares.copy()
    weights[:, [1, 3]] *= np.clip(people["rate_per_day"].to_numpy() * 30 / usual, 0.3, 3)[:, None]
    weights[:, 2] *= np.clip(people["dropout"].to_numpy() / leaving, 0.2, 3)
    bounds = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    found: Ints = (rng.random(len(people))[:, None] >= bounds).sum(axis=1)
    return np.minimum(found, len(TYPES) - 1)
