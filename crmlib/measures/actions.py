"""The action list: whom to contact this month, why, with what, until when, and whom to leave alone for comparison (D102 to D108).

Filled by what acting is expected to bring for each minute, within each owner's hours; a part of the hours explores, by lot,
what acting is worth where the list would not reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts import effects, lots, people, proposals, reachability
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings, marked
from crmlib.models.hours import Hours, hours_of
from crmlib.vocabulary import language
from crmlib.vocabulary.action_words import again_text, why_text, worth_text
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.reasons_to_act import BY_SIGNS, OWED, PERSONAL, READ, RENEWAL, USES, WHAT, WHAT_TEXT

COLUMNS = (
    "action_id", "customer_id", "why", "why_text", "what", "what_text", "channel", "channel_text", "owner",
    "due_on", "arm", "tier", "minutes", "margin_untouched", "value_at_stake", "effect", "cost", "worth", "worth_text",
    "offer_limit", "again", "explore", "propensity", "expected", "room", "stratum", "policy", "model", "priority", "case_id",
    "without",
)  # fmt: skip


@dataclass
class Proposed:
    """The list (`rows`, `COLUMNS`), what became of each candidate (`fate`, by customer), and what one more hour would bring
    (`hour`, money; NaN where nobody is left out or worth is not known).
    """

    rows: pd.DataFrame
    fate: pd.Series
    hour: float = field(default=np.nan)


def propose(c: Company, valued: pd.DataFrame, over_contacted: Expression) -> Proposed:
    """The actions proposed: first the answers owed, then by what acting brings a minute, then those who were drawn to explore.

    `valued` as `worth.valued` gives it, `over_contacted` the `customer_id` of those at a cap (an answer owed overrides that).
    Left out are those whom acting harms (all of the interval of its effect below nought), and who cost more than they bring;
    whoever is drawn by lot stands in the list to be left alone (`hold_out` this month, `lasting` a year). Where no money is on
    record, orders expected take its place; where nothing is, the urgency of the reason.
    """
    bothered = set(over_contacted.select("customer_id").to_pandas()["customer_id"]) | _done_lately(c)
    frame = valued.assign(
        owner=valued["owner"].fillna(""), arm=lots.arms(c, valued["customer_id"]), is_owed=valued["why"].isin(OWED)
    )
    frame.loc[frame["is_owed"], "arm"] = "act"
    frame["fate"] = np.select(
        [
            frame["is_owed"],
            frame["customer_id"].isin(bothered),
            frame["harms"],
            (frame["worth"] <= 0) | (frame["worth"].isna() & (frame["orders_brought"] <= 0)),
        ],
        ["", "contacted_enough", "acting_harms", "not_worth_it"],
        "",
    )
    frame = frame.iloc[_order(frame)].reset_index(drop=True)
    hours = hours_of(
        sorted(people.customers(c).filter(_.owner.notnull()).select("owner").distinct().to_pandas()["owner"]),
        each=c.policy.contact.owner_hours,
        team=c.policy.contact.team_hours,
        items=c.policy.contact.capacity,
    )
    hour = _fill(frame, hours, kept_back=c.policy.contact.explore_share)
    _explore(c, frame, hours)
    return Proposed(_listed(c, frame), frame.set_index("customer_id")["fate"], hour)


def _order(frame: pd.DataFrame) -> np.ndarray:
    """Places of the rows: owed first, then by money a minute, then by orders a minute, then by urgency and risk."""
    urgency = frame["why"].map({why: i for i, why in enumerate(WHAT)}).fillna(len(WHAT))
    money, orders = (frame[name] / frame["minutes"] for name in ("worth", "orders_brought"))
    # Rounded, so that no engine's last digit decides who is on the list.
    keys = (money.round(9).fillna(-np.inf), orders.round(12).fillna(-np.inf))
    due = pd.to_datetime(frame["due_on"])
    risk = frame["risk"].astype(float).round(9).fillna(0.0)
    return np.lexsort((frame["customer_id"], -risk, due, urgency, -keys[1], -keys[0], ~frame["is_owed"]))


def _fill(frame: pd.DataFrame, hours: Hours, *, kept_back: float) -> float:
    """Say who does what, in order, and give what an hour more would bring; those drawn to be left alone take none."""
    price = np.nan
    fates: list[str] = []
    doers: list[str | None] = []
    for row in frame[["fate", "arm", "owner", "minutes", "worth", "is_owed"]].itertuples(index=False):
        doer = None if row.fate else hours.doer(row.minutes, row.owner, kept_back=0.0 if row.is_owed else kept_back)
        if doer is None:
            fates.append(row.fate or "beyond_capacity")
            if not row.fate and np.isnan(price):
                price = row.worth / row.minutes * 60
        elif row.arm == "act":
            hours.take(row.minutes, doer)
            fates.append("act")
        else:
            doer = None
            fates.append(row.arm)
        doers.append(doer)
    frame["fate"], frame["by"] = fates, doers
    return float(price)


def _explore(c: Company, frame: pd.DataFrame, hours: Hours) -> None:
    """Draw some of those whom the list does not reach, and act on half of them by another lot, while the hours kept back last."""
    beyond = frame["fate"].isin(["beyond_capacity", "not_worth_it"]) & (frame["arm"] == "act")
    lot = lots.exploring(c, frame.loc[beyond, "customer_id"])
    frame["explore"] = False
    for at, acts in lot.sort_values("place")["acts"].items() if c.policy.contact.explore_share else ():
        doer = hours.doer(frame.at[at, "minutes"], frame.at[at, "owner"])
        if doer is None:
            break
        if acts:
            hours.take(frame.at[at, "minutes"], doer)
        frame.loc[at, ["fate", "by", "explore"]] = ["act" if acts else "hold_out", doer if acts else None, True]


def _listed(c: Company, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the list with everything a doer needs, in words."""
    rows = frame[frame["fate"].isin([*proposals.ARMS, proposals.LASTING])].drop(columns="arm")
    rows = rows.rename(columns={"fate": "arm"}).sort_values("explore", kind="stable").reset_index(drop=True)
    before = proposals.latest(c).rename(before="why").to_pandas()
    rows = rows.merge(before, on="customer_id", how="left")
    told, n = rows.to_dict("records"), effects.drawn(c)["why"].value_counts() if effects.learnt(c)[0].n else {}
    digests = [sha256(f"{c.as_of:%Y-%m}|{who}".encode()).hexdigest() for who in rows["customer_id"]]
    drawn = np.where(rows["explore"], lots.EVEN, np.where(rows["is_owed"], 1.0, lots.propensity(c)))
    rows = rows.assign(
        action_id=[f"a{c.as_of:%y%m}{digest[:8]}" for digest in digests],
        priority=range(1, len(rows) + 1),
        why_text=[why_text(row, c.policy, logins_known=c.knows("activity.logins")) for row in told],
        what_text=[_what_text(row) for row in told],
        channel_text=[code_label(row["channel"]) if row["channel"] else say("yours to choose") for row in told],
        worth_text=[worth_text(row, int(n.get(row["why"], 0))) for row in told],
        again=[again_text(row) for row in told],
        without=[_without(c, row) for row in told],
        due_on=pd.to_datetime(rows["due_on"]).dt.date,
        owner=rows["by"].where(rows["arm"] == "act", rows["owner"]),
        propensity=drawn.astype(float),
        stratum=rows["why"] + "|" + rows["tier"].fillna(""),
        policy=sha256(c.policy.model_dump_json().encode()).hexdigest()[:8],
        model=effects.version(c),
    )
    return rows[list(COLUMNS)]


