"""Why customers end: the reasons on record, how sure they are, what ended with them, and for how many none is known (D030)."""

from __future__ import annotations

import pandas as pd

from crmlib.facts import endings
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import clustered_share_of, finding, findings, marked
from crmlib.models.estimates import Clustered, clustered

STATED = ("endings", "ending_share", "ending_unknown_share", "ending_revenue")
UNKNOWN = "unknown"


def unknown(c: Company) -> tuple[str, ...]:
    """What is not recorded, where no reason of ending is."""
    return () if endings.reasons_are_known(c) else ("contracts.ended_reason", "events.reason")


def reasons(c: Company) -> pd.DataFrame:
    """One row per reason, the most frequent first and `unknown` last: reason_of_ending, endings, share (of those of known
    reason), low, high, customers, endings_year (in the last twelve months), ended_revenue (money a year, where it is known).

    An interval holds by customer (`models.estimates.clustered`).
    """
    frame = _by_customer(c)
    known = frame[frame["reason"] != UNKNOWN]
    base = known.groupby("customer_id")["endings"].sum()
    table = frame.groupby("reason").agg(
        endings=("endings", "sum"),
        customers=("customer_id", "size"),
        endings_year=("late", "sum"),
        ended_revenue=("arr", _whole),
    )
    table = table.sort_values(["endings"], ascending=False, kind="stable")
    table = table.loc[[*table.index.drop(UNKNOWN, errors="ignore"), *table.index.intersection([UNKNOWN])]]
    shares = {reason: _share(c, known, base, str(reason)) for reason in table.index if reason != UNKNOWN}
    parts = pd.DataFrame(shares, index=["share", "low", "high"], dtype=float).T
    table = table.join(parts).rename_axis("reason_of_ending").reset_index()
    columns = ["reason_of_ending", "endings", "share", "low", "high", "customers", "endings_year", "ended_revenue"]
    return marked(c, table[columns].assign(unit="share"), *endings.READ_FROM, *endings.surer(c))


def ending_findings(c: Company) -> pd.DataFrame:
    """Findings `endings` (count), `ending_share` by reason, `ending_unknown_share`, and `ending_revenue` whole and by reason."""
    if not endings.reasons_are_known(c):
        return findings(c, of=STATED)
    frame, uses = _by_customer(c), endings.surer(c)
    n = int(frame["endings"].sum())
    if not n:
        return findings(c, of=STATED)
    known = frame[frame["reason"] != UNKNOWN]
    base, rows = (
        known.groupby("customer_id")["endings"].sum(),
        [finding(c, "endings", n, n=n, uses=uses, customers=frame["customer_id"].nunique())],
    )
    order = known.groupby("reason")["endings"].sum().sort_values(ascending=False, kind="stable").index
    for reason in order:
        hits = _hits(known, base, str(reason))
        rows.append(clustered_share_of(c, "ending_share", Clustered.of(hits, base), segment=str(reason), uses=uses))
    whole = frame.groupby("customer_id")["endings"].sum()
    rows.append(
        clustered_share_of(c, "ending_unknown_share", Clustered.of(_hits(frame, whole, UNKNOWN), whole), uses=uses)
    )
    paid = frame[frame["priced"] > 0]
    parts = [("", paid), *((str(reason), paid[paid["reason"] == reason]) for reason in [*order, UNKNOWN])]
    for segment, part in parts:
        if len(part):
            rows.append(
                finding(
                    c,
                    "ending_revenue",
                    float(part["arr"].sum()),
                    n=part["priced"].sum(),
                    segment=segment,
                    uses=uses,
                    customers=part["customer_id"].nunique(),
                )
            )
    return findings(c, rows, of=STATED)


def _by_customer(c: Company) -> pd.DataFrame:
    """Endings by reason and customer: reason, customer_id, endings, late (in the last twelve months), priced, arr (of those)."""
    late = endings.of_late(c).select("ending_id").mutate(is_late=True)
    rows = endings.endings(c).left_join(late, "ending_id").mutate(reason=_.reason.fill_null(UNKNOWN))
    each = rows.group_by("reason", "customer_id").agg(
        endings=_.count(), late=_.is_late.count(), priced=_.arr.count(), arr=_.arr.sum().cast("float64")
    )
    return each.order_by("reason", "customer_id").to_pandas()


def _hits(frame: pd.DataFrame, base: pd.Series[int], reason: str) -> pd.Series[int]:
    """Endings of a reason of each customer of `base`."""
    return frame[frame["reason"] == reason].set_index("customer_id")["endings"].reindex(base.index, fill_value=0)


def _share(c: Company, known: pd.DataFrame, base: pd.Series[int], reason: str) -> tuple[float, float, float]:
    return clustered(Clustered.of(_hits(known, base, reason), base), confidence=c.policy.statistics.confidence)


def _whole(values: pd.Series[float]) -> float:
    return float(values.sum(min_count=1))
