"""Who stays: active customers, repurchase, revenue from returning customers, and cohorts by month of first order (D004).

What follows a first order is told of those whose first order on record is their first (`purchases.newcomers_from`). Coming
back is counted on another day: two orders of one day are one visit for the repurchase curve and the cohorts. A month under
way on the as-of date has been observed in part only and is treated as not observed.
"""

from __future__ import annotations

from datetime import date, timedelta
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts import expressions as ex
from crmlib.facts import purchases, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import among, estimated, finding, findings, marked, share_of
from crmlib.models.estimates import mean_from, wilson
from crmlib.models.survival import kaplan_meier

HORIZONS = (30, 90, 365)
"""Days after the first order by which repurchase is reported."""
YEARS = 5
"""Years back that the share of kept customers is followed."""
MONTH_LATER = 3
"""The month after the first order that stands for the cohorts in one figure."""
MANY = 10
"""Orders from which customers are counted together."""
WORD = 60
"""Months in one bitmap: the bits of a signed 64-bit integer, with room to spare."""


def active_customers(c: Company) -> pd.DataFrame:
    """Findings `active_customers` (a count), `active_share` and `kept_share`.

    Active is who ordered within `policy.cost.inactive_days`; `kept_share` is who was active a year ago and still is.
    """
    counted = _kept(c, 1)
    customers, active, before, kept = (int(counted[name]) for name in ("n", "active", "n1", "k1"))
    number = float(active) if customers else nan
    shares = {"active_share": (active, customers), "kept_share": (kept, before)}
    rows = [share_of(c, kpi, k, n) for kpi, (k, n) in shares.items()]
    return findings(c, [finding(c, "active_customers", number, n=customers), *rows])


def kept_curve(c: Company) -> pd.DataFrame:
    """Of the customers active so many years ago the share active today: years (1 … 5), share, low, high (Wilson), n, unit.

    From the second year on only as far back as the orders tell who was active and at least `policy.statistics.min_n` were.
    """
    counted, rows = _kept(c, YEARS), []
    for years in range(1, YEARS + 1):
        n, reaches = int(counted[f"n{years}"]), (counted["begun"] or date.max) <= _active_after(c, years)
        if n == 0 or (years > 1 and not (reaches and n >= c.policy.statistics.min_n)):
            break
        share = wilson(counted[f"k{years}"], n, confidence=c.policy.statistics.confidence)
        rows.append((years, *share, n, "share"))
    return pd.DataFrame(rows, columns=["years", "share", "low", "high", "n", "unit"])


def _active_after(c: Company, years: int) -> date:
    """Who bought after this day was active so many years ago."""
    return windows.active_after(c) - windows.YEAR * years


def _kept(c: Company, most: int) -> dict[str, Any]:
    """Customers (n), the active, the first day with an order (begun), and of those active 1 … `most` years ago how many were
    (n1 …) and still are (k1 …).
    """
    years = range(1, most + 1)
    last = {f"d{y}": _.day.max(where=_.day <= c.as_of - windows.YEAR * y) for y in years}
    each = purchases.days(c).group_by("customer_id").aggregate(begun=_.day.min(), last=_.day.max(), **last)
    each = each.mutate(active=_.last > windows.active_after(c))
    was = {y: (_[f"d{y}"] > _active_after(c, y)).fill_null(False) for y in years}
    counts = {f"n{y}": _.count(where=there) for y, there in was.items()}
    counts |= {f"k{y}": _.count(where=there & _.active) for y, there in was.items()}
    counted = each.aggregate(begun=_.begun.min(), n=_.count(), active=_.count(where=_.active), **counts)
    return dict(counted.to_pyarrow().to_pylist()[0])


def repurchase_rate(c: Company) -> pd.DataFrame:
    """Finding `repurchase_rate`: share of customers with more than one order, Wilson interval, n = customers (D004)."""
    counts = purchases.buyers(c).aggregate(n=_.count(), more=_.count(where=_.orders > 1)).to_pandas().iloc[0]
    return findings(c, [share_of(c, "repurchase_rate", counts["more"], counts["n"])])


