"""Where the hours and the money go: at most one channel a customer, the most worth within what there is (D087, D093, D094).

What a contact is worth is what it adds to the chance of an order, by lot where one was drawn, else policy's assumption, times
what an order of the customer brings, less what the contact costs. Exact by `models.allocation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlib.facts import contacts, purchases, tiers, trials
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings
from crmlib.models.allocation import NOBODY, Limits, Plan, plan
from crmlib.vocabulary.policy import TIERS

PURPOSE: Final = "sales"
THOUSAND: Final = 1000
STATED: Final = ("allocated_customers", "allocated_worth", "hour_price", "thousand_price")


@dataclass(frozen=True)
class Choices:
    """Who may be contacted over what: `worth` (customers × channels, money; NaN where a channel is closed) of `channels`, their
    `cost` (money) and `minutes`, and the place of each customer's tier in `TIERS`.
    """

    channels: list[str]
    worth: np.ndarray[Any, np.dtype[np.float64]]
    cost: np.ndarray[Any, np.dtype[np.float64]]
    minutes: np.ndarray[Any, np.dtype[np.float64]]
    tier: np.ndarray[Any, np.dtype[np.int64]]


def wanted(c: Company) -> Expression:
    """Whom a contact could be meant for, as `reach.permitted` asks: active customers whom one more contact would not bother."""
    free = purchases.buyers(c).filter(_.is_active).anti_join(contacts.over_contacted(c), "customer_id")
    return free.select("customer_id", purpose=ex.literal(PURPOSE), light=ex.literal(True))


def choices(c: Company, open_to: Expression, caused: pd.DataFrame, own: pd.DataFrame) -> Choices:
    """The choices among the channels `open_to` each of `wanted` (customer_id, channel), by the effects `caused`
    (`channel_effects.effects`) and the costs of `channels.by_channel` (`own`).

    A channel whose cost is not on record costs nothing but time, and the figures say so.
    """
    rows = open_to.filter(_.channel != "").select("customer_id", "channel").distinct()
    names = sorted(rows.select("channel").distinct().to_pyarrow().column("channel").to_pylist())
    ways = [f"by_{i}" for i in range(len(names))]
    open_by = {way: (_.channel == name).cast("int8").max() for way, name in zip(ways, names, strict=True)}
    each = rows.group_by("customer_id").agg(**open_by)
    each = each.inner_join(purchases.order_margin(c), "customer_id").inner_join(
        tiers.placed(c).select("customer_id", "tier"), "customer_id"
    )
    frame = each.order_by("margin", "tier", *ways, "customer_id").to_pandas()
    known = own.set_index("channel")["cost_per_contact"].reindex(names)
    cost = known.fillna(0.0).to_numpy(dtype=float)
    effect = np.array([_effect(c, name, caused) for name in names])
    closed = frame[ways].to_numpy(dtype=np.int8) == 0
    worth = np.outer(frame["margin"].to_numpy(dtype=float), effect) - cost
    minutes = c.policy.service.contact_minutes
    each_takes = np.array([minutes.get(name, minutes.get("other", 0.0)) for name in names])
    place = {tier: i for i, tier in enumerate(TIERS)}
    tier = frame["tier"].map(place).to_numpy(dtype=np.int64)
    return Choices(names, np.where(closed, np.nan, worth), cost, each_takes, tier)


def solved(
    c: Company, choices: Choices, *, hours_a_month: float, budget_a_month: float, floor_share: float
) -> pd.DataFrame:
    """Findings of the best plan within so many hours and so much money, with at least `floor_share` of each tier contacted:
    `allocated_customers` in total and by channel, `allocated_worth` (money), and what one more hour and `THOUSAND` more of money
    would bring (`hour_price`, `thousand_price`). No rows where nobody can be contacted.
    """
    if not choices.worth.size:
        return findings(c, of=STATED)
    made = _plan(choices, hours_a_month, budget_a_month, floor_share)
    n = int((~np.isnan(choices.worth).all(axis=1)).sum())
    chosen = made.choice[made.choice != NOBODY]
    counts = np.bincount(chosen, minlength=len(choices.channels))
    rows = [finding(c, STATED[0], float(len(chosen)), n=n)]
    order = sorted(range(len(counts)), key=lambda i: (-counts[i], choices.channels[i]))
    rows += [finding(c, STATED[0], float(counts[i]), n=n, segment=choices.channels[i]) for i in order if counts[i]]
    prices = (made.worth, made.prices[1], made.prices[0] * THOUSAND)
    rows += [finding(c, kpi, float(v), n=max(len(chosen), 1)) for kpi, v in zip(STATED[1:], prices, strict=True)]
    return findings(c, rows, of=STATED)


def left_out(c: Company, choices: Choices) -> pd.DataFrame:
    """Where the customers went, `step` and `customers`: those who could be contacted, those over no channel worth its cost."""
    there = ~np.isnan(choices.worth).all(axis=1) if choices.worth.size else np.zeros(0, dtype=bool)
    worthy = np.nan_to_num(choices.worth, nan=-np.inf).max(axis=1, initial=-np.inf) > 0 if choices.worth.size else there
    steps = {"candidates": int(there.sum()), "worth_nothing": int((there & ~worthy).sum())}
    return pd.DataFrame({"step": list(steps), "customers": list(steps.values())})


def _plan(choices: Choices, hours: float, budget: float, floor: float) -> Plan:
    open_to = ~np.isnan(choices.worth).all(axis=1)
    least = np.ceil(floor * np.bincount(choices.tier[open_to], minlength=len(TIERS)) - 1e-9)
    use = np.vstack([choices.cost, choices.minutes / 60])
    return plan(choices.worth, Limits(use, np.array([budget, hours], dtype=float), choices.tier, least))


def _effect(c: Company, channel: str, caused: pd.DataFrame) -> float:
    """What a contact adds to the chance of an order: policy's assumption, drawn towards what a lot told of the channel.

    Where nobody was left alone the lot tells only how much more the channel brings than the others: that comes on top.
    """
    assumed = c.policy.contact.assumed_effect
    told = caused[
        (caused["basis"] == "by_lot") & (caused["channel"] == channel) & (caused["outcome"] == trials.ORDERED)
    ]
    if told.empty:
        return assumed
    row = told.iloc[0]
    error = max((row["change_high"] - row["change_low"]) / 2 / 1.96, 1e-6)
    change = row["change"] + (0.0 if trials.controls(c) else assumed)
    weight = assumed**2 / (assumed**2 + error**2) if assumed else 1.0
    return float(assumed + weight * (change - assumed))
