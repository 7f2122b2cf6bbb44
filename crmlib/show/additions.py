"""Amounts that add up to what is told elsewhere: what else to withhold so that those of few are not had by taking away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import pandas as pd

from crmlib.facts.findings import Addition
from crmlib.models.disclosure import width
from crmlib.show.numbers import is_missing
from crmlib.vocabulary.counted import BASES


@dataclass(frozen=True)
class _Part:
    """An amount: its row and column, and of how many customers it is."""

    row: int
    column: Any
    amount: float
    customers: float

    @property
    def off(self) -> float:
        """By how much it is off at most where it is told."""
        return _off(self.amount, self.customers)


def given_away(
    frame: pd.DataFrame, addition: Addition, on: Mapping[Any, float], hidden: set[tuple[int, Any]], k: int
) -> set[tuple[int, Any]]:
    """Cells (row, column) to withhold beside those `hidden`, the ones of fewest customers first.

    What is withheld of one sum is as good as told where it is of fewer than k customers together and what is told beside it
    leaves it off by less than one of them makes. `on` says on how many customers a cell rests where its row does not.
    """
    more: set[tuple[int, Any]] = set()
    for key, parts in _sums(frame, addition, on):
        ways = [sum(_off(*whole) for whole in way) for way in addition.ways.get(key, ())]
        while True:
            told = [part for part in parts if (part.row, part.column) not in hidden | more]
            kept = [part for part in parts if part not in told]
            customers, amount = sum(part.customers for part in kept), sum(abs(part.amount) for part in kept)
            off = sum(part.off for part in told) + min(ways, default=0.0)
            free = [part for part in told if part.customers > 0]
            if not kept or not free or (len(kept) > 1 and customers >= k) or off * customers >= amount:
                break
            least = min(free, key=lambda part: (part.customers, part.row, str(part.column)))
            more.add((least.row, least.column))
    return more


def _off(amount: float, customers: float) -> float:
    return width(abs(amount) / customers) / 2 if amount and isfinite(amount) and customers else 0.0


def _sums(frame: pd.DataFrame, addition: Addition, on: Mapping[Any, float]) -> Iterator[tuple[Any, Sequence[_Part]]]:
    """The sums of a frame: what they are of, and their parts, a part a column or a row."""
    first, sums = frame.columns[0], dict[Any, list[_Part]]()
    for at, row in enumerate(frame.to_dict("records")):
        if not addition.named:
            parts = [_Part(at, name, float(row[name]), on.get((row[first], name), 0)) for name in addition.parts]
            sums[row[first]] = [part for part in parts if isfinite(part.amount)]
        elif row[addition.named] in addition.parts and isfinite(amount := float(row[addition.column])):
            key = row[addition.by] if addition.by else ""
            size = next(float(row[base]) for base in BASES if base in row and not is_missing(row[base]))
            sums.setdefault(key, []).append(_Part(at, addition.column, amount, size))
    yield from sums.items()
