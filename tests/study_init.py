"""How well `crmlib init` proposes: share of a careful person's lines, wrong ones without a warning, edits until `check` accepts.

`python -m tests.studies init [NAME …] [--show]`: the companies of ../shared/data/companies, those of tests/exports.py, and of
tests/exports_apart.py those that the rules were tuned by and those held out, apart.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from crmlib.border.company import load_description
from crmlib.border.ingest import check
from crmlib.border.propose import Proposal, propose
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.policy import Policy
from tests.careful import CAREFUL
from tests.exports import EXPORTS, Export
from tests.exports_apart import HELD, TUNED

SHARED = Path(__file__).parent.parent.parent / "shared" / "data" / "companies"
SURE = 0.6


@dataclass(frozen=True)
class Judged:
    """What became of a careful person's lines, by "table.field", and the edits until `check` accepts the draft."""

    right: list[str]
    missed: list[str]
    wrong: list[str]
    edits: int
    seconds: float


def said(given: str) -> str:
    """A proposed line as it is compared: without quotes and spaces."""
    return re.sub(r'[\s"]', "", given)


def matches(given: str, wanted: str) -> bool:
    """Whether a proposed line is one of those wanted."""
    for one in wanted.split(" | "):
        if one.startswith("~"):
            if all(said(part) in said(given) for part in one[1:].split("+")):
                return True
        elif said(one) == said(given):
            return True
    return False


def judge(proposal: Proposal, export: Export) -> tuple[list[str], list[str], list[str]]:
    """The lines that are right, missed (not proposed, or with a warning), and wrong without one."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for row in proposal.lines.to_dict("records"):
        warned = row["confidence"] < SURE or bool(row["doubt"])
        found.setdefault(f"{row['table']}.{row['field']}", []).append((row["column"], warned))
    right, missed, wrong = [], [], []
    for name, wanted in export.lines.items():
        lines = found.get(name, [])
        if any(matches(given, wanted) for given, _warned in lines):
            right.append(name)
        elif lines and not all(warned for _given, warned in lines):
            wrong.append(f"{name} = {lines[0][0]}")
        else:
            missed.append(f"{name} = {lines[0][0] if lines else ''}")
    tables = {name.split(".")[0] for name in export.lines}
    for name, lines in found.items():
        extra = name not in export.lines and name not in export.fine and name.split(".")[0] in tables
        if extra and not all(warned for _given, warned in lines):
            wrong.append(f"{name} = {lines[0][0]} (not wanted)")
    return right, missed, wrong


def edits(proposal: Proposal, folder: Path) -> int:
    """Lines to edit until `check` accepts: none, one for each filter that is offered, or 9 where that does not do."""
    text = proposal.company_toml
    offered = [line for line in text.splitlines() if line.startswith('# "') and "leaves these rows out" in line]
    for n, attempt in ((0, text), (len(offered), "\n".join(x[2:] if x in offered else x for x in text.splitlines()))):
        with TemporaryDirectory() as scratch:
            file = Path(scratch) / "company.toml"
            file.write_text(attempt, encoding="utf-8")
            try:
                if not check(load_description(file, data=folder), Policy.model_validate({})).stops:
                    return n
            except CrmlibError as error:
                print("   ", " ".join(str(error).split())[:300])
    return 9


def judged(export: Export, folder: Path) -> Judged:
    """A company's export proposed and compared."""
    begun = time.monotonic()
    proposal = propose(folder)
    seconds = time.monotonic() - begun
    right, missed, wrong = judge(proposal, export)
    if "--show" in sys.argv:
        print(proposal.company_toml)
    return Judged(right, missed, wrong, edits(proposal, folder), seconds)


KINDS = {"invented": EXPORTS, "tuned": TUNED, "held": HELD}
"""Exports that were made up, by what they were used for."""


def companies(names: list[str], seed: int) -> Iterator[tuple[str, Export, Path | None]]:
    """The companies by name or kind, each with its kind; a folder for those whose files are there."""
    for careful in CAREFUL:
        if (SHARED / careful.name).is_dir() and (not names or {careful.name, "given"} & set(names)):
            yield "given", careful, SHARED / careful.name
    for kind, exports in KINDS.items():
        for make in exports:
            if not names or {make.__name__, kind} & set(names):
                yield kind, make(random.Random(seed)), None


def main(arguments: list[str]) -> int:
    """Print a line a company, and the shares over all."""
    names = [a for a in arguments if not a.startswith("-")]
    every: dict[str, list[tuple[Export, Judged]]] = {}
    for kind, export, folder in companies(names, 7):
        with TemporaryDirectory() as scratch:
            result = judged(export, folder or export.write(Path(scratch) / export.name))
        every.setdefault(kind, []).append((export, result))
        total = len(export.lines)
        print(
            f"{export.name:18} {len(result.right):3} of {total:3} right, {len(result.wrong)} wrong, "
            f"edits {result.edits}, {result.seconds:.1f} s"
        )
        for called, lines in (("missed", result.missed), ("WRONG", result.wrong)):
            for line in lines:
                print(f"      {called} {line}")
    for kind, results in every.items():
        print(_summed(kind, results))
    return 0


def _summed(kind: str, results: list[tuple[Export, Judged]]) -> str:
    """The shares over all exports of a kind, in a line."""
    asked = sum(len(e.lines) for e, _r in results)
    right = sum(len(r.right) for _e, r in results)
    wrong = sum(len(r.wrong) for _e, r in results)
    tables = sum(len({n.split(".")[0] for n in e.lines}) for e, _r in results)
    found = sum(len({n.split(".")[0] for n in r.right}) for _e, r in results)
    return (
        f"{kind}: {right / asked:.1%} right of {asked} lines, {wrong / asked:.1%} wrong without a warning, "
        f"{tables - found} of {tables} tables missed, at most {max(r.edits for _e, r in results)} edits"
    )
