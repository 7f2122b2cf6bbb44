"""Findings: what leaves a measure, an estimate never without its n and its interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any

import pandas as pd

from crmlib.facts.company import Company
from crmlib.models.estimates import Clustered, clustered, wilson
from crmlib.vocabulary.kpi import KPI
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.schema import dating

FINDING = ["kpi", "period", "segment", "value", "low", "high", "n", "unit", "without", "customers"]
"""Columns of a findings frame: one row per KPI, period (YYYY-MM) and segment ("" is the whole company). `without` names the
columns that would have made the figure surer and that the company does not record, joined by a space. `customers`: of how many
the n rows are, where these are counted for themselves though those of one customer are alike; NaN elsewhere."""
ARM = "interactions.arm"
_NUMBERS = ("value", "low", "high", "customers")
_TYPES = dict.fromkeys(FINDING, "str") | dict.fromkeys(_NUMBERS, "float64") | {"n": "int64"}


def finding(
    c: Company,
    kpi: str,
    estimate: float | Sequence[float],
    *,
    n: float,
    segment: str = "",
    uses: Iterable[str] = (),
    customers: float = nan,
) -> dict[str, Any]:
    """One row of a findings frame: `estimate` is (value, low, high), or a bare number that is counted and has no interval;
    `n` is what it rests on. Period is the month of the company's day, and the unit is the one that the KPI declares. `uses`:
    columns that make this row surer, beside the KPI's; `customers`: of how many the n are, where they come in clusters. Raises
    `ValueError` where a figure of what is theirs (`KPI.counts`) does not say so.
    """
    if KPIS[kpi].counts == "theirs" and isnan(customers):
        raise ValueError(f"{kpi} does not say of how many customers its {n:.0f} are")
    value, low, high = map(float, estimate if isinstance(estimate, Sequence) else (estimate, nan, nan))
    row = {"kpi": kpi, "period": f"{c.as_of:%Y-%m}", "segment": segment, "value": value, "low": low, "high": high}
    declared = () if _stands_in(c, KPIS[kpi]) else KPIS[kpi].uses
    without = " ".join(unrecorded_of(c, (*declared, *uses), KPIS[kpi].needs))
    return {**row, "n": int(n), "unit": KPIS[kpi].unit, "without": without, "customers": float(customers)}


def share_of(
    c: Company,
    kpi: str,
    part: float,
    n: float,
    *,
    segment: str = "",
    uses: Iterable[str] = (),
    customers: float = nan,
) -> dict[str, Any]:
    """The finding that `part` of `n` are so, with Wilson's interval at the policy's confidence."""
    return finding(
        c,
        kpi,
        wilson(float(part), float(n), confidence=c.policy.statistics.confidence),
        n=n,
        segment=segment,
        uses=uses,
        customers=customers,
    )


def clustered_share_of(
    c: Company, kpi: str, sums: Clustered, *, segment: str = "", uses: Iterable[str] = ()
) -> dict[str, Any]:
    """The finding that of the rows of some customers so many are so: n rows of `customers`, by whom the interval holds."""
    estimate = clustered(sums, confidence=c.policy.statistics.confidence)
    return finding(c, kpi, estimate, n=sums.rows, segment=segment, uses=uses, customers=sums.clusters)


def findings(c: Company, rows: Iterable[Mapping[str, Any]] = (), *, of: Iterable[str] = ()) -> pd.DataFrame:
    """A findings frame of the given rows, in their order; without rows an empty frame with the right columns and types.

    Figures whose KPI needs a table or a column that the company does not record are left out: what is not known is not nought.
    So is how many of none are so, where things such as comparisons are counted.
    `of` names the KPIs that are stated where rows may be none; `.attrs["left_out"]` keeps the KPIs that are left out, and
    `.attrs["unknown"]` what they need.
    """
    told = [row for row in rows if row["n"] or KPIS[row["kpi"]].counts != "things"]
    stated = dict.fromkeys([*of, *(row["kpi"] for row in told)])
    left_out = {kpi: _lacking(c, KPIS[kpi]) for kpi in stated}
    left_out = {kpi: names for kpi, names in left_out.items() if names}
    frame = pd.DataFrame([row for row in told if row["kpi"] not in left_out], columns=FINDING).astype(_TYPES)
    frame.attrs["left_out"] = tuple(left_out)
    frame.attrs["unknown"] = tuple(dict.fromkeys(name for names in left_out.values() for name in names))
    return frame


def _lacking(c: Company, kpi: KPI) -> list[str]:
    """What a figure needs that the company does not record."""
    return [] if _stands_in(c, kpi) else [name for name in kpi.needs if not c.knows(name)]


def _stands_in(c: Company, kpi: KPI) -> bool:
    """Whether a company that lives on subscriptions records what a figure is counted from instead."""
    return bool(kpi.instead) and c.revenue_model == "subscription" and c.knows(*kpi.instead)


def shares_of(
    c: Company, kpi: str, parts: Iterable[tuple[str, float, float]], *, uses: Iterable[str] = ()
) -> pd.DataFrame:
    """Findings of one share from (segment, part, n), as `share_of`; a segment with n 0 has none."""
    return findings(c, (share_of(c, kpi, k, n, segment=s, uses=uses) for s, k, n in parts if n), of=(kpi,))


def clustered_shares(
    c: Company, kpi: str, parts: Iterable[tuple[str, Clustered]], *, uses: Iterable[str] = ()
) -> pd.DataFrame:
    """Findings of one share of rows that come in clusters from (segment, sums), as `clustered_share_of`; a segment without a
    row has none.
    """
    return findings(
        c, (clustered_share_of(c, kpi, s, segment=name, uses=uses) for name, s in parts if s.rows), of=(kpi,)
    )


def aside(frame: pd.DataFrame) -> pd.DataFrame:
    """An empty result of something that the company does not do at all: a page leaves its section out instead of saying so."""
    if not len(frame):
        frame.attrs["does_not_apply"] = True
    return frame


def marked(c: Company, frame: pd.DataFrame, *uses: str) -> pd.DataFrame:
    """A table of a chapter, with `.attrs["without"]` naming the columns of `uses` that the company does not record: the
    figures stand, and would be surer with them.
    """
    frame.attrs["without"] = unrecorded_of(c, uses)
    return frame


def unrecorded_of(c: Company, names: Sequence[str], read: Sequence[str] = ()) -> tuple[str, ...]:
    """Those of some columns that the company does not record, beside those `read` anyway. Where campaigns are on record, the arm
    is among what contacts are read from: a row that says that somebody was left alone is no contact.
    """
    of_contacts = any(name.partition(".")[0] == "interactions" for name in (*names, *read))
    arm = (ARM,) if of_contacts and c.knows("interactions.campaign") else ()
    return tuple(dict.fromkeys(name for name in (*names, *arm) if not c.knows(name)))


def unsure_over_time(c: Company, kpi: str, *more: str) -> str:
    """What would make a figure surer, and what it was earlier, and is not recorded, joined by a space; `more` columns beside its
    own.
    """
    read = (*KPIS[kpi].needs, *KPIS[kpi].uses, *more)
    return " ".join(unrecorded_of(c, (*KPIS[kpi].uses, *more, *dating(read)), KPIS[kpi].needs))


def among(frame: pd.DataFrame, n: float | Mapping[Any, float]) -> pd.DataFrame:
    """A table of a chapter, with `.attrs["n"]` saying of how many customers its shares are: one number, or one by the values of
    its first column (of a matrix, its index). What is published of it hangs on that.
    """
    frame.attrs["n"] = dict(n) if isinstance(n, Mapping) else int(n)
    return frame


def resting(frame: pd.DataFrame, customers: Mapping[Any, float]) -> pd.DataFrame:
    """The same with `.attrs["customers"]` saying on how many customers its rows rest, by the values of the first column, and its
    cells, by these, or all the words that a row begins with, and their column; of a matrix its cells, by row and column. Of
    findings a row is its KPI and segment.
    """
    frame.attrs["customers"] = {key: int(n) for key, n in customers.items()}
    return frame


@dataclass(frozen=True)
class Addition:
    """Amounts of a table that add up to what is told elsewhere: its columns `parts`, row by row; or those rows whose column
    `named` is one of `parts`, by the values of column `by`, their amounts in `column`.

    `ways` says by row (its first value), or by value of `by`, of what each way to know the sum is made: amounts, and of how many
    customers they are.
    """

    parts: tuple[str, ...]
    ways: Mapping[Any, Sequence[Sequence[tuple[float, float]]]]
    named: str = ""
    column: str = ""
    by: str = ""


def adding_up(frame: pd.DataFrame, addition: Addition) -> pd.DataFrame:
    """A table of a chapter, with `.attrs["addition"]` saying which of its amounts add up."""
    frame.attrs["addition"] = addition
    return frame


def fewest(*counts: float) -> int:
    """The least of some counts that is not nought, as what rests on nobody gives nobody away; nought where all are."""
    return int(min((count for count in counts if count), default=0))


def estimated(frame: pd.DataFrame, share: str, events: str, n: float) -> pd.DataFrame:
    """A table of a chapter in whose column `share` an estimated share of `n` customers stands: it rests on as many of them as
    column `events` says, which is taken out.
    """
    counts = zip(frame.iloc[:, 0], frame[events], strict=True)
    return resting(among(frame.drop(columns=events), n), {(first, share): count for first, count in counts})


def sized(counted: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
    """One row per group of `groups`, empty ones too: the group, customers, customer_share, revenue, net_revenue_share, and
    mean_revenue (of a customer). `counted` has customers and revenue by group; a share of nothing is NaN.
    """
    frame = counted.reindex(pd.Index(groups, name=counted.index.name)).reset_index()
    customers, revenue = frame["customers"].fillna(0).astype(int), frame["revenue"].astype(float).fillna(0.0)
    told = pd.DataFrame(
        {
            counted.index.name: list(groups),
            "customers": customers,
            "customer_share": customers / customers.sum() if customers.sum() else nan,
            "revenue": revenue,
            "net_revenue_share": revenue / revenue.sum() if revenue.sum() > 0 else nan,
            "mean_revenue": revenue / customers.where(customers > 0),
        }
    )
    return among(told, customers.sum())
