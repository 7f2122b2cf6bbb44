"""What an expression of company.toml may be: one expression of the engine's grammar, over the source's own columns.

The engine's own parser reads it, and every node of the tree it gives must be listed here: what is not known to be
harmless is refused. A value depends on the cells of a row (or of its window) alone, never on a file, a setting or the day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from crmlib.vocabulary.errors import CrmlibError

LONGEST = 10_000
"""Characters of an expression."""
MOST_GROWTH = 10_000
"""How many times as long as a cell what is made of it may become."""

_FUNCTIONS = """
+ - * / // % ^ ** || & | << >> ~ ~~ !~~ ~~* !~~* ~~~ ^@ like_escape not_like_escape ilike_escape not_ilike_escape
lower lcase upper ucase trim ltrim rtrim length len strlen left right substring substr concat concat_ws replace translate
reverse starts_with ends_with prefix suffix contains instr strpos position split_part lpad rpad strip_accents nfc_normalize
ascii chr unicode ord md5 sha256 regexp_matches regexp_full_match regexp_replace regexp_extract
abs round floor ceil ceiling trunc sign sqrt pow power exp ln log log2 log10 mod greatest least isfinite isinf isnan
date_part datepart date_trunc datetrunc date_diff datediff date_sub datesub date_add year quarter month week day hour minute
second isodow isoyear dayofweek weekday dayofmonth dayofyear weekofyear yearweek last_day dayname monthname make_date make_time
make_timestamp strftime strptime try_strptime epoch epoch_ms to_timestamp timezone to_years to_quarters to_months to_weeks
to_days to_hours to_minutes to_seconds to_milliseconds to_microseconds
list_value row string_split str_split split string_to_array string_split_regex str_split_regex regexp_split_to_array
list_extract list_element array_extract list_slice array_slice list_contains array_contains list_has list_position
list_transform list_apply list_filter struct_extract nullif
number moment
"""
_WINDOWED = """
count count_star sum avg mean min max median first last any_value arg_min arg_max bool_and bool_or count_if
row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
"""
_TYPES = """
BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT FLOAT DOUBLE DECIMAL VARCHAR
DATE TIME TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS INTERVAL UUID
"""
FUNCTIONS = frozenset(_FUNCTIONS.split())
"""Functions of one row, operators among them; the last two are the border's own."""
WINDOWED = frozenset(_WINDOWED.split())
"""Functions over the rows of a window; those that gather all of its cells into one are left out."""
TYPES = frozenset(_TYPES.split()) | {"TIMESTAMP WITH TIME ZONE"}
"""Types that a cast may name."""
PER_ITEM = ("list_transform", "list_apply", "list_filter")
"""Functions whose second argument may be a lambda; nowhere else is one run."""
CLASSES = (
    "BETWEEN",
    "CASE",
    "CAST",
    "COLUMN_REF",
    "COMPARISON",
    "CONJUNCTION",
    "CONSTANT",
    "FUNCTION",
    "OPERATOR",
    "WINDOW",
)
"""Nodes of the parser's tree."""
SCHEMAS = ("", "main", "pg_catalog")
"""Where a function may be looked for; the parser itself writes the latter two for the grammar's own forms."""
_NAMES = {"STAR": "*", "SUBQUERY": "select", "PARAMETER": "a parameter", "POSITIONAL_REFERENCE": "#"}


class ExpressionError(CrmlibError):
    """Why a text is no expression that the border runs; one line."""


def columns_of(engine: duckdb.DuckDBPyConnection, given: str) -> list[str]:
    """The columns that an expression names. Raises `ExpressionError` unless it is one expression, of listed parts only."""
    if len(given) > LONGEST:
        raise ExpressionError(f"it has {len(given)} characters; at most {LONGEST} are read")
    try:
        tree = _parsed(engine, given)
        if (grown := _growth(tree)) > MOST_GROWTH:
            raise ExpressionError(
                f"it may make a cell {grown:,.0f} times as long; at most {MOST_GROWTH:,} times are run"
            )
        return list(dict.fromkeys(_columns(tree, frozenset())))
    except RecursionError:
        raise ExpressionError("it is nested too deeply") from None


