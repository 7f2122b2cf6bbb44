"""Falling use: found where it is planted and not where nobody changes, and held against who then left."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import falling_use
from tests.known import another_number
from tests.subscriptions import AS_OF, Planted, made

BEGAN = date(2025, 6, 1)


@pytest.mark.deck("D102", "D104")
@pytest.mark.parametrize("seed", [0, 1])
def test_who_is_planted_to_use_less_before_leaving_is_the_sign_that_tells(seed: int) -> None:
    one = made(seed, Planted(leave=0.03, win_back=0, use_days=14))
    rows = falling_use.leaving(one.company()).set_index(["kpi", "segment"])
    effect = rows.loc[("falling_use_effect", "")]
    assert effect["low"] > 0.4, "most of those whose use fell have left"
    assert rows.loc[("left_share", "use_falls"), "value"] > 0.8
    assert effect["value"] == pytest.approx(
        rows.loc[("left_share", "use_falls"), "value"] - rows.loc[("left_share", "use_holds"), "value"]
    )


def test_where_nobody_changes_hardly_anybody_is_said_to_use_less() -> None:
    told = [falling_use.falling(made(seed, Planted(fall=0), customers=250).company()) for seed in range(4)]
    rows = pd.concat(told).query("kpi == 'falling_use_customers'")
    assert rows["n"].min() > 50
    assert rows["value"].sum() / rows["n"].sum() <= 0.02


def company(**late: int) -> Company:
    """Customers with two days of use in three until the end of July, and so many days from August on."""
    days = [
        (who, BEGAN + timedelta(days=d))
        for who in late
        for d in range(0, 426, 3)
        if BEGAN + timedelta(days=d) < date(2026, 8, 1)
    ]
    days += [(who, date(2026, 8, 1) + timedelta(days=d)) for who, n in late.items() for d in range(n)]
    held = pd.DataFrame(
        {"customer_id": list(late), "started_on": BEGAN, "ended_on": None, "amount": 10.0, "period": "month"}
    )
    held = held.assign(contract_id=held["customer_id"])
    held.loc[held["customer_id"] == "left", "ended_on"] = date(2026, 10, 1)
    activity = pd.DataFrame(days, columns=["customer_id", "day"]).assign(events=5)
    return company_from({"contracts": held, "activity": activity}, as_of=AS_OF)


def test_who_is_named_is_under_contract_and_fell_beyond_chance() -> None:
    c = company(stays=31, fell=3, silent=0, left=0, little=25)
    told = falling_use.falling(c).set_index("kpi")
    assert told.loc["falling_use_customers", "value"] == 2
    assert told.loc["falling_use_share", "n"] == 4
    listed = falling_use.listed(c).set_index("customer_id")
    assert set(listed.index) == {"fell", "silent"}
    assert listed.loc["fell", "use_now"] == pytest.approx(1.0)
    assert listed.loc["fell", "use_before"] == pytest.approx(10.0, abs=0.2)
    assert set(listed["recurring_revenue"]) == {120}


def test_too_little_use_tells_nothing_and_none_on_record_is_named() -> None:
    frame = pd.DataFrame({"customer_id": "a", "day": [BEGAN, date(2026, 3, 1)], "logins": 1})
    held = pd.DataFrame(
        {"customer_id": ["a"], "started_on": [BEGAN], "ended_on": [None], "amount": [1.0], "period": ["month"]}
    )
    c = company_from({"contracts": held.assign(contract_id="1"), "activity": frame}, as_of=AS_OF)
    assert falling_use.falling(c).empty
    assert falling_use.leaving(c).empty
    for lacks in ("activity", "contracts"):
        assert lacks in falling_use.falling(c.without(lacks)).attrs["unknown"]


def test_no_figure_becomes_another_number_without_a_column() -> None:
    one = made(3, Planted(leave=0.03, use_days=14), customers=80)
    rng = np.random.default_rng(1)
    for row in one.activity:
        row["logins"] = int(rng.integers(0, 3))
    columns = [
        "activity.logins",
        "activity.events",
        *(f"contracts.{n}" for n in ("amount", "ended_on", "trial", "renews")),
    ]
    assert another_number(falling_use.falling, one.company(), *columns) == {}
    assert another_number(falling_use.listed, one.company(), *columns) == {}
