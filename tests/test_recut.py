"""`crmlib tiers recut`: what it prints can be pasted, nothing is written unasked, one line for what cannot be."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from crmlib.run.cli import main
from crmlib.vocabulary.policy import Policy, load
from tests.small_company import write_company


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


def sold(folder: Path, rate: float = 1.0, *, spoilt: int = 0) -> Path:
    """A folder with one file of orders: a hundred customers, a few of them large, two years long; some without a day."""
    rows = [
        f"A{n}-{i},K{i},{date(2026, 10, 31) - timedelta(days=30 * n + i % 7)},{rate * (40_000 / (1 + i) ** 1.2):.2f}"
        for i in range(100)
        for n in range(24)
        if n < 3 + i % 20
    ]
    rows += [f"B{n},K{n},soon,5" for n in range(spoilt)]
    folder.mkdir(exist_ok=True)
    text = "\n".join(["Order ID,Customer ID,Order Date,Amount", *rows, ""])
    (folder / "orders.csv").write_text(text, encoding="utf-8")
    return folder


def begun(folder: Path) -> Policy:
    """The policy that `crmlib init` writes into a folder."""
    with pytest.raises(SystemExit) as left:
        main(["init", str(folder)])
    assert not left.value.code
    return load(folder / "policy.toml")


@pytest.mark.parametrize("rate", [1.0, 900.0])
def test_init_and_recut_propose_the_same_cuts(tmp_path: Path, capsys: pytest.CaptureFixture[str], rate: float) -> None:
    folder = sold(tmp_path, rate)
    first = begun(folder).tiers
    assert first.frozen_on == date(2026, 10, 31)
    assert first.high_value_from / rate == pytest.approx(begun(sold(tmp_path / "other")).tiers.high_value_from, rel=0.5)
    capsys.readouterr()
    assert pasted(run(capsys, folder / "company.toml")[1]).tiers == first
    (folder / "policy.toml").write_text("")
    assert pasted(run(capsys, folder / "company.toml")[1]).tiers == first


def test_what_contracts_bring_sets_the_cuts_of_who_lives_on_them(tmp_path: Path) -> None:
    """Sixty customers pay 1,000 a month, sixty a tenth of it: the first bring ten elevenths."""
    rows = [f"S{i},K{i},{2020 + i % 5}-01-01,{1000 if i % 2 else 100}," for i in range(120)]
    rows.append("S999,K999,2026-01-01,5,2026-10-31")
    text = "\n".join(["subscription_id,customer_id,start_date,mrr,cancelled_on", *rows, ""])
    (tmp_path / "subscriptions.csv").write_text(text)
    (tmp_path / "customers.csv").write_text("customer_id,name\n" + "".join(f"K{i},Firm {i}\n" for i in range(120)))
    (tmp_path / "use.csv").write_text("customer_id,day,logins\n" + "".join(f"K{i},2026-10-31,3\n" for i in range(120)))
    found = begun(tmp_path).tiers
    assert found.high_value_from == 12_000
    assert found.recency_cuts_days == Policy.model_validate({}).tiers.recency_cuts_days, "nothing tells another"


def test_a_policy_that_is_there_stays(tmp_path: Path) -> None:
    (sold(tmp_path) / "policy.toml").write_text("[tiers]\nhigh_value_from = 7777.0\n")
    assert begun(tmp_path).tiers.high_value_from == 7777


@pytest.mark.parametrize(("spoilt", "why"), [(200, "rows rejected"), (0, "too few")])
def test_where_no_cuts_can_be_proposed_the_policy_says_so_and_keeps_the_defaults(
    tmp_path: Path, spoilt: int, why: str
) -> None:
    if spoilt:
        sold(tmp_path, spoilt=spoilt)
    else:
        (tmp_path / "orders.csv").write_text("Order ID,Customer ID,Order Date,Amount\n1,a,2026-01-31,1\n")
    assert begun(tmp_path) == Policy.model_validate({})
    text = (tmp_path / "policy.toml").read_text(encoding="utf-8")
    assert "No cuts could be proposed" in text
    assert why in text
    assert "# high_value_from = 5000.0" in text


def test_a_first_policy_does_not_wait_for_many_records_to_be_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = "\n".join(f"K{i},Name {i},Paris" for i in range(100))
    (sold(tmp_path) / "people.csv").write_text("Customer ID,Name,City\n" + people + "\n")
    monkeypatch.setattr("crmlib.run.recut.LARGE", 100)
    assert begun(tmp_path).tiers.high_value_from != Policy.model_validate({}).tiers.high_value_from
    assert "were not put together" in (tmp_path / "policy.toml").read_text(encoding="utf-8")
