"""Who is slipping now, who is overdue and who is gone, and why, in words: three lists in place of one (D102 to D106)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlib.facts import expressions as ex
from crmlib.facts import hindsight, looks, risk_rule, signs, ways
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import clustered_share_of, finding, findings, marked
from crmlib.facts.lookups import remembered
from crmlib.models.estimates import Clustered
from crmlib.models.stumps import Stumps
from crmlib.vocabulary import language
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.signs_of_leaving import (
    ACTIVE,
    COMPLAINTS,
    CONTACT,
    KIND_TEXT,
    LISTS,
    OF,
    OVERDUE_TEXT,
    SILENCE_TEXT,
    VALUE_TEXT,
)

COUNTS: Final = tuple(f"{name}_customers" for name in LISTS)
MOST: Final = 3
"""Reasons told of a customer, the heaviest first."""
NUMBERS: Final = ("silent_months", "frequency_drop", "complaints")
"""What the deck's rule says of a customer."""


def counted(c: Company) -> pd.DataFrame:
    """Findings: customers who are slipping (of the n alive), overdue and gone, and of each list at past month ends the share who
    gave a sign again within the horizon, by customer.
    """
    states = ways.now(c).group_by("state").agg(n=_.count()).to_pandas().set_index("state")["n"]
    if states.empty:
        return findings(c, of=(*COUNTS, "came_back_share"))
    uses, n = surer(c), int(states.sum())
    alive = int(states.get(looks.STATES[0], 0))
    rows = [finding(c, COUNTS[0], len(_ranked(c)), n=alive, uses=uses)]
    rows += [
        finding(c, kpi, int(states.get(state, 0)), n=n, uses=uses)
        for kpi, state in zip(COUNTS[1:], looks.STATES[1:], strict=True)
    ]
    past = hindsight.hindsight(c)
    others = past.others[past.others["on"] + past.horizon <= c.as_of.toordinal()]
    for state in looks.STATES[1:]:
        part = others[others["state"] == state]
        if len(part):
            came = pd.Series(past.came_back(part)).groupby(part["who"].to_numpy()).agg(["sum", "size"])
            sums = Clustered.of(came["sum"], came["size"])
            rows.append(clustered_share_of(c, "came_back_share", sums, segment=state, uses=uses))
    return findings(c, rows, of=(*COUNTS, "came_back_share"))


def listed(c: Company) -> pd.DataFrame:
    """One row per customer who is slipping, the likeliest first: customer_id, probability (where the way in use tells one),
    leaving (with a word or silently), reasons (in words, the heaviest first), net_12 (money of twelve months).
    """
    frame = _ranked(c)
    columns = ["customer_id", "probability", "leaving", "reasons", "net_12"]
    model = _model(c, frame)
    frame = frame.assign(
        probability=ways.probability(frame["score"].to_numpy(dtype=float)) if model else np.nan,
        leaving=_leaving(frame),
        reasons=_reasons(c, frame, model),
        net_12=frame.get("net_12", np.nan),
    )
    kept = [name for name in columns if name not in ("probability", "net_12") or frame[name].notna().any()]
    return marked(c, frame[kept].reset_index(drop=True), *surer(c))


def warned(c: Company) -> Expression:
    """One row per customer to act on: customer_id, why (`slipping`, `overdue`, or the reason of the deck's rule where that is in
    use), reasons (in words), and the numbers of the rule.
    """
    frame = _ranked(c)
    mine = frame[["customer_id"]].assign(why=LISTS[0], reasons=_reasons(c, frame, _model(c, frame)))
    late = ways.now(c).filter(_.state == looks.STATES[1]).select("customer_id", "silence", "allowed").to_pandas()
    words = [_overdue(row) for row in late.to_dict("records")]
    both = pd.concat([mine, late[["customer_id"]].assign(why=LISTS[1], reasons=words)])
    told = ex.memtable(
        both.astype(object), schema=ex.schema(dict.fromkeys(("customer_id", "why", "reasons"), "string"))
    )
    if ways.tried(c).in_use != ways.RULE or not c.knows("orders"):
        return told
    rule = risk_rule.signals(c).select("customer_id", "why", *NUMBERS).rename(by_rule="why")
    told = told.left_join(rule, "customer_id").drop("customer_id_right")
    return told.mutate(why=(told.why == LISTS[0]).ifelse(told.by_rule, told.why)).drop("by_rule")