def orders_per_customer(c: Company) -> pd.DataFrame:
    """How many customers ordered how often: orders ("1" … "9", "10+", as far as anybody came), customers, share (of all)."""
    often = purchases.buyers(c).group_by(orders=ex.least(_.orders, MANY)).aggregate(n=_.count()).to_pandas()
    most = max(2, int(often["orders"].max())) if len(often) else 0
    n = often.set_index("orders")["n"].reindex(range(1, most + 1), fill_value=0).to_numpy(dtype="int64")
    frame = pd.DataFrame({"orders": range(1, most + 1), "customers": n, "share": n / max(1, n.sum())})
    return among(frame.assign(orders=frame["orders"].astype(str).replace(str(MANY), f"{MANY}+")), int(n.sum()))


def repurchase_curve(c: Company) -> pd.DataFrame:
    """Share of newcomers who came back within so many days of their first order, with those still waited for censored.

    Left out is who may have bought before the records begin (`purchases.newcomers`). One row per day 0 … 365 (at most the
    longest wait observed): days_since_first, share, low, high, at_risk.
    """
    waits = _waits(c)
    if waits.empty:
        return pd.DataFrame(columns=["days_since_first", "share", "low", "high", "at_risk"], dtype=float)
    days, level = min(int(waits["days"].max()), max(HORIZONS)), c.policy.statistics.confidence
    seen, returned, counts = (waits[name].to_numpy() for name in ("days", "returned", "customers"))
    curve = kaplan_meier(seen, returned, counts, days, confidence=level)
    return estimated(pd.DataFrame({"days_since_first": range(days + 1), **curve}), "share", "events", counts.sum())


def repurchase_within(c: Company) -> pd.DataFrame:
    """Findings `repurchase_within_<30|90|365>_days` read off `repurchase_curve`, and `unsettled_customers` where any is left out.

    n is the number of newcomers whose first order lies at least so many days back; without one the value is NaN (D004).
    """
    curve = repurchase_curve(c).set_index("days_since_first")
    old = {str(h): _.count(where=_.first_day <= c.as_of - timedelta(days=h)) for h in HORIZONS}
    counted = purchases.newcomers(c).aggregate(n=_.count(), **old).to_pandas().iloc[0]
    rows = []
    for horizon in HORIZONS:
        n = int(counted[str(horizon)])
        known = curve.loc[:horizon].iloc[-1] if n else None
        share = nan if known is None else (known["share"], known["low"], known["high"])
        rows.append(finding(c, f"repurchase_within_{horizon}_days", share, n=n))
    customers = int(purchases.buyers(c).count().to_pyarrow().as_py())
    unsettled = customers - int(counted["n"])
    rows += [finding(c, "unsettled_customers", unsettled, n=customers)] if unsettled else []
    return findings(c, rows)


def repeat_revenue_share(c: Company) -> pd.DataFrame:
    """Finding `repeat_revenue_share`: share of the window's net revenue from orders after the day of the first one.

    A ratio of sums over customers with its linearised interval (Cochran 1977, 6.4); n = customers who bought in the
    window (`policy.tiers.window_months`), of which the days before first orders count (`purchases.newcomers_from`) are left
    out. NaN with n 0 where the window brought no revenue (D004).
    """
    recent = _days(c).filter(_.day >= max(windows.start(c), purchases.newcomers_from(c) or c.as_of))
    each = recent.group_by("customer_id").aggregate(
        all=_.net.sum(), again=_.net.sum(where=_.day > _.first_day).fill_null(0)
    )
    sums = each.aggregate(n=_.count(), all=_["all"].sum(), again=_.again.sum()).to_pandas().iloc[0]
    n = int(sums["n"])
    if n == 0 or sums["all"] <= 0:
        return findings(c, [finding(c, "repeat_revenue_share", nan, n=0)])
    share, mean = float(sums["again"] / sums["all"]), float(sums["all"]) / n
    off = (_.again.cast("float64") - share * _["all"].cast("float64")) / mean
    squares = each.select(off=off).aggregate(s=(_.off * _.off).cast("decimal(38, 12)").sum()).to_pandas()["s"].iloc[0]
    deviation = float(squares / (n - 1)) ** 0.5 if n > 1 else nan
    low, high = np.clip(mean_from(share, deviation, n, confidence=c.policy.statistics.confidence)[1:], 0, 1)
    return findings(c, [finding(c, "repeat_revenue_share", (share, low, high), n=n)])


