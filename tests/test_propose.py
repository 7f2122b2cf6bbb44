import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crmlib.border.company import CompanyError, load_description
from crmlib.border.ingest import check
from crmlib.border.propose import init, propose
from crmlib.border.sources import SourceError
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({})
READY = Path(__file__).parent.parent / "datasets" / "companies"


def chosen(folder: Path) -> dict[tuple[str, str], str]:
    lines = propose(folder).lines
    return {(row.table, row.field): row.column for row in lines.itertuples()}


def test_a_proposal_is_written_commented_and_can_be_checked_at_once(tmp_path: Path) -> None:
    rows = [f"{i},客户{i % 40},2026-0{1 + i % 6}-{1 + i % 28:02},{10 + i}.5" for i in range(300)]
    (tmp_path / "订单.csv").write_text(
        "订单编号,客户编号,下单时间,实付金额\n" + "\n".join(rows) + "\n", encoding="gb18030"
    )
    proposal = init(tmp_path)
    found = {row.field: row.column for row in proposal.lines[proposal.lines["table"] == "orders"].itertuples()}
    assert found == {"order_id": "订单编号", "customer_id": "客户编号", "ordered_at": "下单时间", "amount": "实付金额"}
    assert proposal.lines["confidence"].between(0.3, 1).all()
    assert "# 确定" in proposal.company_toml
    company = load_description(tmp_path)
    assert (company.currency, company.time_zone, company.language) == ("CNY", "Asia/Shanghai", "zh")
    checked = check(company, POLICY)
    assert (checked.tables["rows"].iloc[0], checked.tables["customers"].iloc[0], checked.stops) == (300, 40, "")


def test_answers_name_the_order_that_they_are_about(tmp_path: Path) -> None:
    orders = [f"A{i:04},c{i % 70},2026-0{1 + i % 6}-{1 + i % 28:02},{10 + i}.5" for i in range(300)]
    (tmp_path / "orders.csv").write_text("order_id,customer_id,order_date,amount\n" + "\n".join(orders) + "\n", "utf-8")
    answers = [f"r{i:04},A{i:04},{1 + i % 5},2026-0{1 + i % 6}-28" for i in range(290)]
    (tmp_path / "reviews.csv").write_text("review_id,order_id,score,answer_date\n" + "\n".join(answers) + "\n", "utf-8")
    found = chosen(tmp_path)
    assert (found["surveys", "order_id"], found["surveys", "customer_id"]) == ("order_id", "customer_id")


def test_a_person_behind_several_numbers_is_one_customer_in_every_table(tmp_path: Path) -> None:
    people = [f"n{i:04},p{i * 7 % 290:04},city{i % 9}" for i in range(300)]
    (tmp_path / "customers.csv").write_text(
        "customer_id,customer_unique_id,customer_city\n" + "\n".join(people) + "\n", "utf-8"
    )
    orders = [f"A{i:04},n{i:04},2026-0{1 + i % 6}-{1 + i % 28:02},{10 + i}.5" for i in range(300)]
    (tmp_path / "orders.csv").write_text("order_id,customer_id,order_date,amount\n" + "\n".join(orders) + "\n", "utf-8")
    found = chosen(tmp_path)
    assert found["customers", "customer_id"] == found["orders", "customer_id"] == "customer_unique_id"


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("Order ID,Customer ID,Order Date,Amount\n1,a,2026-01-01,1\n", encoding="utf-8")
    init(tmp_path)
    with pytest.raises(SourceError, match="already there"):
        init(tmp_path)
    init(tmp_path, force=True)


def test_dates_and_amounts_in_other_forms_get_their_keys(tmp_path: Path) -> None:
    rows = [f'{i};a{i % 9};{1 + i % 28:02}/{1 + i % 12:02}/2026;"{i + 1}.234,50 €"' for i in range(60)]
    (tmp_path / "sales.csv").write_text(
        "Order No;Customer No;Order Date;Total\n" + "\n".join(rows) + "\n", encoding="utf-8"
    )
    init(tmp_path)
    company = load_description(tmp_path)
    source = company.sources("orders")[0]
    assert (company.currency, source.decimal, source.date_format[0]) == ("EUR", ",", "%d/%m/%Y")
    assert check(company, POLICY).tables["rejected"].sum() == 0


