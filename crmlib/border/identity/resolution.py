"""One customer, many records: which records of the source systems are the same person or company.

Splink on DuckDB weighs the fields of two records, in bits, by what the records themselves teach; where that is too little,
by weights set beforehand. No chance is left open, so the same records always give the same answer. How much an equal
value proves is counted: a name or number that many records hold proves little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import duckdb
import numpy as np
import pandas as pd

from crmlib.border.identity.blocks import Blocks, candidates
from crmlib.border.identity.crowds import mark
from crmlib.border.identity.grades import GRADES
from crmlib.border.identity.groups import groups
from crmlib.border.identity.learning import Learnt, learn
from crmlib.border.identity.likeness import TEXT, comparable
from crmlib.border.identity.scoring import Scored, score
from crmlib.border.identity.verdicts import Pair
from crmlib.border.identity.weights import WEIGHTS
from crmlib.vocabulary.language import N_

IDENTIFYING = ("phone", "email", "wechat", "birthday")
"""At least one of these must be held, else nothing is resolved."""
FIELDS = ("name", "phone", "email", "wechat", "birthday", "city", "region", "address", "postcode")
"""What a record may carry besides record_id and source_system."""
NO_FIELD: Final = N_(
    "No record holds a telephone number, e-mail address, WeChat id or birthday, so records are not brought together."
)
LOWEST: Final = 0.9
"""No learnt threshold lies below this probability, however sure the pairs above it are."""


@dataclass(frozen=True)
class Told:
    """How sure the joining is: pairs are counted as one from `threshold` (a probability) on.

    `precision` is the share of such pairs that are one customer, `recall` the share of one customer's pairs, among all
    that were compared, that stand so high: both follow from the probabilities, of `n` pairs counted as one; `precision` is
    no more than what records under a stranger's name leave of it. `learnt`:
    from weights that these records taught. `blocks`: what was too crowded to compare in full.
    """

    threshold: float
    precision: float = 1.0
    recall: float = 1.0
    n: int = 0
    learnt: bool = False
    blocks: Blocks = field(default_factory=Blocks)


@dataclass(frozen=True)
class Resolved:
    """Who is who.

    `entities`: `record_id`, `entity_id` (the smallest record id of the group), one row per record, sorted. `pairs`:
    `record_a` < `record_b`, `probability`, and for each of `FIELDS` "equal", "similar", "different" or "unknown"; every
    pair scored at `doubtful_from` or above. `problem`: "" or why nothing was resolved. `told`: how sure this is. `said`:
    what a person said of pairs of these records.
    """

    entities: pd.DataFrame
    pairs: pd.DataFrame
    problem: str = ""
    told: Told | None = None
    said: Mapping[Pair, bool] = field(default_factory=dict)


def resolve(
    records: pd.DataFrame,
    *,
    threshold: float,
    doubtful_from: float,
    country: str,
    precision: float = 0.99,
    said: Mapping[Pair, bool] | None = None,
) -> Resolved:
    """Bring records together that are one customer.

    `records` has `record_id` (text, each once) and any of `FIELDS`; `country` (two letters) is where telephone numbers
    without a country code belong. Weights are learnt where the records allow, and then the threshold is the lowest at
    which the share `precision` of the pairs counted as one is expected to be right, `LOWEST` at least; else it is
    `threshold` (a probability). What a person `said` of two records (ids, the smaller first) holds whatever their
    probability. Does not depend on the order of rows. Fellegi and Sunter (1969), by Splink.
    """
    held = comparable(records, country)
    held["record_id"] = records["record_id"].astype(str).to_numpy()
    held = held.sort_values([*TEXT, "record_id"], kind="stable", na_position="last", ignore_index=True)
    known = _known(held, said or {})
    nothing = bool(held[list(IDENTIFYING)].isna().all(axis=None))
    if len(held) < 2 or nothing:
        links = pd.DataFrame({"a": [], "b": [], "weight": []})
        found = _entities(held, groups(None, len(held), links, known))
        return Resolved(
            found, _pairs(held, None, None), NO_FIELD if nothing and len(held) else "", said=_named(held, known)
        )
    with duckdb.connect(":memory:") as con:
        con.execute(
            "set enable_progress_bar = false; set temp_directory = ''; set autoinstall_known_extensions = false"
        )
        _load(con, held)
        blocks, learnt = candidates(con), learn(con)
        scored = score(con, learnt, min(threshold, doubtful_from))
        at = _threshold(scored, precision) if learnt else threshold
        links = scored.links(at)
        group = groups(con, len(held), links, known)
    shown = scored.pairs[scored.pairs["probability"] >= doubtful_from]
    told = Told(at, scored.precision(at, group), scored.recall(at), len(links), learnt is not None, blocks)
    return Resolved(_entities(held, group), _pairs(held, shown, learnt), told=told, said=_named(held, known))


def _known(held: pd.DataFrame, said: Mapping[Pair, bool]) -> dict[tuple[int, int], bool]:
    """What was said of records that are there, by their place in `held`."""
    if not said:
        return {}
    at = {name: i for i, name in enumerate(held["record_id"])}
    there = [(at[a], at[b], same) for (a, b), same in said.items() if a in at and b in at]
    return {(min(a, b), max(a, b)): same for a, b, same in there}


def _named(held: pd.DataFrame, known: Mapping[tuple[int, int], bool]) -> dict[Pair, bool]:
    ids = held["record_id"]
    named = {(min(ids[a], ids[b]), max(ids[a], ids[b])): same for (a, b), same in known.items()}
    return dict(sorted(named.items()))


def _load(con: duckdb.DuckDBPyConnection, held: pd.DataFrame) -> None:
    """Table `records`: n (the row of `held`), its columns, and which of its numbers lie in a crowd."""
    con.register("held", held.drop(columns="record_id", errors="ignore").rename_axis("n").reset_index())
    typed = ", ".join(
        [*(f"{c}::varchar as {c}" for c in TEXT), "company::boolean as company", "tokens::varchar[] as tokens"]
    )
    con.execute(f"create table records as select n::integer as n, {typed} from held")
    con.unregister("held")
    mark(con)


def _threshold(scored: Scored, precision: float) -> float:
    """The lowest probability from `LOWEST` on from which the pairs counted as one keep the wanted precision."""
    falling = np.sort(scored.links(LOWEST)["probability"].to_numpy())[::-1]
    enough = np.flatnonzero(np.cumsum(falling) / np.arange(1, len(falling) + 1) >= precision)
    if len(enough) == len(falling):
        return LOWEST
    return float(falling[enough[-1]]) if len(enough) else 1.0


def _entities(held: pd.DataFrame, group: np.ndarray) -> pd.DataFrame:
    out = pd.DataFrame({"record_id": held["record_id"].astype(str)})
    out["entity_id"] = out["record_id"].groupby(group).transform("min")
    return out.sort_values("record_id", ignore_index=True)


def _pairs(held: pd.DataFrame, scored: pd.DataFrame | None, learnt: Learnt | None) -> pd.DataFrame:
    if scored is None or scored.empty:
        columns = {"record_a": str, "record_b": str, "probability": float} | dict.fromkeys(FIELDS, str)
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    ids = held["record_id"].to_numpy(dtype=object)
    a, b = ids[scored["a"]], ids[scored["b"]]
    out = pd.DataFrame({"record_a": np.where(a < b, a, b), "record_b": np.where(a < b, b, a)})
    out["probability"] = scored["probability"].to_numpy()
    for name in FIELDS:
        levels = GRADES[name] if learnt else WEIGHTS[name][1:]
        said = np.array([*(level.agreement for level in levels[::-1]), "unknown"], dtype=object)
        out[name] = said[scored[f"gamma_{name}"].to_numpy()] if f"gamma_{name}" in scored else "unknown"
    return out.sort_values(["record_a", "record_b"], ignore_index=True)
