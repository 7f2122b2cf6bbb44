import gzip
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from crmlib.border.company import Description, load_description
from crmlib.border.ingest import IngestError, border, check, ingest
from crmlib.facts.company import read_company
from crmlib.run.folders import sha256_of
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import TABLES
from tests.small_company import row_code

POLICY = Policy.model_validate({"privacy": {"k": 1}})
ANY = Policy.model_validate({"quality": {"max_reject_share": 1.0}, "privacy": {"k": 1}})
HEAD = 'name = "shop"\ncurrency = "CNY"\ntime_zone = "Asia/Shanghai"\n'
ORDERS = """
[orders]
from = "orders.csv"
{more}
[orders.fields]
order_id = "No"
customer_id = "Customer"
ordered_at = "Date"
amount = "Amount"
"""


def company(folder: Path, csv: str, more: str = "", after: str = "", orders: str = ORDERS) -> Description:
    (folder / "orders.csv").write_text(csv, encoding="utf-8")
    (folder / "company.toml").write_text(HEAD + orders.format(more=more) + after, encoding="utf-8")
    return load_description(folder)


def frozen(folder: Path, name: str) -> pd.DataFrame:
    return duckdb.sql(f"select * from '{folder}/tables/{name}.parquet'").to_arrow_table().to_pandas()


def amounts(folder: Path, cells: list[str], more: str = "") -> dict[str, object]:
    """Each cell as read; None where it was rejected."""
    lines = "".join(f'{i},c{i},2026-01-01,"{cell}"\n' for i, cell in enumerate(cells))
    made = company(folder, "No,Customer,Date,Amount\n99,c,2026-01-01,1\n" + lines, more)
    ingest(made, folder / "out", policy=ANY)
    read = frozen(folder / "out", "orders").set_index("order_id")["amount"]
    return {cell: read.get(row_code(folder, str(i))) for i, cell in enumerate(cells)}


def test_rows_are_renamed_typed_and_frozen_under_pseudonyms(tmp_path: Path) -> None:
    made = company(
        tmp_path, "No,Customer,Date,Amount\n2,张伟,2026-01-02 10:00,2.50\n1,张伟,2026-01-01,1\n3,李娜,2026-03-31,3\n"
    )
    done = ingest(made, tmp_path / "out", policy=POLICY)
    orders = frozen(tmp_path / "out", "orders")
    assert list(orders.columns) == list(TABLES["orders"].frozen)
    assert sorted(orders["amount"]) == [Decimal("1.0000"), Decimal("2.5000"), Decimal("3.0000")]
    assert orders["customer_id"].str.match(r"^c[a-z2-7]{12}$").all()
    one = orders[orders["customer_id"] == orders["customer_id"].mode()[0]]
    assert list(one["amount"]) == [Decimal("1.0000"), Decimal("2.5000")], "a customer's rows stand together, by time"
    assert abs(one.index[1] - one.index[0]) == 1
    ids = duckdb.sql(f"select * from '{tmp_path}/out/private/ids.parquet'").df()
    assert set(ids["id"]) == {"张伟", "李娜"}
    assert done.latest_month == "2026-03"
    assert set(sha256_of(tmp_path / "out" / "tables")) == {
        "about.json",
        "account.parquet",
        "formats.parquet",
        "unnamed.parquet",
        "known.parquet",
        "orders.parquet",
        "profile.parquet",
    }
    c = read_company(tmp_path / "out" / "tables", as_of=date(2026, 1, 31))
    assert c.tables.orders.count().execute() == 2


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    made = company(
        tmp_path,
        "No,Customer,Date,Amount\n" + "".join(f"{i},c{i % 7},2026-01-{1 + i % 28:02},{i}.5\n" for i in range(500)),
    )
    for folder in ("one", "two"):
        ingest(made, tmp_path / folder, policy=POLICY)
    assert sha256_of(tmp_path / "one" / "tables") == sha256_of(tmp_path / "two" / "tables")


