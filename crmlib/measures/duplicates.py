"""One customer, many records: how many people the records are, and which pairs of records a person should look at (D055)."""

from __future__ import annotations

import pandas as pd

from crmlib.facts import holdings
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings
from crmlib.vocabulary.accounting import LIKENESS
from crmlib.vocabulary.language import N_, number, percent
from crmlib.vocabulary.language import _ as say

OF = ("surplus_records_share", "doubtful_pairs")


def surplus(c: Company) -> pd.DataFrame:
    """Findings `surplus_records_share` and `doubtful_pairs`; no rows where records were not compared.

    The first is the records beyond the first of each customer, as a share of all records; counted, so without interval. The
    second counts the pairs listed for a person that are not told for sure: n is all pairs listed (D055).
    """
    counts = holdings.records(c).agg(records=_.count(), customers=_.customer_id.nunique()).execute().iloc[0]
    records, customers = int(counts["records"]), int(counts["customers"])
    if not records:
        return findings(c, of=OF)
    unsure = (_.probability < c.policy.identity.same_from).sum()
    links = holdings.links(c).agg(n=_.count(), doubtful=unsure).execute().iloc[0]
    share, doubtful, n = (records - customers) / records, float(links["doubtful"] or 0), int(links["n"])
    rows = [finding(c, "surplus_records_share", share, n=records)]
    rows.append(finding(c, "doubtful_pairs", doubtful, n=n))
    return findings(c, rows, of=OF)


def by_system(c: Company) -> pd.DataFrame:
    """Before and after: per `source_system`, and in all (""), `records`, `customers` behind them, and `elsewhere`: those of
    them who have a record in another system too. Empty where records were not compared.
    """
    records = holdings.records(c).mutate(source_system=_.source_system.fill_null("unknown"))
    systems = records.group_by("customer_id").agg(systems=_.source_system.nunique())
    placed = records.group_by(["source_system", "customer_id"]).agg(records=_.count()).join(systems, "customer_id")
    counted = placed.group_by("source_system").agg(
        records=_.records.sum(), customers=_.count(), elsewhere=(_.systems > 1).sum()
    )
    frame = counted.order_by("source_system").execute()
    if frame.empty:
        return frame
    whole = systems.agg(customers=_.count(), elsewhere=(_.systems > 1).sum()).execute()
    total = whole.assign(source_system="", records=int(frame["records"].sum()))
    return pd.concat([frame, total[list(frame.columns)]], ignore_index=True)


def doubtful(c: Company) -> pd.DataFrame:
    """The ten pairs of records nearest to the limit, the most doubtful first: `record_a`, `record_b` (pseudonyms), `probability`,
    `same` (counted as one), and per compared field whether it is equal, similar, different or unknown.
    """
    nearest = holdings.links(c).mutate(away=(_.probability - c.policy.identity.same_from).abs())
    frame = nearest.order_by(["away", *LIKENESS, "record_a", "record_b"]).limit(10).drop("away").execute()
    compared = [field for field in LIKENESS if not frame[field].fillna("unknown").eq("unknown").all()]
    return frame[["record_a", "record_b", "probability", "same", *compared]]


def sureness(c: Company) -> str:
    """How right and how complete the joining is thought to be, from what that follows; "" where too few pairs are counted as one.

    Threshold, pairs, precision and recall are what the border found from the probabilities of the pairs, precision from strangers
    too (D055, decision 60).
    """
    about = c.about
    if "records_precision" not in about:
        return ""
    said = {
        "learnt": N_(
            "Weights were learnt from the company's own records. From a probability of {threshold} on, {n} pairs count as one "
            "customer; going by the probabilities, and by how often a record put under a stranger's name was taken for somebody, "
            "{precision} of them are right, and they are {recall} of all such pairs among those compared. No person has "
            "checked this: verdicts on the pairs below do."
        ),
        "fixed": N_(
            "The records teach too little, so the weights are those set beforehand. From a probability of {threshold} on, "
            "{n} pairs count as one customer; going by the probabilities, and by how often a record put under a stranger's name "
            "was taken for somebody, {precision} of them are right, and they are {recall} of all such pairs among those "
            "compared. No person has checked this: verdicts on the pairs below do."
        ),
    }[about["records_weights"]]
    shares = {
        name: percent(float(about[f"records_{name}"]), digits)
        for name, digits in (("threshold", 0), ("precision", 1), ("recall", 1))
    }
    return say(said).format(n=number(int(about["records_pairs"])), **shares)
