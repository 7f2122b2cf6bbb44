"""The list of improvements of the month before, as people left it: what of it the frozen tables keep, and what not (D130).

Goals, what is tried, who does it and what was decided are people's own words and stay in the private folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pandas as pd

from crmlib.border import staged
from crmlib.border.staged import Sheet
from crmlib.vocabulary.accounting import IMPROVEMENTS
from crmlib.vocabulary.cells import csv_text
from crmlib.vocabulary.goals import lacking
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.problems import closest
from crmlib.vocabulary.stages import IMPROVING

LIST = "improvements.csv"
"""In a month's folder `private`."""
WORDS = ("goal", "tried", "owner", "decided")
"""People's own words."""
COLUMNS = ("number", "kpi", *WORDS[:3], "due_on", *IMPROVING.day_of.values(), WORDS[3])
SHEET = Sheet(
    LIST,
    COLUMNS,
    IMPROVING,
    ("kpi",),
    N_("what it rests on is not written: the goal and what is tried, or what was decided"),
    ahead=("due_on",),
    begun=True,
)


def read(path: Path, until: str) -> tuple[pd.DataFrame, list[str]]:
    """The rows of a list (`COLUMNS`, texts, days in ISO form), each with a number of its own, and in one line each what may not
    be. Raises `SourceError`.
    """
    found, said = staged.read(path, SHEET, until)
    named = {word.casefold(): kpi for kpi, of in KPIS.items() for word in (of.label, _(of.label), kpi)}
    taken: set[str] = set()
    for line, row in found:
        kpi = named.get(row["kpi"].casefold(), "")
        if not kpi:
            text = _("{file}: line {line}: {found} is no figure of the review, so that nothing is checked{closest}")
            near = closest(row["kpi"], [*KPIS]) if row["kpi"] else ""
            said.append(text.format(file=path, line=line, found=repr(row["kpi"][: staged.LONGEST]), closest=near))
        row["kpi"] = kpi or row["kpi"]
        number = row["number"].removesuffix(".0")
        row["number"] = number if number.isdecimal() and number not in taken else ""
        taken.add(row["number"])
    free = (str(n) for n in count(1) if str(n) not in taken)
    for _line, row in found:
        row["number"] = row["number"] or next(free)
    return pd.DataFrame([row for _line, row in found], columns=[*COLUMNS], dtype="str"), said


def taken_over(lists: Sequence[Path], fresh: Path, until: str) -> list[str]:
    """Freeze what the latest list says without anybody's words, and write it into the private folder of the month that begins,
    so that it is there even if no chapter goes on with it; the refusals. Raises `SourceError`.
    """
    if not lists:
        return []
    rows, said = read(lists[-1], until)
    text = csv_text(COLUMNS, rows.itertuples(index=False, name=None))
    (fresh / "private").mkdir(parents=True, exist_ok=True)
    (fresh / "private" / LIST).write_text("\ufeff" + text, encoding="utf-8")
    kept = rows[rows["kpi"].isin(KPIS.keys())]
    if len(kept):
        days = {name: pd.to_datetime(kept[name]).dt.date for name in IMPROVEMENTS if name.endswith("_on")}
        frozen = kept.assign(
            **days, number=kept["number"].astype("int64"), lacks=[" ".join(lacking(g)) for g in kept["goal"]]
        )
        frozen[[*IMPROVEMENTS]].to_parquet(fresh / "tables" / "improvements.parquet", index=False)
    return said
