"""The capstone's review: of the last whole month, and with figures that lie within the true ones."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from crmlib.measures import concentration, retention, service
from crmlib.run.capstone_checks import Truth, Work
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _

NEAR: Final = 0.02
"""How far a figure without an interval may be off, as a share of the true one."""
KPIS: Final = (
    "active_customers",
    "active_share",
    "repurchase_rate",
    "repeat_revenue_share",
    "top_fifth_share",
    "gini",
    "sla_first_response",
)


def faults_of_review(work: Work, truth: Truth) -> list[str]:
    """What is wrong with the last review, a line each."""
    if work.review is None:
        return [_("There is no review yet in {place}.").format(place=work.place / "reviews")]
    if work.review.name != truth.month:
        later = work.review.name > truth.month
        text = (
            _("It is of {month}, which is cut off by the day of the export.")
            if later
            else _("It is of {month}; there is a later month that is whole.")
        )
        return [text.format(month=work.review.name)]
    given = {row["kpi"]: row for row in work.kpis() if row["segment"] == "" and row["period"] == truth.month}
    faults = []
    for row in true_figures(truth):
        name = label(row["kpi"], "kpi")
        if row["kpi"] not in given or not given[row["kpi"]]["value"]:
            faults.append(
                _("{figure}: the review does not say it; what it is worked out from is not read.").format(figure=name)
            )
        elif not within(float(given[row["kpi"]]["value"]), row):
            faults.append(
                _("{figure}: not what these files say; mend the mapping, and review again.").format(figure=name)
            )
    return faults


def within(value: float, row: dict[str, Any]) -> bool:
    """Whether a figure lies in the interval of the true one, or near it where it has none."""
    if pd.notna(row["low"]) and pd.notna(row["high"]):
        return bool(row["low"] - 1e-9 <= value <= row["high"] + 1e-9)
    return bool(abs(value - row["value"]) <= NEAR * abs(row["value"]) + 1e-9)


def true_figures(truth: Truth) -> list[dict[str, Any]]:
    """The figures that are compared, as the rightly read tables have them."""
    c = truth.c
    found = (
        retention.active_customers(c),
        retention.repurchase_rate(c),
        retention.repeat_revenue_share(c),
        concentration.concentration(c),
        service.attainment(c),
    )
    rows = pd.concat(found, ignore_index=True)
    rows = rows[rows["kpi"].isin(KPIS) & (rows["segment"] == "") & rows["value"].notna()]
    return [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]
