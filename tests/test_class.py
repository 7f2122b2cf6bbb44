"""A class of four through nbgrader's own flow: marks are the judge's alone, the same side by side as one after the other."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company
from crmlib.run import class_flow, class_report, scratch_kernel
from crmlib.run.class_folder import as_handed_in, lay
from crmlib.run.class_judging import CONFIG, judging
from crmlib.run.class_marking import harmless
from crmlib.run.confined import landlock
from crmlib.show.exercise import NOT_CARRIED, Exercise
from crmlib.show.handing_in import UNREADABLE, HandingIn, packed, unpacked
from crmlib.show.judging import judged, same
from crmlib.show.questions import chapters, questions
from crmlib.vocabulary.language import using
from tests.class_of import CHAPTER, KEYS, KILL, PATCH, answered, copy_of, mistaken, solved, write_class
from tests.test_cli import run

WAIT = 8
"""Seconds that a cell may take in these tests."""


@dataclass(frozen=True)
class Class:
    """A class that was marked side by side; `exports` are its marks so and one after the other."""

    home: Path
    copies: Path
    exercise: Exercise
    exports: tuple[bytes, bytes]
    said: list[str]


def nbgrader(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """One of nbgrader's own commands, run in the class."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    here = {**os.environ, "PATH": path, "PYTHONPATH": str(Path(__file__).parents[1])}
    asked = [sys.executable, "-m", "nbgrader", *command]
    return subprocess.run(asked, cwd=home, env=here, capture_output=True, text=True, check=True)


def hostile(exercise: Exercise, looks_at: list[Path]) -> dict[str, str]:
    """Half of the answers solved; the others are asked of the keys, the checker and other people's files."""
    code = solved(exercise)
    first, second, *_others = code
    paths = [str(path) for path in looks_at]
    look = f"for path in {paths!r}:\n    try: print('READ', open(path, 'rb').read(9))\n    except OSError: pass\n"
    return {**code, first: f"{first} = 0\n{KILL}{look}", second: f"{second} = 0\n{KEYS}{PATCH}"}


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory, teaching: Company) -> Iterator[Class]:
    with using("en"):
        home, copies = tmp_path_factory.mktemp("class") / "c", tmp_path_factory.mktemp("copies")
        lay(home, [CHAPTER])
        config = (home / CONFIG).read_text(encoding="utf-8").replace("timeout = 30", f"timeout = {WAIT}")
        (home / CONFIG).write_text(config, encoding="utf-8")
        class_flow.release(home, CHAPTER)
        exercise, said = judging(home / "source" / CHAPTER).exercise, []
        write_class(copies, exercise, {"right": "right", "endless": "endless", "wrong": "wrong"})
        keys = Path(class_flow.exercises.EXERCISES) / CHAPTER / "checks.py"
        looks = [home / "gradebook.db", copies / "right" / "progress.jsonl", keys, keys.with_name("solution.ipynb")]
        copy_of(copies / "hostile", exercise, answered(exercise), hostile(exercise, looks), language="zh")
        (copies / "broken" / "exercises").mkdir(parents=True)
        (copies / "broken" / "exercises" / "exercise.ipynb").write_text("{", encoding="utf-8")
        assert class_flow.collect(home, [copies], [CHAPTER], said.append) == {CHAPTER: 4}
        assert class_flow.grade(home, CHAPTER, 2, said.append) == 4
        nbgrader(home, "export", "--to", "beside.csv")
        nbgrader(home, "autograde", CHAPTER, "--force")
        nbgrader(home, "export", "--to", "series.csv")
        yield Class(home, copies, exercise, tuple((home / f"{n}.csv").read_bytes() for n in ("beside", "series")), said)


@pytest.mark.slow
def test_marks_are_what_was_handed_in_and_the_same_side_by_side_as_in_series(group: Class) -> None:
    beside, series = group.exports
    assert beside == series
    rows = csv.DictReader(beside.decode().splitlines())
    marks = {row["student_id"]: float(row["score"]) for row in rows}
    n = len(group.exercise.questions)
    assert marks["right"] == n
    assert marks["wrong"] == 0
    # Two were not solved; what was patched afterwards hands nothing in.
    without_code = sum(q.kind != "measure" for q in group.exercise.questions.values())
    assert marks["hostile"] <= without_code
    assert without_code < marks["endless"] < n
    assert [line for line in group.said if "broken" in line and "no notebook" in line]


@pytest.mark.slow
@pytest.mark.skipif(not landlock(), reason="this system cannot confine a process")
def test_a_hostile_submission_reads_no_key_and_no_other_submission_and_ends_no_other_process(group: Class) -> None:
    told = nbformat.read(group.home / "autograded" / "hostile" / CHAPTER / "exercise.ipynb", as_version=4)
    printed = " ".join(str(output.get("text", "")) for cell in told.cells for output in cell.get("outputs", ()))
    assert "READ" not in printed
    assert "spared" in printed
    assert "no keys: PermissionError" in printed


