"""One canonical table's source rows in the engine: renamed, typed, each with the one reason why it is or is not used.

The state of a row is decided in this order: its shape (rejected), the mapping's filters (filtered), equality with an
earlier row (repeated), its required cells and its key (rejected); what is left is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from crmlib.border import cells, checks, forgotten, mapping, plausible, repeats, settling
from crmlib.border.company import Description, Source
from crmlib.border.forgotten import Forgotten
from crmlib.border.locked import limited, refused
from crmlib.border.sources import Loaded, literal, load, quote
from crmlib.vocabulary.schema import TABLES, Column, Table

ENGINE_TYPES = {
    "money": "DECIMAL(18,4)",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "flag": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
"""Type in the engine of each kind of column; the others are text."""

FORMATS_FROM, MOST_FORMATS = 100_000, 8
"""Lines of a file whose shapes of writing are looked at, and how many shapes of a field are kept, the most frequent first."""

SECONDS = 600.0
"""How long the expressions of a source may take over all its rows."""

_MARKS = "__file, __line, __fault, __filtered, __repeated, __order, __who"
_USED = "__fault is null and __filtered is null"


@dataclass(frozen=True)
class Read:
    """A canonical table's rows: engine table `lines_<name>`, its files by source and number, the fields that are mapped."""

    table: Table
    files: dict[tuple[int, int], str]
    mapped: frozenset[str]
    joins: tuple[mapping.Joined, ...] = ()
    titles: Mapping[str, int] = field(default_factory=dict)

    @property
    def lines(self) -> str:
        """Name of the engine table."""
        return f"lines_{self.table.name}"

    def rejects(self, column: Column) -> bool:
        """Whether a row without a usable value of the column is not used."""
        return column.required or (column.essential and column.name in self.mapped)

    def value(self, column: Column) -> str:
        """SQL: the column's value, null where it is not mapped."""
        there = column.name in (*self.mapped, self.table.made)
        return quote(column.name) if there else f"null::{ENGINE_TYPES.get(column.kind, 'VARCHAR')}"


def read_lines(engine: duckdb.DuckDBPyConnection, company: Description, name: str, memory: Forgotten) -> Read:
    """Every source row of a canonical table, judged; those of customers in the `memory` are filtered. Raises `SourceError`."""
    table, files, parts, joins = TABLES[name], {}, [], []
    titles: dict[str, int] = {}
    for i, source in enumerate(company.sources(name)):
        loaded = load(engine, source, company.folder, f"raw_{name}_{i}")
        files.update({(i, j): file for j, file in enumerate(loaded.files)})
        titles |= loaded.titles
        loaded = mapping.unpivoted(engine, source, mapping.marked(engine, source, loaded))
        loaded, met = mapping.joined(engine, company, source, loaded)
        loaded = mapping.marked(engine, source, loaded) if source.join else loaded
        joins += met
        repeats.refuse(engine, table, source, loaded)
        try:
            _base(engine, company, table, source, loaded, f"part_{name}_{i}")
            _named(engine, company, table, source, loaded, f"part_{name}_{i}", memory)
            _typed(engine, company, table, source, loaded, f"part_{name}_{i}")
        except duckdb.Error as error:
            said = f"company.toml: {name} from {source.called}: cannot be computed"
            raise refused(error, said, source.called, SECONDS) from None
        parts.append(f"select {i}::bigint as __source, {str(source.group).lower()} as __group, * from part_{name}_{i}")
    read = Read(table, files, frozenset(f for s in company.sources(name) for f in s.fields), tuple(joins), titles)
    _formats_of(engine, read, len(parts))
    ours = sum(source.ours for source in company.sources(name))
    _judge(engine, read, parts, lines_only=len(parts) == 1 and company.sources(name)[0].group, ours=ours)
    return read


def _base(
    engine: duckdb.DuckDBPyConnection, company: Description, table: Table, source: Source, loaded: Loaded, part: str
) -> None:
    """Rows of one source with its marks and the raw value `r_<field>` of each mapped field."""
    mapping.macros(engine, source, company, settling.of_expressions(engine, table, source, loaded))
    given = {
        f: mapping.field_sql(engine, table.name, f, source, loaded, required=table[f].required) for f in source.fields
    }
    fields = [f"{sql} as {quote('r_' + f)}" for f, sql in given.items()]
    if table.made and table.made not in source.fields:
        # By what the row says, not by where it stands: a file that grows or is sorted anew keeps its numbers. What is mapped
        # belongs to it, as one file may be read for several things.
        said = [f"coalesce({value}::varchar, '')" for value in (*map(quote, loaded.columns), *given.values())]
        row = f"md5(concat_ws('|', {', '.join(said)}))"
        nth = f"row_number() over (partition by {row} order by __file, __line)"
        fields.append(f"left({row}, 16) || '-' || {nth} as {quote('r_' + table.made)}")
    filtered = mapping.filter_sql(engine, table.name, source, loaded)
    repeated = "false"
    if source.repeats == "drop":
        for column in (*source.repeat_columns, *source.repeats_except):
            mapping.known(source.called, column, loaded.columns)
        compared = source.repeat_columns or [c for c in loaded.columns if c not in source.repeats_except]
        over = ", ".join([f"({_USED})", *(quote(c) for c in compared)])
        repeated = f"{_USED} and row_number() over (partition by {over} order by __file, __line) > 1"
    order = mapping.order_sql(engine, table.name, source, loaded)
    with limited(engine, SECONDS):
        engine.execute(
            f"create or replace temp table {part}_base as select __file, __line, __fault, __filtered, "
            f"{repeated} as __repeated, {order} as __order, "
            f"{', '.join(fields)} from (select *, {filtered} as __filtered from {loaded.name})"
        )


