"""A month that was reviewed, run again from what was frozen of it: its tables, its policy, its parameters.

Beside them only the review of the month before is read, if it was then. Neither the company's files nor its key, lists or later
months are, so that the same program gives the same `kpis.csv`, to the byte, whatever came after.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree
from typing import Any

from crmlib.border.company import Description, load_description
from crmlib.border.lists import rows_of
from crmlib.run import folders, index
from crmlib.run.chapters import read_chapters
from crmlib.run.folders import FolderError, Place, held_folder, locked, manifest_of, sha256, sha256_of, write
from crmlib.run.outputs import Outputs
from crmlib.run.pages import month_called
from crmlib.run.progress import Listener, Silent
from crmlib.run.review import INCOMING, STATE, Request, ReviewError, Work
from crmlib.vocabulary import language
from crmlib.vocabulary.language import _, ngettext

SHOWN = 5
"""Figures that differ, of which as many are told one by one."""
KEY = ("chapter", "kpi", "period", "segment")
LISTS = "private/"
FIGURES = "private/kpis.csv"


@dataclass(frozen=True)
class Again:
    """How running a month again went: the figures that `differ` (of a figure what it was and what it is, "" where there is none),
    whether they were `made_alike` (of the same program, chapters and parameters), and whether the new ones were put in place.
    """

    folder: Path
    then: Mapping[str, Any]
    now: Mapping[str, Any]
    differing: tuple[str, ...]
    made_alike: bool
    replaced: bool

    @property
    def failed(self) -> bool:
        """Whether a chapter stopped."""
        return any(c["status"] == "failed" for c in self.now["chapters"])


def run_again(request: Request, *, listener: Listener | None = None) -> Again:
    """Run `request.month` again; with `request.force` its figures and pages take the place of those of then, else nothing is left
    behind. Raises `CrmlibError` where the month was not reviewed, or is no longer as it was frozen.
    """
    if not re.fullmatch(folders.MONTH, request.month or ""):
        raise ReviewError(f"--month: expected YYYY-MM such as 2026-10, found {request.month!r}")
    started = datetime.now(UTC).isoformat(timespec="seconds")
    named = load_description(request.company)
    place = Place(request.out / named.name, str(request.month))
    with ExitStack() as held:
        held.enter_context(locked(place))
        place.put_back()
        then = _as_frozen(place.whole)
        company = _as_described(named, then, place.whole)
        request = replace(request, parameters=dict(then.get("parameters", {})), resume=False)
        held.enter_context(language.using(company.language, company.currency))
        fresh = held.enter_context(held_folder(place.company, INCOMING))
        copytree(place.whole / "tables", fresh / "tables")
        ran = tuple(int(c["name"][:2]) for c in then["chapters"] if c["status"] != "not_run")
        chapters = read_chapters(request.chapters, language=company.language, only=ran)
        work = Work(place, company, chapters, request, Silent() if listener is None else listener)
        # A month that was the first stays so, whatever was reviewed of earlier ones since.
        work.with_before = bool(then.get("before", place.before))
        work.settle(fresh)
        day = date.fromisoformat(then["as_of"])
        outputs = Outputs(place, day, company, company.language, work.chapters, work.run())
        now = outputs.write_again(then, started)
        rmtree(place.partial / STATE, ignore_errors=True)
        found = Again(place.whole, then, now, _differing(place), _keys(then) == _keys(now), request.force)
        _put_in_place(place, now) if request.force else rmtree(place.partial)
    return found


def told(found: Again) -> list[str]:
    """What there is to say at the end, line by line."""
    with language.using(found.then["language"], found.then["currency"]):
        month, n = month_called(found.then["month"]), len(found.differing)
        if not n:
            lines = [_("{month}: kpis.csv is the same, to the byte.").format(month=month)]
        else:
            lines = [_since(found, month), *found.differing[:SHOWN]]
            lines += ["…"] if n > SHOWN else []
        erased = found.then.get("erased", {}).get("says")
        if found.replaced:
            end = _("The new figures and pages lie in {file}; its lists are as they were.").format(file=found.folder)
        else:
            end = _("Nothing was changed; --force puts new figures and pages in place.") if n else ""
        return [line for line in (*lines, erased if n else "", end) if line]


def _since(found: Again, month: str) -> str:
    n = len(found.differing)
    if found.made_alike:
        text = ngettext(
            "{month}: {n} figure is not as it was, though program and tables are those of then.",
            "{month}: {n} figures are not as they were, though program and tables are those of then.",
            n,
        )
    else:
        text = ngettext(
            "{month}: {n} figure is not as it was; program or tables have changed since (crmlib {then} then, {now} now).",
            "{month}: {n} figures are not as they were; program or tables have changed since (crmlib {then} then, {now} now).",
            n,
        )
    return text.format(month=month, n=language.number(n), then=found.then["crmlib"], now=found.now["crmlib"])


def _as_frozen(whole: Path) -> dict[str, Any]:
    """The month's manifest, once its tables and policy are seen to be those that it names."""
    if not whole.exists():
        raise FolderError(f"{whole}: this month was not reviewed; make it with: crmlib review COMPANY.toml")
    then = manifest_of(whole)
    there = {f"tables/{name}": hashed for name, hashed in sha256_of(whole / "tables").items()}
    frozen = {f"tables/{name}": hashed for name, hashed in then["tables"].items()}
    policy = whole / "policy.toml"
    there["policy.toml"], frozen["policy.toml"] = sha256(policy) if policy.exists() else "", then["policy"]
    changed = sorted(name for name in {*there, *frozen} if there.get(name) != frozen.get(name))
    if changed:
        raise FolderError(f"{whole / changed[0]}: not as it was frozen; restore the month's folder from a copy")
    return then