def test_amounts_are_read_as_their_whole_column_is_written(tmp_path: Path) -> None:
    clear = {
        "¥1,234.50": "1234.5",
        "(12.00)": "-12",
        "１２．５": "12.5",
        "1,234,567": "1234567",
        "12-": "-12",
        "5元": "5",
        "129.696": "129.696",
        "1,234": "1234",
    }
    read = amounts(tmp_path, [*clear, "1.234,50", "$5", "abc", ""])
    assert {k: read[k] for k in clear if k != "1,234"} | {"1,234": read["1,234"]} == {
        k: None if k in ("129.696", "1,234") else Decimal(v) for k, v in clear.items()
    }, "one cell says the contrary"
    assert [read[k] for k in ("1.234,50", "$5", "abc", "")] == [None] * 4
    rejects = pd.read_csv(tmp_path / "out" / "private" / "rejects" / "orders.csv")
    assert list(rejects["rule"]) == ["ambiguous", "ambiguous", "decimal", "currency", "number", "missing"]
    assert list(rejects["line"]) == [9, 10, 11, 12, 13, 14]
    assert set(rejects["file"]) == {"orders.csv"}
    assert amounts(tmp_path, list(clear)) == {k: Decimal(v) for k, v in clear.items()}


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("12 USD", "currency"),
        ("USD12", "currency"),
        ("12USD", "currency"),
        ("FALSE", "number"),
        ("TOP", "number"),
        ("TOP-SELLER 3", "number"),
        ("1ABC", "number"),
    ],
)
def test_a_currency_is_a_sign_or_a_code_of_its_own_beside_a_number(cell: str, rule: str, tmp_path: Path) -> None:
    assert amounts(tmp_path, ["5", cell])[cell] is None
    assert list(pd.read_csv(tmp_path / "out" / "private" / "rejects" / "orders.csv")["rule"]) == [rule]


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["1.234", "12,50"], ["1234", "12.5"]),
        (["1.234", "0.500"], ["1.234", "0.5"]),
        (["1,234", "0,500"], ["1.234", "0.5"]),
        (["1.234", "1.234.567"], ["1234", "1234567"]),
        (["1.234 €", "2.500,00 €"], ["1234", "2500"]),
        (["1.234", "950"], [None, "950"]),
        (["１.２３４", "950"], [None, "950"]),
        (["-1,234", "(2,500)"], [None, None]),
    ],
)
def test_thousands_and_decimals_are_told_apart_by_the_column_or_refused(
    tmp_path: Path, cells: list[str], read: list[str | None]
) -> None:
    (tmp_path / "orders.csv").write_text("", encoding="utf-8")
    lines = "".join(f'{i},c{i},2026-01-01,"{cell}"\n' for i, cell in enumerate(cells))
    made = company(tmp_path, "No,Customer,Date,Amount\n" + lines + "g,g,2026-01-01,7\n")
    made = made.model_copy(update={"currency": "EUR"})
    with border(made) as found:
        rows = dict(found.engine.execute("select order_id, amount from rows_orders").fetchall())
        rejects = found.rejects
    assert [rows.get(str(i)) for i in range(len(cells))] == [None if r is None else Decimal(r) for r in read]
    if None in read:
        first = next(c for c, r in zip(cells, read, strict=True) if r is None)
        number = re.sub(r"[^0-9.,]", "", first.translate({c + 0xFEE0: c for c in range(0x21, 0x7F)}))
        both = f"{number.replace(',', '.')} / {re.sub('[.,]', '', number)}"
        assert both in rejects["mend"].iloc[0]


def test_an_expression_reads_numbers_as_the_column_is_written_or_refuses(tmp_path: Path) -> None:
    orders = ORDERS.replace('"Amount"', '"number(Amount) * 2"')
    rows = "No,Customer,Date,Amount\n1,a,2026-01-01,1.234\n2,a,2026-01-01,{}\n"
    with pytest.raises(
        IngestError, match=r"orders\.fields\.amount: orders\.csv: column 'Amount': '1\.234' could be .*1234"
    ):
        check(company(tmp_path, rows.format("7"), orders=orders), ANY)
    with border(company(tmp_path, rows.format('"7,5"'), orders=orders)) as found:
        assert found.engine.execute("select sum(amount) from rows_orders").fetchall() == [(Decimal("2483"),)]


def test_a_said_decimal_sign_settles_what_is_ambiguous(tmp_path: Path) -> None:
    assert amounts(tmp_path, ["1,234", "1.234,50", "12.5"], 'decimal = "."') == {
        "1,234": Decimal(1234),
        "1.234,50": None,
        "12.5": Decimal("12.5"),
    }
    assert amounts(tmp_path, ["1,234", "1.234,50", "12.5"], 'decimal = ","') == {
        "1,234": Decimal("1.234"),
        "1.234,50": Decimal("1234.5"),
        "12.5": None,
    }


def test_what_no_figure_can_be_made_of_is_rejected_by_one_rule_and_what_can_is_read(tmp_path: Path) -> None:
    carried = ["9999999999999.99", "-9999999999999.99", "10000000000000", "0.0001"]
    beyond = [
        "10000000000000.01",
        "99999999999999.99",
        "-99,999,999,999,999.99",
        "123456789012345678901234",
        "1e300",
        "1e999",
    ]
    read = amounts(tmp_path, [*carried, *beyond])
    assert {cell: read[cell] for cell in carried} == {cell: Decimal(cell) for cell in carried}
    assert {cell for cell in beyond if read[cell] is not None} == set()
    found = check(load_description(tmp_path), ANY).rejects
    assert list(found["rule"]) == ["size"]
    assert int(found["rows"].iloc[0]) == len(beyond)
    assert "look at the decimal sign" in found["mend"].iloc[0]


def test_a_count_beyond_any_figure_is_emptied(tmp_path: Path) -> None:
    csv = "No,Customer,Date,Amount,Lines\n1,a,2026-01-01,5,3\n2,b,2026-01-02,5,999999999999\n3,c,2026-01-31,5,1000000000\n"
    made = company(tmp_path, csv, after='lines = "Lines"\n')
    done = ingest(made, tmp_path / "out", policy=POLICY)
    assert sorted(frozen(tmp_path / "out", "orders")["lines"].dropna()) == [3, 10**9]
    assert list(zip(done.rejects["rule"], done.rejects["effect"], strict=True)) == [("size", "cell")]


def dates(folder: Path, cells: list[str], more: str = "") -> list[str | None]:
    lines = "".join(f'{i},c{i},"{cell}",1\n' for i, cell in enumerate(cells))
    ok = "2026-01-01" if "date_format" not in more else "01/01/2026"
    ingest(company(folder, f"No,Customer,Date,Amount\n99,c,{ok},1\n{lines}", more), folder / "out", policy=ANY)
    read = frozen(folder / "out", "orders").set_index("order_id")["ordered_at"]
    codes = [row_code(folder, str(i)) for i in range(len(cells))]
    return [str(read[code]) if code in read else None for code in codes]


