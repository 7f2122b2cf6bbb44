"""Lists that people filled in, in every way a spreadsheet saves them; and cells that no spreadsheet computes."""

import csv
import io
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from crmlib.border import cells as border_cells
from crmlib.border.company import load_description
from crmlib.border.identity import verdicts
from crmlib.border.ingest import IngestError, ingest
from crmlib.border.lists import action_rows, saved, table
from crmlib.run import collect, handed_out
from crmlib.run.worklists import Own
from crmlib.vocabulary.cells import safe, written
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({})
HEAD = ["action_id", "customer_id", "proposed_on", "why", "what", "channel", "owner", "due_on", "arm", "tier",
        "value_at_stake", "priority", "done_at", "outcome"]  # fmt: skip


def listed(proposed: str, due: str, done: list[str], outcome: str = "käme später") -> list[list[str]]:
    """A list of actions as a person leaves it, a line for each day on which one was done."""
    rows = [[f"a{i}", "René", proposed, "silent", "call", "phone", "Müller", due, "act", "growth", "10", "1", d, outcome]
            for i, d in enumerate(done)]  # fmt: skip
    return [HEAD, *rows]


def text(rows: list[list[str]], delimiter: str = ";") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def days(path: Path) -> list[tuple[str | None, ...]]:
    rows = list(action_rows(path))
    names = list(rows[0][1])
    return [tuple(cells[names.index(n)] for n in ("proposed_on", "due_on", "done_at")) for _, cells in rows[1:]]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "gb18030"])
