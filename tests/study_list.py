"""Study: how much of the margin that an oracle's list would bring the list brings, after months of learning from its hold-outs.

`python -m tests.studies list [--seeds 20] [--months 5] [--customers 1500]`: the oracle knows what acting truly changes of each
customer and who has left already; it has the same candidates, minutes and lots. Beside it an oracle that leaves nobody alone for
comparison, the order by past revenue, and the list before anything was learnt.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from crmlib.facts import effects, lots
from tests.lists import BEGINS, WINDOW, World, filled, proposed

MONTH = WINDOW + 1
"""Days between two lists, so that the days of one are over when the next is made."""
TOLD = ["list", "by_revenue", "first", "of_all"]


def captured(seed: int, customers: int, months: int, hours: float) -> list[float]:
    """Shares of the oracle's margin: of the last list, of the order by revenue, of the first list, and of the last list where the
    oracle leaves nobody alone.
    """
    world, shares = World(seed, customers, hours), []
    for month in range(months + 1):
        day = BEGINS + month * MONTH
        with TemporaryDirectory() as home:
            c = world.company(day, Path(home))
            valued, found = proposed(c)
            learnt = effects.learnt(c)[0].n
            valued = valued.assign(gain=world.gains(valued, day), arm=lots.arms(c, valued["customer_id"]))
        shares.append(_shares(world, valued, found.rows, day, hours * 60))
        world.act(found.rows, day)
    told = [*shares[-1][:2], shares[0][0], shares[-1][2]]
    words = ", ".join(f"{name} {share:.1%}" for name, share in zip(TOLD, told, strict=True))
    print(f"seed {seed}: {words} ({learnt} drawn, {len(found.rows)} listed of {len(valued)})", flush=True)
    return told


def _shares(world: World, valued: pd.DataFrame, listed: pd.DataFrame, day: int, minutes: float) -> list[float]:
    acting = listed.loc[listed["arm"] == "act", "customer_id"]
    brought = valued.loc[valued["customer_id"].isin(acting), "gain"].sum()
    best = valued[valued["gain"] > 0].assign(a_minute=lambda f: f["gain"] / f["minutes"])
    best = best.sort_values("a_minute", ascending=False)
    oracle, of_all = (filled(some, minutes)["gain"].sum() for some in (best[best["arm"] == "act"], best))
    year = world.orders[world.orders["day"].between(day - 365, day)].groupby("who")["amount"].sum()
    revenue = valued["customer_id"].map(world.place).map(year).fillna(0.0)
    by_revenue = valued[valued["arm"] == "act"].assign(revenue=revenue).sort_values("revenue", ascending=False)
    return [brought / oracle, filled(by_revenue, minutes)["gain"].sum() / oracle, brought / of_all]


def main(arguments: list[str]) -> int:
    """All seeds."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies list")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--months", type=int, default=5)
    parser.add_argument("--customers", type=int, default=1500)
    parser.add_argument("--hours", type=float, default=25.0)
    given = parser.parse_args(arguments)
    seeds = range(given.first, given.first + given.seeds)
    told = pd.DataFrame([captured(seed, given.customers, given.months, given.hours) for seed in seeds], columns=TOLD)
    print(told.mean().map("{:.1%}".format).to_string())
    print(f"below the order by revenue in {int((told['list'] < told['by_revenue']).sum())} of {len(told)} seeds")
    return 0
