"""Raw exports in which a column or a file is easily taken for another: drafted as somebody who knows them would."""

from pathlib import Path
from typing import Any

import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import check
from crmlib.border.propose import init
from tests.test_other_trades import N, day, drafted, fields, put
from tests.test_propose import POLICY

COUNTS = ("Guests", "Passengers", "Members", "Covers", "Party Size", "No. of Guests", "# Guests", "Guest #", "客人数")
"""What counts of people are called."""


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("who", ["Loyalty ID", "Contact Email"])
def test_a_count_of_people_is_no_customer(count: str, who: str, tmp_path: Path) -> None:
    def key(i: int) -> str:
        return f"L{700_000 + i * 7}" if who == "Loyalty ID" else f"g{i}@mail.example"

    visits: list[dict[str, Any]] = [
        {"Check #": 1000 + i, "Opened": day(i), count: 1 + i % 4, who: key(i % 90), "Total": 20.5 + i % 50}
        for i in range(N)
    ]
    put(tmp_path, "checks.csv", visits)
    put(tmp_path, "members.csv", [{"No": 1 + i, who: key(i), "Joined": day(i)} for i in range(90)])
    company = drafted(tmp_path)
    assert fields(company, "orders")["customer_id"] == who
    assert check(company, POLICY).tables.set_index("table").loc["orders", "customers"] == 90


def test_where_only_a_count_of_people_stands_nobody_is_known(tmp_path: Path) -> None:
    visits: list[dict[str, Any]] = [
        {"Check #": 1000 + i, "Opened": day(i), "Guests": 1 + i % 4, "Total": 20.5 + i % 50} for i in range(N)
    ]
    put(tmp_path, "checks.csv", visits)
    lines = init(tmp_path).lines
    assert "Guests" not in list(lines.loc[lines["field"] == "customer_id", "column"])


def test_a_few_customers_with_plain_numbers_stay_customers(tmp_path: Path) -> None:
    """Their number leads to a file of them, of which most buy."""
    put(
        tmp_path,
        "clients.csv",
        [{"Client": 1 + i, "Name": f"Firm {'abcdefghijkl'[i]}", "City": "Bonn"} for i in range(12)],
    )
    orders: list[dict[str, Any]] = [
        {"Order": 9000 + i, "Client": 1 + i % 12, "Order Date": day(i), "Amount": 10.5 + i % 7} for i in range(N)
    ]
    put(tmp_path, "orders.csv", orders)
    assert fields(drafted(tmp_path), "orders")["customer_id"] == "Client"


