"""Who may be contacted and how: contact points, consent, rest, and the channel the customer answers."""

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest

from crmlib.facts import effects, reachability
from crmlib.facts.company import company_from
from crmlib.measures import reach
from crmlib.models.effects import Effects
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
WANTED = pd.DataFrame(
    {"customer_id": ["a", "b", "c"], "purpose": ["win_back"] * 3, "light": [False] * 3, "why": "overdue", "tier": None}
)


def chosen(
    frames: dict[str, pd.DataFrame], wanted: pd.DataFrame = WANTED, as_of: date = AS_OF, only: tuple[str, ...] = ()
) -> dict[str, str]:
    c = company_from(frames, as_of=AS_OF).at(as_of).under(Policy.model_validate({"contact": {"channels": only}}))
    rows = reach.channel_for(c, ibis.memtable(wanted)).to_pandas()
    return dict(zip(rows["customer_id"], rows["channel"], strict=True))


def sent(*rows: tuple[str, str], direction: str | None = "out", answered: bool = False) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "channel"])
    at = pd.Timestamp("2026-06-01")
    answer = at + pd.Timedelta(days=1) if answered else pd.NaT
    return frame.assign(
        interaction_id=[f"{direction}{answered}{i}" for i in range(len(frame))],
        at=at,
        direction=direction,
        responded_at=answer,
    )


def consents(*rows: tuple[str, str, str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "channel", "purpose", "granted_at", "withdrawn_at"])
    return frame.assign(
        granted_at=pd.to_datetime(frame["granted_at"]), withdrawn_at=pd.to_datetime(frame["withdrawn_at"])
    )


def test_without_any_knowledge_the_channel_is_yours_to_choose() -> None:
    assert chosen({}) == dict.fromkeys("abc", "")
    assert chosen({}, only=("phone", "email")) == dict.fromkeys("abc", ""), "a list of policy knows no contact points"


def test_a_missing_or_wrong_contact_point_closes_its_channels_and_an_unknown_one_opens_none() -> None:
    status = {
        "phone_status": ["missing", "valid", None],
        "email_status": ["valid", "missing", None],
        "wechat_status": ["missing", "invalid", None],
    }
    customers = pd.DataFrame({"customer_id": ["a", "b", "c"], **status})
    assert chosen({"customers": customers}) == {"a": "email", "b": "phone", "c": ""}
    assert chosen({"customers": customers}, only=("wechat", "email")) == {"a": "email", "c": ""}


def test_a_shop_without_wechat_never_proposes_it() -> None:
    customers = pd.DataFrame({"customer_id": ["a", "b"], "email_status": ["valid", None], "phone_status": "missing"})
    got = chosen({"customers": customers, "interactions": sent(("a", "email"), ("b", "email"))})
    assert got == {"a": "email", "b": "email", "c": ""}


def test_who_only_sends_letters_sends_letters_or_chooses() -> None:
    letters = sent(("a", "letter"), ("b", "letter"))
    assert chosen({"interactions": letters}) == {"a": "letter", "b": "letter", "c": ""}
    status = pd.DataFrame({"customer_id": ["a", "b", "c"], "address_status": ["valid", "missing", "valid"]})
    assert chosen({"interactions": letters, "customers": status}) == {"a": "letter", "b": "", "c": "letter"}


def test_whose_contacts_are_not_known_to_be_ours_shows_no_channel_of_ours() -> None:
    assert chosen({"interactions": sent(("a", "email"), direction=None)}) == dict.fromkeys("abc", "")


def test_the_companys_own_channels_stand_by_answers_then_by_use_and_policy_orders_and_restricts_them() -> None:
    everybody = [(c, channel) for c in "abc" for channel in ("email", "sms", "app")]
    frames = {
        "interactions": pd.concat(
            [
                sent(*everybody),
                sent(("d", "sms"), answered=True),
                sent(("d", "app"), ("e", "app")),
                sent(("d", "store"), direction="in"),
            ]
        )
    }
    c = company_from(frames, as_of=AS_OF)
    assert reachability.channels(c) == ["sms", "app", "email"]
    assert chosen(frames) == dict.fromkeys("abc", "sms")
    assert chosen(frames, only=("email", "app")) == dict.fromkeys("abc", "email")
    held = company_from({"customers": pd.DataFrame({"customer_id": ["a"], "wechat_status": "valid"})}, as_of=AS_OF)
    assert reachability.channels(held) == ["wechat"]
    assert reachability.channels(company_from({}, as_of=AS_OF)) == []


def test_where_consents_are_held_one_must_stand() -> None:
    held = consents(
        ("a", "email", "win_back", "2026-01-01", None),
        ("b", "email", "win_back", "2026-01-01", "2026-05-01"),
    )
    assert chosen({"consents": held}) == {"a": "email"}


