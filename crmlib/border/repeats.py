"""Rows that stand in a source twice, word for word: an export made twice doubles what it adds up, and is not guessed at."""

from __future__ import annotations

import duckdb

from crmlib.border.company import Source
from crmlib.border.sources import Loaded, SourceError, quote
from crmlib.vocabulary.schema import Table

ENOUGH = 30
"""Rows below which equal ones are no pattern."""
SAME_ROWS = 0.2
"""Share of rows equal to an earlier one from which a file is suspected of having been exported twice."""
SAME_ELSEWHERE = 0.01
"""The same of rows equal to one of an earlier file of the source, which hardly happens otherwise."""
MONEY = ("orders", "lines", "contracts")
"""Tables whose rows add up to money."""


def counted(engine: duckdb.DuckDBPyConnection, name: str, *, between_files: bool = False) -> tuple[int, int]:
    """Rows of an engine table, and those equal to an earlier one in all columns of the source (in an earlier file)."""
    columns = [c for (c,) in engine.execute(f"select column_name from (describe {name})").fetchall()]
    row = ", ".join(quote(c) for c in columns if not c.startswith("__"))
    query = f"select count(*), count(*) - count(distinct h) from (select hash({row}) as h from {name})"
    if between_files:
        same = f"select hash({row}) as h, __file as f, count(*) as n from {name} group by all"
        firsts = f"select *, min(f) over (partition by h) as first from ({same})"
        query = f"select sum(n), sum(n) filter (where f > first) from ({firsts})"
    n, again = engine.execute(query).fetchall()[0]
    return int(n or 0), int(again or 0)


def refuse(engine: duckdb.DuckDBPyConnection, table: Table, source: Source, loaded: Loaded) -> None:
    """Raise `SourceError` where money would be counted twice, because rows that no key tells apart stand there again."""
    told_apart = not source.group and (not table.made or table.made in source.fields)
    if source.repeats or source.unpivot or table.name not in MONEY or told_apart:
        return
    n, again = counted(engine, loaded.name)
    several = len(loaded.files) > 1
    elsewhere = counted(engine, loaded.name, between_files=True)[1] if several and again else 0
    if n >= ENOUGH and (again > SAME_ROWS * n or elsewhere > SAME_ELSEWHERE * n):
        where = "an earlier file" if elsewhere else "an earlier row"
        raise SourceError(
            f"company.toml: {table.name} from {source.called}: {elsewhere or again} of {n} rows are equal, word for word, "
            f"to {where}; "
            'if it was exported twice, say repeats = "drop"; if each is a row of its own, say repeats = "keep"'
        )
