"""Whether the data came at all: rows of each table by month, against the months before (D036)."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from crmlib.facts import holdings
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import finding, findings

NAN = float("nan")
STEADY = ("orders", "interactions", "tickets", "activity")
"""Tables that a running company fills every month; a month without new customers or surveys is no gap."""
THIN = 0.5
"""Share of the rows of the months before below which a month counts as a gap."""


def arrivals(c: Company) -> pd.DataFrame:
    """Rows per `table` and `month`, and `usual`: the rows as a share of the median of the six months before (D036).

    A gap is an outage or a file that never came: months with nothing between a table's first month and the last of all stand
    there with 0. Only tables that a running company fills every month (`STEADY`); `usual` is NaN in a table's first three months.
    """
    day_after = c.as_of + timedelta(days=1)
    over = _.day < date(day_after.year, day_after.month, 1)
    dated = holdings.rows(c).filter(over, _.table.isin(STEADY)).mutate(month=_.day.truncate("M"))
    sums = dated.group_by(["table", "month"]).agg(rows=_.count()).order_by(["table", "month"]).execute()
    if sums.empty:
        return pd.DataFrame({"table": [], "month": [], "rows": [], "usual": []})
    sums["month"] = pd.PeriodIndex(pd.to_datetime(sums["month"]), freq="M")
    wide = sums.pivot(index="month", columns="table", values="rows")
    wide = wide.reindex(pd.period_range(wide.index.min(), wide.index.max(), freq="M"))
    wide = wide.where(wide.ffill().isna(), wide.fillna(0))
    usual = (wide / wide.shift(1).rolling(6, min_periods=3).median().clip(lower=1)).rename_axis("month")
    rows = wide.rename_axis("month").stack().dropna().rename("rows")
    long = rows.to_frame().join(usual.stack().rename("usual")).reset_index()
    long = long.astype({"rows": "int64", "month": str}).sort_values(["table", "month"], ignore_index=True)
    return long[["table", "month", "rows", "usual"]]


def gaps(c: Company) -> pd.DataFrame:
    """Findings `gap_months`: months in which a table received less than half of its usual rows, in total and per table (D036)."""
    frame = arrivals(c)
    if frame.empty:
        return findings(c, of=("gap_months",))
    frame = frame.dropna(subset=["usual"])
    if frame.empty:
        return findings(c, [finding(c, "gap_months", NAN, n=0)])
    thin = (frame["usual"] < THIN).groupby(frame["table"]).agg(["sum", "size"])
    parts = [("", thin["sum"].sum(), thin["size"].sum()), *thin.itertuples(name=None)]
    return findings(c, (finding(c, "gap_months", k, n=n, segment=s) for s, k, n in parts))
