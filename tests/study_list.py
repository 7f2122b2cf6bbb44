"""Study: how much of the margin that an oracle's list would bring the list brings, after months of learning from its hold-outs.

`python -m tests.studies list [simulated|made] [--seeds 20] [--months 5] [--customers 1500]`: the oracle knows what acting truly
changes of each customer and who has left already; it has the same candidates, minutes and lots. Beside it the order by past
revenue.

simulated: a company whose lists are acted on month by month; beside it too an oracle that leaves nobody alone for comparison, and
the list before anything was learnt. made: the made company as it stands, after its own programme, by what is planted in its
customers; beside it too the order by what is at stake, what the list expects of itself, and an oracle that chooses the channel as
well, among those that are open.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from crmlib.facts import causes, effects, lots
from crmlib.facts.company import Company
from crmlib.measures import (
    actions,
    board,
    candidates,
    cycles,
    deliveries,
    reach,
    renewals,
    rhythm,
    satisfaction,
    service,
    slipping,
    tiers,
    worth,
)
from crmlib.teaching import plan, reactions
from crmlib.teaching import world as teaching
from tests.lists import BEGINS, WINDOW, World, filled, proposed
from tests.study_warning import teaching_company

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


MADE = ["list", "by_revenue", "by_stake", "expected", "any_channel"]
YEAR = 365


def made(seed: int, customers: int) -> list[float]:
    """Shares of the oracle's margin on the made company, `MADE`; `expected` is what the list says it brings."""
    with TemporaryDirectory() as home:
        c, _left, truth = teaching_company(Path(home), customers, seed, teaching.ALL)
        valued, found, listed = proposed_in_full(c)
        open_ = reach.permitted(c, listed).to_pandas()
    valued = valued.assign(gain=gains(c, truth, valued), arm=lots.arms(c, valued["customer_id"]))
    each = open_.merge(valued.drop(columns="channel"), on="customer_id")
    best = each.assign(gain=gains(c, truth, each)).sort_values("gain", ascending=False).drop_duplicates("customer_id")
    acting = found.rows[found.rows["arm"] == "act"]
    minutes = float(acting["minutes"].sum())
    brought = float(valued.loc[valued["customer_id"].isin(acting["customer_id"]), "gain"].sum())
    act = valued[valued["arm"] == "act"]
    oracle = _brought(act[act["gain"] > 0], "gain", minutes)
    widest = _brought(best[(best["arm"] == "act") & (best["gain"] > 0)], "gain", minutes)
    told = [
        brought, _brought(act.assign(year=_revenue(truth, act)), "year", minutes), _brought(act, "value_at_stake", minutes),
        float(acting["worth"].sum()), widest,
    ]  # fmt: skip
    shares = [part / oracle for part in told]
    words = ", ".join(f"{name} {share:.1%}" for name, share in zip(MADE, shares, strict=True))
    reasons = acting.merge(valued[["customer_id", "gain"]], on="customer_id").groupby(["why", "channel"])
    print(f"seed {seed}: {words} (oracle {oracle:,.0f}, {len(acting)} acted on of {len(valued)})")
    print(reasons.agg(n=("gain", "size"), gain=("gain", "sum"), told=("worth", "sum")).round(0).to_string(), flush=True)
    return shares


def proposed_in_full(c: Company) -> tuple[pd.DataFrame, actions.Proposed, Table]:
    """The candidates with what they are worth, the list, and the candidates themselves, with every reason that the made company
    has.
    """
    groups = tiers.tiers(c)
    frames = {"warning": slipping.warned(c), "tiers": groups, "overdue": service.overdue(c), "due": rhythm.due(c)}
    frames |= {"reviews": rhythm.review_due(c, groups), "renewals": renewals.by_customer(c)}
    frames |= {"promises": service.falling_due(c), "cycles": cycles.due(c), "causes": causes.of(c)}
    frames |= {"told": [deliveries.waiting(c), satisfaction.unhappy(c)]}
    listed = candidates.candidates(c, **frames, care=board.care_due(c))
    valued = worth.valued(c, listed, reach.channel_for(c, listed))
    return valued, actions.propose(c, valued, reach.over_contacted(c)), listed


def gains(c: Company, truth: teaching.World, rows: pd.DataFrame, day: float = plan.DAYS) -> np.ndarray:
    """Margin that acting on each row (customer_id, why, channel, cost) at the beginning of a day is truly expected to bring, by
    the planted reactions: the order that it brings where none would have come in the days of the outcome, less what stays
    away in them, less what a customer who leaves would have brought within a year.
    """
    at = rows["customer_id"].map({who: i for i, who in enumerate(truth.people["entity_id"].astype(str))}).to_numpy(int)
    people = truth.people
    gone, rate, leaves = truth.trade.left[at] < day, *(people[n].to_numpy()[at] for n in ("rate_per_day", "dropout"))
    spent = truth.orders.groupby("entity")["amount"].mean().reindex(at).fillna(0.0).to_numpy()
    recent = truth.contacts.recent(at, np.full(len(at), float(day)))
    likely = reactions.chances(
        people["reaction"].to_numpy()[at],
        gone,
        rows["why"].to_numpy(),
        rows["channel"].replace("", "phone").to_numpy(),
        recent,
    )
    window = c.policy.contact.outcome_window_days
    none = np.where(gone, 1.0, np.exp(-rate * window))
    soon = np.where(gone, 0.0, rate * window)
    year = np.where(gone, 0.0, (1 - np.exp(-rate * leaves * YEAR)) / leaves)
    orders = likely.orders * none - likely.stays_away * soon - likely.leaves * year
    return np.asarray(orders * spent * c.policy.cost.margin_rate - rows["cost"].to_numpy(dtype=float))


def _revenue(truth: teaching.World, rows: pd.DataFrame) -> pd.Series:
    orders = truth.orders[truth.orders["at"] >= plan.DAYS - YEAR].groupby("entity")["amount"].sum()
    named = pd.Series(truth.people["entity_id"].astype(str).to_numpy(), index=truth.people.index)
    return rows["customer_id"].map(orders.rename(index=named)).fillna(0.0)


def _brought(rows: pd.DataFrame, by: str, minutes: float) -> float:
    """What rows bring that are taken in order of `by` a minute as long as the minutes last; by revenue, as they stand."""
    order = rows[by] if by == "year" else rows[by] / rows["minutes"]
    return float(filled(rows.loc[order.sort_values(ascending=False).index], minutes)["gain"].sum())


def main(arguments: list[str]) -> int:
    """All seeds of a part, or of both."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies list")
    parser.add_argument("part", nargs="?", choices=("simulated", "made"))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--months", type=int, default=5)
    parser.add_argument("--customers", type=int)
    parser.add_argument("--hours", type=float, default=25.0)
    given = parser.parse_args(arguments)
    seeds = range(given.first, given.first + given.seeds)
    parts = {
        "simulated": (TOLD, lambda seed: captured(seed, given.customers or 1500, given.months, given.hours)),
        "made": (MADE, lambda seed: made(seed, given.customers or 8000)),
    }
    for name in [given.part] if given.part else list(parts):
        columns, of_seed = parts[name]
        told = pd.DataFrame([of_seed(seed) for seed in seeds], columns=columns)
        print(f"{name}:")
        print(told.mean().map("{:.1%}".format).to_string())
        print(f"below the order by revenue in {int((told['list'] < told['by_revenue']).sum())} of {len(told)} seeds")
    return 0
