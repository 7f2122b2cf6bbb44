"""`crmlib export` and `crmlib audit`: what is held of one customer, handed out; and what is held at all, for whoever asks.

Both walk the list that `crmlib forget` walks (`holdings.PLACES`).
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pyarrow.parquet as pq

from crmlib.border import forgotten
from crmlib.border.company import Description, load_description
from crmlib.run.checking import line
from crmlib.run.folders import months
from crmlib.run.forget import told
from crmlib.run.holdings import Customer, Trace, month_of
from crmlib.run.places import PLACES
from crmlib.run.seeking import find
from crmlib.vocabulary import language
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.held import READERS, Held
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.policy import Policy, load
from crmlib.vocabulary.schema import TABLES
from crmlib.vocabulary.tables import Column

SHOWN = 50
"""Rows of one file that the readable part shows; the rest is counted, and stands in held.json."""
ROLES = {
    "personal": N_("personal: only whether it is missing, invalid or valid is kept"),
    "pseudonym": N_("under a keyed pseudonym"),
    "plain": N_("as it is"),
}


class AnswerError(CrmlibError):
    """A place that an answer cannot be written to; one line."""


def export(path: Path, given: str, to: Path, *, out: Path, data: Path | None = None) -> None:
    """Write all that is held of the customer with this id to the folder or .zip `to`: held.json for machines, held.md for people.

    Raises `CrmlibError`; an answer is never written among what it tells of, nor over something.
    """
    company = load_description(path, data=data)
    home = out / company.name
    _refuse(to, company, out)
    with language.using(company.language, company.currency):
        who = find(company, home, given)
        traces = who.traces(home)
        told(who, traces)
        whole = {"company": company.title, "held": [_entry(t) for t in traces], "yours": list(who.own.rows)}
        _write(to, {"held.json": _json(whole), "held.md": _readable(company, who, traces)})
        line(_("Written: {file}").format(file=to))
        line(_("Read it before you hand it over: what somebody wrote in their own words may name others."))


def _entry(trace: Trace) -> dict[str, Any]:
    return {
        "month": month_of(trace),
        "file": trace.where,
        "what": _(trace.place.says),
        "why": _(trace.place.why),
        "seen_by": _(READERS[trace.place.seen_by]),
        "held": trace.taken,
    }


def _readable(company: Description, who: Customer, traces: Sequence[Trace]) -> str:
    out = [f"# {_('What is held of you at {company}').format(company=company.title)}", ""]
    out += [_("Everything is listed a second time in held.json, for machines."), ""]
    out += [f"## {_('In the reviews of how customers are kept')}", ""]
    if not traces:
        out += [_("Nothing is held of this customer among the reviews."), ""]
    for trace in traces:
        month = f"{month_of(trace)} · " if month_of(trace) else ""
        out += [f"### {month}{_(trace.place.says)} ({trace.where})", ""]
        out += [
            _("What for: {why}. Who may see it: {who}.").format(
                why=_(trace.place.why), who=_(READERS[trace.place.seen_by])
            ),
            "",
        ]
        out += _listed(trace.taken)
    out += [f"## {_('In the files of the company itself')}", ""]
    if who.unread:
        out += [_("The source files cannot be read, so what they hold is not listed: {why}").format(why=who.unread), ""]
    elif not who.own.rows:
        out += [_("Nothing."), ""]
    for row in who.own.rows:
        place = _("{table}, {file}, line {line}").format(
            table=label(row["table"], "table"), file=row["file"], line=row["line"]
        )
        out += [f"- {place}: {_cells(row['row'] or row['read'])}"]
    return "\n".join(out).rstrip() + "\n"


def _listed(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows as a list; what was only mentioned is counted."""
    shown = [f"- {_cells(row)}" for row in rows if "mention" not in row][:SHOWN]
    mentions = sum("mention" in row for row in rows)
    more = len(rows) - mentions - len(shown)
    shown += [f"- {_('{n} more, in held.json').format(n=language.number(more))}"] if more else []
    shown += [f"- {_('mentions in other text: {n}').format(n=language.number(mentions))}"] if mentions else []
    return [*shown, ""]


def _cells(row: Mapping[str, Any]) -> str:
    cells = (f"{label(c)}: {' '.join(str(v).split())}" for c, v in row.items() if v not in (None, ""))
    return "; ".join(cells)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"


def _refuse(to: Path, company: Description, out: Path) -> None:
    """An answer among the company's files would itself be one more place that holds the customer."""
    if to.exists():
        raise AnswerError(f"--to: {to} is already there; name a folder or a .zip that is not")
    if not to.absolute().parent.is_dir():
        raise AnswerError(f"--to: {to.parent}: no such folder")
    for inside in (company.home, company.folder, out):
        if to.resolve().is_relative_to(inside.resolve()):
            raise AnswerError(
                f"--to: {to} lies in {inside}, where the next answer would find it again; write it somewhere else"
            )


