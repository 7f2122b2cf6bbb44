"""Folders of other trades and tongues are drafted as somebody who knows them would: each once went wrong without a word."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from crmlib.border.company import Description, load_description
from crmlib.border.ingest import check
from tests.test_propose import POLICY, init

FIRST = date(2025, 1, 1)
N = 400


def day(i: int) -> str:
    return (FIRST + timedelta(days=i % 360)).isoformat()


def put(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    pd.DataFrame(rows).to_csv(folder / name, index=False)


def drafted(folder: Path) -> Description:
    init(folder)
    return load_description(folder)


def fields(company: Description, table: str) -> dict[str, str]:
    (source,) = company.sources(table)
    return dict(source.fields)


def trade(folder: Path) -> float:
    """A wholesaler as databases teach it: no amount on its orders, prices and shares taken off on their lines, and other people's
    files beside. What its orders are worth.
    """
    firms = [{"CustomerID": f"K{i:03}", "CompanyName": f"Firm {i}", "City": f"Town {i % 9}"} for i in range(80)]
    orders = [
        {"OrderID": 9000 + i, "CustomerID": f"K{i % 80:03}", "OrderDate": day(i), "ShipVia": i % 3 + 1}
        for i in range(N)
    ]
    details = [
        {
            "OrderID": 9000 + i // 2, "ProductID": i % 20 + 1, "UnitPrice": 2.5 + i % 7, "Quantity": i % 5 + 1,
            "Discount": (i % 4) / 10,
        }
        for i in range(2 * N)
    ]  # fmt: skip
    put(folder, "customers.csv", firms)
    put(folder, "orders.csv", orders)
    put(folder, "order_details.csv", details)
    put(folder, "products.csv", [{"ProductID": i + 1, "ProductName": f"P {i}", "CategoryID": i % 4} for i in range(20)])
    put(folder, "categories.csv", [{"CategoryID": i, "CategoryName": f"Kind {i}"} for i in range(4)])
    put(
        folder, "employees.csv",
        [{"EmployeeID": i, "LastName": f"L{i}", "FirstName": f"F{i}", "City": f"Town {i % 3}"} for i in range(40)],
    )  # fmt: skip
    put(
        folder, "suppliers.csv",
        [{"SupplierID": i, "CompanyName": f"S{i}", "City": f"Town {i % 3}", "Phone": f"030-{55000 + i}"} for i in range(40)],
    )  # fmt: skip
    return sum(d["UnitPrice"] * d["Quantity"] * (1 - d["Discount"]) for d in details)


def test_orders_without_an_amount_are_worth_their_lines(tmp_path: Path) -> None:
    worth = trade(tmp_path)
    company = drafted(tmp_path)
    assert fields(company, "lines")["category"] == "CategoryName"
    found = check(company, POLICY).tables.set_index("table")
    assert found.loc["orders", ["rows", "customers"]].tolist() == [N, 80]
    assert float(found.loc["orders", "amount"]) == pytest.approx(worth, abs=0.01 * N)


def test_staff_and_suppliers_are_no_customers(tmp_path: Path) -> None:
    trade(tmp_path)
    assert check(drafted(tmp_path), POLICY).tables.set_index("table").loc["customers", "rows"] == 80


@pytest.mark.parametrize("nobody", ["0", "guest", "散客"])
def test_whoever_has_no_number_is_not_one_customer(nobody: str, tmp_path: Path) -> None:
    who = [nobody if i % 3 == 0 else f"{700 + i % 90}" for i in range(N)]
    rows = [{"order_id": f"A{i}", "customer_id": who[i], "order_date": day(i), "amount": 10.5 + i} for i in range(N)]
    put(tmp_path, "orders.csv", rows)
    found = check(drafted(tmp_path), POLICY).tables.set_index("table").loc["orders"]
    assert found["rows"] == sum(w != nobody for w in who)
    assert found["filtered"] == who.count(nobody)


def test_guests_are_told_apart_by_their_address(tmp_path: Path) -> None:
    rows = [
        {
            "order_id": f"A{i}", "customer_user": 0 if i % 3 == 0 else 700 + i % 90, "billing_email": f"c{i % 90}@shop.example",
            "order_date": day(i), "order_total": 10.5 + i,
        }
        for i in range(N)
    ]  # fmt: skip
    put(tmp_path, "orders.csv", rows)
    company = drafted(tmp_path)
    assert fields(company, "orders")["customer_id"] == "billing_email"
    assert check(company, POLICY).tables.set_index("table").loc["orders", ["rows", "customers"]].tolist() == [N, 90]


def test_movements_of_an_account_are_use_and_no_sales_and_the_account_is_a_contract(tmp_path: Path) -> None:
    moved = [
        {
            "Transaction ID": i, "Account": f"DE{i % 90:08}", "Booking date": day(i), "Amount": (-1) ** i * (5.5 + i % 40),
            "Balance": 100.25 + i,
        }
        for i in range(N)
    ]  # fmt: skip
    accounts = [
        {
            "Account": f"DE{i:08}",
            "Opened": f"2019-03-{1 + i % 28:02}",
            "Closed": day(i) if i % 5 == 0 else "",
            "Product": "Giro",
        }
        for i in range(90)
    ]
    put(tmp_path, "transactions.csv", moved)
    put(tmp_path, "accounts.csv", accounts)
    company = drafted(tmp_path)
    assert not company.sources("orders")
    assert fields(company, "activity")["customer_id"] == "Account"
    assert {"started_on": "Opened", "ended_on": "Closed"}.items() <= fields(company, "contracts").items()


def test_a_day_that_all_customers_share_is_none_on_which_they_came(tmp_path: Path) -> None:
    people = [
        {"customer_id": i, "first_name": f"F{i}", "last_name": f"L{i}", "create_date": "2024-02-14"} for i in range(90)
    ]
    put(tmp_path, "customer.csv", people)
    found = init(tmp_path).company_toml
    assert "\nacquired_on" not in found
    assert "# create_date is the same in all rows" in found


def test_where_a_few_name_a_company_the_others_are_persons(tmp_path: Path) -> None:
    people = [
        {"CustomerId": i, "FirstName": f"F{i}", "LastName": f"L{i}", "Company": f"Firm {i}" if i % 4 == 0 else ""}
        for i in range(90)
    ]
    put(tmp_path, "Customer.csv", people)
    company = drafted(tmp_path)
    assert company.business_model == "b2c"
    assert fields(company, "customers")["type"].startswith("case when")


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        (
            {"commandes.csv": ("N° client", "Numéro de commande", "Date de commande", "Montant TTC")},
            {"customer_id": "N° client", "ordered_at": "Date de commande", "amount": "Montant TTC"},
        ),
        (
            {"ventas.csv": ("Cliente", "Nº Factura", "Fecha", "Importe")},
            {"customer_id": "Cliente", "order_id": "Nº Factura", "ordered_at": "Fecha", "amount": "Importe"},
        ),
        (
            {"Aufträge.csv": ("Kundennummer", "Auftragsnummer", "Datum", "Betrag")},
            {"customer_id": "Kundennummer", "order_id": "Auftragsnummer", "ordered_at": "Datum", "amount": "Betrag"},
        ),
    ],
)
def test_headings_with_accents_are_words_too(
    files: dict[str, tuple[str, ...]], wanted: dict[str, str], tmp_path: Path
) -> None:
    for name, (who, order, when, paid) in files.items():
        put(tmp_path, name, [{who: f"C{i % 90:03}", order: i, when: day(i), paid: 10.5 + i} for i in range(N)])
    assert wanted.items() <= fields(drafted(tmp_path), "orders").items()


def test_members_with_an_end_are_contracts_too(tmp_path: Path) -> None:
    members = [
        {
            "Mitgliedsnummer": f"M{i:04}", "Vorname": f"F{i}", "Nachname": f"L{i}", "Eintritt": day(i),
            "Kündigung zum": "2026-01-31" if i % 4 == 0 else "", "Tarif": "Basis" if i % 2 else "Premium", "Monatsbeitrag": 29.5,
        }
        for i in range(90)
    ]  # fmt: skip
    put(tmp_path, "Mitglieder.csv", members)
    wanted = {"started_on": "Eintritt", "ended_on": "Kündigung zum", "plan": "Tarif", "amount": "Monatsbeitrag"}
    assert wanted.items() <= fields(drafted(tmp_path), "contracts").items()


def test_who_asked_is_told_by_an_address_and_not_by_a_name_that_two_may_have(tmp_path: Path) -> None:
    rows = [
        {
            "Id": i, "Requester": f"{'ABCDEFGH'[i % 8]}nn {'KLM'[i % 3]}ord", "Requester email": f"r{i % 90}@firm.example",
            "Status": "Solved", "Priority": "High", "Created at": day(i), "Solved at": day(i),
        }
        for i in range(N)
    ]  # fmt: skip
    put(tmp_path, "tickets.csv", rows)
    assert fields(drafted(tmp_path), "tickets")["customer_id"] == "Requester email"


def test_a_form_that_asks_whether_one_would_recommend_is_a_survey(tmp_path: Path) -> None:
    asked = "How likely is it that you would recommend us to a friend or colleague?"
    rows = [
        {
            "Timestamp": f"{day(i)} 10:00:00",
            "Email Address": f"r{i % 90}@mail.example",
            asked: i % 11,
            "Why?": f"because {i}",
        }
        for i in range(N)
    ]
    put(tmp_path, "Form Responses 1.csv", rows)
    found = fields(drafted(tmp_path), "surveys")
    assert (found["score"], found["instrument"], found["customer_id"]) == (asked, "'nps'", "Email Address")


def test_a_card_leads_to_who_holds_it(tmp_path: Path) -> None:
    cards = [
        {
            "card_no": f"LC{i:05}",
            "first_name": f"F{i}",
            "last_name": f"L{i}",
            "dob": "1980-01-01",
            "email": f"c{i}@m.example",
        }
        for i in range(90)
    ]
    points = [
        {"card_no": f"LC{i % 90:05}", "booking_date": day(i), "points": i % 50, "receipt_total": 10.5 + i}
        for i in range(N)
    ]
    put(tmp_path, "cards.csv", cards)
    put(tmp_path, "points.csv", points)
    found = fields(drafted(tmp_path), "orders")
    assert (found["customer_id"], found["amount"]) == ("card_no", "receipt_total")


def test_when_an_invoice_is_due_is_no_promise_to_deliver(tmp_path: Path) -> None:
    rows = [
        {
            "invoice_no": f"R{i}",
            "customer_id": f"C{i % 90}",
            "invoice_date": day(i),
            "due_date": day(i + 14),
            "amount": 9.5 + i,
        }
        for i in range(N)
    ]
    put(tmp_path, "invoices.csv", rows)
    assert "promised_at" not in fields(drafted(tmp_path), "orders")


def test_two_systems_that_write_addresses_in_capitals_or_not_have_the_same_customers(tmp_path: Path) -> None:
    people = [
        {
            "ContactID": 500 + i,
            "Full Name": f"Ann {'abcdefghi'[i % 9]}ord",
            "E-Mail": f"C{i}@X.example",
            "Created": "2024-05-05",
        }
        for i in range(90)
    ]
    put(tmp_path, "crm_contacts.csv", people)
    rows = [
        {"order_number": i, "buyer_email": f"c{i % 90}@x.example", "placed_at": day(i), "grand_total": 9.5 + i}
        for i in range(N)
    ]
    put(tmp_path, "shop_orders.csv", rows)
    company = drafted(tmp_path)
    found = check(company, POLICY).tables.set_index("table")
    assert found.loc[["customers", "orders"], "customers"].tolist() == [90, 90]
    assert fields(company, "customers")["customer_id"] == "E-Mail"


def test_days_that_a_spreadsheet_counts_are_days_in_a_text_file_too(tmp_path: Path) -> None:
    rows = [
        {"Doc": i, "Customer": f"D{i % 90:03}", "Posting Date": 45_292 + i, "Net Amount": f"{9.5 + i:.2f}"}
        for i in range(N)
    ]
    put(tmp_path, "Sales.csv", rows)
    found = check(drafted(tmp_path), POLICY).tables.set_index("table").loc["orders"]
    assert (found["first"], found["rows"]) == (date(2024, 1, 1), N)


@pytest.mark.parametrize(
    ("who", "order", "when", "paid"),
    [("會員編號", "訂單編號", "訂單日期", "實付金額"), ("顧客番号", "注文番号", "注文日時", "購入金額")],
)
def test_signs_of_taiwan_and_japan_are_read(who: str, order: str, when: str, paid: str, tmp_path: Path) -> None:
    put(tmp_path, "rows.csv", [{order: f"T{i}", who: f"M{i % 90:03}", when: day(i), paid: 9.5 + i} for i in range(N)])
    wanted = {"customer_id": who, "order_id": order, "ordered_at": when, "amount": paid}
    assert wanted.items() <= fields(drafted(tmp_path), "orders").items()
