"""Delivery promised and actual, and what lateness goes with: how orders were judged, and whether customers came again (D119).

Nobody draws by lot whose order comes late: differences are associations.
"""

from __future__ import annotations

import pandas as pd

from crmlib.facts import clusters, deliveries, lookups, purchases
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import clustered_share_of, finding, findings, resting
from crmlib.models import contrasts
from crmlib.models.contrasts import Sums
from crmlib.models.estimates import Clustered, clustered, clustered_difference
from crmlib.vocabulary import language
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.reasons_to_act import DELIVERY

KEPT = ("on_time_share", "delivered_late_share", "never_delivered_share")
JUDGED = ("delivery_score_gap", "delivery_score", "judged_late_share")
AGAIN = ("again_after_late_change", "again_after_delivery")


def kept(c: Company) -> pd.DataFrame:
    """Findings of the orders whose promise can be judged, intervals by customer: `on_time_share`, `delivered_late_share` (of
    those that came), `never_delivered_share` (not come, though the promised day is over).
    """
    known, came = _judgeable(c), _.delivered_on.notnull()
    parts = (
        clusters.by_customer(known, ~_.is_late),
        clusters.by_customer(known.filter(came), _.is_late),
        clusters.by_customer(known, ~came),
    )
    told = zip(KEPT, parts, strict=True)
    return findings(c, (clustered_share_of(c, kpi, sums) for kpi, sums in told if parts[0].rows), of=KEPT)


def waiting(c: Company) -> Table:
    """One row per customer who waits for an order past its promised day: customer_id, why, reasons (in words); see
    `facts.deliveries.waited_for`.
    """
    rows = deliveries.waited_for(c).order_by("customer_id").to_pandas()
    said = [
        say("An order promised for {day} has not come, as far as is recorded.").format(day=language.day(day))
        for day in rows["promised_on"]
    ]
    return lookups.told(rows[["customer_id"]].assign(why=DELIVERY, reasons=said))


def by_month(c: Company, *, months: int = 24) -> pd.DataFrame:
    """The share that came on time by the month of the promise, the last `months`: month, value, low, high (by customer), n,
    unit.
    """
    known = _judgeable(c).filter(_.promised_on <= c.as_of).mutate(month=_.promised_on.truncate("M"))
    each = known.group_by("month", "customer_id").agg(k=_.count(where=~_.is_late), n=_.count())
    frame = clusters.summed(each, ["month"]).order_by("month").to_pandas().tail(months)
    level = c.policy.statistics.confidence
    ends = [clustered(Clustered(*row), confidence=level) for row in frame[list(clusters.SUMS)].itertuples(index=False)]
    shares = pd.DataFrame(ends, columns=["value", "low", "high"], index=frame.index)
    told = frame[["month"]].join(shares).assign(n=frame["rows"], unit="share").reset_index(drop=True)
    return resting(told, dict(zip(told["month"], frame["clusters"], strict=True)))


def judged(c: Company) -> pd.DataFrame:
    """Findings on the answers about deliveries: `delivery_score_gap` (mean score of late ones less that of those on time, Welch),
    `delivery_score` of either (t interval), `judged_late_share`; n answers.

    Of the satisfaction survey (csat) where it was answered, else of the survey answered most: others have other scales.
    """
    rows = deliveries.judged(c).filter(_.instrument != OTHER).order_by(["instrument", "order_id", "score"]).to_pandas()
    if rows.empty:
        return findings(c, of=JUDGED)
    counts, level = rows["instrument"].value_counts(), c.policy.statistics.confidence
    asked = "csat" if "csat" in counts else sorted(counts[counts == counts.max()].index)[0]
    scores = {late: part["score"].to_numpy() for late, part in rows[rows["instrument"] == asked].groupby("is_late")}
    told = [(name, scores[late]) for late, name in ((True, "late"), (False, "on_time")) if late in scores]
    rows = rows[rows["instrument"] == asked]
    of = {
        name: rows.loc[rows["is_late"] == late, "customer_id"].nunique()
        for late, name in ((True, "late"), (False, "on_time"))
    }
    found = [
        finding(
            c,
            "delivery_score",
            contrasts.mean(Sums.of(part), confidence=level),
            n=len(part),
            segment=name,
            customers=of[name],
        )
        for name, part in told
    ]
    if len(told) == 2:
        late, other = (Sums.of(part) for _name, part in told)
        gap = contrasts.welch(late, other, confidence=level)
        fewest = min(of.values())
        found.insert(0, finding(c, "delivery_score_gap", gap, n=int(min(late.n, other.n)), customers=fewest))
        by = rows.groupby("customer_id")["is_late"].agg(["sum", "size"])
        found.append(clustered_share_of(c, "judged_late_share", Clustered.of(by["sum"], by["size"])))
    return findings(c, found, of=JUDGED)


def again(c: Company) -> pd.DataFrame:
    """Findings on the chance of another order within the last moment of `policy.rhythm.days` after the promised day, by customer:
    `again_after_late_change` (after late orders less after those on time) and `again_after_delivery` of either. None where
    customers do not come back at all (`purchases.comes_back`).
    """
    if not purchases.comes_back(c):
        return findings(c, of=AGAIN)
    each = deliveries.followed(c).order_by("customer_id").to_pandas()
    sides = {name: (each[f"{name}_again"].to_numpy(), each[name].to_numpy()) for name in ("late", "on_time")}
    if not all(n.sum() for _k, n in sides.values()):
        return findings(c, of=AGAIN)
    change = clustered_difference(sides["late"], sides["on_time"], confidence=c.policy.statistics.confidence)
    late = sides["late"][1]
    rows = [finding(c, AGAIN[0], change, n=int(late.sum()), customers=int((late > 0).sum()))]
    rows += [clustered_share_of(c, AGAIN[1], Clustered.of(*side), segment=name) for name, side in sides.items()]
    return findings(c, rows, of=AGAIN)


def _judgeable(c: Company) -> Table:
    return deliveries.deliveries(c).filter(_.is_late.notnull())


def after(c: Company) -> pd.DataFrame:
    """The findings of `judged` and of `again`."""
    return findings(c, [row for part in (judged(c), again(c)) for row in part.to_dict("records")], of=(*JUDGED, *AGAIN))
