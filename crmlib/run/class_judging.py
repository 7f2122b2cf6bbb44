"""The judge of a class: keys and checks on the company as the trainer gave it, in a process that runs nothing of a submission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import nbformat

from crmlib.facts.company import read_company
from crmlib.run.parameters import declared
from crmlib.show.attempts import FILE, Attempts
from crmlib.show.exercise import Exercise
from crmlib.show.handing_in import unpacked
from crmlib.show.questions import Question, questions
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.language import using
from crmlib.vocabulary.policy import load

JUDGED_MIME: Final = "application/vnd.crmlib.judged+json"
"""Beside each mark: question, state, code and words of the slip handed in, and codes of slips met on the way."""
CONFIG: Final = "nbgrader_config.py"
NOTEBOOK: Final = "exercise.ipynb"
MARK: Final = "mark-"


class ClassError(CrmlibError):
    """A class folder that is not one, or a place where nothing was handed in; one line."""


@dataclass(frozen=True)
class Judging:
    """How a chapter is judged in a class; `company` are its folders and files, with their places beside a notebook."""

    exercise: Exercise
    company: tuple[tuple[Path, str], ...]

    def question(self, grade_id: str) -> str:
        """The question that a cell marks; empty where it marks none."""
        return {mark(name): name for name in self.exercise.questions}.get(grade_id, "")

    def attempts(self, path: Path) -> Attempts:
        """What was tried beside a notebook, as the trainee's own file tells it."""
        return Attempts(path / FILE)

    def judged(self, name: str, answer: Any, attempts: Attempts) -> tuple[dict[str, Any], tuple[str, str]]:
        """The judgement on what was handed in, as data and as it is shown. Of questions without code what was answered counts:
        the answer called right at the time, else the last; it is judged again.
        """
        question = self.exercise.questions[name]
        tried = [
            row
            for row in attempts.rows()
            if (row["chapter"], row["question"], row["event"]) == (self.exercise.chapter, name, "check")
        ]
        given = unpacked(answer) if question.kind == "measure" else _counted(tried)
        found = self.exercise.judge(name, given)
        known = {mistake.code for mistake in question.mistakes}
        met = sorted({code for row in tried if isinstance(code := row.get("why"), str)} & known)
        data = {"question": name, "state": found.state, "code": found.code, "says": found.says, "met": met}
        return data, self.exercise.told(name, found)


def _counted(tried: list[Mapping[str, Any]]) -> Any:
    given = [row for row in tried if isinstance(row.get("given"), str)]
    right = [row for row in given if row.get("state") == "right"]
    return (right or given)[-1]["given"] if given else ...


def mark(name: str) -> str:
    """The id of the cell that marks a question."""
    return f"{MARK}{name.replace('_', '-')}"


def home_of(path: Path) -> Path:
    """The class in which a submission lies. Raises `ClassError`."""
    found = next((folder for folder in (path, *path.parents) if (folder / CONFIG).exists()), None)
    if found is None:
        raise ClassError(f"{path}: no class here; `crmlib class release` makes one")
    return found


def judging(path: Path) -> Judging:
    """How the submission in `path` is judged: its folder's name is the chapter, as nbgrader lays it. Raises `ClassError`."""
    return _judging(home_of(path), path.name)


@cache
def _judging(home: Path, chapter: str) -> Judging:
    file = home / "source" / chapter / NOTEBOOK
    if not file.exists():
        raise ClassError(f"{file}: not there; `crmlib class release` makes it")
    given = declared(nbformat.read(file, as_version=4), str(file))
    policy = load(home / given["policy"] if given["policy"] else None)
    c = read_company(home / given["tables"], as_of=date.fromisoformat(given["as_of"]), policy=policy)
    parts = [given["tables"], *([given["policy"]] if given["policy"] else [])]
    exercise = Exercise(c, questions(chapter), chapter, language=given["language"])
    return Judging(exercise, tuple((home / part, part) for part in parts))


def carried(exercise: Exercise) -> list[Question]:
    """The questions that the company of an exercise carries, in their order."""
    with using(exercise.language, exercise.company.currency):
        return [q for name, q in exercise.questions.items() if exercise.judge(name).state != "not carried"]
