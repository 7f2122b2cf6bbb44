"""New cuts for tiers and RFM, proposed from the data for a person to adopt (D056, D057, D059).

Cuts stay frozen between two adoptions. A proposal looks at four dates a quarter apart instead of one month, is rounded to
sums that a person would choose, and leaves a cut alone that would hardly change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor, log, log10, sqrt
from statistics import median
from typing import Final, NamedTuple

import ibis
import pandas as pd
from ibis import _

from crmlib.facts import contracts, purchases, windows
from crmlib.facts.company import Company
from crmlib.facts.tiers import placed, tier_of, worth
from crmlib.vocabulary.months import month_ends
from crmlib.vocabulary.policy import TIERS, Tiers

STAYS: Final = 0.15
"""A cut stays as it is where what the data say differs by less than this share of it."""
STEPS: Final = (1.0, 1.2, 1.5, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
DAYS: Final = (3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 150, 180, 240, 300, 365, 540, 730, 1095, 1825, 3650)
"""Numbers that a person would choose: for money times a power of ten, and for days."""
SILENCE: Final = (0.5, 0.75, 0.9, 0.95)
"""Shares of the repeat buyers whose own mean gap between orders is at most the days that part the recency scores."""
BUSY: Final = (0.5, 0.75, 0.9)
"""Shares of the repeat buyers with fewer orders in the window than frequency scores 3, 4 and 5 take."""


class _Seen(NamedTuple):
    """What the data say at one date; of days and orders nothing where too few came back, and contracts say what each brings."""

    money: list[float]
    days: list[float]
    orders: list[float]


def proposed_cuts(c: Company) -> Tiers:
    """The policy's tiers with new cuts, dated `as_of`; all stay as they are where the data are too few (`statistics.min_n`).

    High-value is the smallest group of customers who bring half of the revenue; with growth it brings four fifths, with
    potential nineteen twentieths (`tiers.recut_shares`). Each cut is the median of those at the last four dates a quarter
    apart whose window the data fill. Recency is parted where silence stops being usual for repeat buyers, frequency by what
    repeat buyers reach, money at the tiers' cuts.
    """
    old = c.policy.tiers
    seen = [look for then in _dates(c) if (look := _look(then))]
    if not seen:
        return old.model_copy(update={"frozen_on": c.as_of})
    days, orders = (_medians(values) for values in zip(*((s.days, s.orders) for s in seen), strict=True))
    high, growth, potential = _falling(
        _kept(_round(median(values)), getattr(old, f"{t}_from"))
        for t, values in zip(TIERS, zip(*(s.money for s in seen), strict=True), strict=False)
    )
    cuts = {
        "high_value_from": high,
        "growth_from": growth,
        "potential_from": potential,
        "recency_cuts_days": _days(days, old) if days else old.recency_cuts_days,
        "frequency_cuts": _orders(orders, old) if orders else old.frequency_cuts,
        "monetary_cuts": [potential, _between(potential, growth), growth, high],
        "frozen_on": c.as_of,
    }
    return Tiers.model_validate({**old.model_dump(), **cuts})


def moves(c: Company, proposed: Tiers) -> pd.DataFrame:
    """What adopting `proposed` would move today: tier, proposed_tier, customers, revenue (money); one row per pair, pairs
    without a customer too.
    """
    each = placed(c)
    moved = each.select("tier", "revenue", proposed_tier=tier_of(each.revenue, each.days_since_first, proposed))
    counted = moved.group_by(["tier", "proposed_tier"]).agg(customers=_.count(), revenue=_.revenue.sum()).to_pandas()
    every = pd.MultiIndex.from_product([TIERS, TIERS], names=["tier", "proposed_tier"])
    frame = counted.set_index(["tier", "proposed_tier"]).reindex(every).reset_index()
    return frame.assign(
        customers=frame["customers"].fillna(0).astype(int), revenue=frame["revenue"].astype(float).fillna(0.0)
    )


def _dates(c: Company) -> list[Company]:
    """The company today and at the three dates a quarter apart before, as far as orders, or contracts, fill their window."""
    rows = contracts.paying(c).started_on if contracts.are_worth(c) else purchases.orders(c).day
    first = rows.min().to_pyarrow().as_py()
    earlier = [c.at(day) for day in month_ends(c.as_of, 10)[::-3][1:]]
    return [c, *(then for then in earlier if first is not None and first <= windows.value_start(then))]


def _look(c: Company) -> _Seen | None:
    known = worth(c).filter(_.revenue > 0)
    ranked = ibis.window(order_by=[known.revenue.desc(), known.customer_id], following=0)
    running = known.mutate(above=known.revenue.sum().over(ranked) - known.revenue, total=known.revenue.sum().over())
    floors = {
        f"m{i}": running.revenue.min(
            where=running.above < running.total * ibis.literal(str(share)).cast("decimal(6, 4)")
        )
        for i, share in enumerate(c.policy.tiers.recut_shares)
    }
    money = running.agg(n=running.count(), **floors).to_pandas().iloc[0]
    lives = purchases.buyers(c).filter(_.days > 1)
    gaps = lives.mutate(gap=lives.last_day.delta(lives.first_day, unit="day") / (lives.days - 1))
    busy = known.filter(known.orders > 1)
    repeat = (
        gaps.agg(n=gaps.count(), **{f"d{i}": gaps.gap.quantile(q) for i, q in enumerate(SILENCE)}).to_pandas().iloc[0]
    )
    often = (
        busy.agg(n=busy.count(), **{f"f{i}": busy.orders.quantile(q) for i, q in enumerate(BUSY)}).to_pandas().iloc[0]
    )
    few, least = min(repeat["n"], often["n"]) < c.policy.statistics.min_n, c.policy.statistics.min_n
    if money["n"] < least or (few and not contracts.are_worth(c)):
        return None
    told = [[float(v) for v in row.iloc[1:]] for row in (money, repeat, often)]
    return _Seen(told[0], *([], []) if few else told[1:])


def _medians(dates: Sequence[Sequence[float]]) -> list[float]:
    """The median of each place over dates; none where one of the dates says nothing."""
    return [median(values) for values in zip(*dates, strict=True)] if all(dates) else []


def _round(value: float) -> float:
    """The nearest of `STEPS` times a power of ten, by ratio."""
    power = 10.0 ** floor(log10(value))
    near = min((*STEPS, 10.0), key=lambda step: abs(log(step * power / value)))
    return float(f"{near * power:.6g}")


def _below(value: float) -> float:
    """The next lower of `STEPS` times a power of ten."""
    power = 10.0 ** floor(log10(value) + 1e-12)
    return float(f"{max(s * p for p in (power, power / 10) for s in STEPS if s * p < value * (1 - 1e-9)):.6g}")


def _kept(new: float, old: float) -> float:
    return old if abs(new - old) < STAYS * old else new


def _falling(values: Iterable[float]) -> list[float]:
    """The values, each lowered below the one before it where it is not."""
    cuts: list[float] = []
    for value in values:
        cuts.append(value if not cuts or value < cuts[-1] else _below(cuts[-1]))
    return cuts


def _between(low: float, high: float) -> float:
    middle = _round(sqrt(low * high))
    return middle if low < middle < high else (low + high) / 2


def _days(values: Sequence[float], old: Tiers) -> list[int]:
    cuts: list[int] = []
    rungs = (*DAYS, *(DAYS[-1] * times for times in (2, 3, 4)))
    for value, before in zip(values, old.recency_cuts_days, strict=True):
        near = round(_kept(min(DAYS, key=lambda d: abs(log(d / max(value, DAYS[0])))), before))
        cuts.append(near if not cuts or near > cuts[-1] else next(d for d in rungs if d > cuts[-1]))
    return cuts


def _orders(values: Sequence[float], old: Tiers) -> list[int]:
    """From the second order on a customer comes back, so that frequency score 2 begins there whatever the data."""
    cuts = [2]
    for value, before in zip(values, old.frequency_cuts[1:], strict=True):
        cuts.append(max(round(_kept(round(value), before)), cuts[-1] + 1))
    return cuts
