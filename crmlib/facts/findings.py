"""Findings: what leaves a measure, an estimate never without its n and its interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import nan
from typing import Any

import pandas as pd

from crmlib.facts.company import Company
from crmlib.models.estimates import wilson
from crmlib.vocabulary.kpis import KPIS

FINDING = ["kpi", "period", "segment", "value", "low", "high", "n", "unit", "without"]
"""Columns of a findings frame: one row per KPI, period (YYYY-MM) and segment ("" is the whole company). `without` names the
columns that would have made the figure surer and that the company does not record, joined by a space."""
_TYPES = dict.fromkeys(FINDING, "str") | dict.fromkeys(("value", "low", "high"), "float64") | {"n": "int64"}


def finding(
    c: Company,
    kpi: str,
    estimate: float | tuple[float, float, float],
    *,
    n: float,
    segment: str = "",
    uses: Iterable[str] = (),
) -> dict[str, Any]:
    """One row of a findings frame: `estimate` is (value, low, high), or a bare number that is counted and has no interval;
    `n` is what it rests on. Period is the month of the company's day, and the unit is the one that the KPI declares. `uses`:
    columns that make this row surer, beside the KPI's.
    """
    counted = not isinstance(estimate, tuple)
    value, low, high = (float(v) for v in ((estimate, nan, nan) if counted else estimate))
    row = {"kpi": kpi, "period": f"{c.as_of:%Y-%m}", "segment": segment, "value": value, "low": low, "high": high}
    without = " ".join(name for name in (*KPIS[kpi].uses, *uses) if not c.knows(name))
    return {**row, "n": int(n), "unit": KPIS[kpi].unit, "without": without}


def share_of(
    c: Company, kpi: str, part: float, n: float, *, segment: str = "", uses: Iterable[str] = ()
) -> dict[str, Any]:
    """The finding that `part` of `n` are so, with Wilson's interval at the policy's confidence."""
    return finding(
        c,
        kpi,
        wilson(float(part), float(n), confidence=c.policy.statistics.confidence),
        n=n,
        segment=segment,
        uses=uses,
    )


def findings(c: Company, rows: Iterable[Mapping[str, Any]] = (), *, of: Iterable[str] = ()) -> pd.DataFrame:
    """A findings frame of the given rows, in their order; without rows an empty frame with the right columns and types.

    Figures whose KPI needs a table or a column that the company does not record are left out: what is not known is not nought.
    `of` names the KPIs that are stated where rows may be none; `.attrs["left_out"]` keeps the KPIs that are left out, and
    `.attrs["unknown"]` what they need.
    """
    told = list(rows)
    stated = dict.fromkeys([*of, *(row["kpi"] for row in told)])
    left_out = {kpi: [name for name in KPIS[kpi].needs if not c.knows(name)] for kpi in stated}
    left_out = {kpi: names for kpi, names in left_out.items() if names}
    frame = pd.DataFrame([row for row in told if row["kpi"] not in left_out], columns=FINDING).astype(_TYPES)
    frame.attrs["left_out"] = tuple(left_out)
    frame.attrs["unknown"] = tuple(dict.fromkeys(name for names in left_out.values() for name in names))
    return frame


def marked(c: Company, frame: pd.DataFrame, *uses: str) -> pd.DataFrame:
    """A table of a chapter, with `.attrs["without"]` naming the columns of `uses` that the company does not record: the
    figures stand, and would be surer with them.
    """
    frame.attrs["without"] = tuple(name for name in uses if not c.knows(name))
    return frame
