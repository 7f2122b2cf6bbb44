"""Files with a column a month are orders: whatever way the months are written, and only where the cells are money."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import check
from tests.test_propose import POLICY, init

MONTHS = pd.period_range("2025-01", periods=12, freq="M")


def wide(folder: Path, heading: str, who: str = "Account No,Region") -> int:
    """A row an account; every third month empty, every fifth nought: how many months brought something."""
    heads = [month.strftime(heading).replace("年0", "年") for month in MONTHS]
    rows, brought = [], 0
    for i in range(90):
        cells = ["" if (i + k) % 3 == 0 else "0" if (i + k) % 5 == 0 else f"{10 + i}.{k:02}" for k in range(12)]
        brought += sum(cell not in ("", "0") for cell in cells)
        rows.append(",".join([f"K{i:03}", *(["North"] * who.count(",")), *cells]))
    (folder / "accounts.csv").write_text("\n".join([",".join([who, *heads]), *rows]) + "\n", "utf-8")
    return brought


@pytest.mark.parametrize(
    "heading",
    [
        "billed_%Y-%m",
        "Umsatz %m.%Y",
        "%Y年%m月销售额",
        "Sales %b %Y",
        "revenue %b-%y",
        "Turnover %B %Y",
        "%Y-%m-01 invoiced",
    ],
)
def test_a_column_a_month_of_money_is_an_order_at_its_end(heading: str, tmp_path: Path) -> None:
    brought = wide(tmp_path, heading)
    init(tmp_path)
    found = check(load_description(tmp_path), POLICY).tables.set_index("table")
    assert found.loc["orders", ["rows", "customers"]].tolist() == [brought, 90]
    assert (found.loc["orders", "first"], found.loc["orders", "last"]) == (date(2025, 1, 31), date(2025, 12, 31))
    assert found.loc["customers", "rows"] == 90


def test_a_name_beside_the_months_is_no_month(tmp_path: Path) -> None:
    brought = wide(tmp_path, "billed_%Y-%m", "Account No,Name")
    init(tmp_path)
    found = check(load_description(tmp_path), POLICY).tables.set_index("table")
    assert found.loc["orders", ["rows", "rejected"]].tolist() == [brought, 0]


@pytest.mark.parametrize("heading", ["kwh_%Y-%m", "logins %b %Y"])
def test_what_is_no_money_is_no_order(heading: str, tmp_path: Path) -> None:
    wide(tmp_path, heading)
    assert "[orders]" not in init(tmp_path).company_toml
