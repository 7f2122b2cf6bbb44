"""What `crmlib init` and `crmlib check` say: how columns are understood; what would be read, kept and rejected, and why."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crmlib.border.accounts import unnamed
from crmlib.border.company import Description, load_description
from crmlib.border.encodings import SourceError
from crmlib.border.ingest import FROZEN, JUDGED, PEOPLE, check
from crmlib.border.lists import FIRST_PAGE
from crmlib.border.places import files_of
from crmlib.run.progress import Bars
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _, ngettext
from crmlib.vocabulary.policy import load
from crmlib.vocabulary.schema import TABLES

DAYS = {"first": "first_day", "last": "last_day"}


def terminal() -> Console:
    """As wide as the terminal; wide enough for every column where there is none."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def written(file: Path) -> None:
    """Print what to do with a company file that was written."""
    line(_("Written: {file}. Correct it, then run: crmlib check {file}").format(file=file))


def line(text: str) -> None:
    """Print one line as it is: no markup, and not broken."""
    terminal().print(text, markup=False, soft_wrap=True)


def report(path: Path, data: Path | None = None) -> int:
    """Print what an ingest of the company would give; 2 where the review would stop, else 0."""
    company = load_description(path, data=data)
    with language.using(company.language, company.currency):
        policy = load(company.policy)
        with Bars() as bars, bars.steps(ahead(company), step_called) as told:
            found = check(company, policy, told)
        console = terminal()
        console.print(drawn(found.tables.rename(columns=DAYS), company.title))
        console.print(drawn(found.account, _("Where every row went")))
        if len(found.rejects):
            console.print(_("What was rejected or emptied, worst first"), style="bold")
        for row in found.rejects.to_dict("records"):
            line(_rule(row))
        for said in unnamed(found.unnamed.to_dict("records"), policy.privacy.k):
            line(said)
        missing = [{"table": name, "tells": TABLES[name].tells} for name in found.missing]
        for said in filter(None, (*found.notes, missing_line(missing), found.stops)):
            line(said)
        if not found.stops:
            line(_("A review can be made of {month}.").format(month=found.latest_month))
        return 2 if found.stops else 0


def ahead(company: Description, *, frozen: bool = False) -> dict[str, float]:
    """Steps of reading a company's data, and how long each takes beside the others: a table as many bytes as its files have."""
    steps = {}
    for name in (name for name in TABLES if company.sources(name)):
        with suppress(SourceError, OSError):
            steps[name] = float(
                sum(f.stat().st_size for s in company.sources(name) for f in files_of(s, company.folder))
            )
    whole = sum(steps.values())
    return {**steps, JUDGED: 0.5 * whole, PEOPLE: whole} | ({FROZEN: 0.5 * whole} if frozen else {})


def step_called(step: str) -> str:
    """What a bar calls a step of reading a company's data."""
    called = {JUDGED: _("judging what was read"), PEOPLE: _("telling who is who"), FROZEN: _("writing the tables")}
    return called.get(step) or _("reading {file}").format(file=label(step, "table"))


def _rule(row: dict[Any, Any]) -> str:
    template = {
        "row": _("{table}, {column}: {n} rows rejected, first {first}, found {found}. {mend}"),
        "cell": _("{table}, {column}: {n} cells emptied, first {first}, found {found}. {mend}"),
        "other": _("{table}, {column}: {n} cells published as other, first {first}, found {found}. {mend}"),
    }[row["effect"]]
    return template.format(
        table=label(row["table"], "table"),
        column=label(row["column"]),
        n=language.number(row["rows"]),
        first=row["first"],
        found=row["found"],
        mend=row["mend"],
    )


def empty(title: str) -> Table:
    """A table to be filled, under its title."""
    return Table(title=Text(title), title_justify="left", title_style="bold")


def drawn(frame: pd.DataFrame, title: str) -> Table:
    """A frame as a table for the terminal, headings and cells as the reader writes them."""
    drawn = empty(title)
    for name in frame.columns:
        drawn.add_column(
            Text(label(name)),
            justify="right" if name == "amount" or pd.api.types.is_numeric_dtype(frame[name]) else "left",
            overflow="fold",
        )
    for row in frame.to_dict("records"):
        drawn.add_row(*(_cell(str(name), value) for name, value in row.items()))
    return drawn


def _cell(column: str, value: Any) -> Text:
    """A cell as the reader writes it; never read as markup, which a file's name could hold."""
    if value is None or pd.isna(value):
        return Text()
    if column == "amount":
        return Text(language.money(value, exact=True))
    if isinstance(value, date):
        return Text(language.day(value))
    if isinstance(value, (int, float)):
        return Text(language.number(value, 0 if float(value).is_integer() else 2))
    return Text(label(value, "table") if column == "table" else str(value))


def missing_line(missing: Sequence[Mapping[str, str]]) -> str:
    """What the data lack, in one line for the terminal; empty when nothing is."""
    if not missing:
        return ""
    return _("Missing from the data: {tables}. The front page says what each would add.").format(
        tables=language.listed([label(m["table"], "table") for m in missing])
    )


def ending(folder: Path, manifest: Any) -> list[str]:
    """What a person wants to know at the end: where to look, whom to act on, what is missing."""
    with language.using(manifest["language"], manifest["currency"]):
        n = manifest["to_act_on"]
        acting = (
            _("No chapter proposed whom to act on.")
            if n is None
            else _("What is on record gives no reason to contact anybody this month.")
            if not n
            else ngettext("{n} customer to act on: {list}", "{n} customers to act on: {list}", n).format(
                n=language.number(n), list=folder / "private" / "actions.csv"
            )
        )
        first = folder / "private" / FIRST_PAGE
        failed = sum(c["status"] == "failed" for c in manifest["chapters"])
        stopped = ngettext(
            "{n} chapter stopped; its page says why.", "{n} chapters stopped; their pages say why.", failed
        )
        lines = [
            _("The review lies in {file}").format(file=(folder / "index.html").resolve()),
            acting,
            _("Whom to begin with: {file}").format(file=first) if first.exists() else "",
            missing_line(manifest["missing"]),
            stopped.format(n=failed) if failed else "",
        ]
    return [line for line in lines if line]
