"""This month's figures against last month's, those of the same month last year, and their targets: how much they moved, and
whether the data tell the two apart (D128, D130).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from typing import Any

import numpy as np
import pandas as pd

from crmlib.facts import windows
from crmlib.facts.company import Company
from crmlib.facts.findings import findings, unsure_over_time
from crmlib.facts.moves import COLUMNS, against, by_customer
from crmlib.facts.shape import shape
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import Policy

Measure = Callable[[Company], pd.DataFrame]
"""A company to findings."""
YEAR = ["before_year", "verdict_year"]
TARGET = ["target", "verdict_target"]


def table(
    c: Company, measures: Sequence[Measure], *, again: Sequence[Measure] = (), once: Sequence[Measure] = ()
) -> pd.DataFrame:
    """One row per figure of the whole company, what moved most surely since last month first: the columns of `moves.against`;
    the same month last year (`YEAR`) where any figure was on record for as long as it looks back by then, and targets (`TARGET`)
    where policy sets any of these figures one; `unit`, and `without`: what would make either surer and is not recorded.

    First stand the figures of customers who come `again`, or, where customers buy once, those of that kind of business.
    """
    chosen = [*(once if shape(c).name == "sells_once" else again), *measures]
    last, year = c.at(windows.month_before(c)), c.at(windows.same_month_last_year(c))
    now, before, then = (pd.concat([findings(on), *(measure(on) for measure in chosen)]) for on in (c, last, year))
    now = now[now["segment"] == ""]
    found = against(now, before, c.policy.statistics, paired=partial(by_customer, c, last))
    then = then[np.array([windows.is_whole(year, *KPIS[kpi].needs) for kpi in then["kpi"]], dtype=bool)]
    if then["value"].notna().any():
        told = against(now, then, c.policy.statistics, paired=partial(by_customer, c, year))
        found[YEAR] = told.set_index("kpi").loc[found["kpi"], ["before", "verdict"]].to_numpy()
        found = found.astype({"before_year": float})
        sizes = [frame.attrs["customers"] for frame in (found, told)]
        found.attrs["customers"] = {key: min(size.get(key, inf) for size in sizes) for key in {**sizes[0], **sizes[1]}}
    found = _with_targets(found, c.policy)
    shown = [name for name in (*COLUMNS, *YEAR, *TARGET) if name in found]
    out = found[[*shown, "unit"]].assign(without=[unsure_over_time(c, kpi) for kpi in found["kpi"]])
    out.attrs = found.attrs
    return out


def _with_targets(found: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The same with `TARGET` where policy has a target for any of the figures: `reached` or `missed` where the interval lies on
    one side of it, or the figure is counted; `too_close` else, `cannot_say` where the figure is not known.
    """
    aims = found["kpi"].map(policy.targets.reach).astype(float)
    if not aims.notna().any():
        return found
    verdicts = [_of_target(row, aim) for row, aim in zip(found.to_dict("records"), aims, strict=True)]
    with_them = found.assign(target=aims, verdict_target=verdicts)
    with_them.attrs = found.attrs
    return with_them


def _of_target(row: dict[str, Any], aim: float) -> str:
    if np.isnan(aim):
        return ""
    if np.isnan(row["value"]):
        return "cannot_say"
    low, high = (row["value"] if np.isnan(row[end]) else row[end] for end in ("low", "high"))
    least, most = (low - aim, high - aim) if KPIS[str(row["kpi"])].better == "up" else (aim - high, aim - low)
    return "reached" if least >= 0 else "missed" if most < 0 else "too_close"
