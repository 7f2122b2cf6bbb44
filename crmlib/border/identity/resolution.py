"""One customer, many records: which records of the source systems are the same person or company.

Splink on DuckDB weighs the fields of two records with fixed weights, in bits: no training, so the same records always
give the same answer. How much an equal value proves is counted: a name or number that many records hold proves little.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from crmlib.border.identity.likeness import TEXT, comparable
from crmlib.border.identity.weights import KEYS, WEIGHTS
from crmlib.vocabulary.language import N_

IDENTIFYING = ("phone", "email", "wechat", "birthday")
"""At least one of these must be held, else nothing is resolved."""
FIELDS = ("name", "phone", "email", "wechat", "birthday", "city", "region", "address", "postcode")
"""What a record may carry besides record_id and source_system."""
NO_FIELD: Final = N_(
    "No record holds a telephone number, e-mail address, WeChat id or birthday, so records are not brought together."
)

POOL: Final = 100_000
"""Two records drawn by lot are one customer once in so many; a value is as common as its records are among so many."""
BLOCK: Final = 40
"""Records that share a key are all compared with each other up to this many; beyond, each with its `NEAR` next ones."""
NEAR: Final = 8
AGAINST: Final = 11
"""Bits by which name, telephone number and birthday of two records tell them apart whatever links them in between."""


@dataclass(frozen=True)
class Resolved:
    """Who is who.

    `entities`: `record_id`, `entity_id` (the smallest record id of the group), one row per record, sorted. `pairs`:
    `record_a` < `record_b`, `probability`, and for each of `FIELDS` "equal", "similar", "different" or "unknown"; every
    pair scored at `doubtful_from` or above. `problem`: "" or why nothing was resolved.
    """

    entities: pd.DataFrame
    pairs: pd.DataFrame
    problem: str = ""


def resolve(records: pd.DataFrame, *, threshold: float, doubtful_from: float, country: str) -> Resolved:
    """Bring records together that are one customer at `threshold` (a probability) or above.

    `records` has `record_id` (text, each once) and any of `FIELDS`; `country` (two letters) is where telephone numbers
    without a country code belong. Does not depend on the order of rows. Fellegi and Sunter (1969), by Splink.
    """
    held = comparable(records, country)
    held["record_id"] = records["record_id"].astype(str).to_numpy()
    held = held.sort_values([*TEXT, "record_id"], kind="stable", na_position="last", ignore_index=True)
    if bool(held[list(IDENTIFYING)].isna().all(axis=None)):
        return Resolved(_entities(held, np.arange(len(held))), _pairs(held, None), NO_FIELD if len(held) else "")
    with duckdb.connect(":memory:") as con:
        con.execute(
            "set enable_progress_bar = false; set temp_directory = ''; set autoinstall_known_extensions = false"
        )
        scored = _scored(con, held, min(threshold, doubtful_from)) if len(held) > 1 else None
        group = (
            np.arange(len(held)) if scored is None else _groups(con, held, scored[scored["probability"] >= threshold])
        )
    shown = None if scored is None else scored[scored["probability"] >= doubtful_from]
    return Resolved(_entities(held, group), _pairs(held, shown))


def _settings() -> dict[str, Any]:
    """The weights as Splink's m and u: weight = log2(m / u)."""
    comparisons = []
    for field, levels in WEIGHTS.items():
        made = []
        for level in levels:
            one: dict[str, Any] = {"sql_condition": level.when}
            if level.agreement == "unknown":
                one["is_null_level"] = True
            elif level.counted:
                one |= {"m_probability": 2.0**level.bits, "u_probability": 0.5, "tf_adjustment_column": level.counted}
                one |= {"tf_minimum_u_value": 2.0**-level.most, "disable_tf_exact_match_detection": True}
            else:
                one |= {"m_probability": 2.0 ** min(0.0, level.bits), "u_probability": 2.0 ** -max(0.0, level.bits)}
            made.append(one)
        comparisons.append({"output_column_name": field, "comparison_levels": made})
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "n",
        "probability_two_random_records_match": 1 / POOL,
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [{"blocking_rule": "l.n = r.n"}],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
    }


def _scored(con: duckdb.DuckDBPyConnection, held: pd.DataFrame, least: float) -> pd.DataFrame:
    """Pairs at `least` or above: `a` < `b` (rows of `held`), `probability`, and the level of each field."""
    from splink import DuckDBAPI, Linker, SettingsCreator

    con.register("held", held.drop(columns="record_id").rename_axis("n").reset_index())
    typed = ", ".join(
        [*(f"{c}::varchar as {c}" for c in TEXT), "company::boolean as company", "tokens::varchar[] as tokens"]
    )
    con.execute(f"create table records as select n::bigint as n, {typed} from held")
    _candidates(con)
    database = DuckDBAPI(con)
    linker = Linker(
        database.register("records"),
        SettingsCreator.from_path_or_dict(_settings()),
        log_level=None,
        validate_settings=False,
    )
    for column in sorted({level.counted for levels in WEIGHTS.values() for level in levels if level.counted}):
        con.execute(
            f"create table often_{column} as select {column}, count(*) / {POOL}.0::double as tf_{column} "
            f"from records where {column} is not null group by {column}"
        )
        linker.table_management.register_term_frequency_lookup(database.register(f"often_{column}"), column)
    linker.table_management.register_blocked_pairs_for_predict(database.register("candidates"))
    made = linker.inference.predict(threshold_match_probability=least, warning_mode="never")
    levels = ", ".join(f"gamma_{field}" for field in WEIGHTS)
    return con.sql(
        f"select n_l as a, n_r as b, round(match_probability, 9) as probability, match_weight as weight, {levels} "
        f"from {made.physical_name} order by a, b"
    ).df()


