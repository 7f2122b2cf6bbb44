"""What a customer is worth: expected orders and contribution of the next twelve months, with what the models leave
open.

A model of buying (how often, and whether still) and one of spending (how much an order) are handed in fitted, so that
another of the same kind can take their place. Where one cannot be used there are no values, and `model_choice.problem` says why.
Later contribution counts for less: at the policy's yearly discount rate, continuously.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np
import pandas as pd
from ibis import _
from ibis.expr.types import Table
from scipy import stats

from crmlib.facts import purchases
from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings, marked
from crmlib.models.choice import purchases_of
from crmlib.models.estimates import mean, rank_correlation
from crmlib.models.fitting import DAYS_PER, Array
from crmlib.models.forecasts import (
    Estimate,
    Spending,
    each_range,
    log_normal,
    of_chance,
    of_parameters,
)
from crmlib.models.histories import HISTORY, YEAR_DAYS, BuyingModel
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import TIERS

VALUES = ("alive_share", "expected_orders_12m", "value_12m")
MONEY_FROM = KPIS["value_12m"].uses
"""Without these, contribution is taken from gross amounts, or from the policy's rate."""
MOST_ORDERS = 7
"""Histories with this many repeat purchases or more stand together in the calibration."""
RANGED = 2_000
"""Customers with the highest expected contribution whose range is drawn, with whoever is expected to bring as much as the
last of them; the others have none, as drawing takes long."""


def margin_rate(c: Company) -> float:
    """Contribution margin as a share of the net revenue of the orders that carry one; the policy's assumption where
    none does.
    """
    known = purchases.orders(c).filter(_.margin.notnull() & (_.amount > 0))
    sums = known.agg(margin=_.margin.sum(), net=_.net.sum()).to_pandas().iloc[0]
    return float(sums["margin"] / sums["net"]) if sums["net"] else c.policy.cost.margin_rate


def histories(summary: Table, tiers: Table) -> pd.DataFrame:
    """The summary in memory with each customer's tier beside it: where one row per customer leaves the engine.

    The rows come by what they hold. So neither sums nor draws depend on who is called what; equal rows are alike.
    """
    joined = summary.inner_join(tiers.select("customer_id", "tier"), "customer_id")
    ordered: pd.DataFrame = joined.order_by(*HISTORY, "monetary_value", "tier", "customer_id").to_pandas()
    return ordered


def independence(c: Company, known: pd.DataFrame) -> pd.DataFrame:
    """Finding `frequency_value_correlation`: rank correlation of frequency and monetary_value among repeat buyers, who
    are n. Gamma-Gamma takes the two as unrelated.
    """
    again = known[known["frequency"] > 0].sort_values(["frequency", "monetary_value"])
    rho = rank_correlation(again["frequency"], again["monetary_value"], confidence=c.policy.statistics.confidence)
    return findings(c, [finding(c, "frequency_value_correlation", rho, n=len(again) if np.isfinite(rho[0]) else 0)])


def customer_values(
    c: Company, known: pd.DataFrame, buying: BuyingModel, spending: Spending, *, margin_rate: float
) -> pd.DataFrame:
    """One row per customer of `known` over 12 months: customer_id, tier, p_alive, p_alive_12m, expected_orders,
    expected_order_value, expected_margin (discounted), low, high, unit (of these two).

    low to high is where the customer's own contribution falls with the policy's confidence: parameters drawn around
    the estimates, then futures (parametric bootstrap of the predictive distribution), once for customers of the same
    history; of the `RANGED` with the highest expectation. p_alive is NaN in a model in which nobody leaves. No rows
    where one of the models cannot be used.
    """
    columns = ["customer_id", "tier", "p_alive", "p_alive_12m", "expected_orders", "expected_order_value"]
    columns += ["expected_margin", "low", "high", "unit"]
    if not (buying.fit.usable and spending.fit.usable) or known.empty:
        return pd.DataFrame(columns=columns)
    orders, worth = buying.expected(known, days=YEAR_DAYS), spending.expected(known)
    later, nan = buying.expected(known, days=YEAR_DAYS, yearly=c.policy.cost.discount_rate), float("nan")
    values = known[["customer_id", "tier"]].assign(
        p_alive=buying.p_alive(known) if buying.leaves else nan,
        p_alive_12m=buying.p_alive(known, days=YEAR_DAYS) if buying.leaves else nan,
        expected_orders=orders,
        expected_order_value=worth,
        expected_margin=later * worth * margin_rate,
        low=nan,
        high=nan,
        unit="money",
    )
    least = np.sort(values["expected_margin"])[-min(RANGED, len(values))]
    top = np.flatnonzero(values["expected_margin"] >= least)
    alike, which = np.unique(
        known[[*HISTORY, "monetary_value"]].to_numpy(dtype=float)[top], axis=0, return_inverse=True
    )
    low, high = each_range(
        pd.DataFrame(alike, columns=[*HISTORY, "monetary_value"]).assign(time_unit=buying.unit),
        buying,
        spending,
        days=YEAR_DAYS,
        confidence=c.policy.statistics.confidence,
        seed=c.policy.statistics.seed,
    )
    counts = margin_rate * _share_kept(later, orders)[top]
    values.iloc[top, -3], values.iloc[top, -2] = low[which] * counts, high[which] * counts
    return marked(c, values, *MONEY_FROM)


