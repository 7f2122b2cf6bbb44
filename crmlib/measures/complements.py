"""What is bought next, and what to offer when the last moment after an order comes (D077).

Each customer counts once, with one basket and what came after it. A pair is told only if what follows is beyond what as large
baskets explain, at the policy's rate of false discoveries among all pairs tested.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from crmlib.facts import products
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table
from crmlib.facts.findings import finding, findings, marked
from crmlib.models import affinity
from crmlib.models.affinity import Pairs
from crmlib.models.estimates import wilson

ITEMS = 150
"""Products that are looked at, those with the most customers."""
SHOWN = 12
COLUMNS = ["product", "next_product", "n", "share", "low", "high", "times", "times_low", "times_high", "unit"]


def after_first(c: Company) -> tuple[pd.DataFrame, int]:
    """What lay in newcomers' second basket, by what lay in the first: the pairs told, and how many were tested.

    Columns product, next_product (it may be the same), n (customers with the product), share who bought the next one (low,
    high: Wilson), times as often as those of as large baskets without the first (times_low, times_high); the most customers
    beyond chance first.
    """
    return _pairs(c, products.second_baskets(c), new_only=False)


def within_days(c: Company) -> tuple[pd.DataFrame, int]:
    """The same of what customers bought, and had not in that basket, within the days of the last moment of `policy.rhythm.days`:
    what complements a product (D077).
    """
    return _pairs(c, products.followed_within(c, max(c.policy.rhythm.days)), new_only=True)


def told(c: Company, kpi: str, pairs: tuple[pd.DataFrame, int]) -> pd.DataFrame:
    """Finding `next_pairs` or `complement_pairs`: how many pairs are beyond chance, n tested."""
    frame, tested = pairs
    rows = [finding(c, kpi, float(frame.attrs["told"]), n=tested, uses=_USES)] if tested else []
    return findings(c, rows, of=(kpi,))


_USES = ("lines.category", "lines.quantity", "lines.amount")


def _pairs(c: Company, rows: Table, *, new_only: bool) -> tuple[pd.DataFrame, int]:
    least, level = c.policy.statistics.min_n, c.policy.statistics.confidence
    rate = c.policy.statistics.false_discovery_rate
    frame = rows.order_by(["customer_id", "item", "is_later"]).to_pandas()
    counts = frame.drop_duplicates(["customer_id", "item"])["item"].value_counts()
    counts = counts[counts >= least].reset_index().sort_values(["count", "item"], ascending=[False, True]).head(ITEMS)
    names = list(counts["item"])
    if len(names) < 2:
        return _table(c, [], 0), 0
    before, after, strata = _matrices(frame, names)
    found = affinity.pairs(before, after, strata, new_only=new_only, least=least, confidence=level)
    held = np.isfinite(found.p) & (np.nan_to_num(found.p, nan=1.0) <= rate) & (found.k >= least)
    gained = np.where(held, found.k * (1 - 1 / np.where(held, found.times, 1.0)), -1.0)
    order = [
        np.unravel_index(i, held.shape) for i in np.argsort(-gained, axis=None, kind="stable")[: min(SHOWN, held.sum())]
    ]
    return _table(c, [_row(found, i, j, names, level) for i, j in order], int(held.sum())), found.tested


def _matrices(frame: pd.DataFrame, names: list[str]) -> tuple[Any, Any, np.ndarray[Any, Any]]:
    """Customers by items before and after, and the strata of as many items before and after (by powers of two)."""
    who, customers = pd.factorize(frame["customer_id"])
    later = frame["is_later"].to_numpy(dtype=bool)
    sizes = [np.bincount(who[side], minlength=len(customers)) for side in (~later, later)]
    steps = [np.ceil(np.log2(size + 1)).astype(int) for size in sizes]
    place = frame["item"].map({name: i for i, name in enumerate(names)})
    there = place.notna().to_numpy()
    sides = [
        sparse.csr_matrix(
            (np.ones((there & side).sum()), (who[there & side], place[there & side].astype(int))),
            shape=(len(customers), len(names)),
        )
        for side in (~later, later)
    ]
    return sides[0], sides[1], steps[0] * 100 + steps[1]


def _row(found: Pairs, i: int, j: int, names: list[str], level: float) -> tuple[Any, ...]:
    share = wilson(found.k[i, j], found.n[i, j], confidence=level)
    times = (found.times[i, j], found.low[i, j], found.high[i, j])
    return (names[i], names[j], int(found.n[i, j]), *share, *times, "share")


def _table(c: Company, rows: list[tuple[Any, ...]], told: int) -> pd.DataFrame:
    frame = marked(c, pd.DataFrame(rows, columns=COLUMNS), *_USES)
    frame.attrs["told"] = told
    return frame
