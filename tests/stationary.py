"""A company in which nobody ever changes: each buys, is contacted and answers at a rate of their own, for three years."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from crmlib.facts.company import Company, company_from

AS_OF = date(2026, 10, 31)
DAYS = 3 * 365
SEGMENTS = 20


def frames(
    seed: int, customers: int = 2000, *, yearly: float = 6.0, falls: float = 0.0, to: float = 0.2
) -> dict[str, pd.DataFrame]:
    """Orders (gamma rates, `yearly` on average, log-normal amounts) and contacts by a channel of 20, to which a customer answers
    with a share of their own. Of `falls` of the customers the rate of orders drops to `to` of itself half a year before the end.
    """
    rng = np.random.default_rng(seed)
    rate, falling = rng.gamma(1.5, yearly / 1.5, customers) / 365, np.arange(customers) < falls * customers
    number = rng.poisson(rate * DAYS)
    who = np.repeat(np.arange(customers), number)
    at = rng.uniform(0, DAYS, len(who))
    kept = ~falling[who] | (at < DAYS - 184) | (rng.random(len(who)) < to)
    size = rng.lognormal(5.5, 0.5, customers)[who] * rng.lognormal(0, 0.5, len(who))
    first = AS_OF - timedelta(days=DAYS - 1)
    orders = pd.DataFrame(
        {
            "order_id": [f"o{i}" for i in range(len(who))],
            "customer_id": [f"c{i:05}" for i in who],
            "ordered_at": pd.Timestamp(first) + pd.to_timedelta(np.floor(at * 24), unit="h"),
            "amount": np.round(size, 2),
        }
    )[kept]
    sent = 1 + rng.geometric(0.2, customers)
    to_whom = np.repeat(np.arange(customers), sent)
    when = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 250, len(to_whom)), unit="D")
    answers = rng.random(len(to_whom)) < rng.beta(0.3 * 4, 0.7 * 4, customers)[to_whom]
    contacts = pd.DataFrame(
        {
            "interaction_id": [f"i{i}" for i in range(len(to_whom))],
            "customer_id": [f"c{i:05}" for i in to_whom],
            "at": when,
            "direction": "out",
            "channel": [f"way {i % SEGMENTS:02}" for i in to_whom],
            "responded_at": np.where(answers, when + pd.Timedelta(hours=5), np.datetime64("NaT")),
        }
    )
    return {"orders": orders.reset_index(drop=True), "interactions": contacts}


def company(seed: int, customers: int = 2000, **more: float) -> Company:
    """The company at its last day."""
    return company_from(frames(seed, customers, **more), as_of=AS_OF)
