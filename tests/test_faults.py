"""Runs that are killed, stopped or hindered: no half file, no orphan, right resume; and nothing personal outside private/."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

import psutil
import pytest

from crmlib.border.ingest import ingest
from crmlib.run.folders import FolderError, Place
from crmlib.run.guarded import stop
from crmlib.run.review import Request, review
from crmlib.vocabulary import language
from crmlib.vocabulary.language import _
from tests.small_company import Border, emits, finding, notebook, write_chapters, write_company

PATIENCE = 240
"""Steps of waiting for another process, half a second each."""


def until(condition: Callable[[], object], process: subprocess.Popen[str] | None = None) -> None:
    """Wait for something another process does; fails when it never does it."""
    pause = Event()
    for _step in range(PATIENCE):
        if condition():
            return
        assert process is None or process.poll() is None or condition(), process.communicate()[1]
        pause.wait(0.5)
    raise AssertionError("waited in vain")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A company and two chapters: one is whole at once, the other waits until it is let go."""
    write_company(tmp_path / "co")
    let_go = tmp_path / "let-go"
    waits = (
        f"import pathlib, time, os\npathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\n"
        f"while not pathlib.Path({str(let_go)!r}).exists():\n    time.sleep(0.05)"
    )
    write_chapters(
        tmp_path / "chapters",
        _01_importance=notebook("First", emits([finding()])),
        _02_data=notebook("Second", waits, emits([finding(0.9)])),
    )
    return tmp_path


def begun(place: Path, *more: str) -> subprocess.Popen[str]:
    """A review in a process of its own, in mid-chapter: the first chapter whole, the second waiting."""
    command = [
        sys.executable,
        "-m",
        "crmlib.run.cli",
        "review",
        str(place / "co" / "company.toml"),
        "--month",
        "2026-10",
    ]
    process = subprocess.Popen(
        [*command, "--out", str(place / "reviews"), "--chapters", str(place / "chapters"), *more],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    state = Place(place / "reviews" / "acme", "2026-10").partial / ".state" / "01_importance.json"
    until(lambda: state.exists() and (place / "pid").exists() and (place / "pid").read_text(), process)
    return process


def request(place: Path, **more: object) -> Request:
    return Request(
        place / "co" / "company.toml", out=place / "reviews", chapters=place / "chapters", month="2026-10", **more
    )  # type: ignore[arg-type]


class Heard(list[str]):
    """Which chapters were begun, and what was said."""

    def say(self, line: str) -> None:
        self.append(line)

    def chapter(self, name: str, title: str, cells: int) -> Callable[[], None]:
        self.append(f"begun {name}")
        return lambda: None

    def ended(self, name: str, failed: bool) -> None:
        pass


def test_a_killed_run_leaves_no_half_month_no_kernel_and_no_lock_and_is_resumed(place: Path) -> None:
    process = begun(place)
    kernel = psutil.Process(int((place / "pid").read_text()))
    folder = Place(place / "reviews" / "acme", "2026-10")

    with pytest.raises(FolderError, match="another review of this month is running"):
        review(request(place), ingest=ingest)

    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not folder.whole.exists()
    assert folder.partial.exists()
    until(lambda: not kernel.is_running() or kernel.status() == psutil.STATUS_ZOMBIE)

    (place / "let-go").touch()
    heard = Heard()
    done = review(request(place, resume=True), ingest=ingest, listener=heard)
    assert "begun 01_importance" not in heard
    assert "begun 02_data" in heard
    assert "Resuming; already whole: First." in heard
    assert not done.failed
    assert (done.folder / "kpis.csv").read_text("utf-8").count("\n") == 3
    assert [p.name for p in sorted(folder.company.iterdir())] == [".2026-10.lock", "2026-10"]


@pytest.mark.parametrize("change", ["data", "chapter", "parameter"])
def test_a_resume_after_a_change_starts_anew_and_says_so(place: Path, change: str) -> None:
    process = begun(place)
    process.kill()
    process.communicate()
    (place / "let-go").touch()
    if change == "data":
        with (place / "co" / "orders.csv").open("a", encoding="utf-8") as file:
            file.write("A999,K-0001,2026-09-01,10\n")
    elif change == "chapter":
        write_chapters(place / "chapters", _01_importance=notebook("First, other", emits([finding(0.7)])))
    heard = Heard()
    more = {"parameters": {"language": "zh"}} if change == "parameter" else {}
    done = review(request(place, resume=True, **more), ingest=ingest, listener=heard)
    assert not done.failed
    assert "begun 01_importance" in heard
    with language.using(more.get("parameters", {}).get("language", "en")):
        changed = _(
            "The data, the policy, a chapter or this program have changed since the run broke off; starting anew."
        )
    assert heard.count(changed) == 1


def test_ctrl_c_ends_the_kernels_and_leaves_nothing_half(place: Path) -> None:
    process = begun(place)
    kernel = psutil.Process(int((place / "pid").read_text()))
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=PATIENCE / 2)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "--resume" in err.splitlines()[-1]
    assert not kernel.is_running() or kernel.status() == psutil.STATUS_ZOMBIE
    folder = Place(place / "reviews" / "acme", "2026-10")
    assert not folder.whole.exists()
    assert not list(folder.partial.rglob(".*.draft"))


