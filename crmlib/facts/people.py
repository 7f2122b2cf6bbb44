"""Customers: who is on record, by what contact point they can be reached, and what they allow (D036, D055).

A contact point is true (there and valid), false (missing or invalid) or null: the company does not record it, or not for them.
"""

from __future__ import annotations

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import purchases
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import first_of
from crmlib.vocabulary.schema import CUSTOMERS, TABLES

PERSONAL = tuple(column.name for column in CUSTOMERS.columns if column.personal)
"""Columns with personal values, of which only whether they are there and valid is known beyond the border."""


@fact
def customers(c: Company) -> Table:
    """One row per customer on record: customer_id, type, region, city, industry, role, acquired_on, acquisition_channel, owner,
    source_system, updated_at, and `has_<column>` for each personal column (`PERSONAL`).
    """
    rows = c.tables.customers
    return rows.select(
        "customer_id", "type", "region", "city", "industry", "role", "acquired_on", "acquisition_channel", "owner",
        "source_system", "updated_at", **{f"has_{name}": rows[f"{name}_status"] == "valid" for name in PERSONAL},
    )  # fmt: skip


@fact
def records(c: Company) -> Table:
    """One row per record of a customer in a source system, as compared at the border: record_id, customer_id, source_system."""
    return c.tables.records.select("record_id", "customer_id", "source_system")


@fact
def everyone(c: Company) -> Table:
    """customer_id of everyone known: on record, or with an order."""
    return ibis.union(customers(c).select("customer_id"), purchases.buyers(c).select("customer_id"), distinct=True)


@fact
def anyone(c: Company) -> Table:
    """customer_id of whoever any table names: of who was only ever in touch, or only uses, something is told too."""
    named = [t.name for t in TABLES.values() if "customer_id" in t.names and t.name not in c.missing]
    rows = [getattr(c.tables, name).select("customer_id") for name in named] or [customers(c).select("customer_id")]
    every = ibis.union(*rows, distinct=True) if len(rows) > 1 else rows[0].distinct()
    return every.filter(_.customer_id.notnull())


@fact
def consents(c: Company) -> Table:
    """One row per consent given: customer_id, channel, purpose, granted_at, withdrawn_at, stands (not withdrawn by the day)."""
    return c.tables.consents.mutate(stands=_.withdrawn_at.isnull())


@fact
def latest_consents(c: Company) -> Table:
    """The latest consent of each customer for a channel and a purpose, as `consents`: what holds today."""
    newest = [ibis.desc("granted_at"), ibis.asc("withdrawn_at", nulls_first=True)]
    return first_of(consents(c), ["customer_id", "channel", "purpose"], newest)
