"""Who stays: active customers, repurchase, revenue from returning customers, and cohorts by month of first order (D004).

Coming back is counted on another day: two orders of one day are one visit for the repurchase curve and the cohorts. A
month under way on the as-of date has been observed in part only and is treated as not observed.
"""

from __future__ import annotations

from datetime import timedelta

import ibis
import numpy as np
import pandas as pd
from ibis import _
from ibis.expr.types import Table
from scipy import stats

from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.models.estimates import mean_from, wilson
from crmlib.vocabulary.months import first_day

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
NAN = (float("nan"), float("nan"))


def active_customers(c: Company) -> pd.DataFrame:
    """Findings `active_customers` (a count), `active_share` and `kept_share`.

    Active is who ordered within `policy.cost.inactive_days`; `kept_share` is who was active a year ago and still is.
    """
    confidence = c.policy.statistics.confidence
    idle, year_ago = c.policy.cost.inactive_days, c.as_of - timedelta(days=365)
    orders = c.tables.orders.mutate(day=_.ordered_at.date())
    per_customer = orders.group_by("customer_id").aggregate(last=_.day.max(), then=_.day.max(where=_.day <= year_ago))
    counts = per_customer.aggregate(
        customers=_.count(),
        active=_.count(where=_.last > c.as_of - timedelta(days=idle)),
        before=_.count(where=_.then > year_ago - timedelta(days=idle)),
        kept=_.count(where=(_.then > year_ago - timedelta(days=idle)) & (_.last > c.as_of - timedelta(days=idle))),
    ).to_pandas()
    customers, active, before, kept = (int(v) for v in counts.iloc[0])
    counted = (float(active) if customers else float("nan"), *NAN)
    return findings(
        c,
        [
            finding(c, "active_customers", counted, n=customers),
            finding(c, "active_share", wilson(active, customers, confidence=confidence), n=customers),
            finding(c, "kept_share", wilson(kept, before, confidence=confidence), n=before),
        ],
    )


def kept_curve(c: Company) -> pd.DataFrame:
    """Of the customers active so many years ago the share active today: years (1 … 5), share, low, high (Wilson), n, unit.

    From the second year on only as far back as the orders tell who was active and at least `policy.statistics.min_n` were.
    """
    idle = timedelta(days=c.policy.cost.inactive_days)
    then = {years: c.as_of - timedelta(days=365 * years) for years in range(1, YEARS + 1)}
    before = {f"d{years}": _.day.max(where=_.day <= day) for years, day in then.items()}
    orders = c.tables.orders.mutate(day=_.ordered_at.date()).group_by("customer_id")
    each = orders.aggregate(begun=_.day.min(), last=_.day.max(), **before)
    active = {f"n{years}": (_[f"d{years}"] > day - idle).fill_null(False) for years, day in then.items()}
    kept = {name.replace("n", "k"): _.count(where=was & (_.last > c.as_of - idle)) for name, was in active.items()}
    counted = each.aggregate(begun=_.begun.min(), **{c: _.count(where=was) for c, was in active.items()}, **kept)
    found, rows = counted.to_pyarrow().to_pylist()[0], []
    for years, day in then.items():
        n = int(found[f"n{years}"])
        if n == 0 or (years > 1 and (found["begun"] > day - idle or n < c.policy.statistics.min_n)):
            break
        rows.append((years, *wilson(found[f"k{years}"], n, confidence=c.policy.statistics.confidence), n, "share"))
    return pd.DataFrame(rows, columns=["years", "share", "low", "high", "n", "unit"])


def repurchase_rate(c: Company) -> pd.DataFrame:
    """Finding `repurchase_rate`: share of customers with more than one order, Wilson interval, n = customers (D004)."""
    per_customer = c.tables.orders.group_by("customer_id").aggregate(orders=_.count())
    counts = per_customer.aggregate(customers=_.count(), more=_.count(where=_.orders > 1)).to_pandas()
    customers, more = (int(v) for v in counts.iloc[0])
    share = wilson(more, customers, confidence=c.policy.statistics.confidence)
    return findings(c, [finding(c, "repurchase_rate", share, n=customers)])


