"""What a person should doubt before a review is made: each in one sentence, none of them stops anything.

A column mapped to the wrong field gives figures that look like figures; what gives it away is told here (D036).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb

from crmlib.border import repeats
from crmlib.border.cells import signs
from crmlib.border.company import NO_CURRENCY, Description
from crmlib.border.days import UNDATED
from crmlib.border.lines import Read
from crmlib.border.sources import literal, quote
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import N_, _

ENOUGH = 30
"""Rows or customers below which a pattern is no ground for a doubt."""
HARDLY = 0.05
"""Share of a table's customers known elsewhere up to which its keys are doubted."""
LARGE = 0.5
"""Share of what was paid from which refunds are doubted, and of those who left from which contracts that run are."""

ONE_ORDER_EACH = N_(
    "Each of the {n} customers has exactly one order: is customer_id mapped to a number of the order rather than of the customer?"
)
REFUNDS_ABOVE = N_(
    "In {part} of {n} orders with a refund it is larger than the amount: if amounts are net of refunds already, "
    "leave `refunded` out."
)
REFUNDS_TWICE = N_("{n} orders have a negative amount although refunds are mapped: is the same money taken off twice?")
REFUNDS_LARGE = N_("{share} of what was paid was paid back: is `refunded` the refund, and not the amount?")
NO_SIGN = N_("No heading and no cell names a currency; company.toml says {currency}. Make sure that it is.")
STRANGERS = N_(
    "{table}: of {n} customers {part} are known from any other table; are these the same numbers as elsewhere?"
)
UNLISTED = N_(
    "{table}: of {n} customers {part} have a record in the table of customers; are these the same numbers as there?"
)
LEFT_AND_RUNNING = N_(
    "Of {n} customers with a cancellation on record {part} still have a contract that runs: does the cancellation end something "
    "else, or do the contracts lack their end?"
)
BEYOND = N_("{table}: {n} rows lie after {latest}, up to which the data reach; the last is of {last}.")
TWICE = N_(
    '{table}: {n} of {all} rows are equal to an earlier row; if a file was exported twice, say repeats = "drop".'
)


def doubts(engine: duckdb.DuckDBPyConnection, company: Description, reads: list[Read], latest: date) -> list[str]:
    """Sentences about what was read, in the language in force; `latest` is the day up to which the data reach."""
    found = [*_orders(engine, reads), *_currency(engine, company, reads), *_strangers(engine, company, reads)]
    found += _left_and_running(engine, reads)
    return [*found, *_beyond(engine, reads, latest), *_repeated(engine, company, reads)]


