"""What a control tells at all of its stops together: who moves it reads the same customers counted in many ways.

An attacker knows the definitions. So a control that draws a line among the customers (a cut of a tier, the days after which one
is lost) is read as bands of customers between its lines, of which each count that is published is a sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from crmlib.facts import purchases
from crmlib.facts.company import Company
from crmlib.show.controls import _states, control, grouped
from crmlib.vocabulary.policy import TIERS

Band = Hashable
Stops = Mapping[str, Sequence[float]]
Values = Mapping[str, float]
YEAR = 365
"""Days within which customers were lost."""
CUTS = ("high_value_from", "growth_from", "potential_from")


@dataclass
class Moved:
    """A what-if: at each of its states the values and what is shown; and how many customers lie in which band, where its lines
    draw some. `holds` says whether a band is in the part, and in the n, of a KPI's segment at some values, if it is of bands.
    """

    start: Values
    frames: list[tuple[Values, pd.DataFrame]]
    bands: Counter[Band] = field(default_factory=Counter)
    holds: Callable[[str, str, Values, Band], tuple[bool, bool] | None] = lambda *_given: None


def moved(c: Company, function: Callable[..., pd.DataFrame], sliders: Mapping[str, Any]) -> Moved:
    """A what-if at all of its states; questions count no customers."""
    groups = grouped(control(name, given) for name, given in sliders.items()).values()
    some = [each for group in groups for each in group if not each.is_question]
    frames = [(values, function(**values)) for _key, values in _states(some)] if some else []
    start, stops = {each.name: each.start for each in some}, {each.name: each.stops for each in some}
    if "inactive_days" in stops:
        return Moved(start, frames, left(c, stops["inactive_days"]), lost)
    if "high_value_from" in stops:
        effort = next(given for given in getattr(function, "args", ()) if isinstance(given, Table))
        customers = effort.select("revenue", "days_since_first").to_pandas()
        return Moved(start, frames, spent(c, customers, stops), in_tier)
    return Moved(start, frames)


def left(c: Company, stops: Sequence[float]) -> Counter[Band]:
    """Customers by their last order as known today, as known a year ago, and whether they came since: of each the days gone by,
    of neighbours whom no stop tells apart the same.
    """
    edges = sorted({*stops, *(stop + YEAR for stop in stops)})

    def since(days: pd.Series[Any]) -> Any:
        gone = days.dt.days.to_numpy(dtype=float, na_value=np.nan)
        return np.where(np.isnan(gone), -1, np.searchsorted(edges, gone, side="right"))

    bought = purchases.days(c).select("customer_id", "day").to_pandas()
    bought["day"] = pd.to_datetime(bought["day"])
    today = pd.Timestamp(c.as_of)
    before = today - pd.Timedelta(days=YEAR)
    of = bought.groupby("customer_id")["day"]
    then = bought[bought["day"] <= before].groupby("customer_id")["day"].max().reindex(of.max().index)
    lower = [float("-inf"), *map(float, edges)]
    bands = zip(since(today - of.max()), since(before - then), of.max() > before, strict=True)
    return Counter(("gone", lower[now], lower[ago] if ago >= 0 else None, bool(back)) for now, ago, back in bands)


def lost(kpi: str, segment: str, values: Values, band: Any) -> tuple[bool, bool] | None:
    """Those lost within a year, and those of a year ago with who of them came back."""
    if segment or kpi not in ("lost_customers", "returned_share"):
        return None
    _gone, now, ago, back = band
    days = values["inactive_days"]
    if kpi == "lost_customers":
        is_lost = days <= now < days + YEAR
        return is_lost, is_lost
    was_lost = ago is not None and days <= ago < days + YEAR
    return was_lost and back, was_lost


def spent(c: Company, customers: pd.DataFrame, stops: Stops) -> Counter[Band]:
    """Customers by revenue, as finely as the stops of all cuts tell them apart, and whether they came of late."""
    edges = sorted({stop for some in stops.values() for stop in some})
    lower = [float("-inf"), *map(float, edges)]
    at = np.searchsorted(edges, customers["revenue"].to_numpy(dtype=float), side="right")
    new = customers["days_since_first"] < c.policy.tiers.new_days
    return Counter(("spent", lower[i], bool(is_new)) for i, is_new in zip(at, new, strict=True))


def in_tier(kpi: str, segment: str, values: Values, band: Any) -> tuple[bool, bool] | None:
    """Those of a tier; a cut above the next higher one counts as that."""
    if kpi != "tier_customers" or segment not in TIERS:
        return None
    _spent, least, is_new = band
    cuts = [values[name] for name in CUTS]
    high, growth, low = cuts[0], min(cuts[:2]), min(cuts)
    tier = 0 if least >= high else 1 if least >= growth else 2 if least >= low or is_new else 3
    return TIERS[tier] == segment, TIERS[tier] == segment
