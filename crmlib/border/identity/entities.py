"""One customer behind several records: what `resolution` finds is laid down in the engine, and every table follows it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from crmlib.border.company import Description
from crmlib.border.identity.resolution import Resolved, resolve
from crmlib.border.lines import ENGINE_TYPES, Read
from crmlib.border.sources import quote, write_parquet
from crmlib.vocabulary.accounting import LIKENESS
from crmlib.vocabulary.language import _, number
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import TABLES, Table

MOST_DOUBTFUL = 200
"""Pairs of records that a person is asked to look at, those nearest to the policy's limit first."""
CAME = "coalesce(updated_at, recorded_at, cast(acquired_on as timestamp), timestamp '1900-01-01')"
"""SQL: when a record was last touched; of two records of a customer the one touched last is believed."""


def find(
    engine: duckdb.DuckDBPyConnection, read: Read | None, company: Description, *, policy: Policy, as_of: date
) -> Resolved:
    """Engine table `entities` (record_id, customer_id, chosen): whom each record of `rows_customers` counts for.

    A customer goes by the id of their oldest record, so that a new record changes nobody's id; a record without a day
    takes part in every month, and so counts as the oldest. Records acquired or recorded after `as_of` are not compared.
    """
    names = [n for n in LIKENESS if read and n in read.mapped]
    empty = pd.DataFrame(columns=["record_id", "source_system", *names])
    known = " and ".join(
        f"({day} is null or cast({day} as date) <= date '{as_of}')" for day in ("acquired_on", "recorded_at")
    )
    told = [
        f"case when birthday <= date '{as_of}' then birthday end as birthday" if n == "birthday" else quote(n)
        for n in names
    ]
    chosen = ", ".join(["customer_id as record_id", "source_system", *told])
    records = engine.execute(f"select {chosen} from rows_customers where {known} order by all").df() if read else empty
    limits = policy.identity
    found = resolve(records, threshold=limits.same_from, doubtful_from=limits.doubtful_from, country=company.country)
    engine.register("found", found.entities)
    query = "select ''::varchar as record_id, ''::varchar as customer_id where false"
    if read:
        age = "acquired_on nulls first, recorded_at nulls first, c.customer_id"
        oldest = f"first_value(c.customer_id) over (partition by f.entity_id order by {age})"
        query = (
            f"select c.customer_id as record_id, {oldest} as customer_id "
            "from rows_customers c join found f on f.record_id = c.customer_id"
        )
    engine.execute(
        f"create or replace temp table entities as select *, record_id = customer_id as chosen from ({query})"
    )
    engine.unregister("found")
    return found


def note(found: Resolved) -> str:
    """What came of it, in a sentence."""
    if found.problem:
        return _(found.problem)
    if found.entities.empty:
        return _("No record of a customer can be used, so there is nothing to bring together.")
    counts = {
        "records": len(found.entities),
        "customers": found.entities["entity_id"].nunique(),
        "pairs": len(found.pairs),
    }
    return _(
        "{records} records count as {customers} customers; {pairs} pairs of records were likely enough to be looked at."
    ).format(**{name: number(n) for name, n in counts.items()})


def rows(table: Table) -> str:
    """SQL: the rows of `judged_<table>` under the id of the customer whom they count for, one row per key."""
    columns = ", ".join(f"r.{quote(c)}" for c in table.frozen if c != "customer_id")
    named = (
        f"(select coalesce(e.customer_id, r.customer_id) as customer_id, r.customer_id as record_id, {columns} "
        f"from judged_{table.name} r left join entities e on e.record_id = r.customer_id)"
    )
    if table is TABLES["customers"]:
        return _customers(named, table)
    if table is TABLES["activity"]:
        sums = ", ".join(f"cast(sum({n}) as bigint) as {n}" for n in ("logins", "events", "errors"))
        return f"(select customer_id, day, {sums} from {named} group by all)"
    if table is TABLES["consents"]:
        named = _consents(named)
    if "customer_id" in table.key and table.key != ("customer_id",):
        key = ", ".join(map(quote, table.key))
        return f"(select * from {named} qualify row_number() over (partition by {key} order by record_id) = 1)"
    return named


