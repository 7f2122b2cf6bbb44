"""What losing customers costs in a year, and what keeping more of them is worth (D006, D008, D027 to D029, D033).

Every assumption is a value of `policy.cost`, shown beside the result by `assumptions`; a keyword overrides it for a what-if.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import accumulate, pairwise
from operator import mul

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import purchases
from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.models.estimates import wilson
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.policy import Cost

YEAR = timedelta(days=365)
NOT_KNOWN = (float("nan"),) * 3


def churn_cost(
    c: Company,
    *,
    inactive_days: float | None = None,
    margin_rate: float | None = None,
    acquisition_ratio: float | None = None,
    lost_dissatisfied_share: float | None = None,
    deterred_share: float | None = None,
) -> pd.DataFrame:
    """Findings `lost_customers` and `churn_cost` (money a year) with its parts as segments, which add up to the whole.

    A customer is lost `inactive_days` after the last order; counted are those lost within the last 365 days.
    `margin_lost`: what they brought in the 365 days before they left; `replacement`: as many new customers at 5 to 10 times
    the cost of keeping (D027); `bad_word` and `praise_lost`: people who hear bad or no longer hear good (D028), the share
    of them that changes its mind, each worth what a lost customer was. low and high are the ends of the 5 to 10 (a given
    `acquisition_ratio` is their middle, the ends keep their proportion); n is the number of lost customers. Where the
    history is too short for anyone to be lost: NaN and n 0.
    """
    cost = c.policy.cost
    idle = int(cost.inactive_days if inactive_days is None else inactive_days)
    lost = _lost(c, idle, cost, margin_rate)
    if lost is None:
        rows = [finding(c, "lost_customers", NOT_KNOWN, n=0)]
        return findings(c, [*rows, finding(c, "churn_cost", NOT_KNOWN, n=0)])
    n, margin = lost
    unhappy = cost.lost_dissatisfied_share if lost_dissatisfied_share is None else lost_dissatisfied_share
    moved = cost.deterred_share if deterred_share is None else deterred_share
    ends = cost.acquisition_ratio_low, cost.acquisition_ratio_high
    middle = sum(ends) / 2
    scale = 1.0 if acquisition_ratio is None else acquisition_ratio / middle if middle else 0.0
    replacement = n * cost.keeping_cost * scale
    parts = {
        "margin_lost": (margin,) * 3,
        "replacement": (replacement * middle, replacement * ends[0], replacement * ends[1]),
        "bad_word": (margin * unhappy * cost.tells_dissatisfied * moved,) * 3,
        "praise_lost": (margin * (1 - unhappy) * cost.tells_satisfied * moved,) * 3,
    }
    whole = _sum(parts.values())
    rows = [finding(c, "lost_customers", (n, *NOT_KNOWN[1:]), n=n)]
    for segment, estimate in {"": whole, **parts}.items():
        rows.append(finding(c, "churn_cost", estimate, n=n, segment=segment))
    return findings(c, rows)


def retention_value(
    c: Company,
    kept: pd.DataFrame,
    *,
    points: float = 5.0,
    years: float = 3,
    margin_rate: float | None = None,
    discount_rate: float | None = None,
) -> pd.DataFrame:
    """Finding `retention_value`: discounted margin over `years` from keeping `points` percentage points more a year (D008).

    `kept` is the company's own curve (columns years, share, low, high): without a change, today's customers go as those of
    earlier years went, and after its last year as in that one. With it each year keeps so many points more of those still
    there. low and high follow the interval of the curve. Segments `year_1` … add up to the whole. Starts from the margin that
    the customers active today brought in the last 365 days. NaN and n 0 where either is unknown. Costs of keeping are not
    taken off.
    """
    cost = c.policy.cost
    since = c.as_of - timedelta(days=cost.inactive_days)
    n, margin = _margin(_orders(c).filter((_.last > since) & (_.day > c.as_of - YEAR)), cost, margin_rate)
    if n == 0 or kept["share"].isna().all():
        return findings(c, [finding(c, "retention_value", NOT_KNOWN, n=0)])
    rate = cost.discount_rate if discount_rate is None else discount_rate
    curves = [_gains(kept.sort_values("years")[c], points / 100, int(years)) for c in ("share", "low", "high")]
    parts = []
    for year, gains in enumerate(zip(*curves, strict=True), start=1):
        worth = [margin * gain / (1 + rate) ** year for gain in gains]
        parts.append((worth[0], min(worth), max(worth)))
    whole = _sum(parts)
    named = {"": whole, **{f"year_{i}": part for i, part in enumerate(parts, start=1)}}
    return findings(c, (finding(c, "retention_value", e, n=n, segment=s) for s, e in named.items()))


def _gains(curve: Iterable[float], more: float, years: int) -> list[float]:
    """Per year how many more of the customers are there, as a share of all at the start, when each year keeps `more`."""
    shares = [1.0, *curve]
    rates = [min(1.0, now / before) if before else 0.0 for before, now in pairwise(shares)]
    rates += rates[-1:] * (years - len(rates))
    usual = accumulate(rates[:years], mul)
    better = accumulate((min(1.0, rate + more) for rate in rates[:years]), mul)
    return [b - u for b, u in zip(better, usual, strict=True)]


def word_of_mouth(c: Company) -> pd.DataFrame:
    """Findings `dissatisfied_share` and `people_told` by attitude, from each customer's latest satisfaction score (D028).

    Scores 1 and 2 of 5 are dissatisfied, 3 and 4 satisfied, 5 delighted; told are the deck's 22, 8 and 10 people each, a
    claim. Without satisfaction surveys no rows.
    """
    cost = c.policy.cost
    scored = c.tables.surveys.filter((_.instrument == "csat") & _.score.notnull())
    latest = scored.group_by("customer_id").aggregate(at=_.at.max())
    answers = scored.join(latest, ["customer_id", "at"]).group_by("customer_id").aggregate(score=_.score.min())
    counts = answers.aggregate(
        n=_.count(), bad=_.count(where=_.score < 3), best=_.count(where=_.score >= 5)
    ).to_pandas()
    n, bad, best = (int(v) for v in counts.iloc[0])
    rows = []
    if n:
        told = {
            "dissatisfied": (bad, cost.tells_dissatisfied),
            "satisfied": (n - bad - best, cost.tells_satisfied),
            "delighted": (best, cost.tells_delighted),
        }
        share = wilson(bad, n, confidence=c.policy.statistics.confidence)
        rows.append(finding(c, "dissatisfied_share", share, n=n))
        for attitude, (customers, each) in told.items():
            value = (customers * each, *NOT_KNOWN[1:])
            rows.append(finding(c, "people_told", value, n=customers, segment=attitude))
    return findings(c, rows)


def assumptions(c: Company) -> pd.DataFrame:
    """The assumptions of `policy.cost`: setting, value, unit, source (deck id), says; one row each."""
    rows = []
    for name, field in Cost.model_fields.items():
        told = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        rows.append(
            {
                "setting": name,
                "value": float(getattr(c.policy.cost, name)),
                "unit": "count" if told.get("unit") == "people" else str(told.get("unit", "")),
                "source": str(told.get("source", "")),
                "says": say(field.description or ""),
            }
        )
    return pd.DataFrame(rows)


def _lost(c: Company, idle: int, cost: Cost, margin_rate: float | None) -> tuple[int, float] | None:
    """Customers lost within the last year and the margin of their last year; None where nobody can have been lost yet."""
    left_by = c.as_of - timedelta(days=idle)
    orders = _orders(c)
    first = orders.day.min().to_pyarrow().as_py()
    if first is None or first > left_by:
        return None
    lost = orders.filter((_.last <= left_by) & (_.last > left_by - YEAR))
    return _margin(lost.filter(_.day > _.last - ibis.interval(days=YEAR.days)), cost, margin_rate)


def _sum(parts: Iterable[tuple[float, float, float]]) -> tuple[float, float, float]:
    value, low, high = (sum(ends) for ends in zip(*parts, strict=True))
    return value, low, high


def _orders(c: Company) -> Table:
    """Orders as `purchases.orders`, with the customer's last day."""
    last = purchases.buyers(c).select("customer_id", last="last_day")
    return purchases.orders(c).inner_join(last, "customer_id")


def _margin(orders: Table, cost: Cost, margin_rate: float | None) -> tuple[int, float]:
    """Customers in `orders` and their margin: as recorded, else net amount × the policy's rate; a given rate is used for all."""
    sums = orders.aggregate(
        n=_.customer_id.nunique(),
        recorded=_.margin.sum(),
        unrecorded=_.net.sum(where=_.margin.isnull()),
        net=_.net.sum(),
    ).to_pandas()
    n, recorded, unrecorded, net = (0 if pd.isna(v) else v for v in sums.iloc[0])
    if margin_rate is not None:
        return int(n), float(net) * margin_rate
    return int(n), float(recorded) + float(unrecorded) * cost.margin_rate