def test_service_rests_on_the_contract_and_a_withdrawal_closes_the_channel() -> None:
    held = consents(("a", "phone", "sales", "2026-01-01", "2026-02-01"), ("c", "email", "sales", "2026-01-01", None))
    got = chosen({"consents": held}, WANTED.assign(purpose="service"))
    assert got == {"a": "", "b": "", "c": "email"}
    assert chosen({"consents": held}, WANTED.assign(purpose="service"), only=("phone",)) == {"b": "", "c": ""}


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
    customers = pd.DataFrame({"customer_id": ["a", "b"], "phone_status": "valid"})
    assert chosen({"interactions": contacts, "customers": customers}) == {"a": "sms", "b": "sms", "c": ""}
    assert chosen({"interactions": contacts, "customers": customers}, only=("phone", "sms")) == {
        "a": "phone",
        "b": "sms",
        "c": "",
    }


@pytest.mark.deck("D075")
@pytest.mark.parametrize(
    ("days", "over"), [([1], True), ([8], False), ([8, 15, 22, 29], True), ([8, 15, 22, 31], False)]
)
def test_rest_and_cap_at_their_edges(days: list[int], over: bool) -> None:
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
    rows = reach.over_contacted(company_from({"interactions": contacts}, as_of=AS_OF)).to_pandas()
    assert list(rows["customer_id"]) == (["a"] if over else [])


def offered(frames: dict[str, pd.DataFrame], *only: str) -> list[tuple[str, int, int, bool | None]]:
    """Channels offered to a: channel, place, answers, whether they can be reached."""
    c = company_from(frames, as_of=AS_OF).under(Policy.model_validate({"contact": {"channels": only}}))
    wanted = ibis.memtable(pd.DataFrame({"customer_id": ["a"]}))
    rows = reachability.options(c, wanted).order_by("place").to_pandas().to_dict("records")
    reached = [None if pd.isna(row["is_reachable"]) else bool(row["is_reachable"]) for row in rows]
    return [(r["channel"], r["place"], r["answers"], told) for r, told in zip(rows, reached, strict=True)]


def test_what_a_contact_point_says_comes_before_what_was_and_another_way_comes_last() -> None:
    status = pd.DataFrame(
        {"customer_id": ["a", "b"], "email_status": ["invalid", "valid"], "phone_status": [None, "valid"]}
    )
    both = pd.concat([sent(("a", "email"), ("a", "email"), answered=True), sent(("a", "sms"))])
    assert offered({"customers": status, "interactions": both}) == [
        ("email", 0, 2, False), ("sms", 1, 0, True), ("phone", 2, 0, None), ("", 3, 0, None),
    ]  # fmt: skip
    assert offered({"customers": status, "interactions": both}, "app", "sms") == [
        ("app", 0, 0, None),
        ("sms", 1, 0, True),
    ]


def test_answers_are_what_a_customer_began_or_answered() -> None:
    frames = {
        "interactions": pd.concat(
            [sent(("a", "email"), answered=True), sent(("a", "email")), sent(("a", "email"), direction="in")]
        ),
        "consents": consents(
            ("a", "app", "sales", "2026-01-01", None), ("a", "store", "sales", "2026-01-01", "2026-02-01")
        ),
    }
    rows = reachability.met(company_from(frames, as_of=AS_OF)).order_by("channel").to_pandas()
    assert rows[["channel", "answers"]].to_numpy().tolist() == [["app", 0], ["email", 2]]


def test_a_company_has_the_channels_of_its_window() -> None:
    old = sent(("a", "email"), ("a", "sms"))
    old["at"] = pd.to_datetime(["2025-11-01", "2025-10-31 23:59"], format="ISO8601")
    assert reachability.channels(company_from({"interactions": old}, as_of=AS_OF)) == ["email"]


def test_what_decides_whether_a_channel_is_closed_is_named() -> None:
    listed = Policy.model_validate({"contact": {"channels": ("sms", "phone", "app", "email")}})
    c = company_from({}, as_of=AS_OF)
    assert reachability.read_from(c) == []
    assert reachability.read_from(c.under(listed)) == ["customers.phone", "customers.email"]
    held = company_from({"consents": consents(("a", "email", "sales", "2026-01-01", None))}, as_of=AS_OF)
    assert reachability.read_from(held) == []
    assert reachability.read_from(held.without("consents.withdrawn_at")) == ["consents.withdrawn_at"]
    assert reachability.read_from(held.without("consents")) == []


def test_the_channel_over_which_acting_was_learnt_to_change_more_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    customers = pd.DataFrame({"customer_id": ["a", "b", "c"], "phone_status": "valid", "email_status": "valid"})
    frames = {
        "customers": customers,
        "interactions": sent(("a", "email"), ("b", "email"), ("c", "email"), answered=True),
    }
    assert chosen(frames) == dict.fromkeys("abc", "email")

    def learnt(_c: object) -> tuple[Effects, dict[str, int]]:
        mean = np.array([0.1, 0.0, 0.05])
        return Effects(mean, np.eye(3) * 1e-4, 500), {"why=overdue": 0, "channel=email": 1, "channel=phone": 2}

    monkeypatch.setattr(effects, "learnt", learnt)
    assert chosen(frames) == dict.fromkeys("abc", "phone")
    assert chosen(frames, WANTED.assign(light=True)) == dict.fromkeys("abc", "email"), (
        "a message does: nobody is called"
    )
    assert chosen(frames, WANTED.drop(columns=["why", "tier"])) == dict.fromkeys("abc", "email"), (
        "no reason, nothing learnt of it"
    )
