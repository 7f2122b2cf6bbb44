"""What a customer is worth: expected orders and contribution of the next twelve months, with what the models leave
open.

A model of buying (how often, and whether still) and one of spending (how much an order) are handed in fitted, so that
another of the same kind can take their place. Where one cannot be used there are no values, and its `fit.problem` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Protocol

import numpy as np
import pandas as pd
from ibis.expr.types import Table
from scipy import stats

from crmlib.data.tables import Tables
from crmlib.vocabulary.estimates import finding, findings, mean
from crmlib.vocabulary.fitting import DAYS_PER, Array, Fit, TimeUnit
from crmlib.vocabulary.policy import TIERS, Policy

YEAR_DAYS = 365
Estimate = tuple[float, float, float]
DRAWS, DRAWN = 200, 20_000
"""Futures drawn, each of at most so many customers, to see how far chance alone moves a group's sum."""
KPIS_OF_VALUE = (("alive_share", "share"), ("expected_orders_12m", "count"), ("value_12m", "money"))
MOST_ORDERS = 7
"""Histories with this many repeat purchases or more stand together in the calibration."""


class Buying(Protocol):
    """A fitted model of how often a customer buys and whether they still do."""

    @property
    def fit(self) -> Fit:
        """The estimates."""

    @property
    def unit(self) -> TimeUnit:
        """The unit of time of the histories it takes."""

    def p_alive(self, summary: pd.DataFrame, *, log_parameters: Array | None = None) -> Array:
        """Probability of being active."""

    def expected(self, summary: pd.DataFrame, *, days: float, log_parameters: Array | None = None) -> Array:
        """Purchases expected within `days`."""

    def draw(self, summary: pd.DataFrame, *, days: float, rng: np.random.Generator, times: int = 1) -> Array:
        """Purchases within `days` of each customer (across), drawn `times` over (down)."""


class Spending(Protocol):
    """A fitted model of what an order is worth."""

    @property
    def fit(self) -> Fit:
        """The estimates."""

    def expected(self, summary: pd.DataFrame, *, log_parameters: Array | None = None) -> Array:
        """Expected mean value of an order."""

    def draw(self, summary: pd.DataFrame, orders: Array, *, rng: np.random.Generator) -> Array:
        """Money of `orders` orders of each customer (across; one draw a row)."""


def margin_rate(tables: Tables, *, as_of: date, policy: Policy) -> float:
    """Contribution margin as a share of the amount of the orders that carry one; the policy's assumption where none
    does.
    """
    orders = tables.until(as_of).orders
    known = orders.filter(orders.margin.notnull() & (orders.amount > 0))
    sums = known.agg(margin=known.margin.sum(), amount=known.amount.sum()).to_pandas().iloc[0]
    return float(sums["margin"] / sums["amount"]) if sums["amount"] else policy.cost.margin_rate


def histories(summary: Table, tiers: Table) -> pd.DataFrame:
    """The summary in memory with each customer's tier beside it, by customer_id: where one row per customer leaves
    the engine.
    """
    tier = tiers.select("customer_id", "tier")
    joined: pd.DataFrame = summary.inner_join(tier, "customer_id").order_by("customer_id").to_pandas()
    return joined


def customer_values(known: pd.DataFrame, buying: Buying, spending: Spending, *, margin_rate: float) -> pd.DataFrame:
    """One row per customer of `known`: customer_id, tier, p_alive, expected_orders, expected_order_value,
    expected_margin over 12 months.

    No rows where one of the models cannot be used.
    """
    columns = ["customer_id", "tier", "p_alive", "expected_orders", "expected_order_value", "expected_margin"]
    if buying.fit.problem or spending.fit.problem or known.empty:
        return pd.DataFrame(columns=columns)
    orders, worth = buying.expected(known, days=YEAR_DAYS), spending.expected(known)
    return known[["customer_id", "tier"]].assign(
        p_alive=buying.p_alive(known),
        expected_orders=orders,
        expected_order_value=worth,
        expected_margin=orders * worth * margin_rate,
    )


