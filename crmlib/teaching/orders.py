"""The orders of the teaching company: who buys when, who leaves when and why, and what an order is worth.

Times are days since the first day of the data. A customer buys as a renewal process in season-weighted time (Poisson, or
a steady cycle) and may leave after each purchase with a probability of their own, as BG/NBD supposes; the price rise and
the service incident make others leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from crmlib.teaching import plan
from crmlib.teaching.people import Floats, Ints, codes, draw, stream

Bools = NDArray[np.bool_]
ORDER_CHANNELS: Final = ("app", "online", "marketplace", "store", "sales_rep")
CATEGORIES: Final = ("kitchen", "storage", "textiles", "gifts", "consumables", "office", "shelving", "parts")
CAUSES: Final = (*plan.CAUSES, "price_rise", "incident", "contacted")
KINDS: Final = ("own", "action", "channel_test", "mover")
MAPS: Final = ("general", "bargain", "festival", "business", "cycle")


@dataclass
class Trade:
    """Purchases (one entry each, in order of customer and time) and each customer's end."""

    customer: Ints
    at: Floats
    kind: NDArray[np.int8]
    left: Floats
    cause: Ints
    incident: Ints
    """-1 not touched by the incident, 0 touched and the promised times kept, 1 touched and breached."""

    def add(self, customer: Ints, at: Floats, kind: str) -> None:
        """Put in purchases of another kind, keeping the order."""
        self.customer = np.concatenate([self.customer, customer])
        self.at = np.concatenate([self.at, at])
        self.kind = np.concatenate([self.kind, np.full(len(at), KINDS.index(kind), dtype=np.int8)])
        order = np.lexsort((self.at, self.customer))
        self.customer, self.at, self.kind = self.customer[order], self.at[order], self.kind[order]

    def keep(self, where: Bools) -> None:
        """Drop the purchases that are not `where`."""
        self.customer, self.at, self.kind = self.customer[where], self.at[where], self.kind[where]

    def go(self, who: Ints, at: Floats, cause: str) -> None:
        """Customers who leave at `at` for a cause of `CAUSES`."""
        self.left[who], self.cause[who] = at, CAUSES.index(cause)

    def ordered(self, since: float, until: float) -> Bools:
        """Which customers have a purchase from `since` on and before `until`."""
        inside = (self.at >= since) & (self.at < until)
        return np.bincount(self.customer[inside], minlength=len(self.left)) > 0

    def last_before(self, day: float, n: int) -> tuple[Floats, Ints]:
        """Of each of `n` customers the time of the last purchase before `day` (NaN: none) and their number."""
        before = self.at < day
        last = np.full(n, -np.inf)
        np.maximum.at(last, self.customer[before], self.at[before])
        return np.where(np.isfinite(last), last, np.nan), np.bincount(self.customer[before], minlength=n)


def trade(people: pd.DataFrame, seed: int) -> Trade:
    """All purchases of a customer's own accord, and who left when and why."""
    rng = stream(seed, 3)
    out = _process(people, rng)
    _price_rise(people, out, rng)
    _incident(out, rng)
    first = np.r_[True, out.customer[1:] != out.customer[:-1]] if len(out.at) else np.zeros(0, dtype=bool)
    elasticity = np.array([t.elasticity for t in plan.LOYALTY.values()])[people["loyalty_type"].cat.codes.to_numpy()]
    kept = plan.PRICE_FACTOR ** elasticity[out.customer]
    dropped = (out.at >= plan.PRICE_RISE) & (rng.random(len(out.at)) > kept) & ~first
    out.keep(~dropped & ((out.at <= out.left[out.customer]) | first))
    _movers(people, out, rng)
    return out


def late_service(
    out: Trade, cases: pd.DataFrame, rng: Generator, since: float = -np.inf, until: float = np.inf
) -> None:
    """Take away own orders of customers whose case was not solved as promised: `plan.LATE_SERVICE` of those of the days after;
    only orders from `since` on and before `until`.
    """
    late = cases[cases["breached"]].sort_values(["entity", "at"])
    key = late["entity"].to_numpy() * 4096.0 + late["at"].to_numpy()
    place = np.searchsorted(key, out.customer * 4096.0 + out.at) - 1
    after = out.customer * 4096.0 + out.at - key[np.maximum(place, 0)] if len(key) else np.full(len(out.at), np.inf)
    hurt = (place >= 0) & (after <= plan.LATE_SERVICE["days"]) & (out.at >= since) & (out.at < until)
    first = np.r_[True, out.customer[1:] != out.customer[:-1]] if len(out.at) else np.zeros(0, dtype=bool)
    own = out.kind == KINDS.index("own")
    out.keep(~(hurt & own & ~first & (rng.random(len(out.at)) < plan.LATE_SERVICE["orders_lost"])))


