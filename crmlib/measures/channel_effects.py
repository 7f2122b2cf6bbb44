"""What a contact over each channel causes: by lot where chance drew who got it, elsewhere an adjusted estimate (D093, D094).

A lot alone says what a channel causes. Where there was none, customers contacted over a channel are held against others like them
in what was known beforehand, and the same is done with the orders of the days *before* the contact, which it cannot have caused:
where these differ too, the customers do, and nothing is said of the channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from crmlib.facts import before, clusters, trials
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings
from crmlib.models import contrasts, uplift
from crmlib.vocabulary.labels import SPLIT, code_label
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.language import number

COLUMNS = ["channel", "basis", "outcome", "n", "change", "change_low", "change_high", "earlier", "verdict", "unit"]
BY_LOT, ADJUSTED = "by_lot", "adjusted"
KPI = {BY_LOT: "channel_effect", ADJUSTED: "channel_effect_adjusted"}


def effects(c: Company, compared: pd.DataFrame) -> pd.DataFrame:
    """One row per channel and basis, by lot first and the strongest first: `channel`, `basis` (`by_lot`, `adjusted`), `outcome`,
    `n` (customers contacted over it), `change` (of the share with the outcome) with `change_low` and
    `change_high`, `earlier` (the same change before the contact, NaN by lot), `verdict` (`more`, `less`, `not_enough`,
    `not_alike`: those contacted differed before).

    `compared` is `trials.compare`; of it the campaigns are read whose arms were drawn by lot. What is beyond chance is so among
    all channels of the basis (Holm).
    """
    rows = [*_by_lot(c, compared), *_adjusted(c)]
    frame = pd.DataFrame(rows, columns=[*COLUMNS, "p"])
    for basis in (BY_LOT, ADJUSTED):
        here = frame["basis"] == basis
        p = np.asarray(contrasts.holm(frame.loc[here, "p"].tolist()))
        sure = p <= 1 - c.policy.statistics.confidence
        words = np.where(sure, np.where(frame.loc[here, "change"] > 0, "more", "less"), "not_enough")
        frame.loc[here, "verdict"] = np.where(frame.loc[here, "verdict"] == "not_alike", "not_alike", words)
    order = frame.assign(first=frame["basis"] != BY_LOT).sort_values(
        ["first", "change", "channel"], ascending=[True, False, True], kind="stable"
    )
    return order[COLUMNS].reset_index(drop=True)


def stated(c: Company, frame: pd.DataFrame) -> pd.DataFrame:
    """Findings `channel_effect` (by lot) and `channel_effect_adjusted` by channel and outcome; adjusted ones only where the
    orders before the contact speak for it.
    """
    rows = [
        finding(
            c,
            KPI[row["basis"]],
            (row["change"], row["change_low"], row["change_high"]),
            n=row["n"],
            segment=SPLIT.join((row["channel"], row["outcome"])),
        )
        for row in frame[frame["verdict"] != "not_alike"].to_dict("records")
    ]
    return findings(c, rows, of=("channel_effect", "channel_effect_adjusted"))


def says(frame: pd.DataFrame) -> str:
    """Which channel causes most, in a sentence; that none is known to cause anything where that is so."""
    if frame.empty:
        return ""
    lots = frame[(frame["basis"] == BY_LOT) & (frame["verdict"] == "more")]
    if lots.empty:
        return say("Of no channel is it known by lot that a contact over it brings anything.")
    first = lots.iloc[0]
    change, low, high = (
        say("{n} points").format(n=number(first[name] * 100)) for name in ("change", "change_low", "change_high")
    )
    return say(
        "By lot, a contact over {channel} brings most: {change} with the outcome (between {low} and {high})."
    ).format(channel=code_label(first["channel"]), change=change, low=low, high=high)


def note(frame: pd.DataFrame) -> str:
    """How the effects are to be read, in the reader's language."""
    bases, said = set(frame["basis"]), []
    if BY_LOT in bases:
        said.append(
            say("By lot: chance drew who was contacted over which channel, so that the difference is an effect.")
        )
    elif len(frame):
        said.append(
            say(
                "No campaign here is known to have been drawn by lot over channels (trials.drawn_by_lot in the policy); "
                "without one nobody can say what a channel causes."
            )
        )
    if ADJUSTED in bases:
        said.append(
            say(
                "Adjusted: an estimate and no proof. Customers contacted over the channel are compared with others who had "
                "bought, been contacted and answered as much before; what nobody recorded may still tell them apart."
            )
        )
    if (frame["verdict"] == "not_alike").any():
        said.append(
            say(
                "Not alike: those contacted ordered more or less than the others already before the contact, so that the "
                "estimate is worth nothing."
            )
        )
    return " ".join(said)