def test_dates_are_read_where_only_one_reading_is_possible(tmp_path: Path) -> None:
    cells = ["2026-10-31", "2026/10/31", "20261031", "2026年10月31日", "31.10.2026", "２０２６-10-31"]
    assert dates(tmp_path, cells) == ["2026-10-31 00:00:00"] * 6
    assert dates(tmp_path, ["2026-10-31 1:05 PM", "2026/1/5 9:03"]) == ["2026-10-31 13:05:00", "2026-01-05 09:03:00"]
    assert dates(tmp_path, ["2026-10-31T20:00:00Z", "2026-10-31 10:00:00 -0500"]) == [
        "2026-11-01 04:00:00",
        "2026-10-31 23:00:00",
    ]
    assert dates(tmp_path, ["03/04/2026", "2026-02-30", "44927", "9999-12-31", "soon"]) == [None] * 5
    assert dates(tmp_path, ["03/04/2026", "13/04/2026", "5-6-2026"]) == [
        f"2026-{day} 00:00:00" for day in ("04-03", "04-13", "06-05")
    ]
    assert dates(tmp_path, ["03/04/2026", "04/13/2026 1:05 PM"]) == ["2026-03-04 00:00:00", "2026-04-13 13:05:00"]
    assert dates(tmp_path, ["03/04/2026", "04/13/2026", "13/04/2026", "31.12.26"]) == [None] * 4
    offsets = ("+99:99", "+15:00", "-00:60", "+14:30", "+08:00", "-0330")
    assert dates(tmp_path, [f"2026-01-01 12:00{o}" for o in offsets]) == [
        *[None] * 4,
        "2026-01-01 12:00:00",
        "2026-01-01 23:30:00",
    ]
    assert dates(tmp_path, ["2026-01-01 13:00 AM", "2026-01-01 12:30 AM"]) == [None, "2026-01-01 00:30:00"]
    assert dates(tmp_path, ["03/04/2026", "2026-04-03"], 'date_format = "%d/%m/%Y"') == ["2026-04-03 00:00:00", None]


def test_excel_serials_count_as_dates_in_a_workbook_only(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["No", "Customer", "Date", "Amount"])
    book.active.append([1, "a", 46326, 1])
    book.save(tmp_path / "orders.xlsx")
    made = company(tmp_path, "x", orders=ORDERS.replace("orders.csv", "orders.xlsx"))
    ingest(made, tmp_path / "out", policy=POLICY)
    assert str(frozen(tmp_path / "out", "orders")["ordered_at"][0]) == "2026-10-31 00:00:00"


def test_a_workbook_counts_its_days_from_the_year_it_says(tmp_path: Path) -> None:
    for name, epoch in (("a.xlsx", CALENDAR_WINDOWS_1900), ("b.xlsx", CALENDAR_MAC_1904)):
        book = Workbook()
        book.epoch = epoch
        book.active.append(["No", "Customer", "Date", "Amount"])
        book.active.append([name, "a", 46326 if name == "a.xlsx" else 44864, 1.234])
        book.save(tmp_path / name)
    made = company(tmp_path, "x", orders=ORDERS.replace("orders.csv", "?.xlsx"))
    with border(made) as found:
        read = found.engine.execute("select ordered_at::date::varchar, amount from rows_orders").fetchall()
    assert read == [("2026-10-31", Decimal("1.2340"))] * 2


def test_one_order_of_a_later_year_is_not_the_end_of_the_data(tmp_path: Path) -> None:
    rows = "".join(f"{i},c{i % 9},2026-{1 + i % 10:02}-{1 + i % 28:02},5\n" for i in range(300))
    rows += "".join(f"e{i},c{i},2026-10-{29 + i},5\n" for i in range(3))
    head = "No,Customer,Date,Amount\n"
    assert check(company(tmp_path, head + rows), ANY).latest_month == "2026-10"
    later = check(company(tmp_path, head + rows + "x,c1,2027-08-30,5\ny,c1,2027-03-31,5\n"), ANY)
    assert later.latest_month == "2026-10"
    assert any("2 rows lie after" in note for note in later.notes)
    resumed = "".join(f"r{i},c1,2027-08-{1 + i:02},5\n" for i in range(31))
    assert check(company(tmp_path, head + rows + resumed), ANY).latest_month == "2027-08", (
        "a month full of orders is one"
    )


