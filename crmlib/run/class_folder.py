"""The folder of a class, as nbgrader lays it: notebooks to release, its configuration, the company, and what is handed in."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Final

import nbformat
from nbformat.v4 import new_code_cell

from crmlib.facts.company import read_company
from crmlib.run import exercises
from crmlib.run.class_judging import CONFIG, MARK, NOTEBOOK, ClassError, carried, mark
from crmlib.run.folders import write
from crmlib.run.lab import TEACHING, freeze_teaching
from crmlib.run.parameters import declared
from crmlib.run.shipped import shipped
from crmlib.show.attempts import MARKER
from crmlib.show.exercise import SOLUTION, Exercise
from crmlib.show.questions import Question, chapters, questions
from crmlib.vocabulary.policy import load

CONFIGURATION: Final = """\
# How nbgrader works in this folder; its own documentation has the words. Its commands are run from here.
c = get_config()
c.CourseDirectory.course_id = "crmlib"
c.Exchange.root = __file__.rpartition("nbgrader_config.py")[0] + "exchange"
c.ClearSolutions.code_stub = {"python": ""}
c.OverwriteCells.add_missing_cells = True
# A submission is run confined, with no key and no other submission in reach, and judged outside its kernel.
c.Autograde.autograde_preprocessors = [
    "crmlib.run.class_marking.ConfinedExecute",
    "crmlib.run.class_marking.Judge",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.ConfinedExecute.timeout = 30  # seconds a cell
c.ConfinedExecute.memory = 3072  # megabytes
# What a submission shows is shown without its scripts.
c.HTMLExporter.sanitize_html = True
c.ZipCollectApp.collector_plugin = "nbgrader.plugins.zipcollect.FileNameCollectorPlugin"
c.FileNameCollectorPlugin.named_regexp = r".*/(?P<student_id>[^/]+)/(?P<file_id>exercise|progress)\\.(?:ipynb|jsonl)$"
c.FileNameCollectorPlugin.valid_ext = [".ipynb", ".jsonl"]
"""


def lay(
    home: Path,
    names: Iterable[str],
    *,
    language: str = "en",
    company: Path | None = None,
    as_of: str = "",
) -> dict[str, int]:
    """Write what nbgrader releases of these chapters, on the teaching company or on another that was frozen, and how many
    questions each has. What people wrote into the configuration stays. Raises `ClassError`, `TablesError`, `PolicyError`.
    """
    if home.exists() and any(home.iterdir()) and not (home / CONFIG).exists():
        raise ClassError(f"{home}: holds other things; name an empty or a new folder for the class")
    parameters = {**_company(home, company, as_of), "language": language}
    rules = load(home / parameters["policy"] if parameters["policy"] else None)
    c = read_company(home / parameters["tables"], as_of=date.fromisoformat(parameters["as_of"]), policy=rules)
    if not (home / CONFIG).exists():
        write(home / CONFIG, CONFIGURATION)
    (home / "exchange").mkdir(exist_ok=True)
    laid = {}
    for chapter in names:
        asked = carried(Exercise(c, questions(chapter), chapter, language=language))
        folder = home / "source" / chapter
        write(folder / NOTEBOOK, exercises.written(source(chapter, asked, parameters)))
        # Beside it what is answered in the controls is kept, when the notebook is worked on where nbgrader fetched it.
        write(folder / MARKER / "README", "Here a trainee works.\n")
        laid[chapter] = len(asked)
    return laid


def _company(home: Path, company: Path | None, as_of: str) -> dict[str, str]:
    """Put the company into the class, and say where it lies there."""
    if company is None:
        frozen, rules, place = freeze_teaching(), shipped(TEACHING) / "policy.toml", TEACHING
        as_of = _defaults()["as_of"]
    else:
        frozen, rules, place = company / "tables", company / "policy.toml", "datasets/company"
        if not any(frozen.glob("*.parquet")):
            raise ClassError(f"{frozen}: no frozen tables; name a folder that has tables and policy.toml of a review")
        try:
            date.fromisoformat(as_of)
        except ValueError:
            raise ClassError(f"--as-of: expected a day as YYYY-MM-DD, found {as_of!r}") from None
    target = home / place
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(frozen, target / "tables")
    if rules.exists():
        shutil.copyfile(rules, target / "policy.toml")
    return {"tables": f"{place}/tables", "as_of": as_of, "policy": f"{place}/policy.toml" if rules.exists() else ""}


def _defaults() -> dict[str, Any]:
    return declared(exercises.notebook(chapters()[0], {}), "exercise")


def source(chapter: str, asked: Iterable[Question], parameters: dict[str, str]) -> nbformat.NotebookNode:
    """The trainer's notebook of a chapter: solutions where nbgrader takes them out, a cell that marks behind each question."""
    code = exercises.code_of(chapter)
    made = exercises.notebook(chapter, code, solved=True, language=parameters["language"])
    by_id = {question.name.replace("_", "-"): question for question in asked}
    cells = []
    for cell in made.cells:
        if cell.id == "parameters":
            cell.source = "\n".join(f"{name} = {json.dumps(value)}" for name, value in parameters.items())
        if cell.id in ("parameters", "setup"):
            cell.metadata.nbgrader = _marked(cell.id, locked=True)
        cells.append(cell)
        if cell.cell_type == "code" and (question := by_id.get(cell.id)):
            if question.kind == "measure":
                cell.source = SOLUTION.sub(lambda found: exercises.unsolved(found) + found[0], cell.source)
                cell.metadata.nbgrader = _marked(cell.id, solution=True)
            cells.append(_marking(question))
    made.cells = cells
    return made


def _marking(question: Question) -> nbformat.NotebookNode:
    """The cell that hands a question in and is marked."""
    given = f", {question.name}" if question.kind == "measure" else ""
    metadata = {"nbgrader": _marked(mark(question.name), grade=True, locked=True, points=1)}
    return new_code_cell(f'ex.hand_in("{question.name}"{given})', id=mark(question.name), metadata=metadata)


def _marked(grade_id: str, **said: Any) -> dict[str, Any]:
    plain = {"grade": False, "solution": False, "locked": False, "task": False}
    return {**plain, **said, "grade_id": grade_id, "schema_version": 3}


def as_handed_in(mine: nbformat.NotebookNode, released: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A trainee's notebook in the form in which it was released: their cells in their order, with the cells that mark."""
    known = {cell.id: cell for cell in released.cells}
    cells: list[nbformat.NotebookNode] = []
    for cell in mine.cells:
        at = _id_of(cell, known)
        if at and at not in {one.id for one in cells}:
            cell.id = at
            if "nbgrader" in known[at].metadata:
                cell.metadata["nbgrader"] = known[at].metadata.nbgrader
        else:
            cell.metadata.pop("nbgrader", None)
            cell.id = nbformat.v4.new_code_cell("").id
        cells.append(cell)
    before = ""
    for cell in released.cells:
        if cell.id not in {one.id for one in cells}:
            behind = next((i + 1 for i, one in enumerate(cells) if one.id == before), 0)
            cells.insert(behind, cell)
        before = cell.id
    mine.cells, mine.nbformat, mine.nbformat_minor = cells, 4, 5
    return mine


def _id_of(cell: nbformat.NotebookNode, known: dict[str, nbformat.NotebookNode]) -> str:
    """The id under which a cell was released: its own, or where a program wrote the notebook anew the one of its question."""
    if cell.get("id") in known:
        return str(cell.id)
    asked = re.search(r'\bex\.(check|ask|hand_in)\("(\w+)"', cell.source) if cell.cell_type == "code" else None
    name = "" if asked is None else (MARK if asked[1] == "hand_in" else "") + asked[2].replace("_", "-")
    return name if name in known else ""


def handed_in(home: Path, chapter: str) -> list[str]:
    """Who handed a chapter in, by name."""
    return sorted(path.parent.parent.name for path in home.glob(f"submitted/*/{chapter}/{NOTEBOOK}"))
