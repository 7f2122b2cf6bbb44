"""Causes by the margin at stake: codes of many words become kinds, the surest source counts, and texts are not read."""

from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import company_from
from crmlib.measures import causes
from crmlib.teaching.service import KIND_CAUSE, STATED
from crmlib.vocabulary import language
from crmlib.vocabulary.causes import KINDS
from crmlib.vocabulary.labels import code_label

AS_OF = date(2026, 10, 31)


def tickets(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "cause", "opened_at"])
    return frame.assign(opened_at=pd.to_datetime(frame["opened_at"]), ticket_id=[f"t{i}" for i in range(len(rows))])


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Price", "price"), ("too expensive", "price"), ("价格太高", "price"), ("carrier_delay", "delivery"),
        ("客服态度", "service"),
        ("slow_answer", "service"), ("product fault", "product"), ("need_ended", "need_ended"), ("competitor", "competitor"),
        ("weather", None),
    ],
)  # fmt: skip
def test_a_companys_own_word_becomes_a_kind_or_is_no_cause(word: str, kind: str | None) -> None:
    c = company_from({"tickets": tickets(("a", word, "2026-09-01"))}, as_of=AS_OF)
    assert causes.of(c).to_pandas()["cause"].tolist() == ([kind] if kind else [])


def test_every_kind_of_cause_and_each_cause_of_the_teaching_company_is_called_something_in_chinese() -> None:
    words = [*KINDS, *filter(None, KIND_CAUSE), *STATED]
    with language.using("zh"):
        shown = {word: code_label(word) for word in words}
    assert [word for word, text in shown.items() if text.isascii()] == []


@pytest.mark.deck("D107")
def test_what_somebody_found_outdoes_what_the_data_say_and_the_newest_case_an_older_one() -> None:
    cases = tickets(("a", "price", "2026-09-01"), ("a", "carrier_delay", "2026-10-01"), ("b", "price", "2025-01-01"))
    row = {
        "customer_id": ["a"],
        "warned_on": [date(2026, 8, 31)],
        "cause_found_on": [date(2026, 9, 1)],
        "cause": ["product"],
    }
    told = causes.of(company_from({"tickets": cases}, as_of=AS_OF)).to_pandas()
    assert told[["customer_id", "cause"]].to_numpy().tolist() == [["a", "delivery"]], "a cause of last year is over"
    sure = causes.of(company_from({"tickets": cases, "board": pd.DataFrame(row)}, as_of=AS_OF)).to_pandas()
    assert sure[["cause", "source"]].to_numpy().tolist() == [["product", "board"]]


def test_who_buys_at_a_discount_mostly_looks_at_the_price_where_discounts_are_on_record() -> None:
    orders = pd.DataFrame(
        {"customer_id": ["a"] * 4, "ordered_at": pd.date_range("2026-06-01", periods=4, freq="30D"), "amount": 9.0}
    )
    orders = orders.assign(order_id=list("wxyz"), discount=[0.2, 0.2, 0.1, 0.0])
    c = company_from({"orders": orders}, as_of=AS_OF)
    assert causes.of(c).to_pandas()["cause"].tolist() == ["price"]
    assert causes.of(c.without("orders.discount")).to_pandas().empty


@pytest.mark.deck("D108")
def test_the_table_goes_by_what_is_at_stake_and_the_unknown_stands_last() -> None:
    valued = pd.DataFrame(
        {
            "customer_id": list("abcd"), "why": ["overdue", "slipping", "overdue", "habit"],
            "value_at_stake": [10.0, 50.0, 400.0, 1_000.0],
        }
    )  # fmt: skip
    c = company_from(
        {"tickets": tickets(("a", "price", "2026-09-01"), ("b", "late service", "2026-09-01"))}, as_of=AS_OF
    )
    table = causes.by_value(c, valued)
    assert table[["cause", "customers", "value_at_stake"]].to_numpy().tolist() == [
        ["service", 1, 50.0], ["price", 1, 10.0], ["unknown", 1, 400.0],
    ]  # fmt: skip
    assert table["read_from"].tolist() == ["tickets.cause", "tickets.cause", ""]
    assert causes.by_value(company_from({}, as_of=AS_OF), valued).empty
