"""`init` on folders that no system exports so: it always writes a draft that loads, and says in three lines what to do next."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from openpyxl import Workbook
from pyarrow import parquet

from crmlib.border.company import load_description
from crmlib.border.ingest import check
from crmlib.border.propose import SCHEMA, Proposal, init, propose
from crmlib.run.cli import main
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({})


def mapped(proposal: Proposal) -> dict[str, str]:
    return {f"{r['table']}.{r['field']}": r["column"] for r in proposal.lines.to_dict("records")}


def orders(start: int = 0) -> str:
    return "order_no,cust,order_date,total\n" + "".join(
        f"A{start + i},c{i % 9},2026-01-{1 + i % 28:02},{10 + i}\n" for i in range(40)
    )


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    book.save(path)


def pivot(folder: Path) -> None:
    months: list[list[object]] = [
        ["Sales by region"],
        ["Region", "2025-01", "2025-02", "Total"],
        *([f"R{i}", i, 2 * i, 3 * i] for i in range(8)),
    ]
    workbook(folder / "summary.xlsx", {"Summary": months, "Notes": [["Made by finance."], ["Ask Joe."]], "Chart": []})


def strangers(folder: Path) -> None:
    for i in range(80):
        (folder / f"f{i:03}.csv").write_text(f"a{i},b{i},c{i}\n" + "".join(f"{j},{2 * j},x{j}\n" for j in range(6)))


def others(folder: Path) -> None:
    (folder / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    (folder / "readme.txt").write_text("These are exports.\nMade on Monday, by Joe.\n\nPlease ask.\n")
    (folder / "meta.json").write_text('{"a": 1}')
    (folder / "inner").mkdir()


@pytest.mark.parametrize("lay", [pivot, strangers, others])
def test_a_draft_that_loads_and_three_lines_come_of_any_folder(
    tmp_path: Path, lay: object, capsys: pytest.CaptureFixture[str]
) -> None:
    lay(tmp_path)  # type: ignore[operator]
    with pytest.raises(SystemExit) as left:
        main(["init", str(tmp_path)])
    assert not left.value.code
    tomllib.loads((tmp_path / "company.toml").read_text(encoding="utf-8"))
    out = capsys.readouterr().out.splitlines()
    assert sum(line[:2] in ("1.", "2.", "3.") for line in out) == 3
    assert len(out) < 40


def test_what_lies_beside_the_tables_is_passed_over_with_a_word(tmp_path: Path) -> None:
    others(tmp_path)
    (tmp_path / "orders.csv").write_text(orders())
    proposal = init(tmp_path)
    assert {p.file for p in proposal.passed} == {"old.xls", "readme.txt", "meta.json"}
    assert proposal.unsettled == ()


def test_three_hundred_files_of_one_shape_are_one_pattern(tmp_path: Path) -> None:
    for i in range(300):
        (tmp_path / f"orders_{i:03}.csv").write_text("\n".join(orders(40 * i).splitlines()[:6]) + "\n")
    proposal = init(tmp_path)
    assert 'from = "orders_*.csv"' in proposal.company_toml
    assert check(load_description(tmp_path), POLICY).tables.set_index("table").loc["orders", "rows"] == 1500


def test_a_parquet_file_with_nested_columns_is_enough(tmp_path: Path) -> None:
    n = 120
    days = pa.array([datetime(2025, 1, 1 + i % 28) for i in range(n)])
    columns = {
        "order_id": [f"o{i}" for i in range(n)],
        "user_id": [i % 40 for i in range(n)],
        "created_at": days,
        "gmv": [float(i) for i in range(n)],
        "tags": [["a"]] * n,
        "props": [{"k": 1}] * n,
    }
    parquet.write_table(pa.table(columns), tmp_path / "part-0001.parquet")
    found = mapped(init(tmp_path))
    assert {k: found[f"orders.{k}"] for k in ("order_id", "customer_id", "ordered_at", "amount")} == {
        "order_id": "order_id", "customer_id": "user_id", "ordered_at": "created_at", "amount": "gmv"
    }  # fmt: skip
    assert not check(load_description(tmp_path), POLICY).stops


def test_units_and_formats_in_brackets_are_no_part_of_what_a_heading_says(tmp_path: Path) -> None:
    rows = [f"D{i},K{i % 30},2026-01-{1 + i % 28:02},{10 + i}.00元,{1 + i % 3}" for i in range(90)]
    (tmp_path / "订单.csv").write_text(
        "订单编号,客户ID(唯一),下单时间(YYYY-MM-DD),金额（元）,数量[件]\n" + "\n".join(rows), encoding="gb18030"
    )
    proposal = init(tmp_path)
    assert mapped(proposal) == {
        "orders.order_id": "订单编号",
        "orders.customer_id": "客户ID(唯一)",
        "orders.ordered_at": "下单时间(YYYY-MM-DD)",
        "orders.amount": "金额（元）",
        "orders.quantity": "数量[件]",
    }
    assert (proposal.lines["confidence"] > 0.9).all()
    remarks = [line.split("    # ")[1] for line in proposal.company_toml.splitlines() if "    # 确定" in line]
    assert remarks
    assert not any(": " in r or ", " in r or "; " in r for r in remarks)


def test_a_code_is_no_number_because_it_begins_with_three_letters(tmp_path: Path) -> None:
    rows = [f"INV-{i},Invoice {i},ACC-{i % 9},2026-01-{1 + i % 28:02},USD {10 + i}" for i in range(60)]
    (tmp_path / "invoices.csv").write_text("Invoice ID,Name,Account Number,Date,Total\n" + "\n".join(rows))
    found = mapped(propose(tmp_path))
    assert (found["orders.order_id"], found["orders.customer_id"], found["orders.amount"]) == (
        "Invoice ID",
        "Account Number",
        "Total",
    )


def test_two_questions_on_different_scales_are_one_survey(tmp_path: Path) -> None:
    asked = "How satisfied are you with our service?,How likely are you to recommend us to a friend?"
    head = f"Respondent ID,Date,{asked}\n,,Response,Response\n"
    (tmp_path / "survey.csv").write_text(
        head + "".join(f"{i},2025-03-{1 + i % 28:02},{1 + i % 5},{i % 11}\n" for i in range(80))
    )
    proposal = init(tmp_path)
    assert "heading = [1, 2]" in proposal.company_toml
    found = mapped(proposal)
    assert "then 10 else 5" in found["surveys.scale_to"] or "then 5 else 10" in found["surveys.scale_to"]
    assert "then 'nps' else" in found["surveys.instrument"]
    assert not check(load_description(tmp_path), POLICY).stops


def test_the_schema_lies_beside_the_draft_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(orders())
    first = init(tmp_path).company_toml.splitlines()[0]
    assert first == f"#:schema ./{SCHEMA}"
    assert (tmp_path / SCHEMA).read_text(encoding="utf-8").startswith("{")
    assert SCHEMA not in {p.file for p in init(tmp_path, force=True).passed}
