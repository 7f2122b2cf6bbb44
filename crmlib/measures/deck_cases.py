"""The deck's four cases (D015 to D018) beside the company's own like-for-like figures.

A case is a claim: what the ledger tests is taken from its verdicts. Returning customers (D016) cannot be put down to joined
channels in any table, but their share can be told, now and a year before.
"""

from __future__ import annotations

from datetime import date, timedelta
from math import isnan, nan
from typing import Any

import pandas as pd

from crmlib.facts import purchases, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import finding, findings
from crmlib.models.estimates import mean_from, wilson
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.language import _ as say

CASES = ("D015", "D016", "D017", "D018")
COLUMNS = ["deck", "claimed", "compared", "value", "low", "high", "n", "unit"]
BEGUN = timedelta(days=31)
"""Orders reach back far enough when the first lies within so long of the year that is looked back on."""
YEARS = {"": (1, 2), "year_before": (2, 3)}
"""Segment, and the years ago that it counts and looks back on; 1 is the last 12 months."""
Estimate = tuple[float, float, float]


def returning(c: Company) -> pd.DataFrame:
    """Findings `returning_buyers_share` and `returning_revenue_share`, now and a year before, and `…_change` of both.

    Of the customers who ordered in 12 months, and of the net revenue of these, what belongs to those who had ordered in the 12
    months before as well; n = customers who ordered. Shares of customers have a Wilson interval; shares of revenue and both
    changes one linearised over customers (Cochran 1977, 6.4). A year whose orders do not reach back far enough: NaN, n 0
    (D015, D016, D018).
    """
    starts = [windows.last(c, 12 * years) for years in range(4)]
    each, begun = _by_customer(c, starts), purchases.days(c).day.min().to_pyarrow().as_py()
    known = {s: begun is not None and begun <= starts[back] + BEGUN for s, (_of, back) in YEARS.items()}
    sums, level = _sums(each), c.policy.statistics.confidence
    found = _linearised(each, sums, level)
    rows = []
    for name, x, y in (("buyers", "bought", "again"), ("revenue", "spent", "spent_again")):
        for segment, (year, _back) in YEARS.items():
            n = int(sums[f"bought{year}"])
            share = wilson(sums[f"{y}{year}"], n, confidence=level) if name == "buyers" else found[f"{x}{year}"]
            rows.append((f"returning_{name}_share", share, n, known[segment] and not isnan(share[0]), segment))
        both = all(known.values()) and not isnan(found[x][0])
        rows.append((f"returning_{name}_change", found[x], int(sums["n"]), both, ""))
    return findings(
        c,
        (
            finding(c, kpi, told if there else nan, n=n if there else 0, segment=segment)
            for kpi, told, n, there, segment in rows
        ),
    )


def against_deck(verdicts: pd.DataFrame, returned: pd.DataFrame) -> pd.DataFrame:
    """One row per claim of the four cases and per own figure that stands for one: columns `COLUMNS`.

    `verdicts` are those of the claim ledger, `returned` the findings of `returning`. `compared` says what the figure compares,
    or where there is none why; n is 0 there. Own figures that the orders are too young for share one row.
    """
    rows = []
    for row in verdicts[verdicts["deck"].isin(CASES)].to_dict("records"):
        compared = row["why"] if isnan(row["value"]) else row["test"]
        rows.append({**row, "compared": compared})
        if row["deck"] == "D016":
            known = returned[returned["n"] > 0]
            own_rows = pd.concat([known, returned[returned["n"] == 0].head(1)]).to_dict("records")
            rows += [{**own, "deck": "D016", "compared": _compared(own)} for own in own_rows]
    return pd.DataFrame(rows, columns=COLUMNS)


def _compared(own: dict[Any, Any]) -> str:
    if own["n"] == 0:
        return say("{figure}: the orders do not reach back far enough.").format(figure=say(KPIS[str(own["kpi"])].label))
    when = say("{figure}, a year before.") if own["segment"] else say("{figure}.")
    return when.format(figure=say(KPIS[str(own["kpi"])].label))


def _by_customer(c: Company, starts: list[date]) -> Table:
    """Customers of the last two years: for the last year and the one before (1, 2) whether they `bought`, and `again` if in
    the year before that too, and what they `spent`.
    """
    within = {k: (_.day >= starts[k]) & (_.day < starts[k - 1]) for k in (1, 2, 3)}
    counts = {f"c{k}": _.count(where=inside) for k, inside in within.items()}
    money = {f"m{k}": _.net.sum(where=within[k]).fill_null(0) for k in (1, 2)}
    each = purchases.days(c).group_by("customer_id").aggregate(**counts, **money).filter((_.c1 > 0) | (_.c2 > 0))
    bought = {k: (each[f"c{k}"] > 0).cast("int64") for k in (1, 2, 3)}
    return each.select(
        **{f"bought{k}": bought[k] for k in (1, 2)},
        **{f"again{k}": bought[k] * bought[k + 1] for k in (1, 2)},
        **{f"spent{k}": each[f"m{k}"] for k in (1, 2)},
        **{f"spent_again{k}": each[f"m{k}"] * bought[k + 1] for k in (1, 2)},
    )


def _sums(each: Table) -> dict[str, float]:
    found = each.aggregate(n=_.count(), **{c: _[c].sum() for c in each.columns}).to_pyarrow().to_pylist()[0]
    return {name: float(value or 0) for name, value in found.items()}


def _linearised(each: Table, sums: dict[str, float], confidence: float) -> dict[str, Estimate]:
    """Ratio of sums of what is again to all, per year (`spent1`), and by how much the later is above the earlier (`spent`)."""
    off, values = {}, {}
    for x, y in (("bought", "again"), ("spent", "spent_again")):
        for k in (1, 2):
            whole = sums[f"{x}{k}"]
            values[f"{x}{k}"] = share = sums[f"{y}{k}"] / whole if whole > 0 else nan
            off[f"{x}{k}"] = (_[f"{y}{k}"].cast("float64") - share * _[f"{x}{k}"].cast("float64")) / whole
        values[x] = values[f"{x}1"] - values[f"{x}2"]
        off[x] = off[f"{x}1"] - off[f"{x}2"]
    there = {name: expression for name, expression in off.items() if not isnan(values[name])}
    squares = {name: (e * e).cast("decimal(38, 20)").sum() for name, e in there.items()}
    spread = each.aggregate(**squares).to_pandas().iloc[0] if squares else {}
    n, told = int(sums["n"]), {}
    for name, value in values.items():
        deviation = n * (float(spread[name]) / (n - 1)) ** 0.5 if name in there and n > 1 else nan
        told[name] = mean_from(value, deviation, n, confidence=confidence)
    return told
