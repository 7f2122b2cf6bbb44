"""Renewals: which contracts come up in the coming days, when, and what they bring (D081, D101)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crmlib.facts import contracts
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import finding, findings, marked

DUE = ("renewals_due", "renewals_due_revenue")
WAYS = ("renews_itself", "to_be_signed", "renewal_unknown")
"""Whether a contract goes on by itself, as a segment."""
TERMS = ("contracts.ends_on", "contracts.renews", "contracts.period")
"""Where the end of a term is read from: the first, or the other two."""


def unknown(c: Company) -> tuple[str, ...]:
    """What is not recorded, where the end of no term can be told: also where contracts run from month to month, and each is
    always up for renewal.
    """
    if not (c.knows(TERMS[0]) or c.knows(*TERMS[1:])):
        return tuple(name for name in TERMS if not c.knows(name))
    return () if c.knows(TERMS[0]) or not _endless(c) else TERMS[:1]


def _endless(c: Company) -> bool:
    """Whether paid contracts run, and of none is it known when its term ends."""
    running = contracts.terms(c).agg(n=_.count(), known=_.renews_on.count()).to_pandas().iloc[0]
    return bool(running["n"] and not running["known"])


def due(c: Company) -> pd.DataFrame:
    """Findings `renewals_due` (count) and `renewals_due_revenue` (money a year), whole and by whether the contract goes on by
    itself. n is the contracts; nothing where of no contract that runs it is known when its term ends, or it is not known which
    run.
    """
    if unknown(c) or not contracts.ends_are_known(c) or _endless(c):
        return findings(c, of=DUE)
    way = ex.cases((_.is_automatic, WAYS[0]), (~_.is_automatic, WAYS[1]), else_=WAYS[2])
    running = contracts.renewals(c).mutate(way=way)
    sums = {"n": _.count(), "money": _.arr.sum().cast("float64"), "customers": _.customer_id.nunique()}
    frame = running.group_by("way").agg(**sums).to_pandas().set_index("way").reindex(WAYS).dropna(subset="n")
    whole = running.agg(**sums).to_pandas().assign(way="").set_index("way")
    rows = [_row(c, str(row.Index), row) for row in pd.concat([whole, frame]).fillna({"money": 0.0}).itertuples()]
    return findings(c, [row for pair in zip(*rows, strict=True) for row in pair], of=DUE)


def _row(c: Company, segment: str, row: Any) -> list[dict[str, object]]:
    more = {"n": row.n, "segment": segment, "uses": (*contracts.surer(c), *TERMS), "customers": row.customers}
    return [finding(c, kpi, float(v), **more) for kpi, v in zip(DUE, (row.n, row.money), strict=True)]


def listed(c: Company) -> pd.DataFrame:
    """The renewals that are due, the nearest first: customer_id, plan, renews_on, is_automatic, recurring_revenue (a year)."""
    rows = contracts.renewals(c).order_by(["renews_on", ex.desc("arr"), "contract_id"])
    frame = rows.select(
        "customer_id", "plan", "renews_on", "is_automatic", recurring_revenue=_.arr.cast("float64")
    ).to_pandas()
    return marked(c, frame, *contracts.surer(c), *TERMS)


def by_customer(c: Company) -> Table:
    """One row per customer with a renewal due: customer_id, renews_on (the nearest), renewals (number), recurring_revenue (of all
    that are due, money a year; null where it is not known).
    """
    each = contracts.renewals(c).group_by("customer_id")
    return each.agg(renews_on=_.renews_on.min(), renewals=_.count(), recurring_revenue=_.arr.sum())
