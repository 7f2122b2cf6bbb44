"""Changes of figures that are published: the difference of what is published, and parts that add up to it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan, nan
from typing import Any

import pandas as pd

from crmlib.vocabulary.kpi import STEPS
from crmlib.vocabulary.moves import CAUSES


def of_published(frame: pd.DataFrame, columns: Mapping[Any, list[Any]]) -> dict[Any, list[Any]]:
    """`change` and its parts (`CAUSES`) made anew from the `columns` of numbers as they are published, where a table has them.
    What is withheld is NaN there. The change is from what was `said`, else from `before`.
    """
    if not {"before", "change", "value"} <= columns.keys():
        return {}
    bases = [
        _number(said, before)
        for said, before in zip(columns.get("said", columns["before"]), columns["before"], strict=True)
    ]
    told = [_number(value) - base for value, base in zip(columns["value"], bases, strict=True)]
    parts: dict[Any, list[Any]] = {name: [] for name in CAUSES if name in columns}
    for at, whole in enumerate(told if parts else []):
        row = {name: _number(columns[name][at]) for name in parts}
        for name, part in _adding_up(row, whole, STEPS[str(frame["unit"].iloc[at])]).items():
            parts[name].append(part)
    return {"change": told, **parts}


def _adding_up(parts: Mapping[Any, float], whole: float, step: float) -> dict[Any, float]:
    """The parts to multiples of `step`, of which the largest takes what rounding leaves; none where the whole is not told."""
    if isnan(whole):
        return dict.fromkeys(parts, nan)
    steps = {name: round(part / step) for name, part in parts.items() if not isnan(part)}
    if steps:
        largest = max(steps, key=lambda name: abs(parts[name]))
        steps[largest] += round(whole / step) - sum(steps.values())
    return {name: round(steps[name] * step, 6) if name in steps else nan for name in parts}


def _number(*values: Any) -> float:
    """The first that is a number; NaN where none is."""
    return next((float(v) for v in values if isinstance(v, (int, float)) and not isnan(v)), nan)
