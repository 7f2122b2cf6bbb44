"""Satisfaction: perceived over expected (D123), the five service dimensions (D124), satisfied share and recommendation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.facts import answers as surveys
from crmlib.facts import lookups
from crmlib.facts.answers import DETRACTOR_TO, EASY_FROM, PROMOTER_FROM, SATISFIED_FROM
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import aside, finding, findings, shares_of
from crmlib.facts.lookups import first_of
from crmlib.models.estimates import mean
from crmlib.models.reliability import alpha
from crmlib.vocabulary import language
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.reasons_to_act import DISSATISFIED

DIMENSIONS = ("reliability", "tangibles", "responsiveness", "assurance", "empathy")


def answers(c: Company) -> pd.DataFrame:
    """One row per customer and dimension asked in the last `policy.rhythm.business_review_months` months: sums over the answers.

    `customer_id`, `item` (the dimension), `answers`, `expectation`, `perception` (sums, points), from answers that have both.
    """
    asked = surveys.recent_service(c)
    # Sums of decimals are exact, so that the order in which the engine adds does not show.
    exact = {side: asked[side].cast("decimal(18, 6)").sum().cast("float64") for side in ("expectation", "perception")}
    sums = asked.group_by("customer_id", "item").agg(answers=asked.count(), **exact)
    return sums.order_by("customer_id", "item").to_pandas()


def ratio(c: Company) -> pd.DataFrame:
    """Findings: c = b/a, perceived over expected (D123), whole and by dimension; n customers.

    `satisfaction_ratio` is a ratio of means (sum of perceptions over sum of expectations; interval by linearisation over
    customers): each point of expectation weighs the same. `satisfaction_ratio_mean` is the mean of the customers' own ratios
    (t interval), undefined at a = 0: those are left out, and n says how many remain. Both depend on where the scale starts,
    and both reward low expectations; the gap does not.
    """
    given = answers(c)
    rows = []
    for segment, part in _groups(given):
        per = part.groupby("customer_id", sort=True)[["expectation", "perception"]].sum()
        estimate = _ratio_of_sums(
            per["perception"].to_numpy(), per["expectation"].to_numpy(), c.policy.statistics.confidence
        )
        rows.append(finding(c, "satisfaction_ratio", estimate, n=len(per), segment=segment))
        if not segment:
            per = per[per["expectation"] > 0]
            own = mean(per["perception"] / per["expectation"], confidence=c.policy.statistics.confidence)
            rows.append(finding(c, "satisfaction_ratio_mean", own, n=len(per)))
    return findings(c, rows, of=("satisfaction_ratio", "satisfaction_ratio_mean"))


def unhappy(c: Company) -> Table:
    """One row per customer whose low answer nobody has come back to: customer_id, why, reasons (in words); see
    `facts.answers.unhappy` (D125).
    """
    rows = surveys.unhappy(c).order_by("customer_id").to_pandas()
    said = [
        say(
            "Answered {score} on a scale of {low} to {high} on {day}, and nobody has come back to it, as far as is recorded."
        ).format(day=language.day(day), **{end: language.number(float(row[end])) for end in ("score", "low", "high")})
        for day, row in zip(rows["day"], rows.to_dict("records"), strict=True)
    ]
    return lookups.told(rows[["customer_id"]].assign(why=DISSATISFIED, reasons=said))


def gaps(c: Company) -> pd.DataFrame:
    """Findings: perceived less expected in points of the scale, whole and by SERVQUAL dimension (D124); t interval, n customers.

    Each customer counts once per dimension with the mean of their answers.
    """
    given = answers(c)
    rows = []
    for segment, part in _groups(given):
        sums = part.groupby("customer_id", sort=True)[["answers", "expectation", "perception"]].sum()
        gap = (sums["perception"] - sums["expectation"]) / sums["answers"]
        estimate = mean(gap, confidence=c.policy.statistics.confidence)
        rows.append(finding(c, "service_gap", estimate, n=len(gap), segment=segment))
    return findings(c, rows, of=("service_gap",))


def alphas(c: Company) -> pd.DataFrame:
    """Findings `service_alpha`: Cronbach's alpha of what was perceived, by dimension that several questions ask about, among the
    customers who answered all of them, the latest answer to each (D124).
    """
    keys = ["customer_id", "item", "question"]
    last = first_of(surveys.recent_service(c), keys, [_["at"].desc(), _.perception.asc()])
    frame = last.select(*keys, "perception").order_by(keys).to_pandas()
    rows = []
    for name in _in_order(set(frame["item"])):
        whole = (
            frame[frame["item"] == name].pivot(index="customer_id", columns="question", values="perception").dropna()
        )
        if whole.shape[1] > 1 and len(whole):
            estimate = alpha(whole.to_numpy(dtype=float), confidence=c.policy.statistics.confidence)
            rows.append(finding(c, "service_alpha", estimate, n=len(whole), segment=name))
    return aside(findings(c, rows, of=("service_alpha",) if rows else ()))


def shorter(c: Company) -> pd.DataFrame:
    """The three shorter questions together: satisfied share, recommendation, effort. A company with surveys is told nothing of
    those that it never asks.
    """
    of = {"satisfied_share": satisfied, "net_promoter_score": recommendation, "found_easy_share": effort}
    frames = {kpi: measure(c) for kpi, measure in of.items()}
    asked = {kpi: frame for kpi, frame in frames.items() if not frame.attrs.get("does_not_apply")}
    rows = [row for frame in asked.values() for row in frame.to_dict("records")]
    told = findings(c, rows, of=asked)
    return told if asked else aside(told)


def effort(c: Company) -> pd.DataFrame:
    """Findings: share of the customers asked who found it easy to get something done, by their latest answer (two thirds of the
    scale or more: 5 of 1 to 7); Wilson interval. It is asked on several scales, so that only one that is named counts.
    """
    scores = _latest(c, "ces")
    told = shares_of(c, "found_easy_share", [("", (scores >= EASY_FROM).sum(), len(scores))])
    return aside(told) if surveys.never_asked(c, "ces") else told


def satisfied(c: Company) -> pd.DataFrame:
    """Findings: share of the customers asked whose latest satisfaction reaches three quarters of its scale (4 of 5, 8 of 10);
    Wilson interval, n customers.
    """
    scores = _latest(c, "csat")
    told = shares_of(c, "satisfied_share", [("", (scores >= SATISFIED_FROM).sum(), len(scores))])
    return aside(told) if surveys.never_asked(c, "csat") else told


def recommendation(c: Company) -> pd.DataFrame:
    """Findings: net promoter score, promoters (9, 10) less detractors (0 to 6) as shares, latest answers; t interval. Another
    scale is cut at the same shares of it.
    """
    scores = _latest(c, "nps")
    signs = np.where(scores >= PROMOTER_FROM, 1.0, np.where(scores <= DETRACTOR_TO, -1.0, 0.0))
    estimate = mean(signs, confidence=c.policy.statistics.confidence) if len(scores) else ()
    rows = [finding(c, "net_promoter_score", estimate, n=len(signs))] if estimate else []
    told = findings(c, rows, of=("net_promoter_score",))
    return aside(told) if surveys.never_asked(c, "nps") else told


def _latest(c: Company, instrument: str) -> np.ndarray[Any, Any]:
    """Each customer's latest answer as a share of its scale; none where the scale is not known."""
    last = surveys.latest_recent(c, instrument).order_by("customer_id")
    return np.asarray(last.select("scaled").to_pandas()["scaled"], dtype=float)


def _groups(given: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The whole, then the five dimensions in the deck's order, then any other item by name; nothing where nothing was asked."""
    if given.empty:
        return []
    asked = set(given["item"])
    return [("", given), *((item, given[given["item"] == item]) for item in _in_order(asked))]


def _in_order(asked: set[str]) -> list[str]:
    return [d for d in DIMENSIONS if d in asked] + sorted(asked - set(DIMENSIONS))


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
