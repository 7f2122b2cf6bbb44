"""How long service cases take, and how often they are opened again or handed on (D117, D119, D130)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts import cases, clusters, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import _
from crmlib.facts.findings import clustered_share_of, finding, findings
from crmlib.models.estimates import ratio_of_sums
from crmlib.models.survival import median_wait
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.months import month_ends
from crmlib.vocabulary.schema import TABLES

SEVERITIES = tuple(reversed(TABLES["tickets"]["severity"].values))
PREFIX = "severity_"
"""Before a severity in findings: `low` and `high` alone are the ends of an interval there."""
MOST = 10
"""Kinds of cases that are told apart, the most frequent first."""
REWORK = ("reopened_share", "reassigned_share", "reassignments")
WAITS = {"resolution_hours": "resolved_at", "first_answer_hours": "first_response_at"}
ENDS = {"resolution_hours": "resolved_at", "first_answer_hours": "answered_at"}
"""Median waits: the column without which there is none, and the time that ends each."""
BACKLOG = ("backlog_cases", "backlog_months")


def ledger(c: Company) -> pd.DataFrame:
    """One row per span (`this_month`, `last_months`, `all_months`): cases opened in it, of how many customers, and
    of them solved, waiting, opened again and handed on at least once; NaN where the company does not record it.
    """
    rows = cases.cases(c)
    spans = {
        "this_month": windows.last(c, 1),
        "last_months": windows.last(c, c.policy.risk.window_months),
        "all_months": None,
    }
    told = []
    for span, since in spans.items():
        part = rows.filter(_.day >= since) if since else rows
        counts = part.agg(
            cases=_.count(),
            customers=_.customer_id.nunique(),
            solved=_.is_solved.sum(),
            reopened=_.is_reopened.sum(),
            reassigned=_.count(where=_.reassigned > 0),
        )
        told.append({"span": span, **counts.to_pandas().iloc[0]})
    frame = pd.DataFrame(told).astype(dict.fromkeys(("solved", "reopened", "reassigned"), float)).fillna(0.0)
    frame.insert(4, "waiting", frame["cases"] - frame["solved"])
    ends = [name for name in ("resolved_at", "closed_at", "status") if c.knows(f"tickets.{name}")]
    unknown = {"reopened": c.knows("tickets.reopened"), "reassigned": c.knows("tickets.reassigned")}
    for column, known in {"solved": ends, "waiting": ends, **unknown}.items():
        frame[column] = frame[column] if known else nan
    frame = frame if len(frame) and frame["cases"].iloc[-1] else frame.head(0)
    absent = [name for name in ("resolved_at", "status", "closed_at") if ends and name not in ends]
    frame.attrs["without"] = tuple(f"tickets.{name}" for name in absent if (frame["waiting"] > 0).any())
    return frame


def resolution(c: Company) -> pd.DataFrame:
    """Findings `resolution_hours` and `first_answer_hours`: median time to the solution and to the first answer of the cases
    opened in the last `policy.risk.window_months` months, with those that wait still running (Kaplan-Meier; interval of
    Brookmeyer and Crowley 1982), n cases.

    Whole; the solution also by severity, and by category where there are several with at least `policy.statistics.min_n` cases.
    """
    since = windows.last(c, c.policy.risk.window_months)
    known, answers = _waits(c, since, "resolution_hours"), _waits(c, since, "first_answer_hours")
    groups = [("", known)] if len(known) else []
    groups += [(PREFIX + s, known[known["severity"] == s]) for s in SEVERITIES if (known["severity"] == s).any()]
    kinds = known["category"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    kinds = kinds[kinds >= c.policy.statistics.min_n].drop(OTHER, errors="ignore").head(MOST)
    groups += [(str(kind), known[known["category"] == kind]) for kind in kinds.index if len(kinds) > 1]
    rows = [_median(c, "resolution_hours", part, segment) for segment, part in groups]
    rows[1:1] = [_median(c, "first_answer_hours", answers, "")] if len(answers) else []
    return findings(c, rows, of=WAITS)


def backlog(c: Company) -> pd.DataFrame:
    """Findings `backlog_cases`, cases opened and not solved at the end of the month (n cases opened in it), and
    `backlog_months`: how many months like the last ones (the window of the risk rule) the solving of them would take (n cases
    solved in those).
    """
    rows = backlog_by_month(c, months=1).to_dict("records")
    if rows:
        since = windows.last(c, c.policy.risk.window_months)
        solved = cases.cases(c).filter(_.resolved_at.date() >= since)
        done = solved.agg(n=_.count(), customers=_.customer_id.nunique()).to_pandas().iloc[0]
        pace, waiting = float(done["n"]) / c.policy.risk.window_months, float(rows[0]["value"])
        if pace:
            few = min(int(done["customers"]), int(rows[0]["customers"])) if waiting else int(done["customers"])
            uses = _unsettled(rows[0])
            rows.append(finding(c, BACKLOG[1], waiting / pace, n=int(done["n"]), uses=uses, customers=few))
    return findings(c, rows, of=BACKLOG)


def backlog_by_month(c: Company, *, months: int = 12) -> pd.DataFrame:
    """`backlog_cases` at the end of each of the last `months` months, as known on the day of `c`; what is solved nobody knows
    when is in no backlog.
    """
    if not c.knows("tickets.resolved_at"):
        return findings(c, of=BACKLOG[:1])
    rows, ends, counts = cases.cases(c).filter(~_.is_solved | _.resolved_at.notnull()), month_ends(c.as_of, months), {}
    for end in ends:
        solved = (_.resolved_at.date() <= end).fill_null(False)
        counts[f"open {end}"] = _.count(where=(_.day <= end) & ~solved)
        counts[f"customers {end}"] = _.customer_id.nunique(where=(_.day <= end) & ~solved)
        counts[f"new {end}"] = _.count(where=(_.day <= end) & (_.day >= end.replace(day=1)))
    row, told = rows.agg(**counts).to_pandas().iloc[0], []
    for end in ends:
        waiting, new = int(row[f"open {end}"]), int(row[f"new {end}"])
        if waiting or new:
            customers, uses = int(row[f"customers {end}"]), _unsettled({"value": waiting})
            here = finding(c, BACKLOG[0], waiting, n=new, uses=uses, customers=customers)
            told.append({**here, "period": f"{end:%Y-%m}"})
    return findings(c, told, of=BACKLOG[:1])


def _unsettled(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """What would settle cases that seem to wait."""
    return ("tickets.status",) if row["value"] else ()


def resolution_by_month(c: Company, *, months: int = 12) -> pd.DataFrame:
    """The same of the cases opened in each of the last `months` months, as known on the day of `c`, for a picture."""
    known, rows = _waits(c, windows.last(c, months), "resolution_hours"), []
    for end in month_ends(c.as_of, months):
        part = known[(known["day"] >= pd.Timestamp(end.replace(day=1))) & (known["day"] <= pd.Timestamp(end))]
        if len(part):
            rows.append({**_median(c, "resolution_hours", part, ""), "period": f"{end:%Y-%m}"})
    return findings(c, rows, of=("resolution_hours",))


def rework(c: Company) -> pd.DataFrame:
    """Findings on the cases opened in the last `policy.risk.window_months` months: the share opened again, the share handed on at
    least once, and how often a case is handed on; intervals by customer, n cases.
    """
    rows = cases.cases(c).filter(_.day >= windows.last(c, c.policy.risk.window_months))
    told = []
    for kpi, known, hit in (
        (REWORK[0], _.is_reopened.notnull(), _.is_reopened),
        (REWORK[1], _.reassigned.notnull(), _.reassigned > 0),
    ):
        sums = clusters.by_customer(rows.filter(known), hit)
        told += [clustered_share_of(c, kpi, sums)] if sums.rows else []
    each = rows.filter(_.reassigned.notnull()).group_by("customer_id").agg(k=_.reassigned.sum(), n=_.count())
    counted = each.order_by("customer_id").to_pandas()
    if len(counted):
        k, n = (counted[name].to_numpy(dtype=float) for name in "kn")
        moments = {"k": k.sum(), "n": n.sum(), "k.k": (k * k).sum(), "k.n": (k * n).sum(), "n.n": (n * n).sum()}
        estimate = ratio_of_sums(moments, ("k",), ("n",), confidence=c.policy.statistics.confidence)
        told.append(finding(c, REWORK[2], estimate, n=int(n.sum()), customers=len(counted)))
    return findings(c, told, of=REWORK)


def _median(c: Company, kpi: str, part: pd.DataFrame, segment: str) -> dict[str, object]:
    known = part[part["hours"].notna()]
    estimate = median_wait(
        known["hours"].to_numpy(), known["is_timed"].to_numpy(), confidence=c.policy.statistics.confidence
    )
    open_, untimed = (~known["is_timed"]).any(), len(part) > len(known)
    uses = [column for column, there in (("tickets.status", open_), ("tickets.closed_at", untimed)) if there]
    of = known["customer_id"].nunique()
    return finding(c, kpi, estimate, n=len(known), segment=segment, uses=uses, customers=of)


def _waits(c: Company, since: date, kpi: str) -> pd.DataFrame:
    """One row per case opened from a day on: customer_id, day, severity, category, hours (to the end of the wait, else to the end
    of the day; NaN where it ended nobody knows when) and whether it ended by then (`is_timed`). What is solved has been answered
    by then.
    """
    if not c.knows(f"tickets.{WAITS[kpi]}"):
        none: dict[str, list[object]] = {"customer_id": [], "severity": [], "category": [], "hours": [], "is_timed": []}
        return pd.DataFrame({"day": pd.to_datetime([]), **none})
    rows = cases.cases(c).filter(_.day >= since)
    columns = ("case_id", "customer_id", "day", "opened_at", "is_solved", "severity", "category")
    frame = rows.select(*columns, ended=ENDS[kpi]).order_by("case_id").to_pandas()
    end = pd.Timestamp(c.as_of) + pd.Timedelta(days=1)
    timed = frame["ended"].notna()
    until = pd.to_datetime(frame["ended"]).fillna(end)
    hours = ((until - frame["opened_at"]).dt.total_seconds() / 3600).mask(~timed & frame["is_solved"])
    frame = frame.assign(hours=hours, is_timed=timed, day=pd.to_datetime(frame["day"]))
    return frame[~np.asarray(hours < 0)]
