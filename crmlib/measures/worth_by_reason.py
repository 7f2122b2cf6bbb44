"""What acting was worth by reason and by channel, groups drawn in towards each other: what to stop, what to do more of (D129).

The same ledger that the action list learns from (`facts.effects`). A group is told to be stopped or done more of only where its
interval says so; it is as wide as that of all months, as somebody looks every month here too.
"""

from __future__ import annotations

from math import nan
from typing import Final

import numpy as np
import pandas as pd

from crmlib.facts import ledger
from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings, marked
from crmlib.models import pooling, sequential
from crmlib.vocabulary.language import _

FACTORS: Final = ("why", "channel")
COLUMNS: Final = [
    "segment", "n", "change", "change_low", "change_high", "margin_an_action", "cost_an_action", "verdict", "unit", "customers",
]  # fmt: skip


def table(c: Company) -> pd.DataFrame:
    """One row per reason, then per channel, of two or more: segment, n, change of the share that orders for each customer acted
    on, drawn in (null where a group is too small to tell anything), with change_low and change_high; margin_an_action that it
    brings and cost_an_action (money, null where no cost is noted), verdict (`more_of_this`: the whole interval earns more than it
    costs, `stop_this`: the whole of it earns less, `not_enough`), unit, customers (of the smaller arm).
    """
    frame = ledger.rows(c)
    parts = [_of(c, frame, factor) for factor in FACTORS if frame.loc[frame[factor] != "", factor].nunique() > 1]
    rows = [part for part in parts if len(part)]
    told = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=COLUMNS)
    return marked(c, told, "orders.margin", "orders.refunded", "actions.why", "actions.channel")


def effects(c: Company, told: pd.DataFrame) -> pd.DataFrame:
    """Findings `effect_by_group` of the table, by reason and channel, without groups too small to tell anything."""
    rows = [
        finding(
            c,
            "effect_by_group",
            (row["change"], row["change_low"], row["change_high"]),
            n=row["n"],
            segment=row["segment"],
            customers=row["customers"],
        )
        for row in told[told["change"].notna()].to_dict("records")
    ]
    return findings(c, rows, of=("effect_by_group",))


def note(c: Company, told: pd.DataFrame) -> str:
    """How the groups are to be read, in the reader's language."""
    if told.empty:
        return ""
    text = _(
        "Each group is drawn in towards the others, the more the fewer customers it has. More or stop is said only where the "
        "whole interval earns more, or less, than an action costs."
    )
    return (
        text
        if told["cost_an_action"].notna().any()
        else text + " " + _("No cost is noted, so that it is taken as nothing.")
    )


def _of(c: Company, frame: pd.DataFrame, factor: str) -> pd.DataFrame:
    named = frame[factor].fillna("") != ""
    drawn = ledger.drawn(c, "ordered")
    names, place = np.unique(frame.loc[named, factor].astype(str), return_inverse=True)
    group = np.full(len(frame), -1)
    group[named.to_numpy()] = place
    looks = sequential.looks(drawn)
    if not sequential.begun(looks).variance:
        return pd.DataFrame(columns=COLUMNS)
    alone = [sequential.of_group(drawn, group == at) for at in range(len(names))]
    there = [at for at, (value, _error) in enumerate(alone) if not np.isnan(value)]
    pooled = pooling.towards_each_other([alone[at][0] for at in there], [alone[at][1] for at in there])
    errors = float(
        sequential.reach(
            looks[-1].variance, sequential.begun(looks).variance, confidence=c.policy.statistics.confidence
        )
    )
    rows = []
    for at, name in enumerate(names):
        part = frame[group == at]
        acted, ordered = part[part["acted"] == 1], part[part["ordered"] == 1]
        value, low, high = nan, nan, nan
        if at in there:
            value, error = float(pooled.value[there.index(at)]), float(pooled.error[there.index(at)])
            low, high = value - errors * error, value + errors * error
        an_order = ordered["margin"].mean() if len(ordered) and c.knows("orders.amount") else nan
        cost = acted["cost"].astype(float).mean()
        worth = an_order if np.isfinite(an_order) and an_order > 0 else nan
        pays = cost / worth if np.isfinite(cost) and np.isfinite(worth) else 0.0
        verdict = "more_of_this" if low > pays else "stop_this" if high < pays else "not_enough"
        sides = min(part.loc[part["acted"] == side, "customer_id"].nunique() for side in (0, 1))
        rows.append((name, len(part), value, low, high, value * worth, cost, verdict, "share", sides))
    return pd.DataFrame(rows, columns=COLUMNS)
