"""Satisfaction: perceived over expected (D123), the five service dimensions (D124), satisfied share and recommendation."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis import _
from scipy import stats

from crmlib.facts.company import Tables
from crmlib.models.estimates import finding, findings, mean, wilson
from crmlib.vocabulary.months import first_day
from crmlib.vocabulary.policy import Policy

NEEDS = ("surveys",)
DIMENSIONS = ("reliability", "tangibles", "responsiveness", "assurance", "empathy")
SATISFIED_FROM, PROMOTER_FROM, DETRACTOR_TO = 4, 9, 6


def answers(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """One row per customer and dimension asked in the last `policy.rhythm.business_review_months` months: sums over the answers.

    `customer_id`, `item`, `answers`, `expectation`, `perception` (sums, points), from SERVQUAL answers that have both.
    """
    asked = _asked(tables, "servqual", as_of, policy).filter(_.expectation.notnull() & _.perception.notnull())
    # Sums of decimals are exact, so that the order in which the engine adds does not show.
    exact = {c: asked[c].cast("decimal(18, 6)").sum().cast("float64") for c in ("expectation", "perception")}
    return (
        asked.group_by("customer_id", "item")
        .agg(answers=asked.count(), **exact)
        .order_by("customer_id", "item")
        .to_pandas()
    )


def ratio(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings: c = b/a, perceived over expected (D123), whole and by dimension; n customers.

    `satisfaction_ratio` is a ratio of means (sum of perceptions over sum of expectations; interval by linearisation over
    customers): each point of expectation weighs the same. `satisfaction_ratio_mean` is the mean of the customers' own ratios
    (t interval), undefined at a = 0: those are left out, and n says how many remain. Both depend on where the scale starts,
    and both reward low expectations; the gap does not.
    """
    given = answers(tables, as_of=as_of, policy=policy)
    rows = []
    for segment, part in _groups(given):
        per = part.groupby("customer_id", sort=True)[["expectation", "perception"]].sum()
        estimate = _ratio_of_sums(
            per["perception"].to_numpy(), per["expectation"].to_numpy(), policy.statistics.confidence
        )
        rows.append(finding("satisfaction_ratio", estimate, n=len(per), unit="ratio", as_of=as_of, segment=segment))
        if not segment:
            per = per[per["expectation"] > 0]
            own = mean(per["perception"] / per["expectation"], confidence=policy.statistics.confidence)
            rows.append(finding("satisfaction_ratio_mean", own, n=len(per), unit="ratio", as_of=as_of))
    return findings(rows, needs=NEEDS)


def gaps(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings: perceived less expected in points of the scale, whole and by SERVQUAL dimension (D124); t interval, n customers.

    Each customer counts once per dimension with the mean of their answers.
    """
    given = answers(tables, as_of=as_of, policy=policy)
    rows = []
    for segment, part in _groups(given):
        sums = part.groupby("customer_id", sort=True)[["answers", "expectation", "perception"]].sum()
        gap = (sums["perception"] - sums["expectation"]) / sums["answers"]
        estimate = mean(gap, confidence=policy.statistics.confidence)
        rows.append(finding("service_gap", estimate, n=len(gap), unit="points", as_of=as_of, segment=segment))
    return findings(rows, needs=NEEDS)


def satisfied(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings: share of the customers asked whose latest satisfaction is 4 or 5 of 5; Wilson interval, n customers."""
    scores = _latest(tables, "csat", as_of, policy)
    if not len(scores):
        return findings(needs=NEEDS)
    share = wilson(int((scores >= SATISFIED_FROM).sum()), len(scores), confidence=policy.statistics.confidence)
    return findings([finding("satisfied_share", share, n=len(scores), unit="share", as_of=as_of)], needs=NEEDS)


def recommendation(tables: Tables, *, as_of: date, policy: Policy) -> pd.DataFrame:
    """Findings: net promoter score, promoters (9, 10) less detractors (0 to 6) as shares, latest answers; t interval."""
    scores = _latest(tables, "nps", as_of, policy)
    if not len(scores):
        return findings(needs=NEEDS)
    signs = np.where(scores >= PROMOTER_FROM, 1.0, np.where(scores <= DETRACTOR_TO, -1.0, 0.0))
    estimate = mean(signs, confidence=policy.statistics.confidence)
    return findings([finding("net_promoter_score", estimate, n=len(signs), unit="change", as_of=as_of)], needs=NEEDS)


def _asked(tables: Tables, instrument: str, as_of: date, policy: Policy) -> ibis.Table:
    start = first_day(as_of, policy.rhythm.business_review_months)
    surveys = tables.until(as_of).surveys
    return surveys.filter((surveys.instrument == instrument) & (surveys["at"].date() >= start))


def _latest(tables: Tables, instrument: str, as_of: date, policy: Policy) -> np.ndarray[Any, Any]:
    asked = _asked(tables, instrument, as_of, policy).filter(_.score.notnull())
    newest = ibis.window(group_by="customer_id", order_by=[ibis.desc("at"), ibis.asc("item"), ibis.asc("score")])
    last = asked.mutate(nth=ibis.row_number().over(newest)).filter(_.nth == 0)
    scores = last.order_by("customer_id").select("score").to_pandas()["score"]
    return np.asarray(scores, dtype=float)


def _groups(given: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The whole, then the five dimensions in the deck's order, then any other item by name; nothing where nothing was asked."""
    if given.empty:
        return []
    asked = set(given["item"])
    items = [d for d in DIMENSIONS if d in asked] + sorted(asked - set(DIMENSIONS))
    return [("", given), *((item, given[given["item"] == item]) for item in items)]


def _ratio_of_sums(b: np.ndarray, a: np.ndarray, confidence: float) -> tuple[float, float, float]:
    """Σb/Σa with its linearised t interval; NaN where Σa is 0."""
    n, total = len(a), float(a.sum())
    if n == 0 or total <= 0:
        return (float("nan"),) * 3
    value = float(b.sum()) / total
    if n < 2:
        return value, float("nan"), float("nan")
    spread = float(np.sqrt(n / (n - 1) * np.sum((b - value * a) ** 2))) / total
    half = float(stats.t.ppf(0.5 + confidence / 2, n - 1)) * spread
    return value, value - half, value + half
