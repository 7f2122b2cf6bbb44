"""What last month's review froze and said, for this month's to hold against what is known now (D128)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from crmlib.facts.company import Company, TablesError, read_company
from crmlib.vocabulary.months import last_day
from crmlib.vocabulary.policy import PolicyError, load


@dataclass(frozen=True)
class Then:
    """`company`: as it was frozen then, under the policy of then; None where this program cannot read that any more. `said`: the
    figures of the whole company as counted then, by name.
    """

    company: Company | None
    said: dict[str, float]


def read_then(review: Path) -> Then:
    """What a finished review of an earlier month holds: its tables, policy and figures."""
    counted = review / "private" / "kpis.csv"
    rows = pd.read_csv(counted if counted.exists() else review / "kpis.csv", dtype={"segment": "str", "period": "str"})
    rows = rows[rows["segment"].isna() & (rows["period"] == review.name) & (rows["status"] != "stale")]
    said = rows.dropna(subset="value").drop_duplicates("kpi").set_index("kpi")["value"]
    policy = review / "policy.toml"
    try:
        company = read_company(
            review / "tables", as_of=last_day(review.name), policy=load(policy if policy.exists() else None)
        )
    except (TablesError, PolicyError):
        company = None
    return Then(company, {str(kpi): float(value) for kpi, value in said.items()})
