"""Who buys less often than before, or more, beyond chance: each customer's own counts in two spans, and all customers' together.

Of thousands of customers whose habits never change a third would look as if they fell. So a change is told only where an exact
test finds it, and where so many are tested only as many as keep the share of false ones at `statistics.false_discovery_rate`.
Who a customer is compared with is the customer; how much evidence it takes hangs on how many others fall.
"""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import purchases, windows
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import lookup
from crmlib.models import rates
from crmlib.vocabulary.months import first_day

COUNTS = ("late", "early", "late_days", "early_days")
LIVED = ("days_bought", "days_since_first", "days_since_last")
VERDICTS = {**dict.fromkeys(COUNTS, "int64"), "falls": "boolean", "rises": "boolean", "change": "float64"}


@fact
def orders(c: Company) -> Table:
    """One row per customer with an order: customer_id, trend (rising, steady, falling, too_few_orders, too_new), change (of
    the days with an order in a span of time, as a share, drawn in by how much of all changes is chance; null where it cannot be
    told).

    The later half of the window that value is counted over is compared with the same months a year before for who was a customer
    by then, which is fair to seasons; with the half before it for who came later but before that half. Who came later still is
    too new, as is everybody where the records begin no earlier. A change counts beyond chance and from `tiers.trend_change` on
    (D059).
    """
    cuts, half = c.policy.tiers, max(1, windows.value_months(c) // 2)
    starts = {months: first_day(c.as_of, months) for months in (half, half + 12, 12, 2 * half)}
    days = purchases.days(c)
    spans = {
        "late": days.day >= starts[half],
        "year_before": (days.day >= starts[half + 12]) & (days.day < starts[12]),
        "before": (days.day >= starts[2 * half]) & (days.day < starts[half]),
    }
    counted = {name: where.sum().fill_null(0).cast("int64") for name, where in spans.items()}
    each = days.group_by("customer_id").agg(first=days.day.min(), **counted)
    old, known = each["first"] < starts[half + 12], each["first"] < starts[2 * half]
    long, short = (starts[12] - starts[half + 12]).days, (starts[half] - starts[2 * half]).days
    each = each.select(
        "customer_id",
        "late",
        early=old.ifelse(each.year_before, each.before),
        late_days=ibis.literal((c.as_of - starts[half]).days + 1, "int64"),
        early_days=(old | known).ifelse(old.ifelse(ibis.literal(long), ibis.literal(short)), ibis.null("int64")),
    )
    judged = compared(c, each, least=cuts.trend_orders, change=cuts.trend_change)
    trend = ibis.cases(
        (judged.early_days.isnull(), "too_new"),
        (judged.falls.isnull(), "too_few_orders"),
        (judged.falls, "falling"),
        (judged.rises, "rising"),
        else_="steady",
    )
    return judged.select("customer_id", "change", trend=trend)


def compared(c: Company, counts: Table, *, least: int, change: float) -> Table:
    """`counts` (COUNTS in whole numbers, and what else it has) with falls, rises and change; null where nothing can be told.

    Nothing can be told of spans that are null, of fewer than `least` events, and where even none in the later span would be
    chance. A change is told from the share `change` on, and beyond chance among all that can be told of (Benjamini and Hochberg,
    once for those who fall and once for those who rise).
    """
    seen = counts.group_by(COUNTS).agg(customers=_.count()).filter(*(_[name].notnull() for name in COUNTS))
    frame = seen.order_by(COUNTS).to_pandas()
    verdicts = _verdicts(frame, least, change, c.policy.statistics.false_discovery_rate)
    looked = lookup(c, "verdicts", verdicts, VERDICTS)
    joined = counts.left_join(looked, list(COUNTS))
    return joined.drop(*(f"{name}_right" for name in COUNTS if f"{name}_right" in joined.columns))


def silent(c: Company, lives: Table, *, cycles: float) -> Table:
    """`lives` (days_bought, days_since_first, days_since_last, and what else it has) with is_overdue: silent longer than `cycles`
    of the own interval, and beyond chance for so many days with an order, among all with two or more; null for the others.
    """
    seen = lives.filter(_.days_bought > 1).group_by(LIVED).agg(customers=_.count()).order_by(LIVED).to_pandas()
    again, length = seen["days_bought"] - 1, seen["days_since_first"]
    bought_for = length - seen["days_since_last"]
    unusual = rates.silence(again, bought_for, length)
    late = rates.discoveries(unusual, seen["customers"], c.policy.statistics.false_discovery_rate)
    late &= (seen["days_since_last"] * again > cycles * bought_for).to_numpy()
    looked = lookup(
        c, "silent", seen.assign(is_overdue=late), {**dict.fromkeys(LIVED, "int64"), "is_overdue": "boolean"}
    )
    joined = lives.left_join(looked, list(LIVED))
    return joined.drop(*(f"{name}_right" for name in LIVED if f"{name}_right" in joined.columns))


def _verdicts(frame: pd.DataFrame, least: int, change: float, rate: float) -> pd.DataFrame:
    """One row per combination of COUNTS of which something can be told."""
    none = np.zeros(len(frame))
    total = frame["late"] + frame["early"]
    spans = (frame["late_days"], frame["early_days"])
    told = (total >= least) & (spans[1] > 0) & (rates.fewer(none, total, *spans) <= rate)
    frame = frame[told].reset_index(drop=True)
    counts = (frame["late"], frame["early"], frame["late_days"], frame["early_days"])
    raw = (frame["late"] * frame["early_days"]) / (frame["early"] * frame["late_days"]).replace(0, np.nan) - 1
    raw = raw.fillna(np.inf)
    falls = rates.discoveries(rates.fewer(*counts), frame["customers"], rate) & (raw <= -change)
    rises = rates.discoveries(rates.more(*counts), frame["customers"], rate) & (raw >= change)
    late, early, late_span, early_span = counts
    drawn_in = rates.changes(late, early, late_span, early_span, frame["customers"])
    return frame.assign(falls=falls, rises=rises, change=drawn_in)
