"""Where a company's own numbers and addresses lie so close that one sign more or less is a neighbour and no slip.

An estate, a switchboard and a counter hand out numbers side by side. Near misses are counted among records of other names,
which no slip explains; where there are several, two different numbers are two numbers, however alike they look.
"""

from __future__ import annotations

from typing import Final

import duckdb

from crmlib.border.identity.weights import SHORTEST

FIELDS: Final = ("phone", "email", "wechat")
CROWDED: Final = tuple(f"{field}_crowded" for field in FIELDS)
"""The columns of `records` that say that a near miss of the value tells nothing."""
SPARE: Final = 1
"""Near values under other names that make no crowd: one may be a customer's own, of a record under a changed name."""
SCATTERED: Final = 50_000
"""Records that may bring one more: numbers drawn by lot come as near to each other where they are many."""
CHANCE: Final = 0.1
"""The share of near misses between namesakes from which on, where unrelated records alone would bring so many, none counts."""
MANY: Final = 20
"""Values that look alike once a sign is left out, from which on a value stands in a crowd whoever holds them: nobody writes one
number wrong in so many ways. So no value is compared with more.
"""
HOLDER: Final = ("v", "sound", "turned", "letters", "script")
OTHER: Final = (
    "(script_l = 'han') = (script_r = 'han') and jaro_winkler_similarity(sound_l, sound_r) < 0.8 "
    "and jaro_winkler_similarity(sound_l, turned_r) < 0.8"
)
"""SQL: names too unlike for one customer; one in characters and one in letters are not told apart here."""


def mark(con: duckdb.DuckDBPyConnection) -> None:
    """The columns `CROWDED` of the table `records`, true or false."""
    n = int(con.execute("select count(*) from records").fetchall()[0][0])
    alike = con.execute(
        "select coalesce(sum(c * (c - 1)), 0) / greatest(sum(c) * (sum(c) - 1), 1) from "
        "(select count(*) as c from records where letters is not null group by letters)"
    ).fetchall()[0][0]
    for field, crowded in zip(FIELDS, CROWDED, strict=True):
        _near(con, field)
        con.execute(
            "create table crowd as select v from (select a as v from near where other union all select b from near where other) "
            f"group by v having count(*) > {SPARE + n / SCATTERED} union select v from throng"
        )
        others, namesakes = con.execute(
            "select count(*) filter (where other), count(*) filter (where namesakes) from near "
            "where a not in (from crowd) and b not in (from crowd)"
        ).fetchall()[0]
        everywhere = others * (alike or 0.0) > CHANCE * (namesakes + 1)
        con.execute(f"alter table records add column {crowded} boolean")
        con.execute(
            f"update records set {crowded} = {'true' if everywhere else f'coalesce({field} in (from crowd), false)'}"
        )
        con.execute("drop table near; drop table crowd; drop table throng")


def _near(con: duckdb.DuckDBPyConnection, field: str) -> None:
    """Table `near` (a, b, other, namesakes): values one slip apart, whether their holders' names are unlike or the same; and
    `throng` (v), of those that are alike to `MANY`.

    Two values one slip apart are equal once one sign is left out of one or both, so that none is compared with all.
    """
    back = "substr(v, strpos(v, '@'))" if field == "email" else "''"
    front = "split_part(v, '@', 1)" if field == "email" else "v"
    con.execute(
        f"create table parts as select v, {front} as f, {back} as b from "
        f"(select distinct {field} as v from records where length({field}) >= {SHORTEST})"
    )
    con.execute(
        "create table cut as select distinct v, hash(left(f, i - 1) || substr(f, i + 1) || chr(1) || b) as k "
        "from (select *, unnest(range(1, length(f) + 2)) as i from parts)"
    )
    con.execute(
        "create table throng as select v from cut join (select k, count(*) as c from cut group by k having count(*) > 1) "
        f"using (k) group by v having sum(c - 1) > {MANY}"
    )
    con.execute("create table alone as select * from cut where v not in (from throng)")
    con.execute(
        f"create table holders as select {field} as v, n, sound, turned, letters, script from records "
        f"where sound is not null qualify row_number() over (partition by {field} order by n) = 1"
    )
    sides = [f"(select {', '.join(f'{c} as {c}_{s}' for c in HOLDER)} from holders)" for s in "lr"]
    con.execute(
        f"create table near as select a, b, {OTHER} as other, letters_l = letters_r as namesakes from "
        "(select distinct least(l.v, r.v) as a, greatest(l.v, r.v) as b from alone l join cut r on l.k = r.k and l.v <> r.v "
        f"where damerau_levenshtein(l.v, r.v) <= 1) join {sides[0]} l on v_l = a join {sides[1]} r on v_r = b"
    )
    con.execute("drop table parts; drop table cut; drop table alone; drop table holders")
