"""Reviews that nobody waits for: their log, their hook, and the examples that stand in docs/unattended."""

import json
import re
import shlex
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
from typer.main import get_command

from crmlib.run import hook
from crmlib.run.cli import app, main
from crmlib.run.hook import HookError, call, command_of
from crmlib.run.progress import Events
from crmlib.run.review import Review

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLES = DOCS / "unattended"


def ran(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main([*arguments])
    return int(left.value.code or 0)


@pytest.fixture
def reviewed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A review that is whole at once, with two chapters of which one stopped."""
    folder = tmp_path / "reviews" / "acme" / "2026-10"
    (folder / "private").mkdir(parents=True)
    for name in ("index.html", "kpis.csv", "memo.txt", "private/actions.csv"):
        (folder / name).write_text(name, encoding="utf-8")

    def run(_request: object, listener: Events) -> Review:
        listener.say("Reading …")
        for name, failed in (("01", False), ("02", True)):
            listener.chapter(name, f"Chapter {name}", 3)()
            listener.ended(name, failed)
        return Review(folder, {"chapters": [{"name": "02", "status": "failed"}]})

    monkeypatch.setattr("crmlib.run.review.review", run)
    return folder


def lines(text: str) -> list[dict[str, object]]:
    read = [json.loads(line) for line in text.splitlines()]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", line.pop("at")) for line in read)
    return read


def test_each_event_is_a_line_of_json(reviewed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("review", "company.toml", "--log", "json") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert lines(err) == [
        {"event": "said", "message": "Reading …"},
        {"event": "began", "chapter": "01", "title": "Chapter 01", "cells": 3},
        {"event": "ended", "chapter": "01", "status": "whole"},
        {"event": "began", "chapter": "02", "title": "Chapter 02", "cells": 3},
        {"event": "ended", "chapter": "02", "status": "stopped"},
        {"event": "done", "folder": str(reviewed), "stopped": ["02"]},
    ]


@pytest.mark.parametrize("log", [["--log", "json"], ["--log=json"]])
def test_what_goes_wrong_is_an_event_too(tmp_path: Path, capsys: pytest.CaptureFixture[str], log: list[str]) -> None:
    assert ran("review", str(tmp_path / "none.toml"), *log) == 2
    (said,) = lines(capsys.readouterr().err)
    assert (said["event"], said["code"]) == ("failed", 2)
    assert "none.toml" in str(said["message"])


def test_a_hook_is_called_with_the_folder_and_again_where_it_fails(
    reviewed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paused: list[float] = []
    monkeypatch.setattr(hook, "sleep", paused.append)
    tried = reviewed / "tried"
    script = f'printf x >> {shlex.quote(str(tried))}; test "$(wc -c < {shlex.quote(str(tried))})" -ge 3'
    assert ran("review", "company.toml", "--log", "json", "--hook", shlex.join(["sh", "-c", script])) == 1
    assert tried.read_text() == "xxx"
    assert paused == [5, 10]
    assert [line["event"] for line in lines(capsys.readouterr().err)][-3:] == ["done", "said", "said"]


def test_a_hook_that_never_ends_well_is_said_once_the_review_is_whole(
    reviewed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, "sleep", lambda _seconds: None)
    with pytest.raises(HookError, match=r"the review is whole, but false ended with code 1 \(2 tries\)"):
        call(["false"], reviewed, 2, lambda _line: None)
    assert ran("review", "company.toml", "--hook", "false") == 2


@pytest.mark.parametrize(
    ("program", "says"), [("no-such-program", "no program 'no-such-program'"), ("sh '", "is no command")]
)
def test_a_hook_that_cannot_be_run_is_said_before_anything_else(program: str, says: str, reviewed: Path) -> None:
    with pytest.raises(HookError, match=says):
        command_of(program)
    assert ran("review", "company.toml", "--hook", program) == 2


def test_the_example_hands_on_pages_and_mail_and_nothing_private(
    reviewed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = tmp_path / "readers"
    monkeypatch.setenv("READERS", str(readers))
    for _month in range(2):
        call([str(EXAMPLES / "hand-on.sh")], reviewed, 1, print)
    there = sorted(str(p.relative_to(readers)) for p in readers.rglob("*") if p.is_file())
    assert there == [f"acme-2026-10/{name}" for name in ("index.html", "kpis.csv", "memo.txt")]


def commands() -> list[str]:
    """Every command of the examples and of the page about them."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*EXAMPLES.iterdir(), DOCS / "unattended.md"])
    return re.findall(r"(?:^|[/ =])crmlib (review [^>\n]*?)(?=\s*(?:>>|$))", text, flags=re.M)


def test_the_examples_name_only_options_that_there_are() -> None:
    known = {option for p in get_command(app).commands["review"].params for option in p.opts}
    assert len(commands()) == 4
    for command in commands():
        given = {word for word in shlex.split(command) if word.startswith("--")}
        assert given >= {"--resume", "--log", "--hook"}
        assert given <= known


def test_the_service_and_its_timer_are_whole() -> None:
    parts = {}
    for name in ("crmlib-review.service", "crmlib-review.timer"):
        parts[name] = ConfigParser()
        parts[name].optionxform = str
        parts[name].read(EXAMPLES / name, encoding="utf-8")
    assert parts["crmlib-review.service"]["Service"]["Type"] == "oneshot"
    assert parts["crmlib-review.timer"]["Install"]["WantedBy"] == "timers.target"


def test_the_examples_are_shell_that_parses() -> None:
    subprocess.run(["sh", "-n", str(EXAMPLES / "hand-on.sh")], check=True)
