"""How likely each pair of records is one customer: by what the records taught, else by weights set beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import numpy as np
import pandas as pd

from crmlib.border.identity.grades import BARE_FROM, GRADES, MOST_PLACE, NAMED_OTHERWISE, ONE_ROOF, OWN, PLACE, TELLING
from crmlib.border.identity.learning import Learnt
from crmlib.border.identity.strangers import draw, mistaken
from crmlib.border.identity.weights import WEIGHTS

POOL: Final = 100_000
"""Two records drawn by lot are one customer once in so many; a value is as common as its records are among so many."""
FAINT: Final = -12.0
"""Bits (log2 of the odds) below which a pair is not kept; so faint pairs add nothing to what is expected."""
ROUNDS: Final = 20
"""Times that the share of pairs that are one customer is corrected by the pairs found; it settles long before."""


@dataclass(frozen=True)
class Scored:
    """`pairs`: `a` < `b` (n of `records`), `probability`, `weight` (bits without the prior), whether they are `bare` of all that
    tells people apart but a name and a place, and per field a grade (-1 unknown).

    `expected`: pairs that are one customer among all that were compared, the sum of their probabilities. `taken`: the same
    as `pairs` of records (`a`) and the strangers `drawn` (`b`), which are nobody.
    """

    pairs: pd.DataFrame
    expected: float
    taken: pd.DataFrame
    drawn: pd.DataFrame

    def links(self, threshold: float) -> pd.DataFrame:
        """The pairs that count as one customer from this probability on."""
        return _from(self.pairs, threshold)

    def precision(self, threshold: float, group: np.ndarray) -> float:
        """The share of those pairs that are one customer: the mean of their probabilities, and no more than is left when as
        many are wrong as strangers would be taken for somebody; `group` says who is one with whom.
        """
        links = self.links(threshold)
        if links.empty:
            return 1.0
        wrong = mistaken(_from(self.taken, threshold), self.drawn, group)
        return max(min(float(links["probability"].mean()), 1 - wrong / len(links)), 0.0)

    def recall(self, threshold: float) -> float:
        """The share of the pairs that are one customer, among those compared, which are among those pairs."""
        found = float(self.links(threshold)["probability"].sum())
        return min(found / self.expected, 1.0) if self.expected > 0 else 1.0


def score(con: duckdb.DuckDBPyConnection, learnt: Learnt | None, least: float) -> Scored:
    """The pairs of `candidates` at `least` (a probability) or above."""
    n = int(con.execute("select count(*) from records").fetchall()[0][0])
    counted = _by_learning(learnt) if learnt else _by_weights()
    _often(con, counted, learnt, n)
    drawn = draw(con, n)
    names = _predicted(con, learnt.settings() if learnt else _settings(), counted)
    before = learnt.prior if learnt else 1 / POOL
    evidence = _evidence(learnt.weights) if learnt else "match_weight"
    bare = [f"gamma_{f} = -1" for f in TELLING if f in names] if learnt else ["false"]
    con.execute(
        f"create table scored as select n_l as a, n_r as b, round({evidence} - {_bits(before)}, 6) as weight, "
        f"{' and '.join(bare)} as bare, {', '.join(f'gamma_{f}' for f in names)} from predicted where match_weight >= {FAINT}"
    )
    con.execute("drop table predicted")
    spread = con.execute(
        f"select round(weight, 2) as weight, count(*) as n from scored where b < {n} group by 1 order by 1"
    ).df()
    prior = _settled(spread, before, n) if learnt else before
    bits = _bits(prior)
    pairs = con.sql(
        f"select a, b, round(1 / (1 + pow(2.0, -(weight + {bits}))), 9) as probability, weight, * exclude (a, b, weight) "
        f"from scored where weight + {bits} >= {_bits(least)} order by a, b"
    ).df()
    expected = float((_probability(spread["weight"].to_numpy() + bits) * spread["n"].to_numpy()).sum())
    nobody = pairs["b"] >= n
    return Scored(pairs[~nobody].reset_index(drop=True), expected, pairs[nobody], drawn)


def _from(pairs: pd.DataFrame, threshold: float) -> pd.DataFrame:
    at = np.where(pairs["bare"], max(threshold, BARE_FROM), threshold)
    return pairs[pairs["probability"] >= at]


def _by_learning(learnt: Learnt) -> dict[str, float]:
    """The columns whose values are counted, and what an equal value says of strangers on average."""
    counted: dict[str, float] = {}
    for field, values in learnt.weights.items():
        for grade, (_m, u) in zip(GRADES[field], values, strict=True):
            if grade.counted:
                counted.setdefault(grade.counted, u)
    return counted


def _by_weights() -> dict[str, float]:
    return {level.counted: 0.0 for levels in WEIGHTS.values() for level in levels if level.counted}


def _often(con: duckdb.DuckDBPyConnection, counted: dict[str, float], learnt: Learnt | None, n: int) -> None:
    """Tables `often_<column>`: how common each value is among strangers.

    By weights, its records among `POOL`. Learnt, its records beside the two compared, as a share of all; a value that
    nobody else holds is as common as equal values are on average, and at most half a record.
    """
    for column, u in sorted(counted.items()):
        common = f"greatest(count(*) - 2, 0) / {n}.0 + {min(0.5 / n, u)!r}" if learnt else f"count(*) / {POOL}.0"
        con.execute(
            f"create table often_{column} as select {column}, ({common})::double as tf_{column} "
            f"from records where {column} is not null group by {column}"
        )


def _predicted(con: duckdb.DuckDBPyConnection, settings: dict[str, Any], counted: dict[str, float]) -> list[str]:
    """Table `predicted` of all candidates and of the strangers' meetings, by Splink; the fields compared."""
    from splink import DuckDBAPI, Linker, SettingsCreator

    con.execute("create table compared as from records union all from strangers")
    con.execute("create table met as from candidates union all select '0', l, r from meetings")
    database = DuckDBAPI(con)
    made = SettingsCreator.from_path_or_dict(settings)
    linker = Linker(database.register("compared"), made, log_level="CRITICAL", validate_settings=False)
    for column in sorted(counted):
        linker.table_management.register_term_frequency_lookup(database.register(f"often_{column}"), column)
    linker.table_management.register_blocked_pairs_for_predict(database.register("met"))
    done = linker.inference.predict(threshold_match_weight=FAINT, warning_mode="never")
    con.execute("drop table met; drop table meetings")
    con.execute(f"alter table {done.physical_name} rename to predicted")
    return [comparison["output_column_name"] for comparison in settings["comparisons"]]


