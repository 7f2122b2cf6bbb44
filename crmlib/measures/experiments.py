"""What earlier actions were worth against the customers left alone, by intention to treat (D110, D128, D129)."""

from __future__ import annotations

from typing import Any

import pandas as pd
from ibis import _

from crmlib.facts import proposals
from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings, share_of
from crmlib.models import contrasts
from crmlib.models.contrasts import Sums

Estimate = tuple[float, float, float]


def outcomes(c: Company) -> pd.DataFrame:
    """One row per earlier action whose window is over: `action_id`, `customer_id`, `month`, `why`, `arm`, `done` (null where it
    is not recorded), `ordered`, `revenue` (money).

    Those of `facts.proposals.compared`: `ordered` says whether an order came within the days, `revenue` is what those orders
    came to less refunds. An action counts in the arm it was drawn into, done or not.
    """
    rows = proposals.compared(c).select(
        "action_id", "customer_id", "proposed_on", "arm", why=_.why.fill_null(""), done=_.is_done, ordered=_.orders > 0,
        revenue=_.net.cast("float64"),
    )  # fmt: skip
    # Sums of money must not depend on the keys that number the actions and the customers.
    frame = rows.order_by(["proposed_on", "why", "arm", "revenue", "ordered"]).to_pandas()
    frame["month"] = pd.to_datetime(frame["proposed_on"]).dt.strftime("%Y-%m")
    return frame[["action_id", "customer_id", "month", "why", "arm", "done", "ordered", "revenue"]]


def effect(c: Company) -> pd.DataFrame:
    """Findings on the actions whose window is over, whole and by the month they were proposed in (as segment).

    `action_effect`: difference of the ordering shares, act less held out, Newcombe interval. `incremental_orders`: it times
    the customers of arm act. `incremental_revenue`: difference of the mean revenue times them (`contrasts.means`).
    `done_share`: how much of the list was carried out, which the effect is diluted by. n counts both arms.
    """
    results = outcomes(c)
    rows = []
    groups = (
        [("", results), *((str(month), part) for month, part in results.groupby("month", sort=True))]
        if len(results)
        else []
    )
    for segment, part in groups:
        acted, held = part[part["arm"] == "act"], part[part["arm"] == "hold_out"]
        level = c.policy.statistics.confidence
        each: dict[str, Any] = {"n": len(part), "segment": segment, "customers": min(_people(acted), _people(held))}
        by_share = contrasts.shares(Sums.of(acted["ordered"]), Sums.of(held["ordered"]), confidence=level)
        by_money = contrasts.means(Sums.of(acted["revenue"]), Sums.of(held["revenue"]), confidence=level)
        rows += [
            finding(c, "action_effect", by_share, **each),
            finding(c, "incremental_orders", _times(by_share, len(acted)), **each),
            finding(c, "incremental_revenue", _times(by_money, len(acted)), **each),
            share_of(
                c,
                "done_share",
                acted["done"].fillna(False).sum(),
                len(acted),
                segment=segment,
                customers=_people(acted),
            ),
        ]
    return findings(c, rows, of=("action_effect", "incremental_orders", "incremental_revenue", "done_share"))


def arms(c: Company) -> pd.DataFrame:
    """Findings `ordered_after_share` for a picture: the share of each arm (`segment`) that ordered, Wilson interval."""
    rows = [
        share_of(
            c,
            "ordered_after_share",
            part["ordered"].sum(),
            len(part),
            segment=str(arm),
            customers=_people(part),
        )
        for arm, part in outcomes(c).groupby("arm", sort=True)
    ]
    return findings(c, rows, of=("ordered_after_share",))


def _people(part: pd.DataFrame) -> int:
    return int(part["customer_id"].nunique())


def _times(estimate: Estimate, factor: int) -> Estimate:
    value, low, high = (part * factor for part in estimate)
    return value, low, high
