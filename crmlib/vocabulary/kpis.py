"""Every figure a chapter states: its name, unit, definition, where the deck teaches it, and the sentence that says it.

`sentence` is a template over `{value}`, `{low}`, `{high}` and `{n}`, which arrive written in the reader's language and unit.
A new measure adds one line here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from crmlib.vocabulary.language import N_

Unit = Literal["share", "money", "count", "days", "hours", "months", "ratio", "points", "index", "change"]
"""`share` is 0 to 1, `index` a bare number from 0 to 1, `ratio` a bare number, `change` a difference of shares (−1 to 1)."""


@dataclass(frozen=True)
class KPI:
    """One figure. `better` says which way is good; `needs` which tables it is made from; `headline` puts it on the front page."""

    name: str
    label: str
    unit: Unit
    better: Literal["up", "down", ""]
    deck: tuple[str, ...]
    needs: tuple[str, ...]
    definition: str
    sentence: str
    headline: bool = False


IMPORTANCE: tuple[KPI, ...] = (
    KPI("repurchase_rate", N_("Repurchase rate"), "share", "up", ("D004",), ("orders",),
        N_("Customers with more than one order, as a share of all customers with an order up to the as-of date."),
        N_("{value} of all customers have ordered more than once (between {low} and {high}, n = {n})."), headline=True),
)

DATA_COLLECTION: tuple[KPI, ...] = ()

TIERING: tuple[KPI, ...] = ()

CHANNELS: tuple[KPI, ...] = ()

PROACTIVE_SERVICE: tuple[KPI, ...] = ()

EVALUATION: tuple[KPI, ...] = ()

BY_CHAPTER: dict[str, tuple[KPI, ...]] = {
    "01_importance": IMPORTANCE,
    "02_data_collection": DATA_COLLECTION,
    "03_tiering": TIERING,
    "04_channels": CHANNELS,
    "05_proactive_service": PROACTIVE_SERVICE,
    "06_evaluation": EVALUATION,
}
"""KPIs by the chapter that states them, in the order of the deck."""

KPIS: dict[str, KPI] = {kpi.name: kpi for kpis in BY_CHAPTER.values() for kpi in kpis}
"""Every KPI by name."""