def _as_described(named: Description, then: Mapping[str, Any], whole: Path) -> Description:
    """The company as it was called then, under the policy of then."""
    policy = whole / "policy.toml"
    said = {
        "given_title": then["title"],
        "language": then["language"],
        "currency": then["currency"],
        "policy_file": str(policy.resolve()) if policy.exists() else None,
    }
    return named.model_copy(update=said)


def _keys(manifest: Mapping[str, Any]) -> dict[str, str]:
    return {c["name"]: c["key"] for c in manifest["chapters"]}


def _differing(place: Place) -> tuple[str, ...]:
    """The figures of `kpis.csv` that are not as they were, each in a line; none only where the file is the same to the byte."""
    files = [folder / "kpis.csv" for folder in (place.whole, place.partial)]
    if files[0].read_bytes() == files[1].read_bytes():
        return ()
    then, now = ({tuple(row[name] for name in KEY): row for row in rows_of(file)} for file in files)
    lines = [_line(key, then.get(key), now.get(key)) for key in {**then, **now} if then.get(key) != now.get(key)]
    return tuple(lines) or (_("the same figures in another order or form"),)


def _line(key: tuple[str, ...], then: Mapping[str, str] | None, now: Mapping[str, str] | None) -> str:
    """A figure with what differs of it, in the words of the file."""
    parts = [dict(row) if row else {} for row in (then, now)]
    names = [name for name in {**parts[0], **parts[1]} if name not in KEY and parts[0].get(name) != parts[1].get(name)]
    changes = (f"{name} {parts[0].get(name) or '–'} → {parts[1].get(name) or '–'}" for name in names)
    return f"  {' '.join(filter(None, key))}: {', '.join(changes)}"


def _put_in_place(place: Place, manifest: dict[str, Any]) -> None:
    """The new figures and pages in the month's folder, its lists as people left them."""
    lists = place.whole / "private"
    copytree(lists, place.partial / "private", dirs_exist_ok=True, ignore=ignore_patterns("kpis.csv"))
    made = {name: h for name, h in sha256_of(place.partial).items() if not name.startswith(LISTS) or name == FIGURES}
    kept = {name: h for name, h in manifest["outputs"].items() if name.startswith(LISTS)}
    manifest["outputs"] = dict(sorted({**kept, **made}.items()))
    write(place.partial / "manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    folders.sync(place.partial)
    index.publish(place)
