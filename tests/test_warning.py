"""The risk rule: its boundaries, both readings, and what cannot be said."""

from datetime import date

import ibis
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import warning
from crmlib.vocabulary.policy import Policy
from tests.known import another_number
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)
"""Window August to October, baseline February to July."""


def policy(**risk: object) -> Policy:
    """The rule, where nearly any drop is taken for more than chance: so few orders could show none."""
    return Policy.model_validate({"risk": risk, "statistics": {"false_discovery_rate": 0.49}})


def orders(**days: list[str]) -> pd.DataFrame:
    rows = [(c, d) for c, dates in days.items() for d in dates]
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at"])
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
    return frame.assign(order_id=[f"o{i}" for i in range(len(frame))], amount=100.0)


def logins(**days: str) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": list(days), "day": [date.fromisoformat(d) for d in days.values()], "logins": 1})


def complaints(*customers: str, category: str | None = "complaint", day: str = "2026-09-01") -> pd.DataFrame:
    frame = pd.DataFrame({"customer_id": customers, "opened_at": pd.Timestamp(day), "category": category})
    return frame.assign(ticket_id=[f"t{i}" for i in range(len(frame))])


def judged(c: Company, **risk: object) -> pd.DataFrame:
    return warning.signals(c.at(AS_OF).under(policy(**risk))).to_pandas().set_index("customer_id")


FOUR = ["2026-02-01", "2026-03-01", "2026-05-01", "2026-07-31"]


@pytest.mark.deck("D102")
@pytest.mark.parametrize(
    ("last", "months", "silent"), [("2026-07-31", 3, True), ("2026-08-01", 2, False), ("2026-10-31", 0, False)]
)
def test_exactly_three_months_without_login_is_silent(last: str, months: int, silent: bool) -> None:
    row = judged(company_from({"orders": orders(a=FOUR), "activity": logins(a=last)}, as_of=AS_OF)).loc["a"]
    assert (row["silent_months"], row["silent"]) == (months, silent)


@pytest.mark.deck("D102")
@pytest.mark.parametrize(
    ("as_of", "last", "days", "silent"),
    [
        ("2026-04-30", "2026-01-31", 89, True),
        ("2026-03-31", "2026-01-01", 89, False),
        ("2026-03-31", "2025-12-31", 90, True),
        ("2026-06-30", "2026-04-01", 90, False),
        ("2026-06-30", "2026-03-31", 91, True),
        ("2026-10-31", "2026-08-01", 91, False),
    ],
)
def test_three_months_are_months_and_no_number_of_days(as_of: str, last: str, days: int, silent: bool) -> None:
    day = date.fromisoformat(as_of)
    assert (day - date.fromisoformat(last)).days == days
    c = company_from({"orders": orders(a=["2025-06-01", "2025-07-01"]), "activity": logins(a=last)}, as_of=day)
    row = warning.signals(c.under(policy())).to_pandas().iloc[0]
    assert bool(row["silent"]) is silent


@pytest.mark.deck("D102")
@pytest.mark.parametrize(("left", "drop", "holds"), [(501, 0.499, False), (500, 0.5, True), (499, 0.501, True)])
def test_a_tenth_of_a_percent_on_either_side_of_half(left: int, drop: float, holds: bool) -> None:
    row = judged(company_from({"orders": orders(a=["2026-05-01"] * 2000 + ["2026-09-01"] * left)}, as_of=AS_OF)).loc[
        "a"
    ]
    assert row["frequency_drop"] == pytest.approx(drop)
    assert bool(row["dropped"]) is holds


@pytest.mark.deck("D102")
@pytest.mark.parametrize(
    ("window", "drop", "holds"),
    [(["2026-08-01"], 0.5, True), (["2026-08-01", "2026-10-31"], 0.0, False), ([], 1.0, True)],
)
def test_exactly_minus_fifty_percent_is_a_drop(window: list[str], drop: float, holds: bool) -> None:
    row = judged(company_from({"orders": orders(a=FOUR + window)}, as_of=AS_OF)).loc["a"]
    assert row["frequency_drop"] == pytest.approx(drop)
    assert bool(row["dropped"]) is holds


def test_a_drop_share_that_no_binary_fraction_writes_still_holds_at_its_boundary() -> None:
    ten = [f"2026-0{m}-{d:02d}" for m in range(2, 7) for d in (1, 2, 3, 4)]
    nine = [f"2026-0{m}-{d:02d}" for m in (8, 9) for d in (1, 2, 3, 4)] + ["2026-10-01"]
    row = judged(company_from({"orders": orders(a=ten + nine)}, as_of=AS_OF), frequency_drop=0.1).loc["a"]
    assert row["frequency_drop"] == pytest.approx(0.1)
    assert bool(row["dropped"]) is True


