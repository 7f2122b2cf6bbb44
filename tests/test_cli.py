from __future__ import annotations

import ast
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.main import get_command

import crmlib
from crmlib import CrmlibError
from crmlib.border.company import load_description
from crmlib.models.fitting import UnitError
from crmlib.run import faults, lab
from crmlib.run.cli import EXIT_CODES, app, main
from crmlib.run.guarded import guarded
from crmlib.vocabulary import errors
from tests.small_company import emits, finding, notebook, write_chapters, write_company


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    assert isinstance(left.value.code, int)
    return left.value.code, out, err


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write_company(tmp_path / "co")
    write_chapters(
        tmp_path / "chapters",
        _01_importance=notebook("Why it matters", emits([finding()])),
        _02_data=notebook("Data", "1 / 0"),
    )
    return tmp_path


def reviewed(place: Path, *more: object) -> list[object]:
    return [
        "review",
        place / "co" / "company.toml",
        "--out",
        place / "reviews",
        "--chapters",
        place / "chapters",
        *more,
    ]


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _err = run(capsys, "--help")
    assert code == 0
    assert all(command in out for command in ("init", "check", "review", "publish", "lab"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["review", "nowhere.toml"], "no such company file"),
        (["review"], "Missing argument"),
        (["revew"], "No such command 'revew'"),
        (["review", "x.toml", "--month", "2026-13"], "--month: expected YYYY-MM"),
        (["review", "x.toml", "--only", "a"], "--only: expected chapter numbers"),
        (["review", "x.toml", "-p", "years"], "expected NAME=VALUE"),
        (["review", "x.toml", "--workers", "0"], "--workers"),
        (["review", "x.toml", "--colour"], "No such option"),
        (["publish", "nowhere"], "no finished review here"),
        (["check", "nowhere.toml"], "no such company file"),
        (["init", "nowhere"], "no such folder"),
    ],
)
def test_what_a_user_can_mend_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert says in err
    assert out == ""
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_review_ends_by_saying_where_it_lies_and_what_is_missing(
    capsys: pytest.CaptureFixture[str], place: Path
) -> None:
    code, out, err = run(capsys, *reviewed(place, "--only", "1"))
    assert code == 0, err
    assert str(place / "reviews" / "acme" / "2026-10" / "index.html") in out
    assert "Missing from the data: Customers," in out
    assert "Why it matters: whole" in err
    code, _out, err = run(capsys, *reviewed(place))
    assert (code, "--force" in err) == (2, True)


def test_a_review_with_a_chapter_that_stopped_has_exit_code_1(capsys: pytest.CaptureFixture[str], place: Path) -> None:
    code, out, err = run(capsys, *reviewed(place, "--month", "2026-08"))
    assert code == 1
    assert "1 chapter stopped" in out
    assert "Data: The cell “result-1” could not be computed" in err
    assert "Traceback" not in out + err


def test_check_says_what_would_be_kept_and_changes_nothing(capsys: pytest.CaptureFixture[str], place: Path) -> None:
    before = sorted(place.rglob("*"))
    code, out, _err = run(capsys, "check", place / "co" / "company.toml")
    assert code == 0
    assert "300" in out
    assert "2026-10" in out
    assert sorted(place.rglob("*")) == before


def test_init_writes_a_mapping_that_check_accepts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_company(tmp_path)
    (tmp_path / "company.toml").unlink()
    code, out, _err = run(capsys, "init", tmp_path)
    assert code == 0
    assert "Written:" in out
    assert run(capsys, "check", tmp_path / "company.toml")[0] == 0
    code, _out, err = run(capsys, "init", tmp_path)
    assert (code, "--force" in err) == (2, True)


