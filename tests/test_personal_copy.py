"""A trainee's copy: without solutions, gone on with as it was left, brought up to date without losing an answer."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from crmlib.run import course, lab, personal_copy
from crmlib.run.exercises import code_of, notebook, written
from crmlib.run.lab import LabError, where, workplace
from crmlib.run.personal_copy import bring, merged
from crmlib.show.attempts import FILE, MARKER, Attempts, of_folder
from crmlib.vocabulary.shipping import shipped

CHAPTER = "01_importance"
EXERCISE = f"exercises/{CHAPTER}/exercise.ipynb"


@pytest.fixture(scope="module")
def given() -> dict[str, str]:
    """A course of one exercise, as it would be written."""
    code = code_of(CHAPTER)
    return {
        EXERCISE: written(notebook(CHAPTER, code)),
        f"exercises/{CHAPTER}/exercise.zh.ipynb": written(notebook(CHAPTER, code, language="zh")),
    }


@pytest.fixture
def place(tmp_path: Path, given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(personal_copy, "_course", lambda: given.items())
    return tmp_path / "mine"


def changed(text: str, cells: dict[str, str]) -> str:
    made = nbformat.reads(text, as_version=4)
    for cell in made.cells:
        cell.source = cells.get(cell.id, cell.source)
    return nbformat.writes(made)


def sources(path: Path) -> dict[str, str]:
    return {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}


def test_the_whole_course_is_in_it_and_no_solution(tmp_path: Path) -> None:
    bring(tmp_path)
    there = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file() and MARKER not in p.parts}
    assert {"chapters/01_importance.ipynb", "chapters/zh/06_evaluation.ipynb", EXERCISE} <= there
    assert not {p for p in there if "solution" in p or "checks" in p or p.endswith((".po", ".py"))}
    assert "BEGIN SOLUTION" not in "".join(p.read_text(encoding="utf-8") for p in tmp_path.rglob("*.ipynb"))
    chinese = sources(tmp_path / "exercises" / CHAPTER / "exercise.zh.ipynb")
    assert 'language = "zh"' in chinese["parameters"]
    assert "复购率" in chinese["ask-repurchase-rate"]


def test_sections_and_questions_name_each_other(tmp_path: Path) -> None:
    bring(tmp_path)
    for chapter, exercise, section, question in (
        ("chapters/01_importance.ipynb", EXERCISE, "1.3 Do they come back?", "2. Repurchase rate"),
        ("chapters/zh/01_importance.ipynb", f"exercises/{CHAPTER}/exercise.zh.ipynb", "", "2. 复购率"),
    ):
        told, asked = sources(tmp_path / chapter), sources(tmp_path / exercise)
        up = "../" * chapter.count("/")
        assert f"[{question}]({up}{exercise}#{question.replace(' ', '-')})" in "".join(told.values())
        assert f"({'../../'}{chapter}#{section.replace(' ', '-')}" in asked["ask-repurchase-rate"]
        names = {
            line.lstrip("# ") for source in asked.values() for line in source.splitlines() if line.startswith("## ")
        }
        practising = {c.id for c in nbformat.read(tmp_path / chapter, as_version=4).cells if f"{exercise}#" in c.source}
        assert len(practising) >= 15, "sections without a question of their own lead to the nearest"
        linked = set(re.findall(r"\[(\d+\. [^]]+)\]\(", "".join(told.values())))
        assert linked <= names
        assert len(linked) >= 12


def test_it_is_gone_on_with_as_it_was_left(place: Path) -> None:
    bring(place)
    mine = place / EXERCISE
    mine.write_text(changed(mine.read_text("utf-8"), {"repurchase-rate": "mine"}), encoding="utf-8")
    before = mine.read_bytes()
    bring(place)
    assert mine.read_bytes() == before
    mine.unlink()
    bring(place)
    assert "..." in sources(mine)["repurchase-rate"]


def test_a_new_version_keeps_answers_and_renews_the_rest(
    place: Path, given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(place)
    mine = place / EXERCISE
    own = nbformat.reads(changed(mine.read_text("utf-8"), {"repurchase-rate": "mine"}), as_version=4)
    at = next(i for i, cell in enumerate(own.cells) if cell.id == "repurchase-rate")
    own.cells.insert(at + 1, nbformat.v4.new_code_cell("a note of mine", id="note"))
    mine.write_text(nbformat.writes(own), encoding="utf-8")
    news = {"ask-repurchase-rate": "a better question", "repurchase-rate": "a new cell", "setup": "a new setup"}
    newer = {name: changed(text, news) for name, text in given.items()}
    monkeypatch.setattr(personal_copy, "_course", lambda: newer.items())
    bring(place)
    found = sources(mine)
    assert (found["repurchase-rate"], found["note"]) == ("mine", "a note of mine")
    assert (found["ask-repurchase-rate"], found["setup"]) == ("a better question", "a new setup")
    assert list(found).index("note") == list(found).index("repurchase-rate") + 1
    assert sources(place / "exercises" / CHAPTER / "exercise.zh.ipynb")["setup"] == "a new setup"
    assert not list(place.rglob("*.draft"))


def test_what_is_no_notebook_any_more_stays_as_it_is(given: dict[str, str]) -> None:
    assert merged(given[EXERCISE], "not json", given[EXERCISE]) == "not json"


def test_where_a_copy_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert where(None, "Lin") == tmp_path / "crmlib-course" / "Lin"
    for name in ("..", "a/b", "a\\b"):
        with pytest.raises(LabError, match="no name of a folder"):
            where(None, name)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thing.txt").write_text("x")
    with pytest.raises(LabError, match="holds other things"):
        workplace(tmp_path / "other")
    with pytest.raises(LabError, match="nothing a trainee does touches it"):
        workplace(shipped("."))


def test_the_data_come_along_with_their_tables_and_are_left_alone(tmp_path: Path) -> None:
    personal_copy.bring_data("datasets/companies", tmp_path)
    copied = sorted(p for p in tmp_path.rglob("*") if p.is_file())
    assert copied
    times = [p.stat().st_mtime_ns for p in copied]
    personal_copy.bring_data("datasets/companies", tmp_path)
    assert [p.stat().st_mtime_ns for p in copied] == times


def test_progress_is_kept_in_the_copy_and_nowhere_else(place: Path, tmp_path: Path) -> None:
    bring(place)
    assert of_folder(place / "exercises" / CHAPTER).file == place / FILE
    assert of_folder(shipped("exercises") / CHAPTER).file is None
    Attempts().note(CHAPTER, "x", "check")
    Attempts(tmp_path / "no" / "such" / "folder").note(CHAPTER, "x", "check")


def test_the_course_lists_its_questions_a_line_each() -> None:
    told = CliRunner().invoke(course.course, ["list"])
    lines = told.output.splitlines()
    assert (told.exit_code, len(lines)) == (0, len(course.everything()))
    chapter, kind, name, deck, minutes = lines[0].split()
    assert (chapter, kind, name, deck) == (CHAPTER, "read", "what_the_rate_says", "D002,D004,D034")
    assert minutes.isdecimal()
    assert [line.split()[:3] for line in lines[-6:]] == [
        ["crisis_drill", "drill", "data_leak"], ["crisis_drill", "drill", "service_down"],
        *(["capstone", "capstone", name] for name, *_more in course.PARTS),
    ]  # fmt: skip
    without = CliRunner().invoke(course.course, ["list", "--without-code"]).output.splitlines()
    assert 30 <= len(without) < len(lines)
    assert not [line for line in without if line.split()[1] == "measure"]


def test_progress_says_what_is_mastered_and_what_comes_next(tmp_path: Path) -> None:
    attempts = Attempts(tmp_path / FILE)
    attempts.note(CHAPTER, "what_the_rate_says", "check", state="right")
    attempts.note(CHAPTER, "repurchase_rate", "check", state="wrong")
    attempts.note("03_tiering", "moving_cuts", "check", state="right")
    told = CliRunner().invoke(course.course, ["progress", "--folder", str(tmp_path)])
    assert told.exit_code == 0
    lines = told.output.splitlines()
    assert lines[0].startswith("01_importance: 1 of 14 mastered, 1 begun, about ")
    mastered = next(line for line in lines if line.startswith("mastered"))
    assert "D056" not in mastered, "another question practises it too"
    assert "D002" in mastered
    assert lines[-1].startswith("Next: Repurchase rate (measure, about ")
    assert (
        "复购率"
        in CliRunner().invoke(course.course, ["progress", "--folder", str(tmp_path), "--language", "zh"]).output
    )


def test_the_course_opens_the_next_exercise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[dict[str, object]] = []
    monkeypatch.setattr(lab, "serve", lambda folder, **more: opened.append(more))
    told = CliRunner().invoke(course.course, ["--folder", str(tmp_path), "--language", "zh", "--without-code"])
    assert told.exit_code == 0
    assert opened[0]["page"] == f"exercises/{CHAPTER}/exercise.zh.ipynb"
    assert "what_the_rate_says" in told.output


def test_the_file_of_progress_is_plain_lines(tmp_path: Path) -> None:
    Attempts(tmp_path / FILE).note(CHAPTER, "x", "check", state="right", given="甲")
    (line,) = (tmp_path / FILE).read_text(encoding="utf-8").splitlines()
    assert json.loads(line).keys() == {"at", "chapter", "question", "event", "state", "given"}
    assert "甲" in line
