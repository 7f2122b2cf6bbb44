"""Study: how much of the margin that an oracle's list would bring the list brings, after months of learning from its hold-outs.

`python -m tests.studies list [--seeds 20] [--months 5] [--customers 1500]`: the oracle knows what acting truly changes of each
customer, who has left already, and holds out nobody; it has the same candidates and the same minutes. Beside it the order by past
revenue, and the list before anything was learnt.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from crmlib.facts import effects
from tests.lists import BEGINS, WINDOW, World, filled, proposed

MONTH = 31
"""Days between two lists, so that the days of one are over when the next is made."""


def captured(seed: int, customers: int, months: int, hours: float) -> tuple[float, float, float]:
    """Share of the oracle's margin that the list brings after so many months, that the order by revenue brings, and that the
    first list brought.
    """
    world, shares = World(seed, customers, hours), []
    for month in range(months + 1):
        day = BEGINS + month * MONTH
        with TemporaryDirectory() as home:
            c = world.company(day, Path(home))
            valued, found = proposed(c)
            last = effects.learnt(c)[0].n
        valued = valued.assign(gain=world.gains(valued, day))
        rows = found.rows[found.rows["arm"] == "act"].merge(valued[["customer_id", "gain"]], on="customer_id")
        minutes = hours * 60
        best = valued[valued["gain"] > 0].assign(a_minute=lambda f: f["gain"] / f["minutes"])
        oracle = filled(best.sort_values("a_minute", ascending=False), minutes)["gain"].sum()
        year = world.orders[world.orders["day"].between(day - 365, day)].groupby("who")["amount"].sum()
        revenue = valued["customer_id"].map(world.place).map(year).fillna(0.0)
        by_revenue = filled(valued.assign(revenue=revenue).sort_values("revenue", ascending=False), minutes)
        shares.append((rows["gain"].sum() / oracle, by_revenue["gain"].sum() / oracle))
        world.act(found.rows, day)
    print(f"seed {seed}: list {shares[-1][0]:.1%}, by revenue {shares[-1][1]:.1%}, first list {shares[0][0]:.1%} "
          f"(n = {last}, {len(found.rows)} listed of {len(valued)})", flush=True)  # fmt: skip
    return shares[-1][0], shares[-1][1], shares[0][0]


def main(arguments: list[str]) -> int:
    """All seeds."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies list")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--months", type=int, default=5)
    parser.add_argument("--customers", type=int, default=1500)
    parser.add_argument("--hours", type=float, default=40.0)
    given = parser.parse_args(arguments)
    assert MONTH > WINDOW
    told = pd.DataFrame(
        [captured(1 + seed, given.customers, given.months, given.hours) for seed in range(given.seeds)],
        columns=["list", "by_revenue", "first"],
    )
    print(told.mean().map("{:.1%}".format).to_string())
    print(f"never below the order by revenue: {bool(np.all(told['list'] >= told['by_revenue']))}")
    return 0
