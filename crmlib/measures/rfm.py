"""Recency, frequency and monetary value: the summary everything about value starts from, scores and named segments
(D057).

Two readings live side by side. The summary counts a customer's whole life as "buy till you die" models need it; the
everyday
R, F and M look at the policy's window and are scored by its frozen cuts, so that a customer moves only by what they do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crmlib.facts import expressions as ex
from crmlib.facts import purchases
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, Value, _
from crmlib.facts.findings import among, finding, findings, marked, resting, share_of
from crmlib.vocabulary.language import N_
from crmlib.vocabulary.language import _ as say

SCORES = range(1, 6)


@dataclass(frozen=True)
class Rule:
    """A box of scores (both ends included) and the segment that its customers form."""

    segment: str
    r: tuple[int, int]
    f: tuple[int, int]
    m: tuple[int, int] = (1, 5)

    def holds(self, r: Any, f: Any, m: Any) -> Any:
        """Whether scores lie in the box; for numbers and for Ibis columns alike."""
        inside = [(low <= score) & (score <= high) for score, (low, high) in ((r, self.r), (f, self.f), (m, self.m))]
        return inside[0] & inside[1] & inside[2]


RULES = (
    Rule("champions", (5, 5), (4, 5), (4, 5)),
    Rule("loyal", (5, 5), (4, 5), (1, 3)),
    Rule("loyal", (3, 4), (4, 5)),
    Rule("potential_loyalist", (4, 5), (2, 3)),
    Rule("new_customer", (5, 5), (1, 1)),
    Rule("promising", (4, 4), (1, 1)),
    Rule("needs_attention", (3, 3), (3, 3)),
    Rule("about_to_sleep", (3, 3), (1, 2)),
    Rule("cannot_lose", (1, 2), (1, 5), (5, 5)),
    Rule("cannot_lose", (1, 2), (5, 5), (1, 4)),
    Rule("rfm_at_risk", (1, 2), (3, 4), (1, 4)),
    Rule("hibernating", (2, 2), (1, 2), (1, 4)),
    Rule("rfm_lost", (1, 1), (1, 2), (1, 4)),
)
"""The named segments; every triple of scores lies in exactly one box."""

SEGMENTS = tuple(dict.fromkeys(rule.segment for rule in RULES))
WHAT_TO_DO = {
    "champions": N_("Thank them, ask for a recommendation, let them try what is new first."),
    "loyal": N_("Offer what goes with what they buy; raise the value of an order, not the number."),
    "potential_loyalist": N_("Bring the next order nearer: show what others like them use."),
    "new_customer": N_("See that the first order works; be in touch within the rhythm of the policy."),
    "promising": N_("Give a reason for the second order while the first is fresh."),
    "needs_attention": N_("Ask what changed before a habit is lost."),
    "about_to_sleep": N_("Remind them once, cheaply, with something of use."),
    "cannot_lose": N_("Have a person call this week; do not leave it to a message."),
    "rfm_at_risk": N_("Have the owner ask why, and mend the cause before any offer."),
    "hibernating": N_("One friendly, automatic message a season."),
    "rfm_lost": N_("Spend nothing more than an automatic message; keep to consent."),
}
"""What to do with the customers of a segment, as a proposal."""
SLIPPING = ("needs_attention", "about_to_sleep", "cannot_lose", "rfm_at_risk")
"""Segments whose customers still can be held but are on their way out."""


def scores(c: Company) -> Table:
    """One row per customer with an order: customer_id, days_since_last, orders, revenue (net, in the window),
    r_score, f_score, m_score, rfm_segment (D057).
    """
    cuts = c.policy.tiers
    buyers = purchases.buyers(c)
    last = buyers.select("customer_id", days_since_last=ex.literal(c.as_of).delta(buyers.last_day, unit="day"))
    window = purchases.recent(c).group_by("customer_id").agg(orders=_.count(), revenue=_.net.sum())
    everyday = last.left_join(window, "customer_id").select(
        "customer_id", "days_since_last", orders=_.orders.fill_null(0), revenue=_.revenue.fill_null(0)
    )
    scored = everyday.mutate(
        r_score=6 - _score(everyday.days_since_last, [d + 1 for d in cuts.recency_cuts_days]),
        f_score=_score(everyday.orders, cuts.frequency_cuts),
        m_score=_score(everyday.revenue.cast("float64"), cuts.monetary_cuts),
    )
    branches = [(rule.holds(scored.r_score, scored.f_score, scored.m_score), rule.segment) for rule in RULES]
    return scored.mutate(rfm_segment=ex.cases(*branches))


def segments(c: Company) -> pd.DataFrame:
    """One row per named segment, empty ones too: rfm_segment, customers, customer_share, revenue, net_revenue_share,
    median_days (since the last order), median_orders and median_revenue (in the window), what (to do, in words).
    """
    grouped = (
        scores(c)
        .group_by("rfm_segment")
        .agg(
            customers=_.count(),
            revenue=_.revenue.sum(),
            median_days=_.days_since_last.median(),
            median_orders=_.orders.median(),
            median_revenue=_.revenue.cast("float64").median(),
        )
        .to_pandas()
        .set_index("rfm_segment")
    )
    frame = grouped.reindex(pd.Index(SEGMENTS, name="rfm_segment")).reset_index()
    frame["customers"] = frame["customers"].fillna(0).astype(int)
    frame["revenue"] = frame["revenue"].astype(float).fillna(0.0)
    frame.insert(2, "customer_share", _of_total(frame["customers"]))
    frame.insert(4, "net_revenue_share", _of_total(frame["revenue"]))
    medians = {"median_days": float, "median_orders": float, "median_revenue": float}
    frame = frame.astype(medians).assign(what=[say(WHAT_TO_DO[s]) for s in frame["rfm_segment"]])
    return marked(c, among(frame, frame["customers"].sum()), "orders.refunded")


def segment_shares(found: pd.DataFrame) -> pd.DataFrame:
    """The shares of `segments` one below the other for a chart: rfm_segment, part (customers or revenue), share."""
    parts = {"customer_share": "customers", "net_revenue_share": "revenue"}
    there = found.loc[found["customers"] > 0, ["rfm_segment", *parts]].rename(columns=parts)
    long = there.melt("rfm_segment", list(parts.values()), var_name="part", value_name="share")
    long.attrs = found.attrs
    return resting(long, dict(zip(found["rfm_segment"], found["customers"], strict=True)))


def segment_findings(c: Company) -> pd.DataFrame:
    """Findings `rfm_customers` (count, by segment and in all) and `rfm_slipping_share` (share of all customers,
    Wilson interval).
    """
    sizes = segments(c).set_index("rfm_segment")["customers"]
    n = int(sizes.sum())
    if not n:
        return findings(c)
    return findings(
        c,
        [
            share_of(c, "rfm_slipping_share", sizes[list(SLIPPING)].sum(), n),
            finding(c, "rfm_customers", n, n=n),
            *(finding(c, "rfm_customers", k, n=n, segment=s) for s, k in sizes.items()),
        ],
    )


def score_grid(c: Company) -> pd.DataFrame:
    """Customers by recency score (rows, 5 first) and frequency score (columns); no rows without a customer."""
    counted = scores(c).group_by(["r_score", "f_score"]).agg(customers=_.count()).to_pandas()
    if counted.empty:
        return pd.DataFrame()
    grid = counted.pivot(index="r_score", columns="f_score", values="customers")
    return grid.reindex(index=list(SCORES)[::-1], columns=list(SCORES)).fillna(0).astype(int)


def _score(value: Value, cuts: Sequence[float]) -> Value:
    """1 below the first cut, one more from each cut on."""
    score: Value = ex.literal(1)
    for cut in cuts:
        score = score + (value >= cut).cast("int64")
    return score


def _of_total(values: pd.Series[Any]) -> pd.Series[Any]:
    total = values.sum()
    return values / total if total else values * float("nan")
