"""The cycle in which a category is bought again, where it has one (D077, D101).

Purchases that come by chance leave gaps of all lengths: within a quarter of the median on either side lie then 17 % of them, or
fewer where customers differ in how often they buy. A category has a cycle where clearly more of them do.

This is the time until the same category is bought again, whoever buys it; `facts.cycles` goes by each customer's own rhythm over
all they buy, so that the two answer different questions and give different days.
"""

from __future__ import annotations

from typing import Final

import ibis
from ibis import _
from scipy.stats import binom

from crmlib.facts import purchases
from crmlib.facts.company import Company
from crmlib.facts.lookups import remembered
from crmlib.models.contrasts import holm

NEAR: Final = 0.25
"""Part of the median within which a gap lies near it."""
BY_CHANCE: Final = float(0.5 ** (1 - NEAR) - 0.5 ** (1 + NEAR))
"""Share of the gaps near their median where purchases come by chance (an exponential law)."""
CLEARLY: Final = 2.0
"""Times as many as by chance from which it is worth going by."""


@remembered
def found(c: Company) -> dict[str, int]:
    """Days from one order to the next of the categories that have a cycle, by category.

    One gap counts for each customer, the latest, so that no customer counts twice. Told is what is beyond chance among all
    categories with `policy.statistics.min_n` such customers (binomial; Holm), and clearly so.
    """
    if not c.knows("orders.category"):
        return {}
    bought = purchases.orders(c).filter(_.category.notnull()).select("customer_id", "category", "day").distinct()
    own = ibis.window(group_by=["customer_id", "category"], order_by="day")
    last = ibis.window(group_by=["customer_id", "category"], order_by=ibis.desc("day"))
    gaps = bought.mutate(gap=_.day.delta(_.day.lag(1).over(own), unit="day"), back=ibis.row_number().over(last))
    gaps = gaps.filter(_.back == 0, _.gap.notnull())
    middle = gaps.inner_join(gaps.group_by("category").agg(middle=_.gap.median()), "category")
    near = (middle.gap - middle.middle).abs() <= NEAR * middle.middle
    told = middle.mutate(near=near).group_by("category").agg(n=_.count(), k=_.near.sum(), days=_.middle.max())
    rows = told.filter(_.n >= c.policy.statistics.min_n).order_by("category").to_pandas()
    chances = holm([float(binom.sf(row.k - 1, row.n, BY_CHANCE)) for row in rows.itertuples()])
    return {
        str(row.category): round(row.days)
        for row, p in zip(rows.itertuples(), chances, strict=True)
        if p <= 1 - c.policy.statistics.confidence and row.k / row.n >= CLEARLY * BY_CHANCE
    }
