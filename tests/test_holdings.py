"""What the tables hold: what is recorded, what a row is a sign of, how late rows come."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import holdings
from crmlib.facts.company import company_from
from crmlib.vocabulary.policy import Policy
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


def test_a_shape_of_dates_is_one_with_and_without_leading_zeros_and_one_of_numbers_is_as_written() -> None:
    shapes = [
        ("orders", "ordered_at", "9/9/9999", 3), ("orders", "ordered_at", "99/9/9999", 4),
        ("orders", "ordered_at", "9999-99-99", 5),
        ("customers", "phone", "99 9999", 6), ("customers", "phone", "9 9999", 7),
    ]  # fmt: skip
    frame = pd.DataFrame(shapes, columns=["table", "column", "format", "rows"])
    told = holdings.formats(company_from({"formats": frame}, as_of=AS_OF)).to_pandas()
    assert sorted(told.to_numpy().tolist()) == [
        ["customers", "phone", "9 9999", 7], ["customers", "phone", "99 9999", 6],
        ["orders", "ordered_at", "9/9/9999", 7], ["orders", "ordered_at", "9999-9-9", 5],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "months"), [(date(2026, 10, 31), [9, 10]), (date(2026, 10, 30), [9]), (date(2026, 11, 1), [9, 10])]
)
def test_cells_are_counted_in_months_that_ended_and_columns_that_are_mapped(day: date, months: list[int]) -> None:
    cells = [("orders", "amount", date(2026, m, 1)) for m in (9, 10, 11)] + [("orders", "channel", date(2026, 9, 1))]
    frame = pd.DataFrame([*cells, ("orders", "amount", None)], columns=["table", "column", "month"])
    frame = frame.assign(rows=1, filled=1, invalid=0)
    orders = pd.DataFrame({"order_id": ["1"], "customer_id": ["a"], "ordered_at": at("2026-09-01"), "amount": ["1"]})
    c = company_from({"orders": orders, "profile": frame}, as_of=day)
    told = holdings.profile(c).to_pandas()
    assert sorted(pd.to_datetime(told["month"]).dt.month.dropna().to_list()) == months
    assert told["month"].isna().sum() == 1
    assert set(told["column"]) == {"amount"}


def test_a_row_is_in_time_up_to_the_last_second_of_the_hours_that_policy_allows() -> None:
    moments = [
        ("2026-10-30 00:00:00", 0),
        ("2026-10-30 00:00:00", 1),
        ("2026-10-31 00:00:00", 0),
        ("2026-10-30 00:00:00", -2 * 86_400),
    ]
    happened = pd.to_datetime([moment for moment, _late in moments])
    late = pd.to_timedelta([24 * 3600 + late for _moment, late in moments], unit="s")
    frame = pd.DataFrame({"ordered_at": happened, "recorded_at": happened + late, "customer_id": "a", "amount": "1"})
    policy = Policy.model_validate({"quality": {"on_time_hours": 24}})
    frame = frame.assign(order_id=list("1234"))
    told = holdings.recordings(company_from({"orders": frame}, as_of=date(2026, 11, 5), policy=policy)).to_pandas()
    told = told.sort_values("seconds")
    assert told["seconds"].to_list() == [-86_400, 86_400, 86_400, 86_401]
    assert told["is_in_time"].to_list() == [True, True, True, False]
    assert told["lag"].to_list() == [0, 1, 1, 1], "a record before its event is on the day"
    last = holdings.recordings(company_from({"orders": frame}, as_of=AS_OF, policy=policy)).to_pandas()
    assert dict(zip(pd.to_datetime(last["day"]).dt.day, last["is_over"], strict=True)) == {30: True}
    over = frame.assign(recorded_at=frame["ordered_at"])
    told = holdings.recordings(company_from({"orders": over}, as_of=AS_OF, policy=policy)).to_pandas()
    assert sorted(zip(pd.to_datetime(told["day"]).dt.day, told["is_over"], strict=True)) == [
        (30, True), (30, True), (30, True), (31, False),
    ]  # fmt: skip


def test_experience_is_of_events_of_ninety_days_ago_and_of_rows_within_ninety_days() -> None:
    kept = pd.DataFrame({"ago": [90, 200, 200], "lag": [3, 90, 91]})
    shares = (
        holdings.still_to_come(company_from({"orders": recorded(kept)}, as_of=AS_OF)).order_by("days_since").execute()
    )
    assert shares["n"].unique().tolist() == [2], "one row came too late to be waited for"
    assert shares["days_since"].tolist() == list(range(90))
    assert shares["share"].tolist() == [0.0] * 3 + [0.5] * 87
    assert pd.to_datetime(shares["day"]).iloc[[0, -1]].tolist() == [at("2026-10-31"), at("2026-08-03")]
    young = recorded(pd.DataFrame({"ago": [89, 89], "lag": [0, 1]}))
    assert holdings.still_to_come(company_from({"orders": young}, as_of=AS_OF)).count().execute() == 0


def test_the_last_sign_is_the_latest_of_all_and_at_least_the_day_a_customer_became_known() -> None:
    people = pd.DataFrame(
        {"customer_id": list("abc"), "email_status": "valid", "acquired_on": [date(2026, 5, 1), date(2024, 1, 1), None]}
    )
    orders = pd.DataFrame(
        {"order_id": ["1", "2"], "customer_id": ["a", "b"], "ordered_at": at("2025-03-01"), "amount": "1"}
    )
    done = pd.DataFrame({"action_id": ["x"], "customer_id": "b", "proposed_on": [date(2026, 9, 1)]})
    c = company_from({"customers": people, "orders": orders, "actions": done}, as_of=AS_OF)
    last = holdings.last_signs(c).order_by("customer_id").execute()["last_on"]
    assert pd.to_datetime(last).tolist()[:2] == [at("2026-05-01"), at("2025-03-01")], (
        "what we propose is no sign of theirs"
    )
    assert last.isna().tolist() == [False, False, True]


def test_each_rule_of_plausibility_at_its_edge() -> None:
    orders = pd.DataFrame({
        "order_id": list("123456"), "customer_id": "a", "ordered_at": at("2026-09-01 10:00"),
        "amount": ["0", "-0.01", "-5", "5", "5", "5"], "refunded": ["0", "0", "5", "5.01", "-0.01", "5"],
        "discount": [0.0, 1.0, 1.01, -0.01, 0.5, None], "recorded_at": [at("2026-09-01"), at("2026-08-31"), *[pd.NaT] * 4],
    })  # fmt: skip
    people = pd.DataFrame({"customer_id": ["a"], "acquired_on": [date(2026, 9, 1)]})
    c = company_from({"orders": orders, "customers": people}, as_of=AS_OF)
    told = holdings.judged(c)
    frame = told.filter(told.table == "orders").execute()
    failed = frame[frame["failed"].fillna(False).astype(bool)].groupby("rule").size().to_dict()
    assert failed == {
        "negative_amount": 2, "refund_above_amount": 2, "discount_outside": 2, "record_before_event": 1, holdings.ANY: 4,
    }  # fmt: skip
    assert frame[frame["rule"] == "order_before_known"]["failed"].tolist() == [False] * 6
    assert frame.groupby("rule")["place"].first().sort_values().index.tolist()[0] == holdings.ANY
    assert frame["place"].nunique() == frame["rule"].nunique()
    moments = pd.DataFrame({"customer_id": "a", "at": at("2026-09-01 10:00"), "interaction_id": list("12")})
    answered = moments.assign(responded_at=[at("2026-09-01 10:00"), at("2026-09-01 09:59:59")], channel="email")
    told = holdings.judged(company_from({"interactions": answered}, as_of=AS_OF))
    found = told.filter(told.rule == "answer_before_contact").execute()["failed"].tolist()
    assert sorted(found) == [False, True]
