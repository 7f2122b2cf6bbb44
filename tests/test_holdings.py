"""What the tables hold: what is recorded, what a row is a sign of, how late rows come."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import holdings
from crmlib.facts.company import company_from
from crmlib.vocabulary.schema import TABLES

AS_OF = date(2026, 10, 31)


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def test_what_is_not_recorded_is_named_by_table_or_by_column() -> None:
    orders = pd.DataFrame({"order_id": ["1"], "customer_id": ["a"], "ordered_at": at("2026-09-01"), "amount": ["1"]})
    c = company_from({"orders": orders.assign(margin=["1"])}, as_of=AS_OF)
    assert holdings.unrecorded(c, "tickets") == ["tickets"]
    names = holdings.unrecorded(c)
    assert [n for n in names if "." not in n] == [t for t in TABLES if t != "orders"]
    assert "orders.margin" not in names
    assert "orders.refunded" in names
    assert "orders.margin" in holdings.unrecorded(c.without("orders.margin"), "orders")


def test_any_sign_counts_and_a_withdrawal_is_one() -> None:
    people = pd.DataFrame(
        {"customer_id": ["a", "b"], "phone_status": ["valid", "missing"], "acquired_on": date(2024, 1, 1)}
    )
    given = pd.DataFrame({"customer_id": ["a"], "channel": "sms", "purpose": "sales", "granted_at": at("2024-02-01")})
    frames = {"customers": people, "consents": given.assign(withdrawn_at=at("2025-01-01"))}
    c = company_from(frames, as_of=AS_OF)
    last = holdings.last_signs(c).execute()
    assert last["customer_id"].tolist() == ["a"], "b gave no personal data"
    assert last["last_on"].tolist() == [at("2025-01-01")]
    assert holdings.last_signs(c.at(date(2024, 6, 30))).execute()["last_on"].tolist() == [at("2024-02-01")]


def recorded(rows: pd.DataFrame) -> pd.DataFrame:
    """Orders of so many days ago, each recorded `lag` days later; those recorded after the day are there too."""
    happened = pd.to_datetime([AS_OF - timedelta(days=int(d)) for d in rows["ago"]]) + pd.Timedelta(hours=12)
    frame = pd.DataFrame({"ordered_at": happened, "recorded_at": happened + pd.to_timedelta(rows["lag"], unit="D")})
    return frame.assign(order_id=[f"o{i}" for i in range(len(frame))], customer_id="a", amount="1")


def test_experience_says_what_is_still_to_come() -> None:
    ago, lag = np.divmod(np.arange(300 * 10), 10)
    c = company_from({"orders": recorded(pd.DataFrame({"ago": ago, "lag": np.maximum(lag - 5, 0)}))}, as_of=AS_OF)
    shares = holdings.still_to_come(c).order_by("days_since").execute()
    assert shares["share"].head(6).tolist() == pytest.approx([0.6, 0.7, 0.8, 0.9, 1.0, 1.0])
    assert shares["day"].iloc[0] == pd.Timestamp(AS_OF)
    days = holdings.days_on_record(c).order_by("day").execute().tail(3)
    assert days["rows"].tolist() == [8, 7, 6], "what is recorded after the day is not read"
    assert days["expected"].tolist() == pytest.approx([10, 10, 10])
    assert days["over"].tolist() == [8, 0, 0], "the hours of the last two days are not over"


def test_the_estimate_is_right_where_the_plain_share_flatters() -> None:
    random = np.random.default_rng(20261031)
    lag = np.where(random.random(40_000) < 0.8, 0, random.integers(3, 60, 40_000))
    ago = random.integers(0, 120, 40_000)
    c = company_from({"orders": recorded(pd.DataFrame({"ago": ago, "lag": lag}))}, as_of=AS_OF)
    days = holdings.days_on_record(c).execute()
    plain, honest = days["in_time"].sum() / days["over"].sum(), days["in_time"].sum() / days["expected_over"].sum()
    assert plain > 0.83
    assert honest == pytest.approx(0.8, abs=0.01)


def test_without_a_time_of_record_there_is_nothing_to_say() -> None:
    frame = recorded(pd.DataFrame({"ago": np.arange(200), "lag": 1}))
    c = company_from({"orders": frame}, as_of=AS_OF).without("orders.recorded_at")
    for fact in (holdings.recordings, holdings.still_to_come, holdings.days_on_record):
        assert fact(c).count().execute() == 0


def test_a_row_that_cannot_be_is_told_by_rule() -> None:
    orders = pd.DataFrame(
        {"order_id": ["1", "2"], "customer_id": ["a", "b"], "amount": ["-5", "5"], "discount": [None, 2.0]}
    )
    c = company_from({"orders": orders.assign(ordered_at=at("2026-09-01"))}, as_of=AS_OF)
    told = holdings.judged(c).filter(holdings.judged(c).failed.notnull()).execute()
    failed = told[told["failed"].astype(bool)]
    assert set(zip(failed["customer_id"], failed["rule"], strict=True)) == {
        ("a", "negative_amount"),
        ("a", holdings.ANY),
        ("b", "discount_outside"),
        ("b", holdings.ANY),
    }
    assert "refund_above_amount" not in set(told["rule"]), "refunds are not recorded"
    assert "order_id" not in told.columns
