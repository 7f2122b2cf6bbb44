"""Customers as facts: contact points that are there, not there, or not known, and which consent holds today."""

from datetime import date

import pandas as pd

from crmlib.facts import people
from crmlib.facts.company import company_from

AS_OF = date(2026, 10, 31)


def test_a_contact_point_is_there_or_not_or_not_known() -> None:
    frame = pd.DataFrame({"customer_id": list("abcd"), "phone_status": ["valid", "invalid", "missing", None]})
    c = company_from({"customers": frame}, as_of=AS_OF)
    held = people.customers(c).order_by("customer_id").to_pandas()
    assert [None if pd.isna(v) else bool(v) for v in held["has_phone"]] == [True, False, False, None]
    assert held["has_email"].isna().all(), "nobody records it"


def test_everyone_is_on_record_or_has_bought() -> None:
    orders = pd.DataFrame(
        {"order_id": ["1", "2"], "customer_id": ["b", "c"], "ordered_at": pd.Timestamp("2026-01-01"), "amount": 1.0}
    )
    c = company_from({"customers": pd.DataFrame({"customer_id": ["a", "b"]}), "orders": orders}, as_of=AS_OF)
    assert sorted(people.everyone(c).to_pandas()["customer_id"]) == ["a", "b", "c"]


def test_the_latest_consent_holds_and_one_that_stands_before_one_withdrawn_at_once() -> None:
    rows = [
        ("a", "2026-01-01", None), ("a", "2026-02-01", "2026-03-01"),
        ("b", "2026-01-01", "2026-02-01"), ("b", "2026-03-01", None),
        ("c", "2026-01-01", "2026-01-02"), ("c", "2026-01-01", None), ("d", "2026-01-01", "2026-11-05"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["customer_id", "granted_at", "withdrawn_at"])
    frame = frame.assign(
        channel="email", purpose="sales",
        granted_at=pd.to_datetime(frame["granted_at"]), withdrawn_at=pd.to_datetime(frame["withdrawn_at"]),
    )  # fmt: skip
    c = company_from({"consents": frame}, as_of=AS_OF)
    holds = people.latest_consents(c).order_by("customer_id").select("customer_id", "stands").to_pandas()
    assert holds.to_numpy().tolist() == [["a", False], ["b", True], ["c", True], ["d", True]]
    assert people.consents(c).count().execute() == 7
