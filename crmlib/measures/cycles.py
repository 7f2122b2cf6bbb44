"""Who buys in a cycle, when the next order is to be expected, and whom to be in touch with before it (D101)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pandas as pd

from crmlib.facts import cycles as facts
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.findings import among, finding, findings, marked, share_of
from crmlib.models.cycles import FEWEST
from crmlib.vocabulary.reasons_to_act import CYCLE

MONTH: Final = 31
"""Days until the next review."""
KPIS: Final = ("regular_buyers_share", "cycle_days", "cycle_due_customers")


def told(c: Company) -> pd.DataFrame:
    """Findings: of the customers of whom it can be told the share that buys in a cycle (Wilson), half of whose cycles are
    longer than `cycle_days`, and who is due for a contact before the next order.
    """
    frame = facts.gaps(c)
    asked = frame[frame["n"] >= FEWEST]
    if asked.empty:
        return findings(c, of=KPIS)
    mine = asked[asked["is_regular"]]
    rows = [share_of(c, KPIS[0], len(mine), len(asked))]
    if len(mine):
        rows.append(finding(c, KPIS[1], float(mine["mean"].median()) + 0.5, n=len(mine)))
    rows.append(finding(c, KPIS[2], len(_due(c)), n=len(facts.expected(c))))
    return findings(c, rows, of=KPIS)


def by_category(c: Company) -> pd.DataFrame:
    """One row per category of the last order: category, customers (of whom it can be told), regular_share, cycle_days (half of
    the cycles are longer), the most regular first.
    """
    frame = facts.gaps(c)
    asked = frame[(frame["n"] >= FEWEST) & frame["category"].notna()]
    rows = []
    for category, part in asked.groupby("category"):
        days = part.loc[part["is_regular"], "mean"].median() + 0.5
        rows.append((category, len(part), float(part["is_regular"].mean()), days))
    table = pd.DataFrame(rows, columns=["category", "customers", "regular_share", "cycle_days"])
    table = table.sort_values(["regular_share", "category"], ascending=[False, True], ignore_index=True)
    return marked(c, among(table, dict(zip(table["category"], table["customers"], strict=True))), "orders.refunded")


def listed(c: Company) -> pd.DataFrame:
    """Whose next order is to be expected, the nearest first: the columns of `facts.cycles.expected`."""
    return marked(c, facts.expected(c), "orders.refunded", "orders.category")


def due(c: Company) -> Expression:
    """Who is to hear of something useful before the next order, until the next review: customer_id, moment (`cycle_due`),
    days_after (of the cycle), next_on, due_on (`policy.rhythm.lead_days` before it, tomorrow at the earliest).
    """
    kinds = {"customer_id": "string", "moment": "string", "days_after": "int64", "next_on": "date", "due_on": "date"}
    return ex.memtable(_due(c)[list(kinds)].astype(object), schema=ex.schema(kinds))


def _due(c: Company) -> pd.DataFrame:
    frame, tomorrow = facts.expected(c), c.as_of + timedelta(days=1)
    ahead = timedelta(days=c.policy.rhythm.lead_days)
    soon = [day > c.as_of and day - ahead <= c.as_of + timedelta(days=MONTH) for day in frame["next_on"]]
    frame = frame.loc[pd.Series(soon, index=frame.index, dtype=bool)]
    return frame.assign(
        moment=CYCLE,
        days_after=[round(days) for days in frame["cycle_days"]],
        due_on=[max(day - ahead, tomorrow) for day in frame["next_on"]],
    )
