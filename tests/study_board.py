"""Study: of a month's board, how many figures move though nothing changed, and how often the one that did stands first.

`python -m tests.studies board [--months 400] [--customers 2000]`: two looks at the same customers by 16 figures of four kinds,
which persist from month to month as customers do: shares of all, cases of a few, answers of some, money of buyers. Then one
figure is moved by so many standard errors of its paired difference. Beside it stands what comes of ranking by how sure a move is
where 16 figures scatter as they should and one of them is moved so far: nobody can do much better.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from crmlib.facts import moves
from crmlib.models import paired
from crmlib.models.fitting import Array
from crmlib.vocabulary.policy import Statistics

FIGURES = {
    "share": ("active_share", "repurchase_rate", "kept_share", "over_cap_share"),
    "cases": ("overdue_cases", "own_overdue_cases", "at_risk_customers", "due_next_cases"),
    "answers": ("satisfied_share", "found_by_us_share", "sla_resolution", "sla_first_response"),
    "money": ("repeat_revenue_share", "satisfaction_ratio", "contacts_per_customer", "net_promoter_score"),
}
"""Figures of each kind, by names that stand for no more than a place on the board."""
KIND = {kpi: kind for kind, kpis in FIGURES.items() for kpi in kpis}
PLANTED = "repurchase_rate"
SHIFTS = (2.0, 3.0, 3.5)
"""Standard errors of the paired difference."""


def sums(kind: str, customers: int, rng: np.random.Generator) -> Array:
    """What customers add to a figure now and a month before, where nothing changed: top, bottom, top before, bottom before."""
    n, ones = customers, np.ones(customers)
    if kind == "share":
        before = rng.random(n) < 0.4
        turns = rng.random(n) < np.where(before, 0.06, 0.04)
        return np.column_stack([before ^ turns, ones, before, ones]).astype(float)
    if kind == "cases":
        rate = rng.gamma(0.05, 0.6, n)
        stays = rng.poisson(rate * 0.5)
        return np.column_stack([stays + rng.poisson(rate * 0.5), ones, stays + rng.poisson(rate * 0.5), ones])
    own = rng.beta(3, 2, n)
    if kind == "answers":
        asked = rng.poisson(0.1, (2, n))
        top = rng.binomial(asked, own)
        return np.column_stack([top[0], asked[0], top[1], asked[1]]).astype(float)
    stay, new, old = (rng.poisson(2, n) * rng.lognormal(3, 0.8, n) for _ in range(3))
    again = [spent * own for spent in (stay, new, old)]
    return np.column_stack([again[0] + again[1], stay + new, again[0] + again[2], stay + old])


def value(each: Array, *, counted: bool) -> float:
    return float(each[:, 0].sum() if counted else each[:, 0].sum() / each[:, 1].sum())


def board(customers: int, rng: np.random.Generator, shift: float = 0.0) -> pd.DataFrame:
    """The board of a month, `PLANTED` moved by so many standard errors of its paired difference."""
    drawn = {kpi: sums(kind, customers, rng) for kpi, kind in KIND.items()}
    if shift:
        each = drawn[PLANTED]
        changed = float((paired.shifts(each, counted=False) ** 2).sum()) * customers**2
        # Who is moved makes the difference less certain, too: x of them are x / sqrt(changed + x) standard errors.
        so_many = round((shift**2 + shift * np.sqrt(shift**2 + 4 * changed)) / 2)
        each[rng.choice(np.flatnonzero((each[:, 0] == 0) & (each[:, 2] == 0)), so_many, replace=False), 0] = 1
    looks = []
    for now in (True, False):
        values = [
            value(each[:, :2] if now else each[:, 2:], counted=KIND[kpi] == "cases") for kpi, each in drawn.items()
        ]
        looks.append(
            pd.DataFrame({"kpi": [*drawn], "segment": "", "value": values, "low": np.nan, "high": np.nan,
                          "n": customers, "customers": np.nan, "unit": "share"})
        )  # fmt: skip

    def by_customer(kpi: str, _now: float, _before: float) -> float:
        return paired.chance(drawn[kpi], counted=KIND[kpi] == "cases")

    return moves.against(*looks, Statistics.model_validate({}), paired=by_customer)


def moved(boards: list[pd.DataFrame]) -> tuple[float, float]:
    """Of figures in which nothing was planted the share said to have moved, and how often the planted one stands first."""
    whole = pd.concat(boards)
    others = whole[whole["kpi"] != PLANTED]
    told = others["verdict"].isin(["better", "worse", "moved"])
    return float(told.mean()), float(np.mean([one["kpi"].iloc[0] == PLANTED for one in boards]))


def bound(shift: float, rng: np.random.Generator, draws: int = 100_000) -> float:
    """How often one of 16 normal figures, moved by so many of its standard errors, lies furthest from nought."""
    others = np.abs(rng.normal(size=(draws, len(KIND) - 1))).max(axis=1)
    return float((np.abs(rng.normal(shift, 1, draws)) > others).mean())


def main(arguments: list[str]) -> int:
    """Print the shares; 1 where too many figures move, or the planted one stands first much less often than it could."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies board")
    parser.add_argument("--months", type=int, default=400)
    parser.add_argument("--customers", type=int, default=2000)
    given = parser.parse_args(arguments)
    rng = np.random.default_rng(20261031)
    false, _first = moved([board(given.customers, rng) for _ in range(given.months)])
    print(f"  without change, figures said to move           {false:.4f}   at most 0.05")
    failed = false > 0.05
    for shift in SHIFTS:
        told, first = moved([board(given.customers, rng, shift) for _ in range(given.months)])
        most = bound(shift, rng)
        print(
            f"  moved by {shift:g} standard errors: first on the list {first:.3f} (bound {most:.3f}), others {told:.4f}"
        )
        failed |= first < most - 0.05
    return int(failed)
