"""Who has been silent for longer than policy allows, and which personal fields nobody uses: by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import FINDING
from crmlib.measures import minimisation
from crmlib.vocabulary.policy import Policy
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)
POLICY = Policy()


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def company(**changes: pd.DataFrame) -> Company:
    """a bought lately, b long ago, c never since first known, d holds no personal data; the first order is of 2019."""
    people = pd.DataFrame({"customer_id": list("abcd"), "source_system": ["crm", "crm", "shop", "shop"]})
    people = people.assign(
        acquired_on=[date(2019, 1, 1), date(2019, 1, 1), date(2020, 1, 1), date(2019, 1, 1)],
        phone_status=["valid", "valid", "invalid", "missing"],
        birthday_status=["valid", "valid", "valid", "missing"],
    )
    orders = pd.DataFrame({"order_id": ["1", "2"], "customer_id": ["a", "b"], "amount": "1"})
    orders = orders.assign(ordered_at=[at("2026-10-01"), at("2019-02-01")])
    sent = [("1", "a", "sms", "out", "sales", None), ("2", "a", "phone", "in", "sales", None)]
    sent += [("3", "d", "sms", "out", "sales", None), ("4", "a", "wechat", "out", "care", "Birthday-2026")]
    calls = pd.DataFrame(sent, columns=["interaction_id", "customer_id", "channel", "direction", "purpose", "campaign"])
    frames = {"customers": people, "orders": orders, "interactions": calls.assign(at=at("2026-09-01"))}
    return company_from({**frames, **changes}, as_of=AS_OF)


def test_silence_by_hand() -> None:
    frame = minimisation.silence(company()).set_index(["source_system", "silent_for_months"])
    assert frame.loc[("", 12), ["customers", "silent_customers"]].tolist() == [3, 2]
    assert frame.loc[("crm", 60), "share"] == 0.5
    told = minimisation.due_for_deletion(knowing(AS_OF), frame.reset_index()).set_index("segment")
    assert told["value"].to_dict() == {"": pytest.approx(2 / 3), "crm": 0.5, "shop": 1.0}
    assert told["n"].to_dict() == {"": 3, "crm": 2, "shop": 1}


def test_any_sign_counts_and_a_withdrawal_is_one() -> None:
    given = {"customer_id": ["b"], "channel": "phone", "purpose": "sales", "granted_at": at("2019-01-02")}
    agreed = pd.DataFrame(given).assign(withdrawn_at=at("2026-01-01"))
    frame = minimisation.silence(company(consents=agreed))
    assert minimisation.due_for_deletion(knowing(AS_OF), frame)["value"].iloc[0] == pytest.approx(1 / 3)


def test_data_too_young_to_tell_say_so() -> None:
    young = company(orders=pd.DataFrame({"order_id": ["1"], "customer_id": ["a"], "ordered_at": at("2024-05-01")}))
    frame = minimisation.silence(young)
    limit = frame[frame["over_limit"]]
    assert limit["share"].isna().all()
    assert frame.loc[frame["silent_for_months"] == 24, "share"].notna().all()
    told = minimisation.due_for_deletion(knowing(AS_OF), frame)
    assert told.empty


def test_fields_by_hand() -> None:
    frame = minimisation.fields(company()).set_index("column")
    assert list(frame.index) == ["birthday", "phone"], "a field that nobody gave needs no verdict"
    assert frame.loc["phone", ["customers", "contacts", "customers_used"]].tolist() == [2, 1, 1]
    assert frame.loc["birthday", "used_share"] == pytest.approx(1 / 3)
    assert frame["verdict"].tolist() == ["keep", "keep"]
    strict = POLICY.model_copy(update={"quality": POLICY.quality.model_copy(update={"used_from": 0.4})})
    held = minimisation.fields(company().under(strict))
    assert held["verdict"].tolist() == ["ask_why", "keep"]
    assert minimisation.unused(knowing(AS_OF), held)[["value", "n"]].iloc[0].tolist() == [1, 2]


def test_a_field_used_for_nobody_and_contacts_not_held() -> None:
    unknown = company().without("interactions.direction")
    frame = minimisation.fields(unknown)
    assert frame["verdict"].isna().all(), "whose contacts they are is not recorded"
    assert frame["contacts"].isna().all()
    assert minimisation.unused(unknown, frame).attrs["unknown"] == ("interactions.direction",)
    birthday = minimisation.fields(company().without("interactions.purpose")).set_index("column")
    assert pd.isna(birthday.loc["birthday", "verdict"])
    assert birthday.loc["phone", "verdict"] == "keep"
    other = pd.DataFrame({"interaction_id": ["1"], "customer_id": ["a"], "channel": ["app"], "at": at("2026-08-01")})
    other = other.assign(direction="out", purpose="sales", campaign="x")
    assert set(minimisation.fields(company(interactions=other))["verdict"]) == {"stop_collecting"}


def test_an_empty_company_gives_no_rows() -> None:
    c = company_from({}, as_of=AS_OF)
    silent, held = (f(c) for f in (minimisation.silence, minimisation.fields))
    for told in (minimisation.due_for_deletion(knowing(AS_OF), silent), minimisation.unused(knowing(AS_OF), held)):
        assert list(told.columns) == FINDING
        assert told.empty