def _evidence(fields: Iterable[str]) -> str:
    """SQL: the bits of a pair, where fields that do not agree by themselves do not count twice."""

    def graded(field: str, grades: tuple[int, ...]) -> str:
        return f"gamma_{field} in ({', '.join(str(len(GRADES[field]) - 1 - i) for i in grades)})"

    held = set(fields)
    place = [f"mw_{f} + mw_tf_adj_{f}" if any(g.counted for g in GRADES[f]) else f"mw_{f}" for f in PLACE if f in held]
    other = [graded("name", NAMED_OTHERWISE), *(f"not {graded(f, grades)}" for f, grades in OWN.items() if f in held)]
    taken = [f"case when {' and '.join(other)} then {ONE_ROOF} else 0 end"]
    if place:
        taken.append(f"greatest({' + '.join(place)} - {MOST_PLACE}, 0)")
    return f"match_weight - {' - '.join(taken)}"


def _settled(spread: pd.DataFrame, prior: float, n: int) -> float:
    """The share of all pairs that are one customer at which as many are expected as the share says."""
    weight, count, all_pairs = spread["weight"].to_numpy(), spread["n"].to_numpy(), n * (n - 1) / 2
    for _ in range(ROUNDS):
        prior = max(float((_probability(weight + _bits(prior)) * count).sum()), 1.0) / all_pairs
    return prior


def _probability(bits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp2(-bits))


def _bits(probability: float) -> float:
    """log2 of the odds."""
    return float(np.log2(probability / (1 - probability))) if probability < 1 else 64.0


def _settings() -> dict[str, Any]:
    """The weights set beforehand as Splink's m and u: weight = log2(m / u)."""
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
