"""What people wrote into the lists of a month is read back by the next review: the win-back board goes on."""

from pathlib import Path

import pandas as pd
import pytest

from crmlib.border.board import BOARD
from crmlib.border.company import load_description
from crmlib.border.improvements import COLUMNS, LIST
from crmlib.border.ingest import ingest
from crmlib.run import handed_back
from crmlib.vocabulary.cells import csv_text
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import TABLES
from tests.small_company import write_company

POLICY = Policy.model_validate({})


def written(home: Path, month: str, *rows: list[str]) -> None:
    folder = home / month / "private"
    folder.mkdir(parents=True)
    (home / month / "manifest.json").write_text('{"outputs": {}}', encoding="utf-8")
    (folder / BOARD).write_text("\ufeff" + csv_text(TABLES["board"].names, rows), encoding="utf-8")


@pytest.mark.deck("D103")
@pytest.mark.parametrize("month", ["2026-10", None])
def test_the_board_of_the_latest_month_is_frozen_and_what_may_not_be_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, month: str | None
) -> None:
    company = load_description(write_company(tmp_path / "data"))
    home, fresh = tmp_path / "reviews", tmp_path / "fresh"
    written(home, "2026-08", ["K-0001", "2026-08-31", "", "", "", "", "", "", "", ""])
    written(
        home, "2026-09", ["K-0001", "2026-08-31", "2026-09-02", "", "", "", "", "price", "", "li"],
        ["K-0002", "2026-09-30", "", "", "2026-10-05", "", "", "", "", ""],
    )  # fmt: skip
    changed = [
        "",
        "Repurchase rate",
        "To 60 % by March 2027",
        "call after a week",
        "Li",
        "2027-03-31",
        "2026-08-31",
        "2026-09-03",
        "",
        "",
        "",
    ]
    (home / "2026-09" / "private" / LIST).write_text(csv_text(COLUMNS, [changed]), encoding="utf-8")
    monkeypatch.setattr(handed_back, "months", lambda folder: sorted(p for p in folder.iterdir() if p.is_dir()))
    read = handed_back.read_in(ingest, company, home, month, fresh, POLICY)
    frozen = pd.read_parquet(fresh / "tables" / "board.parquet").sort_values("warned_on")
    assert len(frozen) == 2
    assert frozen["cause_found_on"].notna().tolist() == [True, False]
    assert frozen["contacted_on"].isna().all()
    assert not set(frozen["customer_id"]) & {"K-0001", "K-0002"}, "under pseudonyms"
    told = [note for note in read.notes if "is refused" in note]
    assert len(told) == 1
    assert "line 3" in told[0]
    kept = (fresh / "private" / BOARD).read_text(encoding="utf-8-sig")
    assert "K-0001" in kept
    assert "2026-10-05" not in kept
    improved = pd.read_parquet(fresh / "tables" / "improvements.parquet")
    assert improved[["number", "kpi", "lacks"]].to_numpy().tolist() == [[1, "repurchase_rate", ""]]
    assert not {"goal", "tried", "owner"} & {*improved.columns}, "people's own words are not frozen"
    assert "call after a week" in (fresh / "private" / LIST).read_text(encoding="utf-8-sig")