def revenue_by_month(c: Company) -> pd.DataFrame:
    """Net revenue of new and returning customers: two rows per whole month, from the first to the last.

    Columns month (first day), group (`new`: in the month of the first order, `unsettled` in its place while first orders do
    not count yet; `returning`), customers, orders, revenue, low, high. The two groups of a month add up to all of it; a month
    without orders has zeros. The revenue itself is counted; low and high say how far it would move had chance sent other
    customers of the same kind (the bootstrap over customers in closed form, a t interval of what each brings in the month
    times their number), null where nobody ordered.
    """
    until = _whole_until(c)
    days = _days(c).mutate(month=_.day.truncate("M"), first=_.first_day.truncate("M"))
    whole = days.filter(_.month < (until + pd.DateOffset(months=1)).date())
    each = whole.group_by("month", "customer_id", returning=_.month > _.first).aggregate(
        orders=_.orders.sum(), revenue=_.net.sum()
    )
    square = (_.revenue.cast("float64") * _.revenue.cast("float64")).cast("decimal(38, 8)")
    grouped = each.group_by("month", "returning").aggregate(
        customers=_.count(), orders=_.orders.sum(), revenue=_.revenue.sum(), squares=square.sum()
    )
    frame = grouped.to_pandas()
    frame["month"] = pd.to_datetime(frame["month"]).astype("datetime64[ns]")
    months = pd.date_range(frame["month"].min(), until, freq="MS") if len(frame) else []
    every = pd.MultiIndex.from_product([months, [False, True]], names=["month", "returning"])
    filled = frame.set_index(["month", "returning"]).reindex(every, fill_value=0).reset_index()
    first = np.where(_settled(c, filled["month"]), "new", "unsettled")
    filled.insert(1, "group", pd.Series(np.where(filled.pop("returning"), "returning", first)).astype("str"))
    filled = filled.astype({"customers": "int64", "orders": "int64", "revenue": float, "squares": float})
    told = _with_band(filled, c.policy.statistics.confidence).drop(columns="squares")
    if not c.knows("orders.amount"):
        told[["revenue", "low", "high"]] = float("nan")
    return marked(c, told, "orders.refunded")


