"""Who moves a control reads the same customers counted in many ways: what a linear programme makes of all its stops together."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import company_from
from crmlib.measures import allocation, churn_cost
from crmlib.show import withholding
from crmlib.show.controls import control
from tests.cuts import bounds, pinned
from tests.small_company import knowing
from tests.test_widgets import AS_OF
from tests.told import CHAPTERS

K, N = 5, 30
YEAR = 365
TOLD = pytest.mark.parametrize("careless", [False, True])


def stops(name: str, start: float) -> tuple[float, ...]:
    """The stops of a slider as a chapter has it."""
    (found,) = {
        hit for p in CHAPTERS for hit in re.findall(rf"\b{name}=\(([\d.]+), ([\d.]+), ([\d.]+), ", p.read_text("utf-8"))
    }
    least, most, step = map(float, found)
    return control(name, (least, most, step, start)).stops


def limits(row: pd.Series, true: int, everyone: int, *, careless: bool) -> tuple[float, float]:
    """Between which numbers a count lies for a reader; carelessly told, the few are hidden and all else is as it was counted."""
    if careless:
        return (1, K - 1) if 0 < true < K else (true, true)
    least, most = bounds(float(row["value"]), str(row.get("withheld", "")), K, everyone)
    assert least <= true <= most, row.to_dict()
    return least, most


@TOLD
def test_who_moves_the_days_without_an_order_learns_of_no_few_customers(careless: bool) -> None:
    found = small = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        age = rng.integers(0, 440, N)
        day = pd.Timestamp(AS_OF) - pd.to_timedelta(age, unit="D")
        orders = {"order_id": [f"o{i}" for i in range(N)], "customer_id": [f"c{i}" for i in range(N)]}
        c = company_from({"orders": pd.DataFrame(orders | {"ordered_at": day, "amount": 100.0})}, as_of=AS_OF)
        tried = stops("inactive_days", c.policy.cost.inactive_days)
        edges = sorted({edge for stop in tried for edge in (stop, stop + YEAR)})
        band = np.searchsorted(edges, age, side="right")
        truth = np.bincount(band, minlength=len(edges) + 1)
        lower = np.array([-1, *edges])
        # Everyone knows when the company began, and so that nobody is silent for longer.
        began = float(age.max())
        rows = [lower > began]
        low, high = [0.0], [0.0]
        for stop in tried:
            with withholding.using(K, N):
                told = withholding.guarded(churn_cost.churn_cost(c, inactive_days=stop))
            member = (lower >= stop) & (lower < stop + YEAR)
            row = told[told["kpi"] == "lost_customers"].iloc[0]
            if not row["n"] or stop > began:
                continue
            least, most = limits(row, int(member @ truth), N, careless=careless)
            rows.append(member)
            low.append(least)
            high.append(most)
        got = pinned(np.array(rows, dtype=float), np.array(low), np.array(high), truth, K)
        found, small = found + got[0], small + got[1]
    assert bool(found) == careless, (found, small)
    assert small > 6


@TOLD
def test_who_moves_hours_and_money_learns_of_no_few_customers_of_a_channel(careless: bool) -> None:
    c, rng, n = knowing(AS_OF), np.random.default_rng(3), 60
    worth = np.outer(rng.gamma(2, 60, n), [0.1, 0.05, 0.3]) - np.array([0.1, 0.5, 20.0])
    # Few can be telephoned, and that pays for the largest of them only.
    worth[rng.random((n, 3)) < np.array([0.2, 0.3, 0.9])] = np.nan
    uses = {"cost": np.array([0.1, 0.5, 20.0]), "minutes": np.array([30.0, 60.0, 240.0])}
    choices = allocation.Choices(["email", "wechat", "phone"], worth, **uses, tier=rng.integers(0, 4, n))
    contact = c.policy.contact
    names = ("hours_a_month", "budget_a_month", "floor_share")
    every = [stops(name, float(getattr(contact, name))) for name in names]
    found = small = 0
    for at in product(*every):
        true = allocation.solved(c, choices, **dict(zip(names, at, strict=True)))
        with withholding.using(K, n):
            told = withholding.guarded(true)
        counted = true["kpi"] == "allocated_customers"
        parts = true.index[counted & (true["segment"] != "")]
        (whole,) = true.index[counted & (true["segment"] == "")]
        truth = true.loc[parts, "value"].to_numpy(dtype=int)
        if not len(parts):
            continue
        ends = [limits(told.loc[i], int(true.loc[i, "value"]), n, careless=careless) for i in (*parts, whole)]
        members = np.vstack([np.eye(len(parts)), np.ones(len(parts))])
        got = pinned(members, *(np.array(end, dtype=float) for end in zip(*ends, strict=True)), truth, K)
        found, small = found + got[0], small + got[1]
    assert bool(found) == careless, (found, small)
    assert small > 6
