"""Every figure a chapter states, by chapter and by name.

A new measure adds one line to the file of its chapter. `sentence` is a template over `{value}`, `{low}`, `{high}` and `{n}`,
which arrive written in the reader's language and unit.
"""

from __future__ import annotations

from crmlib.vocabulary.kpi import KPI
from crmlib.vocabulary.kpis_of_channels import CHANNELS
from crmlib.vocabulary.kpis_of_data import DATA_COLLECTION
from crmlib.vocabulary.kpis_of_importance import IMPORTANCE
from crmlib.vocabulary.kpis_of_service import EVALUATION, PROACTIVE_SERVICE
from crmlib.vocabulary.kpis_of_tiers import TIERING

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
