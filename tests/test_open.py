"""The front door: three lines for an analyst with a frame, and one clear line for what is wrong with it."""

import doctest
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import crmlib
from crmlib.facts import opening, purchases
from crmlib.facts.company import Company
from crmlib.measures import rfm
from crmlib.vocabulary.policy import Policy
from tests.conftest import TEACHING

ORDERS = pd.DataFrame(
    {
        "customer_id": ["a", "a", "b"],
        "ordered_at": ["2026-08-01", "2026-10-20", "2026-03-15"],
        "amount": [120.0, 80.0, 35.5],
    }
)
DAY = "2026-10-31"


def polars(frame: pd.DataFrame) -> Any:
    return pytest.importorskip("polars").from_pandas(frame)


class Capsule:
    """Whatever it is, it speaks Arrow."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._held = pa.Table.from_pandas(frame)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._held.__arrow_c_stream__(requested_schema)


def orders_of(source: Any, **more: Any) -> pd.DataFrame:
    rows = purchases.orders(crmlib.open(source, as_of=DAY, **more)).execute()
    return rows.sort_values("at", ignore_index=True)


@pytest.mark.parametrize("kind", [pd.DataFrame, pa.Table.from_pandas, polars, Capsule, lambda f: {"orders": f}])
def test_three_lines_make_a_table_of_scores_of_any_frame(kind: Callable[[pd.DataFrame], Any]) -> None:
    c = crmlib.open(kind(ORDERS), as_of=DAY)
    scores = rfm.scores(c).execute().set_index("customer_id")
    assert scores["days_since_last"].to_dict() == {"a": 11, "b": 230}
    assert scores["revenue"].to_dict() == {"a": Decimal("200.0000"), "b": Decimal("35.5000")}


def test_a_frozen_folder_opens_too(teaching: Company) -> None:
    c = crmlib.open(str(TEACHING / "tables"), as_of=date(2026, 9, 30))
    assert c.currency == teaching.currency
    assert c.tables.orders.count().execute() == teaching.at(date(2026, 9, 30)).tables.orders.count().execute()


@pytest.mark.parametrize(
    ("ids", "texts"),
    [
        ([3, 1, 2], ["3", "1", "2"]),
        ([3.0, 1.0, 2.0], ["3", "1", "2"]),
        (["003", "é", "用户"], ["003", "é", "用户"]),
        ([3, "x", Decimal(2)], ["3", "x", "2"]),
        (pd.Categorical(["a", "b", "a"]), ["a", "b", "a"]),
        (np.array([2**62, 1, 2], dtype="int64"), [str(2**62), "1", "2"]),
    ],
)
def test_ids_of_any_kind_become_text(ids: Any, texts: list[str]) -> None:
    rows = orders_of(ORDERS.assign(customer_id=ids, ordered_at=["2026-01-01", "2026-01-02", "2026-01-03"]))
    assert rows["customer_id"].tolist() == texts
    assert rows["order_id"].tolist() == ["1", "2", "3"], "made where the frame has none"


@pytest.mark.parametrize(
    "amounts",
    [[0.1, 0.2, 1234567.89], [Decimal("0.1"), Decimal("0.2"), Decimal("1234567.89")], ["0.1", "0.2", "1,234,567.89"]],
)
def test_money_is_exact_however_it_comes(amounts: list[Any]) -> None:
    rows = orders_of(ORDERS.assign(amount=amounts, ordered_at=["2026-01-01", "2026-01-02", "2026-01-03"]))
    assert rows["net"].tolist() == [0.1, 0.2, 1234567.89], "in pandas the nearest numbers that there are"


@pytest.mark.parametrize(
    "moments",
    [
        ["2026-01-31", "2026-10-31 23:59", "2026年3月1日"],
        [date(2026, 1, 31), date(2026, 10, 31), date(2026, 3, 1)],
        pd.to_datetime(["2026-01-31 00:00", "2026-10-31 23:59", "2026-03-01 08:00"]),
        pd.to_datetime(["2026-01-31 00:00", "2026-10-31 23:59", "2026-03-01 08:00"]).tz_localize("Asia/Shanghai"),
    ],
)
def test_days_are_read_as_they_show_themselves(moments: Any) -> None:
    rows = orders_of(ORDERS.assign(ordered_at=moments))
    assert [f"{d:%Y-%m-%d}" for d in rows["day"]] == ["2026-01-31", "2026-03-01", "2026-10-31"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({}, "no table given; expected one or more of: customers, orders"),
        ({"order": ORDERS}, "'order': no such table; did you mean 'orders'?"),
        ({"orders": [1, 2]}, "orders: expected a pandas, Polars or Arrow frame, found list"),
        (17, "orders: expected a pandas, Polars or Arrow frame, found int"),
        (ORDERS.rename(columns={"amount": "amuont"}), "orders: unknown column 'amuont'; did you mean 'amount'?"),
        (ORDERS.assign(colour="red"), "orders: unknown column 'colour' (there are: order_id, customer_id"),
        (ORDERS.drop(columns="ordered_at"), "orders: column 'ordered_at' is missing; found: customer_id, amount"),
        (
            ORDERS.assign(customer_id=["a", None, "b"]),
            "orders: column 'customer_id', row 2 of the frame: nothing stands here",
        ),
        (
            ORDERS.assign(customer_id=[1.0, 2.0, np.nan]),
            "column 'customer_id', row 3 of the frame: nothing stands here",
        ),
        (ORDERS.assign(customer_id=["a", " ", ""]), "row 2 of the frame: nothing stands here (and in 1 more rows)"),
        (ORDERS.assign(amount=[1.0, np.nan, 2.0]), "orders: column 'amount', row 2 of the frame: nothing stands here"),
        (ORDERS.assign(amount=[1.0, np.inf, 2.0]), "orders: column 'amount', row 2 of the frame: 'inf' is no number"),
        (ORDERS.assign(amount=["1", "two", "3"]), "orders: column 'amount', row 2 of the frame: 'two' is no number"),
        (ORDERS.assign(amount=["1", "$2", "3"]), "'$2' names another currency than CNY"),
        (ORDERS.assign(ordered_at="03/04/2026"), "'03/04/2026' could be read two ways (2026-04-03 / 2026-03-04)"),
        (ORDERS.assign(order_id=["x", "y", "x"]), "orders: order_id 'x' stands in rows 1 and 3 of the frame"),
        ({"customers": pd.DataFrame({"customer_id": ["a"], "email": ["a@x.example"]})}, "give email_status (missing"),
        ({"customers": pd.DataFrame({"customer_id": ["a"], "type": ["robot"]})}, "'robot' is none of: person, company"),
        (
            {"customers": pd.DataFrame({"customer_id": ["a"], "email_status": ["ok"]})},
            "'ok' is none of: missing, invalid",
        ),
    ],
)
def test_what_is_wrong_is_one_line_that_says_where(source: Any, says: str) -> None:
    with pytest.raises(crmlib.CrmlibError) as raised:
        crmlib.open(source, as_of=DAY)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_rows_make_a_company_of_which_nothing_is_known() -> None:
    c = crmlib.open(ORDERS.head(0), as_of=DAY)
    assert not c.knows("orders.amount")
    assert len(rfm.scores(c).execute()) == 0


def test_the_day_is_asked_for_and_understood() -> None:
    with pytest.raises(TypeError, match="as_of"):
        crmlib.open(ORDERS)  # type: ignore[call-arg]
    with pytest.raises(crmlib.CrmlibError, match=r"as_of: expected a day such as .*, found .31\."):
        crmlib.open(ORDERS, as_of="31.10.2026")
    days = {crmlib.open(ORDERS, as_of=d).as_of for d in (DAY, date(2026, 10, 31), datetime(2026, 10, 31, 9))}
    assert days == {date(2026, 10, 31)}
    assert len(orders_of(ORDERS.assign(ordered_at="2026-11-01"))) == 0, "nothing after the day"


def test_a_policy_comes_as_itself_or_as_its_file(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[tiers]\nnew_days = 7\n")
    own = crmlib.open(ORDERS, as_of=DAY, policy=tmp_path / "policy.toml")
    assert own.policy.tiers.new_days == 7
    assert crmlib.open(ORDERS, as_of=DAY, policy=own.policy).policy is own.policy
    assert crmlib.open(ORDERS, as_of=DAY, policy=None).policy == Policy.model_validate({})
    with pytest.raises(crmlib.CrmlibError, match=r"none\.toml"):
        crmlib.open(ORDERS, as_of=DAY, policy=str(tmp_path / "none.toml"))


def test_a_relation_of_the_engine_is_a_frame_too() -> None:
    made = duckdb.sql("select 7 as customer_id, timestamp '2026-10-01 10:00' as ordered_at, 3.50 as amount")
    assert orders_of(made)["customer_id"].tolist() == ["7"]


def test_what_is_given_is_not_changed() -> None:
    before = ORDERS.copy(deep=True)
    crmlib.open(ORDERS, as_of=DAY)
    pd.testing.assert_frame_equal(ORDERS, before)


def test_to_import_it_loads_nothing_heavy() -> None:
    heavy = "{'pandas', 'numpy', 'pyarrow', 'ibis', 'duckdb', 'scipy', 'matplotlib', 'seaborn', 'IPython', 'pydantic', 'babel'}"
    code = f"import sys, crmlib; dir(crmlib); print(*({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_example_of_its_docstring_runs() -> None:
    tried = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for example in doctest.DocTestFinder(recurse=False).find(opening.open, "open", globs={}):
        tried.run(example)
    assert tried.summarize(verbose=False).failed == 0
    assert tried.tries > 3


def test_a_company_shows_itself_in_one_line() -> None:
    c = crmlib.open(ORDERS, as_of=DAY, currency="EUR")
    assert repr(c) == "<company as known on 2026-10-31: orders; EUR>"
