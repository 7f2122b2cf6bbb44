"""MBG/NBD: BG/NBD in which a customer can leave after the first purchase already (Batislam, Denizel and Filiztekin 2007).

So of those who bought once only, some are taken to have left at once: what a BG/NBD cannot say.
"""

from __future__ import annotations

import pandas as pd

from crmlib.models import bgnbd


def fit(summary: pd.DataFrame) -> bgnbd.BetaGeometric:
    """Fit on a summary (one row per customer: frequency, recency, T, time_unit). Raises `UnitError`; else look at
    `.fit.state`.
    """
    return bgnbd.fit(summary, name="MBG/NBD", first=1)
