"""Endings: what two tables tell of one goodbye is told once, and a change of plan is none."""

from datetime import date, timedelta
from decimal import Decimal

import pandas as pd

from crmlib.facts import endings
from crmlib.facts.company import Company, company_from
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
POLICY = Policy.model_validate({"tiers": {"renewal_grace_days": 15}, "contracts": {"same_ending_days": 31}})
BEGAN, ENDED = date(2025, 1, 1), date(2026, 6, 30)
Row = tuple[str, date, date | None, str | None]


def company(rows: list[Row], said: list[tuple[str | None, date, str, str | None]] | None = None) -> Company:
    """Contracts of 10 a month (customer, started, ended, reason) and events (customer, day, kind, reason)."""
    held = pd.DataFrame(rows, columns=["customer_id", "started_on", "ended_on", "ended_reason"])
    held = held.assign(contract_id=[f"k{i}" for i in range(len(held))], amount=10, period="month")
    tables = {"contracts": held}
    if said is not None:
        events = pd.DataFrame(said, columns=["customer_id", "at", "kind", "reason"])
        tables["events"] = events.assign(
            event_id=[f"e{i}" for i in range(len(events))], at=pd.to_datetime(events["at"])
        )
    return company_from(tables, as_of=AS_OF, policy=POLICY)


def told(c: Company) -> list[tuple[str, str, str | None, Decimal | None]]:
    frame = endings.endings(c).to_pandas().sort_values("ending_id").astype(object)
    frame = frame.where(frame.notna(), None)
    return [(r["ending_id"], r["customer_id"], r["reason"], r["arr"]) for r in frame.to_dict("records")]


def test_a_contract_that_another_takes_the_place_of_has_not_ended() -> None:
    days = {"before": -2, "day before": -1, "day": 0, "grace": 15, "too late": 16}
    rows: list[Row] = [(who, BEGAN, ENDED, "moved on") for who in days]
    rows += [(who, ENDED + timedelta(days=gap), None, None) for who, gap in days.items()]
    rows += [("runs", BEGAN, None, None), ("other", ENDED, None, None)]
    assert {row[1] for row in told(company(rows))} == {"before", "too late"}


def test_a_goodbye_and_the_contracts_that_end_with_it_are_one_ending() -> None:
    rows: list[Row] = [
        ("a", BEGAN, ENDED, "price"), ("a", BEGAN, ENDED + timedelta(days=31), None),
        ("a", BEGAN, ENDED + timedelta(days=32), "late"),
        ("b", BEGAN, ENDED, "service"), ("c", BEGAN, ENDED, "n/a"), ("d", BEGAN, ENDED, " "),
    ]  # fmt: skip
    said = [
        ("a", ENDED, "cancellation", None), ("b", ENDED, "Cancellation", "features"), ("e", ENDED, "cancellation", "unknown"),
        ("c", ENDED, "funding", "round B"), (None, ENDED, "cancellation", "everyone"),
    ]  # fmt: skip
    assert told(company(rows, said)) == [
        ("e0", "a", "price", Decimal(240)),
        ("e1", "b", "features", Decimal(120)),
        ("e2", "e", None, None),
        ("k2", "a", "late", Decimal(120)),
        ("k4", "c", None, Decimal(120)),
        ("k5", "d", None, Decimal(120)),
    ]


def test_each_contract_belongs_to_the_nearest_goodbye() -> None:
    said = [
        ("a", ENDED - timedelta(days=20), "cancellation", "first"),
        ("a", ENDED + timedelta(days=5), "cancellation", "second"),
    ]
    assert told(company([("a", BEGAN, ENDED, "own")], said)) == [
        ("e0", "a", "first", None),
        ("e1", "a", "second", Decimal(120)),
    ]


def test_goodbyes_alone_tell_where_contracts_have_no_reasons() -> None:
    c = company([("a", BEGAN, ENDED, "price"), ("b", BEGAN, ENDED, "price")], [("a", ENDED, "cancellation", None)])
    less = c.without("contracts.ended_reason")
    assert told(less) == [("e0", "a", None, Decimal(120))]
    assert not endings.reasons_are_known(less), "no column holds a reason"
    assert [row[0] for row in told(c.without("events"))] == ["k0", "k1"]


def test_what_is_said_after_the_day_is_not_known() -> None:
    c = company([("a", BEGAN, ENDED, "price")], [("a", ENDED, "cancellation", "service")])
    assert told(c.at(ENDED - timedelta(days=1))) == []
