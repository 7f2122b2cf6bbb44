"""Response by channel, tier and stage at the time: every contact once, thin cells drawn in, luck not called a best channel."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import lifecycle, response_by_group
from tests.known import another_number

AS_OF = date(2026, 10, 31)


def company(seed: int, phone: float = 0.0, n: int = 500) -> Company:
    """Customers with orders at all paces; each contact is answered by chance, over the telephone by so much more."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"c{i:04}" for i in range(n)])
    who = rng.integers(0, n, 3 * n)
    orders = pd.DataFrame(
        {
            "customer_id": ids[who],
            "ordered_at": pd.Timestamp(AS_OF) - pd.to_timedelta(rng.integers(0, 700, 3 * n), unit="D"),
        }
    )
    orders = orders.assign(
        order_id=[f"o{i}" for i in range(len(orders))], amount=rng.lognormal(6, 1, len(orders)).round(2)
    )
    channel = rng.choice(["phone", "email", "sms"], 6 * n)
    at = pd.Timestamp("2025-12-01 09:00") + pd.to_timedelta(rng.integers(0, 300, 6 * n), unit="D")
    answers = rng.random(6 * n) < 0.2 + phone * (channel == "phone")
    frame = pd.DataFrame(
        {
            "interaction_id": [f"i{i}" for i in range(6 * n)], "customer_id": ids[rng.integers(0, n, 6 * n)], "at": at,
            "channel": channel, "direction": "out", "responded_at": pd.Series(at + pd.Timedelta(hours=5)).where(answers),
        }
    )  # fmt: skip
    return company_from({"orders": orders, "interactions": frame}, as_of=AS_OF)


def cells(c: Company) -> pd.DataFrame:
    return response_by_group.cells(c, lifecycle.at_quarter_starts(c))


@pytest.mark.deck("D093", "D094")
def test_a_channel_that_is_answered_more_is_told_and_chance_is_not() -> None:
    c = company(1, phone=0.25)
    best = response_by_group.best(c, cells(c))
    sure = best[best["verdict"] == "supported"]
    assert len(sure) >= len(best) / 2
    assert set(sure["channel"]) == {"phone"}
    noise = [response_by_group.best(c, cells(c)) for c in (company(seed) for seed in range(2, 6))]
    told = pd.concat(noise)
    assert (told["verdict"] == "supported").mean() <= 0.1


def test_stages_are_those_of_the_time_and_each_contact_counts_once() -> None:
    c = company(7)
    frame = cells(c)
    stages = lifecycle.at_quarter_starts(c).to_pandas()
    assert stages.groupby(["customer_id", "quarter"]).size().max() == 1
    for quarter, part in stages.groupby("quarter"):
        then = lifecycle.stages(c.at((pd.Timestamp(quarter) - pd.Timedelta(days=1)).date())).to_pandas()
        assert (
            part.set_index("customer_id")["life_stage"].to_dict()
            == then.set_index("customer_id")["life_stage"].to_dict()
        )
    assert frame["observed"].sum() <= len(c.tables.interactions.to_pandas())
    assert ((frame["low"] < frame["share"]) & (frame["share"] < frame["high"])).all()
    small = frame["observed"] < 10
    assert frame.loc[small, "share"].std() < frame.loc[small, "value"].std() / 2, "few contacts are drawn in"


@pytest.mark.parametrize("column", ["interactions.responded_at", "interactions.direction", "orders.amount", "orders"])
def test_without_a_column_no_other_number(column: str) -> None:
    def told(c: Company) -> pd.DataFrame:
        return response_by_group.stated(c, response_by_group.best(c, cells(c)))

    assert another_number(told, company(3), column) == {}
