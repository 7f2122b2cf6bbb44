"""Who may be contacted and how: contact points, consent, rest, and the channel the customer answers."""

from datetime import date

import ibis
import pandas as pd
import pytest

from crmlib.facts.company import company_from
from crmlib.measures import reach
from crmlib.vocabulary.policy import load

AS_OF = date(2026, 10, 31)
POLICY = load(None)
WANTED = pd.DataFrame({"customer_id": ["a", "b", "c"], "purpose": ["win_back"] * 3, "light": [False] * 3})


def chosen(frames: dict[str, pd.DataFrame], wanted: pd.DataFrame = WANTED, as_of: date = AS_OF) -> dict[str, str]:
    rows = reach.channel_for(company_from(frames, as_of=AS_OF).at(as_of), ibis.memtable(wanted)).to_pandas()
    return dict(zip(rows["customer_id"], rows["channel"], strict=True))


def consents(*rows: tuple[str, str, str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "channel", "purpose", "granted_at", "withdrawn_at"])
    return frame.assign(
        granted_at=pd.to_datetime(frame["granted_at"]), withdrawn_at=pd.to_datetime(frame["withdrawn_at"])
    )


def test_without_any_knowledge_the_policys_first_channel_is_proposed() -> None:
    assert chosen({}) == dict.fromkeys("abc", POLICY.contact.channels[0])


def test_a_missing_or_wrong_contact_point_closes_its_channels() -> None:
    status = {
        "phone_status": ["missing", "valid", None],
        "email_status": ["valid", "missing", None],
        "wechat_status": ["missing"] * 3,
    }
    customers = pd.DataFrame({"customer_id": ["a", "b", "c"], **status})
    got = chosen({"customers": customers})
    assert got["a"] not in {c for c, point in reach.POINTS.items() if point != "email"}
    assert got["b"] in {c for c, point in reach.POINTS.items() if point == "phone"}
    assert got["c"] == POLICY.contact.channels[0]


def test_where_consents_are_held_one_must_stand() -> None:
    held = consents(
        ("a", "email", "win_back", "2026-01-01", None),
        ("b", "email", "win_back", "2026-01-01", "2026-05-01"),
    )
    assert chosen({"consents": held}) == {"a": "email"}


def test_service_rests_on_the_contract_and_a_withdrawal_closes_the_channel() -> None:
    held = consents(("a", "phone", "sales", "2026-01-01", "2026-02-01"), ("c", "email", "sales", "2026-01-01", None))
    got = chosen({"consents": held}, WANTED.assign(purpose="service"))
    assert set(got) == {"a", "b", "c"}
    assert got["a"] != "phone"


def test_a_consent_withdrawn_after_the_day_still_stands_then() -> None:
    held = consents(("a", "email", "win_back", "2026-01-01", "2026-09-15"))
    assert chosen({"consents": held}) == {}
    assert chosen({"consents": held}, as_of=date(2026, 8, 31)) == {"a": "email"}


@pytest.mark.deck("D093")
def test_the_channel_the_customer_answers_wins() -> None:
    contacts = pd.DataFrame(
        {
            "interaction_id": ["1", "2"],
            "customer_id": ["b", "b"],
            "at": pd.to_datetime(["2026-03-01", "2026-04-01"]),
            "channel": ["sms", "sms"],
            "direction": ["out", "in"],
            "responded_at": pd.to_datetime(["2026-03-02", None]),
        }
    )
    got = chosen({"interactions": contacts})
    assert got["b"] == "sms"
    assert got["a"] == POLICY.contact.channels[0]


@pytest.mark.deck("D075")
@pytest.mark.parametrize(
    ("days", "tired"), [([1], True), ([8], False), ([8, 15, 22, 29], True), ([8, 15, 22, 31], False)]
)
def test_rest_and_cap_at_their_edges(days: list[int], tired: bool) -> None:
    """Seven days of rest and four contacts in 30 days are the defaults."""
    contacts = pd.DataFrame(
        {
            "interaction_id": [str(d) for d in days],
            "customer_id": "a",
            "at": [pd.Timestamp(AS_OF) - pd.Timedelta(days=d) for d in days],
            "channel": "phone",
            "direction": "out",
        }
    )
    rows = reach.tired(company_from({"interactions": contacts}, as_of=AS_OF).at(AS_OF)).to_pandas()
    assert list(rows["customer_id"]) == (["a"] if tired else [])
