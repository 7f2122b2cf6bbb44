"""A company whose customers log in at rates of their own and leave, using it less before; what is planted is known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from crmlib.facts.company import Company, company_from
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
DAYS = 3 * 365
FIRST = pd.Timestamp(AS_OF) - pd.Timedelta(days=DAYS - 1)
BEFORE = 60
COMPLAINT = 20
"""Days before leaving from which use falls, and on which a complaint is made."""


def frames(
    seed: int, customers: int = 400, *, falls_to: float = 0.2, yearly: float = 0.5, complain: bool = False
) -> tuple[dict[str, pd.DataFrame], pd.Series]:
    """Logins, orders, complaints before leaving where they `complain`, and the day on which each left (a number).

    Each logs in on about every other day, and leaves at the `yearly` rate; `falls_to`: the share of the logins left in the days
    before, 1 where nothing shows. Where one leaves another comes.
    """
    rng = np.random.default_rng(seed)
    start = np.sort(rng.uniform(-200, DAYS - 30, customers * 2))
    left = start + rng.exponential(365 / yearly, len(start))
    alive = left > 0
    start, left = np.maximum(start[alive], 0), left[alive]
    rate = rng.gamma(6.0, 1 / 12, len(start))
    number = rng.poisson(rate * (np.minimum(left, DAYS) - start))
    who = np.repeat(np.arange(len(start)), number)
    day = rng.uniform(start[who], np.minimum(left, DAYS)[who])
    kept = (day < left[who] - BEFORE) | (rng.random(len(who)) < falls_to)
    who, day = who[kept], np.floor(day[kept]).astype(int)
    use = pd.DataFrame({"customer_id": [f"c{i:05}" for i in who], "day": FIRST + pd.to_timedelta(day, unit="D")})
    use = use.drop_duplicates().assign(logins=1)
    orders = use.sample(frac=0.1, random_state=seed).reset_index(drop=True)
    orders = orders.rename(columns={"day": "ordered_at"}).drop(columns="logins")
    orders = orders.assign(
        order_id=[f"o{i}" for i in range(len(orders))], amount=rng.gamma(4.0, 25.0, len(orders)).round(2)
    )
    told = {"orders": orders, "activity": use.reset_index(drop=True)}
    if complain:
        gone = np.flatnonzero(left < DAYS + COMPLAINT)
        opened = FIRST + pd.to_timedelta(np.maximum(np.floor(left[gone]) - COMPLAINT, 0), unit="D")
        told["tickets"] = pd.DataFrame(
            {
                "ticket_id": [f"t{i}" for i in gone],
                "customer_id": [f"c{i:05}" for i in gone],
                "opened_at": opened,
                "category": "complaint",
            }
        )
    return told, pd.Series(np.where(left < DAYS, left, np.inf), index=[f"c{i:05}" for i in range(len(left))])


def company(seed: int, customers: int = 400, *, capacity: int = 25, **more: float) -> Company:
    """The company at its last day, with a team that can call `capacity` customers a month."""
    given, _left = frames(seed, customers, **more)  # type: ignore[arg-type]
    return company_from(given, as_of=AS_OF, policy=Policy.model_validate({"contact": {"capacity": capacity}}))
