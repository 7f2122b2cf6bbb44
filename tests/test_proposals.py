"""Proposals as facts: whose days are over, and what came within them."""

from datetime import date

import pandas as pd

from crmlib.facts import proposals
from crmlib.facts.company import Company, company_from
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
POLICY = Policy.model_validate({"contact": {"outcome_window_days": 30}})


def company(actions: pd.DataFrame, *orders: tuple[str, str, float]) -> Company:
    bought = pd.DataFrame(orders, columns=["customer_id", "ordered_at", "amount"])
    bought = bought.assign(
        order_id=[f"o{i}" for i in range(len(bought))], ordered_at=pd.to_datetime(bought["ordered_at"])
    )
    return company_from({"actions": actions, "orders": bought}, as_of=AS_OF, policy=POLICY)


def actions(*rows: tuple[str, str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "arm", "proposed_on", "done_at"])
    return frame.assign(
        action_id=[f"a{i}" for i in range(len(frame))], why="silent", done_at=pd.to_datetime(frame["done_at"]),
        proposed_on=[date.fromisoformat(day) for day in frame["proposed_on"]],
    )  # fmt: skip


def test_days_are_over_after_the_last_of_them_and_done_is_known_only_where_it_is_recorded() -> None:
    listed = actions(("x", "act", "2026-10-01", "2026-10-03"), ("y", "act", "2026-10-02", None))
    c = company(listed, ("x", "2026-10-02", 1.0))
    rows = proposals.proposals(c).order_by("action_id").select("is_over", "is_done").to_pandas()
    assert rows.to_numpy().tolist() == [[True, True], [False, False]]
    silent = proposals.proposals(c.without("actions.done_at")).to_pandas()
    assert silent["is_done"].isna().all()


def test_an_order_counts_from_the_day_after_to_the_last_day() -> None:
    listed = actions(*((who, "act", "2026-09-01", None) for who in "vwxyz"))
    c = company(
        listed, ("v", "2026-09-01", 10.0), ("w", "2026-09-02", 20.0), ("x", "2026-10-01", 30.0), ("y", "2026-10-02", 40.0),
    )  # fmt: skip
    rows = proposals.outcomes(c).order_by("customer_id").select("customer_id", "orders", "net").to_pandas()
    assert rows.astype({"net": float}).to_numpy().tolist() == [
        ["v", 0, 0.0], ["w", 1, 20.0], ["x", 1, 30.0], ["y", 0, 0.0], ["z", 0, 0.0],
    ]  # fmt: skip


def test_who_stands_in_both_arms_of_a_month_is_left_out_and_a_reason_without_a_lot_is_not_compared() -> None:
    both = actions(
        ("x", "act", "2026-09-01", None), ("x", "hold_out", "2026-09-01", None), ("y", "act", "2026-09-01", None)
    )
    assert proposals.outcomes(company(both)).customer_id.to_pandas().tolist() == ["y"]
    assert proposals.compared(company(both)).count().execute() == 0
    drawn = actions(
        ("x", "act", "2026-09-01", None), ("y", "hold_out", "2026-09-15", None), ("z", "act", "2026-08-31", None)
    )
    assert sorted(proposals.compared(company(drawn)).customer_id.to_pandas()) == ["x", "y"]


def test_a_reason_is_compared_within_its_month_only_and_money_of_nothing_is_nought() -> None:
    drawn = actions(
        ("x", "act", "2026-09-01", None), ("y", "hold_out", "2026-09-30", None), ("z", "hold_out", "2026-08-31", None),
        ("w", "other", "2026-09-02", None), ("v", "act", "2026-10-02", None),
    )  # fmt: skip
    rows = proposals.compared(company(drawn, ("x", "2026-09-05", 7.0), ("x", "2026-09-06", 5.0)))
    made = rows.order_by("customer_id").select("customer_id", "orders", "net").to_pandas().astype({"net": float})
    assert made.to_numpy().tolist() == [["x", 2, 12.0], ["y", 0, 0.0]]
    apart = drawn.assign(why=["silent", "waiting", "silent", "silent", "silent"])
    assert proposals.compared(company(apart)).count().execute() == 0
