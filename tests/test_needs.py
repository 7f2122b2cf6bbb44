"""Words beside deeds and the test of a trial: by hand, and the planted effect of the teaching company."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import FINDING
from crmlib.measures import needs
from crmlib.teaching import plan as plan
from crmlib.teaching.make import make
from crmlib.vocabulary.policy import Policy
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)
POLICY = Policy()
FILES = {"interactions": "marketing_contacts.parquet", "activity": "web_use.parquet"}
COLUMNS = {
    "interactions": ["interaction_id", "customer_id", "at", "channel", "direction", "campaign", "responded_at"],
    "activity": ["customer_id", "day", "logins", "events", "errors"],
}


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def asked(low_orders: int, others_order: int, each: int = 120) -> Company:
    """`each` customers below expectation and as many above, of whom so many order within 90 days."""
    who = [f"l{i}" for i in range(each)] + [f"h{i}" for i in range(each)]
    answers = pd.DataFrame({"customer_id": who, "at": at("2026-03-01"), "instrument": "servqual", "item": "empathy"})
    answers = answers.assign(expectation=5.0, perception=[3.0] * each + [6.0] * each)
    buyers = [f"l{i}" for i in range(low_orders)] + [f"h{i}" for i in range(others_order)]
    orders = pd.DataFrame({"order_id": buyers, "customer_id": buyers, "ordered_at": at("2026-04-01"), "amount": "1"})
    return company_from({"surveys": answers, "orders": orders}, as_of=AS_OF)


@pytest.mark.deck("D050")
@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(20, 80, "agree"), (80, 20, "differ"), (60, 60, "no_sign"), (0, 0, "no_sign")]
)
def test_words_and_deeds(low: int, high: int, verdict: str) -> None:
    row = needs.stated_and_observed(asked(low, high)).iloc[0]
    assert (row["stated"], row["customers"], row["others"], row["verdict"]) == ("empathy", 120, 120, verdict)
    assert row["gap"] == pytest.approx(-0.5)
    assert row["difference"] == pytest.approx((low - high) / 120)
    assert pd.isna(row["used_share"]), "there is no table of use"
    assert row["unit"] == "change"


def test_thin_data_and_days_that_are_not_over() -> None:
    few = needs.stated_and_observed(asked(1, 5, each=5))
    assert few["verdict"].tolist() == ["not_enough"]
    assert needs.confirmed(knowing(AS_OF), few).empty
    early = date(2026, 5, 29)
    assert needs.stated_and_observed(asked(10, 40).at(early)).empty
    pd.testing.assert_frame_equal(
        needs.stated_and_observed(asked(10, 40).at(date(2026, 9, 30))),
        needs.stated_and_observed(asked(10, 40).at(date(2026, 9, 30)).at(date(2026, 9, 30))),
    )


def test_who_said_goodbye_is_no_measure_of_others() -> None:
    cases = [("1", "a", "delivery", "slow"), ("2", "b", "usage", "guide"), ("3", "c", "cancellation", "price")]
    frame = pd.DataFrame(cases, columns=["ticket_id", "customer_id", "category", "cause"])
    c = company_from({"tickets": frame.assign(opened_at=at("2026-03-01"))}, as_of=AS_OF)
    said = needs.stated_and_observed(c).set_index("stated")
    assert said["others"].to_dict() == {"guide": 1, "price": 2, "slow": 1}


def trial() -> Company:
    """Two users whose errors fall from 4 to 1 of 10 logins, two others who stay at 4."""
    sent = pd.DataFrame({"interaction_id": list("1234"), "customer_id": list("abcd"), "at": at("2026-07-01")})
    sent = sent.assign(channel="app", direction="out", campaign="trial-x")
    sent = sent.assign(responded_at=[at("2026-07-02"), at("2026-07-02"), pd.NaT, pd.NaT])
    used = [(c, date(2026, m, 10), 10, 20, 1 if c in "ab" and m == 8 else 4) for c in "abcd" for m in (6, 8)]
    activity = pd.DataFrame(used, columns=["customer_id", "day", "logins", "events", "errors"])
    return company_from({"interactions": sent, "activity": activity}, as_of=AS_OF)


@pytest.mark.deck("D054")
def test_the_trial_by_hand() -> None:
    told = needs.trial(trial()).set_index("kpi")
    assert told.loc["trial_used_share", "value"] == 0.5
    assert told.loc["trial_error_ratio", "value"] == pytest.approx(0.25)
    assert told.loc["trial_click_ratio", "value"] == pytest.approx(1.0)
    use = needs.trial_use(trial())
    assert use["errors_per_login"].tolist() == pytest.approx([0.4, 0.1, 0.4, 0.4])
    assert use["clicks_per_login"].tolist() == [2.0] * 4


def test_without_an_invitation_or_use_nothing_is_said() -> None:
    for c in (company_from({}, as_of=AS_OF), trial().at(date(2026, 6, 30))):
        told = needs.trial(c)
        assert list(told.columns) == FINDING
        assert told.empty
        assert needs.trial_use(c).empty
    assert needs.stated_and_observed(company_from({}, as_of=AS_OF)).empty
    unseen = company_from({"interactions": trial().tables.interactions.execute()}, as_of=AS_OF)
    told = needs.trial(unseen)
    assert told.set_index("kpi")["n"].to_dict() == {"trial_used_share": 4}, (
        "without use on record nothing is said of it"
    )
    assert set(told.attrs["unknown"]) == {"activity.logins", "activity.events", "activity.errors"}
    assert needs.trial_use(unseen)["logins"].isna().all()


@pytest.mark.parametrize("column", ["interactions.direction", "interactions.campaign", "interactions.responded_at"])
def test_a_trial_of_which_a_column_is_missing_is_not_judged(column: str) -> None:
    told = needs.trial(trial().without(column))
    assert told.empty
    assert column in told.attrs["unknown"]
    assert needs.trial_use(trial().without(column)).empty


def test_causes_are_left_out_where_nobody_knows_who_said_goodbye() -> None:
    frame = pd.DataFrame({"ticket_id": list("12"), "customer_id": list("ab"), "cause": ["slow", "guide"]})
    c = company_from({"tickets": frame.assign(opened_at=at("2026-03-01"), category="usage")}, as_of=AS_OF)
    assert len(needs.stated_and_observed(c)) == 2
    assert needs.stated_and_observed(c.without("tickets.category")).empty


def test_the_planted_effect_is_found() -> None:
    made = make(customers=2500, only=("interactions", "activity"))
    truth = made.truth["trial"]
    frames = {name: made.sources[file] for name, file in FILES.items()}
    sent = frames["interactions"]
    sent = sent[sent["campaign"].astype(str).str.startswith("trial")]
    used = frames["activity"][frames["activity"]["customer_id"].isin(sent["customer_id"])]
    c = company_from(
        {"interactions": sent[COLUMNS["interactions"]], "activity": used[COLUMNS["activity"]]}, as_of=AS_OF
    )
    told = needs.trial(c).set_index("kpi")
    assert told.loc["trial_used_share", "n"] == len(truth)
    row = told.loc["trial_error_ratio"]
    assert row["low"] < plan.TRIAL_ERRORS < row["high"] < 1