def test_a_list_is_read_in_whatever_encoding_and_delimiter_it_was_saved(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    said = "跟进客户，已经答应下个月再来" if encoding == "gb18030" else "käme später"
    rows = listed("2026-10-31", "2026-11-07", ["2026-11-03"], said)
    if encoding == "gb18030":
        rows = [[c.replace("René", "张伟").replace("Müller", "李娜") for c in row] for row in rows]
    path = tmp_path / "actions.csv"
    path.write_bytes(text(rows, delimiter).encode(encoding))
    read = list(action_rows(path))
    assert dict(zip(read[0][1], read[1][1], strict=True))["customer_id"] == rows[1][1]
    assert days(path) == [("2026-10-31", "2026-11-07", "2026-11-03")]


@pytest.mark.parametrize(
    ("proposed", "due", "done"),
    [
        ("31/10/2026", "07/11/2026", "03/11/2026"),
        ("10/31/2026", "11/7/2026", "11/3/2026"),
        ("31.10.2026", "7.11.2026", "3.11.26"),
        ("2026/10/31", "2026/11/7", "2026年11月3日"),
        ("31/10/26", "07/11/26", "3/11/26"),
        ("10/31/26", "11/7/26", "11/3/26"),
        ("2026-10-31", "2026-11-07", "11月3日"),
        ("2026-10-31", "2026-11-07", "１１月３日"),
        ("2026-10-31", "2026-11-07", "3 Nov"),
        ("2026-10-31", "2026-11-07", "3-Nov"),
        ("2026-10-31", "2026-11-07", "Nov 3rd"),
        ("2026-10-31", "2026-11-07", "3. November 2026"),
        ("2026-10-31", "2026-11-07", "3 novembre"),
        ("31-Oct-26", "7-Nov-26", "3-Nov-26"),
        ("46326", "46333", "46329"),
        ("31/10/2026", "07/11/2026", "3/11"),
        ("10/31/2026", "11/7/2026", "11/3"),
        ("2026-10-31", "2026-11-07", "3.11."),
    ],
)
def test_days_are_read_as_a_person_or_excel_writes_them(tmp_path: Path, proposed: str, due: str, done: str) -> None:
    path = tmp_path / "actions.csv"
    path.write_text(text(listed(proposed, due, [done])), encoding="utf-8")
    assert days(path) == [("2026-10-31", "2026-11-07", "2026-11-03")]


def test_a_day_without_a_year_is_the_first_after_the_proposal_and_what_nobody_can_tell_is_left(tmp_path: Path) -> None:
    path = tmp_path / "actions.csv"
    given = ["8 Jan", "1月8日", "31.12.", "03/04/2027", "30 Feb", "soon"]
    path.write_text(text(listed("2026-10-31", "2026-11-07", given)), encoding="utf-8")
    assert [d for _, _, d in days(path)] == ["2027-01-08", "2027-01-08", "2026-12-31", "03/04/2027", "30 Feb", "soon"]


@pytest.mark.parametrize("epoch", ["1900", "1904"])
def test_a_list_saved_as_a_workbook_is_taken_in_place_of_ours(tmp_path: Path, epoch: str) -> None:
    book = Workbook()
    if epoch == "1904":
        book.epoch = pd.Timestamp("1904-01-01").to_pydatetime()
    book.active.append(HEAD)
    for row in listed("2026-10-31", "2026-11-07", ["8 Dec"])[1:]:
        day = pd.Timestamp("2026-10-31")
        book.active.append([day if cell == "2026-10-31" else cell for cell in row])
    book.save(tmp_path / "actions.xlsx")
    (tmp_path / "actions.csv").write_text(text([HEAD]), encoding="utf-8")
    assert saved(tmp_path / "actions.csv") == tmp_path / "actions.xlsx"
    assert saved(tmp_path / "other.csv") == tmp_path / "other.csv"
    assert days(tmp_path / "actions.xlsx") == [("2026-10-31", "2026-11-07", "2026-12-08")]


def test_a_list_from_excel_reaches_the_tables(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("No,Customer,Date,Amount\n1,René,2026-01-01,1\n", encoding="utf-8")
    (tmp_path / "company.toml").write_text(
        'name = "shop"\ncurrency = "CNY"\n[orders]\nfrom = "orders.csv"\n[orders.fields]\norder_id = "No"\n'
        'customer_id = "Customer"\nordered_at = "Date"\namount = "Amount"\n', encoding="utf-8",
    )  # fmt: skip
    path = tmp_path / "shop" / "2026-10" / "private" / "actions.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(text(listed("31/10/2026", "07/11/2026", ["03/11/2026", ""])).encode("cp1252"))
    ingest(load_description(tmp_path), tmp_path / "out", policy=POLICY, actions=[path])
    actions = duckdb.sql(f"select * from '{tmp_path}/out/tables/actions.parquet' order by done_at").df()
    orders = duckdb.sql(f"select * from '{tmp_path}/out/tables/orders.parquet'").df()
    assert set(actions["customer_id"]) == set(orders["customer_id"])
    assert str(actions["done_at"][0])[:10] == "2026-11-03"
    assert pd.isna(actions["done_at"][1])
    for content, says in (("", "empty"), ("a;b\n1;2\n", "no column 'action_id'")):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(IngestError, match=says) as raised:
            ingest(load_description(tmp_path), tmp_path / "out", policy=POLICY, actions=[path])
        assert str(path) in str(raised.value)
        assert "company.toml" not in str(raised.value)


def test_verdicts_are_read_as_they_were_saved(tmp_path: Path) -> None:
    rows = [["record_a", "record_b", "same"], ["Zoë", "'=1", "yes"], ["b", "c", "nö"]]
    path = tmp_path / "2026-10" / "private" / "doubtful_pairs.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(text(rows).encode("cp1252"))
    found = verdicts.read([path])
    assert found.same == {("=1", "Zoë"): True}
    assert found.unread == ("2026-10/doubtful_pairs.csv:3: nö",)


FORMULAS = [
    "=1+1",
    "@SUM(A1)",
    "+49 30 123",
    "-2+3",
    "\t=1",
    "\r=1",
    "＝1",
    "＠x",
    "＋1",
    "－1",
    "'=1",
    "''=1",
    "'",
    "''",
    "-",
    "+",
]
ANY_CELL = st.one_of(
    st.text(), st.sampled_from(FORMULAS), st.builds("{}{}".format, st.sampled_from(["'", "=", "@", "''-"]), st.text())
)


@given(ANY_CELL)
def test_what_is_written_computes_nothing_and_is_read_back_unchanged(cell: str) -> None:
    shown = safe(cell)
    assert written(shown) == cell
    assert not shown.startswith(("=", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    assert not shown.startswith(("+", "-")) or float(shown) is not None


@pytest.mark.parametrize("number", ["-5", "+5", "-1.5e-3", -5, 1.5, None])
def test_a_number_stays_a_number(number: object) -> None:
    assert safe(number) == number


@pytest.mark.parametrize("cell", FORMULAS)
def test_the_border_reads_our_cells_back_too(cell: str) -> None:
    sql = border_cells.alike("x", "text")
    [(read,)] = duckdb.execute(f"select {sql} from (select ? as x)", [safe(cell)]).fetchall()
    folded = cell.translate({c + 0xFEE0: c for c in (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))})
    assert read == folded


def test_no_list_that_a_review_writes_holds_a_formula() -> None:
    row = {"action_id": "=a", "customer_id": "c1", "why": "+w", "what": "@x", "channel": "phone", "owner": "o1",
           "due_on": "2026-11-07",
           "arm": "act", "tier": "-t", "value_at_stake": -1.5, "priority": 1,
           "why_text": "=cmd|' /C calc'!A0"}  # fmt: skip
    ids = pd.DataFrame(
        {"pseudonym": ["c1", "o1"], "kind": ["customer", "owner"], "id": ["=HYPERLINK(1)", "@boss"], "chosen": True}
    )
    made = handed_out.files(pd.DataFrame([row]), Own(ids), date(2026, 10, 31), POLICY)[0]
    for name, content in made.items():
        if name.endswith((".ics", ".html")):
            continue
        if isinstance(content, bytes):
            book = load_workbook(io.BytesIO(content))
            cells = [str(c.value or "") for page in book for line in page.iter_rows() for c in line]
            assert not any(c.data_type == "f" for page in book for line in page.iter_rows() for c in line)
        else:
            cells = [cell for line in csv.reader(io.StringIO(content)) for cell in line]
        assert all(cell[:1] not in tuple("=@+") or cell[:1] == "" for cell in cells), name
        assert not any(cell.startswith("-") and cell not in ("-1.5", "-2") for cell in cells), name
    figures = pd.DataFrame([dict.fromkeys(collect.KPIS_CSV, "") | {"kpi": "k", "segment": "=1+1", "value": -0.5}])
    assert "'=1+1" in collect.kpis_csv(figures)
    assert ",-0.5," in collect.kpis_csv(figures)


def test_figures_are_read_back_as_they_were(tmp_path: Path) -> None:
    figures = pd.DataFrame(
        [dict.fromkeys(collect.KPIS_CSV, "") | {"kpi": "k", "segment": s, "value": -0.5} for s in FORMULAS]
    )
    (tmp_path / "kpis.csv").write_text(collect.kpis_csv(figures), encoding="utf-8", newline="")
    assert list(collect.read_kpis(tmp_path)["segment"]) == FORMULAS


def test_a_list_that_is_no_table_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n\n", encoding="utf-8")
    with pytest.raises(Exception, match="the list is empty"):
        table(tmp_path / "a.csv")
