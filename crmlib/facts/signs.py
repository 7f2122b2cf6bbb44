"""Signs of life: what a customer did that shows they are still there, each with the day on which it was known (D102, D104).

A sign is something the customer did (an order, use, a contact of theirs, an answer) or a contract in force. What a company does
not record gives no sign: nobody is silent in a language that nobody writes down.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import ibis
from ibis import _
from ibis.expr.types import IntegerColumn, Table, Value

from crmlib.facts import contracts, purchases
from crmlib.facts.company import Company, fact
from crmlib.vocabulary.months import first_day
from crmlib.vocabulary.scales import ANSWERS
from crmlib.vocabulary.signs_of_leaving import READ_FROM
from crmlib.vocabulary.unlocks import CANCELLATION, COMPLAINT

KINDS: Final = ("order", "use", "contact", "answer", "contract")
"""Kinds of signs, in the order in which they are told."""
VALUES: Final = ("net", "orders", "discounted", "cases", "complaints", "open_cases", "refunds", "goodbyes", "errors")
"""What is summed beside the signs: net revenue before refunds, orders, orders at a discount, cases, complaints, cases opened less
those solved, refunds, goodbyes, errors met."""


def kinds(c: Company) -> tuple[str, ...]:
    """The kinds of signs that the company records and that policy counts (`risk.signs`).

    Where customers buy once, no silence after that says anything: they order, ask and answer about the one order, and are neither
    slipping nor overdue then. Use and a contract in force go on, and stay signs.
    """
    lasts = not c.knows("orders") or purchases.comes_back(c)
    recorded = {
        "order": lasts and c.knows("orders"),
        "use": c.knows("activity"),
        "contact": lasts and (c.knows("interactions.direction") or c.knows("tickets")),
        "answer": lasts and (c.knows("interactions.responded_at") or c.knows("surveys")),
        "contract": contracts.ends_are_known(c),
    }
    return tuple(kind for kind in KINDS if recorded[kind] and kind in c.policy.risk.signs)


def values(c: Company) -> tuple[str, ...]:
    """What of `VALUES` the company records."""
    recorded = {
        "net": c.knows("orders.amount"),
        "orders": c.knows("orders"),
        "discounted": c.knows("orders.discount"),
        "cases": c.knows("tickets"),
        "complaints": c.knows("tickets.category"),
        "open_cases": c.knows("tickets.resolved_at") or c.knows("tickets.closed_at"),
        "refunds": c.knows("orders.refunded", "orders.refunded_at"),
        "goodbyes": c.knows("events.kind", "events.customer_id"),
        "errors": c.knows("activity.errors"),
    }
    return tuple(name for name in VALUES if recorded[name])


def surer(c: Company) -> tuple[str, ...]:
    """What would make the warning surer, of the tables that the company has."""
    return tuple(name for name in READ_FROM if name.partition(".")[0] not in c.missing)


@fact
def happenings(c: Company) -> Table:
    """One row per thing that happened: customer_id, day, known_on (day on which it was on record), kind (of a sign of life; null
    where it is none), and the `values` that it counts towards.
    """
    there, counted = kinds(c), values(c)
    parts = [p for of in (_orders, _use, _contacts, _cases, _answers, _contracts, _goodbyes) for p in of(c)]
    told = []
    for rows, kind, sums in parts:
        named = kind if kind in there else None
        summed = {name: sums.get(name, ibis.null("float64")) for name in counted}
        if named is None and not set(sums) & set(counted):
            continue
        told.append(
            rows.select(
                "customer_id",
                "day",
                "known_on",
                kind=ibis.literal(named, "string") if named else ibis.null("string"),
                **{name: value.cast("float64") for name, value in summed.items()},
            )
        )
    if not told:
        none = {"customer_id": "string", "day": "date", "known_on": "date", "kind": "string"}
        return ibis.memtable([], schema=ibis.schema({**none, **dict.fromkeys(counted, "float64")}))
    rows = ibis.union(*told) if len(told) > 1 else told[0]
    return rows.filter(rows.known_on <= ibis.literal(c.as_of))


@fact
def days(c: Company) -> Table:
    """One row per customer and day with a sign of life: customer_id, day."""
    return happenings(c).filter(_.kind.notnull()).select("customer_id", "day").distinct()


def periods_back(c: Company, day: Value) -> IntegerColumn:
    """In which month before the company's day a day lies: 0 in the month that ends with it, 1 in the one before."""
    after = c.as_of + timedelta(days=1)
    begins = ibis.literal(after.day)
    if after.day > 28:
        begins = ibis.least(begins, (day.truncate("M") + ibis.interval(months=1) - ibis.interval(days=1)).day())
    index = day.year() * 12 + day.month()
    index = index - (day.day() < begins).cast("int64") if after.day > 1 else index
    last = after.year * 12 + after.month - 1
    return (ibis.literal(last) - index).cast("int64")


def month_end(c: Company, back: int) -> date:
    """The end of the month so many before the company's day, that day itself for 0."""
    return first_day(c.as_of, back) - timedelta(days=1) if back else c.as_of


