"""Service promises kept, causes that come back, and how much we find before the customer does (D013, D117 to D119, D130)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from crmlib.facts import cases, clusters, windows
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.findings import clustered_share_of, clustered_shares, finding, findings, marked
from crmlib.models.estimates import Clustered
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.months import month_ends

SEVERITIES = ("critical", "high", "medium", "low")
PREFIX = "severity_"
"""Before a severity in findings and lists: `low` and `high` alone are the ends of an interval there."""
CLOCKS = {"sla_first_response": "first_response", "sla_resolution": "resolution", "own_deadline_kept": cases.OWN}
CLOCKS |= {name: name for name in cases.CRISIS}
"""Figure of each clock, and what is waited for."""
VERDICTS = ("own_verdict_kept", "own_verdict_ever")
STATES = {"late": "tickets.status", "untimed": "tickets.closed_at"}
"""What would settle cases that seem to wait, and those that are solved nobody knows when."""
PAUSES = "tickets.paused_hours"
"""What would excuse solutions that seem late."""


def attainment(c: Company) -> pd.DataFrame:
    """Findings: share of the promises due in the month of the day that were kept, per clock and by severity (D119).

    The policy's promises by severity, and the company's own deadline where it sets one; n cases, interval by customer. By the
    month of the deadline, so that every case counts in exactly one month; what was solved nobody knows when is in none.
    """
    whole, split = _kept_by_month(c), _kept_by_month(c, "severity")
    rows = []
    for kpi, waits_for in CLOCKS.items():
        all_, parts = (
            counted[(counted["month"] == c.as_of.replace(day=1)) & (counted["waits_for"] == waits_for)]
            for counted in (whole, split)
        )
        severities = SEVERITIES if waits_for not in cases.CRISIS else ()
        groups = [("", all_), *((PREFIX + s, parts[parts["severity"] == s]) for s in severities)]
        rows += [_kept(c, kpi, group, segment=segment) for segment, group in groups if group["rows"].sum()]
    return findings(c, rows, of=_stated(c))


def attainment_by_month(c: Company, *, months: int = 12) -> pd.DataFrame:
    """The same over the last `months` months, for a picture, and the company's own verdict: a row per figure and month that
    has a case.
    """
    counted, judged = _kept_by_month(c), _verdicts(c, "month")
    rows = []
    for kpi, waits_for in CLOCKS.items():
        for end in month_ends(c.as_of, months):
            part = counted[(counted["waits_for"] == waits_for) & (counted["month"] == end.replace(day=1))]
            if part["rows"].sum():
                rows.append(_kept(c.at(end), kpi, part))
    for end in month_ends(c.as_of, months):
        part = judged[judged["month"] == end.replace(day=1)]
        rows += [_kept(c.at(end), VERDICTS[0], part)] if len(part) else []
    return findings(c, rows, of=_stated(c))


def own_verdict(c: Company) -> pd.DataFrame:
    """Findings: share of the cases whose promise the company itself calls kept (n cases, interval by customer): of those solved
    in the month, and of all on record; where nobody notes when cases are solved, by when they were opened.
    """
    judged = _verdicts(c, "month")
    parts = zip(VERDICTS, (judged[judged["month"] == c.as_of.replace(day=1)], _verdicts(c)), strict=True)
    return findings(c, (_kept(c, kpi, part) for kpi, part in parts if part["rows"].sum()), of=VERDICTS)


def overdue(c: Company) -> pd.DataFrame:
    """One row per case that is past a promise and still waiting at the end of the day, longest first.

    Columns `case_id`, `customer_id`, `severity`, `waits_for` (`first_response` or `resolution`), `overdue_hours`, `opened_at`.
    """
    late = cases.overdue(c)
    late = late.mutate(severity=ex.literal(PREFIX) + late.severity)
    late = late.order_by(ex.desc("overdue_hours"), "case_id")
    frame = late.select("case_id", "customer_id", "severity", "waits_for", "overdue_hours", "opened_at").to_pandas()
    frame.attrs["left_out"] = () if cases.running(c) else _stated(c)
    return marked(c, frame, *_surer(c, frame))


def falling_due(c: Company) -> pd.DataFrame:
    """One row per case whose promise is not broken yet but falls due by the end of the next working day, the first due first:
    columns as of `overdue`, with `due_at` and `hours_left` (from the end of the day on) in place of `overdue_hours`.
    """
    soon = cases.falling_due(c)
    soon = soon.mutate(severity=ex.literal(PREFIX) + soon.severity).order_by("due_at", "case_id")
    columns = ("case_id", "customer_id", "severity", "waits_for", "due_at", "hours_left", "opened_at")
    frame = soon.select(*columns).to_pandas()
    frame.attrs["left_out"] = () if cases.running(c) else _stated(c)
    return marked(c, frame, *_surer(c, frame))


def waiting(c: Company) -> pd.DataFrame:
    """Findings: cases past a promise and still waiting, by severity, and those past the company's own deadline; no rows where
    no clock is recorded.
    """
    running, kpis = cases.running(c), ("overdue_cases", "own_overdue_cases")
    total = int(cases.cases(c).count().to_pandas())
    if not total or not running:
        return findings(c, of=(kpis[0], *_stated(c)))
    late = cases.clocks(c).filter(_.is_overdue).mutate(is_own=_.waits_for == cases.OWN)
    sums = {"cases": _.case_id.nunique(), "customers": _.customer_id.nunique()}
    whole, split = (
        late.group_by(by).agg(**sums).to_pandas().set_index(by) for by in (["is_own"], ["is_own", "severity"])
    )
    rows = []
    for kpi, own in zip(kpis, (False, True), strict=True):
        found = {"": whole.loc[own]} if own in whole.index else {"": pd.Series({"cases": 0, "customers": 0})}
        if not own:
            found |= {PREFIX + s: split.loc[own, s] for s in SEVERITIES if (own, s) in split.index}
        uses = (STATES["late"], *(() if own else (PAUSES, "tickets.category"))) if found[""]["cases"] else ()
        if (cases.OWN in running) if own else (running != [cases.OWN]):
            rows += [
                finding(c, kpi, int(row["cases"]), n=total, segment=s, uses=uses, customers=row["customers"])
                for s, row in found.items()
            ]
    return findings(c, rows, of=kpis[:1])


def due_next(c: Company) -> pd.DataFrame:
    """Findings: cases whose promise falls due by the end of the next working day, by what is waited for; n cases that wait."""
    frame = falling_due(c)
    if not cases.running(c):
        return findings(c, of=("due_next_cases",))
    waiting = int(cases.cases(c).filter(~_.is_solved).count().to_pandas())
    parts = [("", frame), *((str(of), part) for of, part in frame.groupby("waits_for"))] if waiting else []
    uses = _surer(c, frame)
    rows = [
        finding(
            c, "due_next_cases", len(part), n=waiting, segment=of, uses=uses, customers=part["customer_id"].nunique()
        )
        for of, part in parts
    ]
    return findings(c, rows, of=("due_next_cases",))


def found_by_us(c: Company) -> pd.DataFrame:
    """Findings: share of the month's cases that we found before the customer reported them, where it is known who did (D013)."""
    month = cases.cases(c).filter((_.day >= windows.last(c, 1)) & _.is_found_by_us.notnull())
    return clustered_shares(c, "found_by_us_share", [("", clusters.by_customer(month, _.is_found_by_us))])


