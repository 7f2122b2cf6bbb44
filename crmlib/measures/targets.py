"""Targets that a figure may be asked to reach: what its own course reaches with stated odds, and what acting more may add (D091,
D128).

A target inside what today's figure leaves open could be reached by chance, and is not proposed.
"""

from __future__ import annotations

from math import nan, sqrt
from typing import Any, Final

import pandas as pd
from scipy.special import ndtri

from crmlib.facts import ledger, standings, windows
from crmlib.facts.company import Company
from crmlib.facts.findings import resting, unsure_over_time
from crmlib.models import levels
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.language import _, day, number
from crmlib.vocabulary.months import month_ends

MONTHS: Final = 18
"""Months whose course is read, at most."""
ODDS: Final = 0.2
"""Chance with which the course reaches a proposed target by itself."""
ACTED_ON: Final = "active_customers"
"""The figure to which acting adds customers: an order makes one active."""
COLUMNS: Final = (
    "kpi", "value", "n", "months_known", "ahead", "ahead_low", "ahead_high", "proposed", "acting_low", "acting_high",
    "target", "odds", "verdict", "unit", "without",
)  # fmt: skip


def table(c: Company, compared: pd.DataFrame) -> pd.DataFrame:
    """One row per headline figure of `compared` (`comparison.table`) that customers make one by one, and per figure with a target
    of policy: `COLUMNS`.

    `months_known` on record, whose course is read; `ahead` in `windows.AHEAD` months if all goes on as so far, with its interval;
    `proposed`: what the course reaches with `ODDS`, where that lies further from today's figure than half its interval, or than a
    count scatters; `acting_low` to `acting_high`: how many active customers more acting adds, where it is known to bring orders
    and the team has room for more than it acted on so far; `target` of policy, and the `odds` that the course reaches it;
    `verdict`: `target_proposed`, `within_noise`, `not_enough` (too few months, or all alike).
    """
    aims = c.policy.targets.reach
    chosen = compared[[_is_asked(str(kpi), aims) for kpi in compared["kpi"]]] if len(compared) else compared
    rows = [_row(c, row, aims.get(row["kpi"], nan)) for row in chosen.to_dict("records")]
    return resting(pd.DataFrame(rows, columns=[*COLUMNS]), compared.attrs.get("customers", {}))


def note(c: Company, told: pd.DataFrame) -> str:
    """How the proposals are to be read, in the reader's language."""
    if told.empty:
        return ""
    text = _(
        "Proposed is what the figure's own course reaches in {odds} of 100 cases by {day}; none is where that lies within what "
        "today's figure leaves open. Seasons are not told apart from the course."
    ).format(odds=number(ODDS * 100), day=day(windows.ahead(c)))
    if ACTED_ON not in {*told["kpi"]}:
        return text
    if told["acting_low"].notna().any():
        return text + " " + _("Some of the customers whom more acting adds would be active by then anyhow.")
    return (
        text
        + " "
        + _("What acting more may add cannot be told: it is not known to bring orders, or the team has no room.")
    )


def course(c: Company, kpi: str) -> list[float]:
    """The figure at the end of each of the last `MONTHS` months, oldest first, from the first month on at which it was on record
    for as long as it looks back.
    """
    values: list[float] = []
    for end in month_ends(c.as_of, MONTHS):
        then = c.at(end)
        value = _figure(then, kpi) if windows.is_whole(then, *KPIS[kpi].needs) else nan
        values = [*values, value] if value == value else []
    return values


def _is_asked(kpi: str, aims: dict[str, float]) -> bool:
    told = KPIS[kpi]
    return kpi in standings.STANDINGS and bool(told.better) and (bool(told.headline) or kpi in aims)


def _row(c: Company, row: dict[str, Any], aim: float) -> dict[str, Any]:
    kpi, up = str(row["kpi"]), KPIS[str(row["kpi"])].better == "up"
    values = course(c, kpi)
    found = levels.ahead(values, windows.AHEAD)
    told: dict[str, Any] = {
        "kpi": kpi, "value": row["value"], "n": row["n"], "months_known": len(values), "ahead": nan, "ahead_low": nan,
        "ahead_high": nan, "proposed": nan, "acting_low": nan, "acting_high": nan, "target": aim, "odds": nan,
        "verdict": "not_enough", "unit": row["unit"], "without": unsure_over_time(c, kpi),
    }  # fmt: skip
    if found is None or row["value"] != row["value"]:
        return told
    tail = (1 - c.policy.statistics.confidence) / 2
    low, middle, high = (_within(kpi, found.quantile(share)) for share in (tail, 0.5, 1 - tail))
    proposed = _within(kpi, found.quantile(1 - ODDS if up else ODDS))
    is_far = abs(proposed - row["value"]) > _half(c, row)
    odds = found.odds(aim) if up else 1 - found.odds(aim)
    told |= {"ahead": middle, "ahead_low": low, "ahead_high": high, "odds": odds if aim == aim else nan}
    told |= {"proposed": proposed if is_far else nan, "verdict": "target_proposed" if is_far else "within_noise"}
    if kpi == ACTED_ON:
        told["acting_low"], told["acting_high"] = _added(c, len(values))
    return told


def _half(c: Company, row: dict[str, Any]) -> float:
    """How far today's figure may be off either way: half its interval; of a count, by Poisson."""
    if row["high"] == row["high"]:
        return float(row["high"] - row["low"]) / 2
    return float(ndtri(0.5 + c.policy.statistics.confidence / 2)) * sqrt(max(float(row["value"]), 1.0))


def _added(c: Company, months: int) -> tuple[float, float]:
    """Between what limits lie the customers with an order whom acting adds on as many as the team can, beyond those acted on in
    the months of the course.
    """
    effect = next(iter(ledger.so_far(c, "ordered")[-1:]), (nan, nan, nan))
    so_far = float((ledger.rows(c)["acted"] == 1).sum()) / max(months, 1)
    room = c.policy.contact.capacity - so_far
    times = windows.AHEAD * room if effect[1] > 0 and room > 0 else nan
    return times * effect[1], times * effect[2]


def _figure(c: Company, kpi: str) -> float:
    """The figure, from what customers add to it; NaN where nobody stands in it."""
    rows = standings.standings(c, kpi)
    if rows is None:
        return nan
    exact = {name: rows[name].cast("decimal(38, 6)").sum() for name in ("top", "bottom")}
    top, bottom = (float(part) if part is not None else nan for part in rows.agg(**exact).to_pandas().iloc[0])
    return top if KPIS[kpi].unit == "count" else top / bottom if bottom > 0 else nan


def _within(kpi: str, value: float) -> float:
    """No share below nought or above one, and no count below nought."""
    unit = KPIS[kpi].unit
    return min(max(value, 0.0), 1.0) if unit == "share" else max(value, 0.0) if unit == "count" else value
