"""The collection funnel and the three stages: hand-computed, never growing, unknown kept apart from no."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crmlib
from crmlib.facts.company import Company, company_from
from crmlib.measures import funnel
from crmlib.vocabulary.policy import Policy
from tests.known import another_number
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)
POLICY = Policy()


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def frames() -> dict[str, pd.DataFrame]:
    """Five customers on record and one, f, who only ordered; each of a to e falls out one stage earlier than the one before."""
    people = pd.DataFrame({"customer_id": list("abcde"), "name_status": "valid", "region": ["N", "N", None, "N", "N"]})
    people = people.assign(
        phone_status=["valid"] * 4 + ["missing"], email_status="missing", acquired_on=date(2024, 1, 1)
    )
    consents = pd.DataFrame(
        {"customer_id": list("abcd"), "channel": "phone", "purpose": "sales", "granted_at": at("2025-01-01")}
    )
    orders = [
        ("1", "a", "2026-05-01"),
        ("2", "b", "2026-06-01"),
        ("3", "c", "2025-10-31"),
        ("4", "f", "2026-10-31 23:00"),
    ]
    bought = pd.DataFrame(orders, columns=["order_id", "customer_id", "ordered_at"]).assign(amount="1")
    answers = pd.DataFrame({"customer_id": ["a", "a"], "at": at("2026-01-01"), "instrument": "nps", "item": ["x", "y"]})
    return {
        "customers": people,
        "consents": consents.assign(withdrawn_at=[None, None, None, at("2026-10-31")]),
        "orders": bought.assign(ordered_at=pd.to_datetime(bought["ordered_at"], format="ISO8601")),
        "surveys": answers,
    }


def company(**changes: pd.DataFrame) -> Company:
    return company_from({**frames(), **changes}, as_of=AS_OF)


def reached(c: Company) -> pd.DataFrame:
    return funnel.reach(knowing(AS_OF), funnel.collection(c.at(AS_OF)))


@pytest.mark.deck("D035")
def test_the_funnel_by_hand() -> None:
    frame = funnel.collection(company()).set_index("stage")
    assert frame["customers"].tolist() == [6, 5, 4, 3, 2, 1]
    assert frame["lost"].tolist() == [0, 1, 1, 1, 1, 1]
    assert frame["unknown"].tolist() == [0] * 6, "f is known and not registered"
    findings = reached(company()).set_index("segment")
    assert findings.loc["", "value"] == 1 / 6
    assert findings.loc["", "n"] == 6


def test_the_tiers_add_up_to_the_whole() -> None:
    c = company()
    tiers = ibis.memtable({"customer_id": ["a", "b", "f"], "tier": ["growth", "growth", "long_tail"]})
    stages = funnel.by_tier(c, tiers)
    whole = funnel.collection(c)
    sums = stages.groupby("stage", sort=False)[["customers", "lost", "unknown"]].sum().reset_index()
    pd.testing.assert_frame_equal(sums, whole[["stage", "customers", "lost", "unknown"]])
    matrix = funnel.tier_matrix(stages)
    assert list(matrix.index) == ["growth", "long_tail", "no_order"]
    assert matrix.loc["growth", "answered"] == 0.5
    assert matrix.loc["long_tail", "registered"] == 0
    told = funnel.reach_by_tier(knowing(AS_OF), stages).set_index("segment")
    assert told["value"].to_dict() == {"growth": 0.5, "long_tail": 0.0, "no_order": 0.0}
    assert told["n"].to_dict() == {"growth": 2, "long_tail": 1, "no_order": 3}


def test_a_stage_that_cannot_be_told_leaves_the_tier_untold() -> None:
    tiers = ibis.memtable({"customer_id": ["a"], "tier": ["growth"]})
    c = company_from({"orders": frames()["orders"]}, as_of=AS_OF)
    stages = funnel.by_tier(c, tiers)
    assert funnel.reach_by_tier(c, stages).empty
    assert "reachable" not in funnel.tier_matrix(stages)
    nobody = funnel.by_tier(company_from({}, as_of=AS_OF), tiers)
    assert funnel.tier_matrix(nobody).empty
    assert funnel.reach_by_tier(knowing(AS_OF), nobody).empty


def test_only_what_was_there_by_the_date_counts() -> None:
    before = date(2026, 10, 30)
    frame = funnel.collection(company().at(before)).set_index("stage")
    assert frame["customers"].tolist() == [5, 5, 4, 4, 3, 1], (
        "d had not withdrawn, c was in the window, f not there yet"
    )
    cut = funnel.collection(company().at(before))
    pd.testing.assert_frame_equal(frame.reset_index(), cut)


def test_use_is_behaviour_too() -> None:
    used = pd.DataFrame({"customer_id": ["c"], "day": [date(2026, 10, 1)]})
    frame = funnel.collection(company(activity=used)).set_index("stage")
    assert frame.loc["behaviour_seen", "customers"] == 3


def test_a_stage_without_its_table_is_unknown_and_passed_over() -> None:
    c = company_from({"orders": frames()["orders"]}, as_of=AS_OF)
    frame = funnel.collection(c).set_index("stage")
    assert frame.loc["first_contact", "customers"] == 4
    assert list(frame.index) == ["first_contact", "behaviour_seen"], "what cannot be told is absent and not nought"
    assert frame.loc["behaviour_seen", "customers"] == 3
    findings = funnel.reach(c, frame.reset_index()).set_index("segment")
    assert list(findings.index) == ["first_contact", "behaviour_seen"], "the whole is not said"
    assert "consents" in findings.loc["behaviour_seen", "without"].split()


@pytest.mark.deck("D038", "D039", "D040", "D041")
def test_the_three_stages_by_hand() -> None:
    findings = funnel.coverage(company()).set_index(["kpi", "segment"])["value"]
    assert findings["basic_coverage", ""] == 3 / 6, "c has no region, e no contact point, f no record"
    assert findings["basic_coverage", "name"] == 5 / 6
    assert findings["basic_coverage", "region"] == 4 / 6
    assert findings["behavioural_coverage", ""] == 3 / 6
    assert findings["active_mining_coverage", ""] == 1 / 6


def test_a_field_the_company_never_holds_is_not_told() -> None:
    people = frames()["customers"].drop(columns="region")
    findings = funnel.coverage(company(customers=people)).set_index(["kpi", "segment"])
    assert ("basic_coverage", "") not in findings.index
    assert ("basic_coverage", "region") not in findings.index
    assert findings.loc[("basic_coverage", "name"), "value"] == 5 / 6


def test_nobody_known_gives_no_rows() -> None:
    c = company_from({}, as_of=AS_OF)
    assert reached(c).empty
    assert funnel.coverage(c).empty
    assert not funnel.inventory(c)["recorded"].any()


def test_the_inventory_is_counted() -> None:
    tables = funnel.inventory(company()).set_index("table")
    assert tables.loc["orders", "rows"] == 4
    assert tables.loc["surveys", "customers"] == 1
    assert not tables.loc["tickets", "recorded"]


STATES = st.sampled_from(["valid", "invalid", "missing", None])
PEOPLE = st.lists(st.tuples(STATES, st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=9)


@settings(max_examples=4, deadline=None)
@given(PEOPLE, st.randoms(use_true_random=False))
def test_stages_never_grow_and_every_customer_stands_somewhere(people, random) -> None:
    rows = [(f"c{i}", *person) for i, person in enumerate(people)]

    def built(rows: list) -> Company:
        ids = {k: [r[0] for r in rows if r[j]] for k, j in (("consents", 2), ("orders", 3), ("surveys", 4))}
        made = {
            "customers": pd.DataFrame({"customer_id": [r[0] for r in rows], "phone_status": [r[1] for r in rows]}),
            "consents": pd.DataFrame({"customer_id": ids["consents"], "granted_at": at("2026-01-01")}),
            "orders": pd.DataFrame(
                {"order_id": ids["orders"], "customer_id": ids["orders"], "ordered_at": at("2026-01-01")}
            ),
            "surveys": pd.DataFrame({"customer_id": ids["surveys"], "at": at("2026-01-01")}),
        }
        return company_from(made, as_of=AS_OF)

    frame = funnel.collection(built(rows).at(AS_OF))
    told = frame.dropna(subset=["customers"])
    assert told["customers"].is_monotonic_decreasing
    assert (told["customers"] + told["lost"] + told["unknown"]).iloc[1:].tolist() == told["customers"].iloc[
        :-1
    ].tolist()
    random.shuffle(rows)
    pd.testing.assert_frame_equal(frame, funnel.collection(built(rows).at(AS_OF)))


def test_whom_rows_concern_is_not_counted_where_a_table_does_not_say() -> None:
    events = pd.DataFrame({"customer_id": ["a", "b", "b"], "at": pd.Timestamp("2026-05-01"), "kind": "cancellation"})
    c = crmlib.open({"events": events}, as_of=date(2026, 10, 31))
    assert another_number(funnel.inventory, c, "events.customer_id") == {}
    held = funnel.inventory(c.without("events.customer_id")).set_index("table")
    assert held.loc["events", "rows"] == 3
    assert np.isnan(held.loc["events", "customers"])
    assert funnel.inventory(c).set_index("table").loc["events", "customers"] == 2
