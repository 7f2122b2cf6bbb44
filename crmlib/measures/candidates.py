"""Who there is a reason to contact, and the most urgent one of each (D102 to D108).

The reasons come in as frames of other measures; here they become one row per customer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pandas as pd

from crmlib.facts import expressions as ex
from crmlib.facts import people
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.lookups import first_of
from crmlib.vocabulary.reasons_to_act import BY_CAUSE, DUTY, LEAVING, PERSONAL, RENEWAL, SOON, WHAT

ACT_WITHIN = 7
"""Days to act within where the policy sets none for the reason."""
_REASON = {
    "customer_id": "string", "why": "string", "due_on": "date", "silent_months": "int64", "frequency_drop": "float64",
    "complaints": "int64", "overdue_hours": "float64", "hours_left": "float64", "days_after": "int64",
    "case_id": "string", "renewals": "int64", "renews_on": "date", "recurring_revenue": "float64",
    "reasons": "string", "risk": "float64", "back_on": "date", "next_on": "date",
}  # fmt: skip


def candidates(
    c: Company,
    *,
    warning: Expression | None = None,
    tiers: Expression | None = None,
    overdue: pd.DataFrame | None = None,
    promises: pd.DataFrame | None = None,
    due: Expression | None = None,
    reviews: Expression | None = None,
    renewals: Expression | None = None,
    care: Expression | None = None,
    cycles: Expression | None = None,
    causes: Expression | None = None,
    told: Sequence[Expression] = (),
) -> Expression:
    """One row per customer there is a reason to contact, with the most urgent reason and what stands behind it.

    `customer_id`, `why`, `what`, `purpose`, `light` (a message will do), `due_on`, `owner`, `tier`, and the numbers of the
    reason; computed once and held, since all that follows reads it.
    The reasons: `warning` (`why`, and `reasons` in words or the rule's numbers), `overdue` cases, `promises` that fall due next,
    what is `told` in words (`why`, `reasons`, and `risk`, by which the likelier to leave come first), `due` and `reviews` (the
    rhythm), `renewals` (by customer), `care` (after a return), `cycles` (before the next order). `tiers` has `customer_id` and
    `tier`, `causes` `customer_id` and `cause`: what to do by it, of who may leave. A frame left out gives no reason.
    """
    owed = {DUTY: overdue, SOON: promises}
    listed = _reasons(c, [warning, *told], owed, due, reviews, renewals, care, cycles)
    urgency = ex.cases(*((listed.why == why, i) for i, why in enumerate(WHAT)), else_=len(WHAT))
    order = [urgency, ex.asc("due_on"), ex.asc("why"), ex.desc("overdue_hours"), ex.asc("case_id")]
    one = first_of(listed, "customer_id", order)
    codes = {why: (what, purpose, why not in PERSONAL) for why, (what, purpose) in WHAT.items()}
    what, purpose, light = (
        ex.cases(*((one.why == why, code[i]) for why, code in codes.items()), else_=codes["habit"][i]) for i in range(3)
    )
    one = one.mutate(what=what, purpose=purpose, light=light)
    one = one.left_join(people.customers(c).select("customer_id", "owner"), "customer_id").drop("customer_id_right")
    one = _tiered(one, tiers)
    if causes is not None:
        told = causes.select("customer_id", "cause").filter(_.cause.isin(list(BY_CAUSE)))
        one = one.left_join(told, "customer_id").drop("customer_id_right")
        one = one.mutate(
            what=(one.why.isin(LEAVING) & one.cause.notnull()).ifelse(
                one.cause.cases(*BY_CAUSE.items(), else_=None), one.what
            )
        )
    return ex.memtable(one.order_by("customer_id").to_pyarrow())


def _reasons(
    c: Company,
    told: Sequence[Expression | None],
    owed: Mapping[str, pd.DataFrame | None],
    due: Expression | None,
    reviews: Expression | None,
    renewals: Expression | None,
    care: Expression | None,
    cycles: Expression | None,
) -> Expression:
    within = dict.fromkeys(PERSONAL, ACT_WITHIN) | c.policy.contact.act_within_days

    def until(why: Any) -> Any:
        return ex.cases(*((why == code, c.as_of + timedelta(days=n)) for code, n in sorted(within.items()))).cast(
            "date"
        )

    none = pd.DataFrame({c: pd.Series(dtype="object") for c in _REASON})
    parts = [_reason(ex.memtable(none, schema=ex.schema(_REASON)))]
    parts += [_reason(frame.mutate(due_on=until(frame.why))) for frame in told if frame is not None]
    for why, waiting in owed.items():
        if waiting is not None and len(waiting):
            cases = ex.memtable(waiting).mutate(why=ex.literal(why))
            day = (cases.due_at - ex.interval(seconds=1)).date() if why == SOON else until(cases.why)
            parts.append(_reason(cases.mutate(due_on=day)))
    parts += [_reason(frame.mutate(why=frame.moment)) for frame in (due, care, cycles) if frame is not None]
    if reviews is not None:
        calls = reviews.select("customer_id").mutate(why=ex.literal("review_due"))
        parts.append(_reason(calls.mutate(due_on=until(calls.why))))
    if renewals is not None:
        talks = renewals.mutate(why=ex.literal(RENEWAL))
        parts.append(_reason(talks.mutate(due_on=ex.least(until(talks.why), talks.renews_on))))
    return ex.union(*parts) if len(parts) > 1 else parts[0]


def _reason(frame: Expression) -> Expression:
    """`frame` with exactly the columns of `_REASON`, null where it has none."""
    return frame.select(**{c: frame[c].cast(t) if c in frame.columns else ex.null(t) for c, t in _REASON.items()})


def _tiered(one: Expression, tiers: Expression | None) -> Expression:
    if tiers is None:
        return one.mutate(tier=ex.null("string"))
    return one.left_join(tiers.select("customer_id", "tier"), "customer_id").drop("customer_id_right")
