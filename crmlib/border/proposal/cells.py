"""What the cells of a file's columns can be read as, column by column, by the border's own reading."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import pandas as pd

from crmlib.border.cells import WIDE, moment
from crmlib.border.cells import number as read_number
from crmlib.border.company import NO_CURRENCY
from crmlib.border.proposal.files import Sheet
from crmlib.border.sources import literal

CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f", "T%H:%M:%S")
DAYS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%b %d, %Y",
    "%d %B %Y", "%B %d, %Y", "%d.%m.%y", "%Y-%m", "%Y/%m", "%Y%m", "%Y年%m月", "%b-%Y", "%b %Y", "%Y%m%d%H%M%S", "%y/%m/%d",
    "%d/%b/%Y", "%d/%b/%y",
)  # fmt: skip
ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d", "%d.%m.%Y")
"""Days that need no format, by a format: for files that need one for another column."""


CODES = (
    "RMB|CNY|USD|EUR|GBP|JPY|INR|CHF|AUD|CAD|HKD|SGD|BRL|NZD|SEK|NOK|DKK|PLN|CZK|ZAR|MXN|TWD|KRW|THB|MYR|AED|SAR|TRY"
)
"""Codes of currencies that stand beside numbers."""


def figure(text: str, decimal: str | None) -> str:
    """SQL: a text cell as a number, before it is known in which currency."""
    return read_number(text, decimal, NO_CURRENCY, "DECIMAL(18,4)")


def without_signs(text: str) -> str:
    """SQL: a text cell without signs and codes of currencies, and without the sign of a percentage."""
    return f"trim(regexp_replace({text}, '[¥￥€£$₹₩%％元]|^({CODES})\\s?|\\s?({CODES})$', '', 'g'))"


def readings(engine: duckdb.DuckDBPyConnection, sheet: Sheet, cells: str) -> dict[int, dict[str, Any]]:
    """Per column the cells of the sample and what share of them each reading understands."""
    wide = WIDE.format(x="v")
    numbers = {
        "n_plain": figure("v", None),
        "n_dot": figure("v", "."),
        "n_comma": figure("v", ","),
    }
    bare = without_signs("v")
    inner = ", ".join(f"{sql} as {k}" for k, sql in numbers.items())
    source = f"(select c, n, v as raw, {bare} as v from {cells})"
    query = (
        f"select c, sum(n) as cells, {', '.join(f'coalesce(sum(n) filter (where {k} is not null), 0) as {k}' for k in numbers)}, "
        "min(coalesce(n_plain, n_dot, n_comma)) as low, max(coalesce(n_plain, n_dot, n_comma)) as high, "
        "min(n_comma) as low_comma, max(n_comma) as high_comma, "
        "coalesce(sum(n) filter (where coalesce(n_plain, n_comma) = 0), 0) as zeros, "
        "coalesce(sum(n) filter (where list_transform([coalesce(n_plain, n_dot, n_comma)], lambda x: x = trunc(x))[1]), 0) "
        "as whole, "
        "coalesce(sum(n) filter (where regexp_matches(raw, '[%％]$')), 0) as percent, "
        "sum(n * length(raw)) as length, string_agg(distinct regexp_extract(raw, '[¥￥€£$₹₩]|元'), '') as signs "
        f"from (select *, {inner} from {source}) group by c"
    )
    found = {int(row["c"]): row for row in engine.execute(query).df().to_dict("records")}
    at = moment("v", [], "UTC", day_0=sheet.day_0)
    dates = (
        f"select c, sum(n) filter (where t is not null) as default_date, min(t) as first, max(t) as last, "
        f"coalesce(sum(n) filter (where t is not null and t <> date_trunc('day', t)), 0) as clock from "
        f"(select c, n, {at} as t from {cells} where length(v) between 6 and 40 and regexp_matches(v, '[0-9]')) group by c"
    )
    for row in engine.execute(dates).df().to_dict("records"):
        found[int(row["c"])] |= row
    likely = f"select distinct c from {cells} where length(v) between 6 and 30 and regexp_matches(v, '[0-9]{{2}}')"
    asked = [
        c for (c,) in engine.execute(likely).fetchall() if number(found[c].get("default_date")) < found[c]["cells"]
    ]
    for c in asked:
        if not sheet.types[sheet.columns[c]].startswith(("TIMESTAMP", "DATE")):
            found[c]["formats"] = _formats(engine, cells, c, wide)
    return found


def _formats(engine: duckdb.DuckDBPyConnection, cells: str, column: int, wide: str) -> dict[str, float]:
    """Formats of the list that read some cells of a column as a day of 1990 to 2100, with the cells each reads."""
    signs = engine.execute(
        f"select string_agg(distinct regexp_replace({wide}, '[0-9]', '', 'g'), '') from {cells} where c = {column}"
    )
    there = signs.fetchall()[0][0] or ""
    if len(there) > 4000:
        return {}
    tried = [d for d in DAYS if all(s in there for s in set(re.sub(r"%.", "", d)) - {" "}) and _fits(d, there)]
    clocks = CLOCKS if ":" in there else CLOCKS[:1]
    every = list(dict.fromkeys([d + k for d in tried for k in clocks]))
    sums = ", ".join(
        f"coalesce(sum(n) filter (where year(try_strptime({wide}, {literal(f)})) between 1990 and 2100), 0)"
        for f in every
    )
    if not sums:
        return {}
    row = engine.execute(f"select {sums} from {cells} where c = {column}").fetchall()[0]
    return {f: float(n) for f, n in zip(every, row, strict=True) if n}


def _fits(day: str, there: str) -> bool:
    letters = bool(re.search("[A-Za-z]{3}", there))
    return ("%b" in day or "%B" in day) == letters or (not letters and "%b" not in day and "%B" not in day)


def number(value: Any) -> float:
    """A figure that the engine may have left empty, as a number."""
    return 0.0 if value is None or pd.isna(value) else float(value)
