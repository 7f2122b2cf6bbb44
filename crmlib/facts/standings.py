"""What each customer adds to a figure, so that two looks at the same customers are told apart by who changed (D128).

A figure that counts is the sum of `top`; any other is the sum of `top` over that of `bottom`. Figures that are no such sums, such
as medians and what a model expects, have none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import answers, cases, contacts, people, purchases, tiers, windows
from crmlib.facts.company import Company
from crmlib.facts.lookups import remembered

COLUMNS: Final = ("customer_id", "top", "bottom")
CLOCKS: Final = {"sla_first_response": "first_response", "sla_resolution": "resolution", "own_deadline_kept": cases.OWN}
"""Figure of each clock that is told by the month of the deadline, and what is waited for."""


def standings(c: Company, kpi: str) -> Table | None:
    """One row per customer who stands in the figure: customer_id, top, bottom (both float64); None where it is no such sum."""
    made = STANDINGS.get(kpi)
    if made is None:
        return None
    rows = made(c)
    return rows.select("customer_id", top=rows.top.cast("float64"), bottom=rows.bottom.cast("float64"))


def _each(rows: Table, top: Any, bottom: Any = 1) -> Table:
    return rows.mutate(top=top, bottom=bottom)


def _active(c: Company) -> Table:
    return _each(purchases.buyers(c), _.is_active.cast("int64"))


def _kept(c: Company) -> Table:
    year_ago = c.as_of - windows.YEAR
    days = purchases.days(c).group_by("customer_id")
    each = days.agg(last=_.day.max(), then=_.day.max(where=_.day <= year_ago))
    was = each.filter(_.then > windows.active_after(c) - windows.YEAR)
    return _each(was, (was.last > windows.active_after(c)).cast("int64"))


def _repurchase(c: Company) -> Table:
    return _each(purchases.buyers(c), (_.orders > 1).cast("int64"))


def _repeat_revenue(c: Company) -> Table:
    since = max(windows.start(c), purchases.newcomers_from(c) or c.as_of)
    first = purchases.buyers(c).select("customer_id", "first_day")
    recent = purchases.days(c).filter(_.day >= since).inner_join(first, "customer_id")
    again = recent.net.sum(where=recent.day > recent.first_day).fill_null(0)
    return recent.group_by("customer_id").agg(top=again, bottom=recent.net.sum())


def _first_buyers(c: Company) -> Table:
    return _each(purchases.newcomers(c).filter(_.first_day >= windows.last(c, 1)), 1)


def _attained(waits_for: str) -> Callable[[Company], Table]:
    def rows(c: Company) -> Table:
        due = cases.clocks(c).filter(_.waits_for == waits_for, _.is_met.notnull())
        # A deadline at midnight ends the day before it.
        due = due.filter((due.deadline - ibis.interval(seconds=1)).date() >= windows.last(c, 1))
        return due.group_by("customer_id").agg(top=_.is_met.cast("int64").sum(), bottom=_.count())

    return rows


def _found_by_us(c: Company) -> Table:
    month = cases.cases(c).filter((_.day >= windows.last(c, 1)) & _.is_found_by_us.notnull())
    return month.group_by("customer_id").agg(top=_.is_found_by_us.cast("int64").sum(), bottom=_.count())


def _waiting(*, own: bool) -> Callable[[Company], Table]:
    def rows(c: Company) -> Table:
        late = cases.clocks(c).filter(_.is_overdue, (_.waits_for == cases.OWN) == own)
        each = late.group_by("customer_id").agg(late=_.case_id.nunique())
        everyone = ibis.union(
            people.everyone(c), cases.cases(c).select("customer_id"), distinct=True
        )  # Who has a case need not have an order.
        joined = everyone.left_join(each, "customer_id").drop("customer_id_right")
        return _each(joined, joined.late.fill_null(0))

    return rows


def _ratio(c: Company) -> Table:
    given = answers.recent_service(c)
    return given.group_by("customer_id").agg(top=_.perception.sum(), bottom=_.expectation.sum())


def _satisfied(c: Company) -> Table:
    return _each(answers.latest_recent(c, "csat"), (_.scaled >= answers.SATISFIED_FROM).cast("int64"))


def _recommending(c: Company) -> Table:
    rows = answers.latest_recent(c, "nps")
    promotes, detracts = rows.scaled >= answers.PROMOTER_FROM, rows.scaled <= answers.DETRACTOR_TO
    return _each(rows, promotes.cast("int64") - detracts.cast("int64"))


def _pressed(of: Callable[[Company, Table], Any]) -> Callable[[Company], Table]:
    def rows(c: Company) -> Table:
        each = contacts.pressure_by_us(c)
        return _each(each, of(c, each))

    return rows


STANDINGS: Final[dict[str, Callable[[Company], Table]]] = {
    "active_customers": _active,
    "active_share": _active,
    "kept_share": _kept,
    "repurchase_rate": _repurchase,
    "repeat_revenue_share": _repeat_revenue,
    "first_buyers": _first_buyers,
    **{kpi: _attained(waits_for) for kpi, waits_for in CLOCKS.items()},
    "found_by_us_share": _found_by_us,
    "overdue_cases": _waiting(own=False),
    "own_overdue_cases": _waiting(own=True),
    "satisfaction_ratio": _ratio,
    "satisfied_share": _satisfied,
    "net_promoter_score": _recommending,
    "contacts_per_customer": _pressed(lambda _c, each: each.contacts),
    "over_cap_share": _pressed(lambda c, each: (each.contacts > c.policy.contact.cap_per_30_days).cast("int64")),
    "short_rest_share": _pressed(lambda _c, each: (each.short_rests > 0).cast("int64")),
}


TIERED: Final = ("orders.amount", "orders.refunded")
"""What tells the tiers, and what makes them surer."""
NEW: Final = "came_since"
"""The group of customers who had no tier yet at the month's begin."""


@remembered
def by_tier(c: Company, kpi: str) -> pd.DataFrame | None:
    """What customers add to a figure by the tier in which they stood when the month began, by the policy's cuts; who had none is
    `NEW`, and so is everybody where no amounts of orders are on record. Indexed by tier: top, bottom, customers; None as of
    `standings`.
    """
    rows = standings(c, kpi)
    if rows is None:
        return None
    began = tiers.placed(c.at(windows.month_before(c))).select("customer_id", "tier")
    each = rows.left_join(began, "customer_id").mutate(tier=_.tier.fill_null(NEW))
    each = each if c.knows(TIERED[0]) else each.mutate(tier=ibis.literal(NEW))
    exact = {name: _[name].cast("decimal(38, 6)").sum() for name in ("top", "bottom")}
    frame: pd.DataFrame = each.group_by("tier").agg(**exact, customers=_.count()).to_pandas()
    return frame.set_index("tier").sort_index()