def _with_band(months: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """`revenue_by_month` with low and high; each customer has one first month, so those of all months are all."""
    n = int(months.loc[months["group"] != "returning", "customers"].sum())
    ends = []
    for revenue, squares, buyers in months[["revenue", "squares", "customers"]].itertuples(index=False):
        deviation = max(0.0, squares - revenue**2 / n) ** 0.5 / (n - 1) ** 0.5 if n > 1 and buyers else nan
        low, high = (n * end for end in mean_from(revenue / max(n, 1), deviation, n, confidence=confidence)[1:])
        ends.append((max(low, min(0.0, revenue)), high))
    return months.assign(low=[low for low, _high in ends], high=[high for _low, high in ends])


def cohorts(c: Company) -> pd.DataFrame:
    """Monthly cohorts: one row per month of first order and months since then.

    Columns cohort (first day of the month), is_settled (first orders count as such from its first day on), months_since_first,
    customers (the cohort's size), active (of them with an order in that month), share, low, high (Wilson). Where the month is
    not over, active, share, low and high are null.
    """
    names = ["cohort", "months_since_first", "customers", "active", "share", "low", "high"]
    counted, origin = _bitmaps(c)
    if counted.empty:
        kinds = {"cohort": "datetime64[ns]", "is_settled": "bool", **dict.fromkeys(names[1:], "float64")}
        return pd.DataFrame(columns=list(kinds)).astype(kinds)
    seen = _whole_until(c).to_period("M").ordinal - origin
    rows = []
    for cohort, customers, *active in counted.to_numpy().tolist():
        month = pd.Period(ordinal=origin + cohort, freq="M").to_timestamp()
        for later, count in enumerate(active[cohort:]):
            share = wilson(count, customers, confidence=c.policy.statistics.confidence)
            told = (count, *share) if cohort + later <= seen else (nan,) * 4
            rows.append((month, later, customers, *told))
    frame = pd.DataFrame(rows, columns=names).astype({"active": float})
    frame.insert(1, "is_settled", _settled(c, frame["cohort"]))
    return frame


def cohort_matrix(cohorts: pd.DataFrame) -> pd.DataFrame:
    """The settled `cohorts` as a matrix for the heat map: a row per cohort, a column per month since, shares; null if not yet."""
    settled = cohorts[cohorts["is_settled"].astype(bool)]
    return settled.pivot(index="cohort", columns="months_since_first", values="share").rename(columns=int)


def cohort_sizes(cohorts: pd.DataFrame) -> pd.Series[int]:
    """Customers of each cohort of `cohorts`, by its month."""
    return cohorts.drop_duplicates("cohort").set_index("cohort")["customers"]


def cohort_retention(c: Company, cohorts: pd.DataFrame) -> pd.DataFrame:
    """Finding `third_month_retention`: of the customers whose third month after the first is over, who ordered in it.

    From the settled `cohorts`: the whole company, and a segment per year of the first order; the others, if any, apart as
    `unsettled_third_month`. Wilson intervals, n = customers.
    """
    third = cohorts[(cohorts["months_since_first"] == MONTH_LATER) & cohorts["active"].notna()]
    settled = third["is_settled"].astype(bool)
    years = third[settled].groupby(third["cohort"].dt.year.astype(str))
    named = [("third_month_retention", s, part) for s, part in [("", third[settled]), *years]]
    named += [("unsettled_third_month", "", third[~settled])] if not settled.all() else []
    rows = []
    for kpi, segment, part in named:
        n = int(part["customers"].sum())
        rows.append(share_of(c, kpi, part["active"].sum(), n, segment=segment))
    return findings(c, rows)


def _days(c: Company) -> Table:
    """Days with an order, as `purchases.days`, with the customer's first_day."""
    return purchases.days(c).join(purchases.buyers(c).select("customer_id", "first_day"), "customer_id")


def _settled(c: Company, months: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each month begins after the last first order that does not count as one."""
    early = purchases.buyers(c).anti_join(purchases.newcomers(c), "customer_id").first_day.max().to_pyarrow().as_py()
    return (pd.to_datetime(months) > pd.Timestamp(early or date.min)).to_numpy()


def _whole_until(c: Company) -> pd.Timestamp:
    """First day of the last month that is over by the end of the day."""
    return (pd.Timestamp(c.as_of) + pd.Timedelta(days=1)).to_period("M").to_timestamp() - pd.DateOffset(months=1)


def _waits(c: Company) -> pd.DataFrame:
    """Days from a newcomer's first order to the next one on a later day, or to the day where there was none: days, returned,
    customers.
    """
    known = _days(c).semi_join(purchases.newcomers(c), "customer_id")
    each = known.group_by("customer_id").aggregate(first=_.day.min(), next=_.day.min(where=_.day > _.first_day))
    end = ex.coalesce(_.next, ex.literal(c.as_of, type="date"))
    waits = each.group_by(days=end.delta(_.first, unit="day"), returned=_.next.notnull())
    return waits.aggregate(customers=_.count()).order_by("days", "returned").to_pandas()


def _bitmaps(c: Company) -> tuple[pd.DataFrame, int]:
    """Per cohort its size and, per calendar month, how many of it ordered; cohort and months count from the first month.

    Months are counted from January 1970. A customer's months are one bitmap, so each order is looked at once, and two orders of
    one day need not be brought together before.
    """
    months = purchases.orders(c).select("customer_id", m=(_.day.year() - 1970) * 12 + _.day.month().cast("int64") - 1)
    first = months.m.min().to_pyarrow().as_py()
    if first is None:
        return pd.DataFrame(), 0
    origin, span = int(first), pd.Period(c.as_of, freq="M").ordinal - int(first) + 1
    months = months.mutate(m=(_.m - origin).cast("int64"))
    one = ex.literal(1, type="int64")
    months = months.mutate(word=months.m // WORD, bit=one << (months.m % WORD))
    words = {f"w{w}": _.bit.bit_or(where=_.word == w) for w in range(-(-span // WORD))}
    per_customer = months.group_by("customer_id").aggregate(cohort=_.m.min(), **words)
    bits = {f"m{m}": ((_[f"w{m // WORD}"] >> (m % WORD)) & 1).sum().fill_null(0) for m in range(span)}
    return per_customer.group_by("cohort").aggregate(customers=_.count(), **bits).order_by("cohort").to_pandas(), origin