def _customers(named: str, table: Table) -> str:
    """One row per customer: of each field the value last stated, of dates the first, of contact points the best."""
    first, last = {"acquired_on", "recorded_at"}, {"updated_at"}
    chosen = []
    for column in table.columns:
        name = quote(column.frozen_name)
        if column.name == "customer_id":
            continue
        if column.personal:
            found = [f"when bool_or({name} = '{s}') then '{s}'" for s in ("valid", "invalid", "missing")]
            value = f"case {' '.join(found)} end"
        elif column.name in first:
            value = f"min({name})"
        elif column.name in last:
            value = f"max({name})"
        elif column.name == "source_system":
            value = f"any_value({name}) filter (where record_id = customer_id)"
        else:
            value = f"arg_max({name}, ({CAME}, record_id)) filter (where {name} is not null)"
        chosen.append(
            f"{value}::{ENGINE_TYPES.get(column.kind, 'VARCHAR') if not column.personal else 'VARCHAR'} as {name}"
        )
    return f"(select customer_id, {', '.join(chosen)} from {named} group by customer_id)"


def _consents(named: str) -> str:
    """What was withdrawn under one record is withdrawn under the customer's others too."""
    later = (
        f"select c.record_id, c.channel, c.purpose, c.granted_at, min(w.withdrawn_at) as elsewhere from {named} c "
        f"join {named} w on w.customer_id = c.customer_id and w.channel = c.channel and w.purpose = c.purpose "
        "and w.record_id <> c.record_id and w.withdrawn_at >= c.granted_at group by all"
    )
    return (
        f"(select c.* replace (least(c.withdrawn_at, l.elsewhere) as withdrawn_at) from {named} c "
        f"left join ({later}) l using (record_id, channel, purpose, granted_at))"
    )


def write(engine: duckdb.DuckDBPyConnection, reads: list[Read], found: Resolved, into: Path, *, policy: Policy) -> None:
    """tables/records.parquet and links.parquet, and private/doubtful_pairs.csv for a person; none without customers."""
    if any(r.table.name == "customers" for r in reads):
        records = (
            "select a.pseudonym as record_id, b.pseudonym as customer_id, c.source_system, c.acquired_on, c.recorded_at "
            "from rows_customers c left join entities e on e.record_id = c.customer_id "
            "join ids a on a.kind = 'customer' and a.id = c.customer_id "
            "join ids b on b.kind = 'customer' and b.id = coalesce(e.customer_id, c.customer_id) order by a.place"
        )
        write_parquet(engine, records, into / "tables" / "records.parquet")
        engine.register("pairs", found.pairs)
        same = (
            "select p.*, a.customer_id = b.customer_id as same from pairs p "
            "join entities a on a.record_id = p.record_a join entities b on b.record_id = p.record_b"
        )
        agreement = ", ".join(
            f"p.{n}::varchar as {n}" if n in found.pairs else f"null::varchar as {n}" for n in LIKENESS
        )
        links = (
            f"select a.pseudonym as record_a, b.pseudonym as record_b, p.probability::double as probability, p.same, {agreement} "
            f"from ({same}) p join ids a on a.kind = 'customer' and a.id = p.record_a "
            "join ids b on b.kind = 'customer' and b.id = p.record_b order by a.place, b.place"
        )
        write_parquet(engine, links, into / "tables" / "links.parquet")
        away = f"abs(p.probability - {policy.identity.same_from})"
        doubtful = engine.execute(
            f"select p.record_a, p.record_b, round(p.probability, 4) as probability, p.same as counted_as_one, {agreement} "
            f"from ({same}) p order by {away}, p.record_a, p.record_b limit {MOST_DOUBTFUL}"
        ).df()
        engine.unregister("pairs")
        if len(doubtful):
            doubtful.to_csv(into / "private" / "doubtful_pairs.csv", index=False, encoding="utf-8-sig")
