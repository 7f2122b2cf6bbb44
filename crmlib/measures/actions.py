"""The action list: whom to contact this month, why, with what, until when, and whom to leave alone for comparison (D102 to D108).

The reasons come in as frames of other measures; here they become one list, ordered by the value at stake, within what the
team can do and what customers allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import StringValue
from ibis.expr.types import Table as Expression

from crmlib.facts import people, reachability
from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings, marked
from crmlib.vocabulary import language
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.language import ngettext
from crmlib.vocabulary.reasons_to_act import BY_SIGNS, DUTY, PERSONAL, RENEWAL, USES, WHAT, WHAT_TEXT, WHOLE_VALUE

COLUMNS = (
    "action_id", "customer_id", "why", "why_text", "what", "what_text", "channel", "channel_text", "owner",
    "due_on", "arm", "tier", "value_at_stake", "priority", "case_id", "without",
)  # fmt: skip
ACT_WITHIN = 7
"""Days to act within where the policy sets none for the reason."""
_REASON = {
    "customer_id": "string", "why": "string", "due_on": "date", "silent_months": "int64", "frequency_drop": "float64",
    "complaints": "int64", "overdue_hours": "float64", "days_after": "int64",
    "case_id": "string", "renewals": "int64", "renews_on": "date", "recurring_revenue": "float64",
    "reasons": "string",
}  # fmt: skip


def candidates(
    c: Company,
    *,
    warning: Expression | None = None,
    tiers: Expression | None = None,
    overdue: pd.DataFrame | None = None,
    due: Expression | None = None,
    reviews: Expression | None = None,
    renewals: Expression | None = None,
) -> Expression:
    """One row per customer there is a reason to contact, with the most urgent reason and what stands behind it.

    `customer_id`, `why`, `what`, `purpose`, `light` (a message will do), `due_on`, `owner`, `tier`, `value_at_stake` (money),
    and the numbers of the reason; computed once and held, since all that follows reads it.
    The reasons: `warning` (`why`, and `reasons` in words or the rule's numbers), `overdue` cases, `due` and `reviews` (the
    rhythm), `renewals` (by customer); `tiers` has `customer_id`, `tier`, `revenue`, `orders`. A frame left out gives no reason.
    """
    listed = _reasons(c, warning, overdue, due, reviews, renewals)
    urgency = ibis.cases(*((listed.why == why, i) for i, why in enumerate(WHAT)), else_=len(WHAT))
    order = [urgency, ibis.asc("due_on"), ibis.asc("why"), ibis.desc("overdue_hours"), ibis.asc("case_id")]
    first = ibis.window(group_by="customer_id", order_by=order)
    one = listed.mutate(nth=ibis.row_number().over(first)).filter(_.nth == 0).drop("nth")
    codes = {why: (what, purpose, why not in PERSONAL) for why, (what, purpose) in WHAT.items()}
    what, purpose, light = (
        ibis.cases(*((one.why == why, code[i]) for why, code in codes.items()), else_=codes["habit"][i])
        for i in range(3)
    )
    one = one.mutate(what=what, purpose=purpose, light=light)
    one = one.left_join(people.customers(c).select("customer_id", "owner"), "customer_id").drop("customer_id_right")
    unvalued = c.knows("orders") and not c.knows("orders.amount")
    return ibis.memtable(_valued(one, None if unvalued else tiers).order_by("customer_id").to_pyarrow())


def propose(c: Company, candidates: Expression, reachable: Expression, over_contacted: Expression) -> pd.DataFrame:
    """The actions proposed, one row each, `COLUMNS`, first priority first: a candidate with a channel who would not be bothered.

    `reachable` has `customer_id` and `channel` ("": yours to choose), `over_contacted` the `customer_id` of those at a cap (an
    overdue case overrides that). `case_id` is the company's own number of the case; `without` names the columns that would
    have made the row surer and that the company does not record. Ordered by value at stake; at most
    `policy.contact.capacity` with arm `act`, and those held out who stand among them (D106).
    """
    free = candidates.anti_join(over_contacted, "customer_id")
    owed = candidates.filter(_.why == DUTY).semi_join(over_contacted, "customer_id")
    listed = ibis.union(free, owed).inner_join(reachable, "customer_id")
    listed = listed.mutate(arm=ibis.ifelse(listed.why == DUTY, "act", held_out(c, listed.customer_id)))
    order = [ibis.desc("value_at_stake", nulls_first=False), ibis.asc("due_on"), ibis.asc("customer_id")]
    acting = (listed.arm == "act").cast("int64")
    before = acting.sum().over(ibis.window(order_by=order, preceding=(None, 1)))
    within = (
        listed.mutate(acting_before=before.fill_null(0))
        .filter(_.acting_before < c.policy.contact.capacity)
        .order_by(order)
    )
    frame = within.to_pandas()
    drawn_from = [sha256(f"{c.as_of:%Y-%m}|{who}".encode()).hexdigest() for who in frame["customer_id"]]
    frame["action_id"] = [f"a{c.as_of:%y%m}{digest[:8]}" for digest in drawn_from]
    frame["priority"] = range(1, len(frame) + 1)
    frame["why_text"] = [_why_text(c, row) for row in frame.to_dict("records")]
    frame["what_text"] = [say(WHAT_TEXT[what]) for what in frame["what"]]
    frame["channel_text"] = [code_label(channel) if channel else say("yours to choose") for channel in frame["channel"]]
    frame["without"] = [_without(c, row) for row in frame.to_dict("records")]
    frame["due_on"] = pd.to_datetime(frame["due_on"]).dt.date
    return frame[list(COLUMNS)]


def held_out(c: Company, customer_id: StringValue) -> StringValue:
    """`hold_out` or `act`, drawn with `policy.contact.hold_out_share` by a hash of the seed, the month and the customer alone.

    Nobody else who joins, leaves or is reordered changes a customer's draw; another month draws anew (D129).
    """
    key = ibis.literal(f"{c.policy.statistics.seed}|{c.as_of:%Y-%m}|") + customer_id
    # Hexadecimal digits sort as the numbers they write, so that no engine's integer width matters.
    threshold = f"{round(c.policy.contact.hold_out_share * 16**12):012x}"
    return ibis.ifelse(key.hexdigest("sha256").left(12) < threshold, "hold_out", "act")


def summary(c: Company, actions: pd.DataFrame) -> pd.DataFrame:
    """Findings: `actions_proposed` (to act on) by reason, `actions_held_out`, and `value_at_stake` of those to act on."""
    acting = actions[actions["arm"] == "act"]
    reasons = sorted(acting["why"].value_counts().items(), key=lambda item: (-item[1], str(item[0])))
    if not len(actions) and not c.knows("orders"):
        # Nothing is on record that would be a reason to act: that is not the same as that nobody needs one.
        return findings(c, of=("actions_proposed", "actions_held_out"))
    counts = [("actions_proposed", "", len(acting)), *(("actions_proposed", str(why), n) for why, n in reasons)]
    counts.append(("actions_held_out", "", len(actions) - len(acting)))
    uses = reachability.read_from(c)
    rows = [finding(c, kpi, k, n=len(actions), segment=why, uses=uses) for kpi, why, k in counts]
    if acting["value_at_stake"].notna().any():
        value = float(acting["value_at_stake"].sum())
        rows.append(finding(c, "value_at_stake", value, n=len(acting), uses=uses))
    return findings(c, rows)


def left_out(
    c: Company, candidates: Expression, reachable: Expression, over_contacted: Expression, proposed: pd.DataFrame
) -> pd.DataFrame:
    """Where the candidates went, `step` and `customers`: they add up to `candidates`, the first row.

    `act` are those to act on over a channel that is known, `channel_to_choose` those over one that is theirs to choose who
    make the contact; the step is left out where there are none.
    """
    no_channel = candidates.customer_id.notin(reachable.customer_id)
    bothered = ~no_channel & candidates.customer_id.isin(over_contacted.customer_id) & (candidates.why != DUTY)
    row = candidates.agg(all=candidates.count(), closed=no_channel.sum(), bothered=bothered.sum()).to_pandas()
    counts = [int(value) for value in row.fillna(0).iloc[0]]
    rest = counts[0] - sum(counts[1:]) - len(proposed)
    acting = proposed[proposed["arm"] == "act"]
    to_choose = int((acting["channel"] == "").sum())
    steps = {
        "candidates": counts[0],
        "no_permitted_channel": counts[1],
        "contacted_enough": counts[2],
        "beyond_capacity": rest,
        "hold_out": len(proposed) - len(acting),
        "act": len(acting) - to_choose,
        **({"channel_to_choose": to_choose} if to_choose else {}),
    }
    frame = pd.DataFrame({"step": list(steps), "customers": list(steps.values())})
    points = [f"customers.{reachability.POINTS[way]}" for way in reachability.channels(c) if way in reachability.POINTS]
    return marked(c, frame, *dict.fromkeys((*KPIS["actions_proposed"].uses, *reachability.read_from(c), *points)))


def _reasons(
    c: Company,
    warning: Expression | None,
    overdue: pd.DataFrame | None,
    due: Expression | None,
    reviews: Expression | None,
    renewals: Expression | None,
) -> Expression:
    within = dict.fromkeys(PERSONAL, ACT_WITHIN) | c.policy.contact.act_within_days

    def until(why: Any) -> Any:
        return ibis.cases(*((why == code, c.as_of + timedelta(days=n)) for code, n in sorted(within.items()))).cast(
            "date"
        )

    none = pd.DataFrame({c: pd.Series(dtype="object") for c in _REASON})
    parts = [_reason(ibis.memtable(none, schema=ibis.schema(_REASON)))]
    if warning is not None:
        parts.append(_reason(warning.mutate(due_on=until(warning.why))))
    if overdue is not None and len(overdue):
        cases = ibis.memtable(overdue).mutate(why=ibis.literal(DUTY))
        parts.append(_reason(cases.mutate(due_on=until(cases.why))))
    if due is not None:
        parts.append(_reason(due.mutate(why=due.moment)))
    if reviews is not None:
        calls = reviews.select("customer_id").mutate(why=ibis.literal("review_due"))
        parts.append(_reason(calls.mutate(due_on=until(calls.why))))
    if renewals is not None:
        talks = renewals.mutate(why=ibis.literal(RENEWAL))
        parts.append(_reason(talks.mutate(due_on=ibis.least(until(talks.why), talks.renews_on))))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _reason(frame: Expression) -> Expression:
    """`frame` with exactly the columns of `_REASON`, null where it has none."""
    return frame.select(**{c: frame[c].cast(t) if c in frame.columns else ibis.null(t) for c, t in _REASON.items()})


def _valued(one: Expression, tiers: Expression | None) -> Expression:
    """With `tier` and `value_at_stake`: the whole value, a year of what is to be renewed, or one average order, by the reason."""
    renewing = one.why == RENEWAL
    if tiers is None:
        stake = renewing.ifelse(one.recurring_revenue, ibis.null("float64"))
        return one.mutate(tier=ibis.null("string"), value_at_stake=stake)
    one = one.left_join(tiers.select("customer_id", "tier", "revenue", "orders"), "customer_id").drop(
        "customer_id_right"
    )
    value = one.revenue.cast("float64")
    per_order = value / ibis.greatest(one.orders.fill_null(1), 1)
    stake = ibis.cases(
        (one.why == RENEWAL, one.recurring_revenue), (one.why.isin(WHOLE_VALUE), value), else_=per_order
    ).round(2)
    return one.mutate(value_at_stake=stake).drop("revenue", "orders")


def _why_text(c: Company, row: Mapping[Any, Any]) -> str:
    """The reason with its numbers, as one sentence."""
    why = row["why"]
    months = "" if pd.isna(row["silent_months"]) else _months(int(row["silent_months"]))
    drop = "" if pd.isna(row["frequency_drop"]) else language.percent(row["frequency_drop"], 0)
    if why in BY_SIGNS:
        return str(row["reasons"])
    if why == DUTY:
        return _case_text(float(row["overdue_hours"]))
    if why == "silent_and_dropped":
        return say("No login for {months} and purchases down {drop} against own baseline.").format(
            months=months, drop=drop
        )
    if why == "silent":
        told = (
            say("No login for {months}.")
            if drop
            else say("No login for {months}; too few earlier orders to compare purchases.")
        )
        return told.format(months=months)
    if why == "dropped":
        told = (
            say("Purchases down {drop} against own baseline.")
            if months or not c.knows("activity.logins")
            else say("Purchases down {drop} against own baseline; no login is on record.")
        )
        return told.format(drop=drop)
    if why == RENEWAL:
        return _renewal_text(row)
    span = _months(c.policy.rhythm.business_review_months if why == "review_due" else c.policy.risk.window_months)
    if why == "complaints":
        n = int(row["complaints"])
        return ngettext("{n} complaint in the last {months}.", "{n} complaints in the last {months}.", n).format(
            n=language.number(n), months=span
        )
    if why == "review_due":
        return say("No business review on record in the last {months}.").format(months=span)
    return say("Day {days} after the last order falls on {day}.").format(
        days=language.number(row["days_after"]), day=language.day(row["due_on"])
    )


def _without(c: Company, row: Mapping[Any, Any]) -> str:
    """What the row would be surer with: of its reason, its channel and its value."""
    used = [n for n in USES.get(row["why"], ()) if row["why"] not in BY_SIGNS or n.partition(".")[0] not in c.missing]
    if row["why"] not in PERSONAL and c.policy.rhythm.by_category:
        used.append("orders.category")
    if row["channel"]:
        used += [name for name in USES["channel"] if c.knows(name.partition(".")[0]) and not c.mapped(name)]
        used += [f"customers.{point}" for channel, point in reachability.POINTS.items() if channel == row["channel"]]
    if pd.notna(row["value_at_stake"]) and row["why"] != RENEWAL:
        used += USES["value_at_stake"]
    return " ".join(name for name in used if not c.knows(name))


def _renewal_text(row: Mapping[Any, Any]) -> str:
    n, amount = int(row["renewals"]), row["recurring_revenue"]
    if pd.isna(amount):
        told = ngettext(
            "{n} contract is up for renewal, on {day}.", "{n} contracts are up for renewal, the first on {day}.", n
        )
    else:
        told = ngettext(
            "{n} contract that brings {amount} a year is up for renewal, on {day}.",
            "{n} contracts that bring {amount} a year are up for renewal, the first on {day}.",
            n,
        )
    amount = "" if pd.isna(amount) else language.money(amount)
    return told.format(n=language.number(n), amount=amount, day=language.day(row["renews_on"]))


def _months(n: int) -> str:
    return ngettext("{n} month", "{n} months", n).format(n=language.number(n))


def _case_text(hours: float) -> str:
    if hours < 72:
        return say("A case has been waiting {hours} hours longer than promised.").format(hours=language.number(hours))
    return say("A case has been waiting {days} days longer than promised.").format(days=language.number(hours / 24))
