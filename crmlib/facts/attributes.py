"""Attributes of customers as groups that can be told apart, and as columns of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts.company import Company
from crmlib.vocabulary import language

MANY = 12
"""Values of a text from which the rarer ones are taken together."""
PARTS = 4
"""Groups that a number is cut into, equally many customers each."""
OTHER, UNKNOWN = "other_values", "not_stated"


@dataclass(frozen=True)
class Attribute:
    """What is known of an attribute: the group of each customer, in words and in order, and the columns of a model."""

    name: str
    group: pd.Series[Any]
    order: list[str]
    columns: np.ndarray[Any, np.dtype[np.float64]]


def attribute(c: Company, name: str, values: pd.Series[Any]) -> Attribute | None:
    """An attribute as groups and columns; None where it says the same of all, or of each customer something else."""
    there = values.dropna()
    numbers = pd.to_numeric(there, errors="coerce")
    if len(there) and numbers.notna().all() and np.isfinite(numbers).all() and numbers.nunique() > PARTS:
        return _number(name, values.index, numbers.astype(float))
    least = c.policy.statistics.min_n
    counted = there.value_counts()
    counted = counted.sort_index().sort_values(ascending=False, kind="stable")
    kept = [str(v) for v in counted.index[:MANY] if counted[v] >= min(least, len(there) / 4)]
    if not kept or counted[kept].sum() < 0.5 * len(there):
        return None
    group = values.where(values.isin(kept), OTHER).where(values.notna(), UNKNOWN).astype("str")
    order = [v for v in (*sorted(kept, key=_natural), OTHER, UNKNOWN) if (group == v).any()]
    if len(order) < 2:
        return None
    columns = np.column_stack([(group == v).to_numpy(dtype=float) for v in order])
    return Attribute(name, group, order, columns)


def _number(name: str, index: pd.Index, numbers: pd.Series[float]) -> Attribute:
    cuts = np.unique(np.quantile(numbers, np.linspace(0, 1, PARTS + 1)))
    place = np.clip(np.searchsorted(cuts, numbers, side="right") - 1, 0, max(len(cuts) - 2, 0))
    words = []
    for i in range(max(len(cuts) - 1, 1)):
        part = numbers[place == i]
        words.append(f"{_short(part.min())} – {_short(part.max())}" if len(part) else "")
    group = pd.Series([words[i] for i in place], index=numbers.index).reindex(index).fillna(UNKNOWN)
    whole = numbers.reindex(index)
    absent = whole.isna().to_numpy(dtype=float)
    filled = whole.fillna(numbers.median()).to_numpy(dtype=float)
    # A square beside the number lets the odds bend; both are of one attribute.
    away = (filled - filled.mean()) / (filled.std() or 1.0)
    columns = [away, away**2, *([absent] if absent.any() else [])]
    return Attribute(name, group, [*dict.fromkeys(w for w in words if w), UNKNOWN], np.column_stack(columns))


def _natural(text: str) -> tuple[float, str]:
    number = pd.to_numeric(pd.Series([text]), errors="coerce").iloc[0]
    return (float(number) if pd.notna(number) else float("inf"), text)


def _short(value: float) -> str:
    return language.number(float(value), 0 if float(value).is_integer() or abs(value) >= 1000 else 2)
