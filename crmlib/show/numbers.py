"""How the columns of a result are read before it is published: which are numbers, which of these count, and in what unit."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isnan
from typing import Any

import pandas as pd

from crmlib.vocabulary.counted import BASES, COUNTS
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import unit_of


def wholes(frame: pd.DataFrame) -> dict[str, float]:
    """Customers of all segments of each figure whose shares are parts of one whole, while n is of the segment."""
    if not {"kpi", "segment", "n", "unit"} <= {*frame.columns}:
        return {}
    rows = frame[(frame["segment"] != "") & (frame["unit"] == "share")]
    found = rows[rows["kpi"].isin([kpi for kpi in rows["kpi"].unique() if KPIS[kpi].adds_up])].groupby("kpi")["n"].sum()
    return {str(kpi): float(n) for kpi, n in found.items()}


def unit_in(name: Any, row: Mapping[Any, Any], unit: str) -> str:
    """The unit of a column, of which `unit` says what has none of its own."""
    if name in ("low", "high"):
        return "share" if "share" in row else "money"
    return unit_of(name) or unit or "ratio"


def is_number(column: pd.Series[Any]) -> bool:
    """Whether all that a column holds are numbers; exact ones are too, truths are not."""
    if pd.api.types.is_bool_dtype(column):
        return False
    if pd.api.types.is_numeric_dtype(column):
        return True
    there = column.dropna()
    return len(there) > 0 and all(isinstance(v, Decimal) for v in there)


def is_count(frame: pd.DataFrame, name: Any) -> bool:
    """Whether a column counts customers, or what is theirs."""
    there = frame[name].dropna()
    first = name == frame.columns[0]
    alone = name == "orders" and not {*BASES} & {*frame.columns}
    return name in COUNTS and not first and not alone and all(float(v).is_integer() for v in there)


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing."""
    return value is None or value is pd.NA or (isinstance(value, float) and isnan(value))
