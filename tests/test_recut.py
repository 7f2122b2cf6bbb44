"""`crmlib tiers recut`: what it prints can be pasted, nothing is written unasked, one line for what cannot be."""

import tomllib
from pathlib import Path

import pytest
from small_company import write_company

from crmlib.run.cli import main
from crmlib.vocabulary.policy import Policy, load


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["tiers", "recut", *(str(a) for a in arguments)])
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


def pasted(out: str) -> Policy:
    """The policy that the printed lines make."""
    return Policy.model_validate(tomllib.loads(out[out.index("[tiers]") :].split("\n\n")[0]))


def test_what_is_printed_is_a_policy_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    company = write_company(tmp_path)
    code, out, err = run(capsys, company)
    assert (code, err) == (0, "")
    assert "Nothing is changed: only a person adopts cuts." in out
    assert "customers would stand in another tier." in out
    found = pasted(out).tiers
    assert found.frozen_on.isoformat() == "2026-10-31"
    assert found.high_value_from < 500
    assert not list(tmp_path.glob("policy*"))


def test_on_request_it_is_written_beside_the_company_and_is_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company = write_company(tmp_path)
    _code, out, _err = run(capsys, company, "--month", "2026-09", "--write")
    written = load(tmp_path / "policy.proposed.toml")
    assert written.tiers.frozen_on.isoformat() == "2026-09-30"
    assert str(tmp_path / "policy.proposed.toml") in out
    assert not (tmp_path / "policy.toml").exists()


def test_it_speaks_the_companys_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _code, out, _err = run(capsys, write_company(tmp_path, language="zh"))
    assert "高净值" in out
    assert pasted(out)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--month", "2026-13"], "--month: expected YYYY-MM"),
        (["--month", "2027-03"], "--month: 2027-03 is later than the data"),
        (["--month", "2025-03"], "no orders up to 2025-03-31"),
        (["--data", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    code, out, err = run(capsys, write_company(tmp_path), *more)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert out == ""


def test_an_unknown_company_and_an_empty_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, tmp_path / "none.toml")[0] == 2
