"""What the company holds: which columns it records and how full they are, when its rows came, and which of them cannot be.

The border counts cells while it still sees them; everything else is counted in the tables. A column that the company does not
record is neither full nor empty and stands nowhere here but in `unrecorded` (D036, D037).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce
from operator import or_

import ibis
from ibis import _
from ibis.expr.types import BooleanValue, Table

from crmlib.facts import people
from crmlib.facts.company import Company, fact
from crmlib.vocabulary.schema import TABLES

RECORDED = tuple(name for name, table in TABLES.items() if "recorded_at" in table.names)
"""Tables that may say when a row was recorded."""
SETTLED = 90
"""Days after which a row that is still to come is not waited for: what came later says how late rows come."""
ANY = "any"
"""The rule that a row fails if it fails one of the others."""
_NO_SIGN = ("customers", "actions", "board")


def there(c: Company) -> list[str]:
    """The tables that the company has, customers always among them, in schema order."""
    return [name for name in TABLES if name == "customers" or c.knows(name)]


def unrecorded(c: Company, *tables: str) -> list[str]:
    """What the company does not record, as `KPI.uses` names it, in schema order: of `tables` (all where none is named) those
    that are missing ("tickets"), and the columns of the others that are not mapped ("orders.refunded").
    """
    names: list[str] = []
    for table in (TABLES[name] for name in tables or TABLES):
        columns = [f"{table.name}.{name}" for name in table.names]
        names += [name for name in columns if not c.mapped(name)] if c.knows(table.name) else [table.name]
    return names


@fact
def profile(c: Company) -> Table:
    """Cells by table, column and month of the row's time (null where it has none): rows, filled, and of those invalid.

    As the border counted them: columns that the company maps, and months that ended by the day.
    """
    after = c.as_of + timedelta(days=1)
    over = _.month.isnull() | (_.month < date(after.year, after.month, 1))
    known = [f"{t.name}.{name}" for t in TABLES.values() for name in t.names if c.mapped(f"{t.name}.{name}")]
    return c.tables.profile.filter(over, (_.table + "." + _.column).isin(known))


@fact
def account(c: Company) -> Table:
    """Where every source row went, by table and file: read, filtered, repeated, rejected, kept (D042)."""
    return c.tables.account


@fact
def unnamed(c: Company) -> Table:
    """Words that were not published: table, column, why (few or personal), values (different ones), rows (D042)."""
    return c.tables.unnamed


@fact
def formats(c: Company) -> Table:
    """The shapes in which dates and telephone numbers are written: table, column, shape, rows (looked at).

    A date is of one shape with and without leading zeros: 9/9/2018 and 10/12/2018 are written alike.
    """
    short = _.format.replace("9999", "~").replace("99", "9").replace("~", "9999")
    rows = c.tables.formats.mutate(shape=(_.column == "phone").ifelse(_.format, short))
    return rows.group_by(["table", "column", "shape"]).agg(rows=_.rows.sum())


@fact
def records(c: Company) -> Table:
    """Each record of the source systems: record_id, customer_id (whom it counts for), source_system, acquired_on, recorded_at;
    none where records were not compared.
    """
    return c.tables.records.filter(ibis.literal(c.about["records_compared"] == "yes"))


@fact
def links(c: Company) -> Table:
    """Pairs of records that may be one customer: record_a, record_b, probability, same, and how each field compares."""
    return c.tables.links


@fact
def rows(c: Company) -> Table:
    """One row per row of each table: table, customer_id, day it came to be (null where that is not known)."""
    parts = []
    for name in there(c):
        table = getattr(c.tables, name)
        day = table[TABLES[name].time].cast("date")
        parts.append(table.select(table=ibis.literal(name), customer_id=table.customer_id, day=day))
    return ibis.union(*parts)


@fact
def recordings(c: Company) -> Table:
    """One row per row of which it is known when it happened and when it was recorded: table, day, seconds and lag (whole days)
    from the one to the other, is_over (the hours that policy allows were over by the end of the day), is_in_time.

    Of customers each record of a source system counts: the merged customer's two dates may be of different records.
    """
    end = ibis.literal(c.as_of + timedelta(days=1), type="date").cast("timestamp(6)").epoch_seconds()
    allowed = round(c.policy.quality.on_time_hours * 3600)
    parts = []
    for name in (n for n in there(c) if n in RECORDED):
        own = getattr(c.tables, name)
        table = own.select(at=own[TABLES[name].time].cast("timestamp(6)"), seen=own.recorded_at)
        if name == "customers":
            merged = own.anti_join(c.tables.records, "customer_id").select("acquired_on", "recorded_at")
            each = ibis.union(merged, c.tables.records.select("acquired_on", "recorded_at"))
            table = each.select(at=each.acquired_on.cast("timestamp(6)"), seen=each.recorded_at)
        known = table["at"].notnull() & table.seen.notnull() & c.knows(f"{name}.recorded_at")
        parts.append(table.filter(known).mutate(table=ibis.literal(name)))
    both = ibis.union(*parts)
    begun = both["at"].epoch_seconds()
    seconds = both.seen.epoch_seconds() - begun
    lag = both.seen.date().delta(both["at"].date(), unit="day")
    return both.select(
        "table", day=both["at"].date(), seconds=seconds, lag=ibis.greatest(lag, 0),
        is_over=begun + allowed < end, is_in_time=seconds <= allowed,
    )  # fmt: skip


@fact
def still_to_come(c: Company) -> Table:
    """How much of the last days is on record by now: table, day, days_since, share (of the rows that will be there in the end),
    n (rows that say so); for the last 90 days of tables that say when their rows were recorded and have older events than that.

    Experience is the events of at least 90 days ago, of which rows later than that are no longer waited for. The rows of the
    last days themselves cannot say it: only the quick ones of them are there (truncated from the right, Lagakos et al. 1988).
    """
    here = recordings(c)
    old = here.filter(here.day <= c.as_of - timedelta(days=SETTLED), here.lag <= SETTLED)
    came = old.group_by(["table", "lag"]).agg(came=_.count())
    ages = came.select(of="table").distinct().mutate(days_since=ibis.range(0, SETTLED).unnest())
    met = ages.inner_join(came, ages.of == came.table)
    shares = met.group_by(["table", "days_since"]).agg(
        share=_.came.sum(where=_.lag <= _.days_since).fill_null(0) / _.came.sum(), n=_.came.sum()
    )
    day = ibis.literal(c.as_of) - shares.days_since.as_interval("D")
    return shares.select("table", "days_since", "share", "n", day=day.cast("date"))


@fact
def days_on_record(c: Company) -> Table:
    """One row per table and day: table, day, rows on record by the company's day, over and in_time (of these, rows whose hours
    are over, and of those the rows in time), expected and expected_over (as many rows once all have come, by `still_to_come`).
    """
    each = (
        recordings(c)
        .group_by(["table", "day"])
        .agg(rows=_.count(), over=_.count(where=_.is_over), in_time=_.count(where=_.is_over & _.is_in_time))
    )
    joined = each.left_join(still_to_come(c).select("table", "day", "share"), ["table", "day"])
    share = (joined.share > 0).ifelse(joined.share, 1.0).fill_null(1.0)
    return joined.select(
        "table", "day", "rows", "over", "in_time", expected=joined.rows / share, expected_over=joined.over / share
    )


@fact
def signs(c: Company) -> Table:
    """Signs of life of a customer: customer_id, day of an order, contact, case, answer, use, consent given or withdrawn."""
    events = rows(c).filter(_.table.notin(_NO_SIGN)).select("customer_id", "day")
    withdrawn = people.consents(c).select("customer_id", day=_.withdrawn_at.date())
    return ibis.union(events, withdrawn).filter(_.day.notnull())


@fact
def last_signs(c: Company) -> Table:
    """One row per customer with a valid value in a personal column: customer_id, source_system, last_on (day of the last sign,
    or first known; null where neither is known).
    """
    everyone = people.customers(c)
    some = reduce(or_, (everyone[f"has_{name}"].fill_null(False) for name in people.PERSONAL))
    last = signs(c).group_by("customer_id").agg(seen_on=_.day.max())
    joined = everyone.filter(some).left_join(last, "customer_id")
    return joined.select("customer_id", "source_system", last_on=ibis.greatest(joined.seen_on, joined.acquired_on))


@fact
def judged(c: Company) -> Table:
    """One row per row of a table and rule of plausibility: table, rule, place (of the rule among all), customer_id, day, failed
    (true where the row cannot be; null where the rule cannot be asked of it). The rule "any" is failed by a row that fails one
    of its table's rules (D036).
    """
    parts: list[Table] = []
    for name, (table, rules) in _rules(c).items():
        asked = reduce(or_, (failed.notnull() for failed in rules.values()))
        some = reduce(or_, (failed.fill_null(False) for failed in rules.values()))
        for rule, failed in {ANY: asked.ifelse(some, ibis.null("boolean")), **rules}.items():
            parts.append(
                table.select(
                    "customer_id",
                    table=ibis.literal(name),
                    day=table[TABLES[name].time].cast("date"),
                    rule=ibis.literal(rule),
                    place=ibis.literal(len(parts)),
                    failed=failed,
                )
            )
    return ibis.union(*parts)


def _rules(c: Company) -> dict[str, tuple[Table, dict[str, BooleanValue]]]:
    """Per table its rows, and per rule whether a row fails it: null where a cell that it asks for is empty."""
    known = people.customers(c).select("customer_id", "acquired_on")
    orders = c.tables.orders.left_join(known, "customer_id").drop("customer_id_right")
    contacts, cases, consents = c.tables.interactions, c.tables.tickets, c.tables.consents
    rules: dict[str, tuple[Table, dict[str, BooleanValue]]] = {
        "orders": (
            orders,
            {
                "negative_amount": orders.amount < 0,
                "refund_above_amount": (orders.refunded < 0) | (orders.refunded > orders.amount.abs()),
                "discount_outside": (orders.discount < 0) | (orders.discount > 1),
                "order_before_known": orders.ordered_at.date() < orders.acquired_on,
            },
        ),
        "interactions": (contacts, {"answer_before_contact": contacts.responded_at < contacts["at"]}),
        "tickets": (
            cases,
            {
                "answer_before_case": cases.first_response_at < cases.opened_at,
                "solution_before_case": cases.resolved_at < cases.opened_at,
            },
        ),
        "consents": (consents, {"withdrawn_before_given": consents.withdrawn_at < consents.granted_at}),
    }
    for name, (table, asked) in rules.items():
        if name in RECORDED:
            asked["record_before_event"] = table.recorded_at.date() < table[TABLES[name].time].cast("date")
    return rules
