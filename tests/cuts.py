"""Who moves the cuts of the tiers reads the same customers cut in many ways: what a linear programme makes of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import ceil, floor, isnan
from typing import Any

import numpy as np
import pandas as pd
from ibis.expr.types import Table
from scipy.optimize import linprog

from crmlib.facts.company import Company
from crmlib.measures import resources
from crmlib.show import withholding
from crmlib.vocabulary.policy import TIERS
from tests.controls import state

Stops = Mapping[str, tuple[float, ...]]


def stops_of(c: Company, effort: Table) -> dict[str, tuple[float, ...]]:
    """The stops of each cut."""
    return {name: stops for name, (stops, _start) in resources.sliders(c, effort).items()}


def every_half(c: Company) -> dict[str, tuple[float, ...]]:
    """Cuts tried wherever one would like to, however few customers lie between."""
    cuts = (c.policy.tiers.high_value_from, c.policy.tiers.growth_from, c.policy.tiers.potential_from)
    names = ("high_value_from", "growth_from", "potential_from")
    return {
        name: tuple(cut * half / 2 for half in range(1, 6)) for name, cut in zip(names, map(float, cuts), strict=True)
    }


def bands(customers: pd.DataFrame, stops: Stops) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], list[float]]:
    """How many customers lie between each two neighbouring stops of all cuts, those who came of late apart."""
    edges = sorted({stop for some in stops.values() for stop in some})
    at = np.searchsorted(edges, customers["revenue"].to_numpy(dtype=float), side="right")
    new = customers["is_new"].to_numpy(dtype=bool)
    size = len(edges) + 1
    return np.bincount(at[~new], minlength=size), np.bincount(at[new], minlength=size), edges


def recovered(stops: Stops, customers: pd.DataFrame, published: Mapping[Any, pd.DataFrame], k: int) -> tuple[int, int]:
    """How many bands of fewer than k customers an attacker knows to the customer who has each state's published rows, and knows
    what a tier is; and how many such bands there are. The attacker knows who came of late, too.
    """
    old, new, edges = bands(customers, stops)
    truth = np.concatenate([old, new])
    lower = np.array([-np.inf, *edges])
    rows, low, high = [], [], []
    for values in product(*stops.values()):
        frame = published[state(dict(zip(stops, values, strict=True)))]
        cut_high = values[0]
        cut_growth = min(values[1], cut_high)
        cut_low = min(values[2], cut_growth)
        tier = np.select([lower >= cut_high, lower >= cut_growth, lower >= cut_low], [0, 1, 2], 3)
        tier_of_new = np.minimum(tier, 2)
        for i, name in enumerate(TIERS):
            row = frame[(frame["kpi"] == "tier_customers") & (frame["segment"] == name)].iloc[0]
            member = np.concatenate([tier == i, tier_of_new == i]).astype(float)
            least, most = bounds(float(row["value"]), str(row["withheld"]), k, len(customers))
            assert least <= member @ truth <= most, (values, name, least, most)
            rows.append(member)
            low.append(least)
            high.append(most)
    return pinned(np.array(rows), np.array(low), np.array(high), truth, k)


def pinned(
    members: np.ndarray[Any, Any],
    low: np.ndarray[Any, Any],
    high: np.ndarray[Any, Any],
    truth: np.ndarray[Any, Any],
    k: int,
) -> tuple[int, int]:
    """Of how many counts of fewer than k only one number is left, and how many such there are. `truth` are the counts, `members`
    (rows × counts) which of them each published number adds up, which lies between `low` and `high`.
    """
    # What every published number takes in or leaves out together is one band.
    matrix, of = np.unique(members, axis=1, return_inverse=True)
    bands = np.bincount(of.ravel(), weights=truth).astype(int)
    matrix, limits = np.vstack([matrix, -matrix]), np.concatenate([high, -low])
    small = [i for i, n in enumerate(bands) if 0 < n < k]
    return sum(_is_known(i, matrix, limits, len(bands)) for i in small), len(small)


def bounds(value: float, withheld: str, k: int, everyone: int) -> tuple[float, float]:
    """Between which numbers a count lies of which this is told."""
    if isnan(value):
        return (1, k - 1) if withheld == withholding.FEW else (0, everyone)
    return (max(value - k // 2, k), value + k // 2) if value else (0, 0)


def _is_known(i: int, matrix: np.ndarray[Any, Any], limits: np.ndarray[Any, Any], size: int) -> bool:
    """Whether only one whole number is possible."""
    ends = []
    for sign in (1, -1):
        aim = np.zeros(size)
        aim[i] = sign
        found = linprog(aim, A_ub=matrix, b_ub=limits, bounds=[(0, None)] * size)
        assert found.status in (0, 3), "what is published contradicts itself"
        ends.append(sign * found.fun if found.status == 0 else np.inf)
    return bool(ceil(ends[0] - 1e-6) == floor(ends[1] + 1e-6)) if np.isfinite(ends[1]) else False
