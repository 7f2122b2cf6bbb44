"""BG/NBD: how often a customer will buy again, and whether they still do (Fader, Hardie and Lee 2005).

While active a customer buys at a rate of their own (gamma: r, α) and after each repeat purchase leaves with a probability
of their own (beta: a, b). Who bought once only is taken to be active still.
"""

from __future__ import annotations

import pandas as pd
from ibis.expr.types import Table as Expression

from crmlib.models.beta_geometric import BetaGeometric, fitted

FIRST = 0
"""A customer can leave after a repeat purchase only."""


def fit(summary: pd.DataFrame | Expression) -> BetaGeometric:
    """Fit on a summary (one row per customer: frequency, recency, T, time_unit). Raises `UnitError`; else look at
    `.fit.state`.
    """
    return fitted("BG/NBD", summary, first=FIRST)