def value_findings(
    known: pd.DataFrame, buying: Buying, spending: Spending, *, margin_rate: float, as_of: date, policy: Policy
) -> pd.DataFrame:
    """Findings `alive_share`, `expected_orders_12m` and `value_12m`, in all and by tier; NaN, n 0 where a model
    cannot be used.

    The intervals hold both things that are open: the parameters (delta method on their logarithms) and chance (the
    spread
    of drawn futures); sums are taken as log-normal.
    """
    nan = (float("nan"),) * 3
    if buying.fit.problem or known.empty:
        return findings([finding(kpi, nan, n=0, unit=unit, as_of=as_of) for kpi, unit in KPIS_OF_VALUE])
    groups = ["", *(t for t in TIERS if (known["tier"] == t).any())]
    member = np.array([np.ones(len(known)) if not g else (known["tier"] == g).to_numpy(dtype=float) for g in groups])
    n, z = member.sum(axis=1), float(stats.norm.ppf(0.5 + policy.statistics.confidence / 2))
    estimates = (
        _active(known, member, buying, z),
        *_sums(
            known, member, buying, None if spending.fit.problem else spending, margin_rate, z, policy.statistics.seed
        ),
    )
    rows = []
    for (kpi, unit), each in zip(KPIS_OF_VALUE, estimates, strict=True):
        for group, estimate, size in zip(groups, each, n, strict=True):
            told = size if np.isfinite(estimate[0]) else 0
            rows.append(finding(kpi, estimate, n=told, unit=unit, as_of=as_of, segment=group))
    return findings(rows)


def _active(known: pd.DataFrame, member: Array, buying: Buying, z: float) -> list[Estimate]:
    """Share of each group that is active; who is active and who is not is open for each customer by itself."""
    each, n = buying.p_alive(known), member.sum(axis=1)
    total, variance = _delta(member, lambda at: buying.p_alive(known, log_parameters=at), buying.fit)
    half = z * np.sqrt(variance + member @ (each * (1 - each))) / n
    share = total / n
    return [(float(s), max(0.0, float(s - h)), min(1.0, float(s + h))) for s, h in zip(share, half, strict=True)]


def _sums(
    known: pd.DataFrame, member: Array, buying: Buying, spending: Spending | None, rate: float, z: float, seed: int
) -> tuple[list[Estimate], list[Estimate]]:
    """Orders and contribution of each group over 12 months; the contribution is NaN without a model of spending."""
    by_orders, by_money = _chance(known, member, buying, spending, seed=seed)
    total, variance = _delta(member, lambda at: buying.expected(known, days=YEAR_DAYS, log_parameters=at), buying.fit)
    orders = _log_normal(total, variance + by_orders, z)
    if spending is None:
        return orders, [(float("nan"),) * 3] * len(member)
    model, worth, each = spending, spending.expected(known), buying.expected(known, days=YEAR_DAYS)
    money, bought = _delta(
        member, lambda at: worth * buying.expected(known, days=YEAR_DAYS, log_parameters=at), buying.fit
    )
    _same, spent = _delta(member, lambda at: each * model.expected(known, log_parameters=at), model.fit)
    return orders, _log_normal(money * rate, (bought + spent + by_money) * rate**2, z)


def calibration(before: pd.DataFrame, came: pd.DataFrame, buying: Buying, *, days: int, policy: Policy) -> pd.DataFrame:
    """Purchases a customer in the `days` after the histories `before`, by repeat purchases until then, as in the
    paper of 2005.

    One row per frequency (the last stands for itself and above) and series (actual, expected): frequency, series,
    value,
    low, high (t interval, of actual), n. `came` holds customer_id and purchases. No rows where the model cannot be used.
    """
    columns = ["frequency", "series", "value", "low", "high", "n"]
    if buying.fit.problem or before.empty:
        return pd.DataFrame(columns=columns)
    bought = before["customer_id"].map(came.set_index("customer_id")["purchases"]).fillna(0.0).astype(float)
    frame = pd.DataFrame({"frequency": before["frequency"].clip(upper=MOST_ORDERS).astype(int), "actual": bought})
    frame["expected"] = buying.expected(before, days=days)
    rows = []
    for frequency, part in frame.groupby("frequency"):
        actual = mean(part["actual"], confidence=policy.statistics.confidence)
        rows.append((frequency, "actual", *actual, len(part)))
        rows.append((frequency, "expected", float(part["expected"].mean()), float("nan"), float("nan"), len(part)))
    return pd.DataFrame(rows, columns=columns)


