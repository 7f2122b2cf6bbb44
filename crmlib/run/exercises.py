"""The exercise a trainee opens is made from the solution: `python -m crmlib.run.exercises` writes every one anew."""

from __future__ import annotations

import re

import nbformat

from crmlib.run.shipped import shipped
from crmlib.show.exercise import SOLUTION

EXERCISES = shipped("exercises")


def exercise_of(solution: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A solution notebook with each solution region replaced by its answer's name and three dots, and no outputs."""
    notebook = nbformat.from_dict(solution)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = SOLUTION.sub(_unsolved, cell.source)
            cell.outputs, cell.execution_count = [], None
    return notebook


def _unsolved(region: re.Match[str]) -> str:
    """The last name that the region assigns, left open."""
    return re.findall(r"^(\w+) = ", region["code"], flags=re.M)[-1] + " = ...\n"


def main() -> None:
    """Write `exercise.ipynb` beside every `solution.ipynb`."""
    for path in sorted(EXERCISES.glob("*/solution.ipynb")):
        made = nbformat.writes(exercise_of(nbformat.read(path, as_version=4))) + "\n"
        (path.parent / "exercise.ipynb").write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