_Part = tuple[Table, str | None, dict[str, Value]]


def _dated(rows: Table, day: Value, recorded: bool, **more: Value) -> Table:
    """The rows with their day, and the day on which they were known."""
    known = ibis.greatest(day, ibis.coalesce(rows.recorded_at.date(), day)) if recorded else day
    return rows.select("customer_id", day=day, known_on=known, **more)


def _orders(c: Company) -> list[_Part]:
    if "orders" in c.missing:
        return []
    rows = c.tables.orders
    each = _dated(rows, rows.ordered_at.date(), True, amount=rows.amount, discount=rows.discount)
    sums = {
        "net": each.amount.fill_null(0),
        "orders": ibis.literal(1.0),
        "discounted": (each.discount > 0).fill_null(False),
    }
    back = rows.filter(rows.refunded > 0, rows.refunded_at.notnull())
    paid_back = _dated(back, back.refunded_at.date(), True, refunded=back.refunded)
    return (
        [
            (each, "order", sums),
            (paid_back, None, {"refunds": ibis.literal(1.0), "net": -paid_back.refunded}),
        ]
        if c.knows("orders.refunded", "orders.refunded_at")
        else [(each, "order", sums)]
    )


def _use(c: Company) -> list[_Part]:
    if "activity" in c.missing:
        return []
    rows = c.tables.activity
    is_use = (
        (rows.logins.fill_null(0) > 0) | (rows.events.fill_null(0) > 0) | (rows.logins.isnull() & rows.events.isnull())
    )
    used = _dated(rows.filter(is_use), rows.day, False, errors=rows.errors)
    return [(used, "use", {"errors": used.errors.fill_null(0)})]


def _contacts(c: Company) -> list[_Part]:
    if "interactions" in c.missing:
        return []
    rows = c.tables.interactions
    theirs = rows.filter(rows.direction == "in")
    answered = rows.filter((rows.direction == "out").fill_null(True), rows.responded_at.notnull())
    return [
        (_dated(theirs, theirs["at"].date(), True), "contact", {}),
        (_dated(answered, answered.responded_at.date(), True), "answer", {}),
    ]


def _cases(c: Company) -> list[_Part]:
    if "tickets" in c.missing:
        return []
    rows = c.tables.tickets.mutate(is_complaint=(c.tables.tickets.category.lower() == COMPLAINT).fill_null(False))
    by_us = (rows.found_by == "proactive").fill_null(False)
    parts: list[_Part] = []
    for some, kind in ((rows.filter(~by_us), "contact"), (rows.filter(by_us), None)):
        opened = _dated(some, some.opened_at.date(), True, is_complaint=some.is_complaint)
        one = ibis.literal(1.0)
        parts.append((opened, kind, {"cases": one, "open_cases": one, "complaints": opened.is_complaint}))
    solved = rows.mutate(solved_at=ibis.coalesce(rows.resolved_at, rows.closed_at)).filter(_.solved_at.notnull())
    parts.append((_dated(solved, solved.solved_at.date(), True), None, {"open_cases": ibis.literal(-1.0)}))
    return parts


def _answers(c: Company) -> list[_Part]:
    if "surveys" in c.missing:
        return []
    rows = c.tables.surveys
    untold = not any(c.knows(f"surveys.{name}") for name in ANSWERS)
    given = rows.filter(ibis.or_(*(rows[name].notnull() for name in ANSWERS), ibis.literal(untold)))
    return [(_dated(given, given["at"].date(), True), "answer", {})]


def _contracts(c: Company) -> list[_Part]:
    """A contract is a sign on its first day, on the last day of each month in which it runs, and on its last day."""
    if not contracts.ends_are_known(c):
        return []
    rows = contracts.contracts(c).filter(_.started_on <= c.as_of)
    last = ibis.least(ibis.coalesce(rows.until - ibis.interval(days=1), ibis.literal(c.as_of)), ibis.literal(c.as_of))
    each = rows.select("customer_id", began=rows.started_on, last=last).filter(_.last >= _.began)
    first = each.agg(first=_.began.min()).to_pyarrow().to_pylist()[0]["first"]
    if first is None:
        return []
    after = c.as_of + timedelta(days=1)
    months = (after.year - first.year) * 12 + after.month - first.month
    ends = ibis.array([month_end(c, back) for back in range(months + 1)]).unnest().name("on").as_table()
    running = each.cross_join(ends).filter(_.on >= _.began, _.on <= _.last).select("customer_id", day=_.on)
    both = ibis.union(
        running, each.select("customer_id", day=_.began), each.select("customer_id", day=_.last)
    ).distinct()
    return [(both.mutate(known_on=both.day), "contract", {})]


def _goodbyes(c: Company) -> list[_Part]:
    if not c.knows("events.kind", "events.customer_id"):
        return []
    rows = c.tables.events.filter(_.kind.lower() == CANCELLATION, _.customer_id.notnull())
    return [(_dated(rows, rows["at"].date(), True), None, {"goodbyes": ibis.literal(1.0)})]
