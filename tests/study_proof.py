"""Study: what is said of acting in simulated companies that look every month, with and without an effect, and where it misled.

`python -m tests.studies proof [--companies 200] [--customers 2000] [--size 200]`: twelve lists each, some of them drawn by lot to
be left alone. What is looked for: that the sequence holds the truth at all looks together, that nothing is called working that
is not, that the power stated after three months is right, that months of another hold-out make no effect (S3), and that eight
held out without an order tell nothing of orders and money alike (L3).
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from crmlib.facts import ledger
from crmlib.models import sequential
from crmlib.models.sequential import Drawn

LOOKS = 12
REASONS = {"habit": 0.4, "silent": 0.3, "dropped": 0.1, "overdue": 0.1, "review_due": 0.07, "renewal_due": 0.03}
"""Reasons of a list, with the share of each."""
STATED = 3
"""Months after which the power is stated."""


def lists(seed: int, customers: int, size: int, effect: float, *, held: float = 0.1) -> pd.DataFrame:
    """Rows of a ledger with `truth` and `truth_margin`, what acting is expected to change of each."""
    rng, parts = np.random.default_rng(seed), []
    rate, spend = rng.gamma(1.2, 0.25, customers), rng.lognormal(4, 0.9, customers)
    before = rng.poisson(rate * 12)
    for month in range(LOOKS):
        who = rng.choice(customers, size, replace=False, p=(rate + 0.1) / (rate + 0.1).sum())
        acted = (rng.random(size) >= held).astype(float)
        season = 1 + 0.3 * np.sin(month)
        usual = 1 - np.exp(-rate[who] * season)
        lift = np.minimum(effect, 1 - usual)
        came = rng.random(size) < usual + acted * lift
        spent = spend[who] * rng.lognormal(0, 0.5, size)
        parts.append(
            pd.DataFrame(
                {
                    "month": f"2026-{month + 1:02}", "why": rng.choice([*REASONS], size, p=[*REASONS.values()]),
                    "propensity": 1 - held, "acted": acted, "ordered": came.astype(float), "margin": came * spent,
                    "is_recent": (rng.random(size) < usual).astype(float), "orders_before": before[who],
                    "margin_before": before[who] * spend[who], "expected": np.nan, "truth": lift, "spend": spend[who],
                }
            )
        )  # fmt: skip
    frame = pd.concat(parts, ignore_index=True)
    most = ledger.up_to(frame["margin"])
    usual_spend = np.minimum(
        frame["spend"].to_numpy()[:, None] * np.random.default_rng(0).lognormal(0, 0.5, (1, 200)), most
    )
    frame["truth_margin"] = frame["truth"] * usual_spend.mean(axis=1)
    return frame.assign(margin=frame["margin"].clip(-most, most), stratum=ledger.strata(frame))


def looked(frame: pd.DataFrame, outcome: str, truth: str) -> dict[str, float]:
    """Of one company: whether the sequence held the truth at all looks, at which look it was told to work first (0: never), how
    many looks told anything, and the share of months' intervals that held the truth.
    """
    drawn = ledger.as_drawn(frame, outcome)  # type: ignore[arg-type]
    looks, acted = sequential.looks(drawn), frame[frame["acted"] == 1]
    held, works, told = True, 0, 0
    for at, look in enumerate(looks):
        value, low, high = sequential.sequence(look, looks[0])
        if np.isnan(value):
            continue
        told += 1
        true = acted.loc[acted["month"] <= f"2026-{at + 1:02}", truth].mean()
        held &= low <= true <= high
        works = works or (at + 1 if low > 0 else 0)
    one = [sequential.interval(sequential.compared(drawn, np.array([at]))) for at in range(len(looks))]
    true_of = acted.groupby("month")[truth].mean().to_numpy()
    inside = [low <= true <= high for (_v, low, high), true in zip(one, true_of, strict=True) if not np.isnan(low)]
    return {"held": held, "works": works, "told": told, "inside": float(np.mean(inside)) if inside else np.nan}


def stated(frame: pd.DataFrame, effect: float) -> float:
    """The chance, stated after the first months, that the effect is told at the last look or before."""
    drawn = ledger.as_drawn(frame[frame["month"] <= f"2026-{STATED:02}"], "ordered")
    looks = sequential.looks(drawn)
    if any(sequential.sequence(look, looks[0])[1] > 0 for look in looks):
        return 1.0
    ahead = LOOKS - STATED
    return float(sequential.chances(effect, sequential.usual(drawn), looks[0], looks[-1], ahead=ahead)[-1])


def simpson(companies: int) -> tuple[float, float]:
    """Mean effect in the case of S3, which has none: as the ledger tells it, and with all months as one."""
    found = []
    for seed in range(companies):
        rng, n = np.random.default_rng(seed), 1_000
        month = np.repeat([0, 1], n)
        acted = (rng.random(2 * n) >= np.where(month, 0.5, 0.1)).astype(float)
        came = (rng.random(2 * n) < np.where(month, 0.6, 0.3)).astype(float)
        told = sequential.compared(Drawn(came, acted, month, month, np.zeros((2 * n, 1))))
        found.append((told.won / told.acted, came[acted == 1].mean() - came[acted == 0].mean()))
    return tuple(np.mean(found, axis=0))  # type: ignore[return-value]


def too_few(companies: int) -> float:
    """Share of companies of which anything is said in the case of L3: eight held out, of whom nobody ordered."""
    said = 0
    for seed in range(companies):
        rng = np.random.default_rng(seed)
        acted = np.repeat([1.0, 0.0], [70, 8])
        came = np.where(acted == 1, rng.random(78) < 0.15, 0).astype(float)
        flat = np.zeros(78, dtype=int)
        for outcome in (came, came * rng.lognormal(6, 1, 78)):
            said += sequential.compared(Drawn(outcome, acted, flat, flat, rng.random((78, 1)))).is_enough
    return said / companies / 2


def main(arguments: list[str]) -> int:
    """Print what came; 1 where one lies beyond its limit."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies proof")
    parser.add_argument("--companies", type=int, default=200)
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--size", type=int, default=200)
    given = parser.parse_args(arguments)
    failed = 0

    def say(what: str, value: float, least: float, most: float) -> None:
        nonlocal failed
        failed += not least <= value <= most
        print(f"  {what:72} {value:7.3f}   ({least:g} to {most:g})", flush=True)

    for effect, held in ((0.0, 0.1), (0.08, 0.1), (0.16, 0.1), (0.16, 0.25)):
        frames = [lists(seed, given.customers, given.size, effect, held=held) for seed in range(given.companies)]
        name = f"{effect:.0%} added, {held:.0%} held out"
        orders = pd.DataFrame([looked(frame, "ordered", "truth") for frame in frames])
        money = pd.DataFrame([looked(frame, "margin", "truth_margin") for frame in frames])
        for what, rows in (("orders", orders), ("margin", money)):
            say(f"{name}, {what}: truth held at all looks together", rows["held"].mean(), 0.93, 1)
            say(
                f"{name}, {what}: intervals of a month that hold it",
                rows["inside"].mean(),
                0.93 if what == "orders" else 0,
                1,
            )
            if effect == 0:
                say(f"{name}, {what}: ever said to work", (rows["works"] > 0).mean(), 0, 0.05)
            print(
                f"    looks told of {LOOKS}: {rows['told'].mean():.1f}; told to work by look 2, 6, 12: "
                + ", ".join(f"{((rows['works'] > 0) & (rows['works'] <= t)).mean():.2f}" for t in (2, 6, 12)),
                flush=True,
            )
        if effect:
            acted = [frame.loc[frame["acted"] == 1, "truth"].mean() for frame in frames]
            power = np.mean([stated(frame, true) for frame, true in zip(frames, acted, strict=True)])
            say(
                f"{name}: power stated after {STATED} months less what came",
                power - (orders["works"] > 0).mean(),
                -0.05,
                0.05,
            )
    by_stratum, as_one = simpson(given.companies)
    say(f"S3, no effect (all months as one: {as_one:+.3f})", by_stratum, -0.01, 0.01)
    say("L3, anything said of orders or money", too_few(given.companies), 0, 0)
    return int(failed > 0)
