"""Which numbers of a memo stand in no row of `kpis.csv`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from html import unescape

import pandas as pd

from crmlib.measures.list_groups import STATED
from crmlib.run.pages import month_called
from crmlib.show.findings import quantity
from crmlib.show.withholding import FEW, said
from crmlib.vocabulary import language
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import label

_NUMBER = re.compile(r"[+\-−]?\d(?:[\d.,]*\d)?%?")


def words(html: str) -> str:
    """What stands on a page: each cell and paragraph on a line, a row of a table on one."""
    body = re.sub(
        r"<script.*?</script>|<nav.*?</nav>|<footer.*?</footer>|<a class=\"crm-skip.*?</a>",
        "",
        html[html.index("<body") :],
        flags=re.DOTALL,
    )
    body = re.sub(r"</(?:tr|p|h\d|li)>", "\n", re.sub(r"\n", " ", body))
    return unescape(re.sub(r"<[^>]+>", " ", body))


def untied(text: str, kpis: pd.DataFrame, months: Iterable[str], as_of: date, company: str) -> list[str]:
    """The numbers of a text, in the language in force, that are neither of a row of `kpis` (value, low, high or n, as written),
    nor of a month among `months`, the day `as_of`, or a day on which a group is due.

    In a line that begins with a figure's name or a group's, only rows of that figure or group count.
    """
    rows = kpis.to_dict("records")
    due = [
        as_of + timedelta(days=round(r["value"])) for r in rows if r["kpi"] == "group_due" and r["value"] == r["value"]
    ]
    dated = [*map(language.day, (as_of, *due)), *map(month_called, months), company]
    found = []
    for line in text.splitlines():
        named = [r for r in rows if _is_of(line, r)]
        known = {number for r in (named or rows) for number in _numbers_of(r)}
        for passed in sorted({*dated, *(label(r["kpi"], "kpi") for r in rows)}, key=len, reverse=True):
            line = line.replace(passed, " ")
        found += [number for number in _NUMBER.findall(line) if number not in known]
    return found


def _is_of(line: str, row: dict) -> bool:
    begins = line.strip().removeprefix("- ")
    if row["kpi"] not in STATED:
        return row["segment"] == "" and begins.startswith(label(row["kpi"], "kpi"))
    why, channel = (label(part, "code") for part in row["segment"].split(" · "))
    return why.lower() in begins.lower()[: len(why) + 2] and channel in begins


def _numbers_of(row: dict) -> set[str]:
    forms = [said(FEW)] if row["status"] == "withheld" else []
    forms += [quantity(row[name], KPIS[row["kpi"]].unit) for name in ("value", "low", "high")]
    forms += [language.number(int(row["n"]))] if row["n"] == row["n"] else []
    return {number for form in forms for number in _NUMBER.findall(form)}
