"""Contracts as facts: what recurs as stated and how it moves, at the boundaries; and what payments let guess of it."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from crmlib.facts import contracts
from crmlib.facts.company import Company, company_from
from crmlib.vocabulary.months import month_ends
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
COLUMNS = ["customer_id", "started_on", "ended_on", "amount", "period", "trial"]
POLICY = Policy.model_validate({"tiers": {"renewal_grace_days": 15}})


def recurring(*ago: int, paid: tuple[float, ...] = ()) -> tuple[Decimal, int] | None:
    """Recurring revenue and payments a year of who paid so many days ago, 100 each time unless said otherwise."""
    frame = pd.DataFrame(
        {"ordered_at": [pd.Timestamp(AS_OF - timedelta(days=d)) for d in ago], "amount": paid or 100.0}
    )
    orders = frame.assign(order_id=[f"o{i}" for i in range(len(frame))], customer_id="a")
    rows = contracts.recurring(company_from({"orders": orders}, as_of=AS_OF, policy=POLICY)).to_pandas()
    return (rows.loc[0, "recurring_revenue"], int(rows.loc[0, "payments_a_year"])) if len(rows) else None


@pytest.mark.parametrize(
    ("shortest", "longest", "a_year"), [(25, 38, 12), (84, 99, 4), (350, 380, 1)], ids=["month", "quarter", "year"]
)
def test_gaps_are_of_a_kind_from_their_shortest_to_their_longest(shortest: int, longest: int, a_year: int) -> None:
    revenue = Decimal(100 * a_year)
    assert recurring(0, shortest, shortest + longest) == (revenue, a_year)
    assert recurring(0, longest, 2 * longest) == (revenue, a_year)
    assert recurring(0, shortest - 1, 2 * shortest - 1) is None, "one gap is too short"
    assert recurring(0, longest + 1, 2 * longest + 1) is None, "one gap is too long"


@pytest.mark.parametrize(("gap", "longest"), [(30, 38), (90, 99), (365, 380)])
def test_who_is_overdue_by_more_than_the_days_of_grace_has_stopped(gap: int, longest: int) -> None:
    last = longest + 15
    assert recurring(last, last + gap) is not None
    assert recurring(last + 1, last + 1 + gap) is None


def test_a_single_payment_is_the_first_of_a_year() -> None:
    assert recurring(395) == (Decimal(100), 1)
    assert recurring(396) is None


def test_only_the_gaps_between_the_last_three_payments_count_and_the_last_payment_is_what_recurs() -> None:
    assert recurring(0, 30, 60, 200, paid=(150, 100, 100, 100)) == (Decimal(1800), 12)
    assert recurring(0, 30, 90) is None, "the gaps are of two kinds"
    assert recurring(0, 30, 60, 61, 62) == (Decimal(1200), 12)


def test_two_orders_of_a_day_are_one_payment_and_what_was_paid_back_is_none() -> None:
    assert recurring(0, 0, 30, paid=(60, 40, 100)) == (Decimal(1200), 12)
    assert recurring(0, 20, 30, paid=(100, 0, 100)) == (Decimal(1200), 12), "a day on which nothing was paid is none"


def stated(*rows: tuple[object, ...], as_of: date = AS_OF, **more: object) -> Company:
    """A company of contracts: customer, started_on, ended_on, amount, period, and whether it is a trial where given."""
    frame = pd.DataFrame([(*row, False)[:6] for row in rows], columns=COLUMNS)
    frame = frame.assign(contract_id=[f"k{i}" for i in range(len(frame))], **more)
    frame["ended_on"] = frame["ended_on"].astype(object)
    return company_from({"contracts": frame}, as_of=as_of, policy=POLICY)


def brings(c: Company, day: date = AS_OF) -> dict[str, tuple[Decimal, Decimal]]:
    frame = contracts.on(c, day).to_pyarrow().to_pandas()
    return {row["customer_id"]: (row["arr"], row["mrr"]) for row in frame.to_dict("records")}


@pytest.mark.parametrize(
    ("period", "a_year", "a_month"),
    [
        ("week", 5200, "433.3333"),
        ("month", 1200, "100"),
        ("quarter", 400, "33.3333"),
        ("half_year", 200, "16.6667"),
        ("year", 100, "8.3333"),
    ],
)
def test_an_amount_recurs_with_its_period(period: str, a_year: int, a_month: str) -> None:
    c = stated(("a", date(2026, 1, 1), None, 100, period))
    assert brings(c) == {"a": (Decimal(a_year), Decimal(a_month))}


def test_a_contract_runs_on_its_first_day_and_no_more_on_the_day_it_ends() -> None:
    c = stated(("a", date(2026, 3, 1), date(2026, 9, 30), 100, "month"))
    assert [len(brings(c, day)) for day in (date(2026, 2, 28), date(2026, 3, 1))] == [0, 1]
    assert [len(brings(c, day)) for day in (date(2026, 9, 29), date(2026, 9, 30))] == [1, 0]


def test_contracts_at_once_are_added_and_a_trial_brings_nothing() -> None:
    began = date(2026, 1, 1)
    c = stated(
        ("a", began, None, 100, "month"), ("a", began, None, 600, "year"), ("a", began, None, 70, "month", True),
        ("b", began, None, 70, "month", True), ("c", began, None, 0, "month"),
    )  # fmt: skip
    assert brings(c) == {"a": (Decimal(1800), Decimal(150))}


def test_an_end_after_the_day_is_not_read() -> None:
    c = stated(("a", date(2026, 1, 1), date(2026, 11, 15), 100, "month"), as_of=date(2026, 11, 30))
    assert brings(c, date(2026, 11, 30)) == {}
    assert brings(c.at(AS_OF), AS_OF) == brings(c, AS_OF) == {"a": (Decimal(1200), Decimal(100))}
    assert contracts.contracts(c.at(AS_OF)).to_pandas()["until"].isna().all()


def test_an_agreed_term_ends_a_contract_only_where_no_end_is_recorded_and_it_does_not_renew() -> None:
    rows = [(who, date(2025, 1, 1), None, 100, "month") for who in "abc"]
    term = {"ends_on": date(2026, 1, 1), "renews": [True, False, None]}
    whole = stated(*rows, **term)
    assert set(brings(whole)) == set("abc"), "the company says of each that it has not ended"
    c = whole.without("contracts.ended_on")
    assert set(brings(c)) == {"a"}
    assert set(brings(c, date(2025, 12, 31))) == set("abc")
    assert brings(c.without("contracts.ends_on")) == {}, "nobody can say who still has one"
    assert set(contracts.surer(c)) == {"contracts.ended_on", "contracts.renews", "contracts.trial"}


def test_an_unknown_amount_is_a_contract_and_not_nought() -> None:
    c = stated(("a", date(2026, 1, 1), None, 100, None), ("a", date(2026, 1, 1), None, 10, "month"))
    row = contracts.on(c, AS_OF).to_pandas().iloc[0]
    assert (row["contracts"], row["unpriced"], row["mrr"]) == (2, 1, Decimal(10))


def moves(c: Company) -> list[tuple[str, str, str, Decimal]]:
    frame = contracts.movements(c).to_pandas().sort_values(["customer_id", "month"])
    return [(r["customer_id"], f"{r['month']:%m}", r["kind"], r["change"]) for r in frame.to_dict("records")]


def test_each_movement_by_hand() -> None:
    c = stated(
        ("up", date(2026, 1, 5), date(2026, 4, 10), 100, "month"), ("up", date(2026, 4, 10), None, 150, "month"),
        ("down", date(2026, 1, 5), None, 100, "month"), ("down", date(2026, 1, 5), date(2026, 5, 31), 40, "month"),
        ("gone", date(2026, 2, 1), date(2026, 6, 30), 10, "month"), ("gone", date(2026, 9, 1), None, 20, "month"),
        ("brief", date(2026, 3, 3), date(2026, 3, 20), 99, "month"), ("brief", date(2026, 8, 1), None, 5, "month"),
        ("swap", date(2026, 1, 1), date(2026, 7, 1), 12, "month"), ("swap", date(2026, 7, 1), None, 144, "year"),
        ("trial", date(2026, 1, 1), date(2026, 2, 1), 12, "month", True),
        ("never", date(2026, 1, 1), date(2026, 1, 1), 9, "month"),
    )  # fmt: skip
    assert moves(c) == [
        ("brief", "08", "reactivation", Decimal(5)),
        ("down", "01", "new", Decimal(140)),
        ("down", "05", "contraction", Decimal(-40)),
        ("gone", "02", "new", Decimal(10)),
        ("gone", "06", "churn", Decimal(-10)),
        ("gone", "09", "reactivation", Decimal(20)),
        ("swap", "01", "new", Decimal(12)),
        ("up", "01", "new", Decimal(100)),
        ("up", "04", "expansion", Decimal(50)),
    ]


FIRST = date(2025, 1, 1)
contract = st.tuples(
    st.sampled_from("abcd"), st.integers(0, 700), st.none() | st.integers(0, 400), st.decimals("0", "9999.99", places=2),
    st.sampled_from(list(contracts.A_YEAR)), st.booleans(),
)  # fmt: skip


def level(rows: list[tuple[Any, ...]], day: date) -> dict[str, Decimal]:
    """What each customer pays a month at the end of a day, contract by contract and without the engine."""
    live: dict[str, Decimal] = {}
    for who, began, ended, amount, period, trial in rows:
        if began <= day and (ended is None or ended > day) and amount and not trial:
            monthly = (amount * contracts.A_YEAR[period] / 12).quantize(Decimal("0.0001"), "ROUND_HALF_UP")
            live[who] = live.get(who, Decimal(0)) + monthly
    return live


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(contract, min_size=1, max_size=40))
def test_the_movements_of_each_month_are_its_end_less_its_start_to_the_cent(drawn: list[tuple[Any, ...]]) -> None:
    began = [FIRST + timedelta(days=row[1]) for row in drawn]
    ended = [None if row[2] is None else day + timedelta(days=row[2]) for day, row in zip(began, drawn, strict=True)]
    rows = [(row[0], day, end, *row[3:]) for row, day, end in zip(drawn, began, ended, strict=True)]
    frame = contracts.movements(stated(*rows)).to_pyarrow().to_pandas()
    assert (frame["after"] - frame["before"] == frame["change"]).all()
    assert frame[frame["kind"] == "new"]["customer_id"].is_unique
    for before, end in pairwise(month_ends(AS_OF, 24)):
        month = frame[pd.to_datetime(frame["month"]) == pd.Timestamp(end.replace(day=1))]
        then, now = level(rows, before), level(rows, end)
        assert sum(now.values()) - sum(then.values()) == sum(month["change"], Decimal(0))
        kinds = month["kind"].value_counts()
        assert len(now) - len(then) == kinds.get("new", 0) + kinds.get("reactivation", 0) - kinds.get("churn", 0)


def test_renewals_lie_ahead_and_are_known() -> None:
    began = [
        date(2025, 11, 15),
        date(2024, 12, 30),
        date(2025, 12, 31),
        date(2025, 11, 15),
        date(2024, 1, 31),
        date(2026, 1, 1),
    ]
    frame = {
        "ends_on": [None, None, None, date(2026, 12, 1), date(2026, 10, 31), date(2027, 6, 1)],
        "renews": [True, True, True, False, True, False],
    }
    c = stated(*((f"{i}", day, None, 100, "year") for i, day in enumerate(began)), **frame)
    due = contracts.renewals(c).to_pandas().set_index("customer_id")["renews_on"]
    assert {who: pd.Timestamp(day).date() for who, day in due.items()} == {
        "0": date(2026, 11, 15),
        "1": date(2026, 12, 30),
        "3": date(2026, 12, 1),
    }
    assert set(contracts.renewals(c.without("contracts.renews")).to_pandas()["customer_id"]) == {"3"}
    monthly = stated(("a", date(2025, 11, 15), None, 100, "month"), renews=[True], ends_on=[None])
    assert contracts.renewals(monthly).to_pandas().empty, "a month renews all the time"


def test_a_half_year_renews_twice_a_year_and_the_last_day_of_a_month_stays_one() -> None:
    c = stated(
        ("half", date(2026, 5, 15), None, 100, "half_year"), ("last", date(2024, 8, 31), None, 100, "half_year"),
        as_of=date(2027, 1, 31), renews=[True, True],
    )  # fmt: skip
    due = contracts.renewals(c).to_pandas().set_index("customer_id")["renews_on"]
    assert {who: pd.Timestamp(day).date() for who, day in due.items()} == {"last": date(2027, 2, 28)}


def test_a_trial_wins_where_a_paid_contract_follows_within_the_days_and_only_newcomers_try() -> None:
    began = date(2026, 6, 1)
    c = stated(
        ("won", began, None, 0, "month", True), ("won", began + timedelta(days=60), None, 10, "month"),
        ("late", began, None, 0, "month", True), ("late", began + timedelta(days=61), None, 10, "month"),
        ("paying", began, None, 0, "month", True), ("paying", began, None, 10, "month"),
        ("soon", AS_OF - timedelta(days=59), None, 0, "month", True),
        ("lost", AS_OF - timedelta(days=60), None, 0, "month", True),
    )  # fmt: skip
    rows = contracts.trials(c).to_pandas().set_index("customer_id")
    assert rows["is_won"].to_dict() == {"won": True, "late": False, "soon": False, "lost": False}
    assert rows["is_over"].to_dict() == {"won": True, "late": True, "soon": False, "lost": True}
