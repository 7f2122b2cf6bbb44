"""Service promises kept, causes that come back, and how much we find before the customer does (D013, D117 to D119, D130)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table as Expression

from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.models.estimates import wilson
from crmlib.vocabulary.months import first_day, month_end_before, month_ends

NEEDS = ("tickets",)
SEVERITIES = ("critical", "high", "medium", "low")
PREFIX = "severity_"
"""Before a severity in findings and lists: `low` and `high` alone are the ends of an interval there."""
CLOCKS = {"sla_first_response": "first_response_at", "sla_resolution": "resolved_at"}


def deadlines(c: Company) -> Expression:
    """One row per case and clock with a promise: `kpi`, `ticket_id`, `severity`, `deadline`, `done_at`, `met`.

    `met` is null while the deadline is not over at the end of `as_of`, answered or not: counting early answers alone would
    flatter. From then on a case without an answer is missed. A case without a severity in the policy has no promise (D119).
    """
    tickets = c.tables.tickets
    end = ibis.literal(datetime.combine(c.as_of + timedelta(days=1), datetime.min.time()), type="timestamp(6)")
    promises = {
        "sla_first_response": c.policy.service.first_response_hours,
        "sla_resolution": c.policy.service.resolution_hours,
    }
    clocks = []
    for kpi, column in CLOCKS.items():
        hours = sorted(promises[kpi].items()) or [("", 0.0)]
        times = [(tickets.severity == s, tickets.opened_at + ibis.interval(seconds=round(h * 3600))) for s, h in hours]
        deadline = ibis.cases(*times).cast("timestamp(6)")
        clock = tickets.select(
            "ticket_id", "severity", kpi=ibis.literal(kpi), deadline=deadline, done_at=tickets[column]
        )
        kept = clock.done_at.notnull() & (clock.done_at.fill_null(end) <= clock.deadline)
        met = ibis.ifelse(clock.deadline <= end, kept, ibis.null("boolean"))
        clocks.append(clock.mutate(met=met).filter(clock.deadline.notnull()))
    return ibis.union(*clocks)


def attainment(c: Company) -> pd.DataFrame:
    """Findings: share of the promises due in the month of `as_of` that were kept, per clock and by severity (D119).

    Wilson interval, n cases. By the month of the deadline, so that every case counts in exactly one month.
    """
    counted = _kept_by_month(c)
    counted = counted[counted["month"] == c.as_of.replace(day=1)]
    rows = []
    for kpi in CLOCKS:
        part = counted[counted["kpi"] == kpi]
        groups = [("", part)] if len(part) else []
        groups += [(PREFIX + s, part[part["severity"] == s]) for s in SEVERITIES if (part["severity"] == s).any()]
        for segment, group in groups:
            share = wilson(group["kept"].sum(), group["cases"].sum(), confidence=c.policy.statistics.confidence)
            rows.append(finding(c, kpi, share, n=group["cases"].sum(), segment=segment))
    return findings(c, rows, needs=NEEDS)


def attainment_by_month(c: Company, *, months: int = 12) -> pd.DataFrame:
    """The same over the last `months` months, for a picture: a row per clock and month that has a case."""
    counted = _kept_by_month(c)
    rows = []
    for kpi in CLOCKS:
        for end in month_ends(c.as_of, months):
            part = counted[(counted["kpi"] == kpi) & (counted["month"] == end.replace(day=1))]
            if len(part):
                share = wilson(part["kept"].sum(), part["cases"].sum(), confidence=c.policy.statistics.confidence)
                rows.append(finding(c.at(end), kpi, share, n=part["cases"].sum()))
    return findings(c, rows, needs=NEEDS)


def overdue(c: Company) -> pd.DataFrame:
    """One row per case that is past a promise and still waiting at the end of `as_of`, longest first.

    Columns `ticket_id`, `customer_id`, `severity`, `waits_for` (`first_response` or `resolution`), `overdue_hours`, `opened_at`.
    """
    clocks = deadlines(c)
    late = clocks.filter(clocks.met.notnull() & clocks.done_at.isnull())
    cases = late.inner_join(c.tables.tickets.select("ticket_id", "customer_id", "opened_at"), "ticket_id").to_pandas()
    end = pd.Timestamp(c.as_of + timedelta(days=1))
    cases["overdue_hours"] = (end - pd.to_datetime(cases["deadline"])).dt.total_seconds() / 3600
    cases["waits_for"] = cases["kpi"].map({"sla_first_response": "first_response", "sla_resolution": "resolution"})
    cases["severity"] = PREFIX + cases["severity"].astype("str")
    # A case without any answer waits for that first; its solution is not listed a second time.
    cases = cases.sort_values(["ticket_id", "waits_for"]).drop_duplicates("ticket_id")
    cases = cases.sort_values(["overdue_hours", "ticket_id"], ascending=[False, True])
    return cases[["ticket_id", "customer_id", "severity", "waits_for", "overdue_hours", "opened_at"]].reset_index(
        drop=True
    )


def waiting(c: Company) -> pd.DataFrame:
    """Findings: cases past a promise and still waiting, by severity."""
    total = int(c.tables.tickets.count().to_pandas())
    if not total:
        return findings(c, needs=NEEDS)
    late = overdue(c)["severity"].value_counts()
    groups = [("", int(late.sum()))] + [(PREFIX + s, int(late[PREFIX + s])) for s in SEVERITIES if PREFIX + s in late]
    nan = float("nan")
    return findings(
        c, [finding(c, "overdue_cases", (count, nan, nan), n=total, segment=s) for s, count in groups], needs=NEEDS
    )


def found_by_us(c: Company) -> pd.DataFrame:
    """Findings: share of the month's cases that we found before the customer reported them, where it is known who did (D013)."""
    cases = c.tables.tickets.filter((_.opened_at.date() > month_end_before(c.as_of)) & _.found_by.notnull())
    row = cases.agg(n=_.count(), ours=_.count(where=_.found_by == "proactive")).to_pandas().iloc[0]
    if not row["n"]:
        return findings(c, needs=NEEDS)
    share = wilson(int(row["ours"]), int(row["n"]), confidence=c.policy.statistics.confidence)
    return findings(c, [finding(c, "found_by_us_share", share, n=int(row["n"]))], needs=NEEDS)


