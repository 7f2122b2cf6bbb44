"""`crmlib forget`: every trace of a customer leaves every month of a company's reviews, each month whole or not at all.

First the customer is remembered (`border.forgotten`), so that no review that begins meanwhile brings them back; then month by
month a folder without them takes the place of the old one. A run that was cut short is finished by the next.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from shutil import copy2, copytree, rmtree
from typing import Any

from crmlib.border import forgotten
from crmlib.border.company import Description, load_description
from crmlib.border.owned import as_id
from crmlib.border.pseudonyms import key, pseudonyms
from crmlib.run.checking import line
from crmlib.run.folders import (
    MONTH,
    FolderError,
    Place,
    any_held,
    held_folder,
    locked,
    noted,
    sha256,
    sync,
    write,
)
from crmlib.run.holdings import BROKEN, Customer, Trace, closed, counted, folders, month_of
from crmlib.run.seeking import find
from crmlib.run.traces import parted
from crmlib.vocabulary import language
from crmlib.vocabulary.language import _, ngettext

ERASURES = ["erased_on", "customers", "months", "places"]
"""Columns of the log of erasures, which names nobody."""
NOTE = re.compile(r'<p class="crm-aside" id="erased">.*?</p>\n?', re.DOTALL)


@dataclass(frozen=True)
class Erased:
    """Who was forgotten, what was removed, and how many customers that were, with those whose erasing was cut short."""

    who: Customer
    traces: tuple[Trace, ...]
    customers: int


def forget(
    path: Path, given: str, *, out: Path, data: Path | None = None, yes: bool = False, today: date | None = None
) -> None:
    """Say what is held of the customer with this id, and where `yes` remove it. Raises `CrmlibError`."""
    company = load_description(path, data=data)
    home = out / company.name
    with language.using(company.language, company.currency):
        if not yes:
            who = find(company, home, given)
            told(who, who.traces(home))
            return line(_("Nothing was removed. With --yes it is."))
        done = erase(company, home, given, today=today or date.today())
        told(done.who, done.traces)
        line(
            _("Files changed or removed: {n}. What your own files hold is untouched: delete it there.").format(
                n=language.number(len(done.traces))
            )
        )
        for file in closed(home):
            line(_("{file} cannot be looked into; look yourself whether it names the customer.").format(file=file))


def readmit(path: Path, given: str) -> None:
    """Let a forgotten record come back from the source files; a customer with several is let in by each of their ids."""
    company = load_description(path)
    with language.using(company.language, company.currency):
        code = pseudonyms(key(company.home), "customer", [as_id(given)])
        n = forgotten.readmit(company.home, code)
        line(_("The next review reads this record again.") if n else _("This record was not forgotten."))


def told(who: Customer, traces: Sequence[Trace]) -> None:
    """Print what is held, by kind of place, and what is not looked into."""
    for place, n in counted(traces).items():
        months = sorted({month_of(t) for t in traces if t.place is place} - {""})
        where = language.listed(months) if len(months) < 4 else f"{months[0]} – {months[-1]}"
        line(f"  {_(place.says)} ({place.path}): {language.number(n)} · {where}")
    if not traces:
        line(_("Nothing is held of this customer among the reviews."))
    if who.unread:
        line(_("The source files cannot be read, so what they hold is not listed: {why}").format(why=who.unread))
    elif who.own.rows:
        said = ngettext(
            "{n} row of your own files is the customer's; crmlib does not touch it.",
            "{n} rows of your own files are the customer's; crmlib does not touch them.",
            len(who.own.rows),
        )
        line(said.format(n=language.number(len(who.own.rows))))


def erase(company: Description, home: Path, given: str, *, today: date) -> Erased:
    """Remove every trace of the customer with this id, and of those whose erasing was cut short; raises `FolderError` while a
    review is running.
    """
    with _alone(home) as places:
        for place in places:
            place.put_back()
            place.clear()
        who = find(company, home, given, pending=True)
        forgotten.remember(company.home, who.everywhere.customers)
        _refuse_running(home)
        removed: list[Trace] = []
        # Copies first: as long as a month knows the customer, a run that was cut short can be finished.
        for trace in who.loose(home):
            _rewrite(trace.file, trace)
            removed.append(trace)
        for folder in sorted(who.sought, key=lambda f: f.name):
            found = who.traces_of(folder)
            if found and BROKEN.fullmatch(folder.name):
                rmtree(folder)
            elif found:
                _erase_month(Place(home, folder.name), found, who, today)
            removed += found
        if home.is_dir():
            with held_folder(home, ".incoming-"), held_folder(home, ".erasing-"):
                pass  # what killed runs left goes
        n = max((who.people[t.folder] for t in removed if t.folder in who.people), default=1)
        if removed:
            _log(company.home, removed, n, today)
        return Erased(who, tuple(removed), n)


@contextmanager
def _alone(home: Path) -> Iterator[list[Place]]:
    """The company's months, each locked for this process. Raises `FolderError` while a review of the company is running."""
    months = {f.name for f in folders(home)} | {p.name for p in home.glob(".*.lock")} if home.is_dir() else set()
    named = sorted({found.group() for name in months if (found := re.search(MONTH, name))})
    with ExitStack() as held:
        places = [Place(home, month) for month in named]
        for place in places:
            held.enter_context(locked(place))
        _refuse_running(home)
        yield places