def test_without_baseline_a_drop_cannot_be_said_and_the_other_sign_decides() -> None:
    frames = {"orders": orders(new=["2026-10-01"], one=["2026-05-01"]), "activity": logins(one="2026-06-01")}
    rows = judged(company_from(frames, as_of=AS_OF))
    assert rows["dropped"].isna().all()
    assert rows["state"].to_dict() == {"new": "unseen", "one": "at_risk"}
    assert rows.loc["one", "why"] == "silent"


@pytest.mark.parametrize(("combine", "expected"), [("all", {"both"}), ("any", {"both", "quiet", "less"})])
def test_all_or_any(combine: str, expected: set[str]) -> None:
    frames = {
        "orders": orders(
            both=FOUR, quiet=[*FOUR, "2026-08-02", "2026-10-02"], less=FOUR, fine=[*FOUR, "2026-09-01", "2026-10-01"]
        ),
        "activity": logins(both="2026-05-01", quiet="2026-05-01", less="2026-10-30", fine="2026-10-30"),
    }
    rows = judged(company_from(frames, as_of=AS_OF), combine=combine)
    assert set(rows.index[rows["state"] == "at_risk"]) == expected
    assert rows.loc["both", "why"] == "silent_and_dropped"


def test_a_drop_that_chance_makes_is_none() -> None:
    frames = {"orders": orders(few=FOUR, many=[f"2026-0{m}-{d:02d}" for m in range(2, 8) for d in (1, 9, 17, 25)])}
    rows = warning.signals(company_from(frames, as_of=AS_OF)).to_pandas().set_index("customer_id")
    assert rows["frequency_drop"].to_dict() == {"few": 1.0, "many": 1.0}
    assert pd.isna(rows.loc["few", "dropped"]), "none after four may be chance"
    assert bool(rows.loc["many", "dropped"])


@pytest.mark.deck("D104")
def test_complaints_are_a_reason_of_their_own_from_the_set_number_on() -> None:
    fine = [*FOUR, "2026-09-01", "2026-10-01"]
    frames = {"orders": orders(a=fine, b=fine, c=fine), "tickets": complaints("a", "a", "b")}
    rows = judged(company_from(frames, as_of=AS_OF))
    assert rows["state"].to_dict() == {"a": "at_risk", "b": "steady", "c": "steady"}
    assert rows.loc["a", "why"] == "complaints"
    assert rows["complaints"].to_dict() == {"a": 2, "b": 1, "c": 0}
    frames["tickets"] = complaints("a", "a", day="2026-07-31")
    assert judged(company_from(frames, as_of=AS_OF)).loc["a", "complaints"] == 0


def test_long_gone_is_lapsed_and_a_missing_table_is_unseen_not_zero() -> None:
    rows = judged(company_from({"orders": orders(gone=["2025-01-01"], here=FOUR)}, as_of=AS_OF))
    assert rows.loc["gone", "state"] == "lapsed"
    assert rows[["silent", "complaining", "complaints"]].isna().all(axis=None)
    assert rows.loc["here", "state"] == "at_risk", "purchases alone decide where nothing else can be seen"


def test_findings_add_up_and_leave_the_lapsed_out() -> None:
    frames = {
        "orders": orders(gone=["2025-01-01"], both=FOUR, fine=[*FOUR, "2026-09-01", "2026-10-01"]),
        "activity": logins(both="2026-05-01", fine="2026-10-30"),
    }
    c = company_from(frames, as_of=AS_OF)
    signals = warning.signals(c.under(policy()))
    found = warning.at_risk(knowing(AS_OF, policy()), signals)
    whole = found[found["segment"] == ""].set_index("kpi")
    assert whole.loc["at_risk_customers", "value"] == 1
    assert whole.loc["at_risk_share", ["value", "n"]].tolist() == [0.5, 2]
    parts = found[(found["kpi"] == "at_risk_customers") & (found["segment"] != "")]
    assert parts["value"].sum() == 1
    seen = warning.visibility(c, signals).set_index("signal")
    assert seen.loc["silent", ["customers_seen", "customers_showing"]].tolist() == [2, 1]
    assert seen.loc["complaining", ["customers_seen", "customers_showing"]].tolist() == [0, None]
    assert seen["recorded"].to_dict() == {"silent": True, "dropped": True, "complaining": False, "withdrawn": False}
    assert seen.loc["complaining", "read_from"] == "tickets.category"


