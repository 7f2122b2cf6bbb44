"""How long service cases take, and how often they are opened again or handed on (D117, D119, D130)."""

from __future__ import annotations

from datetime import date
from math import nan

import numpy as np
import pandas as pd
from ibis import _

from crmlib.facts import cases, clusters, windows
from crmlib.facts.company import Company
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
    """Findings `resolution_hours`: median time to the solution of the cases opened in the last `policy.risk.window_months`
    months, with the open ones still running (Kaplan-Meier; interval of Brookmeyer and Crowley 1982), n cases.

    Whole, by severity, and by category where there are several with at least `policy.statistics.min_n` cases.
    """
    known = _waits(c, windows.last(c, c.policy.risk.window_months))
    groups = [("", known)] if len(known) else []
    groups += [(PREFIX + s, known[known["severity"] == s]) for s in SEVERITIES if (known["severity"] == s).any()]
    kinds = known["category"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    kinds = kinds[kinds >= c.policy.statistics.min_n].drop(OTHER, errors="ignore").head(MOST)
    groups += [(str(kind), known[known["category"] == kind]) for kind in kinds.index if len(kinds) > 1]
    return findings(c, (_median(c, part, segment) for segment, part in groups), of=("resolution_hours",))


def resolution_by_month(c: Company, *, months: int = 12) -> pd.DataFrame:
    """The same of the cases opened in each of the last `months` months, as known on the day of `c`, for a picture."""
    known, rows = _waits(c, windows.last(c, months)), []
    for end in month_ends(c.as_of, months):
        part = known[(known["day"] >= pd.Timestamp(end.replace(day=1))) & (known["day"] <= pd.Timestamp(end))]
        if len(part):
            rows.append({**_median(c, part, ""), "period": f"{end:%Y-%m}"})
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


def _median(c: Company, part: pd.DataFrame, segment: str) -> dict[str, object]:
    known = part[part["hours"].notna()]
    estimate = median_wait(
        known["hours"].to_numpy(), known["is_timed"].to_numpy(), confidence=c.policy.statistics.confidence
    )
    open_, untimed = (~known["is_timed"]).any(), len(part) > len(known)
    uses = [column for column, there in (("tickets.status", open_), ("tickets.closed_at", untimed)) if there]
    of = known["customer_id"].nunique()
    return finding(c, "resolution_hours", estimate, n=len(known), segment=segment, uses=uses, customers=of)


def _waits(c: Company, since: date) -> pd.DataFrame:
    """One row per case opened from a day on: customer_id, day, severity, category, hours (to the solution, else to the end of the
    day; NaN where it is solved nobody knows when) and whether it was solved by then (`is_timed`).
    """
    if not c.knows("tickets.resolved_at"):
        none: dict[str, list[object]] = {"customer_id": [], "severity": [], "category": [], "hours": [], "is_timed": []}
        return pd.DataFrame({"day": pd.to_datetime([]), **none})
    rows = cases.cases(c).filter(_.day >= since)
    columns = ("case_id", "customer_id", "day", "opened_at", "resolved_at", "is_solved", "severity", "category")
    frame = rows.select(*columns).order_by("case_id").to_pandas()
    end = pd.Timestamp(c.as_of) + pd.Timedelta(days=1)
    timed = frame["resolved_at"].notna()
    until = pd.to_datetime(frame["resolved_at"]).fillna(end)
    hours = ((until - frame["opened_at"]).dt.total_seconds() / 3600).mask(~timed & frame["is_solved"])
    frame = frame.assign(hours=hours, is_timed=timed, day=pd.to_datetime(frame["day"]))
    return frame[~np.asarray(hours < 0)]
