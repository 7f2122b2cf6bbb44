"""What earlier actions were worth against the customers left alone, by intention to treat (D110, D128, D129)."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from ibis import _
from scipy import stats

from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.models.estimates import difference, wilson

NEEDS = ("actions",)
Estimate = tuple[float, float, float]


def outcomes(c: Company) -> pd.DataFrame:
    """One row per earlier action whose window is over: `action_id`, `month`, `why`, `arm`, `done`, `ordered`, `revenue`.

    `ordered`: an order from the day after the proposal to `policy.contact.outcome_window_days` later; `revenue` (money) is
    what those orders came to less refunds. An action counts in the arm it was drawn into, done or not. Reasons that were
    never held out in a month (a case that is owed an answer) have nothing to be compared with and are left out, and so are
    customers who stand in both arms of a month because two of their records were found to be one person since.
    """
    days = c.policy.contact.outcome_window_days
    proposed = c.tables.actions.filter(
        _.arm.isin(["act", "hold_out"]) & (_.proposed_on <= c.as_of - timedelta(days=days))
    )
    drawn = proposed.group_by(["customer_id", "proposed_on"]).agg(arms=_.arm.nunique()).filter(_.arms == 1)
    proposed = proposed.semi_join(drawn, ["customer_id", "proposed_on"])
    orders = c.tables.orders.mutate(
        on=_.ordered_at.date(), net=_.amount - _.refunded.fill_null(0).cast("decimal(18, 4)")
    )
    bought = orders.select("order_id", "on", "net", buyer=orders.customer_id)
    joined = proposed.left_join(bought, proposed.customer_id == bought.buyer)
    after = joined.on.delta(joined.proposed_on, unit="day")
    inside = (after >= 1) & (after <= days)
    frame = (
        joined.group_by("action_id", "proposed_on", "why", "arm", "done_at")
        .agg(orders=joined.order_id.count(where=inside), revenue=joined.net.sum(where=inside).cast("float64"))
        .order_by("action_id")
        .to_pandas()
    )
    frame["month"] = pd.to_datetime(frame["proposed_on"]).dt.strftime("%Y-%m")
    frame["why"] = frame["why"].fillna("").astype("str")
    frame["done"] = frame["done_at"].notna()
    frame["ordered"] = frame["orders"] > 0
    frame["revenue"] = frame["revenue"].astype(float).fillna(0.0)
    both = frame.groupby(["month", "why"])["arm"].transform("nunique") == 2
    return frame.loc[both, ["action_id", "month", "why", "arm", "done", "ordered", "revenue"]].reset_index(drop=True)


def effect(c: Company) -> pd.DataFrame:
    """Findings on the actions whose window is over, whole and by the month they were proposed in (as segment).

    `action_effect`: difference of the ordering shares, act less held out, Newcombe interval. `incremental_orders`: it times
    the customers of arm act. `incremental_revenue`: difference of the mean revenue times them, Welch interval.
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
        level, n = c.policy.statistics.confidence, len(part)
        by_share = difference(acted["ordered"].sum(), len(acted), held["ordered"].sum(), len(held), confidence=level)
        by_money = _welch(acted["revenue"].to_numpy(), held["revenue"].to_numpy(), level)
        done = wilson(acted["done"].sum(), len(acted), confidence=level)
        rows += [
            finding(c, "action_effect", by_share, n=n, segment=segment),
            finding(c, "incremental_orders", _times(by_share, len(acted)), n=n, segment=segment),
            finding(c, "incremental_revenue", _times(by_money, len(acted)), n=n, segment=segment),
            finding(c, "done_share", done, n=len(acted), segment=segment),
        ]
    return findings(c, rows, needs=NEEDS)


def arms(c: Company) -> pd.DataFrame:
    """Findings `ordered_after_share` for a picture: the share of each arm (`segment`) that ordered, Wilson interval."""
    results = outcomes(c)
    level = c.policy.statistics.confidence
    rows = [
        finding(
            c,
            "ordered_after_share",
            wilson(part["ordered"].sum(), len(part), confidence=level),
            n=len(part),
            segment=str(arm),
        )
        for arm, part in results.groupby("arm", sort=True)
    ]
    return findings(c, rows, needs=NEEDS)


def waiting(c: Company) -> int:
    """How many earlier actions are not told yet because their window is not over at `as_of`."""
    open_until = c.as_of - timedelta(days=c.policy.contact.outcome_window_days)
    return int(c.tables.actions.filter(_.proposed_on > open_until).count().to_pandas())


def _welch(x: np.ndarray, y: np.ndarray, confidence: float) -> Estimate:
    """Difference of means with Welch's interval; NaN interval below two values in an arm or without any spread."""
    value = float(x.mean() - y.mean())
    if min(len(x), len(y)) < 2:
        return value, float("nan"), float("nan")
    vx, vy = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)
    if vx + vy == 0:
        return value, float("nan"), float("nan")
    freedom = (vx + vy) ** 2 / (vx**2 / (len(x) - 1) + vy**2 / (len(y) - 1))
    half = float(stats.t.ppf(0.5 + confidence / 2, freedom) * np.sqrt(vx + vy))
    return value, value - half, value + half


def _times(estimate: Estimate, factor: int) -> Estimate:
    value, low, high = (part * factor for part in estimate)
    return value, low, high
