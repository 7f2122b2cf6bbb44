"""What earlier actions were worth against the customers left alone, by intention to treat (D110, D128, D129).

The month alone has an interval that holds for one look; all months together have a confidence sequence, which holds although
somebody looks every month. Only the sequence decides.
"""

from __future__ import annotations

from math import isnan, nan
from typing import Any, Final

import pandas as pd

from crmlib.facts import ledger
from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings, marked, share_of
from crmlib.facts.ledger import Outcome
from crmlib.models import sequential
from crmlib.models.sequential import Compared, Estimate
from crmlib.vocabulary.language import _, number
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
    n = len(ledger.drawn(c, "stayed").outcome)
    rows += [finding(c, "retention_effect", value, n=n) for value in ledger.so_far(c, "stayed")[-1:]]
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
        drawn = ledger.drawn(c, outcome)
        looks = sequential.months(drawn)
        if not len(looks) or (outcome == "margin" and not c.knows("orders.amount")):
            continue
        spans = [("all_months", ledger.so_far(c, outcome)[-1], drawn.month >= 0)]
        if outcome == "ordered":
            latest = ledger.months(c)[-1]
            spans.insert(0, ("last_month", _of_month(c, outcome, latest), drawn.month == looks[-1]))
        for span, (value, low, high), inside in spans:
            verdict = _verdict(c, (value, low, high), unit) if span == "all_months" else ""
            rows.append(
                {
                    "outcome": outcome,
                    "looked_at": span,
                    "n": int(inside.sum()),
                    "change": value,
                    "change_low": low,
                    "change_high": high,
                    "verdict": verdict,
                    "unit": unit,
                }
            )
    names = ["outcome", "looked_at", "n", "change", "change_low", "change_high", "verdict", "unit"]
    return marked(c, pd.DataFrame(rows, columns=names), "orders.margin", "orders.refunded", "actions.why")


def note(c: Company) -> str:
    """How the two intervals are to be read, in the reader's language."""
    months = ledger.months(c)
    if not months:
        return ""
    text = _(
        "The interval of {month} holds for whoever looks at that month alone. That of all months holds although somebody looks "
        "every month, and is wider for it: at most {wrong} of companies whose actions change nothing ever see it leave nought. "
        "The verdict goes by it alone, and less than {least} points counts as too small to matter."
    )
    wrong = f"{number((1 - c.policy.statistics.confidence) * 100)} %"
    least = number(c.policy.contact.effect_that_matters * 100)
    return text.format(month=written(pd.Timestamp(months[-1])), wrong=wrong, least=least)


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
