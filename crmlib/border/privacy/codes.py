"""Which words of the company's own leave the border: codes. All else is `other`, and counted.

A word is a code where the company's description or policy names it, where it is of this program's vocabulary, or where at
least `policy.privacy.k` different customers hold it; never where it tells of a person (`recognisers`, `own_people`), unless the
description names it word for word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import duckdb
import pandas as pd

from crmlib.border.company import Description
from crmlib.border.lines import Read
from crmlib.border.privacy.own_people import own_people
from crmlib.border.privacy.recognisers import Recogniser, numbering
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.accounting import UNNAMED
from crmlib.vocabulary.codes import CODES, OTHER, WORDS
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import Column, Table

HOUSE = frozenset({*CODES, *WORDS})
"""Words of this program's own, which name nobody."""
IDENTIFIERS = (20, 0.99, 6)
"""Customers, share of different values, and digits from which a figure that each customer has is their number somewhere."""


def columns(read: Read) -> list[Column]:
    """The columns of a table that the company maps and of which only codes are frozen."""
    return [c for c in read.table.columns if c.is_code and c.name in read.mapped]


def recognise(engine: duckdb.DuckDBPyConnection, company: Description, reads: list[Read], latest: date) -> None:
    """Of the source rows, what tells of a person becomes `other` in every column of codes, by the rule `personal`."""
    held = {(r.table.name, c.name): _texts(engine, r, c) for r in reads for c in columns(r)}
    own = own_people(engine, company, reads, (text for texts in held.values() for text in texts))
    for read in reads:
        for column in columns(read):
            texts = held[read.table.name, column.name]
            shapes = Recogniser(company.country, latest, numbering(texts))
            named = {*HOUSE, *_declared(company, read.table, column)[0]}
            found = [
                text
                for text in texts
                if text not in named
                and (shapes.kind(text) or (not (column.figures and _is_number(text)) and own.holds(text)))
            ]
            if found:
                _turn_away(engine, read, column, found)


def _turn_away(engine: duckdb.DuckDBPyConnection, read: Read, column: Column, found: list[str]) -> None:
    engine.register("recognised", pd.DataFrame({"text": found}, dtype="str"))
    name, rule, given = (quote(prefix + column.name) for prefix in ("", "q_", "f_"))
    engine.execute(
        f"update {read.lines} set {given} = {name}, {rule} = 'personal', {name} = {literal(OTHER)} "
        f"where {name} in (select text::varchar from recognised)"
    )
    engine.unregister("recognised")


def _texts(engine: duckdb.DuckDBPyConnection, read: Read, column: Column) -> list[str]:
    name = quote(column.name)
    query = f"select distinct {name} from {read.lines} where {name} is not null order by 1"
    return [text for (text,) in engine.execute(query).fetchall()]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _declared(company: Description, table: Table, column: Column) -> tuple[set[str], set[str]]:
    """What the description writes of a column: the words, and the patterns of words."""
    written = {word for source in company.sources(table.name) for word in source.declared(column.name)}
    patterns = {word for word in written if "*" in word}
    return written - patterns, patterns


def keep_codes(
    engine: duckdb.DuckDBPyConnection, company: Description, reads: list[Read], policy: Policy
) -> pd.DataFrame:
    """In `rows_<table>` every word that is no code becomes `other`; what that was, by `accounting.UNNAMED`. Wants `entities`."""
    counted: list[tuple[str, str, str, int, int]] = []
    said = set(_words(policy.model_dump()))
    for read in reads:
        for column in columns(read):
            name, rule, given = (quote(prefix + column.name) for prefix in ("", "q_", "f_"))
            kept = f"from {read.lines} where __state = 'kept' and {rule} = 'personal'"
            personal = engine.execute(f"select count(distinct {given}), count(*) {kept}").fetchall()[0]
            exact, patterns = _declared(company, read.table, column)
            beside = [r for r in reads if r is read or column.name in {c.name for c in columns(r)}]
            few = _held_by_few(engine, read, column, policy.privacy.k, exact | said, patterns, beside)
            for why, (values, rows) in (("personal", personal), ("few", few)):
                if rows:
                    counted.append((read.table.name, column.name, why, values, rows))
            if few[1]:
                engine.execute(
                    f"update rows_{read.table.name} set {name} = {literal(OTHER)} where {name} in (select text from few)"
                )
            if column.figures:
                counted += _identifiers(engine, read, column)
    return pd.DataFrame(counted, columns=list(UNNAMED)).astype({"values": "int64", "rows": "int64"})


