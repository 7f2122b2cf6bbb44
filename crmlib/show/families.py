"""Which rows of a result add up to which, as whoever reads it knows, and what else to withhold so that few stay few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from crmlib.models.disclosure import is_few, withheld
from crmlib.vocabulary.kpis import KPIS

MOST = 400
"""Cells of one family from which their bounds are not worked out: so many roundings leave no number to a reader."""
_EXACT = 1e-6
Family = tuple[list[int], list[tuple[int, list[int]]], list[int], list[int]]
"""Counts, which of them add up to which, the row of the frame that each is told in, −1 for what other figures tell, and which
are of the whole: many figures tell these, and what each rounds off the others give back.
"""


def beside(
    frame: pd.DataFrame,
    counted: Sequence[Any],
    k: int,
    *,
    none: bool = False,
    on: Mapping[Any, float] = MappingProxyType({}),
    of: Any = 0,
) -> set[int]:
    """Rows to withhold although they rest on k customers or more: with them one of fewer could be worked out.

    `on` says by the first column on how many they rest where no column does, and `of` how many these are in all.
    """
    hidden: set[int] = set()
    if {"kpi", "segment", "value", "n"} <= {*frame.columns}:
        families = _of_findings(frame)
    else:
        hidden |= _of_parts(frame, on, of, k, none)
        families = _of_table(frame, counted)
    for counts, sums, rows, whole in families:
        if len(counts) <= MOST and any(is_few(count, k, none=none) for count in counts):
            told = [i for i, row in enumerate(rows) if row < 0]
            _few, more = withheld(counts, sums, k, fixed=told, exact=whole, none=none)
            hidden |= {rows[i] for i in more if rows[i] >= 0}
    return hidden


def _of_parts(frame: pd.DataFrame, on: Mapping[Any, float], of: Any, k: int, none: bool) -> set[int]:
    """Rows whose first columns part a whole of so many customers, and of which one is told too many."""
    first = frame[frame.columns[0]]
    names = [name for name in dict.fromkeys(first) if name in on]
    counts = [round(on[name]) for name in names]
    if not isinstance(of, int) or len(names) < 2 or sum(counts) != of or len(names) > MOST:
        return set()
    whole = len(names)
    _few, more = withheld([*counts, of], [(whole, range(whole))], k, fixed=[whole], exact=[whole], none=none)
    return {int(at) for at in frame.index[first.isin([names[i] for i in more])]}


def _of_findings(frame: pd.DataFrame) -> Iterator[Family]:
    """By KPI: who are so, who are not, and of how many, in each segment and where these add up, in all."""
    for name, part in frame.groupby("kpi", sort=False):
        kpi = KPIS.get(str(name))
        part = part[part["value"].notna() & part["n"].notna()]
        if (
            kpi is None
            or kpi.counts not in ("customers", "theirs")
            or kpi.unit not in ("share", "count")
            or len(part) < 1
        ):
            continue
        n = [round(v) for v in part["n"]]
        size = part.loc[part["segment"] != "", "n"].sum() if kpi.adds_up else part["n"]
        exact = part["value"] * size if kpi.unit == "share" else part["value"]
        so = [round(v) for v in exact]
        if any(
            abs(a - b) > _EXACT * max(1, size) or not 0 <= b <= size for a, b, size in zip(exact, so, n, strict=True)
        ):
            continue
        make = _sizes if so == n else _family
        yield make(so, n, [str(s) for s in part["segment"]], [int(i) for i in part.index])


def _sizes(so: list[int], _n: list[int], segments: list[str], rows: list[int]) -> Family:
    """Of segments of whom all are so: one number says both, and to withhold it takes one row."""
    whole, parts = [i for i, name in enumerate(segments) if not name], [i for i, name in enumerate(segments) if name]
    if not whole:
        so, rows, whole = [*so, sum(so)], [*rows, -1], [len(so)]
    return so, [(whole[0], parts)] if sum(so[i] for i in parts) == so[whole[0]] else [], rows, whole[:1]


def _family(so: list[int], n: list[int], segments: list[str], rows: list[int]) -> Family:
    counts, told = [*so, *(size - part for part, size in zip(so, n, strict=True)), *n], rows * 3
    m = len(so)
    sums = [(2 * m + i, [i, m + i]) for i in range(m)]
    whole, parts = [i for i in range(m) if not segments[i]], [i for i in range(m) if segments[i]]
    for i in whole[:1]:
        if parts and sum(n[j] for j in parts) == n[i]:
            sums.append((2 * m + i, [2 * m + j for j in parts]))
        if parts and sum(so[j] for j in parts) == so[i]:
            sums.append((i, parts))
    if len(parts) > 1 and {n[j] for j in parts} == {sum(so[j] for j in parts)}:
        sums.append((2 * m + parts[0], parts))
    elif len(parts) > 1 and not whole:
        counts, told = [*counts, sum(so[j] for j in parts)], [*told, -1]
        sums.append((len(counts) - 1, parts))
    return counts, sums, told, [2 * m + i for i in whole[:1]] or [i for i, row in enumerate(told) if row < 0]


def _of_table(frame: pd.DataFrame, counted: Sequence[Any]) -> Iterator[Family]:
    """By column that counts: its rows and their sum, and their sums by each column of names, as other figures may tell these."""
    keys = [name for name in frame.columns if frame[name].map(lambda v: isinstance(v, str)).all()]
    for name in counted:
        part = frame[frame[name].notna()]
        if len(part) < 2:
            continue
        counts, rows = [round(v) for v in part[name]], [int(i) for i in part.index]
        groups = [list(range(len(counts)))]
        for key in keys:
            places = part.reset_index(drop=True).groupby(key).groups
            groups += [list(map(int, at)) for at in places.values() if 1 < len(at) < len(part)]
        sums = []
        for at in groups:
            sums.append((len(counts), at))
            counts.append(sum(counts[i] for i in at))
            rows.append(-1)
        yield counts, sums, rows, [len(part)]
