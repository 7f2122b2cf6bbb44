"""The action list: reasons, order, capacity, caps, consent, and a lot that depends on the customer alone."""

import hashlib
from datetime import date
from decimal import Decimal
from io import StringIO

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.facts import lots
from crmlib.facts.company import Company, company_from
from crmlib.measures import actions, candidates, reach, worth
from crmlib.run import handed_out
from crmlib.run.worklists import Own
from crmlib.vocabulary import language
from crmlib.vocabulary.policy import Policy, load
from tests.conftest import TEACHING
from tests.listed import every_row, others, whole_list
from tests.small_company import knowing
from tests.test_claims import planted

AS_OF = date(2026, 10, 31)


def policy(**contact: object) -> Policy:
    return Policy.model_validate({"contact": {"lasting_share": 0.0, "explore_share": 0.0, **contact}})


def warned(customers: list[str], why: str = "silent_and_dropped") -> ibis.Table:
    frame = pd.DataFrame({"customer_id": customers, "why": why, "state": "at_risk", "silent_months": 3})
    return ibis.memtable(frame.assign(frequency_drop=0.62, complaints=2))


def tiered(**revenue: float) -> ibis.Table:
    frame = pd.DataFrame({"customer_id": list(revenue), "revenue": [Decimal(str(v)) for v in revenue.values()]})
    return ibis.memtable(frame.assign(tier="growth", orders=4))


def due(customer: str, moment: str = "habit") -> ibis.Table:
    row = {"customer_id": [customer], "moment": [moment], "days_after": [30], "due_on": [date(2026, 11, 3)]}
    return ibis.memtable(pd.DataFrame(row))


def waiting(customer: str, hours: float) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": [customer], "case_id": [f"T-{customer}"], "overdue_hours": [hours]})


def proposed(c: Company, rules: Policy, **frames: object) -> actions.Proposed:
    c = c.under(rules)
    listed = candidates.candidates(c, **frames)
    found = actions.propose(c, worth.valued(c, listed, reach.channel_for(c, listed)), reach.over_contacted(c))
    steps = actions.left_out(c, listed, found).set_index("step")["customers"]
    assert steps["candidates"] == steps.drop("candidates").sum()
    assert (steps >= 0).all()
    return found


def plan(c: Company, rules: Policy, **frames: object) -> pd.DataFrame:
    return proposed(c, rules, **frames).rows


EMPTY = company_from({}, as_of=AS_OF)
EVERYBODY = policy(hold_out_share=0.0)


def contacts(customer: str, *days: str, direction: str = "out", channel: str = "email") -> pd.DataFrame:
    frame = pd.DataFrame({"customer_id": customer, "at": pd.to_datetime(list(days)), "direction": direction})
    return frame.assign(channel=channel, interaction_id=[f"{customer}{d}" for d in days])


def test_a_reason_is_said_with_its_numbers_and_everything_a_doer_needs() -> None:
    row = plan(EMPTY, EVERYBODY, warning=warned(["a"]), tiers=tiered(a=1200)).iloc[0]
    assert row["why_text"] == "No login for 3 months and purchases down 62% against own baseline."
    assert row["what"] == "find_cause"
    assert row["due_on"] == date(2026, 11, 7)
    assert (row["arm"], row["tier"], row["minutes"], row["priority"]) == ("act", "growth", 20, 1)
    assert row["worth_text"] == "Nothing on record tells what acting would bring."
    assert (row["channel"], row["channel_text"]) == ("", "yours to choose")
    assert list(plan(EMPTY, EVERYBODY).columns) == list(actions.COLUMNS)