def _what_text(row: Mapping[Any, Any]) -> str:
    text = say(WHAT_TEXT[row["what"]])
    if pd.isna(row["offer_limit"]):
        return text
    return text + " " + say("It may cost {limit} at most.").format(limit=language.money(row["offer_limit"]))


def _done_lately(c: Company) -> set[str]:
    """Customers an action was carried out on within the days of rest, whether or not the contact is on record."""
    since = c.as_of - timedelta(days=c.policy.contact.min_days_between)
    done = proposals.proposals(c).filter(_.done_at.date() > since).select("customer_id").distinct()
    return set(done.to_pandas()["customer_id"])


def summary(c: Company, proposed: Proposed) -> pd.DataFrame:
    """Findings: `actions_proposed` (to act on) whole and by reason, `actions_held_out`, `value_at_stake` and `list_worth`
    (expected to come of it) of those to act on, `hour_worth` (of one hour more), `left_alone` whole and by why.
    """
    rows = proposed.rows
    if not len(proposed.fate) and not any(c.knows(name) for name in READ):
        # Nothing is on record that would be a reason to act: that is not the same as that nobody needs one.
        return findings(c, of=("actions_proposed", "actions_held_out"))
    acting = rows[rows["arm"] == "act"]
    reasons = sorted(acting["why"].value_counts().items(), key=lambda item: (-item[1], str(item[0])))
    counts = [("actions_proposed", "", len(acting)), *(("actions_proposed", str(why), n) for why, n in reasons)]
    counts.append(("actions_held_out", "", len(rows) - len(acting)))
    uses = reachability.read_from(c)
    told = [finding(c, kpi, k, n=len(rows), segment=why, uses=uses) for kpi, why, k in counts]
    for kpi, column in (("value_at_stake", "value_at_stake"), ("list_worth", "worth")):
        known = acting[column].dropna()
        if len(known):
            told.append(finding(c, kpi, float(known.sum()), n=len(known), uses=(*uses, *USES["value_at_stake"])))
    if np.isfinite(proposed.hour):
        told.append(
            finding(c, "hour_worth", proposed.hour, n=len(proposed.fate), uses=(*uses, *USES["value_at_stake"]))
        )
    harmed = proposed.fate.isin(["acting_harms", "not_worth_it"])
    for why, k in proposed.fate[harmed].value_counts().sort_index().items():
        told.append(finding(c, "left_alone", int(k), n=len(proposed.fate), segment=str(why), uses=uses))
    return findings(c, told)


