"""Contacts and responses by channel and tier: hand-computed, with contacts that cannot be judged yet left out."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import tiers
from crmlib.facts.company import Company, company_from
from crmlib.measures import channel_matrix, channels
from crmlib.models.estimates import Clustered, clustered
from crmlib.vocabulary.policy import Policy
from tests.known import another_number

AS_OF = date(2026, 10, 31)
POLICY = Policy()
COLUMNS = ["interaction_id", "customer_id", "at", "channel", "direction", "cost", "responded_at"]
ROWS = [
    ("1", "a", "2026-09-01 09:00", "email", "out", "0.10", "2026-09-15 09:00"),
    ("2", "a", "2026-09-02 09:00", "email", "out", "0.20", "2026-09-16 09:01"),
    ("3", "b", "2026-09-03 09:00", "email", "out", None, None),
    ("4", "b", "2026-10-18 00:00", "email", "out", "0.30", "2026-10-18 02:00"),
    ("5", "b", "2026-10-18 00:01", "email", "out", "0.30", "2026-10-18 02:00"),
    ("6", "c", "2026-09-05 09:00", "phone", "out", "6.00", "2026-09-05 10:00"),
    ("7", "c", "2026-09-06 09:00", "phone", "in", "9.00", None),
    ("8", "c", "2026-09-07 09:00", "letter", "out", "2.00", None),
    ("9", "c", "2025-10-31 09:00", "phone", "out", "6.00", None),
    ("10", "c", "2026-09-08 09:00", "phone", None, "6.00", "2026-09-08 10:00"),
]


def company(rows: list = ROWS, as_of: date = AS_OF) -> Company:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame = frame.assign(
        at=pd.to_datetime(frame["at"], format="ISO8601"),
        responded_at=pd.to_datetime(frame["responded_at"], format="ISO8601"),
    )
    return company_from({"interactions": frame}, as_of=as_of)


def buying() -> Company:
    """The same with orders: a was in the potential tier until September's order, b in the long tail, c had bought nothing yet."""
    bought = [
        ("a", "2026-05-01", 400.0),
        ("a", "2026-09-10", 2000.0),
        ("b", "2026-05-01", 10.0),
        ("c", "2026-10-05", 9e3),
    ]
    orders = pd.DataFrame(bought, columns=["customer_id", "ordered_at", "amount"])
    orders = orders.assign(
        order_id=[f"o{i}" for i in range(len(orders))], ordered_at=pd.to_datetime(orders["ordered_at"])
    )
    late = [("11", "a", "2026-10-02 09:00", "email", "out", None, "2026-10-02 10:00")]
    frame = pd.DataFrame([*ROWS, *late], columns=COLUMNS)
    times = {name: pd.to_datetime(frame[name], format="ISO8601") for name in ("at", "responded_at")}
    return company_from({"interactions": frame.assign(**times), "orders": orders}, as_of=AS_OF)


def against_deck(c: Company) -> pd.DataFrame:
    return channel_matrix.against_deck(c, channels.by_channel(c))


def test_contacts_by_hand() -> None:
    frame = channels.by_channel(company()).set_index("channel")
    email, phone, letter = (frame.loc[c] for c in ("email", "phone", "letter"))
    assert (email["contacts"], email["customers"], email["costed"]) == (5, 2, 4)
    assert email["cost_per_contact"] == pytest.approx(0.9 / 4)
    assert email["observed"] == 4, "the contact at one minute past midnight still has a minute to go"
    assert email["response_rate"] == pytest.approx(2 / 4)
    assert email["response_hours"] == pytest.approx((14 * 24 + 2) / 2)
    assert (phone["contacts"], phone["contacts_in"], phone["cost"]) == (1, 1, 6.0)
    assert np.isnan(letter["response_rate"]), "no answer over it is on record at all"


@pytest.mark.deck("D010", "D093")
def test_response_has_its_interval_and_its_parts_sum_to_the_whole() -> None:
    findings = channels.response(company()).set_index("segment")
    by_customer = clustered(Clustered.of([1, 1], [2, 2]))
    assert tuple(findings.loc["email", ["value", "low", "high"]]) == pytest.approx(by_customer)
    assert findings.loc[["email", ""], "customers"].tolist() == [2, 3]
    by_customer = clustered(Clustered.of([1, 1, 1], [2, 2, 1]))
    assert tuple(findings.loc["", ["value", "low", "high"]]) == pytest.approx(by_customer)
    assert findings.loc["", "n"] == findings.drop(index="")["n"].sum()
    assert "letter" not in findings.index


