"""Use of the company's site and app: logins, events and errors by customer and day.

Logins fall before a customer leaves and fade out afterwards: the earliest sign there is.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.teaching import plan
from crmlib.teaching.orders import CAUSES, Trade
from crmlib.teaching.people import Floats, stream

USE: float = 0.62
"""Days of use as a share of the logins of the loyalty type; the rest are second logins of the day."""
FALL = (45, 0.35)
"""Days before leaving from which logins are down, and to what share."""
FADE = 12.0
"""Days in which the logins of one who left fall to a third."""


def paces(customers: int, seed: int) -> Floats:
    """How often each customer logs in, against what is usual of the loyalty type."""
    return stream(seed, 6).gamma(6, 1 / 6, customers)


def activity(
    people: pd.DataFrame,
    out: Trade,
    trial: pd.DataFrame,
    seed: int,
    *,
    outage: bool = True,
    since: int = 0,
    end: int = plan.DAYS,
    pace: Floats | None = None,
) -> pd.DataFrame:
    """One row per customer and day with use, in that order: `entity`, `day`, `logins`, `events`, `errors`.

    From the day `since` on and before `end`; `pace` is what `paces` gives of the customers, drawn where it is not given.
    """
    rng, n = stream(seed, 6), len(people)
    loyalty = people["loyalty_type"].cat.codes.to_numpy()
    logins = np.array([t.logins for t in plan.LOYALTY.values()])[loyalty] * (
        rng.gamma(6, 1 / 6, n) if pace is None else pace
    )
    start = np.maximum(people["acquired"].to_numpy(), since)
    never = people["never_buys"].to_numpy()
    span = end - start
    number = rng.poisson(USE * logins / 30 * span * np.where(never, 0.15, 1.0))
    who = np.repeat(np.arange(n), number)
    day = start[who] + np.floor(rng.random(len(who)) * span[who]).astype(np.int64)
    sudden = out.cause[who] == CAUSES.index("contacted")
    kept = rng.random(len(who)) < _presence(out.left[who], day, sudden)
    inside = (out.at >= since) & (out.at < end)
    ordered = np.floor(out.at[inside]).astype(np.int64)
    who = np.concatenate([who[kept], out.customer[inside]])
    day = np.concatenate([day[kept], ordered])
    key = np.unique(who * 2048 + day)
    who, day = key // 2048, key % 2048
    frame = pd.DataFrame({"entity": who, "day": day})
    frame["logins"] = 1 + rng.poisson(0.35, len(frame))
    each = np.array([t.events for t in plan.LOYALTY.values()])[loyalty[who]]
    frame["events"] = frame["logins"] + rng.poisson(each * frame["logins"])
    rate = plan.ERRORS_PER_LOGIN * np.where((day >= plan.INCIDENT[0]) & (day <= plan.INCIDENT[1]), 6.0, 1.0)
    user = np.zeros(n, dtype=bool)
    user[trial["entity"][trial["used"]]] = True
    rate = np.where(user[who] & (day >= plan.TRIAL), rate * plan.TRIAL_ERRORS, rate)
    frame["errors"] = rng.poisson(rate * frame["logins"])
    lost = (frame["day"] >= plan.OUTAGE[0]) & (frame["day"] <= plan.OUTAGE[1])
    return frame[~lost].reset_index(drop=True) if outage else frame


def _presence(left: Floats, day: np.ndarray, sudden: np.ndarray) -> Floats:
    """How much of the usual use is left on a day, given when the customer leaves; whom a contact drives away leaves at once."""
    until = left - day
    before = np.where((until < FALL[0]) & ~sudden, FALL[1], 1.0)
    return np.where(until >= 0, before, FALL[1] * np.exp(np.minimum(until, 0) / FADE))
