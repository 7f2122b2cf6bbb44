"""Company as of a date: nothing later is read, a missing table is an empty one."""

import json
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from crmlib.facts.company import TablesError, company_from, read_company
from crmlib.vocabulary.schema import TABLES

ORDERS = pd.DataFrame(
    {
        "order_id": ["a", "b", "c"],
        "customer_id": ["x", "x", "y"],
        "ordered_at": pd.to_datetime(["2026-01-31 23:59:59", "2026-02-01 00:00:00", "2025-12-01 00:00:00"]),
        "amount": [1.5, 2.0, 4.0],
    }
)
TICKETS = pd.DataFrame(
    {
        "ticket_id": ["t"],
        "customer_id": ["x"],
        "opened_at": pd.to_datetime(["2026-01-10"]),
        "first_response_at": pd.to_datetime(["2026-01-11"]),
        "resolved_at": pd.to_datetime(["2026-02-02"]),
    }
)


def test_rows_after_the_day_are_not_read_and_its_last_second_is() -> None:
    tables = company_from({"orders": ORDERS}, as_of=date(2026, 1, 31))
    assert set(tables.tables.orders.order_id.execute()) == {"a", "c"}
    assert set(tables.at(date(2025, 12, 31)).tables.orders.order_id.execute()) == {"c"}


def test_a_value_filled_in_later_is_not_yet_there() -> None:
    tables = company_from({"orders": ORDERS, "tickets": TICKETS}, as_of=date(2026, 1, 31))
    ticket = tables.tables.tickets.execute().iloc[0]
    assert ticket["first_response_at"] == datetime(2026, 1, 11)
    assert pd.isna(ticket["resolved_at"])


def test_until_does_not_look_ahead() -> None:
    with pytest.raises(TablesError, match="nothing up to 2026-03-01"):
        company_from({"orders": ORDERS}, as_of=date(2026, 1, 31)).at(date(2026, 3, 1))


def test_customers_of_unknown_age_are_kept_and_later_ones_are_not() -> None:
    customers = pd.DataFrame(
        {"customer_id": ["x", "y", "z"], "acquired_on": [date(2026, 1, 1), None, date(2026, 3, 1)]}
    )
    tables = company_from({"orders": ORDERS, "customers": customers}, as_of=date(2026, 1, 31))
    assert set(tables.tables.customers.customer_id.execute()) == {"x", "y"}


def test_a_missing_table_is_empty_with_the_right_columns() -> None:
    tables = company_from({"orders": ORDERS}, as_of=date(2026, 1, 31))
    assert tables.missing == set(TABLES) - {"orders"}
    for name, schema in TABLES.items():
        assert list(getattr(tables.tables, name).columns) == list(schema.frozen)
    assert tables.tables.surveys.count().execute() == 0


def test_a_frozen_folder_reads_back(tmp_path: Path) -> None:
    given = company_from({"orders": ORDERS}, as_of=date(2026, 3, 31))
    given.tables.orders.to_parquet(tmp_path / "orders.parquet")
    (tmp_path / "about.json").write_text(json.dumps({"company": "T", "currency": "GBP"}))
    tables = read_company(tmp_path, as_of=date(2026, 1, 31))
    assert (tables.currency, tables.about["business_model"]) == ("GBP", "b2c")
    assert tables.tables.orders.amount.sum().execute() == 5.5
    assert tables.missing == set(TABLES) - {"orders"}


def test_a_folder_without_tables_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(TablesError, match=r"no frozen tables here \(orders.parquet is missing\)"):
        read_company(tmp_path, as_of=date(2026, 1, 31))
    with pytest.raises(TablesError, match="orders: unknown column amout"):
        company_from({"orders": ORDERS.rename(columns={"amount": "amout"})}, as_of=date(2026, 1, 31))