def test_one_customer_written_in_two_ways_is_one(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text("Id,Region\nAndr\u00e9,Orle\u0301ans\nAB-1,N\u200bord\n", encoding="utf-8")
    (tmp_path / "kinds.csv").write_text("who,kind\nAndre\u0301,Ｖ１\nＡＢ－１,V1\n", encoding="utf-8")
    after = '[customers]\nfrom = "crm.csv"\n[customers.fields]\ncustomer_id = "Id"\nregion = "Region"\n'
    after += '[[orders.join]]\nfrom = "kinds.csv"\non = { "Customer" = "who" }\n'
    orders = ORDERS + 'category = "kind"\n'
    csv = "No,Customer,Date,Amount\n１,Andre\u0301,2026-01-01,1\n2,ＡＢ－１,2026-01-01,2\n1,x,2026-01-01,9\n"
    with border(company(tmp_path, csv, after=after, orders=orders)) as found:
        both = "rows_orders o join rows_customers c using (customer_id)"
        query = f"select o.customer_id, c.region, o.category from {both} order by 1"
        assert found.engine.execute(query).fetchall() == [("AB-1", "Nord", "V1"), ("Andr\u00e9", "Orl\u00e9ans", "V1")]
        assert list(found.rejects["rule"]) == ["duplicate_key"], "１ and 1 are one number"


def test_headings_and_files_composed_otherwise_are_found(tmp_path: Path) -> None:
    (tmp_path / "donne\u0301es.csv").write_text(
        "Nume\u0301ro,Customer,Date,Amount\n1,a,2026-01-01,1\n", encoding="utf-8"
    )
    orders = ORDERS.replace("orders.csv", "donn\u00e9es.csv").replace('"No"', '"Num\u00e9ro"')
    assert check(company(tmp_path, "x", orders=orders), ANY).account["kept"].tolist() == [1]


LINES = "".join(f"{i // 2},c{i // 2 % 9},2026-01-{1 + i // 2 % 28:02},{i + 1}\n" for i in range(60))


@pytest.mark.parametrize("where", ["file", "files"])
def test_an_export_made_twice_does_not_double_the_money(tmp_path: Path, where: str) -> None:
    head = "No,Customer,Date,Amount\n"
    if where == "files":
        new = "".join(f"n{i},c1,2026-02-01,5\n" for i in range(90))
        (tmp_path / "b-orders.csv").write_text(
            head + "".join(LINES.splitlines(keepends=True)[:20]) + new, encoding="utf-8"
        )
    pattern = ORDERS if where == "file" else ORDERS.replace("orders.csv", "*orders.csv")
    csv = head + LINES + (LINES if where == "file" else "")

    def read(more: str) -> int:
        return int(check(company(tmp_path, csv, more, orders=pattern), ANY).tables["amount"].iloc[0])

    with pytest.raises(IngestError, match=r"equal, word for word, to an earlier .*\"drop\".*\"keep\""):
        read("group = true")
    once = sum(range(1, 61)) + (450 if where == "files" else 0)
    assert read('group = true\nrepeats = "drop"') == once
    assert read('group = true\nrepeats = "keep"') > once


def test_titles_above_the_heading_are_passed_over_and_told(tmp_path: Path) -> None:
    titles = "Sales of 2026,,,\n\nas of,2026-10-31,,\n"
    found = check(company(tmp_path, titles + "No,Customer,Date,Amount\n1,a,2026-01-01,1\n2,b,2026-01-02,x\n"), ANY)
    assert found.account["read"].tolist() == [2]
    assert found.rejects["first"].tolist() == ["orders.csv:6"], "lines are those of the file"
    assert any("2 lines above the heading" in note for note in found.notes)


def test_a_required_cell_rejects_the_row_an_optional_one_is_emptied(tmp_path: Path) -> None:
    fields = ORDERS + 'discount = "Discount"\n'
    head = "No,Customer,Date,Amount,Discount\n"
    csv = (
        head
        + "1,a,2026-01-01,1,0.2\n2,b,2026-01-01,1,40\n3,c,2026-01-01,1,x\n4,,2026-01-01,1,20%\n5,e,2026-01-01,1,20%\n"
    )
    done = ingest(company(tmp_path, csv, orders=fields), tmp_path / "out", policy=ANY)
    orders = frozen(tmp_path / "out", "orders").set_index("order_id")
    one, two, three, five = (row_code(tmp_path, number) for number in "1235")
    assert list(orders["discount"].reindex([one, five])) == [0.2, 0.2]
    assert orders["discount"].loc[[two, three]].isna().all()
    assert set(zip(done.rejects["column"], done.rejects["rule"], done.rejects["effect"], strict=True)) == {
        ("customer_id", "missing", "row"),
        ("discount", "range", "cell"),
        ("discount", "number", "cell"),
    }
    profile = frozen(tmp_path / "out", "profile").query("column == 'discount'").iloc[0]
    assert (profile["rows"], profile["filled"], profile["invalid"]) == (4, 4, 2)


def test_filters_are_counted_by_reason_and_repeats_dropped_where_said(tmp_path: Path) -> None:
    more = 'repeats = "drop"\nrepeats_except = ["Sheet"]\n'
    more += '[orders.filter]\n"cancelled" = "No not like \'C%\'"\n"not positive" = "number(Amount) > 0"'
    csv = "No,Customer,Date,Amount,Sheet\n1,a,2026-01-01,1,x\n1,a,2026-01-01,1,y\n"
    csv += "C2,a,2026-01-01,1,x\n3,a,2026-01-01,0,x\n4,a,2026-01-01,4,x\n"
    checked = check(company(tmp_path, csv, more), POLICY)
    row = checked.tables.iloc[0]
    assert (row["read"], row["filtered"], row["repeated"], row["rejected"], row["kept"], row["rows"]) == (
        5,
        2,
        1,
        0,
        2,
        2,
    )
    assert dict(zip(checked.filtered["reason"], checked.filtered["rows"], strict=True)) == {
        "cancelled": 1,
        "not positive": 1,
    }
    kept = check(company(tmp_path, csv, more.replace('"drop"\nrepeats_except = ["Sheet"]', '"keep"')), ANY)
    assert list(kept.rejects["rule"]) == ["duplicate_key"]


def test_lines_become_orders(tmp_path: Path) -> None:
    fields = ORDERS + 'category = "Kind"\ndiscount = "Discount"\n'
    csv = (
        "No,Customer,Date,Amount,Kind,Discount\n"
        "1,a,2026-01-02,0.1,tea,0.5\n1,a,2026-01-01,0.2,tea,0\n1,a,2026-01-03,0.25,pot,0\n2,b,2026-01-01,5,cup,0\n"
    )
    ingest(company(tmp_path, csv, "group = true", orders=fields), tmp_path / "out", policy=POLICY)
    first = frozen(tmp_path / "out", "orders").set_index("order_id").loc[row_code(tmp_path, "1")]
    assert (first["amount"], first["lines"], first["category"]) == (Decimal("0.5500"), 3, "tea")
    assert str(first["ordered_at"]) == "2026-01-01 00:00:00"
    assert first["discount"] == pytest.approx(1 - 0.55 / 0.65, abs=1e-6)


def test_order_numbers_shared_by_customers_are_told(tmp_path: Path) -> None:
    csv = "No,Customer,Date,Amount\n1,a,2026-01-01,1\n1,b,2026-01-02,2\n"
    checked = check(company(tmp_path, csv, "group = true"), POLICY)
    assert checked.notes[0].startswith("1 order numbers")
    assert (checked.tables.iloc[0]["rows"], checked.tables.iloc[0]["customers"]) == (1, 2)


CUSTOMERS = """
[[customers]]
from = "crm.csv"
[customers.fields]
customer_id = "Id"
name = "Name"
type = "Kind"
phone = "Phone"
email = "Mail"
owner = "Owner"
region = "Region"
[customers.values.type]
"个人" = "person"
[[customers]]
from = "shop.csv"
[customers.fields]
customer_id = "user"
"""


def test_several_sources_value_maps_and_personal_values(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text(
        "Id,Name,Kind,Phone,Mail,Owner,Region\na,王小明,个人,13812345678,wang@example.com,Lee,North\n"
        "b,Bob Stone,COMPANY,12,nobody,Lee,call 13812345678\na,Twice,个人,,,Lee,\nd,Dora,alien,,,,\n",
        encoding="utf-8",
    )
    (tmp_path / "shop.csv").write_text("user\nz\nb\n", encoding="utf-8")
    made = company(tmp_path, "No,Customer,Date,Amount\n1,a,2026-01-01,1\n", after=CUSTOMERS)
    done = ingest(made, tmp_path / "out", policy=ANY)
    customers = frozen(tmp_path / "out", "customers")
    assert sorted(customers["type"].dropna()) == ["company", "person"]
    assert sorted(customers["phone_status"]) == ["invalid", "missing", "missing", "valid"]
    assert sorted(customers["email_status"]) == ["invalid", "missing", "missing", "valid"]
    assert customers["owner"].dropna().str.match(r"^o[a-z2-7]{12}$").all()
    assert sorted(customers["region"].dropna()) == ["North", "other"]
    account = done.account.set_index(["table", "file"])
    states = ["read", "filtered", "repeated", "rejected", "kept"]
    assert list(account.loc[("customers", "crm.csv"), states]) == [4, 0, 0, 1, 3]
    assert list(account.loc[("customers", "shop.csv"), states]) == [2, 0, 0, 1, 1]
    for file in (tmp_path / "out").rglob("*"):
        if file.is_file() and file.name != "ids.parquet":
            content = (
                file.read_bytes()
                if file.suffix != ".parquet"
                else duckdb.sql(f"select * from '{file}'").df().to_csv().encode()
            )
            for secret in ("王小明", "Stone", "13812345678", "wang@example.com", "Twice", "Dora", "Lee"):
                assert secret.encode() not in content, (file, secret)


@pytest.mark.parametrize(
    ("written", "shape"),
    [
        ("+49 (30) 12", "+99 (99) 99"),
        ("１３９ １２３４", "９９９ ９９９９"),
        ("١٣٩ ①②", "??? ??"),
        ("王伟 O'Neil", "aa a'aaaa"),
        ("😀 an@x.cn", "? aa@a.aa"),
        ("二〇〇一年", "aaaaa"),
    ],
)
def test_the_shape_of_a_number_shows_no_sign_of_a_person(tmp_path: Path, written: str, shape: str) -> None:
    (tmp_path / "crm.csv").write_text(f"Id,Phone\na,{written}\n", encoding="utf-8")
    after = '[customers]\nfrom = "crm.csv"\n[customers.fields]\ncustomer_id = "Id"\nphone = "Phone"\n'
    made = company(tmp_path, "No,Customer,Date,Amount\n1,a,2026-01-01,1\n", after=after)
    ingest(made, tmp_path / "out", policy=POLICY)
    formats = frozen(tmp_path / "out", "formats").set_index("column")["format"]
    assert formats["phone"] == shape


@pytest.mark.parametrize("field", ["sum(cast(Mail as int)) over ()", "lag(cast(Mail as int)) over (order by Id)"])
def test_an_expression_that_fails_tells_no_value(tmp_path: Path, field: str) -> None:
    (tmp_path / "crm.csv").write_text("Id,Mail\na,ann@lee.example\n", encoding="utf-8")
    after = f'[customers]\nfrom = "crm.csv"\n[customers.fields]\ncustomer_id = "Id"\ncity = "{field}"\n'
    made = company(tmp_path, "No,Customer,Date,Amount\n1,a,2026-01-01,1\n", after=after)
    with pytest.raises(IngestError, match=r"^company.toml: customers from crm.csv: cannot be computed: .*…") as raised:
        check(made, POLICY)
    assert "lee" not in str(raised.value)


def test_a_key_of_another_source_is_told_apart_from_a_repeated_one(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text("Id\na\na\nb\n", encoding="utf-8")
    (tmp_path / "shop.csv").write_text("Id\nb\nc\nc\n", encoding="utf-8")
    parts = [f'[[customers]]\nfrom = "{f}.csv"\n[customers.fields]\ncustomer_id = "Id"\n' for f in ("crm", "shop")]
    made = company(tmp_path, "No,Customer,Date,Amount\n1,a,2026-01-01,1\n", after="".join(parts))
    rejects = check(made, ANY).rejects.set_index("rule")
    assert dict(rejects["first"]) == {"duplicate_key": "crm.csv:3", "key_elsewhere": "shop.csv:2"}
    assert dict(rejects["rows"]) == {"duplicate_key": 2, "key_elsewhere": 1}
    assert "system" in rejects.loc["key_elsewhere", "mend"]


def test_a_cell_that_slipped_into_a_wrong_column_is_masked(tmp_path: Path) -> None:
    made = company(tmp_path, "No,Customer,Date,Amount\n1,a,2026-01-01,1\n2,a,ann@lee.example,x13812345678\n")
    found = check(made, ANY).rejects["found"]
    assert sorted(found) == ["a********", "x********"]


PAID = "No,Customer,Date\n1,a,2026-01-01\n2,a,2026-01-02\n3,b,2026-01-03\n"


def paid(home: Path, payments: str, take: str) -> Description:
    """Orders whose amount lies in a further file."""
    (home / "payments.csv").write_text(payments, encoding="utf-8")
    after = f'[[orders.join]]\nfrom = "payments.csv"\non = {{ No = "order no" }}\n{take}\n'
    return company(home, PAID, after=after, orders=ORDERS.replace('"Amount"', '"paid"'))


def test_a_join_says_how_several_rows_become_one_and_counts_both_sides(tmp_path: Path) -> None:
    payments = "order no,paid,how\n1,10.00,card\n1,10.00,card\n2,7.50,cash\n9,3.00,card\n,4.00,cash\n"
    with pytest.raises(
        IngestError, match=r"payments.csv: 1 values of order no stand in several rows \(2 in all\); say"
    ):
        check(paid(tmp_path, payments, 'take = ["paid"]'), ANY)
    with pytest.raises(IngestError, match="several rows"):
        check(paid(tmp_path, payments, ""), ANY)
    made = paid(tmp_path, payments, 'take = { paid = "sum", how = "count" }')
    done = check(made, ANY)
    joined = done.account.set_index("file").loc["payments.csv"]
    assert (joined["read"], joined["unmatched"], joined["kept"]) == (5, 2, 3)
    assert done.account.set_index("file").loc["orders.csv", ["read", "rejected", "kept"]].tolist() == [3, 1, 2]
    assert (
        "Orders: 1 rows found no row of their key in payments.csv; what is taken from it stays empty there."
        in done.notes
    )
    ingest(made, tmp_path / "out", policy=ANY)
    assert frozen(tmp_path / "out", "orders")["amount"].tolist() == [Decimal("20.0000"), Decimal("7.5000")]


@pytest.mark.parametrize(
    ("way", "amount"), [("sum", 111), ("mean", 37), ("min", 2), ("max", 100), ("first", 9), ("last", 100), ("count", 3)]
)
def test_every_way_of_a_join(tmp_path: Path, way: str, amount: int) -> None:
    payments = "order no,paid\n1,9\n1,2\n1,100\n2,1\n3,1\n"
    ingest(paid(tmp_path, payments, f'take = {{ paid = "{way}" }}'), tmp_path / "out", policy=ANY)
    orders = frozen(tmp_path / "out", "orders").sort_values("ordered_at")
    assert orders["amount"].iloc[0] == amount


def test_rows_of_a_joined_file_that_no_row_asks_for_may_repeat(tmp_path: Path) -> None:
    payments = "order no,paid\n1,9\n2,2\n3,100\n8,1\n8,1\n"
    assert check(paid(tmp_path, payments, 'take = ["paid"]'), ANY).account["kept"].tolist() == [3, 3]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"Amount"', '"Amonut"', "no column 'Amonut'; did you mean 'Amount'?"),
        ('"Amount"', '"number(Amonut)"', "no column 'Amonut'; did you mean 'Amount'?"),
        ('"Amount"', '"Amount * Amount"', "number(…)"),
        ('"Amount"', '"sum(( +"', "no SQL expression"),
        ('"orders.csv"', '"order.csv"', "did you mean 'orders.csv'?"),
        ('"orders.csv"', '"orders.csv"\nrepeats = "drop"\nrepeat_columns = ["Nr"]', "no column 'Nr'"),
        ('"orders.csv"', '"orders.csv"\nfilter = "Status = 1"', "no column 'Status'"),
    ],
)
def test_a_wrong_mapping_is_one_line_with_place_and_closest(tmp_path: Path, old: str, new: str, says: str) -> None:
    made = company(tmp_path, "No,Customer,Date,Amount\n1,a,2026-01-01,1\n", orders=ORDERS.replace(old, new, 1))
    with pytest.raises(IngestError) as raised:
        check(made, POLICY)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_usable_order_and_too_many_rejects_stop(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="no row can be used"):
        ingest(company(tmp_path, "No,Customer,Date,Amount\n"), tmp_path / "out", policy=POLICY)
    with pytest.raises(IngestError, match="date_format"):
        ingest(company(tmp_path, "No,Customer,Date,Amount\n1,a,01/02/2026,1\n"), tmp_path / "out", policy=ANY)
    bad = "No,Customer,Date,Amount\n" + "".join(
        f"{i},a,2026-01-01,{'1,234' if i < 2 else 1}\n".replace("1,234", '"1,234"') for i in range(20)
    )
    made = company(tmp_path, bad)
    with pytest.raises(IngestError, match=r"2 of 20 rows rejected, more than the 5%.*orders.csv:2.*decimal"):
        ingest(made, tmp_path / "out", policy=POLICY)
    assert check(made, POLICY).stops
    assert not check(made, ANY).stops


def test_earlier_action_lists_are_read_where_the_company_maps_none(tmp_path: Path) -> None:
    made = company(tmp_path, "No,Customer,Date,Amount\n1,a,2026-01-01,1\n")
    lists = tmp_path / "actions.csv"
    head = "action_id,customer_id,proposed_on,why,what,channel,owner,due_on,arm,tier,value_at_stake,priority,done_at,outcome\n"
    lists.write_text(
        head + "x1,a,2025-12-31,silent,call,phone,Lee,2026-01-10,act,growth,10,1,,\n", encoding="utf-8-sig"
    )
    done = ingest(made, tmp_path / "out", policy=POLICY, actions=[lists])
    actions = frozen(tmp_path / "out", "actions")
    assert actions["customer_id"][0] == frozen(tmp_path / "out", "orders")["customer_id"][0]
    assert "actions" not in done.missing


def every_column(folder: Path) -> Description:
    """A company that maps every column of every table, with a row each."""
    sample = {
        "id": "7",
        "text": "phone",
        "date": "2026-01-01",
        "timestamp": "2026-01-02 03:04",
        "money": "5",
        "number": "1",
    }
    sample |= {"integer": "1", "flag": "是"}
    text = HEAD
    for name, table in TABLES.items():
        cells = [c.values[0] if c.values else sample[c.kind] for c in table.columns]
        (folder / f"{name}.csv").write_text(",".join(table.names) + "\n" + ",".join(cells) + "\n", encoding="utf-8")
        text += f'[{name}]\nfrom = "{name}.csv"\n[{name}.fields]\n' + "".join(f'{c} = "{c}"\n' for c in table.names)
    (folder / "company.toml").write_text(text, encoding="utf-8")
    return load_description(folder)


def test_every_canonical_table_with_every_column_goes_through(tmp_path: Path) -> None:
    done = ingest(every_column(tmp_path), tmp_path / "out", policy=POLICY, month="2026-01")
    assert done.missing == ()
    assert done.rejects.empty
    for name, table in TABLES.items():
        rows = frozen(tmp_path / "out", name)
        assert (list(rows.columns), len(rows)) == (list(table.frozen), 1)
    made = read_company(tmp_path / "out" / "tables", as_of=date(2026, 1, 31))
    assert made.tables.interactions.count().execute() == 1
    profile = frozen(tmp_path / "out", "profile")
    assert set(zip(profile["table"], profile["column"], strict=True)) == {
        (t.name, c) for t in TABLES.values() for c in t.names
    }


def test_a_mistyped_year_is_not_the_end_of_the_data(tmp_path: Path) -> None:
    made = company(tmp_path, "No,Customer,Date,Amount\n1,a,2026-01-31,1\n2,a,2062-01-31,1\n")
    assert check(made, POLICY).latest_month == "2026-01"


def test_a_trickle_of_late_answers_does_not_end_what_is_still_written(tmp_path: Path) -> None:
    days = pd.date_range("2025-09-01", "2026-06-29")
    rows = "".join(f"{i},c{i},{day:%Y-%m-%d},1\n" for i, day in enumerate(days.repeat(5)))
    late = [*days.repeat(5), *pd.to_datetime(["2026-07-08", "2026-07-19", "2026-08-09", "2026-08-29"])]
    answers = "".join(f"c{i},{day:%Y-%m-%d},5\n" for i, day in enumerate(late))
    (tmp_path / "answers.csv").write_text("who,on,stars\n" + answers, encoding="utf-8")
    surveys = '[surveys]\nfrom = "answers.csv"\n[surveys.fields]\ncustomer_id = "who"\nat = "on"\n'
    surveys += 'instrument = "\'csat\'"\nitem = "\'order\'"\nscore = "stars"\n'
    made = company(tmp_path, "No,Customer,Date,Amount\n" + rows, after=surveys)
    assert check(made, POLICY).latest_month == "2026-06", "two months without any order would be told as a standstill"


CELL = st.sampled_from(
    ["", "1", "a", "2026-01-01", "2026-13-01", "1,5", '"', "\n", ",", "¥3", "x@y.z", " ", "NULL", "１", "-", "'"]
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.lists(st.tuples(CELL, CELL, CELL, CELL), max_size=12),
    st.sampled_from(["keep", "drop"]),
    st.booleans(),
    st.lists(st.sampled_from(["1", "1,2", "1,2,3,4,5,6", ""]), max_size=3),
)
def test_every_row_is_accounted_for(
    tmp_path: Path, cells: list[tuple[str, ...]], repeats: str, group: bool, odd: list[str]
) -> None:
    quoted = [",".join('"' + c.replace('"', '""') + '"' for c in row) for row in cells]
    csv = "\n".join(["No,Customer,Date,Amount", "g1,good,2026-01-01,1", *quoted, *odd]) + "\n"
    more = f'repeats = "{repeats}"\ngroup = {str(group).lower()}\nfilter = "Customer <> \'a\'"'
    made = company(tmp_path, csv, more)
    done = ingest(made, tmp_path / "out", policy=ANY)
    account = done.account.iloc[0]
    assert account["read"] == 1 + sum(any(row) for row in cells) + sum(o != "" for o in odd)
    assert account["read"] == account["kept"] + account["filtered"] + account["repeated"] + account["rejected"]
    rejects = tmp_path / "out" / "private" / "rejects" / "orders.csv"
    found = pd.read_csv(rejects) if account["rejected"] else pd.DataFrame({"effect": [], "line": []})
    assert found.loc[found["effect"] == "row", "line"].nunique() == account["rejected"]
    orders = frozen(tmp_path / "out", "orders")
    assert orders["order_id"].is_unique
    assert (len(orders) == account["kept"]) or group


def test_gzip_and_glob_keep_file_and_line(tmp_path: Path) -> None:
    for i in (1, 2):
        with gzip.open(tmp_path / f"o{i}.csv.gz", "wt", encoding="gb18030") as out:
            out.write(f"No,Customer,Date,Amount\n{i},客户{i},2026-01-01,1\nx{i},客户,bad,1\n")
    checked = check(company(tmp_path, "x", orders=ORDERS.replace("orders.csv", "o*.csv.gz")), ANY)
    assert list(checked.account["file"]) == ["o1.csv.gz", "o2.csv.gz"]
    assert list(checked.rejects["first"]) == ["o1.csv.gz:3"]
    assert list(checked.rejects["rows"]) == [2]


@pytest.mark.parametrize(
    ("orders", "says"),
    [
        (ORDERS.replace("amount = ", "amount = '*' #"), "orders.fields.amount: '*' is no SQL expression"),
        (
            ORDERS.replace("amount = ", "amount = 'sum(number(Amount))' #"),
            "orders.fields.amount: 'sum(number(Amount))' is no",
        ),
        (ORDERS.replace("amount = ", "amount = 'unnest([1, 2])' #"), "function 'unnest' cannot be used here"),
        (ORDERS + "[orders.filter]\nbig = 'number(Amount)'\n", "orders.filter.big: 'number(Amount)' is no condition"),
        (
            ORDERS.replace("[orders]", "[orders]\ngroup = true\ncombine = {{ ordered_at = 'count' }}", 1),
            "orders: lines cannot be combined so",
        ),
        (ORDERS.replace("[orders]", "[orders]\nencoding = 'hex'", 1), "encoding 'hex' is not known"),
    ],
)
def test_an_expression_that_is_no_cell_says_where_it_stands(tmp_path: Path, orders: str, says: str) -> None:
    made = company(tmp_path, "No,Customer,Date,Amount\n1,a,2026-01-01,1\n", orders=orders)
    with pytest.raises(IngestError) as raised:
        check(made, POLICY)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_number_or_text_of_a_table_holds_a_telephone_number(tmp_path: Path) -> None:
    rows = "".join(f"{i}381234567{i}-7,a,2026-01-0{i},1\n" for i in range(1, 3)) + "A7,a,2026-01-03,1\n"
    (tmp_path / "contacts.csv").write_text(
        "id,customer,at,over\n1,a,2026-01-01,13912341234\n2,a,2026-01-01,phone\n", encoding="utf-8"
    )
    contacts = '[interactions]\nfrom = "contacts.csv"\n[interactions.fields]\ninteraction_id = "id"\n'
    contacts += 'customer_id = "customer"\nat = "at"\nchannel = "over"\n'
    made = company(tmp_path, "No,Customer,Date,Amount\n" + rows, after=contacts)
    found = ingest(made, tmp_path / "out", policy=ANY)
    assert sorted(frozen(tmp_path / "out", "interactions")["channel"]) == ["other", "phone"]
    assert list(found.rejects.set_index("table").loc["interactions", ["rule", "effect"]]) == ["personal", "other"]
    for table in ("orders", "interactions"):
        held = frozen(tmp_path / "out", table).to_csv()
        assert not re.search(r"381234567|A7", held)


def test_numbers_of_orders_cases_contacts_and_actions_stand_in_no_table(tmp_path: Path) -> None:
    made = every_column(tmp_path)
    ingest(made, tmp_path / "out", policy=POLICY)
    for name, table in TABLES.items():
        for column in table.columns:
            if column.kind == "id":
                code = frozen(tmp_path / "out", name)[column.name][0]
                assert re.fullmatch(r"[co][a-z2-7]{12}|[a-z][0-9a-f]{16}", code), f"{name}.{column.name}: {code}"
    assert frozen(tmp_path / "out", "tickets")["ticket_id"][0] == row_code(tmp_path, "7", "ticket")