@pytest.mark.slow
def test_feedback_says_what_the_judge_says_and_never_the_key(group: Class) -> None:
    nbgrader(group.home, "generate_feedback", CHAPTER)
    pages = {name: group.home / "feedback" / name / CHAPTER / "exercise.html" for name in ("right", "wrong")}
    texts = {name: page.read_text(encoding="utf-8") for name, page in pages.items()}
    assert "Not yet:" in texts["wrong"]
    assert "Not yet:" not in texts["right"]
    found = group.exercise.judge(
        "repurchase_rate", float(group.exercise._key(group.exercise.questions["repurchase_rate"]))
    )
    assert found.state == "right"


@pytest.mark.slow
def test_the_report_names_who_can_do_what_and_what_to_talk_about(
    group: Class, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "class", "report", "--folder", group.home, "--language", "zh")
    assert (code, err) == (0, "")
    assert "class.html" in out
    rows = list(csv.DictReader((group.home / "class.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert {row["level"] for row in rows if row["trainee"] == "right"} == {"all"}
    assert {row["level"] for row in rows if row["trainee"] == "wrong"} == {"none"}
    asked = {item for q in group.exercise.questions.values() for item in q.deck}
    assert {row["item"] for row in rows} == asked
    page = (group.home / "class.html").read_text(encoding="utf-8")
    assert 'lang="zh-Hans"' in page
    assert all(name in page for name in ("right", "wrong", "hostile", "endless"))


def marked(name: str, judged: dict[str, tuple[str, str, list[str]]]) -> class_report.Marked:
    found = {q: {"state": s, "code": c, "says": "that.", "met": met} for q, (s, c, met) in judged.items()}
    return class_report.Marked(name, "04_channels", 0.0, 2.0, found)


def test_what_most_hand_in_is_talked_about_first() -> None:
    graded = [
        marked("a", {"wechat_effect": ("wrong", "contacted_for_assigned", [])}),
        marked("b", {"wechat_effect": ("wrong", "contacted_for_assigned", ["contacted_for_assigned"])}),
        marked("c", {"wechat_effect": ("right", "", ["contacted_for_assigned", "no_comparison"])}),
        marked("d", {"wechat_effect": ("wrong", "form", [])}),
    ]
    with using("en"):
        (talk,) = class_report.talks(graded)
        assert (talk.handed, talk.met, talk.of, talk.ask) == (2, 1, 4, "Who decided who was reached?")
        assert class_report.lines([talk])[0].startswith("2 of 4: take contacted for assigned (")


def test_every_slip_that_is_named_can_be_made() -> None:
    known = {m.code for chapter in chapters() for q in questions(chapter).values() for m in q.mistakes}
    assert set(class_report.SLIPS) <= known | {"percent_for_share", "left_out", "reversed"}


def test_an_answer_is_handed_in_as_it_was_worked_out(teaching: Company) -> None:
    """Every key and every misconception of a question with code is judged the same after it was data as before."""
    n = 0
    for chapter in chapters():
        exercise = Exercise(teaching, questions(chapter), chapter)
        for question in (q for q in exercise.questions.values() if q.kind == "measure"):
            key = exercise._key(question)
            assert key is not NOT_CARRIED
            for value in (key, *(exercise._mistaken(mistake) for mistake in question.mistakes)):
                found = [
                    judged(question, teaching, key, v, exercise._mistaken) for v in (value, unpacked(packed(value)))
                ]
                assert found[0] == found[1], question.name
                n += 1
    assert n > 100


def test_what_is_no_answer_is_none_and_nothing_of_it_is_run() -> None:
    assert [unpacked(packed(x)) for x in (..., None, "", [])] == [...] * 4
    assert unpacked(packed(object())) is UNREADABLE
    assert unpacked(packed(list(range(300_000)))) is UNREADABLE
    for forged in ({}, {"is": "right"}, {"is": "value", "value": []}, {"is": "series"}, "value", 1, {"is": "members"}):
        assert unpacked(forged) is UNREADABLE
    broken: dict[str, Any] = {"is": "frame", "columns": ["a"], "index": [[0]], "rows": []}
    assert unpacked(broken) is UNREADABLE
    assert unpacked(packed(np.float64(0.5))) == 0.5
    assert unpacked(packed("12.3%")) == "12.3%"
    table = pd.DataFrame({"a": [1.0, None], "b": ["x", "y"]}, index=pd.MultiIndex.from_tuples([("p", 1), ("q", 2)]))
    assert same(unpacked(packed(table)), table)
    days = pd.Series([1, 2], index=pd.to_datetime(["2026-01-01", "2026-01-02"]))
    assert same(unpacked(packed(days)), days)


def test_what_a_trainee_writes_beside_runs_in_no_browser() -> None:
    text = "a < b, **c** > d <script>x()</script> <img src=x onerror=y()> <!-- z -->"
    assert harmless(text) == ("a < b, **c** > d &lt;script>x()&lt;/script> &lt;img src=x onerror=y()> &lt;!-- z -->")


def test_what_is_readable_is_everything_beside_the_keys(tmp_path: Path) -> None:
    """As in a wheel, where they lie among the packages; also where a folder has two names, as lib64 of an environment."""
    for folder in ("lib/packages/crmlib/shipped/exercises", "lib/packages/crmlib/show", "lib/packages/pandas", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "lib64").symlink_to(tmp_path / "lib")
    keys = tmp_path / "lib" / "packages" / "crmlib" / "shipped" / "exercises"
    readable = [str(path.relative_to(tmp_path)) for path in scratch_kernel._beside(tmp_path, keys)]
    shared = ["packages/crmlib/show", "packages/pandas"]
    assert readable == ["bin", *(f"{lib}/{path}" for lib in ("lib", "lib64") for path in shared)]


def test_where_a_submission_is_marked_the_verbs_know_nothing(
    teaching: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("crmlib.show.handing_in.display", lambda bundle, raw: shown.append(bundle))
    ex = HandingIn(teaching)
    ex.ask("anything")
    ex.hint("anything")
    ex.solution("anything")
    assert ex.check("anything", 1) == "not attempted"
    assert shown == []
    ex.hand_in("repurchase_rate", 0.5)
    assert next(iter(shown[0].values())) == {"question": "repurchase_rate", "answer": {"is": "value", "value": 0.5}}
    assert ex.c is teaching


def test_a_notebook_is_collected_in_the_form_in_which_it_was_released() -> None:
    def cell(source: str, at: str, **metadata: Any) -> nbformat.NotebookNode:
        return nbformat.v4.new_code_cell(source, id=at, metadata=metadata)

    released = nbformat.v4.new_notebook(
        cells=[
            cell("setup", "setup", nbgrader={"grade_id": "setup"}),
            cell("a = ...", "a", nbgrader={"grade_id": "a"}),
            cell('ex.hand_in("a", a)', "mark-a", nbgrader={"grade_id": "mark-a"}),
        ]
    )
    mine = nbformat.v4.new_notebook(
        cells=[
            cell("import this", "own", nbgrader={"grade_id": "mark-a", "points": 99}),
            cell('a = 1\nex.check("a", a);', "renamed-by-another-program"),
            cell("a = 2", "a"),
        ]
    )
    whole = as_handed_in(mine, released)
    assert [c.source for c in whole.cells] == [
        "setup",
        "import this",
        'a = 1\nex.check("a", a);',
        'ex.hand_in("a", a)',
        "a = 2",
    ]
    assert [c.metadata.get("nbgrader", {}).get("grade_id") for c in whole.cells] == ["setup", None, "a", "mark-a", None]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["release", "--chapter", "9"], "--chapter: expected numbers such as 1,3"),
        (["grade"], "no class here; `crmlib class release` makes one"),
        (["collect", "nowhere"], "no class here"),
        (["release", "--company", "nowhere"], "no frozen tables"),
        (["release", "--company", "own", "--as-of", "soon"], "--as-of: expected a day as YYYY-MM-DD"),
        (["report", "--chapter", "x"], "no class here"),
    ],
)
def test_what_a_trainer_can_mend_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own" / "tables").mkdir(parents=True)
    (tmp_path / "own" / "tables" / "orders.parquet").touch()
    code, out, err = run(capsys, "class", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


def test_a_misconception_of_each_question_is_recognised(teaching: Company) -> None:
    exercise = Exercise(teaching, questions(CHAPTER), CHAPTER)
    assert all(mistaken(exercise, n)[1].values() for n in range(3))


@pytest.mark.slow
@pytest.mark.skipif(not landlock(), reason="this system cannot confine a process")
def test_what_fails_before_the_submission_is_told_and_is_no_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, said = tmp_path / "c", []
    lay(home, [CHAPTER])
    class_flow.release(home, CHAPTER)
    write_class(tmp_path / "copies", judging(home / "source" / CHAPTER).exercise, {"right": "right"})
    class_flow.collect(home, [tmp_path / "copies"], [CHAPTER], said.append)
    readable, listable = scratch_kernel._readable()
    hidden = [path for path in readable if Path(path).name != "crmlib"]
    monkeypatch.setattr(scratch_kernel, "_readable", lambda: (hidden, listable))
    assert class_flow.grade(home, CHAPTER, 1, said.append) == 0
    assert "NBGRADER_EXECUTION" not in os.environ
    (line,) = said
    assert "nbgrader says: " in line
    assert "before the submission: PermissionError: " in line