def season_of(people: pd.DataFrame) -> Ints:
    """Position in `MAPS` of the season that each customer follows."""
    persona, loyalty = people["persona"], people["loyalty_type"]
    return np.select(
        [persona == "quarterly_buyer", persona == "small_business", loyalty == "price", persona == "gift_giver"],
        [4, 3, 1, 2],
        default=0,
    )


def _process(people: pd.DataFrame, rng: Generator) -> Trade:
    n = len(people)
    curves = np.stack([np.r_[0.0, np.cumsum(plan.season(name))] for name in MAPS])
    which = season_of(people)
    start = people["acquired"].to_numpy() + rng.random(n) + np.where(rng.random(n) < 0.6, 0, rng.exponential(9, n))
    buys = ~people["never_buys"].to_numpy() & (start < plan.DAYS)
    clock = np.zeros(n)
    for m in range(len(MAPS)):
        mine = which == m
        clock[mine] = np.interp(start[mine], np.arange(plan.DAYS + 1), curves[m])
    customer, at, left = in_turn(people, np.flatnonzero(buys), clock, curves[which, -1], rng)
    for m in range(len(MAPS)):
        mine, days = which[customer] == m, np.arange(plan.DAYS + 1)
        at[mine] = np.interp(at[mine], curves[m], days)
        gone = (which == m) & np.isfinite(left)
        left[gone] = np.interp(left[gone], curves[m], days)
    order = np.lexsort((at, customer))
    cause = np.where(np.isfinite(left), draw(rng, plan.CAUSES, n), -1)
    kind = np.zeros(len(at), dtype=np.int8)
    return Trade(customer[order], at[order], kind, left, cause, np.full(n, -1))


def in_turn(
    people: pd.DataFrame, going: Ints, clock: Floats, full: Floats, rng: Generator
) -> tuple[Ints, Floats, Floats]:
    """What customers buy of their own accord, one order of each after the other until they leave or their time is `full`:
    customers and times of the orders, the first ones (those `going`, at `clock`) first, and when each left (infinity: not). All
    in season-weighted days; `clock` is moved on.
    """
    rate, regular, dropout = (people[n].to_numpy(dtype=float) for n in ("rate_per_day", "regularity", "dropout"))
    left, who, when = np.full(len(people), np.inf), [], []
    while len(going):
        who.append(going)
        when.append(clock[going])
        leaves = rng.random(len(going)) < dropout[going]
        left[going[leaves]] = clock[going[leaves]]
        going = going[~leaves]
        clock[going] += rng.gamma(regular[going]) / (regular[going] * rate[going])
        going = going[clock[going] < full[going]]
    return np.concatenate([*who, going]), np.concatenate([*when, clock[going]]), left


def _price_rise(people: pd.DataFrame, out: Trade, rng: Generator) -> None:
    n = len(people)
    likely = np.array([t.leaves_at_rise for t in plan.LOYALTY.values()])[people["loyalty_type"].cat.codes.to_numpy()]
    last, _ = out.last_before(plan.PRICE_RISE, n)
    leaves = (rng.random(n) < likely) & ~np.isnan(last) & (out.left > plan.PRICE_RISE)
    when = plan.PRICE_RISE + rng.random(n) * 45
    sooner = leaves & (when < out.left)
    out.left[sooner], out.cause[sooner] = when[sooner], CAUSES.index("price_rise")


def _incident(out: Trade, rng: Generator) -> None:
    n = len(out.left)
    last, _ = out.last_before(plan.INCIDENT[0], n)
    here = (out.left > plan.INCIDENT[0]) & (plan.INCIDENT[0] - last < 150)
    touched = here & (rng.random(n) < plan.INCIDENT_SHARE)
    breached = touched & (rng.random(n) < plan.INCIDENT_BREACH)
    out.incident[touched] = breached[touched].astype(int)
    likely = np.where(breached, plan.INCIDENT_LEAVE["breached"], plan.INCIDENT_LEAVE["met"])
    when = plan.INCIDENT[1] + rng.random(n) * 50
    sooner = touched & (rng.random(n) < likely) & (when < out.left)
    out.left[sooner], out.cause[sooner] = when[sooner], CAUSES.index("incident")


def _movers(people: pd.DataFrame, out: Trade, rng: Generator) -> None:
    """One large order in October 2026 for those who rise, in October 2025 for those who fall."""
    n, count = len(people), round(plan.MOVERS * len(people))
    person = (people["type"] == "person").to_numpy()
    year = plan.day("2025-10-02")
    _, orders = out.last_before(year, n)
    fit = np.flatnonzero(person & (orders > 0) & (people["amount_level"].to_numpy() < 200) & (out.left > plan.DAYS))
    chosen = rng.permutation(fit)[: 2 * count]
    half = len(chosen) // 2
    up, down = chosen[:half], chosen[half:]
    out.add(up, plan.day("2026-10-05") + rng.random(len(up)) * 20, "mover")
    out.add(down, year + rng.random(len(down)) * 25, "mover")


Favourites = tuple[Floats, Floats]
"""What each customer's favourite channel and category are drawn from: numbers from 0 to 1."""


