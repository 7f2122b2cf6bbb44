"""Needs by industry, scenario and role, and whether the script for one's role is answered more often."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import decision_chain
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.unlocks import SCRIPTS
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)
POLICY = Policy.model_validate({})


def company() -> dict[str, pd.DataFrame]:
    bought = pd.DataFrame(
        [
            ("a", "office", 100.0, 0.0), ("a", "shelving", 300.0, 50.0), ("b", "office", 50.0, 0.0), ("c", None, 10.0, 0.0),
            ("d", "gifts", 40.0, 0.0), ("e", "office", 500.0, 0.0),
        ],
        columns=["customer_id", "category", "amount", "refunded"],
    )  # fmt: skip
    at = pd.Timestamp("2026-05-05")
    bought = bought.assign(order_id=[f"o{i}" for i in range(6)], ordered_at=[at] * 5 + [pd.Timestamp("2025-01-05")])
    people = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d"],
            "type": ["company", "company", None, "person"],
            "industry": ["finance", "retail", None, None],
            "role": ["purchasing", None, None, None],
        }
    )
    return {"orders": bought, "customers": people}


@pytest.mark.deck("D060")
def test_needs_by_hand() -> None:
    found = decision_chain.needs(company_from(company(), as_of=AS_OF))
    assert found[["industry", "scenario", "role", "customers", "orders", "revenue"]].to_numpy().tolist() == [
        ["finance", "shelving", "purchasing", 1, 2, 350.0],
        ["retail", "office", "not_known", 1, 1, 50.0],
        ["person", "gifts", "person", 1, 1, 40.0],
        ["not_known", "not_known", "not_known", 1, 1, 10.0],
    ]
    assert found["share"].sum() == pytest.approx(1.0)
    wide = decision_chain.matrix(found)
    assert list(wide.index) == ["finance", "retail", "person", "not_known"]
    assert list(wide.columns) == ["shelving", "office", "gifts", "not_known"]
    assert np.isnan(wide.loc["finance", "office"])
    assert decision_chain.customers_in(found)["finance"] == 1
    told = decision_chain.role_findings(knowing(AS_OF), found).set_index("kpi")
    assert told.loc["need_known_share", ["value", "n"]].tolist() == [pytest.approx(1 / 3), 3]
    assert told.loc["role_revenue", ["segment", "value"]].tolist() == ["purchasing", 350.0]


def contacts(plan: dict[tuple[str, bool], tuple[int, int]], each: int = 1) -> Company:
    """Contacts by role and whether the script is the role's own: how many, and how many of them answered; so many a customer."""
    rows, people = [], []
    scripts = list(SCRIPTS.values())
    for (role, own), (n, answered) in plan.items():
        people += [(f"{role}-{own}-{i}", role) for i in range(-(-n // each))]
        script = SCRIPTS[role] if own else scripts[(scripts.index(SCRIPTS[role]) + 1) % 4]
        rows += [(f"{role}-{own}-{i // each}", script, i < answered) for i in range(n)]
    frame = pd.DataFrame(rows, columns=["customer_id", "script", "hit"])
    at = pd.Timestamp("2026-05-05")
    frame = frame.assign(interaction_id=[f"i{i}" for i in range(len(frame))], at=at, direction="out", channel="email")
    frame["responded_at"] = frame["hit"].map({True: at + pd.Timedelta(days=2), False: pd.NaT})
    return company_from(
        {
            "interactions": frame.drop(columns="hit").iloc[::-1],
            "customers": pd.DataFrame(people, columns=["customer_id", "role"]),
        },
        as_of=AS_OF,
    )


@pytest.mark.deck("D065")
def test_the_script_for_ones_role() -> None:
    c = contacts({("purchasing", True): (200, 60), ("purchasing", False): (300, 30), ("user", True): (5, 1)})
    given = decision_chain.handed(c)
    by = given.set_index("role")
    assert by.loc["purchasing", ["answered_share", "other_share"]].tolist() == pytest.approx([0.3, 0.1])
    assert by.loc["purchasing", ["script", "n", "other_n"]].tolist() == ["roi_report", 200, 300]
    assert by.loc["", "n"] == 205
    told = decision_chain.script_findings(knowing(AS_OF), given).set_index("segment")
    assert list(told.index) == ["", "purchasing"]
    assert told.loc["purchasing", "low"] > 0.1
    assert told.loc["purchasing", ["n", "customers"]].tolist() == [500, 500]
    bars = decision_chain.responses(c)
    assert bars[["segment", "part"]].to_numpy().tolist() == [
        ["purchasing", "own_script"],
        ["user", "own_script"],
        ["purchasing", "other_script"],
    ]


def test_contacts_of_few_customers_say_less() -> None:
    plan = {("purchasing", True): (200, 60), ("purchasing", False): (300, 30)}
    alone, alike = (decision_chain.handed(contacts(plan, each)).set_index("role").loc["purchasing"] for each in (1, 10))
    assert alike["difference"] == alone["difference"] == pytest.approx(0.2)
    assert alike["customers"] == 50
    assert alike["high"] - alike["low"] > 2 * (alone["high"] - alone["low"]), (
        "here all contacts of a customer fare alike"
    )


def test_a_contact_that_may_still_be_answered_does_not_count_yet() -> None:
    c = contacts({("user", True): (10, 0)})
    soon = date(2026, 5, 5) + timedelta(days=POLICY.contact.respond_within_days - 1)
    assert decision_chain.handed(c.at(soon))["n"].sum() == 0


def test_later_rows_and_the_order_of_rows_change_nothing() -> None:
    frames = company()
    first = decision_chain.needs(company_from(frames, as_of=AS_OF))
    late = frames["orders"].head(1).assign(order_id="late", ordered_at=pd.Timestamp("2026-11-05"), amount=9999.0)
    more = {"orders": pd.concat([frames["orders"], late]).iloc[::-1], "customers": frames["customers"].iloc[::-1]}
    pd.testing.assert_frame_equal(first, decision_chain.needs(company_from(more, as_of=AS_OF)))


@pytest.mark.parametrize("kept", [[], ["orders"], ["customers"]])
def test_an_empty_company_and_missing_tables(kept: list[str]) -> None:
    c = company_from({n: f for n, f in company().items() if n in kept}, as_of=AS_OF)
    found = decision_chain.needs(c)
    assert set(found["industry"]) <= {"not_known"}
    assert decision_chain.matrix(found).empty == ("orders" not in kept)
    plain = c.without(*decision_chain.SIDES)
    assert decision_chain.needs(plain).empty, "a map of what nobody records is no map"
    assert decision_chain.role_findings(c, found).empty
    given = decision_chain.handed(c)
    assert given["n"].sum() == 0
    assert decision_chain.script_findings(knowing(AS_OF), given).empty
    assert decision_chain.responses(c).empty
