"""The deck's rule of risk: months without a login, purchases down, complaints; each sign with its numbers (D102, D104, D105)."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
from ibis import _
from ibis.expr.types import BooleanValue, Value
from ibis.expr.types import Table as Expression

from crmlib.facts import cases, contacts, lookups, purchases, trends, use, windows
from crmlib.facts.company import Company
from crmlib.vocabulary.policy import Risk

SIGNALS = {
    "silent": "activity.logins",
    "dropped": "orders.ordered_at",
    "complaining": "tickets.category",
    "withdrawn": "interactions.direction",
}
"""Flags of `signals` and the column each needs. The rule uses the first three; the fourth, fewer contacts, is watched."""
REASONS = ("silent_and_dropped", "silent", "dropped", "complaints")
"""Reason codes, the strongest first."""


def signals(c: Company) -> Expression:
    """One row per customer with an order: the numbers behind each signal, the signal itself, and the verdict of the rule.

    `silent`: at least `silent_months` whole months since `last_login`. `dropped`: orders a month in the window at least
    `frequency_drop` below the customer's own mean of the `baseline_months` before it, and beyond chance (`facts.trends`).
    `complaining`: at least `complaints_from` complaints in the window. `withdrawn`: contacts from the customer down likewise.
    Each is null where it cannot be said (never logged in, fewer than `baseline_orders` in the baseline, so few that none would
    be chance, what it needs is not recorded; and the
    first two where customers do not come back anyway, `purchases.comes_back`). A baseline that began before the
    customer did is counted in full, which can hide a drop but never invent one.

    `state`: `at_risk` when all (or any, as `combine` says) of silent and dropped that can be seen hold, or complaining does;
    `steady`; `unseen` when none of the three can be seen; `lapsed` with neither order nor login in window and baseline
    (to be won back, not warned about). `why` is the reason code of those at risk. Computed once and held, since all that
    follows reads it. Source: D102, D104, D105.
    """
    watched = _counted(c, _contacts(c).semi_join(_ordering(c), "customer_id"), "contacts")
    frame = verdicts(c).left_join(watched, "customer_id").drop("customer_id_right")
    frame = frame.mutate(
        withdrawn=_beyond_chance(frame.contacts_drop, frame.contacts_fall, c.policy.risk),
        contact_drop=frame.contacts_drop,
    )
    told = frame.drop("contacts_fall", "contacts_drop", "contacts_window", "contacts_baseline")
    return ibis.memtable(told.order_by("customer_id").to_pyarrow())


def verdicts(c: Company) -> Expression:
    """The same without what is only watched: fewer contacts from the customer."""
    risk = c.policy.risk
    frame = _counted(c, _ordering(c), "orders")
    for part in (_logins(c), _complaints(c)):
        frame = frame.left_join(part, "customer_id").drop("customer_id_right")
    returns = ibis.literal(purchases.comes_back(c))
    recorded = ibis.literal(c.knows(SIGNALS["complaining"]))
    frame = frame.mutate(
        silent_months=returns.ifelse(_whole_months(c, frame.last_login), ibis.null("int64")),
        frequency_drop=returns.ifelse(frame.orders_drop, ibis.null("float64")),
        complaints=recorded.ifelse(frame.complaints.fill_null(0), ibis.null("int64")),
    )
    frame = frame.mutate(
        silent=frame.silent_months >= risk.silent_months,
        dropped=_beyond_chance(frame.frequency_drop, frame.orders_fall, risk),
        complaining=frame.complaints >= risk.complaints_from,
    )
    return _judged(c, frame).drop("orders_fall", "orders_drop")


def _spans(c: Company) -> tuple[date, date]:
    """First day of the window and of the baseline before it."""
    risk = c.policy.risk
    return windows.last(c, risk.window_months), windows.last(c, risk.window_months + risk.baseline_months)


def _ordering(c: Company) -> Expression:
    window, baseline = _spans(c)
    return (
        purchases.orders(c)
        .group_by("customer_id")
        .agg(
            last_order=_.day.max(),
            orders_window=_.count(where=_.day >= window),
            orders_baseline=_.count(where=(_.day >= baseline) & (_.day < window)),
        )
    )


def _logins(c: Company) -> Expression:
    return use.logins(c).group_by("customer_id").agg(last_login=_.day.max())


def _complaints(c: Company) -> Expression:
    window, _baseline = _spans(c)
    made = cases.cases(c).filter(_.is_complaint & (_.day >= window))
    return made.group_by("customer_id").agg(complaints=_.count())


def _contacts(c: Company) -> Expression:
    window, baseline = _spans(c)
    counted = contacts.theirs(c).group_by("customer_id")
    return counted.agg(
        contacts_window=_.count(where=_.day >= window),
        contacts_baseline=_.count(where=(_.day >= baseline) & (_.day < window)),
    )


def _whole_months(c: Company, last: Value) -> Value:
    """Whole months from the day after `last` to the end of the day: 3 for 31 July and 31 October, 2 for 1 August."""
    end = c.as_of + timedelta(days=1)
    after = last + ibis.interval(days=1)
    months = (end.year * 12 + end.month) - (after.year() * 12 + after.month())
    return (months - (after.day() > end.day).cast("int64")).cast("int64")


def _drop(window: Value, baseline: Value, risk: Risk) -> Value:
    """1 − (a month's rate in the window / in the baseline); null with fewer than `baseline_orders` in the baseline."""
    rate = (window * risk.baseline_months).cast("float64") / (baseline.nullif(0) * risk.window_months)
    return ibis.ifelse(baseline >= risk.baseline_orders, 1 - rate, ibis.null("float64"))


def _beyond_chance(drop: Value, falls: Value, risk: Risk) -> Value:
    """Whether a drop is as large as policy asks and no chance; null where neither can be told."""
    return drop.notnull().ifelse((drop >= risk.frequency_drop - 1e-9) & falls, ibis.null("boolean"))


def _counted(c: Company, frame: Expression, what: str) -> Expression:
    """Counts of `what` in window and baseline (`_window`, `_baseline`) by customer, with `_drop` and `_fall`: whether they fall
    beyond chance, null where so few tell nothing. Held, as both are read from it.
    """
    window, baseline = _spans(c)
    late, early = (frame[f"{what}_{span}"] for span in ("window", "baseline"))
    frame = lookups.held(c, what, frame.mutate(**{f"{what}_drop": _drop(late, early, c.policy.risk)}))
    counts = frame.select(
        "customer_id",
        late=frame[f"{what}_window"],
        early=frame[f"{what}_baseline"],
        late_days=ibis.literal((c.as_of - window).days + 1, "int64"),
        early_days=ibis.literal((window - baseline).days, "int64"),
    )
    found = trends.compared(c, counts, least=1, change=0.0)
    told = found.select("customer_id", **{f"{what}_fall": _.falls})
    return frame.left_join(told, "customer_id").drop("customer_id_right")


def _judged(c: Company, frame: Expression) -> Expression:
    _window, baseline = _spans(c)
    pair = [frame.silent, frame.dropped]
    seen = sum((s.notnull().cast("int64") for s in pair), ibis.literal(0))
    held = sum((s.fill_null(False).cast("int64") for s in pair), ibis.literal(0))
    by_rule: BooleanValue = (seen > 0) & (held == seen) if c.policy.risk.combine == "all" else held > 0
    complaining = frame.complaining.fill_null(False)
    gone = (frame.last_order < baseline) & (frame.last_login.fill_null(frame.last_order) < baseline)
    state = ibis.cases(
        (gone, "lapsed"),
        (by_rule | complaining, "at_risk"),
        ((seen == 0) & frame.complaining.isnull(), "unseen"),
        else_="steady",
    )
    silent, dropped = (s.fill_null(False) for s in pair)
    why = ibis.cases(
        (by_rule & silent & dropped, REASONS[0]),
        (by_rule & silent, REASONS[1]),
        (by_rule & dropped, REASONS[2]),
        else_=REASONS[3],
    )
    frame = frame.mutate(state=state, why=why)
    return frame.mutate(why=ibis.ifelse(frame.state == "at_risk", frame.why, ibis.null("string")))
