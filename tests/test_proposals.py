"""`init` on companies that were made up: what a careful person would map is proposed, and `check` accepts it as it stands."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import check
from crmlib.border.proposal.words import likeness, tokens
from crmlib.border.propose import Proposal, init, propose
from crmlib.run import first_policy
from crmlib.run.cli import main
from crmlib.vocabulary.policy import Policy, load, sections
from tests.careful import CAREFUL
from tests.exports import EXPORTS, Export
from tests.study_init import SHARED, edits, judge

POLICY = Policy.model_validate({})


@pytest.mark.parametrize("make", EXPORTS, ids=lambda m: m.__name__)
def test_what_a_careful_person_would_map_is_proposed(tmp_path: Path, make: Callable[[random.Random], Export]) -> None:
    export = make(random.Random(3))
    folder = export.write(tmp_path / "files")
    proposal = propose(folder)
    right, missed, wrong = judge(proposal, export)
    assert (missed, wrong) == ([], [])
    assert len(right) == len(export.lines)
    assert edits(proposal, folder) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "careful",
    [c for c in CAREFUL if c.name in ("saas", "marketplace", "people", "mobile_survey")],
    ids=lambda c: c.name,
)
def test_of_the_sample_companies_too(careful: Export) -> None:
    if not (SHARED / careful.name).is_dir():
        pytest.skip(f"{SHARED / careful.name} is not here")
    right, _missed, wrong = judge(propose(SHARED / careful.name), careful)
    assert len(right) >= 0.9 * len(careful.lines)
    assert wrong == []


def mapped(proposal: Proposal) -> dict[str, str]:
    return {f"{r['table']}.{r['field']}": r["column"] for r in proposal.lines.to_dict("records")}


def orders(rows: list[str], head: str = "order_no,cust,order_date,total") -> str:
    return head + "\n" + "\n".join(rows) + "\n"


def test_a_file_exported_twice_does_not_double_the_money(tmp_path: Path) -> None:
    rows = [f"A{i},c{i % 30},2026-01-{1 + i % 28:02},{10 + i}" for i in range(200)]
    (tmp_path / "orders.csv").write_text(orders(rows + rows))
    proposal = init(tmp_path)
    assert 'repeats = "drop"' in proposal.company_toml
    assert "group = true" not in proposal.company_toml
    assert float(check(load_description(tmp_path), POLICY).tables["amount"].iloc[0]) == sum(10 + i for i in range(200))


def test_an_amount_that_stands_on_each_line_counts_once(tmp_path: Path) -> None:
    rows = [f"A{i},c{i % 30},2026-01-{1 + i % 28:02},{100 + i},P{k}" for i in range(150) for k in range(1 + i % 3)]
    (tmp_path / "orders.csv").write_text(orders(rows, "order_no,cust,order_date,order_total,sku"))
    init(tmp_path)
    tables = check(load_description(tmp_path), POLICY).tables.set_index("table")
    assert float(tables.loc["orders", "amount"]) == sum(100 + i for i in range(150))


def test_what_was_paid_back_inside_an_amount_is_told_by_arithmetic(tmp_path: Path) -> None:
    rows = [
        f"A{i},c{i % 30},2026-01-{1 + i % 28:02},{100 + i},{5 if i % 7 == 0 else 0},{100 + i - (5 if i % 7 == 0 else 0)}"
        for i in range(200)
    ]
    (tmp_path / "orders.csv").write_text(orders(rows, "order_no,cust,order_date,gross_sales,refund_amount,net_sales"))
    found = mapped(propose(tmp_path))
    assert (found["orders.amount"], found["orders.refunded"]) == ("gross_sales", "refund_amount")


def test_a_unit_price_is_never_the_amount_where_there_is_a_quantity(tmp_path: Path) -> None:
    rows = [f"A{i},c{i % 30},2026-01-{1 + i % 28:02},{1 + i % 5},{2 + i % 11}" for i in range(200)]
    (tmp_path / "orders.csv").write_text(orders(rows, "order_no,cust,order_date,qty,price"))
    assert mapped(propose(tmp_path))["orders.amount"] == 'number("qty") * number("price")'


def test_lines_take_customer_and_day_from_their_orders(tmp_path: Path) -> None:
    heads = [f"A{i},c{i % 30},2026-01-{1 + i % 28:02}" for i in range(120)]
    parts = [f"A{i},P{i % 17},{5 + k}" for i in range(120) for k in range(1 + i % 3)]
    (tmp_path / "orders.csv").write_text(orders(heads, "order_no,cust,order_date"))
    (tmp_path / "order_items.csv").write_text(orders(parts, "order_no,product_id,line_total"))
    init(tmp_path)
    tables = check(load_description(tmp_path), POLICY).tables.set_index("table")
    assert (tables.loc["lines", "rows"], tables.loc["lines", "customers"]) == (len(parts), 30)
    assert float(tables.loc["orders", "amount"]) == sum(5 + k for i in range(120) for k in range(1 + i % 3))


def test_days_that_could_be_read_either_way_are_read_as_the_others_of_the_file(tmp_path: Path) -> None:
    rows = [
        f"A{i},c{i % 30},{1 + i % 12:02}/{1 + i % 12:02}/2026,{1 + i % 28:02}/{1 + i % 12:02}/2026,{10 + i}"
        for i in range(200)
    ]
    (tmp_path / "orders.csv").write_text(orders(rows, "order_no,cust,order_date,delivered_date,total"))
    init(tmp_path)
    assert load_description(tmp_path).sources("orders")[0].date_format == ["%d/%m/%Y"]


HOSTILE: dict[str, bytes] = {
    "line breaks": b'"a\nb","c\x01d",e\n1,2,3\n',
    "300 columns": (",".join(f"c{i}" for i in range(300)) + "\n" + (",".join("1" * 300) + "\n") * 5).encode(),
    "headings twice": b"a,b,A\n1,2,3\n",
    "no rows": b"a,b,c\n",
    "binary": bytes(range(256)) * 40,
    "quotes": b'id,name\n1,"O\'Neill ""x"" [y] # z"\n2,"\'; drop table x; --"\n',
    "one column": b"x\n1\n2\n",
    "broken quotation": b'a,b\n"1,2\n3,4\n',
    "formulas": b"=1+1,@x,-y\n1,2,3\n",
    "long cells": b"a,b\n" + b"x" * 100_000 + b",1\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_stops_nobody(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.csv").write_bytes(HOSTILE[name])
    (tmp_path / "~$x.xlsx").write_bytes(b"lock")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "broken.xlsx").write_bytes(b"PK no workbook")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    rows = [f"A{i},c{i % 30},2026-01-{1 + i % 28:02},{10 + i}" for i in range(60)]
    (tmp_path / "orders.csv").write_text(orders(rows))
    with pytest.raises(SystemExit) as left:
        main(["init", str(tmp_path)])
    assert not left.value.code
    written = (tmp_path / "company.toml").read_text(encoding="utf-8")
    tomllib.loads(written)
    assert {"~$x.xlsx", "empty.csv", "broken.xlsx", "broken.parquet"} <= {
        w for w in written.replace("(", " ").split() if "." in w
    }
    assert not check(load_description(tmp_path), POLICY).stops


def test_an_empty_folder_gets_both_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["init", str(tmp_path)])
    assert not left.value.code
    assert {p.name for p in tmp_path.iterdir()} == {"company.toml", "company.schema.json", "policy.toml"}
    assert sum(line[:2] in ("1.", "2.", "3.") for line in capsys.readouterr().out.splitlines()) == 3


def test_a_first_policy_holds_every_threshold_as_it_is_by_default(tmp_path: Path) -> None:
    written = first_policy.text(["head"], None)
    assert tomllib.loads(written) == {name: {} for name in sections()}
    settings = [line[2:] if line.startswith("# ") and " = " in line else line for line in written.splitlines()]
    kept = [
        line
        for line in settings
        if not line.startswith("#") and (line.startswith("[") or " = " in line) and "not set" not in line
    ]
    (tmp_path / "policy.toml").write_text("\n".join(kept), encoding="utf-8")
    assert load(tmp_path / "policy.toml") == POLICY
    for name, section in sections().items():
        for key, setting in section.model_fields.items():
            assert f"# {key} = " in written, f"{name}.{key}"
            assert str(setting.description) in written
    assert "(the company's currency, D059)" in written, "which may be corrected in company.toml"


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        ("cstmr_no", {"customer", "id"}), ("kehuBianhao", {"customer", "id"}), ("household_id", {"customer", "id"}),
        ("xiadanshijian", {"sale", "time"}),
        ("txn_dt", {"sale", "time"}), ("下单时间", {"sale", "time"}), ("实付金额(元)", {"paid", "amount"}),
        ("Rechnungsdatum", {"sale", "time"}),
        ("opt-out date", {"withdraw", "time"}), ("CustomerIDs", {"customer", "id"}),
    ],
)  # fmt: skip
def test_headings_are_split_into_words_that_mean_something(heading: str, wanted: set[str]) -> None:
    assert wanted <= {concept for _word, meant in tokens(heading) for concept in meant}


def test_what_a_heading_says_besides_takes_away(tmp_path: Path) -> None:
    assert likeness("order date", "order") < likeness("order", "order")
    assert likeness("delivered carrier date", "deliver", frozenset({"time"})) < likeness(
        "delivered date", "deliver", frozenset({"time"})
    )
    assert likeness("gibberish", "order") == 0


def test_proposals_are_the_same_twice(tmp_path: Path) -> None:
    export = EXPORTS[0](random.Random(3))
    folder = export.write(tmp_path / "files")
    assert propose(folder).company_toml == propose(folder).company_toml