def test_once_the_days_are_over_an_answer_no_longer_changes_the_rate() -> None:
    when = date(2026, 9, 30)
    early = channels.response(company().at(when))
    pd.testing.assert_frame_equal(early, channels.response(company().at(when)))
    pd.testing.assert_frame_equal(early, channels.response(company(ROWS[:3] + ROWS[5:], when).at(when)))
    answered = [*ROWS[:2], (*ROWS[2][:6], "2026-10-02 09:00"), *ROWS[3:]]
    pd.testing.assert_frame_equal(early, channels.response(company(answered).at(when)))


def test_a_contact_on_the_last_day_is_not_counted_as_no_response() -> None:
    fresh = [*ROWS, *((f"n{i}", "a", "2026-10-31 23:00", "email", "out", "0.1", None) for i in range(20))]
    before = channels.response(company())
    pd.testing.assert_frame_equal(before, channels.response(company(fresh)))


@pytest.mark.deck("D094")
def test_the_tier_is_that_of_the_time_of_the_contact() -> None:
    findings = channels.response_by_tier(buying()).set_index("segment")
    assert findings.loc["email · potential", ["value", "n"]].tolist() == [0.5, 2], "before the large order"
    assert findings.loc["email · growth", ["value", "n"]].tolist() == [1.0, 1], "after it"
    assert findings.loc["email · long_tail", "n"] == 2
    assert findings.loc["", "n"] == 5 == findings.drop(index="")["n"].sum(), "c had no tier when called"
    matrix = channels.crossed(findings.reset_index())
    assert matrix.columns.tolist() == ["growth", "potential", "long_tail"]
    assert matrix.loc["email", "potential"] == pytest.approx(1 / 2)
    assert channels.crossed(findings.reset_index(), least=3).isna().all(axis=None)


def test_the_tier_at_a_month_start_is_the_tier_of_that_day() -> None:
    c = buying()
    each = tiers.at_month_starts(c).to_pandas()
    assert each["month"].nunique() == 5, "from the month after the first order"
    for month, part in each.groupby("month"):
        then = tiers.placed(c.at((pd.Timestamp(month) - pd.Timedelta(days=1)).date())).to_pandas()
        assert part.set_index("customer_id")["tier"].to_dict() == then.set_index("customer_id")["tier"].to_dict()


def test_row_order_changes_nothing() -> None:
    for measure in (channels.response, channels.use, against_deck):
        one, other = (measure(company(rows)) for rows in (ROWS, ROWS[::-1]))
        pd.testing.assert_frame_equal(one, other)


@pytest.mark.deck("D087")
def test_own_figures_stand_against_the_deck() -> None:
    frame = against_deck(company())
    assert frame["channel"].tolist() == [*channel_matrix.DECK_MATRIX]
    assert frame.set_index("channel").loc["phone", "deck_speed"] == "speed_very_fast"
    extra = [("11", "a", "2026-09-01", "app", "out", None, None)]
    more = against_deck(company([*ROWS, *extra])).set_index("channel")
    assert more.index[-1] == "app"
    assert pd.isna(more.loc["app", "deck_cost"])


def test_use_counts_and_prices_contacts() -> None:
    findings = channels.use(company()).set_index(["kpi", "segment"])["value"]
    assert findings["contacts", ""] == 7
    assert findings["cost_per_contact", ""] == pytest.approx(8.9 / 6)


def test_without_answers_on_record_no_rate_is_made_up() -> None:
    silent = company([(*row[:6], None) for row in ROWS])
    assert channels.response(silent).empty
    assert channels.by_channel(silent)["response_rate"].isna().all()


@pytest.mark.parametrize("tables", [company_from({}, as_of=AS_OF), company([])], ids=["missing", "empty"])
def test_without_contacts_there_are_no_rows(tables: Company) -> None:
    for measure in (channels.response, channels.use):
        findings = measure(tables.at(AS_OF))
        assert findings.empty
        assert "interactions.direction" in findings.attrs["unknown"]
    by_tier = channels.response_by_tier(tables.at(AS_OF))
    assert by_tier.empty
    assert channels.crossed(by_tier).empty
    assert len(against_deck(tables.at(AS_OF))) == len(channel_matrix.DECK_MATRIX)


def test_without_directions_no_contact_is_said_to_be_ours() -> None:
    blind = company([(*row[:4], None, *row[5:]) for row in ROWS])
    assert channels.use(blind).empty
    assert channels.response(blind).empty
    assert channels.use(blind).attrs["unknown"] == ("interactions.direction",)
    own = against_deck(blind)[["cost_per_contact", "response_rate", "observed"]]
    assert own.isna().all(axis=None)


def test_a_column_taken_away_gives_no_other_number() -> None:
    for measure in (channels.by_channel, against_deck, channels.use, channels.response):
        assert another_number(measure, company()) == {}
    assert another_number(channels.response_by_tier, buying()) == {}
