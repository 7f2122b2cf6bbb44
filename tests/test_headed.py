"""Where the headings of a file stand, what columns are called, and that `init` finds both."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from crmlib.border.company import load_description
from crmlib.border.headed import headed, where
from crmlib.border.ingest import check
from crmlib.border.propose import init
from crmlib.border.sources import SourceError
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({})
DATA = [
    ["A1", "c1", "2026-01-02", "12.50"],
    *([f"A{i}", f"c{i % 7}", f"2026-01-{1 + i % 28:02}", str(i)] for i in range(2, 60)),
]


def numbered(*rows: list[str | None]) -> list[tuple[int, list[str | None]]]:
    return list(enumerate(rows, 1))


@pytest.mark.parametrize(
    ("above", "lines"),
    [
        ([["Order No", "Customer", "Date", "Amount"]], ()),
        ([["Sales report"], ["Order No", "Customer", "Date", "Amount"]], (2,)),
        ([["Sales report"], ["from", "2026-01-01"], ["Order No", "Customer", "Date", "Amount"]], (3,)),
        ([["order_id", "customer_id", "date", "amount"], ["订单号", "客户编号", "下单时间", "金额"]], (1, 2)),
        ([["Region", "Q1", None, "Q2"], ["Region", "plan", "actual", "plan"]], (1, 2)),
    ],
)  # fmt: skip
def test_headings_are_found_below_a_title_and_in_two_lines(
    above: list[list[str | None]], lines: tuple[int, ...]
) -> None:
    assert where(numbered(*above, *DATA)) == lines


def test_a_row_of_words_is_no_second_heading_where_the_columns_hold_words() -> None:
    rows = [
        ["Name", "City", "Since", "Size"],
        ["Acme", "Paris", None, None],
        *(["Bolt", "Rome", "2026-01-01", "3"] for _ in range(9)),
    ]
    assert where(numbered(*rows)) == ()


def test_columns_without_a_heading_and_headings_that_stand_twice_are_told_apart() -> None:
    names, rest = headed("x", iter(numbered(["Date", "", "date", None, "Sum"], ["1", "2", "3", "4", "5"])), ())
    assert names == ["Date [1]", "column 2", "date [2]", "column 4", "Sum"]
    assert next(rest)[0] == 2


def test_an_upper_line_of_headings_reaches_over_the_empty_cells_beside_it() -> None:
    names, _rest = headed(
        "x", iter(numbered(["Sold", "2025", None, "2026"], ["Region", "plan", "actual", "plan"])), (1, 2)
    )
    assert names == ["Sold Region", "2025 plan", "2025 actual", "2026 plan"]


def test_a_line_of_headings_that_is_not_there_is_said() -> None:
    with pytest.raises(SourceError, match="ends before line 9"):
        headed("x", iter(numbered(["a"], ["b"])), (9,))
    with pytest.raises(SourceError, match="no cells stand in line 2"):
        headed("x", iter([(1, ["a"]), (3, ["b"])]), (2,))


def test_a_workbook_with_a_title_and_a_sum_is_read_as_proposed(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    for row in (
        ["Sales 2026"],
        ["printed", "2026-10-01"],
        [],
        ["Order No", "Customer No", "Order Date", "Total"],
        *DATA,
    ):
        page.append(row)
    page.append(["Total", None, None, "1782.5"])
    book.save(tmp_path / "sales.xlsx")
    proposal = init(tmp_path)
    assert "heading = 4" in proposal.company_toml
    orders = check(load_description(tmp_path), POLICY).tables.set_index("table").loc["orders"]
    assert (orders["rows"], float(orders["amount"])) == (59, 12.5 + sum(range(2, 60)))


def test_rows_of_empty_cells_and_western_letters_are_read(tmp_path: Path) -> None:
    rows = [
        "Bestellnr;Kunde;Bestelldatum;Betrag;Ort",
        *(f"B{i};Müller{i % 9};{1 + i % 28:02}.03.2026;{i},50;Köln" for i in range(40)),
    ]
    rows[20:20] = [";;;;"]
    (tmp_path / "Aufträge.csv").write_bytes("\n".join(rows).encode("cp1252"))
    proposal = init(tmp_path)
    assert 'encoding = "cp1252"    # look at it' in proposal.company_toml
    orders = check(load_description(tmp_path), POLICY).tables.set_index("table").loc["orders"]
    assert (orders["rows"], orders["read"], orders["rejected"]) == (40, 40, 0)
