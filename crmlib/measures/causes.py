"""What customers may leave for, by the margin at stake (D107, D108)."""

from __future__ import annotations

import pandas as pd

from crmlib.facts import causes as facts
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.findings import marked
from crmlib.vocabulary.causes import SOURCES
from crmlib.vocabulary.labels import SPLIT
from crmlib.vocabulary.reasons_to_act import LEAVING

UNKNOWN = "unknown"


def of(c: Company) -> Expression:
    """One row per customer with a cause on record: customer_id, cause, source; only codes are read, no texts."""
    return facts.of(c)


def by_value(c: Company, valued: pd.DataFrame) -> pd.DataFrame:
    """One row per cause of those who may leave (`valued` as of `worth.valued`), the most at stake first and `unknown` last:
    cause, customers, value_at_stake (money; null where it is not known), read_from (the sources that told it). None where no
    source of causes is on record.
    """
    columns = ["cause", "customers", "value_at_stake", "read_from"]
    if not any(c.knows(name) for name in SOURCES.values()):
        return pd.DataFrame(columns=columns)
    leaving = valued[valued["why"].isin(LEAVING)][["customer_id", "value_at_stake"]]
    told = facts.of(c).to_pandas()
    rows = leaving.merge(told, on="customer_id", how="left").fillna({"cause": UNKNOWN})
    each = rows.groupby("cause")
    table = pd.DataFrame(
        {
            "customers": each.size(),
            "value_at_stake": each["value_at_stake"].sum(min_count=1),
            "read_from": each["source"].agg(lambda names: SPLIT.join(sorted({SOURCES[n] for n in names.dropna()}))),
        }
    )
    table = table.sort_values(["value_at_stake", "customers"], ascending=False, kind="stable").reset_index()
    table = pd.concat([table[table["cause"] != UNKNOWN], table[table["cause"] == UNKNOWN]])[columns]
    return marked(c, table.reset_index(drop=True), *SOURCES.values())
