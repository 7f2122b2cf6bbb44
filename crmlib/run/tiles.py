"""The tiles of a month's front page: six by the kind of business, each with its change, its verdict and its course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlib.facts.moves import LOOKS, beyond, moved
from crmlib.run.pages import between, month_called
from crmlib.show.findings import quantity
from crmlib.show.withholding import FEW, said
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import SPLIT, label
from crmlib.vocabulary.language import _
from crmlib.vocabulary.policy import Statistics

SHOWN: Final = 6
AGAIN: Final = (
    "active_customers", "repurchase_rate", "repeat_revenue_share", "value_12m", "at_risk_customers", "action_effect",
)  # fmt: skip
FIRST: Final = {
    "account_business": (
        "repeat_revenue_share", "active_customers", "value_12m", "at_risk_customers", "sla_resolution", "action_effect",
    ),
    "subscription": (
        "arr", "net_revenue_retention", "falling_use_customers", "active_customers", "satisfied_share", "action_effect",
    ),
    "sells_once": (
        "first_buyers", "first_order_value", "on_time_share", "satisfied_share", "sla_resolution", "campaign_result",
    ),
    "service_desk": (
        "sla_first_response", "sla_resolution", "resolution_hours", "own_verdict_kept", "satisfied_share", "found_first_share",
    ),
}  # fmt: skip
"""The figures that come first, by kind of business (else `AGAIN`): what it lives on, who may leave, whether acting paid. Where
one of them is not on record the next of all takes its place."""


def in_order(rows: pd.DataFrame, shape: str) -> pd.DataFrame:
    """The headline figures, those first that matter most to the kind of business, and last what is withheld."""
    first = {name: place for place, name in enumerate(FIRST.get(shape, AGAIN))}
    place = rows["kpi"].map(first).fillna(len(first)).mask(rows["status"] == "withheld", np.inf)
    return rows.iloc[place.argsort(kind="stable")].reset_index(drop=True)


def tiles(
    rows: pd.DataFrame,
    past: Sequence[tuple[str, pd.DataFrame]],
    rules: Statistics,
    moves: Mapping[str, str] | None = None,
) -> list[dict[str, str]]:
    """What the tiles of some headline figures show, in words; `past` are those of earlier months, oldest first. An `arrow` stands
    where the change is beyond chance: as a chapter says that compared customer by customer (`moves`: its verdict on the change
    since last month, by figure), else among all of them (`facts.moves`). `verdict` says whether it is for the better.
    """
    known = [_known(row, past) for row in rows.to_dict("records")]
    last = pd.DataFrame([k[-1].to_dict() if k else {} for k in known], index=rows.index)
    both = rows.join(last.reindex(columns=list(LOOKS)).astype(float).add_suffix("_before"))
    told = zip(rows.to_dict("records"), known, beyond(moved(both, rules), rules), strict=True)
    return [_tile(row, before, _clear(row, before, bool(is_clear), moves or {})) for row, before, is_clear in told]


def _clear(row: Mapping[Any, Any], known: Sequence[pd.Series], is_clear: bool, moves: Mapping[str, str]) -> bool:
    """Whether a change is beyond chance; the chapter's word counts where the last figure known is of the month before."""
    verdict = "cannot_say" if row["segment"] else moves.get(str(row["kpi"]), "cannot_say")
    if verdict in ("cannot_say", "counted") or not known:
        return is_clear
    before = pd.Period(row["period"], freq="M") - 1
    return verdict != "too_close" if str(known[-1]["period"]) == str(before) else is_clear


def _known(row: Mapping[Any, Any], past: Sequence[tuple[str, pd.DataFrame]]) -> list[pd.Series]:
    """The figure of earlier months, oldest first."""
    before = [frame[(frame["kpi"] == row["kpi"]) & (frame["segment"] == row["segment"])] for _month, frame in past]
    return [found.iloc[0] for found in before if len(found) and found.iloc[0]["period"] < row["period"]]


def _tile(row: Mapping[Any, Any], known: Sequence[pd.Series], is_clear: bool) -> dict[str, str]:
    kpi = KPIS[str(row["kpi"])]
    shown = {
        "kpi": kpi.name,
        "label": SPLIT.join([_(kpi.label), *([label(row["segment"], "code")] if row["segment"] else [])]),
        "value": said(FEW) if row["status"] == "withheld" else quantity(float(row["value"]), str(row["unit"])),
        "range": between(row),
        "stale": _("Stale: carried over from {month}.").format(month=month_called(str(row["period"])))
        if row["status"] == "stale"
        else "",
        **dict.fromkeys(("change", "arrow", "verdict", "line", "course"), ""),
    }
    if known and row["status"] == "fresh" and known[-1]["status"] != "withheld":
        shown.update(_change(row, known[-1], kpi.better, is_clear))
    values = [v for v in (*(float(r["value"]) for r in known), float(row["value"])) if v == v]
    if len(values) > 2:
        shown["line"] = _polyline(values)
        shown["course"] = _("Course over {n} months").format(n=len(values))
    return shown


def _change(row: Mapping[Any, Any], last: pd.Series, better: str, is_clear: bool) -> dict[str, str]:
    """Against the last known value; sums, which are counted and not estimated, are told as they are."""
    now, then, unit = float(row["value"]), float(last["value"]), str(row["unit"])
    before = _("{value} in {month}").format(value=quantity(then, unit), month=month_called(str(last["period"])))
    if now == then:
        return {"change": _("Unchanged from {before}.").format(before=before)}
    summed = unit == "money" and pd.isna(row["low"]) and pd.isna(last["low"])
    if not is_clear and not summed:
        return {"change": _("No clear change from {before}.").format(before=before)}
    rose = now > then
    text = _("Up from {before}.") if rose else _("Down from {before}.")
    verdict = "" if not better else "crm-better" if rose == (better == "up") else "crm-worse"
    return {"change": text.format(before=before), "arrow": "▲" if rose else "▼", "verdict": verdict}


def _polyline(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    step = 120 / (len(values) - 1)
    return " ".join(
        f"{i * step:.1f},{12.0 if high == low else 22 - 20 * (v - low) / (high - low):.1f}"
        for i, v in enumerate(values)
    )
