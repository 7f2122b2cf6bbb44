"""The chapters' figures of the teaching company are those judged right, each to nine digits, against `golden.csv`.

After a change that mends a figure: `python -m tests.test_golden` writes the file anew; say in the commit which figures
changed, and why.
"""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from crmlib.facts.company import Company, read_company
from crmlib.facts.findings import FINDING
from crmlib.run.lab import freeze_teaching
from crmlib.vocabulary.policy import load
from tests.conftest import TEACHING
from tests.told import CHAPTERS, told

GOLDEN = Path(__file__).with_name("golden.csv")
KEY = ["chapter", "kpi", "segment"]
BY_LOT = {
    "actions_proposed", "actions_held_out", "value_at_stake", "list_worth", "hour_worth", "left_alone", "board_customers",
    "group_customers", "group_worth", "group_due",
}  # fmt: skip
"""Figures of whom the lot leaves alone; it is drawn with the company's key, and each checkout has its own."""
COLUMNS = [*KEY, "value", "low", "high", "n", "without"]


def figures(c: Company, path: Path) -> pd.DataFrame:
    """All findings of a chapter in the order of its cells, a row of `COLUMNS` each; one that is stated twice counts once."""
    shown = [f for f in told(c, [path]).values() if isinstance(f, pd.DataFrame) and list(f.columns) == FINDING]
    rows = pd.concat([f for f in shown if len(f)], ignore_index=True).assign(chapter=path.stem)
    return rows[~rows["kpi"].isin(BY_LOT)].drop_duplicates(KEY)[COLUMNS].reset_index(drop=True)


def written(rows: pd.DataFrame) -> str:
    """The rows as CSV, nine significant digits."""
    return rows.to_csv(index=False, float_format="%.9g", lineterminator="\n")


@pytest.mark.slow
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_every_figure_of_the_chapters_is_the_golden_one(path: Path, teaching: Company) -> None:
    golden = pd.read_csv(GOLDEN, dtype=str, keep_default_na=False)
    expected = golden[golden["chapter"] == path.stem].to_csv(index=False, lineterminator="\n")
    assert written(figures(teaching, path)).splitlines() == expected.splitlines()


def main() -> None:
    """Write `golden.csv` anew."""
    c = read_company(freeze_teaching(), as_of=date(2026, 10, 31), policy=load(TEACHING / "policy.toml"))
    GOLDEN.write_text(written(pd.concat([figures(c, path) for path in CHAPTERS])), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
