"""A review ended at each of its steps: the next run puts right what was left, nothing is there by halves, no words are lost.

The long form, a hundred kills of real runs at random moments, is `python -m tests.studies kills`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crmlib.run.folders import FolderError, Place, damage, held_folder, remove_left, sha256
from crmlib.run.index import relisted
from crmlib.run.publish import find, prepared
from crmlib.run.review import Request, review
from tests.killed import DONE, MONTHS, executed
from tests.killed import chapters as write_executed
from tests.killed import prepared as reviewed
from tests.killed import run as command
from tests.small_company import Border, write_company

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "more"),
    [("killed", ["--third", "1"]), ("stopped", ["--third", "2", "--force"]), ("full", ["--third", "3", "--force"])],
    ids=lambda given: "".join(given),
)
def test_a_review_ended_at_any_step_is_put_right_by_the_next_run(tmp_path: Path, how: str, more: list[str]) -> None:
    """Each way at a third of them. All of them: `python -m tests.killed HOW FOLDER [--force]`."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.killed", how, str(tmp_path), *more],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    assert int(ran.stdout.split()[-4]) > 60


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two months reviewed, with what a person wrote into the second one's list, and no kernel needed."""
    monkeypatch.setattr("crmlib.run.review.execute", executed)
    monkeypatch.setitem(review.__kwdefaults__, "ingest", Border())
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    reviewed(tmp_path, force=True)
    return tmp_path


def request(home: Path, **more: object) -> Request:
    return Request(home / "co", month=MONTHS[1], out=home / "reviews", chapters=home / "chapters", **more)  # type: ignore[arg-type]


def place(home: Path) -> Place:
    return Place(home / "reviews" / "acme", MONTHS[1])


@pytest.mark.parametrize("more", [[], ["--resume"]], ids=["plainly", "resuming"])
def test_a_month_that_was_whole_but_not_listed_is_listed_by_the_next_run(home: Path, more: list[str]) -> None:
    page = home / "reviews" / "index.html"
    whole = page.read_bytes()
    page.write_bytes(whole.replace(MONTHS[1].encode(), b"2026-11"))
    code, said = command(home, MONTHS[1], *more)
    assert code == 0, said
    assert "Oct 2026 was whole already, but not listed" in said
    assert page.read_bytes() == whole
    assert not relisted(place(home))
    code, said = command(home, MONTHS[1])
    assert code == 2
    assert "already there; --force replaces it" in said


def test_a_month_that_is_whole_has_nothing_to_resume(home: Path) -> None:
    code, said = command(home, MONTHS[1], "--resume")
    assert code == 0
    assert "Oct 2026 is whole already; there is nothing to resume." in said


# What people wrote


def test_what_people_wrote_outlives_a_month_made_anew_however_often(home: Path) -> None:
    private = place(home).whole / "private"
    for _time in range(3):
        code, said = command(home, MONTHS[1], "--force")
        assert code == 0, said
        assert "What people said of 1 action is kept." in said
        assert f",{DONE[1]},{DONE[2]}" in (private / "actions.csv").read_text("utf-8-sig")
        assert (private / "note.txt").read_text("utf-8") == "call back"
    assert [p.name for p in (private / "earlier").iterdir()] == ["actions.csv"], "changed by a person only once"
    outputs = json.loads((place(home).whole / "manifest.json").read_text("utf-8"))["outputs"]
    assert "private/actions.csv" in outputs
    assert not {"private/note.txt", "private/earlier/actions.csv"} & outputs.keys()
    assert sha256(private / "earlier" / "actions.csv") not in outputs.values()


def test_an_action_that_is_proposed_no_more_stays_with_its_outcome(home: Path) -> None:
    write_executed(home / "chapters")
    (home / "chapters" / "05_proactive_service.ipynb").unlink()
    code, said = command(home, MONTHS[1], "--force")
    assert code == 0, said
    lines = (place(home).whole / "private" / "actions.csv").read_text("utf-8-sig").splitlines()
    assert [line.split(",")[-1] for line in lines] == ["action_id", DONE[0]]