def _held_by_few(
    engine: duckdb.DuckDBPyConnection,
    read: Read,
    column: Column,
    k: int,
    words: set[str],
    patterns: set[str],
    beside: list[Read],
) -> tuple[int, int]:
    """Engine table `few`: the words that no code makes and fewer than `k` customers hold, in this table and those `beside` that
    have the same column (a campaign is one, wherever it is told of); how many these are, and their rows here.
    """
    name = quote(column.name)
    given = [(word, False) for word in words] + [(word.casefold(), True) for word in HOUSE]
    engine.register("given", pd.DataFrame(given, columns=["word", "any_case"]))
    named = f"{name} in (select word::varchar from given where not any_case)"
    named += f" or lower({name}) in (select word::varchar from given where any_case)"
    for pattern in sorted(patterns):
        like = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
        named += f" or {name} like {literal(like)} escape '\\'"
    if column.figures:
        named += f" or isfinite(try_cast({name} as double))"
    everywhere = " union all ".join(f"select {name} as text, customer_id from rows_{r.table.name}" for r in beside)
    many = (
        f"select text from ({everywhere}) r left join entities e on e.record_id = r.customer_id where text is not null "
        f"group by text having count(distinct coalesce(e.customer_id, r.customer_id)) >= {k}"
    )
    engine.execute(
        f"create or replace temp table few as select {name} as text, count(*) as rows from rows_{read.table.name} "
        f"where {name} is not null and not coalesce({named}, false) and {name} not in ({many}) group by all"
    )
    engine.unregister("given")
    values, rows = engine.execute("select count(*), coalesce(sum(rows), 0)::bigint from few").fetchall()[0]
    return int(values), int(rows)


def _identifiers(
    engine: duckdb.DuckDBPyConnection, read: Read, column: Column
) -> Iterator[tuple[str, str, str, int, int]]:
    """Figures that are no quantity but the customer's own number, here or elsewhere, become `other`."""
    name, rows = quote(column.name), f"rows_{read.table.name}"
    by = ", ".join(quote(k) for k in read.table.key if read.table[k].is_code)
    least, share, digits = IDENTIFIERS
    number = (
        f"count(distinct customer_id) >= {least} and count(distinct {name}) >= {share} * count(distinct customer_id) "
        f"and min(length({name})) = max(length({name})) and min(length({name})) >= {digits} "
        f"and bool_and(regexp_full_match({name}, '[0-9]+'))"
    )
    query = (
        f"select {by} from {rows} where {name} is not null and {name} <> {literal(OTHER)} group by all "
        f"having count_if({name} = customer_id) > 0.5 * count(*) or ({number})"
    )
    engine.execute(f"create or replace temp table numbered as {query}")
    there = f"({by}) in (select ({by}) from numbered) and {name} <> {literal(OTHER)}"
    values, n = engine.execute(f"select count(distinct {name}), count(*) from {rows} where {there}").fetchall()[0]
    if n:
        engine.execute(f"update {rows} set {name} = {literal(OTHER)} where {there}")
        yield read.table.name, column.name, "personal", int(values), int(n)


def _words(settings: Any) -> Iterator[str]:
    """Every text of the policy."""
    if isinstance(settings, str):
        yield settings
    elif isinstance(settings, Mapping):
        yield from _words([*settings, *settings.values()])
    elif isinstance(settings, Iterable):
        for one in settings:
            yield from _words(one)
