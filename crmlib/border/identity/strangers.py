"""How often two unrelated records of this very company would count as one, measured on records under another's name.

A record that is given the name of another, drawn by lot, is nobody's: whoever it is taken for, that is wrong. Its numbers
stay together as they were, so fields that go together, as a number and an address out of one counter, are seen to do so.
"""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
import pandas as pd

from crmlib.border.identity.likeness import NAME

DRAWN: Final = 10_000
"""Records at most that are put under another's name."""
PAIRS: Final = 200_000
"""Pairs of them with their namesakes at most."""
SEED: Final = 1
UNSEEN: Final = 0.5
"""A mistake that was not seen may have just been missed: so many are added to those seen."""


def draw(con: duckdb.DuckDBPyConnection, n: int) -> pd.DataFrame:
    """Table `strangers`, as `records`, and `meetings` (l, r) with their namesakes; per stranger `n`, whose numbers it has
    (`numbers`) and whose name (`named`).
    """
    order = np.random.default_rng(SEED).permutation(n)
    made = pd.DataFrame({"numbers": order, "named": np.roll(order, 1)}).head(DRAWN)
    con.register("made", made.assign(n=n + np.arange(len(made))))
    con.execute(
        "create table drawn as select m.n::integer as n, m.numbers, m.named from made m join records r on r.n = m.named "
        "join (select letters, count(*) as c from records where letters is not null group by letters) using (letters) "
        f"qualify sum(c) over (order by m.n) <= {PAIRS}"
    )
    con.unregister("made")
    columns = [c for (c,) in con.execute("select column_name from (describe records)").fetchall() if c != "n"]
    taken = ", ".join(f"{'p' if c in NAME else 'o'}.{c}" for c in columns)
    con.execute(
        f"create table strangers as select d.n, {taken} from drawn d join records o on o.n = d.numbers "
        "join records p on p.n = d.named"
    )
    con.execute(
        "create table meetings as select r.n as l, d.n as r from strangers s join drawn d on d.n = s.n "
        "join records r on r.letters = s.letters and r.n <> d.numbers and r.n <> d.named order by all"
    )
    out = con.execute("from drawn order by n").df()
    con.execute("drop table drawn")
    return out


def mistaken(taken: pd.DataFrame, drawn: pd.DataFrame, group: np.ndarray) -> float:
    """Pairs of all records that are expected to count as one by chance, from the strangers `taken` (a, b) for somebody.

    Who is one with either of the two whom a stranger is made of is left out: that would be no chance.
    """
    if drawn.empty:
        return 0.0
    of = drawn.set_index("n").loc[taken["b"]]
    at = group[taken["a"].to_numpy(dtype=int)]
    chance = (at != group[of["numbers"].to_numpy()]) & (at != group[of["named"].to_numpy()])
    return (float(chance.sum()) + UNSEEN) * len(group) / 2 / len(drawn)