def surer(c: Company) -> tuple[str, ...]:
    """What would make the warning surer."""
    return signs.surer(c)


def _model(c: Company, frame: pd.DataFrame) -> Stumps | None:
    """What the reasons of those ranked are read from; None where the way in use is no model."""
    return ways.learned(c) if ways.tried(c).in_use == ways.BOOSTING and len(frame) else None


@remembered
def _ranked(c: Company) -> pd.DataFrame:
    """Those alive with a score, as many as the team can contact in a month; all of whom the rule warns where that is in use."""
    rows = ways.now(c).filter(_.score.notnull())
    order = [
        ex.desc("score"),
        *([ex.desc("net_12")] if "net_12" in rows.columns else []),
        "first_sign",
        "customer_id",
    ]
    rows = rows.order_by(order)
    ranked: pd.DataFrame = (
        rows if ways.tried(c).in_use == ways.RULE else rows.limit(c.policy.contact.capacity)
    ).to_pandas()
    return ranked


def _leaving(frame: pd.DataFrame) -> pd.Series[Any]:
    spoke = np.zeros(len(frame), dtype=bool)
    for name in ACTIVE:
        spoke |= frame[name].to_numpy(dtype=float) > 0 if name in frame else False
    return pd.Series(np.where(spoke, "with_a_word", "silently"), index=frame.index, dtype=object)


def _reasons(c: Company, frame: pd.DataFrame, model: Stumps | None) -> list[str]:
    """What speaks for leaving, in words; without a model how long the silence is against the usual gap."""
    rows = frame.to_dict("records")
    if model is None:
        return [_silence(row) for row in rows]
    added = model.added(frame[list(model.names)].to_numpy(dtype=float))
    speaks = [_speaker(step.feature) for step in model.steps]
    groups = list(dict.fromkeys(speaks))
    summed = np.column_stack([added[:, [s == g for s in speaks]].sum(axis=1) for g in groups]) if groups else added
    told = []
    for row, parts in zip(rows, summed, strict=True):
        heaviest = [groups[i] for i in np.argsort(-parts, kind="stable") if parts[i] > 0]
        words = list(dict.fromkeys(text for group in heaviest if (text := _words(group, row))))
        told.append(" ".join(words[:MOST]) or _silence(row))
    return told


def _speaker(feature: str) -> str:
    """The kind of signs or the number that speaks for a feature."""
    name = OF.get(feature, feature)
    tail = name.rpartition("_")[2]
    return name if name in VALUE_TEXT else tail if tail in KIND_TEXT else name if name in KIND_TEXT else ""


def _words(group: str, row: Mapping[Any, Any]) -> str:
    """What a group of numbers says of a customer; empty where it says nothing that can be put in words.

    A complaint is a contact too: who complained is said to have, whichever of the two the model goes by.
    """
    if group == CONTACT and row.get(COMPLAINTS, 0) > 0:
        group = COMPLAINTS
    if group in KIND_TEXT:
        since = row.get(f"since_{group}", row["silence"])
        if pd.isna(since):
            return ""
        usual = row.get(f"usual_{group}", row["days_12"] / 12)
        return say(KIND_TEXT[group]).format(
            lately=language.number(row.get(f"lately_{group}", row["lately"])),
            usual=language.number(usual, 1),
            since=language.number(since),
        )
    if group not in VALUE_TEXT:
        return _silence(row)
    value = row[group]
    if pd.isna(value) or (group != "net_3" and value <= 0):
        return ""
    if group == "net_3":
        return say(VALUE_TEXT[group]).format(recent=language.money(value), year=language.money(row["net_12"]))
    return say(VALUE_TEXT[group]).format(n=language.number(value), share=language.percent(value, 0))


def _silence(row: Mapping[Any, Any]) -> str:
    return say(SILENCE_TEXT).format(silence=language.number(row["silence"]), gap=language.number(row["usual_gap"]))


def _overdue(row: Mapping[Any, Any]) -> str:
    return say(OVERDUE_TEXT).format(silence=language.number(row["silence"]), allowed=language.number(row["allowed"]))
