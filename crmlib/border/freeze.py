"""From judged source rows to frozen tables.

Lines are put together, personal values become a status, ids become pseudonyms, and Parquet is written.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from crmlib.border import known, personal, plausible, scales
from crmlib.border.company import Description
from crmlib.border.grouped import failed, grouped
from crmlib.border.identity import entities
from crmlib.border.lines import Read
from crmlib.border.privacy.recognisers import Recogniser
from crmlib.border.pseudonyms import coded, key, pseudonyms
from crmlib.border.sources import literal, quote, write_parquet
from crmlib.vocabulary.accounting import REJECTED
from crmlib.vocabulary.cells import csv_frame
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.schema import TABLES, Column, Table

HELD = (
    Held("private/files.csv", N_("which file each number of the account is"), N_("to find rows again"), "private"),
    Held(
        "private/rejects/*.csv",
        N_("rows and cells that could not be used, personal values masked"),
        N_("to mend them at the source"),
        "private",
        names=("customer_id",),
    ),
    *(
        Held(f"tables/{name}", says, N_("how good the data are"), "kept")
        for name, says in (
            ("profile.parquet", N_("counts of filled and failed cells by month")),
            ("formats.parquet", N_("in which shapes dates and telephone numbers are written")),
            ("account.parquet", N_("counts of where every row went")),
            ("unnamed.parquet", N_("counts of words that were not published")),
            ("known.parquet", N_("which columns are recorded, and since when")),
            ("improvements.parquet", N_("which figures are to be moved, and how far that is")),
            ("about.json", N_("what the company is, and how sure its records are put together")),
        )
    ),
)
SHARED_ORDER = N_(
    "{orders} order numbers hold lines of several customers; each such order is counted for the customer of its first line."
)

MASKED = "left({x}, 1) || repeat('*', least(greatest(length({x}) - 1, 1), 8))"
"""SQL: a personal value as it is told."""
WITHOUT_ORDER = N_("{rows} order lines belong to no order that is used, and are left out.")


def list_rejects(engine: duckdb.DuckDBPyConnection, read: Read, shapes: Recogniser) -> None:
    """Engine table `rejects_<table>`: one row per problem, with the customer's id `__who`; personal values masked, and what
    `shapes` recognises as such.
    """
    table = read.table
    names = " ".join(
        f"when __source = {s} and __file = {f} then {literal(name)}" for (s, f), name in read.files.items()
    )
    head = f'select {literal(table.name)} as "table", case {names} end as file, __line as line, __who'
    judged = f"from {read.lines} where __fault is null and __filtered is null and not __repeated"
    shape = "'' as \"column\", 'columns' as rule, __fault as found, 'row' as effect"
    parts = [f"{head}, {shape} from {read.lines} where __fault is not null"]
    for column in table.columns:
        if column.name in read.mapped:
            q, f = quote("q_" + column.name), quote("f_" + column.name)
            effect = "'row'" if read.rejects(column) else "'cell'"
            effect = f"case when {q} = 'personal' then 'other' else {effect} end"
            cells = f"{literal(column.name)}, {q}, {_shown(column, f, q)}, {effect}"
            parts.append(f"{head}, {cells} {judged} and {q} is not null")
    found = " || ' · ' || ".join(_shown(table[k], f"cast({quote(k)} as varchar)", "''") for k in table.key)
    same = " and ".join(f"k.{quote(c)} = r.{quote(c)}" for c in table.key)
    first = f"(select min(k.__source) from {read.lines} k where k.__state = 'kept' and {same})"
    rule = f"case when r.__source > {first} then 'key_elsewhere' else 'duplicate_key' end"
    if len({source for source, _ in read.files}) < 2:
        rule = "'duplicate_key'"
    parts.append(f"{head}, {literal(', '.join(table.key))}, {rule}, {found}, 'row' from {read.lines} r where __again")
    rejects = f"rejects_{table.name}"
    engine.execute(f"create or replace temp table {rejects} as {' union all '.join(parts)}")
    texts = [text for (text,) in engine.execute(f"select distinct found from {rejects} where found <> ''").fetchall()]
    engine.register("told", pd.DataFrame({"text": [t for t in texts if shapes.kind(t)]}, dtype="str"))
    engine.execute(
        f"update {rejects} set found = {MASKED.format(x='found')} where found in (select text::varchar from told)"
    )
    engine.unregister("told")


def _shown(column: Column, value: str, rule: str) -> str:
    """SQL: what was found, cut to 100 characters, masked where it may name a person."""
    if column.personal or column.of in ("customer", "owner"):
        return MASKED.format(x=value)
    return f"case when {rule} = 'personal' then {MASKED.format(x=value)} else left({value}, 100) end"


def write_rejects(engine: duckdb.DuckDBPyConnection, company: Description, read: Read, folder: Path) -> None:
    """`<folder>/<table>.csv`, one row per problem, in file and line order, the customer under their pseudonym; no file where
    there is none.
    """
    own = (quote("__who" if c == "customer_id" else c) + f" as {quote(c)}" for c in REJECTED)
    rows = engine.execute(f'select {", ".join(own)} from rejects_{read.table.name} order by file, line, "column"').df()
    if len(rows):
        ids = rows["customer_id"].dropna().unique()
        rows["customer_id"] = rows["customer_id"].map(
            dict(zip(ids, pseudonyms(key(company.home), "customer", ids), strict=True))
        )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{read.table.name}.csv").write_text("\ufeff" + csv_frame(rows), encoding="utf-8", newline="")


def rows_of(engine: duckdb.DuckDBPyConnection, read: Read, company: Description) -> None:
    """Engine table `rows_<table>`: the kept lines, put together to one row per key where the source says so."""
    table = read.table
    columns = ", ".join(f"{read.value(c)} as {quote(c.name)}" for c in table.columns)
    columns += "".join(f", {failed(c)} as {quote('x_' + c)}" for c in sorted(read.mapped))
    parts = [f"select {columns} from {read.lines} where __state = 'kept' and not __group"]
    for i, source in enumerate(company.sources(table.name)):
        if source.group:
            parts.append(grouped(read, i, dict(source.combine)))
    engine.execute(f"create or replace temp table rows_{table.name} as {' union all '.join(parts)}")
    if table.of_order:
        _of_order(engine, read, ordered="orders" in (t for t in TABLES if company.sources(t)))


def _of_order(engine: duckdb.DuckDBPyConnection, read: Read, *, ordered: bool) -> None:
    """What lines do not say themselves is that of their order; lines whose day or customer stays unknown are left out."""
    name = f"rows_{read.table.name}"
    if ordered:
        taken = ", ".join(f"coalesce(l.{c}, o.{c}) as {c}" for c in read.table.of_order)
        engine.execute(
            f"create or replace temp table {name} as "
            f"select l.* replace ({taken}) from {name} l left join rows_orders o using (order_id)"
        )
    unknown = " or ".join(f"{c} is null" for c in read.table.of_order)
    left_out = engine.execute(f"delete from {name} where {unknown}").fetchall()[0][0]
    engine.execute(f"create or replace temp table without_order_{read.table.name} as select {left_out}::bigint as rows")


def notes(engine: duckdb.DuckDBPyConnection, read: Read) -> list[str]:
    """What a person should know about rows that were kept, in sentences."""
    if read.table.of_order:
        left_out = engine.execute(f"select rows from without_order_{read.table.name}").fetchall()[0][0]
        return [_(WITHOUT_ORDER).format(rows=left_out)] if left_out else []
    if read.table.name == "surveys":
        return scales.notes(engine, read)
    if read.table.name != "orders":
        return []
    numbers = (
        "select 1 from lines_orders where __state = 'kept' group by order_id having min(customer_id) < max(customer_id)"
    )
    query = f"select count(*) from ({numbers})"
    shared = engine.execute(query).fetchall()[0][0]
    return [_(SHARED_ORDER).format(orders=shared)] if shared else []


def summary(engine: duckdb.DuckDBPyConnection, read: Read, account: pd.DataFrame) -> dict[str, Any]:
    """One row about a table: its account, rows, customers (of the kept source rows), amount (orders only), first and last day."""
    table = read.table
    own = account[(account["table"] == table.name) & account["unmatched"].isna()]
    day = f"cast({quote(table.time)} as date)"
    rows, first, last = engine.execute(f"select count(*), min({day}), max({day}) from rows_{table.name}").fetchall()[0]
    said = "customer_id" in read.mapped  # of lines it may be that of their order
    counted = f"{read.lines} where __state = 'kept'" if said else f"rows_{table.name}"
    customers = engine.execute(f"select count(distinct customer_id) from {counted}").fetchall()[0][0]
    amount = engine.execute("select sum(amount) from rows_orders").fetchall()[0][0] if table.name == "orders" else None
    counts = {c: int(own[c].sum()) for c in ("read", "filtered", "repeated", "rejected", "kept")}
    return {
        "table": table.name,
        "files": len(own),
        **counts,
        "rows": rows,
        "customers": customers,
        "amount": amount,
        "first": first,
        "last": last,
    }


def write_tables(
    engine: duckdb.DuckDBPyConnection,
    company: Description,
    reads: list[Read],
    into: Path,
    *,
    until: date,
    files: pd.DataFrame,
) -> None:
    """Pseudonyms for every id, then each table and what is counted of them as Parquet under `into`/tables, the ids under
    `into`/private. `until` is the day up to which dates are plausible and rows are profiled, `files` the numbers of the files.
    """
    for read in reads:
        personal.judge(engine, company, read, until)
    personal.pseudonymise(engine, company, reads, into)
    secret = key(company.home)
    for read in reads:
        table = read.table
        chosen, joins = [], []
        for i, column in enumerate(table.columns):
            name = quote(column.frozen_name)
            value = f"r.{name}"
            if column.of in ("customer", "owner"):
                joins.append(f"left join ids i{i} on i{i}.kind = '{column.of}' and i{i}.id = {value}")
                value = f"i{i}.pseudonym"
            elif column.of:
                value = coded(secret, column.of, value)
            chosen.append(f"{value} as {name}")
        place = f"i{table.names.index('customer_id')}.place"
        order = ", ".join([f"{place} nulls first", *(f"r.{quote(c)} nulls first" for c in (table.time, *table.key))])
        query = f"select {', '.join(chosen)} from {entities.rows(table)} r {' '.join(joins)} order by {order}"
        write_parquet(engine, query, into / "tables" / f"{table.name}.parquet")
    write_parquet(engine, f"{_profile(reads, until)} order by all", into / "tables" / "profile.parquet")
    formats = " union all ".join(f"select * from formats_{r.table.name}" for r in reads)
    engine.register("files", files)
    number = "(select f.file::varchar from files f where f.name = w.file)"
    formats = f"select w.* replace ({number} as file) from ({formats}) w order by all"
    write_parquet(engine, formats, into / "tables" / "formats.parquet")
    engine.unregister("files")
    nobodys = [f"{r.table.name}.customer_id" for r in reads if company.is_anonymous(r.table.name)]
    known.write(into / "tables", {r.table.name: r.mapped for r in reads}, never=nobodys)


def _profile(reads: list[Read], until: date) -> str:
    """SQL: per table, column and month of the row's time, of the rows recorded by then: rows, cells filled, cells that failed a
    check (emptied or kept).
    """
    parts = []
    for read in reads:
        table = read.table
        there = f"recorded_at is null or cast(recorded_at as date) <= date '{until}'"
        there = there if "recorded_at" in read.mapped else "true"
        for column in table.columns:
            counts = "0::bigint as filled, 0::bigint as invalid"
            if column.name in read.mapped:
                failed = quote("x_" + column.name)
                wrong = _implausible(table, column, until)
                held = quote(column.frozen_name) + (" <> 'missing'" if column.personal else " is not null")
                for since in (name for name in table.since(column) if name in read.mapped):
                    held = f"({held} and coalesce(cast({quote(since)} as date) <= date '{until}', true))"
                filled = f"count_if({held} or {failed})::bigint as filled"
                counts = f"{filled}, count_if({failed} or {wrong})::bigint as invalid"
            parts.append(
                f'select {literal(table.name)} as "table", {literal(column.name)} as "column", '
                f"cast(date_trunc('month', {quote(table.time)}) as date) as month, count(*) as rows, {counts} "
                f"from judged_{table.name} where {there} group by all"
            )
    return f"select * from ({' union all '.join(parts)})"


def _implausible(table: Table, column: Column, until: date) -> str:
    if column.personal:
        return f"{quote(column.frozen_name)} = 'invalid'"
    rules = [plausible.NOTES.get(table.name, {}).get(column.name, "false")]
    if column.kind in ("date", "timestamp") and column.name != "due_on":
        rules.append(f"cast({quote(column.name)} as date) > date '{until}' + 31")
    return " or ".join(f"coalesce({rule}, false)" for rule in rules)


def write_frame(engine: duckdb.DuckDBPyConnection, frame: pd.DataFrame, path: Path) -> None:
    """A pandas frame as Parquet."""
    engine.register("frame", frame)
    write_parquet(engine, "select * from frame", path)
    engine.unregister("frame")
