"""Every column of a file, from the engine: counted over the whole file, read on a sample of its rows."""

from __future__ import annotations

import duckdb

from crmlib.border.cells import filled
from crmlib.border.proposal.cells import readings
from crmlib.border.proposal.columns import Seen, seen_of
from crmlib.border.proposal.files import Sheet
from crmlib.border.sources import quote

SAMPLE = 20_000
"""Rows of a file whose cells are looked at one by one, spread evenly over it."""
CELLS = 1_500
"""Different cells of a column that are tried as numbers and dates, the most frequent first, of those as frequent any: the first
in order would be the earliest days."""
MOST_COLUMNS = 400
"""Columns of a file that are looked at, its first."""


def profile(engine: duckdb.DuckDBPyConnection, sheet: Sheet) -> dict[str, Seen]:
    """Every column of a sheet by its heading."""
    columns = sheet.columns[:MOST_COLUMNS]
    sizes = _sizes(engine, sheet, columns)
    step = max(1, sheet.rows * max(1, len(columns) // 40) // SAMPLE)
    texts = ", ".join(f"{_text(sheet, c)} as c{i}" for i, c in enumerate(columns))
    rows = f"select {texts} from (select *, row_number() over () as __row from {sheet.name}) where __row % {step} = 0"
    sample = f"{sheet.name}_sample"
    engine.execute(f"create or replace temp table {sample} as {rows}")
    cells = f"{sheet.name}_cells"
    said = filled("value", "number")
    long = f"select cast(name[2:] as integer) as c, {said} as v from (unpivot {sample} on columns(*))"
    engine.execute(
        f"create or replace temp table {cells} as select c, v, count(*) as n from ({long}) where v is not null group by c, v "
        f"qualify row_number() over (partition by c order by n desc, md5(v)) <= {CELLS}"
    )
    read = readings(engine, sheet, cells)
    tops = engine.execute(
        f"select c, v, n from {cells} qualify row_number() over (partition by c order by n desc, v) <= 60 order by c, n desc, v"
    ).fetchall()
    usual: dict[int, list[tuple[str, int]]] = {}
    for c, v, n in tops:
        usual.setdefault(c, []).append((v, n))
    return {
        name: seen_of(name, sheet, sizes[name], read.get(i), tuple(usual.get(i, ()))) for i, name in enumerate(columns)
    }


def _text(sheet: Sheet, column: str) -> str:
    """SQL: a cell as text."""
    if sheet.types[column].split("(")[0] in ("FLOAT", "DOUBLE"):
        whole = f"{quote(column)} = trunc({quote(column)}) and abs({quote(column)}) < 1e15"
        return (
            f"case when {whole} then cast(try_cast({quote(column)} as bigint) as varchar) "
            f"when isfinite({quote(column)}) then cast({quote(column)} as varchar) end"
        )
    return f"left(cast({quote(column)} as varchar), 300)"


def _sizes(engine: duckdb.DuckDBPyConnection, sheet: Sheet, columns: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """Filled and different cells of each column; the latter by sketch in large files, exact where they seem to be a key."""
    large = sheet.rows > 200_000
    count = "approx_count_distinct({0})" if large else "count(distinct {0})"
    parts = []
    for c in columns:
        text = quote(c) if sheet.types[c] != "VARCHAR" else f"nullif(trim({quote(c)}), '')"
        parts.append(f"count({text}), {count.format(text)}")
    row = engine.execute(f"select {', '.join(parts)} from {sheet.name}").fetchall()[0]
    sizes = {c: (row[2 * i], row[2 * i + 1]) for i, c in enumerate(columns)}
    for c, (there, distinct) in sizes.items() if large else ():
        if there == sheet.rows and distinct > 0.9 * there:
            exact = engine.execute(f"select count(distinct {quote(c)}) from {sheet.name}").fetchall()[0][0]
            sizes[c] = (there, exact)
        else:
            sizes[c] = (there, min(distinct, there))
    return sizes