@pytest.mark.deck("D106")
def test_one_row_per_customer_for_the_most_urgent_reason() -> None:
    overdue = waiting("a", 5.0)
    frames = {"warning": warned(["a", "b"]), "due": due("c"), "tiers": tiered(a=100, b=300, c=800)}
    found = plan(EMPTY, EVERYBODY, overdue=overdue, **frames).set_index("customer_id")
    assert found["why"].to_dict() == {"b": "silent_and_dropped", "c": "habit", "a": "case_overdue"}
    assert list(found.index) == ["a", "b", "c"], "an answer owed first; without orders on record the most urgent"
    assert found["case_id"].fillna("").to_dict() == {"b": "", "c": "", "a": "T-a"}, (
        "the doer of a case needs its number"
    )
    assert found.loc["a", "why_text"] == "A case has been waiting 5 hours beyond its deadline."
    assert found["priority"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("capacity", [0, 1, 3, 50])
def test_capacity_holds(capacity: int) -> None:
    names = [f"c{i}" for i in range(9)]
    found = plan(EMPTY, policy(hold_out_share=0.0, capacity=capacity), warning=warned(names))
    assert found["customer_id"].tolist() == names[: min(capacity, 9)]


@pytest.mark.parametrize(("hours", "there"), [(0.5, 1), (1.0, 3), (100.0, 9)])
def test_the_hours_hold_too(hours: float, there: int) -> None:
    rules = policy(hold_out_share=0.0, team_hours=hours)
    assert len(plan(EMPTY, rules, warning=warned([f"c{i}" for i in range(9)]))) == there


def test_the_held_out_stand_among_the_first_and_do_not_use_capacity() -> None:
    names = [f"c{i:03}" for i in range(200)]
    found = plan(
        EMPTY,
        policy(hold_out_share=0.3, capacity=60),
        warning=warned(names),
        tiers=tiered(**dict.fromkeys(names, 10.0)),
    )
    assert (found["arm"] == "act").sum() == 60
    assert found["customer_id"].tolist() == names[: len(found)]
    assert (found["arm"] == "hold_out").any()


def lot(customers: list[str], rules: Policy, as_of: date = AS_OF) -> dict[str, str]:
    drawn = lots.arms(knowing(as_of, rules), pd.Series(customers))
    return dict(zip(customers, drawn, strict=True))


@pytest.mark.deck("D129")
def test_the_lot_is_what_its_definition_says() -> None:
    rules = policy(hold_out_share=0.25)
    for customer, arm in lot([f"c{i}" for i in range(50)], rules).items():
        digest = hashlib.sha256(f"{rules.statistics.seed}|2026-10|{customer}".encode()).hexdigest()
        assert (arm == "hold_out") is (int(digest[:12], 16) / 16**12 < 0.25)


def test_the_realised_share_is_the_one_set_and_a_month_draws_anew() -> None:
    names = [f"c{i}" for i in range(20_000)]
    drawn = lot(names, policy(hold_out_share=0.1))
    held = {c for c, arm in drawn.items() if arm == "hold_out"}
    assert 0.094 < len(held) / 20_000 < 0.106
    again = {c for c, arm in lot(names, policy(hold_out_share=0.1), date(2026, 11, 30)).items() if arm == "hold_out"}
    assert 0.05 < len(held & again) / len(held) < 0.15
    assert set(lot(names[:50], policy(hold_out_share=0.0)).values()) == {"act"}


@pytest.mark.deck("D129")
def test_who_is_left_alone_for_a_year_is_so_for_the_twelve_months_after_their_first_list() -> None:
    rules = policy(lasting_share=0.2, hold_out_share=0.0)
    ends = [d.date() for d in pd.date_range("2024-01-31", periods=30, freq="ME")]
    first = {f"c{i}": ends[i % 5] for i in range(1_000)}
    lists = [(who, day, number) for number, (who, day) in enumerate(first.items())]
    rows = pd.DataFrame(lists, columns=["customer_id", "proposed_on", "action_id"]).assign(why="silent")
    drawn = {}
    for end in ends:
        # Nothing is known of a list before it is made.
        known = rows[rows["proposed_on"] < end].assign(arm="act", action_id=lambda f: f["action_id"].astype(str))
        c = company_from({"actions": known}, as_of=end, policy=rules)
        drawn[end] = pd.Series(lots.arms(c, rows["customer_id"]), index=rows["customer_id"]) == "lasting"
    told = pd.DataFrame(drawn)
    assert told.mean().between(0.15, 0.25).all(), "the same share in every month"
    for who, months in told.iterrows():
        since = months[[end >= first[str(who)] for end in ends]].to_numpy()
        years = [since[at : at + 12] for at in range(0, len(since), 12)]
        assert all(len(set(year)) == 1 for year in years), "all of a year or none of it"
    year = {who: told.loc[who, [day, ends[ends.index(day) + 12]]].tolist() for who, day in first.items()}
    once = [again for now, again in year.values() if now]
    assert 0.1 < sum(once) / len(once) < 0.3, "each year is drawn anew"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text("abcdef0123", min_size=1, max_size=6), min_size=2, max_size=12, unique=True), st.randoms())
def test_who_else_is_there_and_in_which_order_changes_nobodys_lot(names: list[str], random: object) -> None:
    mixed = names[:]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    everyone = lot(mixed, policy(hold_out_share=0.5))
    assert lot(names[:1], policy(hold_out_share=0.5))[names[0]] == everyone[names[0]]