@pytest.mark.parametrize(
    ("mark", "encoding"), [(";", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-16"), (",", "gb18030")]
)
def test_a_list_that_a_spreadsheet_saved_is_read_back(home: Path, mark: str, encoding: str) -> None:
    listed = place(home).whole / "private" / "actions.csv"
    text = listed.read_text("utf-8-sig").replace(",", mark)
    said = {"cp1252": "erreicht – Café", "gb18030": "已联系", "utf-16": "已联系"}.get(encoding, "reached")
    listed.write_bytes(text.replace(DONE[2], said).encode(encoding))
    assert command(home, MONTHS[1], "--force")[0] == 0
    now = listed.read_text("utf-8-sig")
    assert f",{DONE[1]}," in now
    assert said in now
    assert (listed.parent / "earlier" / "actions.csv").read_bytes().decode(encoding).count(said) == 1


# Damaged files of earlier reviews


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("manifest.json", b"", "manifest.json: damaged, it is no whole JSON"),
        ("manifest.json", b'{"company": "acm', "manifest.json: damaged, it is no whole JSON"),
        ("manifest.json", b"[1]", "manifest.json: damaged, it is no whole JSON"),
        ("manifest.json", b"\xff\xfe\x00", "manifest.json: damaged, it is no whole JSON"),
        ("kpis.csv", b"chapter,kpi\n", "kpis.csv: damaged, it is not as the review wrote it"),
    ],
)
def test_a_damaged_month_is_left_out_with_a_line_that_names_file_and_mend(
    home: Path, file: str, content: bytes, says: str
) -> None:
    (place(home).company / MONTHS[0] / file).write_bytes(content)
    code, said = command(home, MONTHS[1], "--force")
    assert code == 0, said
    (line,) = (line for line in said.splitlines() if ": damaged, it" in line)
    assert says in line
    assert "--month 2026-09 --force" in line
    assert "2026-09/index.html" not in (home / "reviews" / "index.html").read_text("utf-8")
    code, said = command(home, MONTHS[0])
    assert (code, said.count("\n")) == (2, 1)
    assert says in said
    assert command(home, MONTHS[0], "--force")[0] == 0
    assert "2026-09/index.html" in (home / "reviews" / "index.html").read_text("utf-8")


def test_what_is_served_of_a_damaged_month_is_one_line(home: Path) -> None:
    (place(home).whole / "manifest.json").write_text('{"company":', encoding="utf-8")
    with (
        pytest.raises(FolderError, match=r"manifest.json: damaged, .*--month 2026-10 --force"),
        prepared(find(None, home / "reviews")),
    ):
        pass


@pytest.mark.parametrize("content", [b"", b'{"key": ', b"[]", b'{"key": 1}'])
def test_a_damaged_file_of_a_broken_off_run_is_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr("crmlib.run.review.execute", executed)
    write_company(tmp_path / "co")
    write_executed(tmp_path / "chapters")

    def ends(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("crmlib.run.review._publish", ends)
        with pytest.raises(KeyboardInterrupt):
            review(request(tmp_path), ingest=Border())
    state = place(tmp_path).partial / ".state"
    assert len(list(state.iterdir())) == 6
    (state / "01_importance.json").write_bytes(content)
    (state / "06_evaluation.ipynb").write_bytes(content)
    done = review(request(tmp_path, resume=True), ingest=Border())
    assert damage(done.folder) == ""
    assert (done.folder / "kpis.csv").read_text("utf-8").count("\n") == 4


# What killed processes leave


def test_a_folder_that_nobody_holds_is_removed_and_so_is_a_lock_without_one(tmp_path: Path) -> None:
    for name in (".incoming-a", ".incoming-b"):
        (tmp_path / name).mkdir()
    for name in (".incoming-b.lock", ".incoming-c.lock"):
        (tmp_path / name).touch()
    with held_folder(tmp_path, ".incoming-") as folder:
        remove_left(tmp_path, ".incoming-")
        assert sorted(p.name for p in tmp_path.iterdir()) == [folder.name, f"{folder.name}.lock"]
    assert list(tmp_path.iterdir()) == []
