"""What a customer had of us: orders, growth, use, cases and contracts of one account, for its quarterly review (D076, D131).

Figures of one customer each, for that customer: they go into a private report and onto no published page. What the company does
not record is null, never nought.
"""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from crmlib.facts import cases, contracts, people, purchases, use
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.months import first_day

MONTHS = 36
"""Months that are looked at: two years of sums over twelve."""


def summary(c: Company, customers: list[str]) -> pd.DataFrame:
    """One row per customer, in the order given: customer_id, industry; of 12 months orders, net (money), use_days, those of
    the 12 before as `_before`, cases opened, solved (share of them), in_time and promised (promises kept, and due); waiting
    (cases beyond a promise today), ends_on and arr (of running contracts), first_on (first order).
    """
    who = ex.memtable({"customer_id": customers}, schema={"customer_id": "string"})
    year, before = first_day(c.as_of, 12), first_day(c.as_of, 24)
    bought = purchases.orders(c).semi_join(who, "customer_id")
    sums = bought.group_by("customer_id").agg(
        first_on=_.day.min(),
        orders=(_.day >= year).sum(),
        orders_before=((_.day >= before) & (_.day < year)).sum(),
        net=_.net.sum(where=_.day >= year),
        net_before=_.net.sum(where=(_.day >= before) & (_.day < year)),
    )
    used = use.logins(c).semi_join(who, "customer_id").group_by("customer_id")
    used = used.agg(
        use_days=_.day.nunique(where=_.day >= year),
        use_days_before=_.day.nunique(where=(_.day >= before) & (_.day < year)),
    )
    opened = cases.cases(c).filter(_.day >= year).group_by("customer_id")
    opened = opened.agg(cases=_.count(), solved=_.is_solved.cast("float64").mean())
    clocks = cases.clocks(c).filter(_.opened_at.date() >= year).group_by("customer_id")
    clocks = clocks.agg(in_time=_.is_met.sum(), promised=_.is_met.count(), waiting=_.is_overdue.sum())
    live = (
        contracts.paying(c)
        .filter(_.started_on <= c.as_of, _.until.isnull() | (_.until > c.as_of))
        .group_by("customer_id")
    )
    live = live.agg(ends_on=_.ends_on.min(), arr=_.arr.sum())
    rows: Table = who
    for other in (people.customers(c).select("customer_id", "industry"), sums, used, opened, clocks, live):
        rows = rows.left_join(other, "customer_id").drop("customer_id_right")
    frame = rows.to_pandas().set_index("customer_id").reindex(customers).reset_index()
    return _known(c, frame)


def _known(c: Company, frame: pd.DataFrame) -> pd.DataFrame:
    """Nought where it would have been recorded, null where it is not."""
    parts = {
        "orders": ("orders", "orders_before"),
        "orders.amount": ("net", "net_before"),
        "activity.logins": ("use_days", "use_days_before"),
        "tickets": ("cases", "waiting"),
    }
    for needs, columns in parts.items():
        for column in columns:
            numbers = pd.to_numeric(frame[column]).astype("float64")
            frame[column] = numbers.fillna(0.0) if c.knows(needs) else float("nan")
    for column in ("solved", "in_time", "promised", "arr"):
        frame[column] = pd.to_numeric(frame[column]).astype("float64")
    return frame.assign(industry=frame["industry"].where(frame["industry"] != OTHER))


def months(c: Company, customers: list[str]) -> pd.DataFrame:
    """One row per customer and each of the last 25 month ends: customer_id, month (last day), year_net (net revenue of the 12
    months up to it, money). No rows where amounts are not recorded.
    """
    if not c.knows("orders.amount") or not customers:
        return pd.DataFrame({"customer_id": [], "month": [], "year_net": []})
    who = ex.memtable({"customer_id": customers}, schema={"customer_id": "string"})
    begin = first_day(c.as_of, MONTHS)
    bought = purchases.orders(c).semi_join(who, "customer_id").filter(_.day >= begin)
    each = bought.group_by("customer_id", month=_.day.truncate("M")).agg(net=_.net.sum().cast("float64")).to_pandas()
    starts = pd.date_range(begin, periods=MONTHS, freq="MS")
    wide = each.assign(month=pd.to_datetime(each["month"])).pivot_table(
        index="customer_id", columns="month", values="net"
    )
    wide = wide.reindex(index=customers, columns=starts).fillna(0.0)
    rolled = wide.T.rolling(12).sum().T.iloc[:, 11:]
    ends = [_end(start.date(), c.as_of) for start in rolled.columns]
    rolled.columns = pd.Index(ends, name="month")
    return rolled.stack().rename("year_net").reset_index()


def _end(start: date, as_of: date) -> date:
    """The last day of the month that begins on `start`, the company's day for its own."""
    following = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    return min(following - timedelta(days=1), as_of)


def categories(c: Company, customers: list[str]) -> pd.DataFrame:
    """What a customer bought in the last 12 months: customer_id, category, net (money), the most first; words that are not
    published are left out.
    """
    who = ex.memtable({"customer_id": customers}, schema={"customer_id": "string"})
    bought = purchases.orders(c).semi_join(who, "customer_id").filter(_.day >= first_day(c.as_of, 12))
    named = bought.filter(_.category.notnull(), _.category != OTHER, c.knows("orders.amount"))
    rows = named.group_by("customer_id", "category").agg(net=_.net.sum().cast("float64"))
    return rows.order_by(["customer_id", ex.desc("net"), "category"]).to_pandas()
