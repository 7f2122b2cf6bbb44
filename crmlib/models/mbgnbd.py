"""MBG/NBD: BG/NBD in which a customer can leave after the first purchase already (Batislam, Denizel and Filiztekin 2007).

So of those who bought once only, some are taken to have left at once: what a BG/NBD cannot say.
"""

from __future__ import annotations

import pandas as pd
from ibis.expr.types import Table as Expression

from crmlib.models.beta_geometric import BetaGeometric, fitted

FIRST = 1
"""A customer can leave right after the first purchase."""


def fit(summary: pd.DataFrame | Expression) -> BetaGeometric:
    """Fit on a summary (one row per customer: frequency, recency, T, time_unit). Raises `UnitError`; else look at
    `.fit.state`.
    """
    return fitted("MBG/NBD", summary, first=FIRST)