@pytest.mark.deck("D066")
def test_value_and_tier_come_from_the_frame_passed_in() -> None:
    c = company_from({"orders": orders(both=FOUR, fine=[*FOUR, "2026-09-01", "2026-10-01"])}, as_of=AS_OF)
    signals = warning.signals(c.under(policy()))
    tiers = ibis.memtable(
        {"customer_id": ["both", "fine"], "tier": ["growth", "high_value"], "revenue": [400.0, 600.0]}
    )
    found = warning.at_risk(knowing(AS_OF, policy()), signals, tiers=tiers).set_index(["kpi", "segment"])
    assert found.loc[("at_risk_value", ""), "value"] == 400
    by_tier = warning.by_tier(knowing(AS_OF, policy()), signals, tiers)
    assert dict(zip(by_tier["segment"], by_tier["value"], strict=True)) == {"high_value": 0, "growth": 1}
    assert by_tier["segment"].tolist() == ["high_value", "growth"]


def test_what_comes_later_and_the_order_of_rows_change_nothing() -> None:
    early = {"orders": orders(a=FOUR, b=[*FOUR, "2026-09-01"]), "activity": logins(a="2026-05-01", b="2026-09-01")}
    late = {
        "orders": pd.concat([early["orders"], orders(a=["2026-11-05"]).assign(order_id="later")]).sample(
            frac=1, random_state=1
        ),
        "activity": pd.concat([early["activity"], logins(a="2026-11-01")]).iloc[::-1],
    }
    first = judged(company_from(early, as_of=AS_OF))
    pd.testing.assert_frame_equal(first, judged(company_from(late, as_of=AS_OF)))
    pd.testing.assert_frame_equal(first, judged(company_from(late, as_of=date(2026, 12, 31)).at(AS_OF)))


def test_an_empty_company() -> None:
    empty = company_from({}, as_of=AS_OF)
    signals = warning.signals(empty)
    assert warning.at_risk(empty, signals).empty
    assert warning.visibility(empty, signals)["customers_seen"].sum() == 0


def watched() -> dict[str, pd.DataFrame]:
    fine = [*FOUR, "2026-09-01", "2026-10-01"]
    return {
        "orders": orders(both=FOUR, less=FOUR, fine=fine),
        "activity": logins(both="2026-05-01", less="2026-10-30", fine="2026-10-30"),
        "tickets": complaints("fine", "fine", "both"),
    }


def test_complaints_cannot_be_said_of_anyone_where_cases_have_no_category() -> None:
    blind = company_from({**watched(), "tickets": complaints("fine", "fine", category=None)}, as_of=AS_OF)
    rows = judged(blind)
    assert rows[["complaints", "complaining"]].isna().all(axis=None)
    assert rows.loc["fine", "state"] == "steady"
    seen = warning.visibility(blind, warning.signals(blind)).set_index("signal").loc["complaining"]
    assert (seen["customers_seen"], seen["customers_showing"], seen["recorded"]) == (0, None, False)


def test_nobody_is_silent_where_use_is_recorded_but_logins_are_not() -> None:
    frames = watched()
    blind = company_from({**frames, "activity": frames["activity"].assign(logins=None, events=7)}, as_of=AS_OF)
    rows = judged(blind)
    assert rows[["last_login", "silent_months", "silent"]].isna().all(axis=None)
    assert rows.loc["both", "why"] == "dropped", "purchases alone decide"


@pytest.mark.parametrize(("again", "state"), [(2, "unseen"), (40, "at_risk")])
def test_silence_says_nothing_where_customers_do_not_come_back(again: int, state: str) -> None:
    once = {f"c{i}": ["2026-03-01", *(["2026-04-01"] if i < again else [])] for i in range(100)}
    frames = {"orders": orders(**once), "activity": logins(**dict.fromkeys(once, "2026-04-01"))}
    rows = judged(company_from(frames, as_of=AS_OF))
    assert set(rows["state"]) == {state}
    assert rows["silent"].isna().all() == (state == "unseen")


def test_a_column_taken_away_gives_no_other_number() -> None:
    c = company_from(watched(), as_of=AS_OF)
    tiers = ibis.memtable({"customer_id": ["both", "fine"], "tier": ["growth", "high_value"], "revenue": [4.0, 6.0]})
    measures = [
        lambda c: warning.at_risk(c, warning.signals(c), tiers=tiers),
        lambda c: warning.by_tier(c, warning.signals(c), tiers),
        lambda c: warning.visibility(c, warning.signals(c)),
    ]
    columns = ("activity.logins", "tickets.category")
    assert [another_number(measure, c, *columns) for measure in measures] == [{}] * 3
    marked = measures[0](c.without("activity.logins"))["without"].str.split()
    assert marked.map(lambda names: "activity.logins" in names).all()
