"""Where every source row went: counts per table and file, by reason of the filters, and by rule broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import duckdb
import pandas as pd

from crmlib.border.checks import RULES
from crmlib.border.lines import Read
from crmlib.border.settling import readings
from crmlib.vocabulary import language
from crmlib.vocabulary.accounting import ACCOUNT
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import N_, _, ngettext

FILTERED = ["table", "file", "reason", "rows"]
UNMET = N_("{table}: {rows} rows found no row of their key in {file}; what is taken from it stays empty there.")
TITLES = N_("{file}: {n} lines above the heading were passed over; make sure that they are no data.")
RULE_COUNTS = ["table", "column", "rule", "effect", "rows", "first", "found", "mend"]


def account(engine: duckdb.DuckDBPyConnection, read: Read) -> pd.DataFrame:
    """Where the rows of a table and of the files joined to it went, by `accounting.ACCOUNT`."""
    counts = engine.execute(f"select __source, __file, __state, count(*) from {read.lines} group by all").fetchall()
    found = {(s, f, state): n for s, f, state, n in counts}
    rows = []
    for (s, f), file in read.files.items():
        row = {state: found.get((s, f, state), 0) for state in ("filtered", "repeated", "rejected", "kept")}
        rows.append({"table": read.table.name, "file": file, "read": sum(row.values()), **row})
    own = pd.DataFrame(rows).groupby(["table", "file"], sort=False, as_index=False).sum()
    nothing = dict.fromkeys(("filtered", "repeated", "rejected"), 0)
    joined = [
        {
            "table": read.table.name,
            "file": j.file,
            "read": j.read,
            **nothing,
            "filtered": j.filtered,
            "unmatched": j.read - j.kept - j.filtered,
            "kept": j.kept,
        }
        for j in read.joins
    ]
    frame = pd.concat([own.assign(unmatched=pd.NA), pd.DataFrame(joined, columns=list(ACCOUNT))], ignore_index=True)
    return frame[list(ACCOUNT)].astype(dict.fromkeys(list(ACCOUNT)[2:], "Int64"))


def numbered(counts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The account with files by number, as it is published, and which file each number is: `file`, `name`.

    A file's name may say whose data it holds, so it stays with whoever runs the review.
    """
    names = pd.DataFrame({"name": counts["file"].unique()})
    names.insert(0, "file", [str(i + 1) for i in range(len(names))])
    return counts.assign(file=counts["file"].map(names.set_index("name")["file"])), names


def unnamed(rows: Iterable[Mapping[Any, Any]], k: int, counted: Callable[[int], str] = language.number) -> list[str]:
    """What was not published of each column (`accounting.UNNAMED`), in sentences; `k` is `policy.privacy.k`, `counted` how rows
    are told.
    """
    said = []
    for row in rows:
        few = ngettext(
            "{column} ({table}): {values} value was not published, held by fewer than {k} customers ({rows} rows).",
            "{column} ({table}): {values} values were not published, each held by fewer than {k} customers ({rows} rows).",
            row["values"],
        )
        personal = ngettext(
            "{column} ({table}): {values} value was not published, as it tells of a person ({rows} rows).",
            "{column} ({table}): {values} values were not published, as they tell of a person ({rows} rows).",
            row["values"],
        )
        said.append(
            (few if row["why"] == "few" else personal).format(
                column=label(row["column"]),
                table=label(row["table"], "table"),
                values=language.number(row["values"]),
                rows=counted(row["rows"]),
                k=language.number(k),
            )
        )
    return said


def notes(read: Read) -> list[str]:
    """Lines that were passed over above a heading, and of which joined files rows of the table found nothing, in sentences."""
    table = label(read.table.name, "table")
    titles = [_(TITLES).format(n=language.number(n), file=file) for file, n in read.titles.items()]
    return titles + [
        _(UNMET).format(rows=language.number(j.without), table=table, file=j.file) for j in read.joins if j.without
    ]


def filtered(engine: duckdb.DuckDBPyConnection, read: Read) -> pd.DataFrame:
    """Rows that the company's filters leave out, by `FILTERED`."""
    columns = "__source, __file, __filtered, count(*)"
    query = f"select {columns} from {read.lines} where __state = 'filtered' group by all order by all"
    rows = [(read.table.name, read.files[s, f], reason, n) for s, f, reason, n in engine.execute(query).fetchall()]
    return pd.DataFrame(rows, columns=FILTERED)


def rule_counts(engine: duckdb.DuckDBPyConnection, reads: list[Read]) -> pd.DataFrame:
    """Rows rejected and cells emptied, by `RULE_COUNTS`, worst first."""
    union = " union all ".join(f"select * from rejects_{r.table.name}" for r in reads)
    first = "arg_min(file || ':' || line, (file, line)) as first, arg_min(found, (file, line)) as found"
    order = 'order by effect desc, rows desc, "table", "column", rule'
    counts = engine.execute(
        f'select "table", "column", rule, effect, count(*) as rows, {first} from ({union}) group by all {order}'
    ).df()
    counts["mend"] = [
        _(RULES[rule]).replace("{readings}", readings(found) or "…")
        for rule, found in zip(counts["rule"], counts["found"], strict=True)
    ]
    return counts[RULE_COUNTS]
