"""What is personal stays at the border: each personal cell becomes a status, each id of a person a pseudonym."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from crmlib.border import checks, plausible
from crmlib.border.company import Description
from crmlib.border.lines import Read
from crmlib.border.pseudonyms import coded, key, pseudonyms
from crmlib.border.sources import literal, quote, write_parquet
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.language import N_

EXTERNAL = "w[mo][0-9A-Za-z_-]{20,62}"
"""How WeCom writes the id of a contact outside the company (external_userid); ids that people choose are shorter."""
HELD = Held(
    "private/ids.parquet",
    N_("pseudonyms beside the company's own ids"),
    N_("to write the lists for people; removed when the review is whole"),
    "private",
    names=("pseudonym",),
    own=("id",),
    rows=("pseudonym",),
)
CARRIED = Held(
    "private/carried.parquet",
    N_("names and telephone numbers, where the policy has lists carry them"),
    N_("to write the lists for people; removed when the review is whole"),
    "private",
    names=("pseudonym",),
)


def judge(engine: duckdb.DuckDBPyConnection, company: Description, read: Read, until: date) -> None:
    """Engine table `judged_<table>`: the rows with the status of each personal cell in place of the cell."""
    personal = [c for c in read.table.columns if c.personal]
    if any(c.name == "phone" and c.name in read.mapped for c in personal):
        _judge_phones(engine, company, read)
    statuses = []
    for column in personal:
        value = quote(column.name)
        valid = plausible.VALID[column.name].format(v=value, latest=f"date '{until}'")
        status = f"case when {value} is null then 'missing' when {valid} then 'valid' else 'invalid' end"
        statuses.append(f"{status if column.name in read.mapped else 'null::varchar'} as {quote(column.frozen_name)}")
    without = f" exclude ({', '.join(quote(c.name) for c in personal)})" if personal else ""
    chosen = ", ".join([f"*{without}", *statuses])
    engine.execute(
        f"create or replace temp table judged_{read.table.name} as select {chosen} from rows_{read.table.name}"
    )


def _judge_phones(engine: duckdb.DuckDBPyConnection, company: Description, read: Read) -> None:
    """Engine table `valid_phones`: the numbers that could be dialled, of all that are held."""
    held = engine.execute(f"select distinct phone from rows_{read.table.name} where phone is not null").fetchall()
    valid = [phone for (phone,) in held if checks.is_phone(phone, company.country)]
    engine.register("phones", pd.DataFrame({"phone": valid}, dtype="str"))
    engine.execute("create or replace temp table valid_phones as select phone::varchar as phone from phones")
    engine.unregister("phones")


def pseudonymise(engine: duckdb.DuckDBPyConnection, company: Description, reads: list[Read], into: Path) -> None:
    """Engine table `ids` (kind, id, pseudonym, place); under `into`/private the customer's pseudonym for each of their ids, and
    each case's, whose number is wanted back by who is to solve it.

    The place, by which frozen tables are ordered, follows a hash of the id without the key: the same order under every key.
    """
    secret = key(company.home)
    frames = []
    for kind in ("customer", "owner"):
        columns = [(r.table.name, c.name) for r in reads for c in r.table.columns if c.of == kind]
        union = " union ".join(
            f"select {quote(c)} as id from rows_{t} where {quote(c)} is not null" for t, c in columns
        )
        ids = (
            [row[0] for row in engine.execute(f"select distinct id from ({union}) order by id").fetchall()]
            if union
            else []
        )
        frames.append(pd.DataFrame({"pseudonym": pseudonyms(secret, kind, ids), "kind": kind, "id": ids}, dtype="str"))
    engine.register("ids_frame", pd.concat(frames, ignore_index=True))
    texts = ", ".join(f"{c}::varchar as {c}" for c in ("pseudonym", "kind", "id"))
    place = "row_number() over (partition by kind order by sha256(id::varchar)) as place"
    engine.execute(f"create or replace temp table ids as select {texts}, {place} from ids_frame")
    engine.unregister("ids_frame")
    (into / "private").mkdir(parents=True, exist_ok=True)
    people = any(read.table.name == "customers" for read in reads)
    system = (
        "(select any_value(c.source_system) from rows_customers c where c.customer_id = i.id)" if people else "null"
    )
    query = (
        "select coalesce(w.pseudonym, i.pseudonym) as pseudonym, i.kind, i.id, coalesce(e.chosen, true) as chosen, "
        f"case when i.kind = 'customer' then {system} end as system from ids i "
        "left join entities e on i.kind = 'customer' and e.record_id = i.id "
        "left join ids w on w.kind = 'customer' and w.id = e.customer_id"
    )
    if any(read.table.name == "tickets" for read in reads):
        query += (
            f" union select {coded(secret, 'ticket', 'ticket_id')}, 'ticket', ticket_id, true, null from rows_tickets"
        )
    if people:
        # A contact of WeCom goes by an id of its own, which stands as an id or among the contact points.
        found = " union ".join(
            f"select customer_id, {c} as wecom from rows_customers where regexp_full_match({c}, '{EXTERNAL}')"
            for c in ("customer_id", "wechat")
        )
        query += (
            f" union select w.pseudonym, 'wecom', min(f.wecom), true, null from ({found}) f left join entities e "
            "on e.record_id = f.customer_id join ids w on w.kind = 'customer' and w.id = coalesce(e.customer_id, f.customer_id) "
            "group by w.pseudonym"
        )
    query = f"select * from ({query}) order by kind, pseudonym, chosen desc, id"
    write_parquet(engine, query, into / "private" / "ids.parquet")


def carry(engine: duckdb.DuckDBPyConnection, reads: list[Read], into: Path, wanted: Sequence[str]) -> None:
    """Under `into`/private what lists for people carry of each customer: the pseudonym and the columns `wanted`, of the record by
    which the customer goes, else of another of theirs; no file where nothing is wanted, or no customer is on record.
    """
    if not wanted or not any(read.table.name == "customers" for read in reads):
        return
    first = ", ".join(
        f"first(c.{quote(name)} order by i.chosen desc, i.id) filter (where c.{quote(name)} is not null) as {quote(name)}"
        for name in wanted
    )
    ids = f"read_parquet({literal(str((into / 'private' / 'ids.parquet').resolve()))})"
    query = (
        f"select i.pseudonym, {first} from rows_customers c join {ids} i on i.kind = 'customer' and i.id = c.customer_id "
        "group by 1 order by 1"
    )
    write_parquet(engine, query, into / "private" / "carried.parquet")