def test_without_resume_an_old_partial_folder_is_discarded(place: Path) -> None:
    (place / "let-go").touch()
    partial = Place(place / "reviews" / "acme", "2026-10").partial
    (partial / ".state").mkdir(parents=True)
    (partial / "left.html").touch()
    done = review(request(place), ingest=Border())
    assert not (done.folder / "left.html").exists()


def test_an_error_while_writing_leaves_the_older_month_as_it_was(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "let-go").touch()
    done = review(request(place), ingest=Border())
    before = {p: p.read_bytes() for p in done.folder.rglob("*") if p.is_file()}

    def full(*_args: object, **_more: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crmlib.run.month.files", full)
    with pytest.raises(OSError, match="No space left"):
        review(request(place, force=True), ingest=Border())
    assert before == {p: p.read_bytes() for p in done.folder.rglob("*") if p.is_file()}


PEOPLE = ["Zhang Wei", "李小红", "Émile Durand", "O'Hara", "Grete Müller"]


def test_nothing_personal_stands_outside_private(tmp_path: Path) -> None:
    """Names, telephone numbers, addresses, WeChat ids and the company's own ids, searched for in every byte written."""
    home = tmp_path / "co"
    company = write_company(home)
    planted: set[str] = set()
    lines = ["customer,name,phone,email,wechat,owner"]
    for i, name in enumerate(PEOPLE):
        row = [f"K-{i:04}", name, f"1380013{8000 + i}", f"person{i}@example.com", f"wx_secret_{i}", f"owner.{i}"]
        planted |= set(row)
        lines.append(",".join(row))
    (home / "customers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with company.open("a", encoding="utf-8") as file:
        fields = {
            "customer_id": "customer",
            "name": "name",
            "phone": "phone",
            "email": "email",
            "wechat": "wechat",
            "owner": "owner",
        }
        file.write(
            '[customers]\nfrom = "customers.csv"\n[customers.fields]\n'
            + "".join(f'{k} = "{v}"\n' for k, v in fields.items())
        )
    shows = "\n".join(
        [
            "import pandas as pd, json",
            "from IPython.display import display",
            "orders = pd.read_parquet(tables + '/orders.parquet')",
            "customers = pd.read_parquet(tables + '/customers.parquet')",
            "display(orders.head(50)); display(customers)",
            "c = customers.iloc[0]",
            "row = dict(action_id='a1', customer_id=c['customer_id'], owner=c['owner'], why='risk', what='call')",
            "row.update(channel='phone', due_on='2026-11-07', arm='act', tier='growth', value_at_stake=1.0, priority=1)",
            "display({'text/html': 'x', 'application/vnd.crmlib.actions+json': [row]}, raw=True)",
            "raise ValueError(str(customers.iloc[1].to_dict()))",
        ]
    )
    write_chapters(
        tmp_path / "chapters",
        _01_importance=notebook("First", shows.rsplit("\n", 1)[0]),
        _02_data=notebook("Second", shows),
    )
    done = review(Request(company, out=tmp_path / "reviews", chapters=tmp_path / "chapters"), ingest=ingest)
    assert done.failed == ["02_data"]
    private = done.folder / "private"
    own = (private / "actions.csv").read_text("utf-8-sig")
    assert any(f"K-{i:04}" in own for i in range(len(PEOPLE))), "the person who acts must know whom"
    assert any(f"owner.{i}" in own for i in range(len(PEOPLE)))
    assert not (private / "ids.parquet").exists()
    key = (home / ".crmlib" / "key").read_text("ascii").strip()
    for path in (tmp_path / "reviews").rglob("*"):
        if path.is_file() and private not in path.parents:
            content = path.read_bytes()
            for value in (*planted, key):
                assert value.encode() not in content, f"{value} in {path}"
    for path in (tmp_path / "reviews").rglob("*"):
        assert key.encode() not in (path.read_bytes() if path.is_file() else b""), path


def test_the_socket_folders_of_ended_runs_are_gone(place: Path) -> None:
    (place / "let-go").touch()
    import tempfile

    before = set(Path(tempfile.gettempdir()).glob("crmkernels-*"))
    review(request(place), ingest=Border())
    mine = [
        p
        for p in set(Path(tempfile.gettempdir()).glob("crmkernels-*")) - before
        if p.stat().st_uid == os.getuid() and not any(p.iterdir())
    ]
    assert mine == []


def test_a_stop_that_was_swallowed_where_it_fell_is_heard_by_whoever_waits(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmlib.run.guarded.stopping", stopping := Event())
    monkeypatch.setattr("crmlib.run.review.stopping", stopping)
    heard = Heard()

    def say(line: str) -> None:
        with suppress(KeyboardInterrupt):
            stop(signal.SIGINT, None)

    heard.say = say  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        review(request(place), ingest=Border(), listener=heard)
    assert not Place(place / "reviews" / "acme", "2026-10").whole.exists()
