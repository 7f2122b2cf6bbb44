"""Study: a company in which nobody changes, and what is said of it all the same; then planted falls, and how many are found.

`python -m tests.studies stationary [--seeds 5] [--customers 2000]` prints, over the seeds, the customers called falling, in
decline, with purchases down, the high-value ones moved down, and in how many draws 20 equal segments are called different.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from crmlib.facts import tiers as tiers_of
from crmlib.facts import trends
from crmlib.measures import channels, lifecycle, warning
from crmlib.models.estimates import Clustered, apart, clustered
from crmlib.show.findings import contrast
from crmlib.vocabulary.policy import Statistics
from tests.stationary import SEGMENTS, company, frames

ENOUGH = (6, 12, 24)
"""Orders in the half year compared with, from which a planted fall is looked for."""
LIMITS = {
    "falling": 0.05,
    "in decline": 0.05,
    "purchases down": 0.05,
    "high-value moved down": 0.03,
    "segments called different": 0.05,
}


def called(seed: int, customers: int) -> dict[str, float]:
    """Shares of the customers of one company of whom something is said."""
    c = company(seed, customers)
    falling = trends.orders(c).to_pandas()["trend"]
    told = falling != "too_few_orders"
    stages = lifecycle.stages(c).filter(lambda t: t.orders > 1).to_pandas()["life_stage"]
    here = stages.isin(["life_growth", "life_maturity", "life_decline"])
    dropped = warning.signals(c).to_pandas()["dropped"].dropna().astype(bool)
    moves = tiers_of.settled(c).filter(lambda t: t.tier_before == "high_value").to_pandas()["tier"]
    return {
        "falling": float((falling[told] == "falling").mean()),
        "in decline": float((stages[here] == "life_decline").mean()),
        "purchases down": float(dropped.mean()),
        "high-value moved down": float((moves != "high_value").mean()),
        "of so many told": float(told.mean()),
        "of so many high-value": float(len(moves)),
        "response said to differ": float("more than chance" in said(c)),
    }


def said(c: object) -> str:
    """What is said of the response by channel, all of which are equal."""
    rates = channels.response(c)  # type: ignore[arg-type]
    return contrast(rates[rates["segment"] != ""], Statistics())


def differ(draws: int, seed: int, customers: int = 100) -> float:
    """In what share of `draws` 20 equal segments, each of so many customers with several contacts, are called different."""
    rng, found = np.random.default_rng(seed), 0
    for _draw in range(draws):
        rows = 1 + rng.geometric(0.2, (SEGMENTS, customers))
        hits = rng.binomial(rows, rng.beta(1.2, 2.8, (SEGMENTS, customers)))
        parts = [clustered(Clustered.of(k, n)) for k, n in zip(hits, rows, strict=True)]
        found += apart(max(parts), min(parts), groups=SEGMENTS, n=customers / 2)
    return found / draws


def found(seed: int, customers: int, share: float = 0.1) -> dict[int, tuple[int, float]]:
    """Where customers buy 24 times a year: of the planted falls to a fifth, with so many orders before, how many, and which
    share is found; at 0 the share of those called falling who are not.
    """
    given = frames(seed, customers, yearly=24, falls=share)
    fell = {f"c{i:05}" for i in range(int(share * customers))}
    told = trends.orders(company(seed, customers, yearly=24, falls=share)).to_pandas()
    falling = set(told.loc[told["trend"] == "falling", "customer_id"])
    at = given["orders"]["ordered_at"]
    before = given["orders"][(at >= "2025-05-01") & (at < "2025-11-01")].groupby("customer_id").size()
    found = {0: (len(falling), len(falling - fell) / max(1, len(falling)))}
    for least in ENOUGH:
        enough = fell & set(before.index[before >= least])
        found[least] = (len(enough), len(enough & falling) / max(1, len(enough)))
    return found


def main(arguments: list[str]) -> int:
    """Print the shares; 1 where one lies above its limit."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies stationary")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--customers", type=int, default=2000)
    given = parser.parse_args(arguments)
    rows = pd.DataFrame([called(seed, given.customers) for seed in range(given.seeds)])
    means = {**rows.mean().to_dict(), "segments called different": differ(500, 1)}
    for name, value in means.items():
        limit = f"   at most {LIMITS[name]:.2f}" if name in LIMITS else ""
        print(f"  {name:28} {value:8.4f}{limit}")
    for least, parts in pd.DataFrame([found(seed, given.customers) for seed in range(given.seeds)]).items():
        count, share = (
            sum(p[0] for p in parts),
            np.average([p[1] for p in parts], weights=[max(1, p[0]) for p in parts]),
        )
        words = f"planted falls to a fifth, {least} orders or more before: found of {count}"
        print(f"  {words if least else f'false among {count} called falling'}: {share:.3f}")
    return int(any(means[name] > limit for name, limit in LIMITS.items()))
