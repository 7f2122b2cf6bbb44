"""What earlier actions were worth against the customers left alone, by intention to treat (D110, D128, D129).

The month alone has an interval that holds for one look; all months together have a confidence sequence, which holds although
somebody looks every month. Only the sequence decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan, nan
from typing import Any, Final

import pandas as pd

from crmlib.facts import ledger
from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings, marked, share_of
from crmlib.facts.ledger import Outcome
from crmlib.models import sequential
from crmlib.models.sequential import Compared, Estimate
from crmlib.vocabulary.language import _, day, number
from crmlib.vocabulary.language import month as written

OF: Final = (
    "action_effect",
    "ordered_alone_share",
    "incremental_orders",
    "incremental_margin",
    "retention_effect",
    "done_share",
)
JUDGED: Final[dict[Outcome, str]] = {"ordered": "share", "margin": "money", "stayed": "share"}
"""By what actions are judged, with its unit; all by one rule of what is enough (`sequential.Compared.is_enough`)."""


def effect(c: Company) -> pd.DataFrame:
    """Findings on the actions whose days are over.

    `action_effect`: change of the share that ordered, by stratum and adjusted for what was known before; of all months the
    confidence sequence, by the month they were proposed in (as segment) the interval of that month. `ordered_alone_share`: what
    would have come anyway. `incremental_orders`, `incremental_margin`: what was won, the effect times those acted on.
    `retention_effect`: of those left alone for a year. `done_share`: how much of the list was carried out, which dilutes the
    effect. n counts both arms.
    """
    frame = ledger.rows(c)
    rows = []
    for value in ledger.so_far(c, "ordered")[-1:]:
        told, acted, sizes = _all(c, "ordered"), frame[frame["acted"] == 1], _sized(frame)
        rows.append(finding(c, "action_effect", value, **sizes))
        rows.append(finding(c, "ordered_alone_share", told.alone if told.is_enough else nan, **sizes))
        rows.append(finding(c, "incremental_orders", _times(value, told.acted), **sizes))
        margin = _times(ledger.so_far(c, "margin")[-1], _all(c, "margin").acted)
        rows.append(finding(c, "incremental_margin", margin, **sizes))
        done = acted["done"].fillna(False).sum()
        rows.append(share_of(c, "done_share", done, len(acted), customers=acted["customer_id"].nunique()))
        for name in ledger.months(c):
            part = frame[frame["month"] == name]
            rows.append(finding(c, "action_effect", _of_month(c, "ordered", name), segment=name, **_sized(part)))
    if (n := _staying(c)) > 0:
        value = next(iter(ledger.so_far(c, "stayed")[-1:]), sequential.NONE)
        rows.append(finding(c, "retention_effect", value, n=n))
    return findings(c, rows, of=OF)


def by_look(c: Company) -> pd.DataFrame:
    """One row per month: `month`, `value` with `low` and `high` (the effect on orders of all months up to it, with the confidence
    sequence), `unit`.
    """
    frame = pd.DataFrame(ledger.so_far(c, "ordered"), columns=["value", "low", "high"])
    return frame.assign(month=ledger.months(c), unit="change")[["month", "value", "low", "high", "unit"]]


def table(c: Company) -> pd.DataFrame:
    """One row per outcome of all months, of orders the latest month too (one month of money tells too little): outcome,
    looked_at, n (customers), change with change_low and change_high for each customer acted on, verdict (of all months: `works`,
    `harms`, `too_small`: less than `policy.contact.effect_that_matters`, `not_enough`), unit (of the outcome).
    """
    rows: list[dict[str, Any]] = []
    for outcome, unit in JUDGED.items():
        if outcome != "margin" or c.knows("orders.amount"):
            rows += _rows(c, outcome, unit)
    names = ["outcome", "looked_at", "n", "change", "change_low", "change_high", "verdict", "unit"]
    return marked(c, pd.DataFrame(rows, columns=names), "orders.margin", "orders.refunded", "actions.why")


def note(c: Company) -> str:
    """How the two intervals are to be read, in the reader's language."""
    months = ledger.months(c)
    if not months:
        return _waiting(c)
    text = _(
        "The interval of {month} holds for whoever looks at that month alone. That of all months holds although somebody looks "
        "every month, and is wider for it: at most {wrong} of companies whose actions change nothing ever see it leave nought. "
        "The verdict goes by it alone, and less than {least} points counts as too small to matter."
    )
    wrong = f"{number((1 - c.policy.statistics.confidence) * 100)} %"
    least = number(c.policy.contact.effect_that_matters * 100)
    said = text.format(month=written(pd.Timestamp(months[-1])), wrong=wrong, least=least)
    return f"{said} {_waiting(c)}".strip()


def _waiting(c: Company) -> str:
    """From when on staying for a year can be told, where it cannot yet."""
    n, first = ledger.under_way(c)
    if not n or first is None or ledger.so_far(c, "stayed"):
        return ""
    return _("Staying for a year can be told of nobody before {day}.").format(day=day(first))


def _rows(c: Company, outcome: Outcome, unit: str) -> Iterator[dict[str, Any]]:
    """The rows of one outcome in `table`."""
    drawn, months = ledger.drawn(c, outcome), ledger.months(c)
    so_far = ledger.so_far(c, outcome)[-1:]
    sizes = {"last_month": int((drawn.month == sequential.months(drawn)[-1]).sum()) if so_far else 0}
    sizes["all_months"] = _staying(c) if outcome == "stayed" else len(drawn.outcome)
    spans = {"last_month": _of_month(c, outcome, months[-1])} if so_far and outcome == "ordered" else {}
    if so_far:
        spans["all_months"] = so_far[0]
    elif outcome == "stayed" and sizes["all_months"]:
        spans["all_months"] = sequential.NONE
    for span, (value, low, high) in spans.items():
        yield {
            "outcome": outcome,
            "looked_at": span,
            "n": sizes[span],
            "change": value,
            "change_low": low,
            "change_high": high,
            "verdict": _verdict(c, (value, low, high), unit) if span == "all_months" else "",
            "unit": unit,
        }


def _staying(c: Company) -> int:
    """Customers by whom staying for a year is judged, or will be once the first have stood on a list for so long."""
    return len(ledger.drawn(c, "stayed").outcome) if ledger.so_far(c, "stayed") else ledger.under_way(c)[0]


def _all(c: Company, outcome: Outcome) -> Compared:
    return sequential.compared(ledger.drawn(c, outcome))


def _of_month(c: Company, outcome: Outcome, month: str) -> Estimate:
    drawn = ledger.drawn(c, outcome)
    looks = sequential.months(drawn)
    chosen = looks[[name == month for name in ledger.months(c)]]
    return sequential.interval(sequential.compared(drawn, chosen), confidence=c.policy.statistics.confidence)


def _verdict(c: Company, estimate: Estimate, unit: str) -> str:
    _value, low, high = estimate
    if isnan(low):
        return "not_enough"
    if low > 0 or high < 0:
        return "works" if low > 0 else "harms"
    return "too_small" if unit == "share" and high < c.policy.contact.effect_that_matters else "not_enough"


def _sized(part: pd.DataFrame) -> dict[str, Any]:
    sides = [part.loc[part["acted"] == side, "customer_id"].nunique() for side in (0, 1)]
    return {"n": len(part), "customers": min(sides)}


def _times(estimate: Estimate, factor: float) -> Estimate:
    value, low, high = (part * factor for part in estimate)
    return value, low, high
