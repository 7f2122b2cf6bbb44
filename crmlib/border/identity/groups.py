"""Groups of records that are one customer: what hangs together, but parted where members contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import duckdb
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from crmlib.border.identity.crowds import CROWDED
from crmlib.border.identity.likeness import TEXT
from crmlib.border.identity.weights import WEIGHTS

Pair = tuple[Any, Any]
AGAINST: Final = 11
"""Bits by which name, telephone number and birthday of two records tell them apart whatever links them in between."""


def groups(
    con: duckdb.DuckDBPyConnection | None, n: int, links: pd.DataFrame, said: Mapping[Pair, bool] | None = None
) -> np.ndarray:
    """The group of each of `n` records: what `links` (`a` < `b`, `weight`) hold together, but parted where members contradict
    each other, and as a person `said` of pairs, which no weight outdoes. `con` holds the table `records`.
    """
    said = said or {}
    links = _with_verdicts(links, said)
    a, b = links["a"].to_numpy(dtype=np.int64), links["b"].to_numpy(dtype=np.int64)
    _, group = connected_components(coo_array((np.ones(len(links)), (a, b)), shape=(n, n)), directed=False)
    against = _contradictions(con, group, links) if con else set()
    apart = {pair for pair, same in said.items() if not same and group[pair[0]] == group[pair[1]]}
    troubled = sorted({int(group[one]) for one, _ in against | apart})
    members = pd.Series(np.arange(n)).groupby(pd.Series(group)).groups if troubled else {}
    inside = links.groupby(group[a]) if troubled else None
    group = group.copy()
    for which in troubled:
        assert inside is not None
        among = np.asarray(members[which])
        group[among] = n + _parted(among, inside.get_group(which), against, said)
    return group


def contradicted(said: Mapping[Pair, bool]) -> list[Pair]:
    """Pairs of which a person said that they are two customers, while what they said of others makes them one."""
    names = sorted({name for pair in said for name in pair})
    at = {name: i for i, name in enumerate(names)}
    same = [(at[a], at[b]) for (a, b), one in said.items() if one]
    ends = np.array(same, dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(names), len(names)))
    if not same:
        return []
    _, group = connected_components(graph, directed=False)
    return sorted(pair for pair, one in said.items() if not one and group[at[pair[0]]] == group[at[pair[1]]])


def _with_verdicts(links: pd.DataFrame, said: Mapping[Pair, bool]) -> pd.DataFrame:
    """The links, without those that a person undid and with those that a person made, which come first."""
    links = links[["a", "b", "weight"]]
    if not said:
        return links
    kept = np.array([pair not in said for pair in zip(links["a"], links["b"], strict=True)], dtype=bool)
    made = [(a, b, np.inf) for (a, b), same in sorted(said.items()) if same]
    return pd.concat([pd.DataFrame(made, columns=["a", "b", "weight"]), links[kept]], ignore_index=True)


def _contradictions(con: duckdb.DuckDBPyConnection, group: np.ndarray, links: pd.DataFrame) -> set[Pair]:
    """Pairs of a group that are not linked themselves and cannot be one: `AGAINST` bits speak against it."""
    con.register("grouped", pd.DataFrame({"n": np.arange(len(group)), "g": group}))
    con.register("links", links[["a", "b"]])
    columns = ", ".join(f"{c} as {c}_{{side}}" for c in ("n", *TEXT, "company", "tokens", *CROWDED))
    sides = [
        f"(select g, {columns.format(side=side)} from records join grouped using (n) "
        "where g in (select g from grouped group by g having count(*) > 2))"
        for side in "lr"
    ]
    against = " + ".join(_against(field) for field in ("name", "phone", "birthday"))
    found = con.sql(
        f"select n_l, n_r from {sides[0]} l join {sides[1]} r on l.g = r.g and n_l < n_r "
        f"where {against} <= -{AGAINST} and (n_l, n_r) not in (select (a, b) from links)"
    ).fetchall()
    return set(found)


def _against(field: str) -> str:
    """SQL: the bits of a field where they speak against one customer."""
    *levels, last = WEIGHTS[field]
    bits = {x: (x.most if field == "birthday" and x.counted else min(0, x.bits)) for x in levels}
    return f"case {' '.join(f'when {x.when} then {b}' for x, b in bits.items())} else {last.bits} end"


def _parted(members: np.ndarray, links: pd.DataFrame, against: set[Pair], said: Mapping[Pair, bool]) -> np.ndarray:
    """A group of each member: joined along the strongest links first, where more links than contradictions lie between.

    A person's yes joins, a person's no keeps apart; where both are said, the no holds, since two mixed are worse than one
    counted twice.
    """
    linked = set(links[["a", "b"]].itertuples(index=False, name=None))
    part = {int(m): {int(m)} for m in members}
    for a, b in links.sort_values(["weight", "a", "b"], ascending=[False, True, True])[["a", "b"]].to_numpy().tolist():
        one, two = part[a], part[b]
        if one is two:
            continue
        between = [(min(x, y), max(x, y)) for x in one for y in two]
        if any(said.get(p) is False for p in between):
            continue
        if said.get((a, b)) or sum(p in linked for p in between) > sum(p in against for p in between):
            one |= two
            part.update(dict.fromkeys(two, one))
    return np.array([min(part[int(m)]) for m in members])