def _refuse_running(home: Path) -> None:
    if any_held(home, ".incoming-"):
        raise FolderError(f"{home}: a review of this company is running; wait for it or stop it")


def _erase_month(place: Place, traces: Sequence[Trace], who: Customer, today: date) -> None:
    """The month without the customer takes the place of the one with them, in one step."""
    with held_folder(place.company, ".erasing-") as held:
        fresh = held / place.month
        copytree(place.whole, fresh, copy_function=_linked, symlinks=True)
        for trace in traces:
            _rewrite(fresh / trace.where, trace)
        _note(fresh, place.whole, traces, who.people[place.whole], today)
        sync(fresh)
        place.publish(fresh)
        place.clear()


def _linked(source: str, target: str) -> None:
    """The same file under a second name where the disk can do so, else a copy; a file that changes is written anew."""
    try:
        os.link(source, target)
    except OSError:
        copy2(source, target)


def _rewrite(file: Path, trace: Trace) -> None:
    kept = parted(trace.where, file.read_bytes(), trace.place, trace.sought)[0]
    if kept is None:
        return file.unlink()
    mode = file.stat().st_mode
    write(file, kept)
    file.chmod(mode)


def _note(fresh: Path, whole: Path, traces: Sequence[Trace], people: int, today: date) -> None:
    """The manifest and every page of the month say how many customers were erased since; figures stay as they were.

    The hash of a file that a person changed since the review stays that of the review, so that it still counts as changed.
    """
    file = fresh / "manifest.json"
    if not file.exists():
        return
    manifest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    n = int(manifest.get("erased", {}).get("customers", 0)) + max(people, 1)
    with language.using(manifest.get("language", "en"), manifest.get("currency")):
        said = ngettext(
            "The data of {n} customer were erased since; the figures are those of before.",
            "The data of {n} customers were erased since; the figures are those of before.",
            n,
        ).format(n=language.number(n))
    before = manifest.get("erased", {}).get("says")
    manifest["erased"] = {"customers": n, "last_on": today.isoformat(), "says": said}
    manifest["notes"] = [note for note in manifest.get("notes", []) if note != before] + [said]
    pages = sorted(fresh.glob("*.html"))
    for page in pages:
        text = NOTE.sub("", page.read_text(encoding="utf-8"))
        note = f'<p class="crm-aside" id="erased">{escape(said)}</p>'
        write(page, text.replace("</h1>", f"</h1>\n{note}", 1))
    changed = {t.where for t in traces} | {p.name for p in pages}
    for name in sorted(changed):
        for known, called in (
            (manifest.get("outputs", {}), name),
            (manifest.get("tables", {}), name.removeprefix("tables/")),
        ):
            hashed, path = sha256(whole / name), fresh / name
            if known.get(noted(called, hashed)) == hashed:
                del known[noted(called, hashed)]
                if path.exists():
                    known[noted(called, sha256(path))] = sha256(path)
    write(file, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def _log(home: Path, removed: Sequence[Trace], customers: int, today: date) -> None:
    """A line of the log: the day, how many customers, the months, and the kinds of places."""
    file = home / ".crmlib" / "erasures.csv"
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    if not file.exists():
        rows.writerow(ERASURES)
    months = sorted({month_of(t) for t in removed} - {""})
    places = sorted({t.place.path for t in removed})
    rows.writerow([today.isoformat(), customers, " ".join(months), " ".join(places)])
    write(file, (file.read_text(encoding="utf-8") if file.exists() else "") + text.getvalue())
    file.chmod(0o600)
