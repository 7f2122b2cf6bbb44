"""Companies of several kinds, simulated order by order over some years and the one after, and what was known of them on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from crmlib.models import seasons
from crmlib.models.origins import Origin, months_back
from crmlib.models.seasons import Season
from crmlib.vocabulary.months import first_day

Array = np.ndarray[Any, np.dtype[Any]]
KINDS = ("bgnbd", "pareto", "growing", "shrinking", "seasonal", "one_time", "changing", "refunds", "regular")
END = date(2026, 10, 31)
YEAR = 365
NEVER = date.max.toordinal()


@dataclass(frozen=True)
class Orders:
    """One entry per order, by day: whose, when (ordinal), its amount, the day it was paid back (`NEVER`). `months` until END."""

    customer: Array
    day: Array
    amount: Array
    back: Array
    months: int

    def frame(self) -> pd.DataFrame:
        """The orders until END as a frozen table."""
        known = self.day <= END.toordinal()
        day, back = (_stamps(each[known]) for each in (self.day, self.back))
        refunded = self.back[known] <= END.toordinal()
        return pd.DataFrame(
            {
                "order_id": [f"o{i}" for i in range(known.sum())],
                "customer_id": [f"c{i:05}" for i in self.customer[known]],
                "ordered_at": day,
                "amount": self.amount[known].round(2),
                "refunded": np.where(refunded, self.amount[known].round(2), np.nan),
                "refunded_at": back.where(refunded),
            }
        )

    def days(self, start: int, end: int, known: int) -> pd.DataFrame:
        """Days with a purchase after `start` and until `end` that is kept as known on a day: customer, day, net."""
        some = (self.day > start) & (self.day <= end) & (self.back > known)
        rows = pd.DataFrame({"customer": self.customer[some], "day": self.day[some], "net": self.amount[some]})
        return rows.groupby(["customer", "day"], as_index=False)["net"].sum()

    def lives(self, on: date) -> pd.DataFrame:
        """The summary of histories as known at the end of a day, with the index the customer."""
        at = on.toordinal()
        each = self.days(0, at, at).groupby("customer")
        known = each.agg(
            first=("day", "min"), last=("day", "max"), n=("day", "size"), net=("net", "sum"), one=("net", "first")
        )
        x = known["n"] - 1.0
        return pd.DataFrame(
            {
                "frequency": x,
                "recency": (known["last"] - known["first"]) / 7,
                "T": (at - known["first"]) / 7,
                "monetary_value": (known["net"] - known["one"]) / x.where(x > 0) * (x > 0),
                "mean_value": known["net"] / known["n"],
                "time_unit": "weeks",
            }
        ).fillna({"monetary_value": 0.0})

    def origins(self, *, most: int = 5) -> list[Origin]:
        """As `crmlib.facts.lives.origins`, without tiers."""
        held_out, backs = months_back(self.months, 12, least=6, most=most)
        return [origin for origin in (self._origin(back, held_out) for back in backs) if len(origin.lives) >= 30]

    def _origin(self, back: int, months: int) -> Origin:
        on, end = _month(back), _month(back - months)
        lives, at, days = self.lives(on), on.toordinal(), (end - on).days
        later = self.days(at, end.toordinal(), END.toordinal())
        later = later[later["customer"].isin(lives.index)]
        sums = later.groupby("customer")["net"].agg(["size", "sum"]).reindex(lives.index).fillna(0.0)
        cuts = [at + round(days * i / 4) for i in range(5)]
        quarters = np.histogram(later["day"], bins=np.array(cuts) + 0.5)[0]
        before = self.months - back
        ends = (12, 12 - months) if before >= 12 else (months, 0)
        lately = self.days(_month(back + ends[0]).toordinal(), _month(back + ends[1]).toordinal(), at)
        covered = months if before >= 12 else min(months, before)
        frame = lives.assign(came=sums["size"].astype(float), revenue=sums["sum"]).reset_index(drop=True)
        return Origin(on, days, back, months, frame, tuple(map(float, quarters)), len(lately) * months / covered)

    def season(self, on: date) -> Season | None:
        """As `crmlib.facts.lives.season`."""
        kept = self.days(0, END.toordinal(), END.toordinal())
        again = kept[kept["day"] > kept.groupby("customer")["day"].transform("min")]
        counts = _stamps(again["day"].to_numpy()).dt.to_period("M").value_counts()
        months = pd.period_range(first_day(END, self.months), on, freq="M")
        return seasons.fit(counts.reindex(months).fillna(0).astype(float))

    def came(self, lives: pd.DataFrame) -> tuple[float, float]:
        """Purchases and money of these customers in the year after END, as known when it is over."""
        end = END.toordinal() + YEAR
        later = self.days(END.toordinal(), end, end)
        later = later[later["customer"].isin(lives.index)]
        return float(len(later)), float(later["net"].sum())


def company(
    kind: str, rng: np.random.Generator, *, least: int = 300, most: int = 4000, months: int | None = None
) -> Orders:
    """A company of a kind with `least` to `most` customers and, unless said, 16 to 60 months of orders."""
    months = int(rng.integers(16, 61)) if months is None else months
    n = int(np.exp(rng.uniform(np.log(least), np.log(most))))
    grid = np.arange(first_day(END, months).toordinal(), END.toordinal() + YEAR + 1)
    pace, arrivals = _paces(kind, grid, rng)
    first = rng.choice(grid, size=n, p=arrivals / arrivals.sum()) + rng.random(n)
    if rng.random() < 0.3:  # in business long before the records begin
        old = rng.random(n) < 0.4
        first[old] = grid[0] + np.minimum(rng.exponential(25, old.sum()), 300)
    spread, mean = rng.uniform(0.4, 2), np.exp(rng.uniform(0, np.log(12))) / YEAR
    rate = rng.gamma(spread, mean / spread, n)
    leaving, ends, even = rng.beta(rng.uniform(0.4, 1.5), rng.uniform(1.5, 6), n), np.full(n, np.inf), 1.0
    once = rng.random(n) < (rng.uniform(0.8, 0.97) if kind == "one_time" else 0.0)
    if kind == "pareto":
        leaving = np.zeros(n)
        ends = first + rng.exponential(size=n) / rng.gamma(rng.uniform(0.4, 1.5), 1 / rng.uniform(200, 800), n)
    if kind == "regular":
        leaving, even = leaving * 0.3, 3.0
    customer, when = _bought(
        grid, np.concatenate([[0.0], np.cumsum(pace)]), first, rate, leaving, ends, once, even, rng
    )
    day = np.floor(when).astype(int)
    usual = (
        rng.gamma(3.0, size=n)
        * 60
        * (rate / rate.mean()) ** rng.uniform(-0.3, 0.5)
        * np.where(once, rng.uniform(0.3, 1), 1)
    )
    amount = rng.gamma(3.0, 1 / 3, len(customer)) * usual[customer] + 0.01
    refunded = rng.random(len(customer)) < (0.3 if kind == "refunds" else 0.03)
    back = np.where(refunded, day + rng.integers(1, 60, len(customer)), NEVER)
    order = np.lexsort((customer, day))
    return Orders(customer[order], day[order], amount[order], back[order], months)


def _paces(kind: str, grid: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """How fast customers buy and how many come on each day, to any scale."""
    years, flat = (grid - grid[0]) / YEAR, np.ones(len(grid))
    pace, arrivals = flat, flat
    if kind == "growing":
        arrivals = rng.uniform(1.3, 3) ** years
    if kind == "shrinking":
        pace, arrivals = rng.uniform(0.6, 0.95) ** years, rng.uniform(0.3, 0.8) ** years
    if kind == "seasonal":
        place = 2 * np.pi * grid / 365.25
        pace = np.exp(rng.uniform(0.2, 0.7) * np.cos(place - rng.uniform(0, 2 * np.pi)))
        month = _stamps(grid).dt.month
        pace = pace * np.where(month.isin([11, 12]) & (rng.random() < 0.5), rng.uniform(1.5, 3), 1.0)
        arrivals = pace
    if kind == "changing":
        steps = rng.normal(0, 0.03, len(grid) // 30 + 2).cumsum()
        pace = np.exp(np.interp(np.arange(len(grid)), np.arange(len(steps)) * 30, steps))
        when = rng.uniform(grid[0] + 200, END.toordinal() + 200)
        if rng.random() < 0.6:
            pace = pace * np.where(grid > when, np.exp(rng.uniform(-0.7, 0.7)), 1.0)
    return pace / pace[:-YEAR].mean(), arrivals


def _bought(
    grid: Array,
    clock: Array,
    first: Array,
    rate: Array,
    leaving: Array,
    ends: Array,
    once: Array,
    even: float,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """Whose and when: purchases come at each customer's rate in the time of the company's pace; the larger `even`, the more
    evenly.
    """
    places = np.arange(len(clock), dtype=float)
    now, active = np.interp(first - grid[0], places, clock), ~once
    who, when = [np.arange(len(first))], [first]
    while active.any():
        now = now + rng.gamma(even, 1 / even, len(first)) / np.maximum(rate, 1e-9)
        at = grid[0] + np.interp(now, clock, places)
        active &= (now < clock[-1]) & (at < ends)
        who.append(np.flatnonzero(active))
        when.append(at[active])
        active &= rng.random(len(first)) >= leaving
    return np.concatenate(who), np.concatenate(when)


def _stamps(days: Array) -> pd.Series[pd.Timestamp]:
    """Days by their ordinals as time stamps."""
    near = np.minimum(np.asarray(days, dtype=np.int64), date(2200, 1, 1).toordinal())
    return pd.Series((near - date(1970, 1, 1).toordinal()).astype("datetime64[D]").astype("datetime64[us]"))


def _month(back: int) -> date:
    return first_day(END, back) - timedelta(days=1) if back else END