def favourites(customers: int, orders: int, seed: int) -> Favourites:
    """What `order_frame` draws the favourites of so many customers with so many orders from."""
    rng = stream(seed, 4)
    where = rng.random(customers)
    rng.random((2, orders))
    return where, rng.random(customers)


def order_frame(people: pd.DataFrame, out: Trade, seed: int, known: Favourites | None = None) -> pd.DataFrame:
    """One row per order in order of time:
    `entity`, `at` (day), amount, margin, refunded, discount, lines, channel, category, lag in hours.
    The favourites of customers are drawn, or are `known`.
    """
    rng = stream(seed, 4)
    customer, n = out.customer, len(out.at)
    at = np.floor(out.at) + 0.33 + 0.63 * (out.at % 1)
    favourite_channel, favourite_category = (None, None) if known is None else known
    channel = _favourite(people, customer, rng, "channels", ORDER_CHANNELS, favourite_channel)
    category = _what(people, customer, rng, favourite_category)
    discount = _discount(people, customer, at, rng)
    price = np.where(at >= plan.PRICE_RISE, plan.PRICE_FACTOR, 1.0)
    amount = people["amount_level"].to_numpy()[customer] * np.exp(rng.normal(0, 0.32, n)) * price * (1 - discount)
    mover = out.kind == KINDS.index("mover")
    amount = np.round(np.where(mover, plan.MOVER_AMOUNT * rng.uniform(1.0, 1.3, n), amount), 2)
    rate = np.clip(0.36 - 0.8 * discount + rng.normal(0, 0.03, n) - 0.06 * (channel == 2), 0.02, 0.6)
    refund = rng.random(n)
    back = np.where(refund < 0.02, amount, np.where(refund < 0.04, np.round(amount * rng.uniform(0.1, 0.6, n), 2), 0.0))
    lag = np.array([1.0, 2.0, 9.0, 12.0, 20.0])[channel] * rng.lognormal(0, 0.4, n).clip(0, 2)
    return pd.DataFrame(
        {
            "entity": customer,
            "at": at,
            "amount": amount,
            "margin": np.where(rng.random(n) < 0.07, np.nan, np.round((amount - back) * rate, 2)),
            "refunded": back,
            "discount": discount,
            "lines": 1 + rng.poisson(1.2, n),
            "channel": codes(channel, ORDER_CHANNELS),
            "category": codes(np.where(rng.random(n) < 0.01, -1, category), CATEGORIES),
            "lag": lag,
            "kind": codes(out.kind.astype(np.int64), KINDS),
        }
    ).sort_values(["at", "entity"], kind="stable", ignore_index=True)


def _favourite(
    people: pd.DataFrame, customer: Ints, rng: Generator, field: str, names: tuple[str, ...], known: Floats | None
) -> Ints:
    """A customer mostly keeps to one favourite, and now and then takes another of the persona's."""
    persona = people["persona"].cat.codes.to_numpy()
    table = np.array([[getattr(p, field).get(name, 0.0) for name in names] for p in plan.PERSONAS.values()])
    bounds = np.cumsum(table, axis=1)
    bounds[:, -1] = 1.0

    def pick(who: Ints, u: Floats) -> Ints:
        found: Ints = (u[:, None] >= bounds[who, :]).sum(axis=1)
        return found

    mine = pick(persona, rng.random(len(people)) if known is None else known)
    other = pick(persona[customer], rng.random(len(customer)))
    return np.where(rng.random(len(customer)) < 0.8, mine[customer], other)


def _what(people: pd.DataFrame, customer: Ints, rng: Generator, known: Floats | None) -> Ints:
    bound = ((people["loyalty_type"] == "monopoly") & (people["type"] == "company")).to_numpy()[customer]
    usual = _favourite(people, customer, rng, "categories", CATEGORIES, known)
    return np.where(bound & (rng.random(len(customer)) < 0.4), CATEGORIES.index("parts"), usual)


def _discount(people: pd.DataFrame, customer: Ints, at: Floats, rng: Generator) -> Floats:
    """Price buyers buy in sales and haggle, incentive buyers redeem coupons of 10, 15 or 20 %, the others rarely get anything."""
    n = len(at)
    loyalty = people["loyalty_type"].cat.codes.to_numpy()[customer]
    names = list(plan.LOYALTY)
    sale = np.zeros(n, dtype=bool)
    for first, last in plan.SALES:
        sale |= (at >= first) & (at < last + 1)
    sale &= (people["type"] == "person").to_numpy()[customer]
    likely = np.array([t.discounted for t in plan.LOYALTY.values()])[loyalty]
    likely = np.where(sale & (loyalty != names.index("incentive")), np.maximum(likely, 0.35), likely)
    size = np.where(sale, 0.12, np.round(rng.uniform(0.04, 0.09, n), 2))
    size = np.where(loyalty == names.index("incentive"), rng.choice([0.10, 0.15, 0.20], n), size)
    return np.where(rng.random(n) < likely, size, 0.0)
