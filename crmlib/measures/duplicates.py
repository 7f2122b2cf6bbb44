"""One customer, many records: how many people the records are, and which pairs of records a person should look at (D055)."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts.company import Tables
from crmlib.models.estimates import finding, findings
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import LIKENESS

NAN = float("nan")
NEEDS = ("customers",)


def surplus(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings `surplus_records_share` and `doubtful_pairs`; no rows where records were not compared.

    The first is the records beyond the first of each customer, as a share of all records; counted, so without interval. The
    second counts the pairs listed for a person that are not told for sure: n is all pairs listed.
    """
    counts = _records(tables, as_of).agg(records=_.count(), customers=_.customer_id.nunique()).execute().iloc[0]
    records, customers = int(counts["records"]), int(counts["customers"])
    if not records:
        return findings(needs=NEEDS)
    links = (
        tables.until(as_of)
        .links.agg(n=_.count(), doubtful=(_.probability < policy.identity.same_from).sum())
        .execute()
        .iloc[0]
    )
    share, doubtful, n = (records - customers) / records, float(links["doubtful"] or 0), int(links["n"])
    rows = [finding("surplus_records_share", (share, NAN, NAN), n=records, unit="share", as_of=as_of)]
    rows.append(finding("doubtful_pairs", (doubtful, NAN, NAN), n=n, unit="count", as_of=as_of))
    return findings(rows, needs=NEEDS)


def by_system(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Before and after: per `source_system`, and in "all", `records`, `customers` behind them, and `elsewhere`: those of
    them who have a record in another system too. Empty where records were not compared.
    """
    records = _records(tables, as_of).mutate(source_system=_.source_system.fill_null("unknown"))
    systems = records.group_by("customer_id").agg(systems=_.source_system.nunique())
    placed = records.group_by(["source_system", "customer_id"]).agg(records=_.count()).join(systems, "customer_id")
    counted = placed.group_by("source_system").agg(
        records=_.records.sum(), customers=_.count(), elsewhere=(_.systems > 1).sum()
    )
    frame = counted.order_by("source_system").execute()
    if frame.empty:
        return frame
    whole = systems.agg(customers=_.count(), elsewhere=(_.systems > 1).sum()).execute()
    total = whole.assign(source_system="all", records=int(frame["records"].sum()))
    return pd.concat([frame, total[list(frame.columns)]], ignore_index=True)


def doubtful(tables: Tables, *, as_of: date, policy: Policy, most: int = 10) -> pd.DataFrame:
    """The pairs of records nearest to the limit, the most doubtful first: `record_a`, `record_b` (pseudonyms), `probability`,
    `same` (counted as one), and per compared field whether it is equal, similar, different or unknown.
    """
    nearest = tables.until(as_of).links.mutate(away=(_.probability - policy.identity.same_from).abs())
    frame = nearest.order_by(["away", "record_a", "record_b"]).limit(most).drop("away").execute()
    held = [c for c in LIKENESS if frame[c].notna().any() and not frame[c].eq("unknown").all()]
    return frame[["record_a", "record_b", "probability", "same", *held]]


def _records(tables: Tables, as_of: date) -> Table:
    """The records known by the day, none where they were not compared."""
    return tables.until(as_of).records.filter(ibis.literal(tables.about["records_compared"] == "yes"))
