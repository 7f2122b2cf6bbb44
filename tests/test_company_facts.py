"""Company as of a date: nothing later is read, a missing table is an empty one."""

import json
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from crmlib.border.known import first_values
from crmlib.facts.company import TablesError, company_from, read_company
from crmlib.vocabulary.schema import TABLES
from tests.small_company import complete

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
    c = company_from({"orders": ORDERS}, as_of=date(2026, 1, 31))
    assert set(c.tables.orders.order_id.execute()) == {"a", "c"}
    assert set(c.at(date(2025, 12, 31)).tables.orders.order_id.execute()) == {"c"}


def test_a_value_filled_in_later_is_not_yet_there() -> None:
    c = company_from({"orders": ORDERS, "tickets": TICKETS}, as_of=date(2026, 1, 31))
    ticket = c.tables.tickets.execute().iloc[0]
    assert ticket["first_response_at"] == datetime(2026, 1, 11)
    assert pd.isna(ticket["resolved_at"])


def test_until_does_not_look_ahead() -> None:
    with pytest.raises(TablesError, match="nothing up to 2026-03-01"):
        company_from({"orders": ORDERS}, as_of=date(2026, 1, 31)).at(date(2026, 3, 1))


def test_customers_of_unknown_age_are_kept_and_later_ones_are_not() -> None:
    customers = pd.DataFrame(
        {"customer_id": ["x", "y", "z"], "acquired_on": [date(2026, 1, 1), None, date(2026, 3, 1)]}
    )
    c = company_from({"orders": ORDERS, "customers": customers}, as_of=date(2026, 1, 31))
    assert set(c.tables.customers.customer_id.execute()) == {"x", "y"}


def test_a_missing_table_is_empty_with_the_right_columns() -> None:
    c = company_from({"orders": ORDERS}, as_of=date(2026, 1, 31))
    assert c.missing == set(TABLES) - {"orders"}
    for name, schema in TABLES.items():
        assert list(getattr(c.tables, name).columns) == list(schema.frozen)
    assert c.tables.surveys.count().execute() == 0


def test_a_frozen_folder_reads_back(tmp_path: Path) -> None:
    given = company_from({"orders": ORDERS}, as_of=date(2026, 3, 31))
    given.tables.orders.to_parquet(tmp_path / "orders.parquet")
    (tmp_path / "about.json").write_text(json.dumps({"company": "T", "currency": "GBP"}))
    with pytest.raises(TablesError, match=r"known.parquet is missing; freeze the tables again with this version$"):
        read_company(tmp_path, as_of=date(2026, 1, 31))
    complete(tmp_path)
    c = read_company(tmp_path, as_of=date(2026, 1, 31))
    assert (c.currency, c.about["business_model"]) == ("GBP", "b2c")
    assert c.tables.orders.amount.sum().execute() == 5.5
    assert c.missing == set(TABLES) - {"orders"}


def test_a_folder_without_tables_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(TablesError, match="no frozen tables here; run"):
        read_company(tmp_path, as_of=date(2026, 1, 31))
    with pytest.raises(TablesError, match="orders: unknown column amout"):
        company_from({"orders": ORDERS.rename(columns={"amount": "amout"})}, as_of=date(2026, 1, 31))


LATE = pd.DataFrame(
    {
        "order_id": ["a", "b", "c"],
        "customer_id": ["x", "y", "z"],
        "ordered_at": pd.to_datetime(["2026-01-10", "2026-01-31", "2026-01-31"]),
        "amount": [1.0, 2.0, 4.0],
        "refunded": [0.5, 1.0, None],
        "refunded_at": pd.to_datetime(["2026-01-20", "2026-02-03", None]),
        "recorded_at": pd.to_datetime(["2026-01-10", None, "2026-02-01"]),
    }
)
CASES = pd.DataFrame(
    {
        "ticket_id": ["s", "t", "u"],
        "customer_id": ["x", "x", "y"],
        "opened_at": pd.to_datetime(["2026-01-10"] * 3),
        "cause": ["material", "material", "billing"],
        "diagnosed_at": pd.to_datetime(["2026-01-12", "2026-02-05", None]),
        "reopened": [True, True, False],
        "reopened_at": pd.to_datetime(["2026-02-01", None, None]),
    }
)


