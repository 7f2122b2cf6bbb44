"""The exercise a trainee opens is made from questions and solutions: `python -m crmlib.run.exercises` writes every one anew."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from crmlib.show.exercise import SOLUTION
from crmlib.show.incidents import FOLDER, incidents
from crmlib.show.questions import KINDS, Question, minutes, questions
from crmlib.vocabulary.language import N_, _, using
from crmlib.vocabulary.shipping import shipped

EXERCISES = shipped("exercises")
HEAD: Final = N_(
    "# Exercise: {chapter}\n\nThe questions of this [chapter](../../chapters/{file}). Run a cell with Shift+Enter. Where "
    "there is nothing to program, choose or write in the controls beneath the question; else put your answer in place of the "
    'three dots. `ex.hint("name")` helps a step further each time, `ex.solution("name")` shows one way to do it.'
)
PARAMETERS: Final = (
    'tables = "datasets/teaching/tables"\nas_of = "2026-10-31"\n'
    'policy = "datasets/teaching/policy.toml"\nlanguage = "{language}"'
)
SETUP: Final = (
    "from crmlib.show.exercise import exercise\n\n"
    'ex = exercise("{chapter}", tables=tables, as_of=as_of, policy=policy, language=language)\nc = ex.company'
)
METADATA: Final = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
DRILL_HEAD: Final = N_(
    "# Crisis drill\n\nAn incident unfolds in messages, on a clock of its own; you write and send, and what you sent is scored "
    "for speed, warmth and truth by the rubric below. The clock stands still whenever you let it, and what you sent is kept: "
    "after a break, run the cell again and go on. What the incident concerns comes from the company set in the first cell."
)
DRILL_SETUP: Final = (
    "from crmlib.show.chapter import start\nfrom crmlib.show.drill import Drills\n\n"
    "crisis = Drills(start(tables=tables, as_of=as_of, policy=policy, language=language).company, language)"
)


def notebook(
    chapter: str, code: Mapping[str, str], *, solved: bool = False, language: str = "en"
) -> nbformat.NotebookNode:
    """The exercise of a chapter in a language; `code` is the cell of each question that asks for code, its solution marked."""
    with using(language):
        title = _chapter_title(chapter, language)
        file = f"{chapter}.ipynb" if language == "en" else f"{language}/{chapter}.ipynb"
        cells = [
            new_markdown_cell(_(HEAD).format(chapter=title, file=file), id="title"),
            new_code_cell(PARAMETERS.format(language=language), id="parameters", metadata={"tags": ["parameters"]}),
            new_code_cell(SETUP.format(chapter=chapter), id="setup", metadata={"tags": ["setup"]}),
        ]
        for n, question in enumerate(questions(chapter).values(), 1):
            cells += _cells(n, question, code.get(question.name, ""), solved)
    return new_notebook(cells=cells, metadata=METADATA)


def _cells(n: int, question: Question, code: str, solved: bool) -> list[nbformat.NotebookNode]:
    name, lines = question.name.replace("_", "-"), solution_lines(code)
    told = _("{kind} · about {minutes} minutes").format(kind=_(KINDS[question.kind]), minutes=minutes(question, lines))
    head = f"## {n}. {_(question.title)}\n\n*{told}*"
    if question.kind != "measure":
        return [new_markdown_cell(head, id=f"ask-{name}"), new_code_cell(f'ex.ask("{question.name}")', id=name)]
    body = code if solved else SOLUTION.sub(unsolved, code)
    return [new_markdown_cell(f"{head}\n\n{_(question.asks)}", id=f"ask-{name}"), new_code_cell(body, id=name)]


def unsolved(region: re.Match[str]) -> str:
    """The last name that the region assigns, left open."""
    return re.findall(r"^(\w+) = ", region["code"], flags=re.M)[-1] + " = ...\n"


def _chapter_title(chapter: str, language: str) -> str:
    path = shipped("chapters") / ("" if language == "en" else language) / f"{chapter}.ipynb"
    first = nbformat.read(path, as_version=4).cells[0].source
    return first.splitlines()[0].lstrip("# ")


def code_of(chapter: str) -> dict[str, str]:
    """The code cell of each question of a chapter that asks for code, as its solution notebook has it."""
    path = EXERCISES / chapter / "solution.ipynb"
    cells = nbformat.read(path, as_version=4).cells if path.exists() else []
    asked = {cell.source: re.search(r'\.check\("(\w+)"', cell.source) for cell in cells if cell.cell_type == "code"}
    return {found[1]: source for source, found in asked.items() if found}


def solution_lines(code: str) -> int:
    """Lines of a solution that somebody has to write."""
    region = SOLUTION.search(code)
    return sum(bool(line.strip()) for line in region["code"].splitlines()) if region else 0


def written(made: nbformat.NotebookNode) -> str:
    """A notebook as the text of its file."""
    return nbformat.writes(made) + "\n"


def drill_notebook(language: str = "en") -> nbformat.NotebookNode:
    """The crisis drill in a language: what is scored, then a cell for each incident."""
    with using(language):
        cells = [
            new_markdown_cell(_(DRILL_HEAD), id="title"),
            new_code_cell(PARAMETERS.format(language=language), id="parameters", metadata={"tags": ["parameters"]}),
            new_code_cell(DRILL_SETUP, id="setup", metadata={"tags": ["setup"]}),
            new_markdown_cell(f"## {_('What is scored')}", id="scored"),
            new_code_cell("crisis.rubric()", id="rubric"),
        ]
        for n, incident in enumerate(incidents().values(), 1):
            told = _("crisis drill · about {minutes} minutes").format(minutes=incident.minutes)
            name = incident.name.replace("_", "-")
            cells += [
                new_markdown_cell(f"## {n}. {_(incident.title)}\n\n*{told}*", id=f"ask-{name}"),
                new_code_cell(f'crisis.play("{incident.name}")', id=name),
            ]
    return new_notebook(cells=cells, metadata=METADATA)


def main() -> None:
    """Write `solution.ipynb` and `exercise.ipynb` of every chapter, and the crisis drill."""
    (EXERCISES / FOLDER / "exercise.ipynb").write_text(written(drill_notebook()), encoding="utf-8")
    for chapter in sorted(p.parent.name for p in EXERCISES.glob("*/checks.py")):
        code, folder = code_of(chapter), Path(EXERCISES / chapter)
        (folder / "solution.ipynb").write_text(written(notebook(chapter, code, solved=True)), encoding="utf-8")
        (folder / "exercise.ipynb").write_text(written(notebook(chapter, code)), encoding="utf-8")


if __name__ == "__main__":
    main()
