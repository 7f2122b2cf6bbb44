"""Who left although satisfied: how many, and who, for those who may ask them (D126)."""

from __future__ import annotations

import pandas as pd

from crmlib.facts import leavers, purchases
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import aside, findings, share_of

KPI = "satisfied_leaver_share"


def share(c: Company) -> pd.DataFrame:
    """Finding `satisfied_leaver_share`: of the customers who left within the last year and had said how satisfied they were,
    those whose last answer was a satisfied one; Wilson interval (D126). None where customers do not come back at all.
    """
    if not purchases.comes_back(c):
        return findings(c, of=(KPI,))
    told = leavers.heard(c).agg(n=_.count(), k=_.is_satisfied.sum()).to_pandas().iloc[0]
    n = int(told["n"])
    found = findings(c, [share_of(c, KPI, int(told["k"]), n)] if n else [], of=(KPI,))
    return found if n or "surveys" in c.missing else aside(found)


def named(c: Company) -> pd.DataFrame:
    """The satisfied ones among them, whoever left last first: customer_id, last_day, answered_on, instrument, score."""
    rows = leavers.heard(c).filter(_.is_satisfied).drop("is_satisfied")
    return rows.order_by([_.last_day.desc(), "customer_id"]).to_pandas()
