"""Contact pressure, who is due after an order, business reviews: hand-computed, at the edges of their windows."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
import pytest

from crmlib.facts import contacts as contacts_of
from crmlib.facts.company import Company, company_from
from crmlib.measures import rhythm
from crmlib.vocabulary.policy import Policy
from tests.known import another_number

AS_OF = date(2026, 10, 31)
POLICY = Policy.model_validate({"contact": {"cap_per_30_days": 2, "min_days_between": 7}})


def contacts(*rows: tuple[str, str] | tuple[str, str, str, str]) -> pd.DataFrame:
    full = [(f"i{i:02d}", r[0], r[1], *(r[2:] or ("out", "sales"))) for i, r in enumerate(rows)]
    frame = pd.DataFrame(full, columns=["interaction_id", "customer_id", "at", "direction", "purpose"])
    return frame.assign(at=pd.to_datetime(frame["at"], format="ISO8601"), channel="phone")


def orders(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    full = [(f"o{i:02d}", *r, "1") for i, r in enumerate(rows)]
    frame = pd.DataFrame(full, columns=["order_id", "customer_id", "ordered_at", "category", "amount"])
    return frame.assign(ordered_at=pd.to_datetime(frame["ordered_at"], format="ISO8601"))


TOUCHED = contacts(
    ("a", "2026-10-01 23:59"),
    ("a", "2026-10-02"),
    ("a", "2026-10-09"),
    ("a", "2026-10-31 23:00"),
    ("b", "2026-09-28"),
    ("b", "2026-10-03"),
    ("b", "2026-10-10", "in", "service"),
    ("c", "2026-08-01"),
)


@pytest.mark.deck("D075", "D094")
def test_pressure_by_hand() -> None:
    c = company_from({"interactions": TOUCHED}, as_of=AS_OF)
    spans = contacts_of.pressure_by_us(c.under(POLICY)).to_pandas().set_index("customer_id")
    assert spans["contacts"].to_dict() == {"a": 3, "b": 1}, "30 days to 31 October begin on the 2nd"
    assert spans["short_rests"].to_dict() == {"a": 1, "b": 1}, "a rest is measured to the contact before the window too"
    findings = rhythm.pressure(c.under(POLICY)).set_index("kpi")
    assert findings["value"].to_dict() == {"contacts_per_customer": 2, "over_cap_share": 0.5, "short_rest_share": 1}
    assert (findings["n"] == 2).all()


def test_the_spread_holds_every_known_customer() -> None:
    people = pd.DataFrame({"customer_id": list("abcd"), "acquired_on": date(2026, 1, 1)})
    c = company_from({"interactions": TOUCHED, "customers": people}, as_of=AS_OF)
    spread = rhythm.spread(c.under(POLICY))
    assert spread.to_dict("list") == {"contacts": [0, 1, 2, 3], "customers": [2, 1, 0, 1]}


@pytest.mark.deck("D077")
@pytest.mark.parametrize(("days", "moment"), [(3, "experience"), (30, "habit"), (90, "repurchase")])
def test_due_from_the_day_after_to_the_end_of_the_horizon(days: int, moment: str) -> None:
    ordered = [AS_OF + timedelta(days=d - days) for d in range(9)]
    placed = orders(*((f"c{d}", f"{day} 23:30", None) for d, day in enumerate(ordered) if day <= AS_OF))
    c = company_from({"orders": placed}, as_of=AS_OF)
    due = rhythm.due(c.under(POLICY)).to_pandas()
    due = due[due["moment"] == moment]
    expected = {f"c{d}" for d, day in enumerate(ordered) if 1 <= d <= 7 and day <= AS_OF}
    assert set(due["customer_id"]) == expected
    assert due["within_limits"].isna().all(), "without contacts it cannot be told"


def test_a_new_order_starts_the_rhythm_anew() -> None:
    c = company_from({"orders": orders(("a", "2026-10-03", None), ("a", "2026-10-20", None))}, as_of=AS_OF)
    assert rhythm.due(c.under(POLICY)).to_pandas().empty
    early = rhythm.due(c.at(date(2026, 10, 19)).under(POLICY)).to_pandas()
    assert early.empty, "day 30 is 14 days off"
    assert len(rhythm.due(c.at(date(2026, 10, 19)).under(horizon(14))).to_pandas()) == 1


def horizon(days: int) -> Policy:
    return Policy.model_validate({"rhythm": {"due_within_days": days}})


def test_a_category_may_have_days_of_its_own() -> None:
    policy = Policy.model_validate({"rhythm": {"by_category": {"shelving": [180, 10, 20, 179]}}})
    placed = orders(("a", "2026-10-22", "shelving"), ("b", "2026-10-22", "gifts"), ("c", "2026-05-08", "shelving"))
    due = rhythm.due(company_from({"orders": placed}, as_of=AS_OF).under(policy)).to_pandas()
    found = list(zip(due["customer_id"], due["moment"], due["days_after"], due["due_on"].astype(str), strict=True))
    assert found == [
        ("a", "experience", 10, "2026-11-01"),
        ("c", "repurchase", 179, "2026-11-03"),
        ("c", "step_4", 180, "2026-11-04"),
    ]
    findings = rhythm.due_now(company_from({"orders": placed}, as_of=AS_OF).under(policy)).set_index("segment")
    assert findings["value"].to_dict() == {"": 2, "experience": 1, "repurchase": 1, "step_4": 1}


def test_limits_look_at_the_cap_and_at_the_rest_on_the_due_day() -> None:
    placed = orders(*((c, "2026-10-04", None) for c in "abcd"))
    touched = contacts(
        ("a", "2026-10-05"),
        ("a", "2026-10-12"),
        ("b", "2026-10-28"),
        ("c", "2026-10-27"),
        ("d", "2026-10-30", "in", "service"),
    )
    made = company_from({"orders": placed, "interactions": touched}, as_of=AS_OF)
    due = rhythm.due(made.under(POLICY)).to_pandas().set_index("customer_id")
    assert due["within_limits"].to_dict() == {"a": False, "b": False, "c": True, "d": True}
    findings = rhythm.due_now(made.under(POLICY)).set_index("kpi")
    assert findings.loc["due_within_limits_share", "value"] == 0.5


def test_later_rows_and_row_order_change_nothing() -> None:
    when = date(2026, 10, 15)
    placed = orders(
        ("a", "2026-09-18", None), ("b", "2026-10-14", "x"), ("b", "2026-10-14", "y"), ("a", "2026-10-20", None)
    )
    full = company_from({"orders": placed, "interactions": TOUCHED}, as_of=AS_OF)
    turned = company_from({"orders": placed.iloc[::-1], "interactions": TOUCHED.iloc[::-1]}, as_of=AS_OF)
    due = rhythm.due(full.at(when).under(POLICY)).to_pandas()
    assert due[["customer_id", "category"]].fillna("").to_numpy().tolist() == [["b", "y"], ["a", ""]]
    assert "order_id" not in due, "a page shows no order number"
    for other in (full.at(when), turned):
        pd.testing.assert_frame_equal(due, rhythm.due(other.at(when).under(POLICY)).to_pandas())
        pd.testing.assert_frame_equal(
            rhythm.pressure(full.at(when).under(POLICY)), rhythm.pressure(other.at(when).under(POLICY))
        )


def high(*customers: str) -> ibis.Table:
    tiers = pd.DataFrame({"customer_id": [*customers, "low"], "tier": ["high_value"] * len(customers) + ["growth"]})
    return ibis.memtable(tiers)


@pytest.mark.deck("D076")
def test_reviews_fall_due_after_their_months() -> None:
    people = pd.DataFrame({"customer_id": ["a", "b", "c", "p", "low"], "type": ["company"] * 3 + ["person", "company"]})
    held = contacts(("a", "2026-08-07", "out", "review"), ("b", "2026-08-08", "out", "review"), ("c", "2026-10-30"))
    c = company_from({"customers": people, "interactions": held}, as_of=AS_OF)
    waiting = rhythm.review_due(c.under(POLICY), high("a", "b", "c", "p")).to_pandas()
    assert waiting["customer_id"].tolist() == ["c", "a"], "c never had one; b's falls due after the horizon"
    findings = rhythm.reviews_due(c.under(POLICY), high("a", "b", "c", "p"))
    assert findings["value"].tolist() == [pytest.approx(2 / 3)]
    assert findings["n"].tolist() == [3]


@pytest.mark.parametrize("frames", [{}, {"orders": orders(), "interactions": contacts()}], ids=["missing", "empty"])
def test_nothing_held_gives_no_rows(frames: dict[str, pd.DataFrame]) -> None:
    tables: Company = company_from(frames, as_of=AS_OF)
    assert rhythm.pressure(tables.at(AS_OF).under(POLICY)).empty
    assert rhythm.due_now(tables.at(AS_OF).under(POLICY)).empty
    assert rhythm.due(tables.at(AS_OF).under(POLICY)).to_pandas().empty
    assert rhythm.spread(tables.at(AS_OF).under(POLICY)).empty
    assert rhythm.reviews_due(tables.at(AS_OF).under(POLICY), high()).empty


def test_without_directions_nobody_is_said_to_have_heard_from_us_and_everybody_is_spared() -> None:
    often = contacts(*(("a", f"2026-10-{day:02d}") for day in (2, 10, 18, 29)))
    placed = orders(("a", "2026-10-04", None))
    blind = company_from({"interactions": often.assign(direction=None), "orders": placed}, as_of=AS_OF).under(POLICY)
    assert rhythm.pressure(blind).empty
    assert rhythm.spread(blind).empty
    assert rhythm.pressure(blind).attrs["unknown"] == ("interactions.direction",)
    assert rhythm.due(blind).to_pandas()["within_limits"].isna().all()
    assert "due_within_limits_share" not in set(rhythm.due_now(blind)["kpi"])
    assert contacts_of.over_contacted(blind).to_pandas()["customer_id"].tolist() == ["a"]


def test_without_purposes_no_review_is_said_to_be_due() -> None:
    people = pd.DataFrame({"customer_id": ["a"], "type": ["company"]})
    held = contacts(("a", "2026-05-07")).assign(purpose=None)
    blind = company_from({"customers": people, "interactions": held}, as_of=AS_OF)
    assert rhythm.review_due(blind, high("a")).to_pandas().empty
    assert rhythm.reviews_due(blind, high("a")).empty
    assert rhythm.reviews_due(blind, high("a")).attrs["unknown"] == ("interactions.purpose",)


def test_a_rest_longer_than_the_month_is_kept_too() -> None:
    rules = Policy.model_validate({"contact": {"min_days_between": 60}})
    c = company_from({"interactions": contacts(("a", "2026-09-10"), ("b", "2026-08-20"))}, as_of=AS_OF).under(rules)
    assert contacts_of.over_contacted(c).to_pandas()["customer_id"].tolist() == ["a"]
    assert rhythm.pressure(c).empty, "nobody heard from us in the last 30 days"


def once(n: int, again: int) -> pd.DataFrame:
    """Customers with one old order, some of whom bought again; and one whose last order is thirty days back soon."""
    old = [(f"c{i:03d}", "2025-06-01", None) for i in range(n)]
    return orders(
        *old,
        *((f"c{i:03d}", "2025-07-01", None) for i in range(again)),
        ("new", "2026-10-04", None),
        ("x", "2026-10-30", None),
    )


@pytest.mark.parametrize(("again", "moments"), [(2, ["experience"]), (30, ["experience", "habit"])])
def test_where_nobody_comes_back_only_the_order_itself_is_followed_up(again: int, moments: list[str]) -> None:
    c = company_from({"orders": once(100, again)}, as_of=AS_OF)
    assert rhythm.due(c).to_pandas()["moment"].tolist() == moments[::1]


def test_a_column_taken_away_gives_no_other_number() -> None:
    people = pd.DataFrame({"customer_id": list("abc"), "type": ["company", None, "person"]})
    placed = orders(("a", "2026-10-04", "x"), ("b", "2026-10-22", "shelving"), ("c", "2026-10-30", None))
    rules = Policy.model_validate({"rhythm": {"by_category": {"shelving": [10]}}})
    c = company_from({"orders": placed, "interactions": TOUCHED, "customers": people}, as_of=AS_OF).under(rules)
    measures = [rhythm.pressure, rhythm.spread, rhythm.due_now, lambda c: rhythm.reviews_due(c, high("a", "b"))]
    assert [another_number(measure, c) for measure in measures] == [{}] * 4
    assert rhythm.due_now(c.without("orders.category"))["without"].tolist() == ["orders.category"] * 4