def test_a_row_recorded_after_the_day_is_not_read_and_one_without_a_time_is() -> None:
    known = company_from({"orders": LATE}, as_of=date(2026, 1, 31))
    assert sorted(known.tables.orders.order_id.execute()) == ["a", "b"]
    assert sorted(company_from({"orders": LATE}, as_of=date(2026, 2, 1)).tables.orders.order_id.execute()) == list(
        "abc"
    )
    held = pd.DataFrame({"customer_id": ["x", "y"], "recorded_at": pd.to_datetime(["2026-01-05", "2026-02-05"])})
    known = company_from({"customers": held}, as_of=date(2026, 1, 31))
    assert list(known.tables.customers.customer_id.execute()) == ["x"]


def test_a_refund_a_cause_and_a_reopening_dated_after_the_day_are_not_read() -> None:
    later = company_from({"orders": LATE, "tickets": CASES}, as_of=date(2026, 2, 28))
    for known in (
        company_from({"orders": LATE, "tickets": CASES}, as_of=date(2026, 1, 31)),
        later.at(date(2026, 1, 31)),
    ):
        orders = known.tables.orders.execute().set_index("order_id")
        assert [float(v) for v in orders["refunded"]] == [0.5, 0.0], "nothing was paid back yet"
        assert orders["refunded_at"].isna().tolist() == [False, True]
        cases = known.tables.tickets.execute().set_index("ticket_id")
        assert cases["cause"].fillna("").tolist() == ["material", "", "billing"]
        assert cases["reopened"].tolist() == [False, True, False], "without a day: as recorded"
    assert later.tables.orders.refunded.isnull().sum().execute() == 1, "what is not known of an order stays so"


def test_what_has_no_day_of_its_own_is_named() -> None:
    known = company_from({"orders": LATE, "tickets": CASES}, as_of=date(2026, 2, 28))
    assert known.undated() == ()
    assert known.without("orders.refunded_at").undated() == ("orders.refunded",)
    bare = company_from({"tickets": CASES.drop(columns=["diagnosed_at", "reopened_at"])}, as_of=date(2026, 2, 28))
    assert bare.undated() == ("tickets.cause", "tickets.reopened")
    named = pd.DataFrame({"customer_id": ["x"], "region": ["East"], "phone_status": ["valid"]})
    assert company_from({"customers": named}, as_of=date(2026, 2, 28)).undated() == (
        "customers.region",
        "customers.phone",
    )


def test_a_column_that_is_mapped_and_never_held_a_value_is_told_from_one_that_is_not() -> None:
    orders = LATE.assign(channel=None)
    known = company_from({"orders": orders}, as_of=date(2026, 2, 28))
    assert (known.mapped("orders.channel"), known.knows("orders.channel")) == (True, False)
    assert (known.mapped("orders.category"), known.knows("orders.category")) == (False, False)
    assert known.mapped("orders.channel", "orders.amount")
    assert not known.without("orders.channel").mapped("orders.channel")
    assert not known.without("orders").mapped("orders.channel")


def test_a_column_is_known_from_the_day_its_first_value_was() -> None:
    first = first_values({"orders": company_from({"orders": LATE}, as_of=date(2026, 2, 28)).tables.orders})
    assert first["orders.amount"] == date(2026, 1, 10)
    assert first["orders.refunded"] == date(2026, 1, 10), "that nothing was paid back yet is known too"
    assert first["orders.refunded_at"] == date(2026, 1, 20)
    late = CASES.iloc[[1]].assign(recorded_at=pd.Timestamp("2026-01-15"), resolved_at=pd.Timestamp("2026-01-11"))
    first = first_values({"tickets": company_from({"tickets": late}, as_of=date(2026, 2, 28)).tables.tickets})
    assert "tickets.severity" not in first
    assert (first["tickets.cause"], first["tickets.resolved_at"]) == (date(2026, 2, 5), date(2026, 1, 15))