def value_findings(
    c: Company, known: pd.DataFrame, buying: BuyingModel, spending: Spending, *, margin_rate: float
) -> pd.DataFrame:
    """Findings `alive_share`, `expected_orders_12m` and `value_12m` (discounted), in all and by tier; NaN, n 0 where a
    model cannot be used, and for `alive_share` where the model knows no leaving.

    The intervals hold both things that are open: the parameters (delta method on their logarithms) and chance (the spread
    of drawn futures); sums are taken as log-normal.
    """
    if not buying.fit.usable or known.empty:
        return findings(c, [finding(c, kpi, nan, n=0) for kpi in VALUES])
    groups = ["", *(t for t in TIERS if (known["tier"] == t).any())]
    member = np.array([np.ones(len(known)) if not g else (known["tier"] == g).to_numpy(dtype=float) for g in groups])
    z = float(stats.norm.ppf(0.5 + c.policy.statistics.confidence / 2))
    estimates = (
        _active(known, member, buying, z) if buying.leaves else [(nan,) * 3] * len(groups),
        *_sums(c, known, member, buying, spending if spending.fit.usable else None, margin_rate, z),
    )
    rows = []
    for kpi, each in zip(VALUES, estimates, strict=True):
        for group, estimate, size in zip(groups, each, member.sum(axis=1), strict=True):
            told = size if np.isfinite(estimate[0]) else 0
            rows.append(finding(c, kpi, estimate, n=told, segment=group))
    return findings(c, rows)


def _active(known: pd.DataFrame, member: Array, buying: BuyingModel, z: float) -> list[Estimate]:
    """Share of each group that is active; who is active and who is not is open for each customer by itself."""
    each, n = buying.p_alive(known), member.sum(axis=1)
    total, variance = of_parameters(member, lambda at: buying.p_alive(known, log_parameters=at), buying.fit)
    half = z * np.sqrt(variance + member @ (each * (1 - each))) / n
    share = total / n
    return [(float(s), max(0.0, float(s - h)), min(1.0, float(s + h))) for s, h in zip(share, half, strict=True)]


def _sums(
    c: Company,
    known: pd.DataFrame,
    member: Array,
    buying: BuyingModel,
    spending: Spending | None,
    rate: float,
    z: float,
) -> tuple[list[Estimate], list[Estimate]]:
    """Orders and discounted contribution of each group over 12 months; the contribution is NaN without a model of
    spending.
    """
    yearly, orders = c.policy.cost.discount_rate, buying.expected(known, days=YEAR_DAYS)
    later = buying.expected(known, days=YEAR_DAYS, yearly=yearly)
    by_orders, by_money = of_chance(
        known,
        member,
        buying,
        spending,
        days=YEAR_DAYS,
        seed=c.policy.statistics.seed,
        worth=_share_kept(later, orders),
    )
    total, variance = of_parameters(
        member, lambda at: buying.expected(known, days=YEAR_DAYS, log_parameters=at), buying.fit
    )
    counted = log_normal(total, variance + by_orders, z)
    if spending is None:
        return counted, [(nan,) * 3] * len(member)
    model, worth = spending, spending.expected(known)
    money, bought = of_parameters(
        member,
        lambda at: worth * buying.expected(known, days=YEAR_DAYS, yearly=yearly, log_parameters=at),
        buying.fit,
    )
    _same, spent = of_parameters(member, lambda at: later * model.expected(known, log_parameters=at), model.fit)
    return counted, log_normal(money * rate, (bought + spent + by_money) * rate**2, z)