def _candidates(con: duckdb.DuckDBPyConnection) -> None:
    """Table `candidates`: the pairs to compare."""
    keys = " union all ".join(f"select {i} as rule, {key} as k, n from records" for i, key in enumerate(KEYS))
    con.execute(
        f"create table placed as select rule, k, n, count(*) over whole as size, row_number() over (whole order by n) as at "
        f"from ({keys}) where k is not null window whole as (partition by rule, k) qualify size > 1"
    )
    con.execute(
        f"create table candidates as select '0' as match_key, join_key_l, join_key_r from ("
        f"select l.n as join_key_l, r.n as join_key_r from placed l join placed r using (rule, k) "
        f"where l.size <= {BLOCK} and l.n < r.n union "
        f"select l.n, r.n from (select *, unnest(range(1, {NEAR + 1})) as step from placed where size > {BLOCK}) l "
        f"join placed r on l.rule = r.rule and l.k = r.k and r.at = l.at + l.step)"
    )


def _groups(con: duckdb.DuckDBPyConnection, held: pd.DataFrame, links: pd.DataFrame) -> np.ndarray:
    """The group of each record: what hangs together, but parted where members contradict each other."""
    n = len(held)
    a, b = links["a"].to_numpy(), links["b"].to_numpy()
    _, group = connected_components(coo_array((np.ones(len(links)), (a, b)), shape=(n, n)), directed=False)
    against = _contradictions(con, group, links)
    for which, members in _troubled(group, against):
        inside = group[a] == which
        kept = _parted(members, links[inside], against)
        group[members] = n + kept
    return group


def _contradictions(con: duckdb.DuckDBPyConnection, group: np.ndarray, links: pd.DataFrame) -> set[tuple[int, int]]:
    """Pairs of a group that are not linked themselves and cannot be one: `AGAINST` bits speak against it."""
    con.register("grouped", pd.DataFrame({"n": np.arange(len(group)), "g": group}))
    con.register("links", links[["a", "b"]])
    columns = ", ".join(f"{c} as {c}_{{side}}" for c in ("n", *TEXT, "company", "tokens"))
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


def _troubled(group: np.ndarray, against: set[tuple[int, int]]) -> Iterator[tuple[int, np.ndarray]]:
    """The groups that hold a contradiction, with their members."""
    for which in sorted({int(group[a]) for a, _ in against}):
        yield which, np.flatnonzero(group == which)


def _parted(members: np.ndarray, links: pd.DataFrame, against: set[tuple[int, int]]) -> np.ndarray:
    """A group of each member: joined along the strongest links first, where more links than contradictions lie between."""
    linked = set(links[["a", "b"]].itertuples(index=False, name=None))
    part = {int(m): {int(m)} for m in members}
    for a, b in links.sort_values(["weight", "a", "b"], ascending=[False, True, True])[["a", "b"]].to_numpy().tolist():
        one, two = part[a], part[b]
        if one is two:
            continue
        between = [(min(x, y), max(x, y)) for x in one for y in two]
        if sum(p in linked for p in between) > sum(p in against for p in between):
            one |= two
            part.update(dict.fromkeys(two, one))
    return np.array([min(part[int(m)]) for m in members])


def _entities(held: pd.DataFrame, group: np.ndarray) -> pd.DataFrame:
    out = pd.DataFrame({"record_id": held["record_id"].astype(str)})
    out["entity_id"] = out["record_id"].groupby(group).transform("min")
    return out.sort_values("record_id", ignore_index=True)


def _pairs(held: pd.DataFrame, scored: pd.DataFrame | None) -> pd.DataFrame:
    if scored is None or scored.empty:
        columns = {"record_a": str, "record_b": str, "probability": float} | dict.fromkeys(FIELDS, str)
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    ids = held["record_id"].to_numpy(dtype=object)
    a, b = ids[scored["a"]], ids[scored["b"]]
    out = pd.DataFrame({"record_a": np.where(a < b, a, b), "record_b": np.where(a < b, b, a)})
    out["probability"] = scored["probability"].to_numpy()
    for field, levels in WEIGHTS.items():
        said = np.array([level.agreement for level in levels[:0:-1]] + ["unknown"], dtype=object)
        out[field] = said[scored[f"gamma_{field}"].to_numpy()]
    return out.sort_values(["record_a", "record_b"], ignore_index=True)
