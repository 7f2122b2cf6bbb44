"""One customer behind several records: what `resolution` finds is laid down in the engine, and every table follows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import duckdb
import pandas as pd

from crmlib.border.company import Description
from crmlib.border.identity.groups import contradicted
from crmlib.border.identity.resolution import Resolved, Told, resolve
from crmlib.border.identity.verdicts import Pair, Verdicts
from crmlib.border.lines import ENGINE_TYPES, Read
from crmlib.border.sources import quote
from crmlib.vocabulary.accounting import LIKENESS
from crmlib.vocabulary.language import _, number, percent
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import TABLES, Table

FEWEST = 30
"""Pairs counted as one without which nothing is said of how right they are."""
CAME = "coalesce(updated_at, recorded_at, cast(acquired_on as timestamp), timestamp '1900-01-01')"
"""SQL: when a record was last touched; of two records of a customer the one touched last is believed."""


def find(
    engine: duckdb.DuckDBPyConnection,
    read: Read | None,
    company: Description,
    *,
    policy: Policy,
    as_of: date,
    said: Mapping[Pair, bool] | None = None,
) -> Resolved:
    """Engine table `entities` (record_id, customer_id, chosen): whom each record of `rows_customers` counts for.

    A customer goes by the id of their oldest record, so that a new record changes nobody's id; a record without a day
    takes part in every month, and so counts as the oldest. Records acquired or recorded after `as_of` are not compared.
    What a person `said` of two records decides.
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
    found = resolve(
        records,
        threshold=limits.same_from,
        doubtful_from=limits.doubtful_from,
        country=company.country,
        precision=limits.precision_from,
        said=said,
    )
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


def notes(found: Resolved, verdicts: Verdicts | None = None) -> list[str]:
    """What came of it, in sentences: how many customers, how sure, what was left out, and what a person said of pairs."""
    if found.problem:
        return [_(found.problem), *_of_verdicts(found, verdicts)]
    if found.entities.empty:
        return [_("No record of a customer can be used, so there is nothing to bring together.")]
    counts = {
        "records": len(found.entities),
        "customers": found.entities["entity_id"].nunique(),
        "pairs": len(found.pairs),
    }
    first = _(
        "{records} records count as {customers} customers; {pairs} pairs of records were likely enough to be looked at."
    ).format(**{name: number(n) for name, n in counts.items()})
    return [first, *_sureness(found.told), *_of_verdicts(found, verdicts)]


def sureness(found: Resolved) -> dict[str, str]:
    """The same for the page, as text: threshold, weights ("learnt" or "fixed"), pairs counted as one, precision and recall."""
    told = found.told
    if told is None or told.n < FEWEST:
        return {}
    return {
        "records_threshold": f"{told.threshold:.4f}",
        "records_weights": "learnt" if told.learnt else "fixed",
        "records_pairs": str(told.n),
        "records_precision": f"{told.precision:.4f}",
        "records_recall": f"{told.recall:.4f}",
    }


def _sureness(told: Told | None) -> list[str]:
    """How right and how complete the joining is thought to be, from what that follows, and what was too crowded to compare."""
    if told is None:
        return []
    how = (
        _("Weights were learnt from these records")
        if told.learnt
        else _("These records teach too little, so the weights are those set beforehand")
    )
    if told.n < FEWEST:
        few = _("{how}. {n} pairs count as one customer: not enough to tell how right that is.")
        return [few.format(how=how, n=number(told.n))]
    sure = _(
        "{how}. From a probability of {threshold} on, {n} pairs count as one customer; going by the probabilities, and by "
        "how often a record put under a stranger's name was taken for somebody, {precision} of them are right, and they are "
        "{recall} of all pairs that are one customer among those compared. "
        "No person has checked this: look at the doubtful pairs."
    ).format(
        how=how,
        threshold=percent(told.threshold, 0),
        n=number(told.n),
        precision=percent(told.precision, 1),
        recall=percent(told.recall, 1),
    )
    if not told.blocks.left_out:
        return [sure]
    crowded = _(
        "{large} groups of records that share a name, number or place were too large to compare in full; {left} pairs in them "
        "were not compared for it, though some of these meet by another field."
    ).format(large=number(told.blocks.large), left=number(told.blocks.left_out))
    return [sure, crowded]


def _of_verdicts(found: Resolved, verdicts: Verdicts | None) -> list[str]:
    """What a person said of pairs: how many were followed, which contradict each other, and what cannot be read."""
    if verdicts is None:
        return []
    lines = []
    if found.said:
        same = sum(found.said.values())
        lines.append(
            _(
                "What a person said of {n} pairs of records is followed: {same} are one customer, {apart} are not."
            ).format(n=number(len(found.said)), same=number(same), apart=number(len(found.said) - same))
        )
    if against := contradicted(found.said):
        shown = "; ".join(f"{a} ≠ {b}" for a, b in against[:3])
        lines.append(
            _(
                "{n} of these verdicts contradict others ({pairs}): said to be two customers, while other pairs make them "
                'one. They are kept apart; correct the column "same" in doubtful_pairs.csv.'
            ).format(n=number(len(against)), pairs=shown)
        )
    if verdicts.unread:
        lines.append(
            _("{n} verdicts are neither yes nor no and were not read, the first at {first}.").format(
                n=number(len(verdicts.unread)), first=verdicts.unread[0]
            )
        )
    return lines


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
        # Words that are not published share one code, and so one key: which row stays must not hang on chance.
        rest = "".join(f", {quote(c)}" for c in table.frozen if c not in table.key)
        return f"(select * from {named} qualify row_number() over (partition by {key} order by record_id{rest}) = 1)"
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