def left_out(c: Company, candidates: Expression, proposed: Proposed) -> pd.DataFrame:
    """Where the candidates went, `step` and `customers`: they add up to `candidates`, the first row.

    `act` are those to act on over a channel that is known, `channel_to_choose` those over one that is theirs to choose who
    make the contact; steps that nobody took are left out but for the usual ones.
    """
    n, fates = int(candidates.count().to_pyarrow().as_py()), proposed.fate.value_counts()
    acting = proposed.rows[proposed.rows["arm"] == "act"]
    to_choose = int((acting["channel"] == "").sum())
    usual = {name: int(fates.get(name, 0)) for name in ("contacted_enough", "beyond_capacity", "hold_out")}
    rare = {name: int(fates[name]) for name in ("acting_harms", "not_worth_it", "lasting") if name in fates.index}
    steps = {
        "candidates": n,
        "no_permitted_channel": n - len(proposed.fate),
        **usual,
        **rare,
        "act": len(acting) - to_choose,
        **({"channel_to_choose": to_choose} if to_choose else {}),
    }
    frame = pd.DataFrame({"step": list(steps), "customers": list(steps.values())})
    return marked(
        c, frame, *dict.fromkeys((*KPIS["actions_proposed"].uses, *reachability.read_from(c), *reachability.points(c)))
    )


def _without(c: Company, row: Mapping[Any, Any]) -> str:
    """What the row would be surer with: of its reason, its channel and its value."""
    used = [n for n in USES.get(row["why"], ()) if row["why"] not in BY_SIGNS or n.partition(".")[0] not in c.missing]
    if row["why"] not in PERSONAL:
        used.append("orders.category")
    if row["channel"]:
        used += [name for name in USES["channel"] if c.knows(name.partition(".")[0]) and not c.mapped(name)]
        used += [f"customers.{point}" for channel, point in reachability.POINTS.items() if channel == row["channel"]]
    if pd.notna(row["value_at_stake"]) and row["why"] != RENEWAL:
        used += USES["value_at_stake"]
    return " ".join(name for name in used if not c.knows(name))