def test_init_hands_out_a_ready_mapping(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _err = run(capsys, "init", tmp_path, "--ready", "shopify")
    assert (code, "Written:" in out) == (0, True)
    company = load_description(tmp_path)
    assert (company.name, company.home, company.policy) == ("shopify", tmp_path, tmp_path / "policy.toml")
    assert "already there" in run(capsys, "init", tmp_path, "--ready", "zoho_crm")[2]
    assert run(capsys, "init", tmp_path, "--ready", "zoho_crm", "--force")[0] == 0
    assert load_description(tmp_path).name == "zoho_crm"
    code, _out, err = run(capsys, "init", tmp_path, "--ready", "shopfy")
    assert (code, "did you mean 'shopify'?" in err) == (2, True)
    assert "no such folder" in run(capsys, "init", tmp_path / "x", "--ready", "shopify")[2]


def raising(error: BaseException) -> Callable[[], None]:
    def run() -> None:
        raise error

    return run


def logs(state: Path) -> set[Path]:
    return set(state.glob("*.log"))


def test_what_a_user_can_mend_is_one_line_without_a_log(capsys: pytest.CaptureFixture[str], state: Path) -> None:
    before = logs(state)
    assert guarded(raising(OSError(28, "No space left on device", "/data/x"))) == 2
    assert guarded(raising(OSError(28, "No space left on device"))) == 2
    assert guarded(raising(KeyboardInterrupt())) == 130
    assert guarded(raising(CrmlibError("the orders\nhave no day"))) == 2
    assert guarded(raising(UnitError("weeks and days"))) == 2
    assert guarded(lambda: None) == 0
    lines = capsys.readouterr().err.splitlines()
    full = "No space left on device; make room there, then run it again"
    assert lines[:2] == [f"crmlib: /data/x: {full}", f"crmlib: {full}"]
    assert lines[2] == "crmlib: stopped"
    assert lines[3:] == ["crmlib: the orders have no day", "crmlib: weeks and days"]
    assert logs(state) == before


DENIED = "make it readable and writable, or name another folder"


def test_a_place_that_cannot_be_used_is_named_with_what_mends_it(
    capsys: pytest.CaptureFixture[str], place: Path
) -> None:
    (place / "reviews").write_text("a file", encoding="utf-8")
    code, _out, err = run(capsys, *reviewed(place, "--only", "1"))
    assert code == 2
    assert str(place / "reviews") in err
    assert "a file stands where a folder is needed" in err
    (place / "reviews").unlink()
    (place / "co" / ".crmlib").write_text("a file where the key should be", encoding="utf-8")
    code, _out, err = run(capsys, *reviewed(place, "--only", "1"))
    assert code == 2
    assert str(place / "co" / ".crmlib") in err.splitlines()[-1]


def test_a_file_is_the_users_only_where_it_was_given(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    denied = raising(PermissionError(13, "Permission denied", str(tmp_path / "co" / "orders.csv")))
    for given in (
        ["check", str(tmp_path / "co" / "company.toml")],
        ["check", "x.toml", "--data", str(tmp_path / "co")],
        ["check", "x.toml", f"--data={tmp_path / 'chapters' / '..' / 'co'}"],
    ):
        assert guarded(denied, given) == 2
        assert capsys.readouterr().err == f"crmlib: {tmp_path / 'co' / 'orders.csv'}: Permission denied; {DENIED}\n"
    assert guarded(denied, ["check", str(tmp_path / "other" / "company.toml")]) == 1
    assert guarded(raising(OSError(5, "Input/output error")), ["check", "company.toml"]) == 1


def test_any_other_exception_is_ours_and_leaves_its_traceback_in_a_log(
    capsys: pytest.CaptureFixture[str], place: Path, monkeypatch: pytest.MonkeyPatch, state: Path
) -> None:
    def broken(*_given: object, **_more: object) -> None:
        np.array(["13800138000"]).astype(float).reshape(7)

    monkeypatch.setattr("crmlib.facts.cuts.proposed_cuts", broken)
    before = logs(state)
    code, out, err = run(capsys, "tiers", "recut", place / "co" / "company.toml")
    (log,) = logs(state) - before
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "a fault of crmlib, not of your data (ValueError at recut.py:" in err
    assert str(log) in err
    assert "reshape" not in err, "what an exception says may name somebody"
    text = log.read_text("utf-8")
    assert "cannot reshape array of size 1 into shape (7,)" in text
    assert "Traceback (most recent call last)" in text
    assert log.stat().st_mode & 0o077 == 0


def test_where_no_folder_may_be_written_the_log_goes_to_the_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for name in ("XDG_STATE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    log = faults.kept("\x1b[31mTraceback\x1b[0m of 李\n")
    assert log.parent == tmp_path / "crmlib"
    assert log.read_text("utf-8").endswith("\n\nTraceback of 李\n")


def test_a_chapter_that_stopped_by_a_fault_of_ours_names_its_log(
    capsys: pytest.CaptureFixture[str], place: Path, state: Path
) -> None:
    (place / "chapters" / "01_importance.ipynb").unlink()
    mends = "from crmlib import CrmlibError\nclass PolicyError(CrmlibError): ...\nraise PolicyError('growth_from is not set')"
    write_chapters(place / "chapters", _03_tiers=notebook("Tiers", mends))
    before = logs(state)
    code, _out, err = run(capsys, *reviewed(place, "--month", "2026-09"))
    (log,) = logs(state) - before
    assert code == 1
    assert str(log) in next(line for line in err.splitlines() if line.startswith("Data: The cell"))
    assert "1 / 0" in log.read_text("utf-8")
    assert "growth_from is not set" in err
    assert err.count(str(state)) == 1, "what the user can mend has no log"
    pages = (place / "reviews").rglob("*")
    assert not any(str(state).encode() in p.read_bytes() for p in pages if p.is_file()), "a page names no log"


def test_every_error_of_the_suite_is_one_that_a_user_can_mend() -> None:
    for path in sorted(Path(crmlib.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name.endswith("Error") and node.name != "CrmlibError":
                assert [ast.unparse(b) for b in node.bases] == ["CrmlibError"], f"{path.name}: {node.name}"


def test_help_says_what_the_exit_codes_mean_and_version_which_this_is(capsys: pytest.CaptureFixture[str]) -> None:
    _code, out, _err = run(capsys, "--help")
    assert " ".join(EXIT_CODES.split()) in " ".join(out.split())
    assert run(capsys, "--version") == (0, f"crmlib {crmlib.__version__}\n", "")


def test_a_command_whose_packages_are_not_installed_names_the_extra(
    capsys: pytest.CaptureFixture[str], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = errors.find_spec
    monkeypatch.setattr(errors, "find_spec", lambda name: None if name in ("voila", "seaborn") else installed(name))
    code, _out, err = run(capsys, *reviewed(place))
    assert (code, err) == (2, "crmlib: this needs seaborn; install with: pip install 'crmlib[notebooks]'\n")
    monkeypatch.setattr(errors, "find_spec", lambda name: None if name == "voila" else installed(name))
    assert run(capsys, "publish")[2] == "crmlib: this needs voila; install with: pip install 'crmlib[publish]'\n"


def test_a_database_without_its_driver_names_the_extra(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "find_spec", lambda name: None)
    file = write_company(tmp_path)
    given = 'from = "postgresql://anna@127.0.0.1:1/shop"\ntable = "orders"'
    file.write_text(file.read_text("utf-8").replace('from = "orders.csv"', given), encoding="utf-8")
    code, _out, err = run(capsys, "check", file)
    assert (code, err) == (2, "crmlib: this needs psycopg; install with: pip install 'crmlib[databases]'\n")


def test_check_speaks_to_a_chinese_company_in_chinese_and_to_the_penny(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = write_company(tmp_path, language="zh")
    file.write_text(
        file.read_text("utf-8").replace('"EUR"', '"GBP"').replace("Acme Ltd", "[red]甲公司"), encoding="utf-8"
    )
    code, out, _err = run(capsys, "check", file)
    assert code == 0
    assert "订单" in out
    assert "│ orders " not in out
    assert "[red]甲公司" in out
    assert "£7,047.00" in out
    assert "2026年10月31日" in out
    assert not any(word in out for word in ("first ", "last ", "files "))


def test_a_list_of_chapters_without_a_number_is_refused(capsys: pytest.CaptureFixture[str], place: Path) -> None:
    code, _out, err = run(capsys, *reviewed(place, "--only", ","))
    assert (code, "--only" in err) == (2, True)


def test_the_package_runs_as_a_command_where_the_script_is_not_on_the_path() -> None:
    said = subprocess.run([sys.executable, "-m", "crmlib", "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("crmlib ")


@pytest.mark.parametrize(("command", "kept"), [("review", True), ("lab", False), ("check", False)])
def test_only_a_review_that_was_stopped_speaks_of_its_chapters(
    capsys: pytest.CaptureFixture[str], command: str, kept: bool
) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    assert guarded(stopped, [command]) == 130
    assert ("--resume" in capsys.readouterr().err) is kept


def test_the_lab_says_what_it_is_waiting_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(lab, "workplace", lambda _folder, _name: tmp_path)
    monkeypatch.setattr(lab, "freeze_teaching", lambda _folder: tmp_path)
    monkeypatch.setattr(lab, "run", lambda _command: 0)
    assert lab.serve(tmp_path, browser=False) == 0
    assert "Getting the teaching company's tables ready" in capsys.readouterr().err


def test_what_would_end_the_lab_is_handed_on_to_jupyterlab() -> None:
    program = (
        "import signal, sys, threading; ended = threading.Event(); "
        "signal.signal(signal.SIGTERM, lambda *_: ended.set()); "
        "print('ready', flush=True); sys.exit(7 if ended.wait(60) else 1)"
    )
    code = f"import sys; from crmlib.run import lab; sys.exit(lab.run([sys.executable, '-c', {program!r}]))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.terminate()
    assert process.returncode == 7, "JupyterLab ended by itself, as it was asked to, and so did the lab"


def test_how_the_lab_ended_is_its_exit_code() -> None:
    assert lab.run([sys.executable, "-c", "raise SystemExit(3)"]) == 3
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    before = signal.getsignal(signal.SIGINT)
    assert lab.run([sys.executable, "-c", killed]) == 128 + signal.SIGKILL
    assert signal.getsignal(signal.SIGINT) is before


def commands(group: Any = None, *before: str) -> Iterator[tuple[str, ...]]:
    for name, command in get_command(app).commands.items() if group is None else group.commands.items():
        yield from commands(command, *before, name) if hasattr(command, "commands") else [(*before, name)]


@pytest.mark.parametrize("command", [*commands()], ids=" ".join)
def test_every_help_has_an_example_that_can_be_run(
    capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    code, out, _err = run(capsys, *command, "--help")
    assert code == 0
    example = shlex.split(" ".join(out.rpartition("Example: crmlib ")[2].split()))
    assert tuple(example[: len(command)]) == command
    found = get_command(app)
    for name in command:
        found = found.commands[name]
    assert found.make_context(command[-1], example[len(command) :]).params
