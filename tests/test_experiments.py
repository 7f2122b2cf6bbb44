"""What actions were worth: by the arm they were drawn into, once their days are over."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from ibis import _

from crmlib.facts import proposals
from crmlib.facts.company import Company, company_from
from crmlib.measures import experiments
from crmlib.models.estimates import difference
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
POLICY = Policy()
SEPTEMBER = date(2026, 9, 30)


def actions(act: int, held: int, on: date = SEPTEMBER, why: str = "silent", first: int = 0) -> pd.DataFrame:
    number = range(first, first + act + held)
    frame = pd.DataFrame({"customer_id": [f"c{i}" for i in number], "arm": ["act"] * act + ["hold_out"] * held})
    return frame.assign(action_id=[f"{on}-{why}-{i}" for i in number], proposed_on=on, why=why)


def orders(customers: list[str], on: date, amount: float = 100.0) -> pd.DataFrame:
    frame = pd.DataFrame({"customer_id": customers, "ordered_at": pd.Timestamp(on), "amount": amount})
    return frame.assign(order_id=[f"{c}-{on}" for c in customers])


def company(acted: pd.DataFrame, *bought: pd.DataFrame) -> Company:
    return company_from({"actions": acted, "orders": pd.concat(bought)}, as_of=AS_OF)


def whole(c: Company, kpi: str) -> pd.Series:
    found = experiments.effect(c.at(AS_OF)).set_index(["kpi", "segment"])
    return found.loc[(kpi, "")]


@pytest.mark.deck("D129")
def test_effect_by_hand_with_newcombes_interval() -> None:
    c = company(
        actions(40, 20),
        orders([f"c{i}" for i in range(20)], date(2026, 10, 10)),
        orders(["c41", "c42", "c43", "c44"], date(2026, 10, 2)),
    )
    effect = whole(c, "action_effect")
    expected = difference(20, 40, 4, 20)
    assert effect[["value", "low", "high"]].tolist() == pytest.approx(expected)
    assert effect["n"] == 60
    won = whole(c, "incremental_orders")
    assert won[["value", "low", "high"]].tolist() == pytest.approx([40 * e for e in expected])
    assert whole(c, "incremental_revenue")["value"] == pytest.approx(40 * (50 - 20))


@pytest.mark.parametrize(("day", "counts"), [(0, False), (1, True), (30, True), (31, False)])
def test_an_order_counts_from_the_day_after_to_the_last_day(day: int, counts: bool) -> None:
    c = company(actions(2, 2), orders(["c0"], SEPTEMBER + timedelta(days=day)))
    assert bool(experiments.outcomes(c)["ordered"].any()) is counts


def test_windows_not_over_are_left_out_and_counted_as_waiting() -> None:
    acted = pd.concat([actions(2, 2, on=date(2026, 10, 1)), actions(2, 2, on=date(2026, 10, 2), first=10)])
    c = company(acted, orders(["c0", "c10"], date(2026, 10, 10)))
    results = experiments.outcomes(c)
    assert results["month"].unique().tolist() == ["2026-10"]
    assert len(results) == 4
    assert proposals.proposals(c).filter(~_.is_over).count().to_pyarrow().as_py() == 4


def test_the_arm_counts_not_whether_it_was_carried_out() -> None:
    acted = actions(10, 10).assign(done_at=pd.Timestamp("2026-10-05"))
    unsaid = actions(10, 10).drop(columns="done_at", errors="ignore")
    undone = acted.assign(done_at=[pd.Timestamp("2026-10-05")] * 5 + [pd.NaT] * (len(acted) - 5))
    bought = orders(["c0", "c1"], date(2026, 10, 10))
    first, second = (whole(company(a, bought), "action_effect") for a in (acted, undone))
    assert first["value"] == second["value"] == pytest.approx(0.2)
    assert whole(company(acted, bought), "done_share")["value"] == 1
    assert whole(company(undone, bought), "done_share")["value"] == 0.5
    silent = experiments.effect(company(unsaid, bought))
    assert "done_share" not in set(silent["kpi"]), "what nobody wrote down is not known, and not nought"
    assert "action_effect" in set(silent["kpi"])


def test_reasons_that_were_never_held_out_have_nothing_to_be_compared_with() -> None:
    owed = actions(5, 0, why="case_overdue", first=50)
    c = company(pd.concat([actions(10, 10), owed]), orders([f"c{i}" for i in range(50, 55)], date(2026, 10, 10)))
    assert whole(c, "action_effect")[["value", "n"]].tolist() == [0, 20]


def test_refunds_count_against_revenue_and_months_stand_apart() -> None:
    acted = pd.concat([actions(2, 2, on=date(2026, 8, 31)), actions(2, 2, first=10)])
    bought = orders(["c0", "c10", "c11"], date(2026, 10, 10)).assign(refunded=40.0)
    found = experiments.effect(company(acted, bought)).set_index(["kpi", "segment"])
    assert found.loc[("action_effect", "2026-08"), "value"] == 0
    assert found.loc[("action_effect", "2026-09"), "value"] == 1
    assert found.loc[("incremental_revenue", "2026-09"), "value"] == pytest.approx(2 * 60)


def test_a_planted_effect_is_inside_its_interval_and_no_effect_is_not_found() -> None:
    rng = np.random.default_rng(3)
    acted = actions(1500, 500)
    base, effect = rng.random(2000) < 0.2, rng.random(2000) < 0.1
    came = base | (effect & (acted["arm"] == "act").to_numpy())
    row = whole(company(acted, orders(acted["customer_id"][came].tolist(), date(2026, 10, 10))), "action_effect")
    assert row["low"] <= 0.08 <= row["high"]
    row = whole(company(acted, orders(acted["customer_id"][base].tolist(), date(2026, 10, 10))), "action_effect")
    assert row["low"] <= 0 <= row["high"]


def test_arms_say_the_shares_that_the_effect_is_the_difference_of() -> None:
    c = company(actions(4, 4), orders(["c0", "c1", "c4"], date(2026, 10, 10)))
    arms = experiments.arms(c).set_index("segment")["value"]
    assert arms["act"] - arms["hold_out"] == pytest.approx(whole(c, "action_effect")["value"])


def test_row_order_and_later_rows_change_nothing_and_empty_says_what_it_needs() -> None:
    acted, bought = actions(4, 4), orders(["c0", "c1", "c4"], date(2026, 10, 10))
    later = actions(3, 3, on=date(2026, 11, 5), first=90)
    first = experiments.effect(company(acted, bought))
    mixed = company(pd.concat([later, acted.iloc[::-1]]), orders(["c2"], date(2026, 11, 2)), bought.iloc[::-1])
    pd.testing.assert_frame_equal(first, experiments.effect(mixed))
    empty = experiments.effect(company_from({}, as_of=AS_OF))
    assert empty.empty
    assert "actions" in empty.attrs["unknown"]


def test_a_customer_in_both_arms_of_a_month_counts_in_neither() -> None:
    drawn = pd.DataFrame(
        {
            "action_id": ["1", "2", "3", "4"],
            "customer_id": ["a", "a", "b", "c"],
            "proposed_on": date(2026, 3, 31),
            "why": "dropped",
            "arm": ["act", "hold_out", "act", "hold_out"],
        }
    )
    made = experiments.outcomes(company_from({"actions": drawn}, as_of=date(2026, 6, 30)).at(date(2026, 6, 30)))
    assert made["action_id"].tolist() == ["3", "4"]
