"""What kind of business a company is, by what it records, so that chapters say what applies to it (D001, D058, D067)."""

from __future__ import annotations

from dataclasses import dataclass

from ibis.expr.types import Table

from crmlib.facts import purchases
from crmlib.facts.company import Company
from crmlib.facts.lookups import remembered

SHAPES = ("sells_once", "sells_again", "subscription", "service_desk", "account_business")
"""Kinds of business: whose customers buy once, come back, subscribe, only bring cases, or are a few large accounts."""


@dataclass(frozen=True)
class Shape:
    """A kind of business (one of `SHAPES`; "" where the data do not tell), by what it is told (`stated`, `contracts`, `accounts`,
    `returning`, `few`, `cases`, `nothing`), and the counts that tell it: `part` of `n`.
    """

    name: str
    by: str
    part: int = 0
    n: int = 0


@remembered
def shape(c: Company) -> Shape:
    """The kind of business: what `company.toml` states, else subscription where contracts are on record, else by whether buyers
    come back (`purchases.comes_back`, of those who first bought `policy.cost.inactive_days` ago or earlier); account business
    where it sells again to companies; a service desk where cases are all there is.
    """
    if c.about["shape"]:
        return Shape(c.about["shape"], "stated")
    if c.knows("contracts.started_on"):
        return Shape("subscription", "contracts", n=_rows(c.tables.contracts))
    if c.revenue_model == "subscription":
        return Shape("subscription", "stated")
    if c.knows("orders"):
        part, n = purchases.came_back(c)
        by = "returning" if n >= c.policy.statistics.min_n else "few"
        if not purchases.comes_back(c):
            return Shape("sells_once", by, part, n)
        if c.about["business_model"] == "b2b":
            return Shape("account_business", "accounts", part, n)
        return Shape("sells_again", by, part, n)
    if c.knows("tickets"):
        return Shape("service_desk", "cases", n=_rows(c.tables.tickets))
    return Shape("", "nothing")


def _rows(table: Table) -> int:
    return int(table.count().to_pyarrow().as_py())
