"""The monthly review: a company's own files in, one folder with pages, figures and lists out; whole or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path
from shutil import copyfile, rmtree
from time import monotonic
from typing import Any

from crmlib.border.company import Description, load_description
from crmlib.border.ingest import Ingested, ingest
from crmlib.facts import engine
from crmlib.run import edits, faults, folders, index, pages
from crmlib.run.chapters import CHAPTERS, Chapter, code_hash, keep, kept, read_chapters
from crmlib.run.engine import Done, Watch, execute, traceback_of
from crmlib.run.folders import (
    FolderError,
    Place,
    damage,
    held_folder,
    locked,
    manifest_of,
    months,
    sha256,
    sha256_of,
    write,
)
from crmlib.run.guarded import stopping
from crmlib.run.handed_back import read_in
from crmlib.run.kernels import Kernels, kernels
from crmlib.run.outputs import Outputs, again
from crmlib.run.progress import Listener, Silent
from crmlib.vocabulary import language
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.language import _
from crmlib.vocabulary.months import last_day
from crmlib.vocabulary.policy import load

STATE = ".state"
INCOMING = ".incoming-"
SET_BY_REVIEW = {
    "tables": "--data",
    "as_of": "--month",
    "policy": "policy in company.toml",
    "before": "the review of the month before",
}


class ReviewError(CrmlibError):
    """A review that cannot begin; one line."""


@dataclass(frozen=True)
class Request:
    """What is to be reviewed and how."""

    company: Path
    month: str | None = None
    out: Path = Path("reviews")
    workers: int | None = None
    only: tuple[int, ...] = ()
    resume: bool = False
    force: bool = False
    data: Path | None = None
    chapters: Path = CHAPTERS
    parameters: Mapping[str, str] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)


@dataclass(frozen=True)
class Review:
    """A finished review."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def failed(self) -> list[str]:
        """Names of the chapters that stopped."""
        return [c["name"] for c in self.manifest["chapters"] if c["status"] == "failed"]


def review(request: Request, *, ingest: Callable[..., Ingested] = ingest, listener: Listener | None = None) -> Review:
    """Run the review. What a user can mend (company, policy, data, folders, parameters) is a `CrmlibError` of one line."""
    started, begun = datetime.now(UTC).isoformat(timespec="seconds"), monotonic()
    if request.month is not None and not re.fullmatch(folders.MONTH, request.month):
        raise ReviewError(f"--month: expected YYYY-MM such as 2026-10, found {request.month!r}")
    company = load_description(request.company, data=request.data)
    policy = load(company.policy)
    spoken = str(request.parameters.get("language", company.language))
    chapters = read_chapters(request.chapters, language=spoken, only=request.only)
    home = request.out / company.name
    _check(chapters, request, company, request.month or "2000-01")
    told = Silent() if listener is None else listener
    with language.using(spoken, company.currency), ExitStack() as held:
        if request.month and (there := _claimed(held, Place(home, request.month), request, told)):
            return there
        fresh = held.enter_context(held_folder(home, INCOMING))
        if company.engine:
            held.enter_context(engine.named(company.engine))
        told.say(_("Reading the data of {company} …").format(company=company.title))
        read = read_in(ingest, company, home, request.month, fresh, policy)
        for note in read.notes:
            told.say(note)
        month = request.month or read.latest_month
        if month > read.latest_month:
            raise ReviewError(f"--month: {month} is later than the data, which fill months up to {read.latest_month}")
        if not request.month and (there := _claimed(held, Place(home, month), request, told)):
            return there
        for problem in filter(None, map(damage, months(home))):
            told.say(_("Left out: {problem}").format(problem=problem))
        work = Work(Place(home, month), company, chapters, request, told)
        work.settle(fresh)
        outputs = Outputs(work.place, last_day(month), company, spoken, work.chapters, work.run())
        manifest = {**outputs.write(read.account, started), "parameters": dict(request.parameters)}
        manifest["before"] = work.before
        return _publish(outputs, manifest, begun, told)


