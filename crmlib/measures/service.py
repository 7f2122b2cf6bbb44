"""Service promises kept, causes that come back, and how much we find before the customer does (D013, D117 to D119, D130)."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table as Expression

from crmlib.facts import cases, windows
from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings, marked, share_of, shares_of
from crmlib.vocabulary.months import month_ends

SEVERITIES = ("critical", "high", "medium", "low")
PREFIX = "severity_"
"""Before a severity in findings and lists: `low` and `high` alone are the ends of an interval there."""
CLOCKS = {"sla_first_response": "first_response", "sla_resolution": "resolution"}
"""Figure of each clock, and what is waited for."""


def attainment(c: Company) -> pd.DataFrame:
    """Findings: share of the promises due in the month of the day that were kept, per clock and by severity (D119).

    Wilson interval, n cases. By the month of the deadline, so that every case counts in exactly one month.
    """
    counted = _kept_by_month(c)
    counted = counted[counted["month"] == c.as_of.replace(day=1)]
    rows = []
    for kpi, waits_for in CLOCKS.items():
        part = counted[counted["waits_for"] == waits_for]
        groups = [("", part)] if len(part) else []
        groups += [(PREFIX + s, part[part["severity"] == s]) for s in SEVERITIES if (part["severity"] == s).any()]
        for segment, group in groups:
            rows.append(share_of(c, kpi, group["kept"].sum(), group["cases"].sum(), segment=segment))
    return findings(c, rows, of=CLOCKS)


def attainment_by_month(c: Company, *, months: int = 12) -> pd.DataFrame:
    """The same over the last `months` months, for a picture: a row per clock and month that has a case."""
    counted = _kept_by_month(c)
    rows = []
    for kpi, waits_for in CLOCKS.items():
        for end in month_ends(c.as_of, months):
            part = counted[(counted["waits_for"] == waits_for) & (counted["month"] == end.replace(day=1))]
            if len(part):
                rows.append(share_of(c.at(end), kpi, part["kept"].sum(), part["cases"].sum()))
    return findings(c, rows, of=CLOCKS)


def overdue(c: Company) -> pd.DataFrame:
    """One row per case that is past a promise and still waiting at the end of the day, longest first.

    Columns `case_id`, `customer_id`, `severity`, `waits_for` (`first_response` or `resolution`), `overdue_hours`, `opened_at`.
    """
    late = cases.overdue(c)
    late = late.mutate(severity=ibis.literal(PREFIX) + late.severity)
    late = late.order_by(ibis.desc("overdue_hours"), "case_id")
    frame = late.select("case_id", "customer_id", "severity", "waits_for", "overdue_hours", "opened_at").to_pandas()
    frame.attrs["left_out"] = () if cases.running(c) else tuple(CLOCKS)
    return marked(c, frame, *(f"tickets.{column}" for column in cases.CLOCKS.values()))


def waiting(c: Company) -> pd.DataFrame:
    """Findings: cases past a promise and still waiting, by severity; no rows where neither clock is recorded."""
    total = int(cases.cases(c).count().to_pandas())
    if not total or not cases.running(c):
        return findings(c, of=("overdue_cases", *CLOCKS))
    late = overdue(c)["severity"].value_counts()
    groups = [("", int(late.sum()))] + [(PREFIX + s, int(late[PREFIX + s])) for s in SEVERITIES if PREFIX + s in late]
    return findings(c, [finding(c, "overdue_cases", count, n=total, segment=s) for s, count in groups])


def found_by_us(c: Company) -> pd.DataFrame:
    """Findings: share of the month's cases that we found before the customer reported them, where it is known who did (D013)."""
    month = cases.cases(c).filter((_.day >= windows.last(c, 1)) & _.is_found_by_us.notnull())
    row = month.agg(n=_.count(), found=_.is_found_by_us.sum()).to_pandas().iloc[0]
    return shares_of(c, "found_by_us_share", [("", row["found"], row["n"])])


def causes(c: Company) -> pd.DataFrame:
    """One row per cause of the cases opened in the last `policy.risk.window_months` months, the most frequent first.

    Columns `cause`, `cases`, `share`, `came_back` (the customer had a case of the same cause within as many months before),
    `came_back_share`, `reopened` (NaN where it is not recorded). Cases without a known cause are in no row (D107, D117).
    """
    frame = (
        _with_repeats(c)
        .group_by("cause")
        .agg(cases=_.count(), came_back=_.came_back.sum(), reopened=_.is_reopened.sum())
        .order_by([ibis.desc("cases"), ibis.asc("cause", nulls_first=True)])
        .to_pandas()
    )
    frame["share"] = frame["cases"] / frame["cases"].sum()
    frame["came_back_share"] = frame["came_back"] / frame["cases"]
    return frame[["cause", "cases", "share", "came_back", "came_back_share", "reopened"]]


def repeats(c: Company) -> pd.DataFrame:
    """Findings: share of the cases whose customer had one of the same cause shortly before, by cause; Wilson (D117)."""
    frame = causes(c)
    groups = [("", int(frame["came_back"].sum()), int(frame["cases"].sum()))] if len(frame) else []
    groups += list(zip(frame["cause"], frame["came_back"], frame["cases"], strict=True))
    return shares_of(c, "repeat_case_share", groups)


def _kept_by_month(c: Company) -> pd.DataFrame:
    """Per clock, severity and month of the deadline: `cases` whose deadline is over and `kept` of them."""
    over = cases.clocks(c).filter(_.is_met.notnull())
    # A deadline at midnight ends the day before it.
    ends = (over.deadline - ibis.interval(seconds=1)).date()
    keys = ["waits_for", "severity", "year", "number"]
    counted = over.mutate(year=ends.year(), number=ends.month()).group_by(keys)
    frame = counted.agg(cases=_.count(), kept=_.is_met.cast("int64").sum()).order_by(keys).to_pandas()
    frame["month"] = [date(int(y), int(m), 1) for y, m in zip(frame["year"], frame["number"], strict=True)]
    return frame


def _with_repeats(c: Company) -> Expression:
    months = c.policy.risk.window_months
    known = cases.cases(c).filter(_.cause.notnull() & (_.day >= windows.last(c, 2 * months)))
    order = ibis.window(group_by=["customer_id", "cause"], order_by=["opened_at", "case_id"])
    known = known.mutate(before=known.day.lag().over(order))
    span = (c.as_of - windows.last(c, months)).days + 1
    near = (known.day.delta(known.before, unit="day") <= span).fill_null(False)
    return known.mutate(came_back=near.cast("int64")).filter(_.day >= windows.last(c, months))
