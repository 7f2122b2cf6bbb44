"""Contacts as facts: whose they are, whether they were answered, and who had enough; by hand, at the boundaries."""

from datetime import date

import pandas as pd
import pytest

from crmlib.facts import contacts
from crmlib.facts.company import Company, company_from
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.unlocks import SCRIPTS

AS_OF = date(2026, 10, 31)
POLICY = Policy.model_validate({"contact": {"respond_within_days": 14, "cap_per_30_days": 3, "min_days_between": 5}})


def company(*rows: tuple[str, str, str | None, str | None], **columns: object) -> Company:
    """Contacts as (customer, moment, direction, responded at), all by e-mail unless said otherwise."""
    frame = pd.DataFrame(rows, columns=["customer_id", "at", "direction", "responded_at"])
    frame = frame.assign(
        interaction_id=[f"i{i}" for i in range(len(frame))], at=pd.to_datetime(frame["at"], format="ISO8601"),
        responded_at=pd.to_datetime(frame["responded_at"], format="ISO8601"), channel="email",
    ).assign(**columns)  # fmt: skip
    return company_from({"interactions": frame}, as_of=AS_OF, policy=POLICY)


def told(c: Company, *names: str) -> list[list[object]]:
    frame = contacts.contacts(c).order_by("contact_id").select(*names).to_pandas().astype(object)
    return frame.where(frame.notna(), None).to_numpy().tolist()


def test_whose_a_contact_is_and_where_it_is_not_known() -> None:
    c = company(("a", "2026-10-01", "out", None), ("a", "2026-10-02", "in", None), ("a", "2026-10-03", None, None))
    assert told(c, "is_ours", "is_theirs") == [[True, False], [False, True], [None, None]]
    assert contacts.ours(c).count().execute() == 1
    assert contacts.theirs(c).count().execute() == 1
    assert contacts.bothering(c).count().execute() == 2, "what nobody knows may have bothered"


def test_an_answer_counts_up_to_the_last_second_of_its_days() -> None:
    c = company(
        ("a", "2026-10-01 12:00:00", "out", "2026-10-15 12:00:00"),
        ("a", "2026-10-01 12:00:00", "out", "2026-10-15 12:00:01"),
        ("a", "2026-10-01 12:00:00", "out", "2026-10-01 12:00:00"),
        ("a", "2026-10-01 12:00:00", "out", "2026-10-01 11:59:59"),
        ("a", "2026-10-01 12:00:00", "out", None),
    )
    assert [row[0] for row in told(c, "is_answered")] == [True, False, True, False, False]
    assert told(c, "answer_seconds")[0] == [14 * 86_400]


def test_whether_a_contact_was_answered_is_not_known_before_its_days_are_over() -> None:
    c = company(
        ("a", "2026-10-18 00:00:00", "out", "2026-10-19"), ("a", "2026-10-18 00:00:01", "out", "2026-10-19"),
        ("a", "2026-10-01", "in", "2026-10-02"),
    )  # fmt: skip
    assert told(c, "is_over", "is_answered") == [[True, True], [False, None], [False, None]]


def test_a_channel_without_any_noted_answer_tells_nothing_of_answers() -> None:
    c = company(
        ("a", "2026-09-01", "out", None), ("a", "2026-09-01", "out", "2026-09-02"), channel=["letter", "email"]
    )  # fmt: skip
    assert told(c, "is_answered") == [[None], [True]]


def test_noticed_is_opened_or_answered_and_unknown_where_neither_is_recorded() -> None:
    rows = [
        ("a", "2026-09-01", "out", None),
        ("a", "2026-09-01", "out", "2026-09-09"),
        ("a", "2026-09-01", "out", None),
    ]
    opened = company(*rows, opened_at=pd.to_datetime(["2026-09-01", None, None]))
    assert told(opened, "is_noticed") == [[True], [True], [False]]
    assert told(opened.without("interactions.opened_at"), "is_noticed") == [[False], [True], [False]]
    neither = opened.without("interactions.opened_at", "interactions.responded_at")
    assert told(neither, "is_noticed") == [[None], [None], [None]]


