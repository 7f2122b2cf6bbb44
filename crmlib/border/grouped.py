"""Lines of one key put together: an order from its lines, a case from the log of its events."""

from __future__ import annotations

from crmlib.border.company import Way
from crmlib.border.lines import ENGINE_TYPES, Read
from crmlib.border.sources import quote
from crmlib.vocabulary.schema import Column, Table

EVENTS: dict[str, dict[str, Way]] = {
    "tickets": {
        "first_response_at": "min",
        "resolved_at": "max",
        "closed_at": "max",
        "status": "last",
        "due_at": "last",
        "met": "last",
        "reassigned": "max",
        "severity": "last",
        "category": "last",
        "cause": "last",
        "diagnosed_at": "min",
        "reopened": "max",
        "reopened_at": "max",
    }
}
"""How the events of a case become its row: states and verdicts are those of the last event, a count that runs along is its
highest, and whether a case was opened again holds from then on."""


def grouped(read: Read, source: int, combine: dict[str, Way]) -> str:
    """SQL: the kept lines of a source put together to one row per key, in the order that the mapping names."""
    table = read.table
    weight = "amount" if "amount" in read.mapped and table.name == "orders" else ""
    ways: dict[str, str] = {
        c.name: combine.get(c.name) or _way(table, c, read.mapped) for c in table.columns if c.name not in table.key
    }
    at = "(coalesce(__order, '-infinity'::double), __file * 1099511627776 + __line)"
    kept = f"select *, {at} as __at from {read.lines} where __state = 'kept' and __source = {source}"
    for name in (n for n, way in ways.items() if way == "largest" and n in read.mapped):
        share = f"sum({weight or '1'}) over (partition by {', '.join(quote(k) for k in table.key)}, {quote(name)})"
        kept = f"select *, {share} as {quote('w_' + name)} from ({kept})"
    chosen = [
        quote(c.name)
        if c.name in table.key
        else f"{_aggregate(c, ways[c.name], mapped=c.name in read.mapped)} as {quote(c.name)}"
        for c in table.columns
    ]
    chosen += [f"bool_or({failed(c)}) as {quote('x_' + c)}" for c in sorted(read.mapped)]
    return f"select {', '.join(chosen)} from ({kept}) group by {', '.join(quote(k) for k in table.key)}"


def failed(column: str) -> str:
    """SQL: whether a cell stood there that could not be used."""
    rule = quote("q_" + column)
    return f"({rule} is not null and {rule} <> 'missing')"


def _way(table: Table, column: Column, mapped: frozenset[str]) -> str:
    """How lines become one cell where the mapping says nothing."""
    if column.name in EVENTS.get(table.name, {}):
        return EVENTS[table.name][column.name]
    if column.name == "lines" and column.name not in mapped:
        return "count"
    if column.name == "discount" and "amount" in mapped:
        return "list price"
    if column.name == table.time:
        return "min"
    if column.name == "category":
        return "largest"
    return {"money": "sum", "integer": "sum", "number": "mean"}.get(column.kind, "first")


def _aggregate(column: Column, way: str, *, mapped: bool) -> str:
    name = quote(column.name)
    if not mapped and way != "count":
        return f"null::{ENGINE_TYPES.get(column.kind, 'VARCHAR')}"
    there = f"filter (where {name} is not null)"
    if way == "list price":
        listed = f"sum(amount / nullif(1 - {name}, 0)) filter (where {name} < 1)"
        sold = f"sum(amount) filter (where {name} < 1)"
        return f"round(cast(1 - {sold} / nullif({listed}, 0) as double), 6)"
    sql = {
        "sum": f"sum({name})",
        "mean": f"round(avg({name}), 6)",
        "min": f"min({name})",
        "max": f"max({name})",
        "first": f"arg_min({name}, __at) {there}",
        "last": f"arg_max({name}, __at) {there}",
        "largest": f"arg_min({name}, (-{quote('w_' + column.name)}, {name})) {there}",
        "count": "count(*)",
    }[way]
    return f"cast({sql} as {ENGINE_TYPES.get(column.kind, 'VARCHAR')})"