def calibration_findings(
    before: pd.DataFrame, came: pd.DataFrame, buying: Buying, *, days: int, as_of: date, policy: Policy
) -> pd.DataFrame:
    """Finding `calibration_ratio`: purchases expected in the `days` after `before` over those that came, with the
    interval of `value_findings`.
    """
    actual = float(came[came["customer_id"].isin(before["customer_id"])]["purchases"].sum()) if len(came) else 0.0
    if buying.fit.problem or before.empty or not actual:
        nan = (float("nan"),) * 3
        return findings([finding("calibration_ratio", nan, n=0, unit="ratio", as_of=as_of)])
    everyone = np.ones((1, len(before)))
    total, variance = _delta(everyone, lambda at: buying.expected(before, days=days, log_parameters=at), buying.fit)
    variance = variance + _chance(before, everyone, buying, None, seed=policy.statistics.seed, days=days)[0]
    z = float(stats.norm.ppf(0.5 + policy.statistics.confidence / 2))
    estimate = _log_normal(total / actual, variance / actual**2, z)[0]
    return findings([finding("calibration_ratio", estimate, n=len(before), unit="ratio", as_of=as_of)])


def alive_curves(buying: Buying, *, orders: Sequence[int] = (2, 4, 8, 16)) -> pd.DataFrame:
    """Probability of being active by weeks of silence, of customers who placed so many orders within a year before:
    weeks_silent, orders, p_alive.

    The more often someone used to buy, the sooner silence means something. No rows where the model cannot be used.
    """
    if buying.fit.problem:
        return pd.DataFrame(columns=["weeks_silent", "orders", "p_alive"])
    frame = pd.DataFrame([(w, n) for n in orders for w in range(0, 105, 4)], columns=["weeks_silent", "orders"])
    week = DAYS_PER["weeks"] / DAYS_PER[buying.unit]
    lives = pd.DataFrame(
        {"frequency": frame["orders"] - 1, "recency": 52 * week, "T": (52 + frame["weeks_silent"]) * week}
    )
    return frame.assign(p_alive=buying.p_alive(lives.assign(time_unit=buying.unit)))


def _delta(member: Array, each: Callable[[Array], Array], fit: Fit) -> tuple[Array, Array]:
    """Group sums of a quantity of each customer, and the variance that they owe to the parameters (delta method, in
    logarithms).
    """
    at, step = np.log(fit.values), 1e-4
    slopes = [member @ (each(at + shift) - each(at - shift)) / (2 * step) for shift in step * np.eye(len(at))]
    return member @ each(at), np.einsum("ig,ij,jg->g", slopes, fit.covariance, slopes)


def _chance(
    known: pd.DataFrame, member: Array, buying: Buying, spending: Spending | None, *, seed: int, days: float = YEAR_DAYS
) -> tuple[Array, Array]:
    """Variance that the orders and the money of each group owe to chance, from drawn futures with the parameters as
    estimated.

    Taken from the middle two thirds of the draws, because order values may have no variance (q of 2 or less in
    Gamma-Gamma).
    Of very many customers a sample is drawn and its variance scaled up.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(known), DRAWN, replace=False) if len(known) > DRAWN else np.arange(len(known))
    some, part = known.iloc[chosen], member[:, chosen]
    orders = buying.draw(some, days=days, rng=rng, times=DRAWS)
    money = spending.draw(some, orders, rng=rng) if spending else np.full_like(orders, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = member.sum(axis=1) / part.sum(axis=1)
    spread = [np.subtract(*np.quantile(drawn @ part.T, [0.8413, 0.1587], axis=0)) / 2 for drawn in (orders, money)]
    return spread[0] ** 2 * scale, spread[1] ** 2 * scale


def _log_normal(value: Array, variance: Array, z: float) -> list[Estimate]:
    """Value and interval of a positive sum whose logarithm is about normal."""
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.exp(z * np.sqrt(np.log1p(variance / value**2)))
    return [(float(v), float(v / s), float(v * s)) for v, s in zip(value, spread, strict=True)]