def _share_kept(later: Array, orders: Array) -> Array:
    """How much an order of each customer counts on average after discounting."""
    return later / np.maximum(orders, 1e-300)


def calibration(
    c: Company, before: pd.DataFrame, came: pd.DataFrame, buying: BuyingModel, *, days: int
) -> pd.DataFrame:
    """Purchases a customer in the `days` after the histories `before`, by repeat purchases until then, as in the
    paper of 2005.

    One row per frequency (the last stands for itself and above) and series (actual, expected): frequency, series,
    value, low,
    high (t interval, of actual), n. `came` holds customer_id and purchases. No rows where the model cannot be used.
    """
    columns = ["frequency", "series", "value", "low", "high", "n"]
    if not buying.fit.usable or before.empty:
        return pd.DataFrame(columns=columns)
    frame = pd.DataFrame({"frequency": before["frequency"].clip(upper=MOST_ORDERS).astype(int)})
    frame["actual"] = purchases_of(before, came)
    frame["expected"] = buying.expected(before, days=days)
    rows = []
    for frequency, part in frame.groupby("frequency"):
        actual = mean(part["actual"].sort_values(), confidence=c.policy.statistics.confidence)
        rows.append((frequency, "actual", *actual, len(part)))
        rows.append((frequency, "expected", float(part["expected"].mean()), float("nan"), float("nan"), len(part)))
    return marked(c, pd.DataFrame(rows, columns=columns), *KPIS["calibration_ratio"].uses)


def calibration_findings(
    c: Company, before: pd.DataFrame, came: pd.DataFrame, buying: BuyingModel, *, days: int
) -> pd.DataFrame:
    """Finding `calibration_ratio`: purchases expected in the `days` after `before` over those that came, with the
    interval of `value_findings`.
    """
    actual = float(purchases_of(before, came).sum())
    if not buying.fit.usable or before.empty or not actual:
        return findings(c, [finding(c, "calibration_ratio", nan, n=0)])
    everyone = np.ones((1, len(before)))
    total, variance = of_parameters(
        everyone, lambda at: buying.expected(before, days=days, log_parameters=at), buying.fit
    )
    variance = variance + of_chance(before, everyone, buying, None, seed=c.policy.statistics.seed, days=days)[0]
    z = float(stats.norm.ppf(0.5 + c.policy.statistics.confidence / 2))
    estimate = log_normal(total / actual, variance / actual**2, z)[0]
    return findings(c, [finding(c, "calibration_ratio", estimate, n=len(before))])


def alive_curves(c: Company, buying: BuyingModel, *, orders: Sequence[int] = (2, 4, 8, 16)) -> pd.DataFrame:
    """Probability of being active by weeks of silence, of customers who placed so many orders within a year before:
    weeks_silent, orders, p_alive.

    The more often someone used to buy, the sooner silence means something. No rows where the model cannot be
    used or knows no leaving.
    """
    if not buying.fit.usable or not buying.leaves:
        return marked(c, pd.DataFrame(columns=["weeks_silent", "orders", "p_alive"]), *KPIS["alive_share"].uses)
    frame = pd.DataFrame([(w, n) for n in orders for w in range(0, 105, 4)], columns=["weeks_silent", "orders"])
    week = DAYS_PER["weeks"] / DAYS_PER[buying.unit]
    lives = pd.DataFrame(
        {"frequency": frame["orders"] - 1, "recency": 52 * week, "T": (52 + frame["weeks_silent"]) * week}
    )
    return marked(
        c, frame.assign(p_alive=buying.p_alive(lives.assign(time_unit=buying.unit))), *KPIS["alive_share"].uses
    )
