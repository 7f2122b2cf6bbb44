"""Company as of a date: nothing later is read, a missing table is an empty one."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import ibis
import pandas as pd
import pytest

from crmlib.border.known import first_values
from crmlib.facts import purchases
from crmlib.facts.company import Company, TablesError, company_from, read_company
from crmlib.vocabulary.policy import Policy
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


def test_the_engine_shows_no_progress_among_the_outputs_of_a_cell(teaching: Company) -> None:
    engine = teaching.tables.orders.get_backend()
    assert engine.raw_sql("select current_setting('enable_progress_bar')").fetchall() == [(False,)]


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


def test_a_day_ends_with_its_last_moment_for_records_and_their_pairs_too() -> None:
    records = pd.DataFrame({
        "record_id": list("abcd"), "customer_id": list("abcd"), "acquired_on": [date(2026, 1, 31), date(2026, 2, 1), None, None],
        "recorded_at": pd.to_datetime(["2026-01-31 23:59:59", None, "2026-02-01 00:00:00", None]),
    })  # fmt: skip
    links = pd.DataFrame({"record_a": list("aabd"), "record_b": list("dbdc"), "probability": 0.9})
    c = company_from({"records": records, "links": links}, as_of=date(2026, 1, 31))
    assert sorted(c.tables.records.record_id.execute()) == ["a", "d"]
    pairs = c.tables.links.execute()
    assert pairs[["record_a", "record_b"]].to_numpy().tolist() == [["a", "d"]]
    assert c.about["records_compared"] == "yes"
    assert company_from({}, as_of=date(2026, 1, 31)).about["records_compared"] == ""


def test_a_later_value_is_there_on_its_day_and_not_the_day_before() -> None:
    for day, there in ((date(2026, 2, 2), True), (date(2026, 2, 1), False)):
        ticket = company_from({"tickets": TICKETS}, as_of=day).tables.tickets.execute().iloc[0]
        assert pd.notna(ticket["resolved_at"]) == there
    paid_back = LATE.assign(
        refunded_at=pd.to_datetime(["2026-02-01 00:00:00", "2026-01-31 23:59:59", None]), recorded_at=pd.NaT
    )
    orders = company_from({"orders": paid_back}, as_of=date(2026, 1, 31)).tables.orders.execute().set_index("order_id")
    assert [None if pd.isna(v) else float(v) for v in orders["refunded"]] == [0.0, 1.0, None]


def test_a_company_tells_what_it_has_and_is_the_same_only_on_its_own_day() -> None:
    c = company_from({"orders": ORDERS, "tickets": TICKETS}, as_of=date(2026, 1, 31), currency="GBP")
    assert repr(c) == "<company as known on 2026-01-31: orders, tickets; GBP>"
    assert repr(c.without("tickets")) == "<company as known on 2026-01-31: orders; GBP>"
    assert c.at(date(2026, 1, 31)) is c
    assert c.at(date(2026, 1, 1)) is c.at(date(2026, 1, 1))
    assert c.at(date(2026, 1, 1)).as_of == date(2026, 1, 1)
    assert c.revenue_model == "orders"


def test_what_is_hidden_is_neither_known_nor_mapped() -> None:
    c = company_from({"orders": ORDERS, "tickets": TICKETS}, as_of=date(2026, 1, 31))
    assert c.knows("orders", "tickets.opened_at")
    assert not c.knows("orders", "surveys")
    assert not c.knows("surveys.score")
    assert not c.knows("tickets.resolved_at"), "no value by the day"
    assert c.under(c.policy).at(date(2025, 12, 1)).knows("orders.amount")
    assert not c.at(date(2025, 11, 30)).knows("orders.amount")
    no_table, no_column = c.without("tickets"), c.without("tickets.opened_at")
    assert not no_table.knows("tickets")
    assert not no_table.knows("tickets.opened_at")
    assert not no_table.mapped("tickets.opened_at")
    assert no_column.knows("tickets", "tickets.first_response_at")
    assert not no_column.knows("tickets.opened_at")
    assert c.mapped("tickets.opened_at", "orders.amount")
    assert not c.mapped("tickets.opened_at", "orders.margin")
    assert no_column.tables.tickets.count().execute() == c.tables.tickets.count().execute()
    assert no_table.tables.tickets.count().execute() == 0


def test_money_is_exact_to_four_digits_however_it_comes() -> None:
    amounts = [0.1, Decimal("0.2"), 3, None]
    frame = pd.DataFrame({"order_id": list("abcd"), "customer_id": "x", "ordered_at": pd.Timestamp("2026-01-01")})
    c = company_from({"orders": frame.assign(amount=pd.Series(amounts, dtype=object))}, as_of=date(2026, 1, 31))
    made = c.tables.orders.order_by("order_id").amount.to_pyarrow().to_pylist()
    assert made == [Decimal("0.1"), Decimal("0.2"), Decimal(3), None]
    assert made[0].as_tuple().exponent == -4


def test_a_fact_is_worked_out_once_for_a_company_and_its_policy() -> None:
    c = company_from({"orders": ORDERS}, as_of=date(2026, 1, 31))
    assert purchases.orders(c) is purchases.orders(c)
    assert purchases.orders(c.under(c.policy)) is not purchases.orders(c)
    assert purchases.orders.__name__ == "orders"


def test_a_frozen_folder_lacks_no_column_and_its_facts_are_views(tmp_path: Path) -> None:
    given = company_from({"orders": ORDERS}, as_of=date(2026, 3, 31))
    given.tables.orders.to_parquet(tmp_path / "orders.parquet")
    (tmp_path / "about.json").write_text("{}")
    complete(tmp_path)
    c = read_company(tmp_path, as_of=date(2026, 1, 31))
    days = purchases.days(c)
    assert (
        days.order_by("customer_id").net.to_pyarrow().to_pylist() == [Decimal(4), Decimal("1.5")]
        or days.count().execute() == 2
    )
    assert days.schema() == purchases.days(given).schema()
    assert "purchases_days" in ibis.to_sql(days)
    assert c.policy == given.policy
    stricter = Policy.model_validate({"statistics": {"min_n": 3}})
    assert read_company(tmp_path, as_of=date(2026, 1, 31), policy=stricter).policy == stricter
    assert c.knows("orders.amount")
    assert not c.knows("orders.refunded")
    given.tables.orders.drop("margin").to_parquet(tmp_path / "orders.parquet")
    with pytest.raises(TablesError, match=r"orders.parquet: column margin is missing; freeze the tables again"):
        read_company(tmp_path, as_of=date(2026, 1, 31))
