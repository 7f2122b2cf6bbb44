"""Exercises: the pair agrees, right answers pass on any data, and the checker fails what is wrong."""

import importlib.util
from pathlib import Path
from types import ModuleType

import nbformat
import numpy as np
import pandas as pd
import pytest

from crmlib.run.exercises import exercise_of
from crmlib.show.exercise import Exercise, Question, same, solutions

ROOT = Path(__file__).parent.parent
FOLDERS = sorted(p.parent for p in (ROOT / "exercises").glob("*/solution.ipynb"))
CHAPTERS = sorted(p.stem for p in (ROOT / "chapters").glob("*.ipynb"))

each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)


def checks(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"checks_{folder.name}", folder / "checks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def opened(folder: Path, teaching) -> Exercise:
    return Exercise(teaching, {q.name: q for q in checks(folder).QUESTIONS}, folder)


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    monkeypatch.setattr("crmlib.show.exercise.display", lambda bundle, raw: texts.append(bundle["text/plain"]))
    return texts


def test_each_chapter_has_its_exercises() -> None:
    assert [f.name for f in FOLDERS] == CHAPTERS


@each_folder
def test_the_exercise_is_the_one_its_solution_makes(folder: Path) -> None:
    made = nbformat.writes(exercise_of(nbformat.read(folder / "solution.ipynb", as_version=4))) + "\n"
    assert made == (folder / "exercise.ipynb").read_text(encoding="utf-8"), "run `python -m crmlib.run.exercises`"
    assert "BEGIN SOLUTION" not in made
    assert " = ..." in made


@each_folder
def test_every_question_has_a_solution_and_two_hints(folder: Path) -> None:
    questions = checks(folder).QUESTIONS
    assert set(solutions(folder / "solution.ipynb")) == {q.name for q in questions}
    assert all(len(q.hints) >= 2 for q in questions)


@each_folder
def test_the_checker_passes_the_right_and_fails_every_wrong_answer(folder: Path, teaching, said: list[str]) -> None:
    exercise = opened(folder, teaching)
    for question in exercise.questions.values():
        right = question.answer(exercise.company)
        assert exercise.check(question.name, right) == "right"
        assert exercise.check(question.name, np.float64(right)) == "right"
        assert exercise.check(question.name, ...) == "not attempted"
        for wrong in (right * 1.01 + 0.001, -right - 1, 0.123456, float("nan"), "text", None, [right], True):
            assert exercise.check(question.name, wrong) == "wrong"
        for says, mistaken in question.misconceptions:
            given = mistaken(exercise.company)
            assert not same(given, right, question.tolerance), f"{question.name}: {says} is no mistake on these data"
            assert exercise.check(question.name, given) == "wrong"
            assert said[-1] == f"Not yet: {says}"


def test_hints_come_one_by_one_and_the_solution_is_shown(teaching, said: list[str]) -> None:
    exercise = opened(FOLDERS[0], teaching)
    for start in ("Hint 1 of 2: ", "Hint 2 of 2: ", "Hint 2 of 2: "):
        exercise.hint("repurchase_rate")
        assert said[-1].startswith(start)
    exercise.solution("repurchase_rate")
    assert "groupby" in said[-1]
    assert "BEGIN" not in said[-1]


def test_a_misspelt_question_is_named(teaching) -> None:
    with pytest.raises(KeyError, match="no question 'repurchase'; did you mean 'repurchase_rate'"):
        opened(FOLDERS[0], teaching).check("repurchase", 1)


def test_frames_are_the_same_whatever_their_order() -> None:
    right = pd.Series([1.0, 2.0], index=["a", "b"])
    assert same(right.iloc[::-1], right, 1e-6)
    assert not same(right + 0.1, right, 1e-6)
    assert not same(right.iloc[:1], right, 1e-6)
    assert not same(2.0, right, 1e-6)
    assert same(right.to_frame().iloc[::-1], right.to_frame(), 1e-6)


def test_an_answer_of_another_kind_is_said(teaching, said: list[str]) -> None:
    exercise = opened(FOLDERS[0], teaching)
    exercise.questions = {"x": Question("x", lambda *_: pd.Series([1.0]), ("a", "b"))}
    assert exercise.check("x", 1.0) == "wrong"
    assert said[-1] == "Not yet: the answer is expected as a pandas Series, yours is a number."