def _by_lot(c: Company, compared: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The comparisons of campaigns by lot, each arm by its one channel; several campaigns of a channel by their precision."""
    lots = {n: trials.judged_by(c, n) for n in dict.fromkeys(compared["campaign"]) if trials.is_by_lot(c, n)}
    over = trials.assigned(c).filter(_.campaign.isin([*lots]), _.arm.notnull()) if lots else None
    if over is None:
        return
    ways = over.group_by("campaign", "arm").agg(channel=_.channel.min(), ways=_.channel.nunique()).to_pandas()
    ways = ways[ways["ways"] == 1].set_index(["campaign", "arm"])["channel"]
    told: dict[tuple[str, str], dict[str, list[tuple[float, float, int]]]] = {}
    for row in compared[compared["verdict"] != "control"].to_dict("records"):
        name, arm = row["campaign"], row["arm"]
        error = (row["change_high"] - row["change_low"]) / 2 / _z(c)
        if lots.get(name) == row["outcome"] and (name, arm) in ways.index and error > 0:
            of = told.setdefault((ways[(name, arm)], row["outcome"]), {})
            of.setdefault(name, []).append((row["change"], error, row["n"]))
    for (channel, outcome), campaigns in told.items():
        # Arms of one campaign are held against the same customers: their errors are taken to be one.
        each = [np.average(arms, axis=0, weights=[n for _v, _e, n in arms]) for arms in campaigns.values()]
        weights = np.array([1 / error**2 for _value, error, _n in each])
        value, error = float(weights @ [v for v, _e, _n in each] / weights.sum()), 1 / sqrt(float(weights.sum()))
        yield _row(
            c, channel, BY_LOT, outcome, sum(n for arms in campaigns.values() for _v, _e, n in arms), value, error
        )


def _adjusted(c: Company) -> Iterator[dict[str, Any]]:
    if not c.knows("orders", "interactions.direction"):
        return
    seen, least, level = before.exposures(c), c.policy.statistics.min_n, c.policy.statistics.confidence
    who, over = clusters.numbered(seen), seen["channels"].str.split(" ")
    now, then = before.columns(seen, then=False), before.columns(seen, then=True)
    for channel in sorted({name for names in over for name in names} - {"", "other"}):
        had = np.array([channel in names for names in over])
        if min(had.sum(), (~had).sum()) < least:
            continue
        told, control = (
            uplift.adjusted(x, had, seen[name].to_numpy(), who, seed=c.policy.statistics.seed, confidence=level)
            for x, name in ((now, "ordered"), (then, "ordered_before"))
        )
        if told is None or control is None or min(told.n, told.others) < least:
            continue
        value, low, high = told.estimate
        row = _row(c, channel, ADJUSTED, trials.ORDERED, len(np.unique(who[had])), value, (high - low) / 2 / _z(c))
        differs = control.estimate[1] > 0 or control.estimate[2] < 0
        yield row | {"earlier": control.estimate[0], "verdict": "not_alike" if differs else ""}


def _row(c: Company, channel: str, basis: str, outcome: str, n: int, value: float, error: float) -> dict[str, Any]:
    half = _z(c) * error
    p = 2 * float(ndtr(-abs(value) / error)) if error > 0 else 1.0
    return {
        "channel": channel, "basis": basis, "outcome": outcome, "n": n, "change": value, "change_low": value - half,
        "change_high": value + half, "earlier": float("nan"), "verdict": "", "unit": "change", "p": p,
    }  # fmt: skip


def _z(c: Company) -> float:
    return float(ndtri(0.5 + c.policy.statistics.confidence / 2))
