"""What may change when a company stops recording a column: a figure is equal, gone, or marked; never another number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts.company import Company
from crmlib.facts.findings import FINDING
from crmlib.vocabulary.schema import TABLES

OPTIONAL = [f"{t.name}.{c.name}" for t in TABLES.values() for c in t.columns if not c.required]
"""Every column that a company may leave unmapped."""


def changed(whole: pd.DataFrame, less: pd.DataFrame, column: str) -> list[str]:
    """What became another number in `less`, the frame of the same measure without `column`; each in words.

    Findings are told by KPI, period and segment, other frames by their columns that hold no numbers; a frame is marked as a
    whole, by `.attrs["without"]`.
    """
    if not len(less) or column in less.attrs.get("without", ()):
        return []
    if "without" in less.columns:
        less = less[~less["without"].str.split().map(lambda names: column in names)]
    if list(less.columns[: len(FINDING)]) == FINDING:
        keys, numbers = ["kpi", "period", "segment"], ["value", "low", "high", "n"]
    else:
        numbers = [n for n in less.columns if pd.api.types.is_numeric_dtype(less[n]) and less[n].dtype != bool]
        keys = [n for n in less.columns if n not in numbers and n in whole.columns]
        numbers = [n for n in numbers if n in whole.columns]
        # A text that is gone tells no row apart.
        keys = [n for n in keys if less[n].notna().any()]
    if "value" in numbers:
        # What has no value states no figure, whatever it would rest on.
        less = less[less["value"].notna()]
    if not len(less) or not numbers:
        return []
    before = dict(list(_grouped(whole, keys)))
    found = []
    for key, rows in _grouped(less, keys):
        then = before.get(key)
        for _i, now in rows[numbers].dropna(how="all").astype(float).iterrows():
            seen = now.dropna()
            if then is None:
                found.append(f"{key}: not there before: {seen.to_dict()}")
            elif not np.isclose(then[seen.index].astype(float), seen, rtol=1e-9, atol=1e-12).all(axis=1).any():
                found.append(f"{key}: {then[seen.index].head(1).to_dict('records')[0]} became {seen.to_dict()}")
    return found


def _grouped(frame: pd.DataFrame, keys: list[str]) -> Any:
    return frame.assign(**{k: frame[k].astype("str") for k in keys}).groupby(keys or (lambda _i: 0))


def another_number(measure: Callable[[Company], pd.DataFrame], c: Company, *columns: str) -> dict[str, list[str]]:
    """For each column (all optional ones where none is named) what of `measure(c)` becomes another number without it."""
    whole = measure(c)
    found = {}
    for column in columns or OPTIONAL:
        if c.knows(column) and (words := changed(whole, measure(c.without(column)), column)):
            found[column] = words[:5]
    return found
