"""A month run again from what was frozen of it: the same figures, whatever came after; what changed is told; lists stay."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from crmlib.run.cli import app
from crmlib.run.folders import FolderError, sha256_of
from crmlib.run.from_frozen import run_again
from crmlib.run.review import Request, ReviewError, review
from tests.small_company import PARAMETERS, notebook, write_chapters
from tests.study_again import exported_anew, lived, settled
from tests.year import MONTHS, write_company

COUNTS = """
import pandas as pd
from pathlib import Path
from IPython.display import display
orders = pd.read_parquet(Path(tables) / "orders.parquet")
rules = Path(policy).read_text() if policy else ""
row = {"kpi": "repurchase_rate", "period": as_of[:7], "segment": "", "value": float(orders["amount"].astype(float).sum()) * years,
    "low": None, "high": None, "n": len(orders), "unit": "share"}
row["high"] = float(len(rules))
said = {"text/html": "<p class='crm-say'>" + language + "</p>", "text/plain": "x"}
display({**said, "application/vnd.crmlib.findings+json": [row]}, raw=True)
"""


@pytest.fixture
def reviewed(tmp_path: Path) -> Request:
    """A company, and a month of it reviewed with a parameter of its own."""
    company = write_company(tmp_path / "co", "zh")
    chapters = write_chapters(
        tmp_path / "chapters", _01_importance=notebook("Why", COUNTS, parameters=PARAMETERS + "\nyears = 1")
    )
    request = Request(
        company, MONTHS[1], out=tmp_path / "reviews", chapters=chapters, parameters={"years": "3", "language": "en"}
    )
    review(request)
    return request


def month_of(request: Request) -> Path:
    return request.out / "acme" / str(request.month)


def command(request: Request, *more: str) -> Result:
    given = [str(request.company), "--month", str(request.month), "--out", str(request.out)]
    return CliRunner().invoke(app, ["again", *given, "--chapters", str(request.chapters), *more])


def test_what_came_later_changes_nothing(reviewed: Request) -> None:
    """Other files, another policy, another name, no key: the month is made of what was frozen of it."""
    home, whole = reviewed.company.parent, month_of(reviewed)
    before = sha256_of(whole)
    orders = pd.read_csv(home / "orders.csv", dtype=str)
    orders.assign(amount="7").to_csv(home / "orders.csv", index=False)
    (home / "policy.toml").write_text("[quality]\nmax_reject_share = 0.9\nshow_rejects = 3\n")
    text = reviewed.company.read_text(encoding="utf-8")
    reviewed.company.write_text(text.replace("EUR", "CNY").replace("Acme Ltd", "Other Ltd"), encoding="utf-8")
    (home / ".crmlib" / "key").unlink()
    done = command(replace(reviewed, parameters={}))
    assert done.exit_code == 0, done.output
    assert "Feb 2026: kpis.csv is the same, to the byte." in done.output
    assert sha256_of(whole) == before
    assert not (home / ".crmlib" / "key").exists()
    assert not list(whole.parent.glob(".*partial*"))


def test_a_month_that_was_the_first_stays_so(reviewed: Request) -> None:
    counts = COUNTS.replace("* years", "* (1 + len(before))")
    made = notebook("Why", counts, parameters=PARAMETERS + '\nyears = 1\nbefore = ""')
    write_chapters(reviewed.chapters, _01_importance=made)
    for month in MONTHS[1::-1]:
        review(replace(reviewed, month=month, force=True))
    assert command(reviewed).exit_code == 0
    review(replace(reviewed, force=True))
    assert command(reviewed).exit_code == 0, "now the month before was there"
    assert json.loads((month_of(reviewed) / "manifest.json").read_text("utf-8"))["before"]


def test_a_figure_that_is_another_is_told_and_put_in_place_only_by_force(reviewed: Request) -> None:
    whole = month_of(reviewed)
    (whole / "private" / "note.txt").write_text("call back")
    listed = (whole / "private" / "inputs.csv").read_bytes()
    then = json.loads((whole / "manifest.json").read_text("utf-8"))
    figures = (whole / "kpis.csv").read_bytes()
    changed = COUNTS.replace("* years", "* years / 2")
    write_chapters(reviewed.chapters, _01_importance=notebook("Why", changed, parameters=PARAMETERS + "\nyears = 1"))
    done = command(reviewed)
    assert done.exit_code == 1
    assert "1 figure is not as it was; program or tables have changed since" in done.output
    assert "repurchase_rate 2026-02: value " in done.output
    assert (whole / "kpis.csv").read_bytes() == figures
    assert command(reviewed, "--force").exit_code == 1
    now = json.loads((whole / "manifest.json").read_text("utf-8"))
    assert (whole / "kpis.csv").read_bytes() != figures
    assert (whole / "private" / "note.txt").read_text() == "call back"
    assert (whole / "private" / "inputs.csv").read_bytes() == listed
    assert now["outputs"].keys() == then["outputs"].keys()
    assert {n for n in now["outputs"] if now["outputs"][n] != then["outputs"][n]} >= {"kpis.csv", "private/kpis.csv"}
    assert (now["inputs"], now["account"], now["parameters"]) == (then["inputs"], then["account"], then["parameters"])
    assert command(reviewed).exit_code == 0


def test_a_program_of_then_whose_figures_differ_is_said_to_be_so(reviewed: Request) -> None:
    """A chapter that hangs on anything else than what was frozen is found out."""
    write_chapters(
        reviewed.chapters,
        _01_importance=notebook(
            "Why", COUNTS.replace("* years", "* len(list(Path('..').iterdir()))"), parameters=PARAMETERS + "\nyears = 1"
        ),
    )
    assert command(reviewed, "--force").exit_code == 1
    (month_of(reviewed).parent / "later").mkdir()
    done = command(reviewed)
    assert done.exit_code == 1
    assert "though program and tables are those of then" in done.output


def test_a_month_that_is_not_there_or_not_as_frozen_is_one_line(reviewed: Request) -> None:
    with pytest.raises(FolderError, match="was not reviewed"):
        run_again(replace(reviewed, month="2026-03"))
    with pytest.raises(ReviewError, match="expected YYYY-MM"):
        run_again(replace(reviewed, month="March"))
    orders = month_of(reviewed) / "tables" / "orders.parquet"
    pd.read_parquet(orders).head(3).to_parquet(orders)
    with pytest.raises(FolderError, match=r"orders.parquet: not as it was frozen"):
        run_again(reviewed)


@pytest.mark.slow
def test_a_company_that_lived_on_gives_the_same_figures_of_a_month(tmp_path: Path) -> None:
    """Chapters 5 and 6 as they are, a month later, with a list carried out, statuses, and a board that moved on. More months,
    all chapters: `python -m tests.studies again`.
    """
    first = replace(settled(tmp_path, 150, 7), only=(5, 6))
    months = [review(first).folder.name, lived(first, only=(5, 6))]
    assert months == ["2026-10", "2026-11"]
    before = {month: (first.out / "yunxi" / month / "kpis.csv").read_bytes() for month in months}
    exported_anew(first.company.parent)
    for month in months[:1]:
        found = run_again(replace(first, month=month, only=()))
        assert found.differing == ()
        assert not found.failed
        assert {c["name"][:2] for c in found.now["chapters"] if c["status"] == "fresh"} == {"05", "06"}
        assert (first.out / "yunxi" / month / "kpis.csv").read_bytes() == before[month]
    assert b"action_effect" in before["2026-11"]