def causes(c: Company) -> pd.DataFrame:
    """One row per cause of the cases opened in the last `policy.risk.window_months` months, the most frequent first.

    Columns `cause`, `cases`, `share`, `came_back` (the customer had a case of the same cause within as many months before),
    `came_back_share`, `reopened`. Cases without a known cause are in no row (D107, D117).
    """
    cases = _with_repeats(c)
    frame = (
        cases.group_by("cause")
        .agg(cases=_.count(), came_back=_.came_back.cast("int64").sum(), reopened=_.count(where=_.reopened))
        .order_by([ibis.desc("cases"), ibis.asc("cause", nulls_first=True)])
        .to_pandas()
    )
    frame["share"] = frame["cases"] / frame["cases"].sum()
    frame["came_back_share"] = frame["came_back"] / frame["cases"]
    return frame[["cause", "cases", "share", "came_back", "came_back_share", "reopened"]]


def repeats(c: Company) -> pd.DataFrame:
    """Findings: share of the cases whose customer had one of the same cause shortly before, by cause; Wilson (D117)."""
    frame = causes(c)
    if frame.empty:
        return findings(c, needs=NEEDS)
    groups = [("", int(frame["came_back"].sum()), int(frame["cases"].sum()))]
    groups += list(zip(frame["cause"], frame["came_back"], frame["cases"], strict=True))
    confidence = c.policy.statistics.confidence
    return findings(
        c,
        [
            finding(c, "repeat_case_share", wilson(r, n, confidence=confidence), n=n, segment=cause)
            for cause, r, n in groups
        ],
        needs=NEEDS,
    )


def _kept_by_month(c: Company) -> pd.DataFrame:
    """Per clock, severity and month of the deadline: `cases` whose deadline is over and `kept` of them."""
    clocks = deadlines(c)
    over = clocks.filter(clocks.met.notnull())
    # A deadline at midnight ends the day before it.
    ends = (over.deadline - ibis.interval(seconds=1)).date()
    counted = (
        over.mutate(year=ends.year(), number=ends.month())
        .group_by("kpi", "severity", "year", "number")
        .agg(cases=_.count(), kept=_.met.cast("int64").sum())
    )
    frame = counted.order_by("kpi", "severity", "year", "number").to_pandas()
    frame["month"] = [date(int(y), int(m), 1) for y, m in zip(frame["year"], frame["number"], strict=True)]
    return frame


def _with_repeats(c: Company) -> Expression:
    months = c.policy.risk.window_months
    cases = c.tables.tickets.filter(
        c.tables.tickets.cause.notnull() & (c.tables.tickets.opened_at.date() >= first_day(c.as_of, 2 * months))
    )
    order = ibis.window(group_by=["customer_id", "cause"], order_by=["opened_at", "ticket_id"])
    cases = cases.mutate(on=cases.opened_at.date(), before=cases.opened_at.date().lag().over(order))
    near = cases.on.delta(cases.before, unit="day")
    span = (c.as_of - first_day(c.as_of, months)).days + 1
    cases = cases.mutate(came_back=(near <= span).fill_null(False))
    return cases.filter(cases.on >= first_day(c.as_of, months))
