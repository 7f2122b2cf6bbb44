"""The warning grades itself: what each way was worth at past month ends, and whether one may be trusted (D102, D103)."""

from __future__ import annotations

from typing import Final

import pandas as pd

from crmlib.facts import signs, ways
from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.facts.ways import LOGISTIC, WAYS
from crmlib.models import grading, stumps
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import N_, _, listed, number

BASE: Final = "leaving_share"
GRADES: Final = ("warning_precision", "warning_lift", "warning_found", "warning_calibration", "warning_gain")
COSTS: Final = ("warning_reached_value", "warning_in_vain")
STEPS: Final = (0, 15, 30, 45, 60, 75, 90)
"""Days before the last sign at which the curve is told."""
MONTH: Final = 31
VERDICT: Final = {
    "few": N_(
        "There is too little to judge a warning by: it takes {months} month ends of which it is known what came, and {left} who "
        "left after one and as many who stayed. The deck's rule stands in."
    ),
    "useless": N_(
        "No way does better than drawing lots (n = {n}): the warning is useless here, and the deck's rule stands in unproven."
    ),
    "best": N_("{way} is the best: at the team's capacity it beats every other way by more than chance."),
    "used": N_("The list goes by {way}. That it is better than every other way is not beyond chance."),
}
"""What came of trying the ways."""


def grades(c: Company) -> pd.DataFrame:
    """Findings on the way in use, and precision, lift and share found of each way (as segment): at the team's capacity among
    those alive at the graded month ends, by customer. n: rows at month ends. None where there is too little to judge by.
    """
    done = ways.tried(c)
    if not done.enough or not done.graded:
        return _too_little(c, (BASE, *GRADES))
    level, uses, n = c.policy.statistics.confidence, signs.surer(c), len(done.rows)
    customers = float(done.rows["who"].nunique())
    base = next(iter(done.graded.values())).base(level)
    rows = [finding(c, BASE, base, n=n, uses=uses, customers=customers)]
    whole = [(done.in_use, "")] if done.in_use in done.graded else []
    for way, segment in (*whole, *((way, way) for way in WAYS if way in done.graded)):
        graded = done.graded[way]
        estimates = zip(GRADES[:3], (graded.precision(level), graded.lift(level), graded.found(level)), strict=True)
        rows += [finding(c, kpi, e, n=n, segment=segment, uses=uses, customers=customers) for kpi, e in estimates]
    if done.in_use == ways.BOOSTING:
        told_odds, left, who = done.scores[done.in_use], done.rows["left"].to_numpy(), done.rows["who"].to_numpy()
        slope = grading.slope(told_odds, left, who, confidence=level)
        gain = grading.gain(ways.probability(told_odds), left, who, confidence=level)
        rows += [
            finding(c, kpi, e, n=n, uses=uses, customers=customers)
            for kpi, e in zip(GRADES[3:], (slope, gain), strict=True)
        ]
    return findings(c, rows, of=(BASE, *GRADES))


def costs(c: Company) -> pd.DataFrame:
    """Findings on the way in use, a month: the net revenue of twelve months of those named who left, and the calls in vain."""
    done = ways.tried(c)
    if not done.enough or done.in_use not in done.graded:
        return _too_little(c, COSTS)
    graded, scale, uses = done.graded[done.in_use], done.past.step / len(done.months), signs.surer(c)
    hits, called = float(graded.weight[graded.left].sum()), float(graded.weight.sum())
    who, weight = done.rows["who"], graded.weight > 0
    reached = {"uses": uses, "customers": who[weight & graded.left].nunique()}
    rows = [finding(c, COSTS[1], (called - hits) * scale, n=called, uses=uses, customers=who[weight].nunique())]
    if "net_12" in done.rows:
        value = float((graded.weight * graded.left * done.rows["net_12"].to_numpy()).sum()) * scale
        rows.insert(0, finding(c, COSTS[0], value, n=hits, **reached))
    return findings(c, rows, of=COSTS)


def curve(c: Company) -> pd.DataFrame:
    """How early each way spoke: days_before the last sign, and by way (`segment`) the share (`value`) of those who left whom it
    had named by then; of those whose last ninety days before leaving lie within the graded month ends.
    """
    done = ways.tried(c)
    columns = ["days_before", "segment", "value", "unit"]
    if not done.enough or not done.graded:
        return pd.DataFrame(columns=columns)
    rows = done.rows.assign(last=done.past.last_sign(done.rows))
    first, final = int(rows["on"].min()), int(rows["on"].max())
    ends = rows[rows["left"]].groupby("who")["last"].first()
    ends = ends[(ends >= first + done.past.horizon) & (ends <= final + MONTH)]
    told = []
    for way, graded in done.graded.items():
        named = rows.assign(weight=graded.weight)[rows["who"].isin(ends.index)]
        lead = named["who"].map(ends) - named["on"]
        for days in STEPS[::-1] if len(ends) else ():
            share = named["weight"].where(lead >= days, 0.0).groupby(named["who"]).max()
            told.append((days, way, float(share.mean()), "share"))
    return pd.DataFrame(told, columns=columns)


def _too_little(c: Company, kpis: tuple[str, ...]) -> pd.DataFrame:
    none = findings(c, of=kpis)
    none.attrs["nothing"] = verdict(c)
    return none


def verdict(c: Company) -> str:
    """What came of trying the ways, in a sentence or two."""
    done = ways.tried(c)
    if not done.enough:
        return _(VERDICT["few"]).format(months=number(ways.FEWEST), left=number(stumps.EVENTS))
    if set(done.useless) >= set(done.graded) - {LOGISTIC}:
        return _(VERDICT["useless"]).format(n=number(len(done.rows)))
    text = VERDICT["best"] if done.best == done.in_use else VERDICT["used"]
    parts = [_(text).format(way=label(done.in_use, "code"))]
    if done.useless:
        names = listed([label(way, "code") for way in WAYS if way in done.useless])
        parts.append(_("No better than drawing lots: {ways}.").format(ways=names))
    if done.undecided:
        parts.append(_("Customers are left out of whom it is not known yet what came."))
    return " ".join(parts)
