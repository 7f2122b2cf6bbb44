"""MBG/NBD: BG/NBD in which a customer can leave after the first purchase already (Batislam, Denizel and Filiztekin 2007).

So of those who bought once only, some are taken to have left at once: what a BG/NBD cannot say.
"""

from __future__ import annotations

import pandas as pd
from ibis.expr.types import Table as Expression

from crmlib.vocabulary.beta_geometric import NAMES, START, TIMES, BetaGeometric, log_likelihood
from crmlib.vocabulary.histories import fit_histories

FIRST = 1
"""A customer can leave right after the first purchase."""


def fit(summary: pd.DataFrame | Expression) -> BetaGeometric:
    """Fit on a summary (one row per customer: frequency, recency, T, time_unit). Raises `UnitError`; else look at
    `.fit.state`.
    """
    found, unit = fit_histories(
        "MBG/NBD",
        NAMES,
        lambda point, known: log_likelihood(point, known, first=FIRST),
        start=START,
        times=TIMES,
        summary=summary,
    )
    return BetaGeometric(found, unit, FIRST)