def _ask(engine: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row = engine.execute(query).fetchall()[0]
    return tuple(int(v or 0) for v in row)


def _number(value: int) -> str:
    return language.number(value)


def _orders(engine: duckdb.DuckDBPyConnection, reads: list[Read]) -> Iterator[str]:
    mapped = next((r.mapped for r in reads if r.table.name == "orders"), frozenset[str]())
    if not mapped:
        return
    orders, customers = _ask(engine, "select count(*), count(distinct customer_id) from rows_orders")
    if orders == customers >= ENOUGH:
        yield _(ONE_ORDER_EACH).format(n=_number(customers))
    if {"amount", "refunded"} <= mapped:
        n, above, negative = _ask(
            engine,
            "select count_if(refunded > 0), count_if(refunded > abs(amount)), count_if(amount < 0) from rows_orders",
        )
        paid, back = _ask(engine, "select sum(amount) filter (where amount > 0), sum(refunded) from rows_orders")
        if n >= ENOUGH and above > HARDLY * n:
            yield _(REFUNDS_ABOVE).format(part=_number(above), n=_number(n))
        if n and negative:
            yield _(REFUNDS_TWICE).format(n=_number(negative))
        if n >= ENOUGH and back > LARGE * paid:
            yield _(REFUNDS_LARGE).format(share=language.percent(back / max(paid, 1), 0))


def _currency(engine: duckdb.DuckDBPyConnection, company: Description, reads: list[Read]) -> Iterator[str]:
    """Whether any heading or any of the first cells that feed money says the currency."""
    if company.currency == NO_CURRENCY:
        return
    sign = f"regexp_matches(t, {literal('(?i)' + signs(company.currency))})"
    for read in reads:
        money = {c.name for c in read.table.columns if c.kind == "money"} & read.mapped
        for i, source in enumerate(company.sources(read.table.name) if money else ()):
            raw = f"raw_{read.table.name}_{i}"
            columns = [c for (c,) in engine.execute(f"select column_name from (describe {raw})").fetchall()]
            feeding = [c for c in columns if any(c in source.fields.get(m, "") for m in money)]
            cells = " union all ".join(
                [f"select {literal(c)} as t" for c in columns]
                + [f"(select cast({quote(c)} as varchar) as t from {raw} limit 1000)" for c in feeding]
            )
            if _ask(engine, f"select count_if({sign}) from ({cells})")[0]:
                return
    if any({c.name for c in r.table.columns if c.kind == "money"} & r.mapped for r in reads):
        yield _(NO_SIGN).format(currency=company.currency)


def _strangers(engine: duckdb.DuckDBPyConnection, company: Description, reads: list[Read]) -> Iterator[str]:
    """Tables whose customers hardly any other table knows, or hardly the table of customers; lists that a review wrote know those
    they name, and no others.
    """
    reads = [r for r in reads if not all(source.ours for source in company.sources(r.table.name))]
    if len(reads) < 2:
        return
    named = any(r.table.name == "customers" for r in reads)
    listed = "select distinct customer_id from rows_customers where customer_id is not null" if named else ""
    for read in reads:
        others = " union ".join(
            f"select customer_id from rows_{r.table.name}" for r in reads if r.table.name != read.table.name
        )
        own = f"select distinct customer_id from rows_{read.table.name} where customer_id is not null"
        n, known = _ask(engine, f"select count(*), count_if(customer_id in ({others})) from ({own})")
        table = label(read.table.name, "table")
        if n < ENOUGH or read.table.name == "customers":
            continue
        if known <= HARDLY * n:
            yield _(STRANGERS).format(table=table, n=_number(n), part=_number(known))
        elif listed:
            kept, met = _ask(
                engine,
                f"select (select count(*) from ({listed})), count_if(customer_id in ({listed})) from ({own})",
            )
            if kept >= ENOUGH and met <= HARDLY * min(n, kept):
                yield _(UNLISTED).format(table=table, n=_number(n), part=_number(met))


def _left_and_running(engine: duckdb.DuckDBPyConnection, reads: list[Read]) -> Iterator[str]:
    """Whether most of those who are said to have left have a contract that nothing ends."""
    mapped = {r.table.name: r.mapped for r in reads}
    if not {"events", "contracts"} <= {*mapped}:
        return
    ends = [f"c.{name} is null" for name in ("ended_on", "ends_on") if name in mapped["contracts"]] or ["true"]
    left = f"select customer_id, max({quote('at')}) as day from rows_events where kind = 'cancellation' group by 1"
    own = "c.customer_id = l.customer_id and c.started_on <= l.day"
    runs = f"select 1 from rows_contracts c where {own} and {' and '.join(ends)}"
    n, part = _ask(engine, f"select count(*), count_if(exists ({runs})) from ({left}) l")
    if n >= ENOUGH and part > LARGE * n:
        yield _(LEFT_AND_RUNNING).format(n=_number(n), part=_number(part))


def _beyond(engine: duckdb.DuckDBPyConnection, reads: list[Read], latest: date) -> Iterator[str]:
    for read in reads:
        if read.table.name in UNDATED:
            continue
        day = f"cast({quote(read.table.time)} as date)"
        query = f"select count(*), max({day}) from rows_{read.table.name} where {day} > date '{latest + timedelta(days=31)}'"
        n, last = engine.execute(query).fetchall()[0]
        if n:
            table = label(read.table.name, "table")
            yield _(BEYOND).format(table=table, n=_number(n), latest=language.day(latest), last=language.day(last))


def _repeated(engine: duckdb.DuckDBPyConnection, company: Description, reads: list[Read]) -> Iterator[str]:
    """Sources that keep rows which say the same as an earlier one, all columns alike."""
    for read in reads:
        for i, source in enumerate(company.sources(read.table.name)):
            if source.repeats == "drop" or source.unpivot:
                continue
            raw = f"raw_{read.table.name}_{i}"
            n, again = repeats.counted(engine, raw)
            if n >= ENOUGH and again > repeats.SAME_ROWS * n:
                table = label(read.table.name, "table")
                yield _(TWICE).format(table=table, n=_number(again), all=_number(n))