def _named(
    engine: duckdb.DuckDBPyConnection,
    company: Description,
    table: Table,
    source: Source,
    loaded: Loaded,
    part: str,
    memory: Forgotten,
) -> None:
    """View of the rows of one source with the customer's id `__who` of each, used or not; of an order line that of its order."""
    types = dict(engine.execute(f"select column_name, column_type from (describe {part}_base)").fetchall())

    def cell(name: str) -> str:
        raw, type_ = _mapped(table[name], source, types[f"r_{name}"])
        return _cell(company, table[name], source, loaded, raw, type_)

    by_order = "customer_id" in table.of_order and "customer_id" not in source.fields and company.sources("orders")
    who = cell("customer_id") if "customer_id" in source.fields else "o.who" if by_order else "null::varchar"
    owners = "select order_id, any_value(who) as who from order_owners group by order_id"
    joined = f" left join ({owners}) o on o.order_id = {cell('order_id')}" if by_order else ""
    engine.execute(f"create or replace temp view {part}_who as select b.*, {who} as __who from {part}_base b{joined}")
    if table.name == "orders" and company.sources("lines"):
        engine.execute("create temp table if not exists order_owners (order_id varchar, who varchar)")
        engine.execute(f"insert into order_owners select distinct {cell('order_id')}, __who from {part}_who")
    why = forgotten.leave_out(engine, company.home, memory, f"{part}_who")
    engine.execute(
        f"create or replace temp view {part}_named as select * replace ({why} as __filtered) from {part}_who"
    )


def _mapped(column: Column, source: Source, type_: str) -> tuple[str, str]:
    """SQL of a raw value once the source's value map has been applied, and its engine type."""
    raw = quote("r_" + column.name)
    if not (values := source.mapped(column.name)):
        return raw, type_
    text = cells.filled(f"cast({raw} as varchar)", column.kind)
    cases = " ".join(f"when {cells.alike(literal(k), column.kind)} then {literal(v)}" for k, v in values.items())
    return f"(case {text} {cases} else cast({raw} as varchar) end)", "VARCHAR"


def _cell(
    company: Description,
    column: Column,
    source: Source,
    loaded: Loaded,
    raw: str,
    type_: str,
    ways: settling.Settled = settling.UNASKED,
) -> str:
    """SQL: a raw value as its column's type."""
    day_0 = " ".join(f"when {file} then timestamp '{day}'" for file, day in loaded.serials.items())
    name = f"r_{column.name}"
    return checks.read_cell(
        column,
        raw,
        type_,
        decimal=ways.decimals.get(name, ways.decimal),
        formats=source.date_format,
        zone=company.time_zone,
        currency=company.currency,
        day_0=f"case __file {day_0} end" if day_0 else "",
        order=ways.orders.get(name, ""),
    )


def _typed(
    engine: duckdb.DuckDBPyConnection, company: Description, table: Table, source: Source, loaded: Loaded, part: str
) -> None:
    """Rows of one source with, per mapped field, its value, the rule `q_` it breaks and what was found there, `f_`."""
    types = dict(engine.execute(f"select column_name, column_type from (describe {part}_base)").fetchall())
    ways = settling.of_fields(engine, table, source, loaded, f"{part}_base")
    inner, outer = [], []
    for name in (n for n in table.names if f"r_{n}" in types):
        column = table[name]
        raw, type_ = _mapped(column, source, types["r_" + name])
        read = _cell(company, column, source, loaded, raw, type_, ways)
        value, text = quote("p_" + name), f"cast({raw} as varchar)"
        inner.append(f"{read} as {value}")
        empty = f"({raw} is null or isnan({raw}))" if type_ in ("DOUBLE", "FLOAT") else f"{raw} is null"
        if type_ == "VARCHAR":
            inner.append(f"{cells.filled(raw, column.kind)} as {quote('t_' + name)}")
            text, empty = quote("t_" + name), f"{quote('t_' + name)} is null"
        outside = plausible.outside(name, value, lambda n: quote("p_" + n) if f"r_{n}" in types else "null::double")
        outside = outside if table.name == "surveys" else ""
        rule = checks.failed_rule(column, table.name, text, value, empty, company.currency, outside=outside)
        outer.append(f"{rule} as {quote('q_' + name)}, case when {rule} is null then {value} end as {quote(name)}")
        outer.append(f"case when {rule} is not null then {text} end as {quote('f_' + name)}")
    _formats(engine, table, source, part, types)
    used = f"{_USED} and not __repeated"
    engine.execute(
        f"create or replace temp table {part} as "
        f"select {_MARKS}, {', '.join(outer)} from (select *, {', '.join(inner)} from {part}_named where {used}) "
        f"union all by name select {_MARKS} from {part}_named where not ({used})"
    )
    engine.execute(f"drop view {part}_named; drop view {part}_who; drop table {part}_base")