def _parsed(engine: duckdb.DuckDBPyConnection, given: str) -> dict[str, Any]:
    """The tree. A text whose brackets close others than its own is whole in one kind of brackets at most, not in both."""
    found = []
    for opened, closed in ("()", "[]"):
        read = engine.execute("select json_serialize_sql(?)", [f"select {opened}{given}\n{closed}"]).fetchall()[0][0]
        told = json.loads(read)
        if told["error"]:
            raise ExpressionError(str(told["error_message"]).splitlines()[0])
        found.append(told["statements"])
    plain, listed = found
    parts = plain[0]["node"].get("select_list", [])
    inner = [child for part in listed[0]["node"].get("select_list", []) for child in part.get("children", [])]
    if not len(plain) == len(listed) == len(parts) == len(inner) == 1:
        raise ExpressionError("one expression is expected")
    tree: dict[str, Any] = parts[0]
    return tree


def _columns(node: Any, bound: frozenset[str]) -> Iterator[str]:
    """Names of the columns under a node, `bound` being those of the lambdas around it; refuses what is not listed."""
    if isinstance(node, list):
        for child in node:
            yield from _columns(child, bound)
    if not isinstance(node, dict):
        return
    kind = node.get("class")
    if kind is not None:
        _listed(node, kind)
    if kind == "COLUMN_REF":
        if node["column_names"][0].lower() not in bound:
            yield node["column_names"][0]
        return
    if kind == "FUNCTION" and node["function_name"] in PER_ITEM and not bound:
        *rest, last = node["children"]
        if last.get("class") == "LAMBDA":
            yield from _columns(rest, bound)
            yield from _columns(last["expr"], frozenset(name.lower() for name in _columns(last["lhs"], bound)))
            return
    for child in node.values():
        yield from _columns(child, bound)


def _listed(node: dict[str, Any], kind: str) -> None:
    if kind not in CLASSES:
        raise ExpressionError(f"{_NAMES.get(kind, kind.lower())!r} cannot be used here")
    if kind in ("FUNCTION", "WINDOW"):
        name = node["function_name"].lower()
        if (
            node.get("schema") not in SCHEMAS
            or node.get("catalog")
            or name not in (FUNCTIONS if kind == "FUNCTION" else WINDOWED)
        ):
            over = "" if kind == "WINDOW" or name not in WINDOWED else " without over (…)"
            raise ExpressionError(f"function {name!r} cannot be used here{over}")
    if kind == "CAST" and node["cast_type"]["id"] not in TYPES:
        named = (node["cast_type"]["type_info"] or {}).get("name") or node["cast_type"]["id"].lower()
        raise ExpressionError(f"type {named!r} cannot be used here")


def _growth(node: Any) -> float:
    """A bound on how many times as long as a cell the value of a node is."""
    if isinstance(node, list):
        return sum(map(_growth, node))
    if not isinstance(node, dict):
        return 0
    children = node.get("children", [])
    name = node.get("function_name", "").lower() if node.get("class") == "FUNCTION" else ""
    own = max(1.0 if "class" in node else 0.0, sum(map(_growth, node.values())))
    if name in ("replace", "regexp_replace") and len(children) > 2:
        return own * max(1, len(_written(children[2], "x" * 1000)))
    if name in ("lpad", "rpad") and len(children) > 1:
        return own * max(1, int(_written(children[1], MOST_GROWTH + 1)))
    if name in PER_ITEM:
        product = 1.0
        for child in children:
            product *= _growth(child)
        return product
    return own * 30 if name in ("number", "moment") else own


def _written(node: dict[str, Any], other: Any) -> Any:
    """The value of a constant of `other`'s type, else `other`."""
    value = node["value"].get("value") if node.get("class") == "CONSTANT" else None
    return value if isinstance(value, type(other)) else other
