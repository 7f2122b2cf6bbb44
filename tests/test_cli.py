from __future__ import annotations

from pathlib import Path

import pytest
from small_company import emits, finding, notebook, write_chapters, write_company

from crmlib.run.cli import _guarded, main


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


def test_faults_of_any_kind_are_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRMLIB_DEBUG", raising=False)

    def raising(error: BaseException):
        def run() -> None:
            raise error

        return run

    assert _guarded(raising(OSError(28, "No space left on device", "/data/x"))) == 2
    assert _guarded(raising(KeyboardInterrupt())) == 130
    assert _guarded(raising(RuntimeError("broken\nin two"))) == 3
    assert _guarded(lambda: None) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "crmlib: /data/x: No space left on device"
    assert "--resume" in lines[1]
    assert "RuntimeError: broken in two" in lines[2]
    assert len(lines) == 3
    monkeypatch.setenv("CRMLIB_DEBUG", "1")
    with pytest.raises(RuntimeError):
        _guarded(raising(RuntimeError("broken")))


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