def _formats(engine: duckdb.DuckDBPyConnection, table: Table, source: Source, part: str, types: dict[str, str]) -> None:
    """Engine table `formats_<part>`: in which shapes the file writes each date and telephone number, of its first lines."""
    selects = ["select ''::varchar as field, 0::bigint as __file, ''::varchar as format, 0::bigint as rows where false"]
    for name in source.fields:
        if table[name].kind in ("date", "timestamp") or name == "phone":
            raw, type_ = quote("r_" + name), types["r_" + name]
            text = f"cast({raw} as varchar)"
            shape = checks.shape(f"trim({text})")
            form = shape if type_ == "VARCHAR" else literal(type_.lower().split("(")[0])
            rows = f"{part}_named where {raw} is not null and {text} <> '' and __line <= {FORMATS_FROM} and {_USED}"
            counted = (
                f"select {literal(name)} as field, __file, {form} as format, count(*) as rows from {rows} group by all"
            )
            most = f"row_number() over (partition by __file order by rows desc, format) <= {MOST_FORMATS}"
            selects.append(f"select * from ({counted}) qualify {most}")
    engine.execute(f"create or replace temp table formats_{part} as {' union all '.join(selects)}")


def _judge(engine: duckdb.DuckDBPyConnection, read: Read, parts: list[str], *, lines_only: bool, ours: int) -> None:
    """Add `__state` to every row, and `__again` where its key stood in an earlier row (or source, for grouped lines).

    What the company's own table repeats of lists that `ours`, the first sources, hold already is repeated; what it adds of
    when it was done and what came of it is added to them.
    """
    failed = ", ".join(quote("q_" + c.name) for c in read.table.columns if read.rejects(c))
    state = (
        "case when __fault is not null then 'rejected' when __filtered is not null then 'filtered' "
        f"when __repeated then 'repeated' when coalesce({failed}, null) is not null then 'rejected' else 'kept' end"
    )
    over = f"partition by __state = 'kept', {', '.join(quote(k) for k in read.table.key)}"
    again = f"not __group and row_number() over ({over} order by __source, __file, __line) > 1"
    if len(parts) > 1:
        again += f" or __source > min(__source) over ({over})"
    again = "false" if lines_only else f"__state = 'kept' and ({again})"
    engine.execute(
        f"create or replace temp table {read.lines} as "
        f"select * replace (case when __again then 'rejected' else __state end as __state) from "
        f"(select *, {again} as __again from "
        f"(select *, {state} as __state from ({' union all by name '.join(parts)})))"
    )
    if 0 < ours < len(parts):
        _added(engine, read, ours)
    for i in range(len(parts)):
        engine.execute(f"drop table part_{read.table.name}_{i}")


def _added(engine: duckdb.DuckDBPyConnection, read: Read, ours: int) -> None:
    """Rows after the first `ours` sources whose key stands in those: repeated, and what they alone know of later is kept."""
    key = ", ".join(quote(k) for k in read.table.key)
    own = f"select {key} from {read.lines} where __state = 'kept' and __source < {ours}"
    again = f"__again and __source >= {ours} and ({key}) in ({own})"
    later = [c for c in (*read.table.later, *(n for n, _by in read.table.dated)) if c in read.mapped]
    found = ", ".join(f"max({quote(c)}) as {quote(c)}" for c in later)
    engine.execute(
        f"create or replace temp table added as select {key}, {found} from {read.lines} where {again} group by all"
    )
    same = " and ".join(f"l.{quote(k)} = a.{quote(k)}" for k in read.table.key)
    sets = ", ".join(f"{quote(c)} = coalesce(l.{quote(c)}, a.{quote(c)})" for c in later)
    engine.execute(f"update {read.lines} l set {sets} from added a where l.__state = 'kept' and {same}")
    engine.execute(f"update {read.lines} set __state = 'repeated', __repeated = true, __again = false where {again}")


def _formats_of(engine: duckdb.DuckDBPyConnection, read: Read, sources: int) -> None:
    """Engine table `formats_<table>`: `accounting.FORMATS` of all sources of the table."""
    names = " ".join(f"when s = {i} and __file = {j} then {literal(name)}" for (i, j), name in read.files.items())
    parts = " union all ".join(f"select {i} as s, * from formats_part_{read.table.name}_{i}" for i in range(sources))
    engine.execute(
        f'create or replace temp table formats_{read.table.name} as select {literal(read.table.name)} as "table", '
        f'field as "column", case {names} end as file, format, rows from ({parts})'
    )
