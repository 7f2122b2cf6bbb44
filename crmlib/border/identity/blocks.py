"""Which records are compared at all: those that share a key, in blocks so bounded that pairs grow as records do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb

KEYS: Final = (
    "phone",
    "email",
    "wechat",
    "mailbox",
    "letters",
    "letters || ' ' || birthday",
    "letters || ' ' || city",
    "written || ' ' || city",
    "birthday || ' ' || city",
    "birthday || ' ' || substr(sound, 1, 2)",
    "birthday || ' ' || substr(turned, 1, 2)",
    "birthday || ' ' || postcode",
    "substr(birthday, 6) || ' ' || substr(sound, 1, 2)",
    "substr(birthday, 6) || ' ' || substr(turned, 1, 2)",
    "substr(birthday, 1, 4) || ' ' || substr(sound, 1, 4)",
    "substr(birthday, 1, 4) || ' ' || substr(turned, 1, 4)",
    "substr(tokens[1], 1, 3) || ' ' || substr(tokens[-1], 1, 3) || ' ' || coalesce(city, postcode, '')",
    "substr(sound, 1, 4) || ' ' || postcode",
    "substr(turned, 1, 4) || ' ' || postcode",
    "substr(sound, 1, 5) || ' ' || city",
    "substr(turned, 1, 5) || ' ' || city",
    "address || ' ' || coalesce(postcode, city)",
    "right(phone, 8) || substr(letters, 1, 2)",
)
"""Records that have one of these in common are compared."""
BLOCK: Final = 40
"""Records that share a key are all compared up to this many, and fewer where the key brings more than `FREE` and `EACH`."""
EACH: Final = 1.5
"""Pairs a record that one key may bring, on average over all records, beyond those of a company of middle size."""
FREE: Final = 250_000
"""Pairs that one key may bring in any company."""
SPLIT: Final = ("written", "birthday", "phone", "email")
"""A larger block is split by each of these; what is still larger meets its `NEAR` neighbours only, in order of its fields."""
NEAR: Final = 3
SMALL: Final = 8
"""Parts of a larger block up to this size are compared in full whatever a key may bring."""


@dataclass(frozen=True)
class Blocks:
    """`large`: blocks that were too large to compare all of; `left_out`: pairs in them that were not compared for it."""

    large: int = 0
    left_out: int = 0


def candidates(con: duckdb.DuckDBPyConnection) -> Blocks:
    """Table `candidates` (join_key_l < join_key_r): the pairs of `records` to compare, each once."""
    con.execute("create table candidates (match_key varchar, join_key_l integer, join_key_r integer)")
    con.execute("create table paired (l integer, r integer)")
    n = con.execute("select count(*) from records").fetchall()[0][0]
    large, possible, taken = 0, 0, 0
    for key in KEYS:
        con.execute(
            f"create or replace table placed as select n, dense_rank() over (order by k) as k, "
            f"count(*) over (partition by k) as size, row_number() over (partition by k order by n) as at "
            f"from (select {key} as k, n from records) where k is not null qualify size > 1"
        )
        most = _largest(con, max(FREE, int(EACH * n)))
        _compare(con, most)
        beyond = f"from placed where size > {most}"
        blocks, inside = con.execute(
            f"select count(distinct k), coalesce(sum(size - 1), 0)::bigint // 2 {beyond}"
        ).fetchall()[0]
        if blocks:
            large, possible = large + blocks, possible + inside
            taken += _split(con, most)
    con.execute("insert into candidates select distinct '0', l, r from paired order by l, r")
    con.execute("drop table paired; drop table placed")
    return Blocks(large, possible - taken)


def _largest(con: duckdb.DuckDBPyConnection, pairs: int) -> int:
    """The size of block up to which a key brings no more than so many pairs, `BLOCK` at most."""
    found = con.execute(
        "select size from (select size, sum(count(*) * (size - 1) // 2) over (order by size) as pairs from placed group by size) "
        f"where pairs <= {pairs} and size <= {BLOCK} order by size desc limit 1"
    ).fetchall()
    return int(found[0][0]) if found else 1


def _compare(con: duckdb.DuckDBPyConnection, most: int) -> None:
    con.execute(
        "insert into paired select l.n, r.n from placed l join placed r on l.k = r.k and l.n < r.n "
        f"where l.size <= {most} and r.size <= {most}"
    )


def _split(con: duckdb.DuckDBPyConnection, most: int) -> int:
    """The pairs of larger blocks that another field brings together or that lie side by side; how many."""
    con.execute(f"create or replace table wide as select p.n, p.k, p.at from placed p where size > {most}")
    parts = " union all ".join(
        f"select w.n, w.k, {i} as field, r.{field} as x from wide w join records r using (n) where r.{field} is not null"
        for i, field in enumerate(SPLIT)
    )
    con.execute(
        "create or replace table split as select n, dense_rank() over (order by k, field, x) as k, "
        "count(*) over (partition by k, field, x) as size "
        f"from ({parts}) qualify size between 2 and {max(most, SMALL)}"
    )
    con.execute(
        "create or replace table narrow as "
        "select l.n as l, r.n as r from split l join split r on l.k = r.k and l.n < r.n union "
        f"select l.n, r.n from (select *, unnest(range(1, {NEAR + 1})) as step from wide) l "
        "join wide r on l.k = r.k and r.at = l.at + l.step"
    )
    con.execute("insert into paired select l, r from narrow")
    count = con.execute("select count(*) from narrow").fetchall()[0][0]
    con.execute("drop table wide; drop table split; drop table narrow")
    return int(count)