def test_an_answer_owed_is_never_held_out_and_waits_for_no_cap() -> None:
    overdue = waiting("a", 100.0)
    c = company_from({"interactions": contacts("a", "2026-10-30")}, as_of=AS_OF)
    found = plan(c, policy(hold_out_share=0.999), overdue=overdue)
    assert found["arm"].tolist() == ["act"]
    assert found["why_text"].tolist() == ["A case has been waiting 4 days beyond its deadline."]


@pytest.mark.deck("D075")
@pytest.mark.parametrize(
    ("days", "proposed"),
    [
        (["2026-10-24"], True),
        (["2026-10-25"], False),
        (["2026-10-02", "2026-10-03", "2026-10-04", "2026-10-05"], False),
        (["2026-10-01"] * 1, True),
    ],
)
def test_rest_and_cap_are_kept(days: list[str], proposed: bool) -> None:
    c = company_from({"interactions": contacts("a", *days)}, as_of=AS_OF)
    assert (len(plan(c, EVERYBODY, warning=warned(["a"]))) == 1) is proposed


def consents(*rows: tuple[str, str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["channel", "purpose", "granted_at", "withdrawn_at"]).assign(customer_id="a")
    return frame.assign(
        granted_at=pd.to_datetime(frame["granted_at"]), withdrawn_at=pd.to_datetime(frame["withdrawn_at"])
    )


@pytest.mark.parametrize(
    ("rows", "channel"),
    [
        ([("phone", "sales", "2025-01-01", "2026-01-01"), ("email", "sales", "2025-01-01", None)], "email"),
        ([("phone", "sales", "2025-01-01", "2025-02-01"), ("phone", "sales", "2025-03-01", None)], "phone"),
        (
            [
                ("phone", "care", "2025-01-01", "2026-01-01"),
                ("phone", "sales", "2025-01-01", None),
                ("sms", "sales", "2025-01-01", None),
            ],
            "sms",
        ),
        ([("phone", "sales", "2025-01-01", "2026-01-01")], None),
        ([("wechat", "sales", "2026-11-01", None), ("email", "sales", "2025-01-01", None)], "email"),
    ],
)
def test_withdrawn_consent_closes_the_channel(
    rows: list[tuple[str, str, str, str | None]], channel: str | None
) -> None:
    c = company_from({"consents": consents(*rows)}, as_of=AS_OF)
    found = plan(c, policy(hold_out_share=0.0, channels=["phone", "wechat", "email", "sms"]), warning=warned(["a"]))
    assert found["channel"].tolist() == ([channel] if channel else [])


def test_the_purpose_must_be_covered_where_consents_name_it_and_service_needs_none() -> None:
    c = company_from(
        {"consents": consents(("email", "win_back", "2025-01-01", None), ("phone", "sales", "2025-01-01", None))},
        as_of=AS_OF,
    )
    assert plan(c, EVERYBODY, warning=warned(["a"]))["channel"].tolist() == ["email"]
    overdue = waiting("stranger", 5.0)
    assert plan(c, EVERYBODY, overdue=overdue)["channel"].tolist() == [""], "owed, by whichever way there is"
    assert plan(c, EVERYBODY, warning=warned(["stranger"])).empty


def test_contact_points_and_what_the_customer_answers_choose_the_channel() -> None:
    customer = pd.DataFrame(
        {
            "customer_id": ["a"],
            "phone_status": "invalid",
            "email_status": "valid",
            "wechat_status": "missing",
            "owner": "o1",
        }
    )
    found = plan(company_from({"customers": customer}, as_of=AS_OF), EVERYBODY, warning=warned(["a"]))
    assert found[["channel", "owner"]].to_numpy().tolist() == [["email", "o1"]]
    heard = company_from({"interactions": contacts("a", "2026-05-01", direction="in", channel="wechat")}, as_of=AS_OF)
    listed = policy(hold_out_share=0.0, channels=["email", "wechat"])
    assert plan(heard, listed, warning=warned(["a"]))["channel"].tolist() == ["wechat"]
    both = company_from({"customers": customer.assign(phone_status="valid")}, as_of=AS_OF)
    first = policy(hold_out_share=0.0, channels=["phone", "email"])
    assert plan(both, first, warning=warned(["a"]))["channel"].tolist() == ["phone"]
    assert plan(both, first, due=due("a"))["channel"].tolist() == ["email"], "a light message does not ring"


def test_the_list_is_the_same_whatever_the_order_of_its_rows() -> None:
    names = [f"c{i}" for i in range(30)]
    tiers, back = tiered(**dict.fromkeys(names, 5.0)), tiered(**dict.fromkeys(names[::-1], 5.0))
    rules = policy(hold_out_share=0.4, capacity=7)
    first = plan(EMPTY, rules, warning=warned(names), tiers=tiers)
    pd.testing.assert_frame_equal(first, plan(EMPTY, rules, warning=warned(names[::-1]), tiers=back))
    assert first["action_id"].is_unique


def test_findings_count_those_to_act_on_and_an_empty_list_says_none() -> None:
    told = proposed(EMPTY, policy(hold_out_share=0.4, capacity=7), warning=warned([f"c{i}" for i in range(30)]))
    found, rows = told.rows, actions.summary(knowing(AS_OF), told).set_index(["kpi", "segment"])["value"]
    assert rows[("actions_proposed", "")] == rows[("actions_proposed", "silent_and_dropped")] == 7
    assert rows[("actions_held_out", "")] == len(found) - 7
    assert actions.summary(knowing(AS_OF), proposed(EMPTY, EVERYBODY))["value"].tolist() == [0, 0]


def test_every_reason_has_a_sentence_and_something_to_do() -> None:
    reasons = ["silent_and_dropped", "silent", "dropped", "complaints"]
    moments = ["experience", "repurchase", "step_4"]
    days = pd.DataFrame({"customer_id": moments, "moment": moments, "days_after": 30, "due_on": date(2026, 11, 3)})
    frame = pd.DataFrame({"customer_id": reasons, "why": reasons, "state": "at_risk", "silent_months": 3})
    risky = ibis.memtable(frame.assign(frequency_drop=0.62, complaints=2))
    review = ibis.memtable({"customer_id": ["review_due"]})
    found = plan(EMPTY, EVERYBODY, warning=risky, due=ibis.memtable(days), reviews=review).set_index("customer_id")
    assert set(found.index) == {*reasons, *moments, "review_due"}
    assert all(text.endswith(".") and "{" not in text and "nan" not in text for text in found["why_text"])
    assert found["why_text"]["complaints"] == "2 complaints in the last 3 months."
    assert found["why_text"]["step_4"] == "Day 30 after the last order falls on 3 Nov 2026."
    assert found["what"]["step_4"] == "check_in"


def test_nobody_is_said_to_have_no_login_where_logins_are_not_recorded() -> None:
    dropped = ibis.memtable(
        pd.DataFrame({"customer_id": ["a"], "why": "dropped", "state": "at_risk", "frequency_drop": 0.62})
    )
    row = plan(EMPTY, EVERYBODY, warning=dropped).iloc[0]
    assert row["why_text"] == "Purchases down 62% against own baseline."
    assert row["without"] == "activity.logins"
    used = company_from({"activity": pd.DataFrame({"customer_id": ["b"], "day": [AS_OF], "logins": [1]})}, as_of=AS_OF)
    row = plan(used, EVERYBODY, warning=dropped).iloc[0]
    assert row["why_text"] == "Purchases down 62% against own baseline; no login is on record."
    assert row["without"] == ""


def test_whom_no_known_channel_reaches_stays_on_the_list_and_is_counted() -> None:
    people = pd.DataFrame({"customer_id": ["a", "b"], "email_status": ["valid", None]})
    c = company_from({"customers": people}, as_of=AS_OF)
    found = plan(c, EVERYBODY, warning=warned(["a", "b"])).set_index("customer_id")
    assert found["channel_text"].to_dict() == {"a": "e-mail", "b": "yours to choose"}
    with language.using("zh", "CNY"):
        assert plan(c, EVERYBODY, warning=warned(["b"]))["channel_text"].tolist() == ["由您选择"]
    listed = candidates.candidates(c.under(EVERYBODY), warning=warned(["a", "b"]))
    steps = actions.left_out(c, listed, proposed(c, EVERYBODY, warning=warned(["a", "b"])))
    assert steps.set_index("step")["customers"].to_dict() == {
        "candidates": 2, "no_permitted_channel": 0, "contacted_enough": 0, "beyond_capacity": 0, "hold_out": 0,
        "act": 1, "channel_to_choose": 1,
    }  # fmt: skip


READ = (
    "activity.logins", "customers.email", "customers.owner", "customers.phone", "customers.type", "customers.wechat",
    "consents.withdrawn_at", "interactions.direction", "interactions.purpose", "interactions.responded_at",
    "orders.category", "orders.refunded", "tickets.category", "tickets.first_response_at", "tickets.resolved_at",
    "tickets.severity",
)  # fmt: skip
"""The optional columns that the list reads, of those that the teaching company records."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A tenth of the teaching company, with all its columns and under its policy."""
    return planted(tmp_path_factory.mktemp("list"), 1000, 3).under(load(TEACHING / "policy.toml"))


@pytest.mark.slow
@pytest.mark.parametrize("own", [False, True], ids=["channels set", "own channels"])
def test_of_the_whole_list_a_column_taken_away_leaves_rows_equal_gone_or_marked(small: Company, own: bool) -> None:
    """What tells whom to reach and how is taken away where channels are the company's own, the rest where policy sets them. The
    whole teaching company, and every other optional column, is `python -m tests.studies known teaching`.
    """
    c = small
    if own:
        contact = c.policy.contact.model_copy(update={"channels": []})
        c = c.under(c.policy.model_copy(update={"contact": contact}))
    then = every_row(c)
    assert {"silent", "overdue", "repurchase", "case_overdue", "review_due", "unhappy_answer"} <= {
        why for _c, why in then
    }
    for column in (name for name in READ if own == name.startswith(("customers", "interactions.d", "consents"))):
        assert c.knows(column), column
        assert others(then, whole_list(c.without(column)), column) == []


def test_the_lists_for_doers_name_the_channel_and_the_companys_own_number_of_the_case() -> None:
    ids = pd.DataFrame([("c1", "customer", "K-1"), ("t1", "ticket", "T1047")], columns=["pseudonym", "kind", "id"])
    c = company_from({"customers": pd.DataFrame({"customer_id": ["c1"], "email_status": "valid"})}, as_of=AS_OF)
    for people, channel in ((c, "e-mail"), (EMPTY, "yours to choose")):
        rows = plan(people, EVERYBODY, overdue=waiting("c1", 5.0).assign(case_id="t1"))
        own = Own(ids.assign(chosen=True))
        lists = handed_out.files(rows, own, AS_OF, EMPTY.policy)[0]
        row = pd.read_csv(StringIO(str(lists["actions.csv"])), dtype="str").iloc[0]
        assert (row["customer_id"], row["case_id"], row["channel"]) == ("K-1", "T1047", channel)
        for name in ("zoho_crm_tasks.csv", "fxiaoke_tasks.csv"):
            assert f"{channel} · T1047" in str(lists[name])


def renewing(**contracts: tuple[int, float | None, date]) -> ibis.Table:
    rows = [(who, n, money, day) for who, (n, money, day) in contracts.items()]
    frame = pd.DataFrame(rows, columns=["customer_id", "renewals", "recurring_revenue", "renews_on"])
    types = {"customer_id": "string", "renewals": "int64", "recurring_revenue": "float64", "renews_on": "date"}
    return ibis.memtable(frame, schema=ibis.schema(types))


@pytest.mark.deck("D106")
def test_a_renewal_is_a_reason_before_its_day() -> None:
    due_soon = renewing(
        a=(1, 1200.0, date(2026, 12, 20)), b=(2, 90.0, date(2026, 11, 4)),
        c=(1, None, date(2026, 12, 1)), d=(1, 50.0, date(2026, 12, 1))
    )  # fmt: skip
    rules = policy(hold_out_share=0.0, act_within_days={"renewal_due": 14})
    with language.using("en", "EUR"):
        listed = plan(EMPTY, rules, renewals=due_soon, tiers=tiered(a=9, d=5000), warning=warned(["d"]))
    found = listed.set_index("customer_id")
    assert list(listed["customer_id"]) == ["d", "b", "a", "c"], "the most urgent first, then the nearest day"
    assert found["why"].to_dict() == {
        "d": "silent_and_dropped",
        "a": "renewal_due",
        "b": "renewal_due",
        "c": "renewal_due",
    }
    assert found.loc[["a", "b", "c"], "due_on"].to_list() == [date(2026, 11, 14), date(2026, 11, 4), date(2026, 11, 14)]
    assert (
        found.loc["b", "why_text"]
        == "2 contracts that bring €90.00 a year are up for renewal, the first on 4 Nov 2026."
    )
    assert found.loc["c", "why_text"] == "1 contract is up for renewal, on 1 Dec 2026."


def test_where_nothing_is_on_record_that_would_be_a_reason_nobody_is_said_to_need_none() -> None:
    assert actions.summary(EMPTY, proposed(EMPTY, EVERYBODY)).empty
    assert len(actions.summary(knowing(AS_OF), proposed(EMPTY, EVERYBODY)))
