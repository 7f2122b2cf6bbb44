"""A company whose customers leave at planted rates, what acting on them changes by reason and channel; its lists are acted on.

Each customer buys at a rate of their own, brings a margin of their own, and leaves at a rate of their own. A contact has a
planted effect: of a customer who would place no order within the days of the outcome it brings one with that chance, and who had
left is there again; where it is negative, the customer leaves with that chance (sleeping dogs).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from crmlib.facts.company import Company, company_from
from crmlib.measures import actions, candidates, reach, rhythm, slipping, tiers, worth
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import TABLES
from tests.small_company import frozen

FIRST = date(2023, 1, 1)
BEGINS = 1_100
"""Day on which the first list is made."""
WINDOW, YEAR = 30, 365
CHANNELS = ("phone", "email", "wechat")
REASONS = ("slipping", "silent_and_dropped", "dropped", "overdue", "experience", "habit", "repurchase")
COST = {"phone": 3.0, "email": 0.1, "wechat": 0.3}


@dataclass
class World:
    """What is so of each customer, and what has come of it; days are numbers from `FIRST` on."""

    seed: int
    customers: int
    hours: float
    rng: np.random.Generator = field(init=False)
    effect: dict[tuple[str, str], float] = field(init=False)
    orders: pd.DataFrame = field(init=False)
    listed: list[pd.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = self.rng = np.random.default_rng(self.seed)
        n = self.customers
        self.id = np.array([f"c{i:05}" for i in range(n)])
        self.place = {who: i for i, who in enumerate(self.id)}
        self.rate, self.hazard = rng.gamma(2.0, 1 / 80, n), rng.gamma(2.0, 1 / 800, n)
        self.margin = rng.lognormal(3.5, 0.8, n)
        self.began = rng.uniform(0, BEGINS + 150, n)
        self.leaves = self.began + 20 + rng.exponential(1 / self.hazard)
        self.channel = rng.choice(CHANNELS, n)
        self.orders = self._bought(np.arange(n), self.began)
        # Two reasons are sleeping dogs, and channels differ.
        base = dict(zip(REASONS, rng.uniform(0.02, 0.3, len(REASONS)), strict=True))
        base |= dict.fromkeys(rng.choice(["experience", "habit", "dropped", "repurchase"], 2, replace=False), -0.2)
        shift = dict(zip(CHANNELS, rng.uniform(-0.08, 0.08, len(CHANNELS)), strict=True))
        self.effect = {(why, way): base[why] + shift[way] for why in REASONS for way in CHANNELS}

    def _bought(self, who: np.ndarray, since: np.ndarray) -> pd.DataFrame:
        """Orders of some customers from a day on, while they are there; the first on the day they began."""
        until = np.minimum(self.leaves[who], BEGINS + 2 * YEAR)
        each = np.repeat(np.arange(len(who)), self.rng.poisson(self.rate[who] * np.maximum(until - since, 0)))
        day = self.rng.uniform(since[each], until[each])
        first = since <= self.began[who]
        who, day = np.concatenate([who[first], who[each]]), np.concatenate([since[first], day])
        spent = self.margin[who] * self.rng.lognormal(-0.08, 0.4, len(who)) / 0.3
        return pd.DataFrame({"who": who, "day": np.floor(day).astype(int), "amount": spent.round(2)})

    def company(self, day: int, folder: Path | None = None) -> Company:
        """As known at the end of a day, with the lists so far; frozen in a folder where one is given: the engine is quicker."""
        known = self.orders[self.orders["day"] <= day].sort_values(["day", "who", "amount"])
        orders = pd.DataFrame(
            {
                "order_id": [f"o{i}" for i in range(len(known))],
                "customer_id": self.id[known["who"]],
                "ordered_at": pd.Timestamp(FIRST) + pd.to_timedelta(known["day"].to_numpy(), unit="D"),
                "amount": known["amount"].to_numpy(),
            }
        )
        people = pd.DataFrame({"customer_id": self.id[self.began <= day]})
        own = self.channel[self.began <= day]
        for point, way in (("phone", "phone"), ("email", "email"), ("wechat", "wechat")):
            people[f"{point}_status"] = np.where(own == way, "valid", "missing")
        frames = {"orders": orders, "customers": people}
        if self.listed:
            frames["actions"] = pd.concat(self.listed, ignore_index=True)
        policy = Policy.model_validate(
            {
                "contact": {
                    "capacity": 100_000, "team_hours": self.hours, "cost": COST, "channels": list(CHANNELS),
                    "min_days_between": 0, "outcome_window_days": WINDOW,
                },
                "statistics": {"seed": self.seed},
            }
        )  # fmt: skip
        as_of = FIRST + timedelta(days=day)
        if folder is None:
            return company_from(frames, as_of=as_of, policy=policy)
        given = company_from(frames, as_of=as_of).tables
        return frozen({name: getattr(given, name) for name in frames}, folder, as_of=as_of, policy=policy)

    def gains(self, rows: pd.DataFrame, day: int) -> np.ndarray:
        """Margin that acting on each is truly expected to bring within a year beyond what comes anyway, less its cost."""
        at = rows["customer_id"].map(self.place).to_numpy()
        effect = self._effects(rows)
        rate, hazard, margin = self.rate[at], self.hazard[at], self.margin[at]
        there, both = self.leaves[at] > day, rate + hazard
        none = np.exp(-WINDOW * both)
        left = np.where(there, hazard / both * (1 - none), 1.0)
        life = (1 - np.exp(-(YEAR - WINDOW) * hazard)) / hazard
        brings = margin * (np.where(there, none, 0.0) + left * (1 + rate * life))
        loses = there * margin * rate * (1 - np.exp(-YEAR * hazard)) / hazard
        return np.where(effect > 0, effect * brings, effect * loses) - rows["channel"].map(COST).to_numpy()

    def act(self, rows: pd.DataFrame, day: int) -> None:
        """Carry the list out, and let come what comes."""
        done = rows[rows["arm"] == "act"]
        at, effect = done["customer_id"].map(self.place).to_numpy(), self._effects(done)
        hit = self.rng.random(len(done)) < np.abs(effect)
        inside = self.orders[self.orders["day"].between(day + 1, day + WINDOW)]
        silent = ~np.isin(at, inside["who"])
        lost = at[hit & (effect < 0)]
        self.leaves[lost] = np.minimum(self.leaves[lost], day)
        self.orders = self.orders[~(self.orders["who"].isin(lost) & (self.orders["day"] > day))]
        won = at[hit & (effect > 0) & silent]
        bought = day + self.rng.integers(1, WINDOW + 1, len(won)).astype(float)
        gone = self.leaves[won] <= day + WINDOW
        self.leaves[won[gone]] = bought[gone] + self.rng.exponential(1 / self.hazard[won[gone]])
        spent = self.margin[won] * self.rng.lognormal(-0.08, 0.4, len(won)) / 0.3
        new = pd.DataFrame({"who": won, "day": bought.astype(int), "amount": spent.round(2)})
        more = self._bought(won[gone], bought[gone])
        self.orders = pd.concat([self.orders, new, more], ignore_index=True)
        kept = rows[[name for name in rows.columns if name in TABLES["actions"].frozen]]
        self.listed.append(kept.assign(proposed_on=FIRST + timedelta(days=day)))

    def _effects(self, rows: pd.DataFrame) -> np.ndarray:
        ways = rows["channel"].where(rows["channel"].isin(CHANNELS), "phone")
        return np.array([self.effect.get(pair, 0.0) for pair in zip(rows["why"], ways, strict=True)])


def proposed(c: Company) -> tuple[pd.DataFrame, actions.Proposed]:
    """The candidates with what they are worth, and the list, as chapter 5 makes them."""
    groups = tiers.tiers(c)
    reasons = candidates.candidates(c, warning=slipping.warned(c), tiers=groups, due=rhythm.due(c))
    valued = worth.valued(c, reasons, reach.channel_for(c, reasons))
    return valued, actions.propose(c, valued, reach.over_contacted(c))


def filled(order: pd.DataFrame, minutes: float) -> pd.DataFrame:
    """The first rows that fit into so many minutes."""
    return order[order["minutes"].cumsum() <= minutes]
