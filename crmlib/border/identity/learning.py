"""What agreement proves in one company's records, learnt from them by Splink's own training; nothing is labelled.

u comes from pairs drawn by lot, the prior from records that agree in a name and something rare, m from expectation
maximisation (EM) on several blocks. What the records do not show stays as `grades` expects it, grade by grade.
Fellegi and Sunter (1969); Winkler (1988) for EM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import numpy as np

from crmlib.border.identity.grades import GRADES, HELD_IN

FEWEST_RECORDS: Final = 200
FEWEST_PAIRS: Final = 20
"""Records, and pairs of them that surely are one customer beyond what chance brings, without which nothing is learnt."""
FEWEST_HELD: Final = 50
"""Records that must hold a field for it to be compared by what is learnt."""
DRAWN: Final = 200_000
"""Pairs drawn by lot, and the most looked at in each block that EM learns from."""
SEED: Final = 1
SURE_SHARE: Final = 0.6
"""The share of one customer's pairs that the sure rules are thought to find; the prior is corrected later by what is found."""
BELIEVED: Final = 20
"""Pairs that what is expected beforehand is worth beside those of the company."""
EVENTS: Final = 3
"""Agreements of strangers that what is expected beforehand is worth beside those drawn."""
FARTHEST: Final = (8.0, 5.0)
"""Bits by which a learnt weight may be lower or higher than expected: beyond, EM has found something other than customers."""
LOWEST: Final = 1e-9

SURE: Final[tuple[str, ...]] = ("birthday", "phone", "email", "wechat")
"""Pairs that agree in one of these and in how the name begins, in either order, are one customer, nearly all of them."""
BEGINS: Final = ("substr(l.sound, 1, 4) = substr(r.sound, 1, 4)", "l.sound = r.turned")
LEARN_FROM: Final = {
    "birthday": "l.birthday = r.birthday",
    "name": "l.sound = r.sound",
    "email": "l.email = r.email",
    "phone": "l.phone = r.phone",
    "wechat": "l.wechat = r.wechat",
    "city": "l.city = r.city and substr(l.sound, 1, 3) = substr(r.sound, 1, 3)",
    "postcode": "l.postcode = r.postcode and substr(l.sound, 1, 3) = substr(r.sound, 1, 3)",
}
"""Blocks from which EM learns the fields that the block does not fix."""


@dataclass(frozen=True)
class Learnt:
    """`weights`: per field and grade (m, u); `prior`: the share of all pairs that are one customer, to begin with."""

    weights: Mapping[str, tuple[tuple[float, float], ...]]
    prior: float

    def settings(self) -> dict[str, Any]:
        """The same for Splink."""
        return settings(dict(self.weights), self.prior)


def learn(con: duckdb.DuckDBPyConnection) -> Learnt | None:
    """What the table `records` teaches; None where it is too little. The same records teach the same, to the byte."""
    from splink import DuckDBAPI, Linker, SettingsCreator

    n = int(con.execute("select count(*) from records").fetchall()[0][0])
    held = [f for f in GRADES if _held(con, f) >= FEWEST_HELD]
    sure = [f for f in SURE if f in held]
    if n < FEWEST_RECORDS or "name" not in held or not sure:
        return None
    found, chance = _sure(con, sure)
    if found - chance < FEWEST_PAIRS + 3 * chance**0.5:
        return None
    expected = {f: tuple((g.m, g.u) for g in GRADES[f]) for f in held}
    threads = con.execute("select current_setting('threads')").fetchall()[0][0]
    try:
        api = DuckDBAPI(con)
        made = SettingsCreator.from_path_or_dict(settings(expected, 1 / n))
        linker = Linker(api.register("records"), made, log_level="CRITICAL", validate_settings=False)
        linker.training.estimate_probability_two_random_records_match(
            [f"l.{f} = r.{f} and ({' or '.join(BEGINS)})" for f in sure], recall=SURE_SHARE
        )
        linker.training.estimate_u_using_random_sampling(
            max_pairs=DRAWN, seed=SEED, min_count_per_level=None, num_chunks=1
        )
        con.execute("set threads = 1")
        for field, rule in LEARN_FROM.items():
            if field in held:
                _session(linker, rule)
    finally:
        con.execute(f"set threads = {threads}")
    prior = (found - chance) / SURE_SHARE / (n * (n - 1) / 2)
    return Learnt(_learnt(linker, prior, n), prior)


