"""What a review leaves behind, written from the executed chapters: figures, lists, manifest, notebooks and pages."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

import crmlib
from crmlib import __version__
from crmlib.border import accounts
from crmlib.border.board import BOARD
from crmlib.border.company import Description
from crmlib.border.improvements import LIST
from crmlib.border.places import files_of
from crmlib.facts.company import Company
from crmlib.measures import satisfied_leavers
from crmlib.run import boards, collect, folding, handed_out, improved, leavers, memo, month, pages, taking, workbooks
from crmlib.run.chapters import Chapter
from crmlib.run.engine import Done
from crmlib.run.folders import Place, damage, months, sha256, sha256_of, write
from crmlib.run.worklists import Own
from crmlib.show import withholding
from crmlib.vocabulary import language
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.policy import load
from crmlib.vocabulary.schema import TABLES

HELD = (
    Held("*.html", N_("the pages"), N_("what people read"), "published", in_text=True),
    *memo.HELD,
    Held("*.ipynb", N_("the chapters as they ran"), N_("how each figure came about"), "published", in_text=True),
    Held(
        "manifest.json",
        N_("what the review was made from, with hashes"),
        N_("to check that nothing was changed"),
        "kept",
    ),
    Held("policy.toml", N_("the thresholds in force"), N_("what the figures were judged by"), "published"),
    Held("private/inputs.csv", N_("names and hashes of the files that were read"), N_("to find them again"), "private"),
)


@dataclass(frozen=True)
class Outputs:
    """One month's results on their way into its partial folder."""

    place: Place
    as_of: date
    company: Description
    spoken: str
    chapters: Sequence[Chapter]
    done: Mapping[str, Done]
    said: list[str] = field(default_factory=list)
    """What there is to say of the lists, for the terminal and the front page."""

    @property
    def folder(self) -> Path:
        """The partial folder."""
        return self.place.partial

    @property
    def earlier(self) -> list[Path]:
        """Finished reviews of months before this one that are not damaged, oldest first."""
        return [r for r in months(self.place.company) if r.name < self.place.month and not damage(r)]

    def write(self, account: pd.DataFrame, started_at: str) -> dict[str, Any]:
        """Write everything but the manifest, which is returned."""
        kpis = self._figures()
        self._board()
        self._improvements()
        self._leavers(kpis)
        manifest = self._manifest(account, started_at, self._lists({*kpis["kpi"]}))
        with language.using(self.spoken, self.company.currency), withholding.using(manifest["k"]):
            back = taking.of_months(self.earlier)
            self.said.extend([*taking.origins(account), *back.in_full])
            manifest["notes"] = [*self._notes(), *taking.origins(account), *back.published]
            self._pages(manifest, kpis)
        return manifest

    def write_again(self, then: Mapping[str, Any], started_at: str) -> dict[str, Any]:
        """Write figures and pages of a month that is there, and none of its lists; the manifest, which is returned, tells of data
        and lists what it told then.
        """
        kpis = self._figures()
        told = {"crmlib": __version__, "started_at": started_at, "chapters": self._entries()}
        manifest = {**then, **told}
        with language.using(self.spoken, self.company.currency), withholding.using(manifest["k"]):
            self._pages(manifest, kpis)
        return manifest

    def _moves(self) -> dict[str, str]:
        ran = [d.notebook for d in self.done.values() if d.failure is None]
        return {k: v for notebook in ran for k, v in collect.moves(notebook).items()}

    def _pages(self, manifest: Mapping[str, Any], kpis: pd.DataFrame) -> None:
        self._chapters(kpis)
        with _temporary_files_in(self.folder):
            write(self.folder / "kpis.xlsx", workbooks.figures(kpis))
        rules = load(self.company.policy).statistics
        for name, page in month.files(manifest, kpis, self.earlier, rules, self._moves()).items():
            write(self.folder / name, page)

    def _entries(self) -> list[dict[str, Any]]:
        return [_entry(c, self.done.get(c.name)) for c in self.chapters]

    def _figures(self) -> pd.DataFrame:
        """Fresh figures, and for a failed chapter those of the latest earlier review, marked stale; as they were counted they lie
        in `private/kpis.csv`.
        """
        last = collect.read_kpis(self.earlier[-1]) if self.earlier else collect.no_figures()
        for folder, whole in ((self.folder, False), (self.folder / "private", True)):
            parts = []
            for chapter in self.chapters:
                if done := self.done.get(chapter.name):
                    found = (
                        collect.stale(last, chapter.name)
                        if done.failure
                        else collect.findings(done.notebook, chapter.name, whole=whole)
                    )
                    parts += [found] if len(found) else []
            kpis = pd.concat(parts, ignore_index=True) if parts else collect.no_figures()
            write(folder / "kpis.csv", collect.kpis_csv(kpis))
        return collect.read_kpis(self.folder)

    def _board(self) -> None:
        """The win-back board with the company's own ids, where a chapter goes on with it; else it stays as people left it."""
        found = [b for d in self.done.values() if d.failure is None and (b := collect.board(d.notebook)) is not None]
        if found:
            ids = pd.read_parquet(self.folder / "private" / "ids.parquet")
            with language.using(self.spoken, self.company.currency):
                write(self.folder / "private" / BOARD, "\ufeff" + boards.text(found[-1], ids))

    def _improvements(self) -> None:
        """The list of improvements, where a chapter goes on with it; else it stays as people left it."""
        ran = [d.notebook for d in self.done.values() if d.failure is None]
        found = [rows for notebook in ran if (rows := collect.improvements(notebook)) is not None]
        if found:
            with language.using(self.spoken, self.company.currency):
                path = self.folder / "private" / LIST
                write(path, "\ufeff" + improved.text(found[-1], path))

    def _leavers(self, kpis: pd.DataFrame) -> None:
        """Who left although satisfied, by name, where a chapter counts them."""
        if satisfied_leavers.KPI in set(kpis["kpi"]):
            ids = pd.read_parquet(self.folder / "private" / "ids.parquet")
            named = satisfied_leavers.named(self._opened())
            write(self.folder / "private" / leavers.LEAVERS, "\ufeff" + leavers.text(named, ids))

    def _lists(self, stated: Container[str]) -> int | None:
        """The action lists with the company's own ids; the number of customers to act on, None where no chapter proposed any, or
        nothing on record (`stated` names the figures) would give a reason to.
        """
        proposed = [collect.actions(d.notebook) for d in self.done.values() if d.failure is None]
        lists = [p for p in proposed if p is not None]
        if not lists:
            return None
        filled = [p for p in lists if len(p)]
        frame = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=["customer_id", "arm"])
        private = self.folder / "private"
        carried = private / "carried.parquet"
        own = Own(pd.read_parquet(private / "ids.parquet"), pd.read_parquet(carried) if carried.exists() else None)
        with language.using(self.spoken, self.company.currency), _temporary_files_in(private):
            made, notes = handed_out.files(
                frame,
                own,
                self.as_of,
                load(self.company.policy),
                company=self.company.title,
                zone=self.company.time_zone,
                opened=self._opened,
                before=self.earlier[-1] / "private" if self.earlier else None,
            )
        for name, content in made.items():
            write(private / name, "\ufeff" + content if isinstance(content, str) and name.endswith(".csv") else content)
        self.said.extend(notes)
        if frame.empty and "actions_proposed" not in stated:
            return None
        return int(frame.loc[frame["arm"] == "act", "customer_id"].nunique())

    def _opened(self) -> Company:
        """The company as known on the day, from the tables of this month."""
        return crmlib.open(self.folder / "tables", as_of=self.as_of, policy=load(self.company.policy))

    def _manifest(self, account: pd.DataFrame, started_at: str, acting: int | None) -> dict[str, Any]:
        tables = sha256_of(self.folder / "tables")
        unnamed = self.folder / "tables" / "unnamed.parquet"
        return {
            "company": self.company.name,
            "title": self.company.title,
            "month": self.place.month,
            "as_of": self.as_of.isoformat(),
            "language": self.spoken,
            "currency": self.company.currency,
            "crmlib": __version__,
            "started_at": started_at,
            "shape": next((s for d in self.done.values() if (s := folding.shape(d.notebook))), ""),
            "to_act_on": acting,
            "k": load(self.company.policy).privacy.k,
            "chapters": self._entries(),
            "missing": [
                {"table": t.name, "tells": t.tells} for t in TABLES.values() if f"{t.name}.parquet" not in tables
            ],
            "account": json.loads(accounts.numbered(account)[0].to_json(orient="records")),
            "unnamed": pd.read_parquet(unnamed).to_dict("records") if unnamed.exists() else [],
            "policy": sha256(self.folder / "policy.toml") if self.company.policy else "",
            "inputs": self._inputs(),
            "tables": tables,
        }

    def _inputs(self) -> dict[str, str]:
        """Hash of every input, by its place among them; which file that is, private/inputs.csv says."""
        found = inputs(self.company)
        rows = [{"input": str(i), "name": name, "sha256": hashed} for i, (name, hashed) in enumerate(found.items(), 1)]
        listed = pd.DataFrame(rows, columns=["input", "name", "sha256"])
        write(self.folder / "private" / "inputs.csv", "\ufeff" + listed.to_csv(index=False, lineterminator="\n"))
        return dict(zip(listed["input"], listed["sha256"], strict=True))

    def _notes(self) -> list[str]:
        """What the reader of the front page has to know of this run."""
        return [
            again(c.title, d) for c in self.chapters if (d := self.done.get(c.name)) and d.given_up and not d.failure
        ]

    def _chapters(self, kpis: pd.DataFrame) -> None:
        ran = [c for c in self.chapters if c.name in self.done]
        for chapter in ran:
            done = self.done[chapter.name]
            kept = nbformat.writes(pages.published(done.notebook))
            write(self.folder / f"{chapter.name}.ipynb", f"{kept}\n")
            html = pages.chapter_page(
                pages.published(done.notebook, for_page=True),
                name=chapter.name,
                company=self.company.title,
                month=self.as_of,
                chapters=ran,
                failure=done.failure,
                carried=kpis[kpis["chapter"] == chapter.name] if done.failure else None,
                notes=[again(chapter.title, done)] if done.given_up and not done.failure else [],
            )
            write(self.folder / f"{chapter.name}.html", html)


