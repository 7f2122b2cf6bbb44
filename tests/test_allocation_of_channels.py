"""Allocation in chapter 4: consent keeps a channel closed, limits hold, and the prices are those of the plan."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import allocation, channel_effects, channels, reach
from crmlib.vocabulary.policy import Policy
from tests.known import another_number

AS_OF = date(2026, 10, 31)
NOTHING = pd.DataFrame(columns=channel_effects.COLUMNS)
ROOM: dict[str, Any] = {"hours_a_month": 4.0, "budget_a_month": 60.0, "floor_share": 0.1}


def company(n: int = 300) -> Company:
    rng = np.random.default_rng(1)
    ids = [f"c{i:04}" for i in range(n)]
    orders = pd.DataFrame(
        {"customer_id": ids, "ordered_at": pd.Timestamp("2026-09-20"), "amount": rng.lognormal(6, 1, n).round(2)}
    )
    customers = pd.DataFrame({"customer_id": ids, "phone_status": "valid", "email_status": "valid"})
    contacts = pd.DataFrame({"customer_id": ids, "at": pd.Timestamp("2026-05-01 09:00"), "direction": "out"})
    contacts = contacts.assign(channel=np.where(np.arange(n) % 2 == 0, "phone", "email"), interaction_id=ids)
    contacts = contacts.assign(cost=np.where(contacts["channel"] == "phone", 6.0, 0.1))
    said = pd.DataFrame(
        {"customer_id": ids, "channel": "email", "purpose": "sales", "granted_at": pd.Timestamp("2025-01-01")}
    )
    both = pd.concat([said, said.iloc[: n // 2].assign(channel="phone")], ignore_index=True)
    frames = {"orders": orders.assign(order_id=ids), "customers": customers, "interactions": contacts, "consents": both}
    return company_from(frames, as_of=AS_OF, policy=Policy())


def choices(c: Company, caused: pd.DataFrame = NOTHING) -> allocation.Choices:
    return allocation.choices(c, reach.permitted(c, allocation.wanted(c)), caused, channels.by_channel(c))


@pytest.mark.deck("D093")
def test_only_open_channels_are_used_within_the_limits() -> None:
    c = company()
    given = choices(c)
    assert given.channels == ["email", "phone"]
    assert int((~np.isnan(given.worth[:, 1])).sum()) == 150, "consent for the telephone was given by half"
    told = allocation.solved(c, given, **ROOM).set_index(["kpi", "segment"])["value"]
    used = {name: told.get(("allocated_customers", name), 0.0) for name in given.channels}
    assert used["phone"] * 6 + used["email"] * 0.1 <= 60 + 1e-6
    assert used["phone"] * 12 / 60 + used["email"] * 8 / 60 <= 4 + 1e-6
    assert told[("allocated_customers", "")] == sum(used.values())
    assert told[("hour_price", "")] > 0


def test_more_room_is_never_worth_less_and_a_floor_never_more() -> None:
    c = company()
    given = choices(c)
    worth = [
        allocation.solved(c, given, **ROOM | change).set_index(["kpi", "segment"])["value"][("allocated_worth", "")]
        for change in ({}, {"hours_a_month": 8.0}, {"floor_share": 0.3})
    ]
    assert worth[1] >= worth[0] >= worth[2] - 1e-6


def test_what_a_lot_told_moves_the_choice() -> None:
    c = company()
    lot = NOTHING.copy()
    lot.loc[0] = ["phone", "by_lot", "ordered", 400, 0.3, 0.29, 0.31, np.nan, "more", "change"]
    room = ROOM | {"hours_a_month": 10.0}
    used = []
    for caused in (NOTHING, lot):
        told = allocation.solved(c, choices(c, caused), **room).set_index(["kpi", "segment"])["value"]
        used.append(told.get(("allocated_customers", "phone"), 0.0))
    assert used[1] > used[0]


def test_without_anybody_to_contact_there_are_no_figures() -> None:
    c = company()
    nobody = company_from(
        {"orders": c.tables.orders.limit(0).to_pandas()[["order_id", "customer_id", "ordered_at"]]}, as_of=AS_OF
    )
    given = choices(nobody)
    assert allocation.solved(nobody, given, **ROOM).empty
    assert allocation.left_out(nobody, given)["customers"].tolist() == [0, 0]


def test_without_a_column_no_other_number() -> None:
    def told(c: Company) -> pd.DataFrame:
        return allocation.solved(c, choices(c), **ROOM)

    columns = (
        "interactions.direction",
        "interactions.cost",
        "customers.phone",
        "consents.withdrawn_at",
        "orders.amount",
    )
    assert another_number(told, company(), *columns) == {}