def settings(weights: Mapping[str, tuple[tuple[float, float], ...]], prior: float) -> dict[str, Any]:
    """Splink's settings for these m and u."""
    comparisons = []
    for field, values in weights.items():
        column = HELD_IN[field]
        levels: list[dict[str, Any]] = [
            {"sql_condition": f"{column}_l is null or {column}_r is null", "is_null_level": True}
        ]
        for grade, (m, u) in zip(GRADES[field], values, strict=True):
            level: dict[str, Any] = {"sql_condition": grade.when, "m_probability": m, "u_probability": u}
            if grade.counted:
                level |= {"tf_adjustment_column": grade.counted, "tf_minimum_u_value": 2.0**-grade.most}
                level |= {"disable_tf_exact_match_detection": True}
            levels.append(level)
        comparisons.append({"output_column_name": field, "comparison_levels": levels})
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "n",
        "probability_two_random_records_match": prior,
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [{"blocking_rule": "l.n = r.n"}],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": True,
        "em_convergence": 1e-4,
        "max_iterations": 50,
    }


def _held(con: duckdb.DuckDBPyConnection, field: str) -> int:
    return int(con.execute(f"select count({HELD_IN[field]}) from records").fetchall()[0][0])


def _sure(con: duckdb.DuckDBPyConnection, sure: Sequence[str]) -> tuple[float, float]:
    """Pairs that the sure rules find, and how many of them names and values that meet by chance would make."""
    rules = " union ".join(
        f"select l.n as a, r.n as b from records l join records r on l.{f} = r.{f} and {begins} where l.n < r.n"
        for f in sure
        for begins in BEGINS
    )
    found = float(con.execute(f"select count(*) from ({rules})").fetchall()[0][0])
    return found, sum(_by_chance(con, f) for f in sure)


def _by_chance(con: duckdb.DuckDBPyConnection, column: str) -> float:
    """Pairs equal in `column` times the share of all pairs whose names begin alike."""

    def pairs(key: str) -> tuple[float, float]:
        counts = f"select count(*) as c from records where {column} is not null and sound is not null group by {key}"
        alike, known = con.execute(f"select sum(c * (c - 1) / 2), sum(c) from ({counts})").fetchall()[0]
        return float(alike or 0), float(known or 0)

    (equal, known), (begins, _) = pairs(column), pairs("substr(sound, 1, 4)")
    return equal * begins / max(known * (known - 1) / 2, 1.0)


def _session(linker: Any, rule: str) -> None:
    """EM on one block; a block without pairs, or of nothing but one customer's, teaches nothing."""
    from splink.internals.exceptions import EMTrainingException

    before = linker._settings_obj.core_model_settings.copy()
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True, max_pairs=DRAWN
        )
    except (EMTrainingException, ValueError):
        linker._settings_obj.core_model_settings = before


def _learnt(linker: Any, prior: float, n: int) -> dict[str, tuple[tuple[float, float], ...]]:
    """(m, u) per field and grade: what was trained, with what is expected as a share of it."""
    pairs, drawn = prior * n * (n - 1) / 2, min(DRAWN, n * (n - 1) / 2)
    out = {}
    for comparison in linker._settings_obj.core_model_settings.comparisons:
        grades = GRADES[comparison.output_column_name]
        levels = comparison._comparison_levels_excluding_null
        trained = [_trained(level._trained_m_probabilities) for level in levels]
        lot = [_trained(level._trained_u_probabilities) for level in levels]
        m = _shares([float(np.median(t)) if t else 0.0 for t in trained], [g.m for g in grades], pairs)
        seen = [float(np.mean(t)) if t else 0.0 for t in lot]
        out[comparison.output_column_name] = tuple(
            _bounded(grade.bits, one, _strangers(share, one, grade.u, prior, drawn), last=grade is grades[-1])
            for grade, one, share in zip(grades, m, seen, strict=True)
        )
    return out


def _trained(values: list[dict[str, Any]]) -> list[float]:
    """What each session found; 0 where it saw no such pair."""
    return [0.0 if isinstance(v["probability"], str) else float(v["probability"]) for v in values]


def _shares(found: list[float], expected: list[float], pairs: float) -> list[float]:
    """m of a field's grades, which sum to one."""
    before, after = np.array(expected) / sum(expected), np.array(found)
    if after.sum() <= 0:
        return list(before)
    return list((after / after.sum() * pairs + BELIEVED * before) / (pairs + BELIEVED))


def _strangers(share: float, m: float, expected: float, prior: float, drawn: float) -> float:
    """u of one grade: the share of pairs drawn that show it, without those that are one customer."""
    return (max((share - prior * m) * drawn, 0.0) + EVENTS) / (drawn + EVENTS / expected)


def _bounded(expected: float, m: float, u: float, *, last: bool) -> tuple[float, float]:
    """m and u whose weight is not absurd; that nothing agrees never speaks for one customer."""
    lower, upper = FARTHEST
    bits = float(np.clip(np.log2(max(m, LOWEST) / u), expected - lower, expected + upper))
    if last:
        bits = min(bits, -0.5)
    m = float(f"{max(m, LOWEST):.6g}")
    if m / 2.0**bits > 1:
        return float(f"{2.0**bits:.6g}"), 1.0
    return m, float(f"{m / 2.0**bits:.6g}")
