"""A matrix as it may be published: its cells are the rows of a table, and pass as such (`crmlib.show.withholding`)."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Any

import pandas as pd

from crmlib.show.withholding import EXACT, guarded, least, why


def grid(frame: pd.DataFrame, n: pd.Series[Any] | None, unit: str) -> tuple[pd.DataFrame, dict[tuple[Any, Any], str]]:
    """A matrix as it may be published, and why cells of it (row, column) are not: counts, or shares of `n` of its row, else of
    `frame.attrs["n"]`. `frame.attrs["customers"]` says by (row, column) on how many a cell rests, where n does not.
    """
    if least() <= 1:
        return frame, {}
    of = {row: float(n[row]) for row in frame.index} if n is not None else frame.attrs.get("n", 0)
    on = frame.attrs.get("customers", {})
    cells = [(row, column) for row in frame.index for column in frame.columns]
    long = pd.DataFrame(
        {"row": [str(row) for row, _column in cells], "column": [str(column) for _row, column in cells]}
    )
    # By place: a label may stand for several rows, as two columns of a table that read alike.
    values = [value for row in frame.to_numpy().tolist() for value in row]
    if unit == "count":
        long["count"] = values
    else:
        whole = [
            v * (of.get(row, 0) if isinstance(of, Mapping) else of)
            for v, (row, _column) in zip(values, cells, strict=True)
        ]
        counts = [on.get(cell, v) for v, cell in zip(whole, cells, strict=True)]
        if all(pd.isna(v) or abs(v - round(v)) < EXACT * max(1, v) for v in counts) and (of or on):
            long["customers"] = [nan if pd.isna(v) else round(v) for v in counts]
        long["share"] = values
    long.attrs["n"] = {str(row): size for row, size in of.items()} if isinstance(of, Mapping) else of
    safe = guarded(long)
    reasons = why(safe)
    name = "count" if unit == "count" else "share"
    shown = pd.DataFrame(
        safe[name].to_numpy().reshape(frame.shape), index=frame.index, columns=frame.columns, dtype=float
    )
    return shown, {cell: reasons[at, name] for at, cell in enumerate(cells) if (at, name) in reasons}
