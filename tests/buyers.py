"""Customers who buy and leave as the models describe it, purchase by purchase, beyond the end of their histories too."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlib.models.choice import Choice
from crmlib.models.fitting import Fit
from crmlib.models.forecasts import Spending
from crmlib.models.gates import PRIOR, Gate
from crmlib.models.histories import BuyingModel
from crmlib.models.worth import Worth

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Buyers:
    """`summary` in weeks; when each left (infinite: never); purchases after the end: whose, and how long after."""

    summary: pd.DataFrame
    left_at: Array
    who: Array
    after: Array

    def later(self, weeks: float) -> Array:
        """Purchases of each within `weeks` after the end of their history."""
        return np.bincount(self.who[self.after <= weeks], minlength=len(self.summary)).astype(float)


def buyers(
    n: int,
    rng: np.random.Generator,
    rate: Array,
    *,
    leaving: Array | float = 0.0,
    first: bool = False,
    ends: Array | float = np.inf,
    oldest: float = 100.0,
    beyond: float = 53.0,
) -> Buyers:
    """Who buys at `rate`, leaves after a purchase with the chance `leaving` (after the first too where `first`), and in any
    case after `ends` weeks.
    """
    ages = rng.uniform(0, oldest, n)
    x, t_x, now, left, ends = np.zeros(n), np.zeros(n), np.zeros(n), np.full(n, np.inf), np.broadcast_to(ends, n)
    goes = rng.random(n) < leaving if first else np.zeros(n, dtype=bool)
    left[goes] = 0.0
    who, after, active = [], [], ~goes
    while active.any():
        now = now + rng.exponential(1 / np.maximum(rate, 1e-12))
        active &= now <= np.minimum(ends, ages + beyond)
        early = active & (now <= ages)
        x[early] += 1
        t_x[early] = now[early]
        who.append(np.flatnonzero(active & ~early))
        after.append((now - ages)[active & ~early])
        goes = active & (rng.random(n) < leaving)
        left[goes] = now[goes]
        active &= ~goes
    summary = pd.DataFrame({"frequency": x, "recency": t_x, "T": ages, "time_unit": "weeks"})
    summary.insert(0, "customer_id", [f"c{i:06}" for i in range(n)])
    return Buyers(summary, np.minimum(left, ends), np.concatenate(who), np.concatenate(after))


def beta_geometric(n: int, parameters: tuple[float, ...], rng: np.random.Generator, *, first: bool = False) -> Buyers:
    r, alpha, a, b = parameters
    return buyers(n, rng, rng.gamma(r, 1 / alpha, n), leaving=rng.beta(a, b, n), first=first)


def pareto(n: int, parameters: tuple[float, ...], rng: np.random.Generator) -> Buyers:
    r, alpha, s, beta = parameters
    ends = rng.exponential(size=n) / np.maximum(rng.gamma(s, 1 / beta, n), 1e-12)
    return buyers(n, rng, rng.gamma(r, 1 / alpha, n), ends=ends)


def known(model: str, names: tuple[str, ...], values: tuple[float, ...]) -> Fit:
    """A fit whose parameters are known."""
    return Fit(model, names, values, np.zeros((len(values),) * 2), 0.0, 1000, "fitted")


def promised(
    lives: pd.DataFrame, model: BuyingModel, spending: Spending, *, gate: Gate | None = None, money: Gate | None = None
) -> tuple[Choice, Worth]:
    """Models as if chosen: the gates passed, by default without anything left open beside parameters and chance."""
    sure = Gate("passed", ratio=1.0, spreads=(0.0,) * 5, freedom=PRIOR + 1e9)
    table = pd.DataFrame({"model": [model.fit.model], "state": [model.fit.state], "chosen": [True]})
    gates = [
        chosen if fit.usable else Gate("unusable")
        for chosen, fit in ((gate or sure, model.fit), (money or sure, spending.fit))
    ]
    choice = Choice(model, lives, 365.0, gates[0], 0.0, None, (), table, (model.fit,))
    return choice, Worth(spending, gates[1])


def forecasts_are_borne_out(model: BuyingModel, crowd: Buyers, rng: np.random.Generator, weeks: float = 30.0) -> None:
    """Asserts that in each group of like histories as many are active now, are active `weeks` later, and buy as often as the
    model says, and that drawn futures have the same mean and share of none; each within 4 standard errors.
    """
    lives, days = crowd.summary, weeks * 7
    age, later = lives["T"].to_numpy(), crowd.later(weeks)
    kind = lives["frequency"].clip(upper=3).astype(int).astype(str)
    group = kind + (lives["recency"] > 0.6 * lives["T"]).map({True: " late", False: " early"})
    drawn = model.draw(lives, days=days, rng=rng)[0]
    facts = pd.DataFrame(
        {
            "now": (crowd.left_at > age) - model.p_alive(lives),
            "then": (crowd.left_at > age + weeks) - model.p_alive(lives, days=days),
            "purchases": later - model.expected(lives, days=days),
            "drawn": drawn - model.expected(lives, days=days),
            "none": (drawn == 0).astype(float) - (later == 0),
        }
    )
    for name, part in facts.groupby(group):
        error = np.maximum(part.std() / np.sqrt(len(part)), 1e-3)
        assert (part.mean().abs() < 4 * error).all(), f"{name}: {part.mean().to_dict()}"
