"""A made subscription company with planted truth: plans, upgrades, trials, ends with reasons, and use that falls first."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts.company import Company, company_from
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
SPAN = 1100
"""Days before the day in which customers begin."""
PRICES = {"basic": 40, "pro": 120, "enterprise": 600}
PERIODS = {"month": 12, "quarter": 4, "year": 1}
REASONS = {"price": 0.45, "features": 0.3, "service": 0.15, None: 0.1}


@dataclass(frozen=True)
class Planted:
    """What the company is made of; shares are probabilities."""

    leave: float = 0.02
    """A month, of each customer."""
    upgrade: float = 0.015
    downgrade: float = 0.006
    win_back: float = 0.15
    """Of those who left, some months later."""
    second: float = 0.15
    """Have another contract at once."""
    trial: float = 0.5
    trial_won: float = 0.6
    use_days: float = 8.0
    """Days of use a month."""
    fall: float = 0.9
    """How much less in the three months before the end, for as many as `warned`; 0 plants nothing."""
    warned: float = 0.7


@dataclass
class Made:
    """The tables of a made company, and what is true of it."""

    contracts: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    activity: list[dict[str, Any]] = field(default_factory=list)
    warned: set[str] = field(default_factory=set)

    def company(self, *without: str, policy: Policy | None = None) -> Company:
        """The company on its day."""
        tables = {"contracts": self.contracts, "events": self.events, "activity": self.activity}
        frames = {name: pd.DataFrame(rows) for name, rows in tables.items() if rows and name not in without}
        return company_from(frames, as_of=AS_OF, currency="EUR", policy=policy)

    def mrr(self, day: date) -> dict[str, Decimal]:
        """What each customer pays a month on a day, by going through the contracts one by one."""
        live: dict[str, Decimal] = {}
        for row in self.contracts:
            runs = row["started_on"] <= day and (row["ended_on"] is None or row["ended_on"] > day)
            if runs and not row["trial"]:
                live[row["customer_id"]] = live.get(row["customer_id"], Decimal(0)) + monthly(row)
        return live


def monthly(row: dict[str, Any]) -> Decimal:
    """A contract's amount a month, to the fourth decimal."""
    yearly = Decimal(str(row["amount"])) * PERIODS[row["period"]]
    return (yearly / 12).quantize(Decimal("0.0001"), "ROUND_HALF_UP")


def made(seed: int, planted: Planted | None = None, *, customers: int = 400) -> Made:
    """A company by seed. Ends after the day are cut off: on the day nobody knows of them."""
    planted = planted or Planted()
    rng, company = np.random.default_rng(seed), Made()
    for i in range(customers):
        who, begun = f"s{i:04d}", AS_OF - timedelta(days=int(rng.integers(0, SPAN)))
        if rng.random() < planted.trial:
            _contract(company, who, begun, begun + timedelta(days=30), 0, "month", "basic", trial=True)
            if rng.random() >= planted.trial_won:
                continue
            begun += timedelta(days=30)
        if rng.random() < planted.second:
            _contract(company, who, begun + timedelta(days=20), None, 30, "quarter", "add_on", trial=False)
        _life(rng, company, planted, who, begun)
    company.contracts = [row for row in company.contracts if row["started_on"] <= AS_OF]
    for row in company.contracts:
        if row["ended_on"] is not None and row["ended_on"] > AS_OF:
            row |= {"ended_on": None, "ended_reason": None}
    company.events = [row for row in company.events if row["at"].date() <= AS_OF]
    company.activity = [row for row in company.activity if row["day"] <= AS_OF]
    return company


def _life(rng: np.random.Generator, company: Made, planted: Planted, who: str, begun: date) -> None:
    """Contracts of one customer after another, each change at once, until the customer leaves or the day comes."""
    plan = int(rng.integers(0, 3))
    period = str(rng.choice(list(PERIODS)))
    start, day = begun, begun
    while day <= AS_OF:
        day += timedelta(days=30)
        chance = rng.random()
        if chance < planted.leave:
            reason = rng.choice(np.array(list(REASONS), dtype=object), p=list(REASONS.values()))
            _contract(
                company, who, start, day, _price(plan, period), period, list(PRICES)[plan], trial=False, reason=reason
            )
            for row in company.contracts:
                if row["customer_id"] == who and row["ended_on"] is None:
                    row["ended_on"] = max(day, row["started_on"])
            _use(rng, company, planted, who, begun, day, leaves=True)
            if rng.random() < planted.win_back:
                _life(rng, company, planted, who, day + timedelta(days=int(rng.integers(60, 200))))
            return
        step = 1 if chance < planted.leave + planted.upgrade else -1
        if chance < planted.leave + planted.upgrade + planted.downgrade and 0 <= plan + step < len(PRICES):
            _contract(company, who, start, day, _price(plan, period), period, list(PRICES)[plan], trial=False)
            start, plan = day, plan + step
    _contract(company, who, start, None, _price(plan, period), period, list(PRICES)[plan], trial=False)
    _use(rng, company, planted, who, begun, AS_OF, leaves=False)


def _use(
    rng: np.random.Generator, company: Made, planted: Planted, who: str, begun: date, end: date, *, leaves: bool
) -> None:
    days = np.arange(max(0, (min(end, AS_OF) - begun).days))
    rate = np.full(len(days), planted.use_days / 30)
    if leaves and planted.fall and rng.random() < planted.warned:
        company.warned.add(who)
        rate[(end - begun).days - days <= 90] *= 1 - planted.fall
    used = days[rng.random(len(days)) < rate]
    company.activity += [
        {"customer_id": who, "day": begun + timedelta(days=int(d)), "events": int(n)}
        for d, n in zip(used, rng.integers(1, 60, len(used)), strict=True)
    ]


def _price(plan: int, period: str) -> float:
    return round(list(PRICES.values())[plan] * 12 / PERIODS[period] * (0.9 if period == "year" else 1), 2)


def _contract(
    company: Made,
    who: str,
    start: date,
    end: date | None,
    amount: float,
    period: str,
    plan: str,
    *,
    trial: bool,
    reason: str | None = None,
) -> None:
    company.contracts.append(
        {
            "contract_id": f"k{len(company.contracts):05d}", "customer_id": who, "started_on": start, "ended_on": end,
            "amount": amount, "period": period, "plan": plan, "trial": trial, "renews": True, "ended_reason": reason,
        }
    )  # fmt: skip