def causes(c: Company) -> pd.DataFrame:
    """One row per cause of the cases opened in the last `policy.risk.window_months` months, the most frequent first.

    Columns `cause`, `cases`, `customers`, `share`, `came_back` (the customer had a case of the same cause within as many months
    before), `came_back_share`, `reopened` (NaN where it is not recorded). Cases without a known cause are in no row; of causes
    that have no name here (`other`) it is not known whether one came back (D107, D117).
    """
    frame = (
        _with_repeats(c)
        .group_by("cause")
        .agg(
            cases=_.count(),
            customers=_.customer_id.nunique(),
            came_back=_.came_back.sum(),
            reopened=_.is_reopened.sum(),
        )
        .order_by([ex.desc("cases"), ex.asc("cause", nulls_first=True)])
        .to_pandas()
    )
    frame["share"] = frame["cases"] / frame["cases"].sum()
    frame["came_back"] = frame["came_back"].where(frame["cause"] != OTHER)
    frame["came_back_share"] = frame["came_back"] / frame["cases"]
    return frame[["cause", "cases", "customers", "share", "came_back", "came_back_share", "reopened"]]


def repeats(c: Company) -> pd.DataFrame:
    """Findings: share of the cases whose customer had one of the same cause shortly before, whole and by cause, the most frequent
    first; interval by customer (D117).
    """
    named = _with_repeats(c).filter(_.cause != OTHER)
    parts = clusters.by_customer_in(named, _.came_back == 1, ["cause"])
    groups = [("", clusters.by_customer(named, _.came_back == 1))]
    groups += sorted(((cause, sums) for (cause,), sums in parts), key=lambda part: -part[1].rows)
    return clustered_shares(c, "repeat_case_share", groups)


