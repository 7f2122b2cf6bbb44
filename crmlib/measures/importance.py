"""Which dimension of service goes with buying again: importance derived from deeds, not asked for (D124, D126)."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from crmlib.facts import answers, purchases, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import aside, finding, findings
from crmlib.models.moderation import coefficients

KPI = "matters_for_return"


def for_return(c: Company) -> pd.DataFrame:
    """Findings `matters_for_return` by dimension, the most telling first: by how much the share that ordered again differs where
    the dimension was perceived one standard deviation better; HC3 interval, n customers. Each by itself, as they go together.

    Answers of the year up to the last of the policy's days after an order (`rhythm.days`) before the company's day, so that those
    days are over for all; each customer's answers to a dimension are averaged, and their first day is counted from. Buying
    again may also be what made somebody content: an association.
    """
    frame = _rows(c)
    rows = []
    for name, part in frame.groupby("item", sort=True):
        seen = part["perception"].astype(float)
        spread = float(seen.std(ddof=1)) if len(part) > 1 else 0.0
        given = np.column_stack([(seen - seen.mean()) / (spread or np.nan), np.ones(len(part))])
        told = coefficients(part["again"].to_numpy(dtype=float), given, confidence=c.policy.statistics.confidence)
        rows.append(finding(c, KPI, told[0], n=len(part), segment=str(name)))
    rows.sort(key=lambda row: (-np.nan_to_num(row["value"], nan=-2), row["segment"]))
    found = findings(c, rows, of=(KPI,))
    return found if rows or not c.knows("surveys.expectation") else aside(found)


def _rows(c: Company) -> pd.DataFrame:
    """One row per customer and dimension: customer_id, item (the dimension), perception, again."""
    days = max(c.policy.rhythm.days)
    over = c.as_of - timedelta(days=days)
    served = answers.service(c).filter(_.day <= over, _.day > over - windows.YEAR)
    points = _.perception.cast("decimal(18, 6)").sum().cast("float64") / _.count()
    each = served.group_by("customer_id", "item").agg(perception=points, since=_.day.min())
    bought = purchases.days(c).select("customer_id", "day")
    joined = each.left_join(bought, "customer_id").drop("customer_id_right")
    after = joined.day.delta(joined.since, unit="day")
    inside = ((after >= 1) & (after <= days)).fill_null(False)
    told = joined.group_by("customer_id", "item", "perception").agg(again=inside.any())
    return told.order_by("customer_id", "item").to_pandas()
