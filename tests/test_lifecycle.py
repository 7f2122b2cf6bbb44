"""Stages of the lifecycle: a partition by rules on a customer's own purchases; movement, and the flywheel by hand."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.facts.company import Company, company_from
from crmlib.measures import lifecycle
from crmlib.vocabulary.policy import Policy
from tests.small_company import AS_OF, knowing, orders

POLICY = Policy.model_validate({})


def known(*ids: str, ago: int = 400) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": list(ids), "acquired_on": AS_OF - timedelta(days=ago)})


def placed(c: Company, policy: Policy = POLICY) -> dict[str, str]:
    frame = lifecycle.stages(c.under(policy)).order_by("customer_id").to_pandas()
    return dict(zip(frame["customer_id"], frame["life_stage"], strict=True))


RHYTHM = {
    "newcomer": [40, 10],
    "steady": list(range(5, 700, 30)),
    "quarterly": list(range(100, 900, 91)),
    "overdue": list(range(160, 700, 30)),
    "gone": list(range(300, 900, 30)),
    "rising": [*range(3, 180, 12), 250, 330, 400],
    "falling": [5, 150, *range(185, 365, 10), 500],
    "young": [10, 60, 120],
    "one_off": [120],
    "old_one_off": [400],
}


def test_stages_by_their_rules() -> None:
    found = placed(company_from({"orders": orders(RHYTHM), "customers": known("stranger")}, as_of=AS_OF))
    assert found == {
        "newcomer": "life_potential",
        "stranger": "life_potential",
        "steady": "life_maturity",
        "quarterly": "life_maturity",
        "overdue": "life_decline",
        "gone": "life_gone",
        "rising": "life_growth",
        "falling": "life_decline",
        "young": "life_growth",
        "one_off": "life_decline",
        "old_one_off": "life_gone",
    }


histories = st.dictionaries(
    st.integers(0, 99).map(str), st.lists(st.integers(0, 900), min_size=1, max_size=12), min_size=5, max_size=40
)


@settings(max_examples=4, deadline=None)
@given(histories, st.integers(0, 5))
def test_every_customer_has_one_stage_and_strangers_move_nobody(ago: dict[str, list[int]], seen: int) -> None:
    people = known(*[f"k{i}" for i in range(seen)]) if seen else None
    frames = {"orders": orders(ago)} | ({"customers": people} if people is not None else {})
    c = company_from(frames, as_of=AS_OF)
    frame = lifecycle.stages(c).to_pandas()
    assert sorted(frame["customer_id"]) == sorted([*ago, *(f"k{i}" for i in range(seen))])
    assert set(frame["life_stage"]) <= set(lifecycle.STAGES)
    alone = next(iter(ago))
    own = placed(company_from({"orders": orders({alone: ago[alone]})}, as_of=AS_OF))[alone]
    among = dict(zip(frame["customer_id"], frame["life_stage"], strict=True))[alone]
    still = {"life_growth", "life_maturity", "life_decline"}
    assert own == among or {own, among} <= still, "others say only how much evidence a rise or a fall takes"
    assert lifecycle.sizes(c)["customers"].sum() == len(frame)


def test_sizes_movement_and_what_came_later() -> None:
    c = company_from({"orders": orders(RHYTHM).iloc[::-1], "customers": known("stranger")}, as_of=AS_OF)
    frame = lifecycle.sizes(c)
    assert frame["customers"].tolist() == [2, 2, 2, 3, 2]
    told = lifecycle.size_findings(knowing(AS_OF), frame).set_index(["kpi", "segment"])
    assert told.loc[("lifecycle_decline_share", ""), ["value", "n"]].tolist() == [pytest.approx(3 / 7), 7]
    moved = lifecycle.movement(c)
    assert moved.sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert list(moved.columns) == list(lifecycle.STAGES)
    later = orders({"steady": [-3], "new": [-2]}).assign(order_id=["l1", "l2"])
    more = company_from({"orders": pd.concat([orders(RHYTHM), later]), "customers": known("stranger")}, as_of=AS_OF)
    pd.testing.assert_frame_equal(frame, lifecycle.sizes(more))
    then = date(2026, 8, 31)
    early = orders(RHYTHM)
    early = early[early["ordered_at"] < pd.Timestamp("2026-09-01")]
    assert placed(company_from({"orders": early}, as_of=then)) == placed(
        company_from({"orders": orders(RHYTHM)}, as_of=AS_OF).at(then)
    )


@pytest.mark.deck("D068")
def test_the_flywheel_by_hand() -> None:
    people = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d"],
            "acquired_on": [AS_OF - timedelta(days=d) for d in (200, 200, 50, 1000)],
            "acquisition_channel": ["referral", "store", None, "referral"],
        }
    )
    asked = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "at": pd.to_datetime(["2026-01-05", "2026-05-05", "2026-05-05"]),
            "instrument": "nps", "item": "recommend",
            "score": [3.0, 9.0, 8.0],
        }
    )  # fmt: skip
    bought = orders({"a": [190, 150, 10], "d": [500, 400], "e": [100]})
    c = company_from({"customers": people, "surveys": asked, "orders": bought}, as_of=AS_OF)
    found = lifecycle.flywheel(c).set_index("segment")
    assert found[["value", "n"]].to_numpy().tolist() == [[0.5, 2], [0.5, 2], [0.0, 1], [0.5, 2], [0.5, 2]]
    assert list(found.index) == ["turn_acquire", "turn_convert", "turn_retain", "turn_repeat", "turn_recommend"]


def test_who_bought_before_the_records_begin_is_not_new() -> None:
    """Forty customers who bought every thirty days all along, and one who came later."""
    for begins, stage, late in ((80, None, "life_potential"), (155, "life_maturity", "life_growth")):
        old = {f"k{i}": [begins - 30 * n for n in range(begins // 30 + 1)] for i in range(40)}
        came = [begins - 35 - 30 * n for n in range((begins - 35) // 30 + 1)]
        found = placed(company_from({"orders": orders({**old, "late": came})}, as_of=AS_OF))
        assert found.pop("late") == late
        assert set(found.values()) == ({stage} if stage else set())
    c = company_from({"orders": orders({**old, "late": came, "once": [100]})}, as_of=AS_OF)
    turns = lifecycle.flywheel(c).set_index("segment")
    assert turns.loc["turn_repeat", ["value", "n"]].tolist() == [0.5, 2]


GONE = {
    "customers.acquired_on": {"turn_acquire", "turn_convert"},
    "customers.acquisition_channel": {"turn_acquire"},
    "surveys.score": {"turn_recommend"},
}


@pytest.mark.parametrize("column", GONE)
def test_a_turn_whose_column_is_not_recorded_is_absent(column: str, teaching: Company) -> None:
    whole, less = lifecycle.flywheel(teaching), lifecycle.flywheel(teaching.without(column))
    assert set(whole["segment"]) - set(less["segment"]) == GONE[column]
    assert column in lifecycle.OF_TURNS
    pd.testing.assert_frame_equal(less, whole[~whole["segment"].isin(GONE[column])].reset_index(drop=True))


def test_nobody_is_said_to_be_referred_where_no_customer_was_ever_marked() -> None:
    people = known("a", "b", ago=200).assign(acquisition_channel=["store", "web"])
    c = company_from({"customers": people, "orders": orders({"a": [190]})}, as_of=AS_OF)
    assert "turn_acquire" not in set(lifecycle.flywheel(c)["segment"])


@pytest.mark.parametrize(
    "frames", [{}, {"orders": orders({"a": [10]})}, {"orders": orders({"a": [400]})}, {"customers": known("a")}]
)
def test_an_empty_and_a_tiny_company(frames: dict[str, pd.DataFrame]) -> None:
    c = company_from(frames, as_of=AS_OF)
    frame = lifecycle.sizes(c)
    assert frame["customers"].sum() == len(frames)
    assert lifecycle.size_findings(knowing(AS_OF), frame).empty == (not frames)
    moved = lifecycle.movement(c)
    assert moved.empty == (not frames)
    turns = lifecycle.flywheel(c)
    assert turns["n"].gt(0).all()
