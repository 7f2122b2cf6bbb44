"""The table of expectations: each line checked for the customers of its stage, or what is lacking said."""

import pandas as pd
import pytest

from crmlib.facts.company import company_from
from crmlib.measures import expectations, lifecycle
from crmlib.vocabulary.policy import Policy
from tests.small_company import AS_OF, orders

POLICY = Policy.model_validate({})


ONCE_A_MONTH, QUARTERLY, NEW = list(range(5, 700, 30)), list(range(100, 900, 91)), [40, 10]
RHYTHM = {"steady": ONCE_A_MONTH, "quarterly": QUARTERLY, "newcomer": NEW}


def answers(customer: str, gap: float) -> pd.DataFrame:
    items = ["tangibles", "empathy"]
    return pd.DataFrame(
        {"customer_id": customer, "at": pd.Timestamp("2026-06-01"), "instrument": "servqual", "item": items, "expectation": 5.0,
         "perception": [5.0 + gap, 5.0]}
    )  # fmt: skip


@pytest.mark.deck("D067")
def test_expectations_by_hand() -> None:
    contacts = pd.DataFrame(
        {
            "interaction_id": ["1", "2", "3"], "customer_id": ["steady", "newcomer", "quarterly"], "direction": "out",
            "at": pd.Timestamp("2026-06-01"), "purpose": ["review", "onboarding", "sales"], "channel": "phone",
        }
    )  # fmt: skip
    heard = pd.concat([answers("steady", -2.0), answers("quarterly", 1.0)])
    bought = orders(RHYTHM).assign(refunded=0.0, discount=0.2)
    c = company_from({"orders": bought, "surveys": heard, "interactions": contacts}, as_of=AS_OF)
    at = lifecycle.stages(c)
    found = expectations.checks(c, at).set_index(["life_stage", "check"])
    assert found.loc[("life_maturity", "service_gap"), ["value", "n"]].tolist() == [-0.25, 2]
    assert found.loc[("life_maturity", "tangibles_gap"), "value"] == -0.5
    assert found.loc[("life_maturity", "invited"), ["value", "n"]].tolist() == [0.5, 2]
    assert found.loc[("life_potential", "welcomed"), ["value", "lacking"]].tolist() == [1.0, "not_enough"]
    assert found.loc[("life_potential", "tangibles_gap"), "lacking"] == "not_enough"
    assert found.loc[("life_potential", "reduced_orders"), "value"] == 1.0
    assert len(found) == len(expectations.TABLE)


@pytest.mark.parametrize(
    ("column", "checks"),
    [
        ("surveys.perception", ["tangibles_gap", "service_gap", "empathy_gap"]),
        ("orders.refunded", ["kept_orders"]),
        ("orders.discount", ["reduced_orders"]),
        ("interactions.purpose", ["welcomed", "attended", "invited"]),
        ("interactions.direction", ["welcomed", "attended", "invited"]),
    ],
)
def test_what_is_not_recorded_is_lacking_and_not_nought(column: str, checks: list[str]) -> None:
    contacts = pd.DataFrame(
        {"interaction_id": ["1"], "customer_id": "steady", "direction": "out", "at": pd.Timestamp("2026-06-01"),
         "purpose": "care", "channel": "phone"}
    )  # fmt: skip
    bought = orders(RHYTHM).assign(refunded=0.0, discount=0.2)
    frames = {"orders": bought, "surveys": answers("steady", -2.0), "interactions": contacts}
    c = company_from(frames, as_of=AS_OF, policy=Policy.model_validate({"statistics": {"min_n": 2}}))
    whole, less = (expectations.checks(x, lifecycle.stages(x)) for x in (c, c.without(column)))
    silent = less["check"].isin(checks)
    assert less.loc[silent, "value"].isna().all()
    assert set(less.loc[silent, "lacking"]) == {column}
    pd.testing.assert_frame_equal(less[~silent], whole[~silent])
    table, _dot, _column = column.partition(".")
    if table != "orders":
        gone = expectations.checks(c.without(table), lifecycle.stages(c))
        assert set(gone.loc[silent, "lacking"]) == {table}


def test_a_purpose_that_is_not_on_record_leaves_the_customer_out() -> None:
    contacts = pd.DataFrame(
        {"interaction_id": ["1", "2"], "customer_id": ["steady", "quarterly"], "direction": "out",
         "at": pd.Timestamp("2026-06-01"), "purpose": ["review", None], "channel": "phone"}
    )  # fmt: skip
    c = company_from({"orders": orders(RHYTHM), "interactions": contacts}, as_of=AS_OF)
    checked = expectations.checks(c, lifecycle.stages(c)).set_index(["life_stage", "check"])
    assert checked.loc[("life_maturity", "invited"), ["value", "n"]].tolist() == [1.0, 1]


@pytest.mark.parametrize("frames", [{}, {"orders": orders({"a": [10]})}, {"orders": orders({"a": [400]})}])
def test_an_empty_and_a_tiny_company(frames: dict[str, pd.DataFrame]) -> None:
    c = company_from(frames, as_of=AS_OF)
    at = lifecycle.stages(c)
    found = expectations.checks(c, at)
    assert found.loc[found["n"] == 0, "value"].isna().all()
    assert found["lacking"].notna().all()


def test_later_rows_and_the_order_of_rows_change_nothing() -> None:
    bought = orders(RHYTHM).assign(refunded=0.0, discount=0.2)
    late = bought.head(1).assign(order_id="late", ordered_at=pd.Timestamp("2026-11-02"), refunded=50.0)
    heard = pd.concat([answers("steady", -2.0), answers("quarterly", 1.0)])
    found = []
    for frames in (
        {"orders": bought, "surveys": heard},
        {"orders": pd.concat([bought, late]).iloc[::-1], "surveys": heard.iloc[::-1]},
    ):
        c = company_from(frames, as_of=AS_OF)
        at = lifecycle.stages(c)
        found.append(expectations.checks(c, at))
    pd.testing.assert_frame_equal(*found)