def test_where_nothing_is_understood_all_stands_commented_out_with_the_candidates(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    proposal = init(tmp_path)
    assert not proposal.active
    assert '# from = "a.csv"' in proposal.company_toml
    assert "columns: x, y" in proposal.company_toml
    with pytest.raises(CompanyError, match="no table"):
        load_description(tmp_path)
    with pytest.raises(SourceError, match="no such folder"):
        propose(tmp_path / "nowhere")


EXPORTS = {
    "salesforce": (
        "Opportunity.csv",
        "Id,AccountId,Name,Type,Amount,CloseDate,IsWon,LeadSource",
        "006A,001A,Deal,New,12.5,2026-01-01,true,Web",
    ),
    "shopify": (
        "orders_export.csv",
        "Name,Email,Total,Created at,Refunded Amount,Source",
        "#1001,a@b.cn,12.5,2026-01-01 10:00:00 +0800,0,web",
    ),
    "hubspot": (
        "hubspot-crm-exports-all-deals.csv",
        "Record ID,Associated Company IDs (Primary),Deal Name,Deal Type,Amount,Close Date",
        "1,55,Deal,new,12.5,2026-01-01 10:00",
    ),
    "zoho_crm": (
        "Sales_Orders.csv",
        "SO Number,Account Name,Created Time,Grand Total,Status",
        "SO1,ACME,2026-01-01 10:00:00,12.5,Created",
    ),
    "fxiaoke": (
        "销售订单.csv",
        "销售订单编号,客户名称,下单日期,销售订单金额(元),创建时间",
        "X1,张三公司,2026-01-01,12.5,2026-01-01",
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_exports_of_known_systems_are_proposed_as_their_ready_mapping_says(tmp_path: Path, name: str) -> None:
    file, head, row = EXPORTS[name]
    (tmp_path / file).write_text(f"{head}\n{row}\n", encoding="utf-8")
    ready = load_description(READY / name).sources("orders")[0].fields
    found = chosen(tmp_path)
    assert found["orders", "ordered_at"] == ready["ordered_at"]
    for field in ("order_id", "customer_id", "amount"):
        assert found["orders", field] in ready[field]


def test_quantity_times_price_stands_in_for_an_amount(tmp_path: Path) -> None:
    (tmp_path / "retail.csv").write_text(
        "Invoice,CustomerID,InvoiceDate,Quantity,Price\n1,a,2026-01-01,2,1.5\n1,a,2026-01-01,1,1\n", encoding="utf-8"
    )
    init(tmp_path)
    checked = check(load_description(tmp_path), POLICY)
    assert float(checked.tables.set_index("table").loc["orders", "amount"]) == 4.0
    assert checked.tables.set_index("table").loc["orders", "rows"] == 1


def test_the_plainest_headings_are_known(tmp_path: Path) -> None:
    lines = "".join(f"{i},c{i % 7},2026-01-{1 + i % 28:02},{i}.50\n" for i in range(60))
    (tmp_path / "sales.csv").write_text("order,customer,date,amount\n" + lines, encoding="utf-8")
    found = chosen(tmp_path)
    wanted = {"order_id": "order", "customer_id": "customer", "ordered_at": "date", "amount": "amount"}
    assert {field: found["orders", field] for field in wanted} == wanted


@pytest.mark.parametrize(
    ("states", "left_out"),
    [
        (("Ausgecheckt", "Storniert", "No-Show"), ["Storniert", "No-Show"]),
        (("delivered", "shipped", "canceled"), ["canceled"]),
        (("交易成功", "交易关闭", "部分取消"), ["交易关闭"]),
        (("open", "paid", "partially cancelled"), []),
        (("cancelled", "voided"), []),
    ],
)
def test_orders_that_a_state_calls_off_are_left_out_and_counted(
    tmp_path: Path, states: tuple[str, ...], left_out: list[str]
) -> None:
    """Cancelled bookings once counted as revenue unless somebody read a comment."""
    orders = [
        f"A{i:04},c{i % 70},2026-0{1 + i % 6}-{1 + i % 28:02},{10 + i}.5,{states[i % len(states)]}" for i in range(300)
    ]
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,order_date,amount,status\n" + "\n".join(orders) + "\n", "utf-8"
    )
    init(tmp_path)
    company = load_description(tmp_path)
    (rows,) = (int(n) for n in check(company, POLICY).tables.query("table == 'orders'")["kept"])
    assert rows == sum(states[i % len(states)] not in left_out for i in range(300))


@pytest.mark.parametrize(
    ("heading", "marks", "left_out"),
    [
        ("is_canceled", ("0", "0", "1"), "1"),
        ("Storniert", ("nein", "ja"), "ja"),
        ("Cancelled at", ("", "", "2026-05-01"), "2026-05-01"),
    ],
)
def test_orders_that_a_mark_or_a_day_calls_off_are_left_out(
    tmp_path: Path, heading: str, marks: tuple[str, ...], left_out: str
) -> None:
    rows = [
        f"A{i:04},c{i % 70},2026-0{1 + i % 6}-{1 + i % 28:02},{10 + i}.5,{marks[i % len(marks)]}" for i in range(300)
    ]
    (tmp_path / "orders.csv").write_text(
        f"order_id,customer_id,order_date,amount,{heading}\n" + "\n".join(rows) + "\n", "utf-8"
    )
    init(tmp_path)
    (kept,) = (int(n) for n in check(load_description(tmp_path), POLICY).tables.query("table == 'orders'")["kept"])
    assert kept == sum(marks[i % len(marks)] != left_out for i in range(300))


def test_days_that_differ_in_every_row_are_looked_at_from_first_to_last(tmp_path: Path) -> None:
    days = [datetime(2023, 1, 1) + timedelta(minutes=7 * 60 * i) for i in range(4_000)]
    rows = [f"A{i:05},c{i % 70},{day:%Y-%m-%d %H:%M},{i % 90}.5" for i, day in enumerate(days)]
    (tmp_path / "orders.csv").write_text("order_id,customer_id,order_date,amount\n" + "\n".join(rows) + "\n", "utf-8")
    (line,) = (line for line in init(tmp_path).company_toml.splitlines() if line.startswith("ordered_at"))
    assert re.search(r"days 2023-01-\d\d to 2026-03-\d\d", line), line


@pytest.mark.parametrize("heading", ["do_not_mail", "Newsletter", "Accepts Marketing", "是否接收短信", "opt_out"])
def test_a_mark_of_who_agreed_is_pointed_at(tmp_path: Path, heading: str) -> None:
    people = [f"c{i:03},Person {i},{'Y' if i % 9 else 'N'}" for i in range(200)]
    (tmp_path / "customers.csv").write_text(f"customer_id,name,{heading}\n" + "\n".join(people) + "\n", "utf-8")
    lines = [line for line in init(tmp_path).company_toml.splitlines() if heading in line and line.startswith("#")]
    assert any("Y" in line and "consents" in line for line in lines), lines