@pytest.mark.parametrize(
    ("days", "bothered"),
    [
        (["2026-10-02", "2026-10-10", "2026-10-20"], True),
        (["2026-10-01", "2026-10-10", "2026-10-20"], False),
        (["2026-10-26"], False),
        (["2026-10-27"], True),
        (["2026-10-02", "2026-10-20"], False),
    ],
)
def test_the_cap_counts_thirty_days_and_rest_its_own(days: list[str], bothered: bool) -> None:
    c = company(*(("a", day, "out", None) for day in days))
    assert (contacts.over_contacted(c).count().execute() == 1) is bothered


def test_pressure_by_hand() -> None:
    days = ["2026-09-28", "2026-10-02", "2026-10-06", "2026-10-11", "2026-10-12"]
    c = company(*(("a", day, "out", None) for day in days), ("b", "2026-09-01", "out", None))
    found = contacts.pressure(c).to_pandas().to_numpy().tolist()
    assert [[row[0], row[1], str(row[2])[:10], row[3]] for row in found] == [["a", 4, "2026-10-12", 3]]
    unknown = c.without("interactions.direction")
    assert contacts.pressure(unknown).count().execute() == 1, "the cap protects whoever is contacted"
    assert contacts.pressure_by_us(unknown).count().execute() == 0, "a figure does not"


def test_a_script_is_ones_own_only_for_ones_own_role() -> None:
    (role, script), (other, _s) = list(SCRIPTS.items())[:2]
    people = pd.DataFrame({"customer_id": ["a", "b", "c"], "role": [role, other, None]})
    frame = pd.DataFrame(
        {
            "interaction_id": ["1", "2", "3"], "customer_id": ["a", "b", "c"], "at": pd.Timestamp("2026-09-01"),
            "channel": "email", "direction": "out", "responded_at": pd.Timestamp("2026-09-02"), "script": script,
        }
    )  # fmt: skip
    c = company_from({"interactions": frame, "customers": people}, as_of=AS_OF)
    rows = contacts.scripted(c).order_by("customer_id").select("customer_id", "is_own").to_pandas()
    assert rows.to_numpy().tolist() == [["a", True], ["b", False]]


def test_rest_is_counted_from_the_contact_before_even_if_that_lies_outside_the_thirty_days() -> None:
    """Thirty days to 31 October begin on 2 October; five days of rest after 28 September are over on 3 October."""
    c = company(
        ("a", "2026-09-28", "out", None),
        ("a", "2026-10-02", "out", None),
        ("b", "2026-09-27", "out", None),
        ("b", "2026-10-02", "out", None),
    )
    made = contacts.pressure(c).order_by("customer_id").to_pandas()
    assert made[["contacts", "short_rests"]].to_numpy().tolist() == [[1, 1], [1, 0]]
    long = Policy.model_validate({"contact": {"min_days_between": 45, "cap_per_30_days": 3}})
    late = company(("a", "2026-09-16", "out", None), ("b", "2026-09-17", "out", None)).under(long)
    made = contacts.pressure(late).order_by("customer_id").to_pandas()
    assert made[["customer_id", "contacts", "short_rests"]].to_numpy().tolist() == [["b", 0, 0]]
    assert contacts.over_contacted(late).to_pandas()["customer_id"].tolist() == ["b"]
    assert contacts.pressure_by_us(late).count().execute() == 0, "none of the thirty days"
    twice = company(("a", "2026-10-10 09:00", "out", None), ("a", "2026-10-10 10:00", "out", None))
    assert contacts.pressure(twice).to_pandas()["short_rests"].tolist() == [1], "the same day is no rest"


def test_scripts_count_where_role_and_answer_are_known_and_the_contact_is_ours() -> None:
    (role, script), (_other, foreign) = list(SCRIPTS.items())[:2]
    people = pd.DataFrame({"customer_id": list("abc"), "role": [role, role, "gardener"]})
    rows = [
        ("a", "out", script, "2026-09-02"),
        ("a", "out", foreign, None),
        ("a", "in", script, None),
        ("b", "out", "other", None),
        ("c", "out", script, None),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "direction", "script", "responded_at"])
    frame = frame.assign(
        interaction_id=list("12345"),
        at=pd.Timestamp("2026-09-01"),
        channel="email",
        responded_at=pd.to_datetime(frame["responded_at"]),
    )
    told = contacts.scripted(company_from({"interactions": frame, "customers": people}, as_of=AS_OF))
    assert sorted(told.select("customer_id", "is_own", "is_answered").to_pandas().to_numpy().tolist()) == [
        ["a", False, False], ["a", True, True],
    ]  # fmt: skip