def inputs(company: Description) -> dict[str, str]:
    """Hash of the company's description, of its policy and of every source file, by its name within the company's data."""
    described = [company.described, company.policy]
    found = {file.name: sha256(file) for file in described if file and file.is_file()}
    for source in (source for table in TABLES for source in company.sources(table)):
        for place in (source, *source.join):
            for file in files_of(place, company.folder):
                inside = file.is_relative_to(company.folder)
                found[str(file.relative_to(company.folder)) if inside else file.name] = sha256(file)
    return dict(sorted(found.items()))


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Let a library that writes a file of its own on the way write it where it goes with what a broken-off run leaves behind."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def again(title: str, done: Done) -> str:
    """That a chapter was run once more, and why."""
    if done.given_up[-1] == "stalled":
        return _("{chapter}: the computation stopped answering and was run once more; its figures are whole.").format(
            chapter=title
        )
    return _("{chapter}: the computation broke off and was run once more; its figures are whole.").format(chapter=title)


def _entry(chapter: Chapter, done: Done | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": chapter.name, "title": chapter.title, "status": "not_run", "key": chapter.key}
    if done is None:
        return entry
    entry.update(status="failed" if done.failure else "fresh", seconds=done.seconds, attempts=done.attempts)
    if done.failure:
        entry["stopped"] = pages.explained(done.failure)[0]
    return entry