def orders_per_customer(c: Company) -> pd.DataFrame:
    """How many customers have ordered how often: orders ("1" … "9", "10+"), customers, share (of all customers)."""
    per_customer = c.tables.orders.group_by("customer_id").aggregate(orders=_.count())
    often = per_customer.mutate(orders=ibis.least(_.orders, MANY)).group_by("orders").aggregate(customers=_.count())
    counts = often.to_pandas().set_index("orders")["customers"]
    customers = counts.reindex(range(1, MANY + 1), fill_value=0).to_numpy(dtype="int64") if len(counts) else []
    names = [str(i) if i < MANY else f"{MANY}+" for i in range(1, len(customers) + 1)]
    return pd.DataFrame({"orders": names, "customers": customers, "share": customers / counts.sum() if names else []})


def repurchase_curve(c: Company) -> pd.DataFrame:
    """Share of customers who came back within so many days of their first order, with those still waited for censored.

    One row per day 0 … 365 (at most the longest wait observed): days_since_first, share, low, high, at_risk.
    Kaplan and Meier (1958) with Greenwood's variance on the log-log scale; before the first return, which has no variance
    yet, the Wilson bound of none among those at risk.
    """
    waits = _waits(c)
    if waits.empty:
        return pd.DataFrame(
            {c: pd.Series(dtype=float) for c in ("days_since_first", "share", "low", "high", "at_risk")}
        )
    days = np.arange(min(int(waits["days"].max()), max(HORIZONS)) + 1)
    at_day = waits.pivot_table(index="days", columns="returned", values="customers", aggfunc="sum", fill_value=0)
    at_day = at_day.reindex(columns=[False, True], fill_value=0)
    leaving = at_day.sum(axis=1)
    at_risk = (leaving[::-1].cumsum()[::-1]).reindex(days, method="bfill").to_numpy(dtype=float)
    returned = at_day[True].reindex(days, fill_value=0).to_numpy(dtype=float)
    waiting = np.cumprod(1 - returned / at_risk)
    z = float(stats.norm.ppf(0.5 + c.policy.statistics.confidence / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(returned / (at_risk * (at_risk - returned)))
        spread = z * np.sqrt(variance) / np.log(waiting)
        low, high = 1 - waiting ** np.exp(spread), 1 - waiting ** np.exp(-spread)
    low = np.where(waiting == 1, 0.0, np.where(waiting == 0, np.fmax.accumulate(low), low))
    high = np.where(waiting == 1, z**2 / (at_risk + z**2), np.where(waiting == 0, 1.0, high))
    return pd.DataFrame({"days_since_first": days, "share": 1 - waiting, "low": low, "high": high, "at_risk": at_risk})


def repurchase_within(c: Company) -> pd.DataFrame:
    """Findings `repurchase_within_<30|90|365>_days` read off `repurchase_curve`.

    n is the number of customers whose first order lies at least so many days back; without one the value is NaN (D004).
    """
    curve = repurchase_curve(c).set_index("days_since_first")
    first = c.tables.orders.group_by("customer_id").aggregate(first=_.ordered_at.date().min())
    old = first.aggregate(
        **{str(h): _.count(where=_.first <= c.as_of - timedelta(days=h)) for h in HORIZONS}
    ).to_pandas()
    rows = []
    for horizon in HORIZONS:
        n = int(old[str(horizon)].iloc[0])
        known = curve.loc[:horizon].iloc[-1] if n else None
        share = (float("nan"), *NAN) if known is None else (known["share"], known["low"], known["high"])
        rows.append(finding(c, f"repurchase_within_{horizon}_days", share, n=n))
    return findings(c, rows)


def repeat_revenue_share(c: Company) -> pd.DataFrame:
    """Finding `repeat_revenue_share`: share of the window's net revenue from orders after the day of the first one.

    A ratio of sums over customers with its linearised interval (Cochran 1977, 6.4); n = customers who bought in the
    window (`policy.tiers.window_months`). NaN with n 0 where the window brought no revenue (D004).
    """
    orders = _net(c)
    recent = orders.filter(_.day >= first_day(c.as_of, c.policy.tiers.window_months))
    each = recent.group_by("customer_id").aggregate(
        all=_.net.sum(), again=_.net.sum(where=_.day > _.first).fill_null(0)
    )
    sums = each.aggregate(n=_.count(), all=_["all"].sum(), again=_.again.sum()).to_pandas().iloc[0]
    n = int(sums["n"])
    if n == 0 or sums["all"] <= 0:
        return findings(c, [finding(c, "repeat_revenue_share", (float("nan"), *NAN), n=0)])
    share, mean = float(sums["again"] / sums["all"]), float(sums["all"]) / n
    off = (_.again.cast("float64") - share * _["all"].cast("float64")) / mean
    squares = each.select(off=off).aggregate(s=(_.off * _.off).cast("decimal(38, 12)").sum()).to_pandas()["s"].iloc[0]
    deviation = float(squares / (n - 1)) ** 0.5 if n > 1 else float("nan")
    low, high = np.clip(mean_from(share, deviation, n, confidence=c.policy.statistics.confidence)[1:], 0, 1)
    return findings(c, [finding(c, "repeat_revenue_share", (share, low, high), n=n)])


def revenue_by_month(c: Company) -> pd.DataFrame:
    """Net revenue of new and returning customers: two rows per whole month, from the first to the last.

    Columns month (first day), group (`new`: in the month of the first order; `returning`), customers, orders, revenue, low,
    high. The two groups of a month add up to all of it; a month without orders has zeros. The revenue itself is counted; low
    and high say how far it would move had chance sent other customers of the same kind (the bootstrap over customers in
    closed form, a t interval of what each brings in the month times their number), null where nobody ordered.
    """
    orders = _net(c)
    orders = orders.mutate(month=_.day.truncate("M"), first=_.first.truncate("M"))
    whole = orders.filter(_.month < (_whole_until(c) + pd.DateOffset(months=1)).date())
    each = whole.group_by("month", "customer_id", returning=_.month > _.first).aggregate(
        orders=_.count(), revenue=_.net.sum()
    )
    square = (_.revenue.cast("float64") * _.revenue.cast("float64")).cast("decimal(38, 8)")
    grouped = each.group_by("month", "returning").aggregate(
        customers=_.count(), orders=_.orders.sum(), revenue=_.revenue.sum(), squares=square.sum()
    )
    frame = grouped.to_pandas()
    frame["month"] = pd.to_datetime(frame["month"]).astype("datetime64[ns]")
    months = pd.date_range(frame["month"].min(), _whole_until(c), freq="MS") if len(frame) else []
    frame["group"] = frame["returning"].map({False: "new", True: "returning"}).astype("str")
    every = pd.MultiIndex.from_product([months, ["new", "returning"]], names=["month", "group"])
    filled = frame.drop(columns="returning").set_index(["month", "group"]).reindex(every, fill_value=0).reset_index()
    filled = filled.astype({"customers": "int64", "orders": "int64", "revenue": float, "squares": float})
    return _with_band(filled, c.policy.statistics.confidence).drop(columns="squares")


def _with_band(months: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """`revenue_by_month` with low and high; each customer is new in one month, so the new of all months are all."""
    n = int(months.loc[months["group"] == "new", "customers"].sum())
    ends = []
    for revenue, squares, buyers in months[["revenue", "squares", "customers"]].itertuples(index=False):
        deviation = max(0.0, squares - revenue**2 / n) ** 0.5 / (n - 1) ** 0.5 if n > 1 and buyers else float("nan")
        low, high = (n * end for end in mean_from(revenue / max(n, 1), deviation, n, confidence=confidence)[1:])
        ends.append((max(low, min(0.0, revenue)), high))
    return months.assign(low=[low for low, _high in ends], high=[high for _low, high in ends])


def cohorts(c: Company) -> pd.DataFrame:
    """Monthly cohorts: one row per month of first order and months since then.

    Columns cohort (first day of the month), months_since_first, customers (the cohort's size), active (of them with an
    order in that month), share, low, high (Wilson). Where the month is not over, active, share, low and high are null.
    """
    names = ["cohort", "months_since_first", "customers", "active", "share", "low", "high"]
    counted, origin = _bitmaps(c)
    if counted.empty:
        return pd.DataFrame({c: pd.Series(dtype="datetime64[ns]" if c == "cohort" else float) for c in names})
    seen = _whole_until(c).to_period("M").ordinal - origin
    rows = []
    for cohort, customers, *active in counted.to_numpy().tolist():
        month = pd.Period(ordinal=origin + cohort, freq="M").to_timestamp()
        for later, count in enumerate(active[cohort:]):
            share = wilson(count, customers, confidence=c.policy.statistics.confidence)
            told = (count, *share) if cohort + later <= seen else (float("nan"),) * 4
            rows.append((month, later, customers, *told))
    return pd.DataFrame(rows, columns=names).astype({"active": float})


def cohort_matrix(cohorts: pd.DataFrame) -> pd.DataFrame:
    """`cohorts` as a matrix for the heat map: a row per cohort, a column per month since, shares; null not yet observed."""
    return cohorts.pivot(index="cohort", columns="months_since_first", values="share").rename(columns=int)


def cohort_sizes(cohorts: pd.DataFrame) -> pd.Series[int]:
    """Customers of each cohort of `cohorts`, by its month."""
    return cohorts.drop_duplicates("cohort").set_index("cohort")["customers"]


def cohort_retention(c: Company, cohorts: pd.DataFrame) -> pd.DataFrame:
    """Finding `third_month_retention`: of the customers whose third month after the first is over, who ordered in it.

    From `cohorts`: the whole company, and a segment per year of the first order; Wilson intervals, n = customers.
    """
    third = cohorts[(cohorts["months_since_first"] == MONTH_LATER) & cohorts["active"].notna()]
    parts = [("", third), *((str(year), part) for year, part in third.groupby(third["cohort"].dt.year))]
    rows = []
    for segment, part in parts:
        n = int(part["customers"].sum())
        share = wilson(float(part["active"].sum()), n, confidence=c.policy.statistics.confidence)
        rows.append(finding(c, "third_month_retention", share, n=n, segment=segment))
    return findings(c, rows)


def _net(c: Company) -> Table:
    """One row per order: customer_id, day, net amount, and the customer's first day."""
    refunded = _.refunded.fill_null(0).cast("decimal(18, 4)")
    orders = c.tables.orders.select("customer_id", day=_.ordered_at.date(), net=_.amount - refunded)
    return orders.join(orders.group_by("customer_id").aggregate(first=_.day.min()), "customer_id")


def _whole_until(c: Company) -> pd.Timestamp:
    """First day of the last month that is over by the end of `as_of`."""
    return (pd.Timestamp(c.as_of) + pd.Timedelta(days=1)).to_period("M").to_timestamp() - pd.DateOffset(months=1)


def _waits(c: Company) -> pd.DataFrame:
    """Days from the first order to the next one on a later day, or to `as_of` where there was none: days, returned, customers."""
    per_customer = _net(c).group_by("customer_id").aggregate(first=_.first.min(), next=_.day.min(where=_.day > _.first))
    end = ibis.coalesce(_.next, ibis.literal(c.as_of, type="date"))
    waits = per_customer.group_by(days=end.delta(_.first, unit="day"), returned=_.next.notnull())
    return waits.aggregate(customers=_.count()).order_by("days", "returned").to_pandas()


def _bitmaps(c: Company) -> tuple[pd.DataFrame, int]:
    """Per cohort its size and, per calendar month, how many of it ordered; cohort and months count from the first month.

    Months are counted from January 1970. A customer's months are one bitmap, so each order is looked at once.
    """
    months = c.tables.orders.select(
        "customer_id", m=(_.ordered_at.year() - 1970) * 12 + _.ordered_at.month().cast("int64") - 1
    )
    first = months.m.min().to_pyarrow().as_py()
    if first is None:
        return pd.DataFrame(), 0
    origin, span = int(first), pd.Period(c.as_of, freq="M").ordinal - int(first) + 1
    months = months.mutate(m=(_.m - origin).cast("int64"))
    one = ibis.literal(1, type="int64")
    months = months.mutate(word=months.m // WORD, bit=one << (months.m % WORD))
    words = {f"w{w}": _.bit.bit_or(where=_.word == w) for w in range(-(-span // WORD))}
    per_customer = months.group_by("customer_id").aggregate(cohort=_.m.min(), **words)
    bits = {f"m{m}": ((_[f"w{m // WORD}"] >> (m % WORD)) & 1).sum().fill_null(0) for m in range(span)}
    return per_customer.group_by("cohort").aggregate(customers=_.count(), **bits).order_by("cohort").to_pandas(), origin
