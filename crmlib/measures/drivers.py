"""Who left, by what a snapshot says of customers: rates, drivers, and who is likely to be next (D102, D104, D107)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts import lookups, states
from crmlib.facts.attributes import PARTS, UNKNOWN, Attribute, attribute
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table
from crmlib.facts.findings import aside, finding, findings, share_of
from crmlib.models.estimates import wilson
from crmlib.models.leaving import Leaving, calibration, discrimination, fitted, gain
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import SPLIT, label
from crmlib.vocabulary.language import _
from crmlib.vocabulary.reasons_to_act import LIKELY

TOP = 8
"""Drivers that are shown, the strongest first."""
NAMED = 2
"""Facts that are named beside a customer's probability."""
FINE = 50
"""Groups that a number is cut into where it is asked whether it says by itself who left."""
TELLING = 0.98
"""Area under the curve from which an attribute by itself says who left: it was written down afterwards."""
JUDGED = ("left_auc", "left_gain", "left_calibration")
BANDS = {"band_low": 0.0, "band_raised": 1.0, "band_high": 2.0}
"""Likely to leave, from how many times the usual share."""


@dataclass(frozen=True)
class Study:
    """The customers of whom it is known whether they left, by what is known of them; `left_out` says it after the fact."""

    left: pd.Series[bool]
    attributes: list[Attribute]
    left_out: list[str]
    model: Leaving | None


def study(c: Company) -> Study:
    """What a snapshot says of who left, and the model of it; nothing where no attribute says who left."""
    frame = states.wide(c)
    frame = frame[frame["left"].notna()]
    left = frame.pop("left").astype(bool)
    attributes = [a for name in frame if (a := attribute(c, str(name), frame[name])) is not None]
    told = {a.name for a in attributes if states.touches_leaving(a.name) or _tells(frame[a.name], left)}
    kept = [a for a in attributes if a.name not in told]
    columns = [a.columns for a in kept]
    groups = np.repeat(np.arange(len(kept)), [part.shape[1] for part in columns])
    matrix = np.hstack(columns) if columns else np.empty((len(left), 0))
    model = fitted(matrix, groups, left.to_numpy(), seed=c.policy.statistics.seed) if len(left) else None
    return Study(left, kept, sorted(told), model)


def rates(c: Company, known: Study) -> pd.DataFrame:
    """Findings: `snapshot_left` of all, and `snapshot_left_by` each value of each attribute, numbers in quarters; Wilson,
    n customers.

    The strongest drivers first where there is a model, else by name.
    """
    n = len(known.left)
    rows = [share_of(c, "snapshot_left", int(known.left.sum()), n)] if n else []
    for a in _ordered(known):
        counted = known.left.groupby(a.group).agg(["sum", "count"])
        rows += [
            share_of(c, "snapshot_left_by", *counted.loc[value], segment=SPLIT.join((a.name, value)))
            for value in a.order
            if value in counted.index
        ]
    return aside(findings(c, rows, of=("snapshot_left", "snapshot_left_by") if n or "states" in c.missing else ()))


def by_driver(c: Company, told: pd.DataFrame, known: Study, *, most: int = 3) -> pd.DataFrame:
    """The rates of the `most` strongest drivers, for a picture."""
    heads = tuple(a.name + SPLIT for a in _ordered(known)[:most])
    return told[told["segment"].str.startswith(heads)] if heads else told.head(0)


def ranked(c: Company, known: Study) -> pd.DataFrame:
    """One row per driver, the strongest first: `attribute`, `weight` (the spread of what it adds to the log odds, the others held
    equal), and the values of which the most and the fewest left, `highest`, `highest_share`, `lowest`, `lowest_share`.

    None where the model says no more than chance (`holds`).
    """
    columns = ["attribute", "weight", "highest", "highest_share", "lowest", "lowest_share"]
    if not holds(c, known):
        return _unsaid(known, pd.DataFrame(columns=columns))
    assert known.model is not None
    weights = dict(zip((a.name for a in known.attributes), known.model.weights, strict=True))
    rows = []
    for a in _ordered(known)[:TOP]:
        counted = known.left.groupby(a.group).agg(["mean", "count"])
        counted = counted[counted["count"] >= c.policy.statistics.min_n].reindex(a.order).dropna()
        ends = [
            (str(counted["mean"].idxmax()), counted["mean"].max()),
            (str(counted["mean"].idxmin()), counted["mean"].min()),
        ]
        rows.append((a.name, weights[a.name], *ends[0], *ends[1]))
    return pd.DataFrame(rows, columns=columns)


