"""A company's own surveys: who answers, each question and dimension, and what goes with overall satisfaction (D126, D130)."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from crmlib.facts import answers as surveys
from crmlib.facts import clusters, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import aside, clustered_share_of, finding, findings, marked
from crmlib.models.estimates import mean, rank_correlation
from crmlib.models.reliability import alpha
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.labels import SPLIT
from crmlib.vocabulary.scales import SCALES

COLUMNS = [
    "instrument", "dimension", "item", "n", "value", "low", "high", "deviation", "scale_from", "scale_to",
    "share_of_scale", "unit",
]  # fmt: skip
SCALE = ("surveys.scale_from", "surveys.scale_to")
OVERALL = re.compile(r"overall|in general|总体|整体|整體|總體", re.IGNORECASE)
SATISFIED = re.compile(r"satisf|满意|滿意", re.IGNORECASE)
"""Words of questions and dimensions that ask for satisfaction as a whole, where the company has no survey of the name."""


def response(c: Company) -> pd.DataFrame:
    """Findings `survey_response`: share of the times a customer was asked that brought an answer to any question, over the
    last `policy.rhythm.business_review_months` months, whole and by survey; interval by customer.

    Of surveys that note those who did not answer: where every row is an answer, nobody knows how many were asked.
    """
    since = windows.last(c, c.policy.rhythm.business_review_months)
    sent = surveys.asked(c).filter(_.day >= since, _.instrument != OTHER).group_by("instrument", "customer_id", "at")
    each = sent.agg(is_answered=_.is_answered.any())
    silent = each.filter(~_.is_answered).select("instrument").distinct()
    told = each.semi_join(silent, "instrument")
    whole = clusters.by_customer(told, _.is_answered)
    parts = clusters.by_customer_in(told, _.is_answered, ["instrument"])
    groups = [("", whole)] if whole.rows else []
    groups += [(name, sums) for (name,), sums in parts if len(parts) > 1]
    pairs = any(name == "servqual" for (name,), _sums in parts)
    uses = ("surveys.expectation", "surveys.perception") if pairs else ()
    rows = [clustered_share_of(c, "survey_response", sums, segment=name, uses=uses) for name, sums in groups]
    return aside(findings(c, rows, of=("survey_response",) if "surveys" in c.missing or rows else ()))


def items(c: Company) -> pd.DataFrame:
    """One row per question of the company's own surveys, by survey, dimension and question: `instrument`, `dimension`, `item`,
    `n` (customers), `value` (mean of their latest answers, points), `low`, `high` (t interval),
    `deviation` (standard), `scale_from`,
    `scale_to`, `share_of_scale` (of the mean, 1 best; NaN where no scale is known).
    """
    rows = []
    for (survey, item), part in _given(c).groupby(["instrument", "item"], sort=True):
        value, low, high = mean(part["score"], confidence=c.policy.statistics.confidence)
        rows.append(
            {
                "instrument": survey,
                "dimension": part["dimension"].iloc[0],
                "item": item,
                "n": len(part),
                "value": value,
                "low": low,
                "high": high,
                "deviation": part["score"].std(ddof=1),
                "scale_from": part["low"].iloc[0],
                "scale_to": part["high"].iloc[0],
                "share_of_scale": part["scaled"].mean(),
                "unit": "points",
            }
        )
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame = frame.sort_values(["instrument", "dimension", "item"], na_position="last", kind="stable")
    frame = frame.drop(columns=["dimension"] if frame["dimension"].isna().all() else [])
    frame = frame.drop(columns=["instrument"] if frame["instrument"].nunique() < 2 else []).reset_index(drop=True)
    return (
        marked(c, frame, "surveys.scale_from", "surveys.scale_to", "surveys.higher_is") if len(frame) else aside(frame)
    )


def item_findings(c: Company, told: pd.DataFrame) -> pd.DataFrame:
    """Findings `item_mean` from `items`: a row per question, named with its survey where there are several."""
    rows = []
    for row in told.to_dict("records"):
        segment = SPLIT.join([str(row["instrument"]), str(row["item"])] if "instrument" in row else [str(row["item"])])
        rows.append(finding(c, "item_mean", (row["value"], row["low"], row["high"]), n=row["n"], segment=segment))
    return aside(findings(c, rows, of=("item_mean",)))


def dimensions(c: Company) -> pd.DataFrame:
    """Findings by dimension of the company's own surveys: `dimension_index` (mean over customers, t interval) where its
    questions have a scale, and `cronbach_alpha` among the customers who answered all of two or more questions.
    """
    level, rows = c.policy.statistics.confidence, []
    for name, part in _by_dimension(_given(c)):
        scaled = part["scaled"].notna().all()
        wide = part.pivot(index="customer_id", columns="item", values="scaled" if scaled else "points")
        if scaled:
            own = wide.mean(axis=1)
            rows.append(finding(c, "dimension_index", mean(own, confidence=level), n=len(own), segment=name))
        whole = wide.dropna()
        if wide.shape[1] > 1 and len(whole):
            estimate = alpha(whole.to_numpy(dtype=float), confidence=level)
            rows.append(
                finding(c, "cronbach_alpha", estimate, n=len(whole), segment=name, uses=() if scaled else SCALE)
            )
    return aside(findings(c, rows, of=("dimension_index", "cronbach_alpha") if len(rows) else ()))


def association(c: Company) -> pd.DataFrame:
    """Findings `goes_with_satisfaction`: rank correlation of each dimension, and of each question without one, with the same
    customers' overall satisfaction, the highest first; n customers with both. An association, not an effect (D126).

    Overall satisfaction is the survey of that name (`csat`), else a question of the company's own that asks for it in words,
    else such a dimension; without one no rows.
    """
    given = _given(c)
    overall, left = _overall(c, given)
    rows = []
    if len(overall):
        parts = [*_by_dimension(left), *((str(item), p) for item, p in left[left["dimension"].isna()].groupby("item"))]
        for name, part in parts:
            both = pd.concat([_worth(part), overall], axis=1, join="inner").dropna().sort_index()
            estimate = rank_correlation(both.iloc[:, 0], both.iloc[:, 1], confidence=c.policy.statistics.confidence)
            uses = () if part["scaled"].notna().all() else SCALE
            if len(both):
                rows.append(finding(c, "goes_with_satisfaction", estimate, n=len(both), segment=name, uses=uses))
    rows.sort(key=lambda row: (-np.nan_to_num(row["value"], nan=-2), row["segment"]))
    return aside(findings(c, rows, of=("goes_with_satisfaction",) if rows else ()))


def _recent(c: Company) -> Table:
    since = windows.last(c, c.policy.rhythm.business_review_months)
    return surveys.answers(c).filter(_.day >= since, _.score.notnull(), _.instrument != OTHER, _["item"] != OTHER)


def _given(c: Company) -> pd.DataFrame:
    """One row per customer, own survey and question, the latest answer of the last months: instrument, item, dimension,
    customer_id, score, points (turned down where higher is worse), scaled, low, high.

    Of the deck's surveys only that on satisfaction, where it has several questions or its scale is not known.
    """
    recent = _recent(c)
    told = recent.filter(_.instrument == surveys.OWN_AND_MANY)
    counted = told.agg(items=_["item"].nunique(), unscaled=_.count(where=_.scaled.isnull())).to_pandas().iloc[0]
    left_out = [
        name for name in SCALES if name != surveys.OWN_AND_MANY or (counted["items"] < 2 and not counted["unscaled"])
    ]
    last = surveys.latest(recent.filter(_.instrument.notin(left_out)), "instrument", "item")
    points = (_.higher_is == "worse").fill_null(False).ifelse(-_.score, _.score)
    columns = ("instrument", "item", "dimension", "customer_id", "score", "scaled", "low", "high")
    frame = last.select(*columns, points=points).order_by("instrument", "item", "customer_id").to_pandas()
    return frame.astype(dict.fromkeys(("score", "scaled", "low", "high"), float))


def _by_dimension(given: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    several = given["instrument"].nunique() > 1
    grouped = given.dropna(subset=["dimension"]).groupby(["instrument", "dimension"], sort=True)
    return [(SPLIT.join([s, d] if several else [d]), part) for (s, d), part in grouped]


def _overall(c: Company, given: pd.DataFrame) -> tuple[pd.Series[float], pd.DataFrame]:
    """Each customer's overall satisfaction (0 to 1, else points), and the answers that are no part of it."""
    recent = _recent(c).filter(_.instrument == surveys.OWN_AND_MANY)
    last = surveys.latest(recent).select("customer_id", "scaled", points=_.score).order_by("customer_id").to_pandas()
    if len(last):
        return _worth(last.astype({"points": float, "scaled": float})), given[
            given["instrument"] != surveys.OWN_AND_MANY
        ]
    items, dimensions = given["item"].astype("str"), given["dimension"].fillna("").astype("str")
    asks = items.str.contains(SATISFIED)
    chosen = next(
        (w for w in (asks & items.str.contains(OVERALL), asks, dimensions.str.contains(SATISFIED)) if w.any()), asks
    )
    alike = set(given.loc[chosen, "dimension"].dropna())
    return _worth(given[chosen]), given[~chosen & ~given["dimension"].isin(alike)]


def _worth(part: pd.DataFrame) -> pd.Series[float]:
    """Each customer's mean answer: as a share of the scales where these are known for all, else in points."""
    column = "scaled" if part["scaled"].notna().all() else "points"
    return part.groupby("customer_id")[column].mean()