@pytest.mark.parametrize("called", ["Net Price", "Price", "Ext Price"])
@pytest.mark.parametrize("whole", [True, False], ids=["of the line", "of one"])
def test_a_price_that_rises_with_the_quantity_is_what_the_line_comes_to(
    called: str, whole: bool, tmp_path: Path
) -> None:
    """Within a product, whatever it is called; one that stays the same is times the quantity."""
    rows: list[dict[str, Any]] = [
        {
            "Check #": 100_000 + i // 2, "Business Date": day(i // 2), "Loyalty ID": f"L{i // 2 % 90:05}",
            "Menu Item": ("Ramen", "Beer", "Tea")[i % 3], "Qty": 1 + i // 3 % 3,
            called: (14.5, 6.5, 3.5)[i % 3] * (1 + i // 3 % 3 if whole else 1) * (0.9 if i % 11 == 0 else 1),
        }
        for i in range(2 * N)
    ]  # fmt: skip
    put(tmp_path, "items.csv", rows)
    put(tmp_path, "members.csv", [{"Loyalty ID": f"L{i:05}", "Joined": day(i)} for i in range(90)])
    company = drafted(tmp_path)
    wanted = called if whole else f'number("Qty") * number("{called}")'
    assert fields(company, "orders")["amount"] == fields(company, "lines")["amount"] == wanted
    worth = sum(float(r[called]) * (1 if whole else int(r["Qty"])) for r in rows)
    assert float(check(company, POLICY).tables.set_index("table").loc["orders", "amount"]) == pytest.approx(worth)


@pytest.mark.parametrize("file", ["intercom_conversations.csv", "export.csv"])
def test_talks_with_customers_are_cases_whose_state_is_no_region(file: str, tmp_path: Path) -> None:
    """Each row has the number of its talk; who asked is known by e-mail, and the number of the talk is nobody's."""
    talks: list[dict[str, Any]] = [
        {
            "Conversation ID": 215_400 + i, "Conversation started at": f"{day(i)} 10:00", "User name": f"Ann K{i % 90}",
            "User email": f"u{i % 90}@mail.example", "Conversation state": ("closed", "open")[i % 5 == 0],
            "Teammate assigned": ("Lea", "Tom")[i % 2], "Conversation rating": 1 + i % 5,
        }
        for i in range(N)
    ]  # fmt: skip
    put(tmp_path, file, talks)
    company = drafted(tmp_path)
    assert not company.sources("customers")
    wanted = {"ticket_id": "Conversation ID", "customer_id": "User email", "status": "Conversation state"}
    assert wanted.items() <= fields(company, "tickets").items()


@pytest.mark.parametrize("heading", ["Order State", "Ticket state", "Conversation state"])
def test_a_state_of_something_is_no_region_of_its_customer(heading: str, tmp_path: Path) -> None:
    people: list[dict[str, Any]] = [
        {"Customer ID": f"K{i:03}", "Name": f"Ann K{i}", heading: ("closed", "open")[i % 2], "Joined": day(i)}
        for i in range(90)
    ]
    put(tmp_path, "customers.csv", people)
    assert "region" not in fields(drafted(tmp_path), "customers")


def test_whoever_completed_a_course_has_not_left(tmp_path: Path) -> None:
    """A course paid for once is bought; its completion ends no contract."""
    enrolled: list[dict[str, Any]] = [
        {
            "enrollment_id": 50_000 + i, "user_id": i * 7 % 90, "course_id": 100 + i % 9, "enrolled_at": day(i),
            "price_paid": (0, 49, 99)[i % 3], "completed_at": day(i + 40) if i % 3 == 0 else "",
        }
        for i in range(N)
    ]  # fmt: skip
    put(tmp_path, "enrollments.csv", enrolled)
    put(tmp_path, "users.csv", [{"user_id": i, "email": f"u{i}@mail.example", "signup_at": day(i)} for i in range(90)])
    company = drafted(tmp_path)
    assert not company.sources("contracts")
    wanted = {
        "order_id": "enrollment_id",
        "customer_id": "user_id",
        "ordered_at": "enrolled_at",
        "amount": "price_paid",
    }
    assert wanted.items() <= fields(company, "orders").items()


INVOICES = {
    "an accounting system": (
        "account.move.csv", "Number", "Invoice Partner Display Name", "Invoice/Bill Date", "Untaxed Amount Signed", "Origin",
    ),
    "only a partner": ("invoices.csv", "Invoice Number", "Partner", "Invoice Date", "Total", "Terms"),
    "only a name": ("TransactionSearchResults.csv", "Document Number", "Name", "Date", "Amount", "Memo"),
}  # fmt: skip
"""How invoices call their number, whom they are for, their day, their amount, and something beside."""


@pytest.mark.parametrize("kind", INVOICES)
def test_whoever_has_several_invoices_is_the_customer_of_each(kind: str, tmp_path: Path) -> None:
    """And an invoice is no customer; with nothing else to tell it is a guess, and said to be one."""
    file, number, who, when, worth, beside = INVOICES[kind]
    rows: list[dict[str, Any]] = [
        {
            number: f"INV/2025/{i:05}", who: f"Bau {chr(65 + i % 45 % 26)}{chr(97 + i % 45 // 26)} GmbH", when: day(i),
            worth: (100.5 + i % 37) * (-1 if i % 12 == 0 else 1), beside: f"S{i:05}",
        }
        for i in range(N)
    ]  # fmt: skip
    put(tmp_path, file, rows)
    lines = init(tmp_path).lines.set_index(["table", "field"])
    assert lines.loc[("orders", "order_id"), "column"] == number
    assert lines.loc[("orders", "customer_id"), "column"] == who
    assert lines.loc[("orders", "amount"), "column"] == worth
    assert lines.loc[("orders", "customer_id"), "confidence"] < 0.6
    assert check(load_description(tmp_path), POLICY).tables.set_index("table").loc["orders", "customers"] == 45


def test_invoices_beside_orders_are_no_customers_either(tmp_path: Path) -> None:
    """The orders are in another file; what this one is called says accounts."""
    put(tmp_path, "sale.order.csv", [
        {"Order Reference": f"S{i:05}", "Customer": f"Bau {i % 45} GmbH", "Order Date": day(i), "Total": 100.5 + i % 37}
        for i in range(N)
    ])  # fmt: skip
    put(tmp_path, "account.move.csv", [
        {
            "Number": f"INV/2025/{i:05}", "Invoice Partner Display Name": f"Bau {i % 45} GmbH", "Invoice/Bill Date": day(i),
            "Origin": f"S{i:05}", "Untaxed Amount Signed": 100.5 + i % 37, "Status": ("Posted", "Draft")[i % 9 == 0],
        }
        for i in range(N)
    ])  # fmt: skip
    lines = init(tmp_path).lines
    assert "Number" not in list(lines.loc[lines["table"] == "customers", "column"])


def test_jobs_with_a_priority_and_a_day_on_which_they_were_done_are_cases(tmp_path: Path) -> None:
    """Though the file is called one of orders, and some have cost something."""
    jobs: list[dict[str, Any]] = [
        {
            "WO #": 1 + i, "Tenant Code": f"t{i % 90:04}", "Priority": ("Emergency", "Normal", "Low")[i % 3],
            "Status": ("Completed", "Scheduled")[i % 9 == 0], "Call Date": f"{day(i)} 10:00",
            "Date Completed": day(i + 4) if i % 9 else "", "Pay Amount": 40.5 + i % 300 if i % 9 else "",
        }
        for i in range(N)
    ]  # fmt: skip
    put(tmp_path, "Work Orders.csv", jobs)
    company = drafted(tmp_path)
    assert not company.sources("orders")
    wanted = {
        "ticket_id": "WO #",
        "customer_id": "Tenant Code",
        "resolved_at": "Date Completed",
        "severity": "Priority",
    }
    assert wanted.items() <= fields(company, "tickets").items()


@pytest.mark.parametrize("shops", [1, 3])
def test_a_receipt_number_that_begins_again_counts_with_its_day_and_shop(shops: int, tmp_path: Path) -> None:
    """Rows without a card are left out and said to be; a visit of a card is an order, and not all of its visits one."""
    rows: list[dict[str, Any]] = []
    visits = 0
    for i in range(900):
        shop, place = i % shops, i // shops
        card = f"L{i * 7 % 90:05}" if i % 5 < 2 else ""
        visits += bool(card)
        rows += [
            {
                "Location": f"Shop {'abc'[shop]}", "Business Date": day(place // 6), "Check #": place % 6 + 1,
                "Menu Item": ("Ramen", "Beer", "Tea")[k], "Qty": 1 + i % 2, "Net Price": 3.5 + k, "Loyalty ID": card,
            }
            for k in range(1 + i % 3)
        ]  # fmt: skip
    put(tmp_path, "items.csv", rows)
    put(tmp_path, "members.csv", [{"Loyalty ID": f"L{i:05}", "Joined": day(i)} for i in range(90)])
    company = drafted(tmp_path)
    (orders,) = company.sources("orders")
    assert orders.fields["customer_id"] == "Loyalty ID" != orders.fields["order_id"]
    assert all(f'"{h}"' in orders.fields["order_id"] for h in ("Business Date", "Check #"))
    assert ('"Location"' in orders.fields["order_id"]) == (shops > 1)
    assert any("Loyalty ID" in test for test in orders.filter.values())
    assert check(company, POLICY).tables.set_index("table").loc["orders", "rows"] == visits


@pytest.mark.parametrize("heading", ["item kinds", "宝贝种类"])
def test_how_many_kinds_there_were_is_no_category(heading: str, tmp_path: Path) -> None:
    orders: list[dict[str, Any]] = [
        {"order_id": f"O{i:05}", "customer_id": f"c{i % 90:04}", "order_date": day(i), "amount": 100.5 + i % 50,
         heading: 1 + i % 3}
        for i in range(N)
    ]  # fmt: skip
    put(tmp_path, "orders.csv", orders)
    assert "category" not in fields(drafted(tmp_path), "orders")


@pytest.mark.parametrize("many", [True, False], ids=["owners", "staff"])
def test_owners_who_are_many_bought_what_they_own(many: bool, tmp_path: Path) -> None:
    """A few look after it; they are no customers."""
    sold: list[dict[str, Any]] = [
        {
            "VIN": f"WVW{i:08}", "Model": "Golf", "Owner ID": f"CU{i * 2 // 3 if many else i % 4:05}", "Sold Date": day(i),
            "Owner Email": f"o{i * 2 // 3 if many else i % 4}@mail.example", "Sale Price": 18_000 + i * 10,
        }
        for i in range(N)
    ]  # fmt: skip
    put(tmp_path, "vehicle_sales.csv", sold)
    lines = init(tmp_path).lines
    found = list(lines.loc[(lines["table"] == "orders") & (lines["field"] == "customer_id"), "column"])
    assert found == (["Owner ID"] if many else [])