def _publish(outputs: Outputs, manifest: dict[str, Any], begun: float, told: Listener) -> Review:
    """Drop what only the run needed, write the manifest, give the folder its name, and list it with the others."""
    place = outputs.place
    rmtree(place.partial / STATE, ignore_errors=True)
    for name in ("ids.parquet", "carried.parquet"):
        (place.partial / "private" / name).unlink(missing_ok=True)
    kept_of_people = edits.carry(place)
    hashes = {n: h for n, h in sha256_of(place.partial).items() if n not in kept_of_people.files}
    manifest["outputs"] = {folders.noted(n, h): h for n, h in hashes.items()}
    manifest["seconds"] = round(monotonic() - begun, 1)
    write(place.partial / "manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    folders.sync(place.partial)
    index.publish(place)
    for line in (*outputs.said, *kept_of_people.said):
        told.say(line)
    return Review(place.whole, manifest)


def _given(request: Request, company: Description, month: str, before: str = "") -> dict[str, Any]:
    """The parameters of every chapter: relative to the review's own folder, so that they hold wherever it is moved."""
    for name, how in SET_BY_REVIEW.items():
        if name in request.parameters:
            raise ReviewError(f"-p {name}: the review sets this itself; see {how}")
    policy = "policy.toml" if company.policy else ""
    known = {"tables": "tables", "as_of": last_day(month).isoformat(), "policy": policy, "language": company.language}
    return {**known, "before": before, **request.parameters}


def _check(chapters: Sequence[Chapter], request: Request, company: Description, month: str) -> None:
    for chapter in chapters:
        chapter.with_parameters(_given(request, company, month), {})


def _claimed(held: ExitStack, place: Place, request: Request, told: Listener) -> Review | None:
    """Hold the month for this run. Where it is whole already and not to be replaced: that review, if a killed run had not listed
    it (it is now) or there is nothing to resume, else `FolderError`.
    """
    folders.make(request.out)
    held.enter_context(locked(place))
    place.put_back()
    if not place.whole.exists() or request.force:
        place.clear()
        return None
    folders.remove_left(place.company, INCOMING)
    there = Review(place.whole, manifest_of(place.whole))
    mended, month = index.relisted(place), pages.month_called(place.month)
    if mended:
        told.say(
            _("{month} was whole already, but not listed: a run was cut short. It is listed now.").format(month=month)
        )
    elif request.resume:
        told.say(_("{month} is whole already; there is nothing to resume.").format(month=month))
    else:
        raise FolderError(
            f"{place.whole}: this month's review is already there; --force replaces it once the new one is whole"
        )
    return there


@dataclass
class Work:
    """One month being worked on."""

    place: Place
    company: Description
    chapters: Sequence[Chapter]
    request: Request
    told: Listener
    with_before: bool = True
    """Whether the chapters may read the review of the month before."""
    before: str = ""
    """Hash of the manifest of that review, "" where none was read."""

    @property
    def state(self) -> Path:
        """Chapters that are whole, kept for a resume until the review is."""
        return self.place.partial / STATE

    def settle(self, fresh: Path) -> None:
        """Put the tables in place and key the chapters; what an earlier, broken-off run finished is kept when asked for."""
        folder = self.place.partial
        if self.request.resume and not self.state.exists():
            self.told.say(_("Nothing to resume; starting anew."))
        for path in folder.iterdir() if folder.exists() else ():
            if path != self.state or not self.request.resume:
                rmtree(path) if path.is_dir() else path.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("tables", "private"):
            if (fresh / name).exists():
                (fresh / name).rename(folder / name)
        (folder / "private").mkdir(exist_ok=True)
        (folder / "private").chmod(0o700)
        if self.company.policy:
            copyfile(self.company.policy, folder / "policy.toml")
        policy = sha256(folder / "policy.toml") if self.company.policy else ""
        last = self.place.before if self.with_before else None
        self.before = sha256(last / "manifest.json") if last else ""
        made_from = {
            "tables": sha256_of(folder / "tables"),
            "policy": policy,
            "code": code_hash(),
            "before": self.before,
        }
        given = _given(self.request, self.company, self.place.month, f"../{last.name}" if last else "")
        self.chapters = [c.with_parameters(given, made_from) for c in self.chapters]

    def run(self) -> dict[str, Done]:
        """Every wanted chapter, run or taken over from a broken-off run."""
        done = self._resumed()
        with kernels() as running:
            self._execute([c for c in self.chapters if c.wanted and c.name not in done], running, done)
        return done

    def _resumed(self) -> dict[str, Done]:
        found = {c.name: kept(self.state, c) for c in self.chapters}
        done = {name: d for name, (_there, d) in found.items() if d}
        if done:
            titles = language.listed([c.title for c in self.chapters if c.name in done])
            self.told.say(_("Resuming; already whole: {chapters}.").format(chapters=titles))
        elif any(there for there, _d in found.values()):
            self.told.say(
                _(
                    "The data, the policy, a chapter or this program have changed since the run broke off; starting anew."
                )
            )
        return done

    def _execute(self, chapters: Sequence[Chapter], running: Kernels, done: dict[str, Done]) -> None:
        """The chapters side by side, each in a thread of this process and a kernel of its own."""
        with ThreadPoolExecutor(max(1, self.request.workers or cpu_count() or 1)) as pool:
            waiting = {pool.submit(self._one, chapter, running): chapter for chapter in chapters}
            try:
                while waiting:
                    for ended in wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED).done:
                        chapter = waiting.pop(ended)
                        done[chapter.name] = ended.result()
                        self._tell(chapter, done[chapter.name])
                    if stopping.is_set():
                        raise KeyboardInterrupt
            except BaseException:
                for future in waiting:
                    future.cancel()
                running.call_off()
                raise

    def _one(self, chapter: Chapter, running: Kernels) -> Done:
        step = self.told.chapter(chapter.name, chapter.title, chapter.cells)
        done = execute(
            chapter.notebook,
            chapter.parameters,
            cwd=self.place.partial,
            kernels=running,
            watch=self.request.watch,
            on_cell=step,
        )
        if done.failure is None:
            keep(self.state, chapter, done)
        return done

    def _tell(self, chapter: Chapter, done: Done) -> None:
        self.told.ended(chapter.name, failed=done.failure is not None)
        if done.failure:
            line = _("{what}: {said}").format(what=chapter.title, said=pages.explained(done.failure)[0])
            if done.failure.kind == "error" and done.failure.name not in faults.mendable():
                line += " " + _("The traceback is in {log}.").format(log=faults.kept(traceback_of(done.notebook)))
            self.told.say(line)
        elif done.given_up:
            self.told.say(again(chapter.title, done))