def judged(c: Company, known: Study) -> pd.DataFrame:
    """Findings on the model, of customers that it had not seen: area under the ROC curve, what it gains on the base rate, and the
    slope of its calibration. No rows where too few left, or stayed, to fit one.
    """
    if known.model is None:
        return _unsaid(known, findings(c, of=JUDGED if "states" in c.missing else ()))
    told, left, level = known.model.probability, known.left.to_numpy(), c.policy.statistics.confidence
    estimates = (measure(told, left, confidence=level) for measure in (discrimination, gain, calibration))
    return findings(c, (finding(c, kpi, e, n=len(left)) for kpi, e in zip(JUDGED, estimates, strict=True)), of=JUDGED)


def holds(c: Company, known: Study) -> bool:
    """Whether the model tells customers that it has not seen better than the base rate does, beyond chance."""
    if known.model is None:
        return False
    left, level = known.left.to_numpy(), c.policy.statistics.confidence
    return gain(known.model.probability, left, confidence=level)[1] > 0


def bands(c: Company, known: Study) -> pd.DataFrame:
    """One row per band of risk, from below the usual share to twice it: `band`, `still_there` (customers), `expected_share` (mean
    probability told), and of all alike `n`, the share that left, `value`, with `low` and `high` (Wilson).

    None where the model says no more than chance.
    """
    columns = ["band", "still_there", "expected_share", "value", "low", "high", "n", "unit"]
    if not holds(c, known):
        return _unsaid(known, pd.DataFrame(columns=columns))
    assert known.model is not None
    told, left = known.model.probability, known.left.to_numpy()
    edges = [floor * left.mean() for floor in BANDS.values()]
    place = np.searchsorted(edges, told, side="right") - 1
    rows: list[tuple[object, ...]] = []
    for i, band in enumerate(BANDS):
        part = place == i
        still = part & ~left
        estimate = wilson(int(left[part].sum()), int(part.sum()), confidence=c.policy.statistics.confidence)
        rows.append(
            (band, int(still.sum()), told[still].mean() if still.any() else np.nan, *estimate, int(part.sum()), "share")
        )
    return pd.DataFrame(rows, columns=columns)


def likely(c: Company, known: Study) -> pd.DataFrame:
    """One row per customer still there whom the model tells at least twice the usual share: customer_id, probability, the
    likeliest first. None where the model says no more than chance.
    """
    if not holds(c, known):
        return _unsaid(known, pd.DataFrame({"customer_id": [], "probability": []}))
    assert known.model is not None
    told = pd.DataFrame({"customer_id": known.left.index, "probability": known.model.probability})
    there = told[~known.left.to_numpy() & (told["probability"] >= BANDS["band_high"] * known.left.mean())]
    return there.sort_values(["probability", "customer_id"], ascending=[False, True]).reset_index(drop=True)


def warned(c: Company, known: Study) -> Table:
    """The customers of `likely` as a reason to act: customer_id, why, reasons (in words, with the `NAMED` facts that raise the
    odds most), risk (the probability).
    """
    rows = likely(c, known) if c.knows("states.customer_id") else likely(c, known).head(0)
    text = _(
        "Of customers like this one {share} have left, as reckoned from what is known; of all, {usual}. Most of all: {facts}."
    )
    places = known.left.index.get_indexer(rows["customer_id"])
    said = [
        text.format(
            share=language.percent(risk, 0), usual=language.percent(known.left.mean(), 0), facts=_raising(known, at)
        )
        for risk, at in zip(rows["probability"], places, strict=True)
    ]
    told = lookups.told(rows[["customer_id"]].assign(why=LIKELY, reasons=said, risk=rows["probability"].map(repr)))
    return told.mutate(risk=told.risk.cast("float64"))


def _raising(known: Study, at: int) -> str:
    """The facts that raise a customer's odds of leaving most, in words."""
    assert known.model is not None
    added = known.model.added[at]
    first = [known.attributes[i] for i in np.argsort(-added, kind="stable")[:NAMED] if added[i] > 0]
    return language.listed([f"{a.name} {label(str(a.group.iloc[at]), 'code')}" for a in first])


def _unsaid(known: Study, frame: pd.DataFrame) -> pd.DataFrame:
    """An empty result: of a company without who left it does not apply, of another there is not enough to tell."""
    return frame if len(known.left) else aside(frame)


def _ordered(known: Study) -> list[Attribute]:
    if known.model is None:
        return known.attributes
    weights = dict(zip((a.name for a in known.attributes), known.model.weights, strict=True))
    return sorted(known.attributes, key=lambda a: (-round(weights[a.name], 9), a.name))


def _tells(values: pd.Series[Any], left: pd.Series[bool]) -> bool:
    """Whether an attribute by itself says who left, as what is written down afterwards does."""
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.nunique() > PARTS:
        values = pd.qcut(numbers, FINE, labels=False, duplicates="drop").astype("str")
    share = left.groupby(values.fillna(UNKNOWN)).transform("mean").to_numpy(dtype=float)
    return min(left.sum(), (~left).sum()) > 1 and discrimination(share, left.to_numpy())[0] >= TELLING
