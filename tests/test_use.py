"""Use as facts: days with a login, and what came before and after an invitation to a trial."""

from datetime import date, timedelta

import pandas as pd

from crmlib.facts import use
from crmlib.facts.company import Company, company_from
from crmlib.vocabulary.unlocks import TRIAL

AS_OF = date(2026, 10, 31)


def company() -> Company:
    days = ["2026-02-28", "2026-03-01", "2026-06-28", "2026-06-29", "2026-06-30", "2026-10-27", "2026-10-28"]
    activity = pd.DataFrame(
        {"customer_id": "a", "day": [date.fromisoformat(d) for d in days], "logins": [1, 2, 4, 8, 16, 32, 0]}
    )
    sent = pd.DataFrame(
        {
            "interaction_id": ["1", "2", "3"], "customer_id": ["a", "a", "b"], "channel": "email", "direction": "out",
            "at": pd.to_datetime(["2026-06-29 10:00", "2026-08-01", "2026-06-29"], format="ISO8601"), "campaign": TRIAL + "x",
            "responded_at": pd.to_datetime(["2026-06-30", None, None]),
        }
    )  # fmt: skip
    return company_from({"activity": activity, "interactions": sent}, as_of=AS_OF)


def test_a_login_is_a_day_on_which_somebody_logged_in() -> None:
    c = company()
    assert use.logins(c).count().execute() == 6
    assert use.logins(c.without("activity.logins")).count().execute() == 0, "not known is no login"


def test_a_trial_compares_the_days_on_either_side_of_the_first_invitation() -> None:
    rows = use.trials(company()).order_by("customer_id").to_pandas()
    assert rows["customer_id"].tolist() == ["a", "b"]
    assert rows["is_user"].tolist() == [True, False]
    assert [str(day)[:10] for day in rows["invited_on"]] == ["2026-06-29"] * 2
    assert rows[["logins_before", "logins_after"]].astype(int).to_numpy().tolist() == [[6, 48], [0, 0]]
    assert rows["events_before"].isna().all()
    unsaid = use.trials(company().without("interactions.responded_at")).to_pandas()
    assert unsaid["is_user"].isna().all()


def test_a_hundred_and_twenty_days_before_are_compared_and_not_that_of_the_invitation() -> None:
    days = [
        date(2026, 2, 28),
        date(2026, 3, 1),
        date(2026, 3, 2),
        date(2026, 6, 29),
        date(2026, 6, 30),
        date(2026, 10, 31),
    ]
    activity = pd.DataFrame({"customer_id": "a", "day": days, "events": [64, 1, 2, 4, 8, 16]})
    sent = pd.DataFrame(
        {
            "interaction_id": ["1", "2"],
            "customer_id": "a",
            "channel": "email",
            "direction": "out",
            "campaign": [TRIAL, "other"],
        }
    )
    sent = sent.assign(at=pd.to_datetime(["2026-06-29", "2026-06-01"]))
    row = use.trials(company_from({"activity": activity, "interactions": sent}, as_of=AS_OF)).to_pandas().iloc[0]
    assert (row["events_before"], row["events_after"]) == (3, 24)
    assert pd.isna(row["logins_before"])
    assert pd.isna(row["is_user"])


def test_no_use_is_nought_where_use_is_recorded() -> None:
    rows = use.trials(company()).order_by("customer_id").to_pandas()
    assert rows.loc[1, ["logins_before", "logins_after"]].tolist() == [0, 0]


def test_days_of_use_are_counted_in_the_window_and_in_the_baseline_before_it() -> None:
    late, early = date(2026, 8, 1), date(2026, 2, 1)
    days = {
        "a": [early, early + timedelta(days=1), late - timedelta(days=1), late, AS_OF],
        "new": [early + timedelta(days=1), late],
        "gone": [date(2025, 1, 1)],
    }
    rows = [(who, day, 3) for who, seen in days.items() for day in seen] + [("a", date(2026, 9, 9), 0)]
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "events"])
    found = use.recent(company_from({"activity": frame}, as_of=AS_OF)).to_pandas().set_index("customer_id")
    assert found.T.to_dict("list") == {"a": [2, 3, 92, 181], "gone": [0, 0, 92, 181]}
