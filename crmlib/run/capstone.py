"""The capstone: a raw folder of a trainee's own, from mapping to memo, and what of it is right.

The folder is made from a seed that comes of the trainee's name. What is true of it is not kept: for a check it is made again
from the seed, read by the mapping that reads it rightly, and held against what the trainee's own mapping and review made of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from crmlib.run.arguments import CourseFolder, LabName
from crmlib.run.course import CAPSTONE, PARTS, Language
from crmlib.vocabulary.errors import CrmlibError, require
from crmlib.vocabulary.language import N_, _, using

if TYPE_CHECKING:
    from crmlib.run.capstone_checks import Truth, Work

STATE: Final = "capstone.json"
TASK, LIST, MEMO, RAW, REVIEWS = "task.txt", "list_of_ten.csv", "memo.txt", "raw", "reviews"
HEADING: Final = "customer_id,why,channel,due_on\n"
STEPS: Final = (
    N_(
        "This folder is a company's, as its systems handed it over on {day}, in the morning; nobody has looked at it yet."
    ),
    N_(
        "What the accountant says: every amount is in yuan. The sales export was made with the template of another subsidiary."
    ),
    N_(
        "1. The mapping: crmlib init {raw}, then correct company.toml line by line, looking into the files; crmlib check says "
        "what becomes of each row."
    ),
    N_("2. The review of the last whole month: crmlib review {toml} --month YYYY-MM --out {reviews}"),
    N_(
        "3. Ten customers to contact first, in {list}: customer_id, why, channel and due_on as the review proposes them. Leave "
        "out who is to be left alone."
    ),
    N_(
        "4. A memo of at most {words} words to management, in {memo}: where the company stands, what is done until when, and for "
        "each number one that kpis.csv has."
    ),
    N_("Whenever you like: crmlib course capstone --check"),
)


class CapstoneError(CrmlibError):
    """A capstone that cannot be made or checked; one line."""


@dataclass(frozen=True)
class Folder:
    """Where a capstone lies, and for whom it was made."""

    place: Path

    @property
    def raw(self) -> Path:
        """The files as they were handed over, and the trainee's company.toml."""
        return self.place / RAW

    @property
    def made_for(self) -> str:
        """The name from which the seed comes. Raises `CapstoneError`."""
        file = self.place / STATE
        try:
            name = json.loads(file.read_text(encoding="utf-8"))["name"]
        except FileNotFoundError:
            raise CapstoneError(f"{self.place}: no capstone is here yet; crmlib course capstone makes one") from None
        except (ValueError, KeyError, TypeError):
            raise CapstoneError(f"{file}: damaged; delete {self.place} to begin anew") from None
        return str(name)


def capstone(
    folder: CourseFolder = None,
    name: LabName = "",
    check: Annotated[bool, typer.Option("--check", help="Say what of it is right, and what is not yet.")] = False,
    language: Language = "en",
) -> None:
    """Make the raw folder of your own capstone, from mapping to memo; with `--check` say what of it is right."""
    require("notebooks")
    from crmlib.run.lab import where
    from crmlib.show.attempts import FILE, MARKER, Attempts

    place = where(folder, name)
    here = Folder(place / CAPSTONE)
    with using(language):
        if not check:
            (place / MARKER).mkdir(parents=True, exist_ok=True)
            for line in make(here, name or place.name):
                typer.echo(line)
            return
        faults = checked(here)
        for part, title, _deck, _minutes in PARTS:
            state = "wrong" if faults[part] else "right"
            Attempts(place / FILE).note(CAPSTONE, part, "check", state=state, why=str(len(faults[part])), given=None)
            typer.echo(
                _("{part}: right.").format(part=_(title)) if state == "right" else _("{part}:").format(part=_(title))
            )
            for fault in faults[part]:
                typer.echo(f"  - {fault}")
    raise typer.Exit(2 if any(faults.values()) else 0)


def seed_of(name: str) -> int:
    """The seed that comes of a name: the same however it is spaced and capitalised."""
    return int(sha256(f"capstone:{' '.join(name.split()).casefold()}".encode()).hexdigest()[:8], 16)


def make(here: Folder, name: str) -> list[str]:
    """Make the folder where it is not there yet; the lines of its task. What a trainee has done in it stays."""
    if not (here.place / STATE).exists():
        if here.place.exists() and any(here.place.iterdir()):
            raise CapstoneError(f"{here.place}: holds other things; move them, so that the capstone can be made there")
        about = generated(here.raw, seed_of(name))
        (here.place / LIST).write_text(HEADING, encoding="utf-8")
        state = {"name": name, "exported_on": about["exported_on"]}
        (here.place / STATE).write_text(json.dumps(state, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = task(here)
    (here.place / TASK).write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    return lines


def task(here: Folder) -> list[str]:
    """What is to be done, line by line, in the language in force."""
    from datetime import date

    from crmlib.run.capstone_memo import WORDS
    from crmlib.vocabulary.language import day, number

    known = json.loads((here.place / STATE).read_text(encoding="utf-8"))
    return [
        _(step).format(
            day=day(date.fromisoformat(known["exported_on"])),
            raw=here.raw,
            toml=here.raw / "company.toml",
            reviews=here.place / REVIEWS,
            list=here.place / LIST,
            memo=here.place / MEMO,
            words=number(WORDS),
        )
        for step in STEPS
    ]


def generated(folder: Path, seed: int, *, solved: bool = False) -> dict[str, Any]:
    """Write the raw files of a seed, and where `solved` the company.toml that reads them rightly. Raises `CapstoneError`."""
    command = [
        sys.executable,
        "-m",
        "crmlib.teaching.capstone",
        str(folder),
        str(seed),
        *(["--solved"] if solved else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CapstoneError((done.stderr.strip().splitlines() or ["the raw folder could not be made"])[-1])
    about: dict[str, Any] = json.loads(done.stdout)
    return about


def checked(here: Folder) -> dict[str, list[str]]:
    """What is wrong with each part, a line each, in the language in force; empty lists where all is right."""
    from crmlib.run.capstone_checks import truth_of, work_in
    from crmlib.run.capstone_list import faults_of_list
    from crmlib.run.capstone_mapping import faults_of_mapping
    from crmlib.run.capstone_memo import faults_of_memo
    from crmlib.run.capstone_review import faults_of_review

    checks: dict[str, Callable[[Work, Truth], list[str]]] = {
        "capstone_mapping": faults_of_mapping,
        "capstone_review": faults_of_review,
        "capstone_list": faults_of_list,
        "capstone_memo": faults_of_memo,
    }
    name = here.made_for
    with TemporaryDirectory(prefix="crmlib-") as draft:
        work = work_in(here)
        about = generated(Path(draft) / "raw", seed_of(name), solved=True)
        truth = truth_of(Path(draft), about, work.policy)
        return {part: check(work, truth) for part, check in checks.items()}