def _write(to: Path, texts: Mapping[str, str]) -> None:
    """The texts as files of a new folder or .zip that only its owner may read."""
    if to.suffix.lower() != ".zip":
        to.mkdir(mode=0o700)
        for name, text in texts.items():
            _private(to / name, text.encode())
        return
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    _private(to, packed.getvalue())


def _private(file: Path, data: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)


def audit(path: Path, *, out: Path, to: Path | None = None) -> None:
    """Print, or write to the file `to`, what is held of customers, what for, how long and who may see it; counts, no values.

    Raises `CrmlibError`.
    """
    company = load_description(path)
    policy = load(company.policy)
    if to is not None and to.exists():
        raise AnswerError(f"--to: {to} is already there; name a file that is not")
    with language.using(company.language, company.currency):
        text = audited(company, policy, out / company.name)
        if to is None:
            return print(text, end="")
        _private(to, text.encode())
        line(_("Written: {file}").format(file=to))


def audited(company: Description, policy: Policy, home: Path) -> str:
    """The audit pack as Markdown, in the language in force."""
    held = months(home)
    out = [f"# {_('What {company} holds of its customers').format(company=company.title)}", ""]
    out += [_kept(policy, held), "", _erased(company, held), ""]
    out += [f"## {_('Files of a review')}", ""]
    rows = [
        (_(p.says), f"`{p.path}`", _how(p), _(p.why), _(READERS[p.seen_by]), *_counts(p, held))
        for p in PLACES
        if p.table is None
        or p.table.name in {t for t in TABLES if company.sources(t)}
        or any(_there(p, m) for m in held)
    ]
    heads = (
        _("What"),
        _("File"),
        _("How a customer is named"),
        _("What for"),
        _("Who may see it"),
        _("Months"),
        _("Rows"),
    )
    out += [*_table(heads, rows), ""]
    out += [f"## {_('Columns')}", ""]
    columns = [
        (label(name, "table"), label(c.name), _(ROLES[_role(c)]), _(c.says))
        for name, table in TABLES.items()
        for c in table.columns
        if any(c.name in source.fields for source in company.sources(name))
    ]
    out += [*_table((_("Table"), _("Column"), _("How it is kept"), _("Meaning")), columns), ""]
    out += [
        _("The company's own files ({folder}): {who}.").format(
            folder=company.folder.name or ".", who=_(READERS["yours"])
        )
    ]
    return "\n".join(out).rstrip() + "\n"


def _kept(policy: Policy, held: Sequence[Path]) -> str:
    said = _(
        "Personal data of a customer without any event should go after {n} months (quality.keep_months of the policy); chapter 2 "
        "counts who is due. Reviews that are there: {months}; each stays until somebody deletes its folder."
    )
    return said.format(n=language.number(policy.quality.keep_months), months=language.number(len(held)))


def _erased(company: Description, held: Sequence[Path]) -> str:
    """How many customers were erased, from the log, and how many records are remembered so that they do not come back."""
    file = company.home / ".crmlib" / "erasures.csv"
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines())) if file.exists() else []
    said = _(
        "Customers erased so far: {n}, in {times} runs. Records remembered so that they do not come back: {marks}."
    )
    return said.format(
        n=language.number(sum(int(row["customers"]) for row in rows)),
        times=language.number(len(rows)),
        marks=language.number(len(forgotten.read(company.home).marks)),
    )


def _role(column: Column) -> str:
    return "personal" if column.personal else "pseudonym" if column.of else "plain"


def _how(place: Held) -> str:
    if place.own:
        return _("by the company's own id")
    if place.names or place.in_text:
        return _("by a pseudonym")
    return _("not at all")


def _there(place: Held, month: Path) -> list[Path]:
    return sorted(f for f in month.glob(place.path) if f.is_file())


def _counts(place: Held, held: Iterable[Path]) -> tuple[str, str]:
    """In how many months it lies, and its rows in all of them; no rows of what is no table."""
    files = [f for m in held for f in _there(place, m)]
    n = len({f.relative_to(m).parts and m for m in held for f in _there(place, m)})
    if not files or not all(f.suffix in (".parquet", ".csv") for f in files):
        return language.number(n), ""
    rows = sum(pq.read_metadata(f).num_rows if f.suffix == ".parquet" else _lines(f) for f in files)
    return language.number(n), language.number(rows)


def _lines(file: Path) -> int:
    with file.open(encoding="utf-8-sig", newline="", errors="replace") as text:
        return max(sum(1 for _row in csv.reader(text)) - 1, 0)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    cells = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in row) + " |" for row in cells]
