"""What the teaching company's customers will buy of their own accord after the past has ended, and when they will leave.

The rhythm of `orders` goes on from where it stood: in season-weighted time, each customer at their own rate, until they leave.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy.stats import gamma

from crmlib.teaching import plan
from crmlib.teaching.orders import MAPS, Trade, in_turn, season_of
from crmlib.teaching.people import Floats, Ints, draw
from crmlib.teaching.programmes import month_start

LONGEST: Final = 24
"""Months that the company can live on."""
HORIZON: Final = month_start(plan.MONTHS + LONGEST)


@cache
def curves() -> Floats:
    """Season-weighted days passed at the beginning of each day, by `MAPS`."""
    return np.stack([np.r_[0.0, np.cumsum(plan.season(name, HORIZON))] for name in MAPS])


def clock(which: Ints, day: Floats, *, back: bool = False) -> Floats:
    """Days as season-weighted days of each one's season, or `back`."""
    out, days = np.zeros(len(day)), np.arange(HORIZON + 1)
    for m, curve in enumerate(curves()):
        mine = which == m
        out[mine] = np.interp(day[mine], curve, days) if back else np.interp(day[mine], days, curve)
    return out


def next_due(people: pd.DataFrame, out: Trade, who: Ints, rng: Generator) -> Floats:
    """Season-weighted day of the next order of customers who are there at the end of the past, given when the last came."""
    own = Trade(out.customer[out.kind == 0], out.at[out.kind == 0], out.kind, out.left, out.cause, out.incident)
    last, _ = own.last_before(plan.DAYS, len(people))
    which, now = season_of(people)[who], np.full(len(who), float(plan.DAYS))
    regular, rate = (people[name].to_numpy(dtype=float)[who] for name in ("regularity", "rate_per_day"))
    since = clock(which, now) - clock(which, np.where(np.isnan(last[who]), now, last[who]))
    # An order that did not come (price, late service) leaves the rhythm as it was.
    since = np.where(since > 1.5 / rate, since % (1 / rate), since)
    cycle = gamma(regular, scale=1 / (regular * rate))
    following = clock(which, now) + cycle.isf(rng.random(len(who)) * cycle.sf(since)) - since
    begins = clock(which, now + rng.exponential(9, len(who)))
    return np.where(np.isnan(last[who]), begins, following)


def buy_ahead(people: pd.DataFrame, out: Trade, who: Ints, due: Floats, rng: Generator) -> None:
    """Draw what customers buy of their own accord until the calendar ends, the first at the season-weighted day `due`, and when
    they leave, as `orders` does.
    """
    which = season_of(people)
    full, stands = curves()[which, -1], np.full(len(people), np.inf)
    stands[who] = due
    going = who[due < full[who]]
    bought = np.bincount(out.customer, minlength=len(people)) > 0
    customer, times, left = in_turn(people, going, stands, full, rng)
    if not len(customer):
        return
    first = np.zeros(len(customer), dtype=bool)
    first[: len(going)] = ~bought[going]
    at = clock(which[customer], times, back=True)
    gone = np.flatnonzero(np.isfinite(left))
    out.left[gone] = clock(which[gone], left[gone], back=True)
    out.cause[gone] = draw(rng, plan.CAUSES, len(gone))
    elasticity = np.array([t.elasticity for t in plan.LOYALTY.values()])[people["loyalty_type"].cat.codes.to_numpy()]
    kept = first | (rng.random(len(at)) < plan.PRICE_FACTOR ** elasticity[customer])
    out.add(customer[kept], at[kept], "own")