def _stated(c: Company) -> tuple[str, ...]:
    """The figures of the policy's clocks, and that of the company's own deadline where it sets one."""
    told = (*cases.CLOCKS, *([cases.OWN] if c.knows("tickets.due_at") else []))
    return tuple(kpi for kpi, waits_for in CLOCKS.items() if waits_for in told)


def _surer(c: Company, frame: pd.DataFrame) -> tuple[str, ...]:
    """Columns that would make a list of waiting cases surer."""
    promised = ("tickets.severity",) if c.knows("tickets.due_at") else ()
    settled = ("tickets.status", "tickets.category") if len(frame) else ()
    paused = (PAUSES,) if frame["waits_for"].isin(["resolution"]).any() else ()
    return (*promised, *(f"tickets.{column}" for column in cases.CLOCKS.values()), *settled, *paused)


def _kept(c: Company, kpi: str, part: pd.DataFrame, *, segment: str = "") -> dict[str, object]:
    """The finding of the one row of what is counted below, with what would settle cases whose end is not on record."""
    row = part.iloc[0]
    uses = [column for what, column in STATES.items() if row[what]]
    uses += [PAUSES] if kpi == "sla_resolution" and row["hits"] < row["rows"] else []
    return clustered_share_of(c, kpi, Clustered(*row[list(clusters.SUMS)]), segment=segment, uses=uses)


def _kept_by_month(c: Company, *by: str) -> pd.DataFrame:
    """Per clock, month of the deadline and `by`: of the cases whose deadline is over those kept (`clusters.SUMS`), `late` that
    wait, and `untimed`, solved nobody knows when, which are no part of the cases.
    """
    over = cases.clocks(c).filter(_.is_met.notnull() | _.is_untimed)
    # A deadline at midnight ends the day before it.
    ends = (over.deadline - ex.interval(seconds=1)).date()
    keys = ["waits_for", *by, "month"]
    each = over.mutate(month=ends.truncate("M")).group_by([*keys, "customer_id"])
    counts = {"late": _.is_overdue.cast("int64").sum(), "untimed": _.is_untimed.cast("int64").sum()}
    return _summed(each.agg(k=_.count(where=_.is_met), n=_.is_met.count(), **counts), keys)


def _verdicts(c: Company, *by: str) -> pd.DataFrame:
    """By `month` in which cases were solved, or whole: those with a verdict of the company's own and those kept (`SUMS`), `late`
    and `untimed` as above (the latter are counted by when they were opened).
    """
    dated = c.knows("tickets.resolved_at") or c.knows("tickets.closed_at")
    judged = cases.cases(c).filter(_.is_kept.notnull())
    day = (
        ex.coalesce(judged.resolved_at.date(), judged.is_solved.ifelse(judged.day, ex.null("date")))
        if dated
        else judged.day
    )
    rows = judged.mutate(month=day.truncate("M")).filter(_.month.notnull())
    counts = {"late": _.count(where=~_.is_solved), "untimed": _.count(where=_.resolved_at.isnull() & _.is_solved)}
    each = rows.group_by([*by, "customer_id"])
    return _summed(each.agg(k=_.count(where=_.is_kept), n=_.count(), **counts), by)


def _summed(each: Expression, keys: Sequence[str]) -> pd.DataFrame:
    """A small table by `keys`, in their order, its months as days."""
    sums = clusters.summed(each, keys, late=_.late.sum(), untimed=_.untimed.sum())
    frame = (sums.order_by(list(keys)) if keys else sums).to_pandas()
    if "month" in keys:
        months = [date(day.year, day.month, 1) for day in pd.to_datetime(frame["month"])]
        frame = frame.assign(month=pd.Series(months, index=frame.index, dtype="object"))
    return frame.fillna(dict.fromkeys((*clusters.SUMS, "late", "untimed"), 0))


def _with_repeats(c: Company) -> Expression:
    months = c.policy.risk.window_months
    known = cases.cases(c).filter(_.cause.notnull() & (_.day >= windows.last(c, 2 * months)))
    order = ex.window(group_by=["customer_id", "cause"], order_by=["opened_at", "case_id"])
    known = known.mutate(before=known.day.lag().over(order))
    span = (c.as_of - windows.last(c, months)).days + 1
    near = (known.day.delta(known.before, unit="day") <= span).fill_null(False)
    return known.mutate(came_back=near.cast("int64")).filter(_.day >= windows.last(c, months))
