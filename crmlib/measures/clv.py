"""What a customer is worth: expected orders and contribution of the next twelve months, with what the models leave
open.

The choice of a model of buying (how often, and whether still) and of one of spending (how much an order) are handed in, each
with the gate that it was tried at. What fails its gate is not promised, and `model_choice.promise` says why. Later
contribution counts for less: at the policy's yearly discount rate, continuously.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.facts.company import Company
from crmlib.facts.findings import aside, finding, findings, marked
from crmlib.facts.purchases import margin_rate as margin_rate
from crmlib.models.choice import Choice
from crmlib.models.estimates import mean, rank_correlation
from crmlib.models.fitting import DAYS_PER, Array
from crmlib.models.forecasts import (
    Estimate,
    each_range,
    log_normal,
    of_chance,
    of_parameters,
)
from crmlib.models.gates import PRIOR, Gate
from crmlib.models.histories import HISTORY, BuyingModel
from crmlib.models.worth import Worth
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import TIERS

VALUES = ("alive_share", "expected_orders_12m", "value_12m")
MONEY_FROM = KPIS["value_12m"].uses
"""Without these, contribution is taken from gross amounts, or from the policy's rate."""
MOST_ORDERS = 7
"""Histories with this many repeat purchases or more stand together in the calibration."""
LIFE = [*HISTORY, "monetary_value", "mean_value"]
"""What the models look at of a customer."""
RANGED = 2_000
"""Customers with the highest expected contribution whose range is drawn, with whoever is expected to bring as much as the
last of them; the others have none, as drawing takes long."""


def independence(c: Company, known: pd.DataFrame) -> pd.DataFrame:
    """Finding `frequency_value_correlation`: rank correlation of frequency and monetary_value among repeat buyers, who
    are n. Gamma-Gamma takes the two as unrelated.
    """
    again = known[known["frequency"] > 0].sort_values(["frequency", "monetary_value"])
    rho = rank_correlation(again["frequency"], again["monetary_value"], confidence=c.policy.statistics.confidence)
    return findings(c, [finding(c, "frequency_value_correlation", rho, n=len(again) if np.isfinite(rho[0]) else 0)])


def customer_values(c: Company, choice: Choice, worth: Worth, *, margin_rate: float) -> pd.DataFrame:
    """One row per customer over 12 months: customer_id, tier, p_alive, p_alive_12m, expected_orders, expected_order_value,
    expected_margin (discounted), low, high, unit (of these two). Their sums are those of `value_findings`.

    low to high is where the customer's own contribution falls with the policy's confidence: parameters drawn around
    the estimates, then futures (parametric bootstrap of the predictive distribution), once for customers of the same
    history; of the `RANGED` with the highest expectation. p_alive is NaN in a model in which nobody leaves. No rows
    where orders or money are not promised.
    """
    columns = ["customer_id", "tier", "p_alive", "p_alive_12m", "expected_orders", "expected_order_value"]
    columns += ["expected_margin", "low", "high", "unit"]
    if not (choice.gate.passed and worth.gate.passed) or choice.lives.empty:
        return marked(c, pd.DataFrame(columns=columns), *MONEY_FROM)
    known, buying, spending, days = choice.lives, choice.model, worth.spending, choice.days
    orders, price = buying.expected(known, days=days), spending.expected(known)
    later, nan = buying.expected(known, days=days, yearly=c.policy.cost.discount_rate), float("nan")
    values = known[["customer_id", "tier"]].assign(
        p_alive=buying.p_alive(known) if buying.leaves else nan,
        p_alive_12m=buying.p_alive(known, days=days) if buying.leaves else nan,
        expected_orders=orders * choice.gate.factor,
        expected_order_value=price * worth.gate.factor / choice.gate.factor,
        expected_margin=later * price * margin_rate * worth.gate.factor,
        low=nan,
        high=nan,
        unit="money",
    )
    least = np.sort(values["expected_margin"])[-min(RANGED, len(values))]
    top = np.flatnonzero(values["expected_margin"] >= least)
    alike, which = np.unique(known[LIFE].to_numpy(dtype=float)[top], axis=0, return_inverse=True)
    low, high = each_range(
        pd.DataFrame(alike, columns=LIFE).assign(time_unit=buying.unit),
        buying,
        spending,
        days=days,
        confidence=c.policy.statistics.confidence,
        seed=c.policy.statistics.seed,
    )
    counts = margin_rate * worth.gate.factor * _share_kept(later, orders)[top]
    values.iloc[top, -3], values.iloc[top, -2] = low[which] * counts, high[which] * counts
    return marked(c, values, *MONEY_FROM)


def value_findings(c: Company, choice: Choice, worth: Worth, *, margin_rate: float) -> pd.DataFrame:
    """Findings `alive_share`, `expected_orders_12m` and `value_12m` (discounted), in all and by tier; none where the gate of
    the orders is not passed, the value NaN with n 0 where that of the money is not, and `alive_share` where the model knows no
    leaving.

    The intervals hold all that is open: the parameters (delta method on their logarithms), chance (the spread of drawn
    futures), the choice of the model, and how far off it was on the months held out; sums are taken as log-normal, with
    Student's quantiles for the few origins.
    """
    known = choice.lives
    if not choice.gate.passed or known.empty:
        return aside(findings(c, of=VALUES))
    groups = ["", *(t for t in TIERS if (known["tier"] == t).any())]
    member = np.array([np.ones(len(known)) if not g else (known["tier"] == g).to_numpy(dtype=float) for g in groups])
    estimates = (
        _active(c, known, member, choice.model) if choice.model.leaves else [(nan,) * 3] * len(groups),
        *_sums(c, member, groups, choice, worth, margin_rate),
    )
    rows = []
    for kpi, each in zip(VALUES, estimates, strict=True):
        for group, estimate, size in zip(groups, each, member.sum(axis=1), strict=True):
            told = size if np.isfinite(estimate[0]) else 0
            rows.append(finding(c, kpi, estimate, n=told, segment=group))
    return findings(c, rows)


def _active(c: Company, known: pd.DataFrame, member: Array, buying: BuyingModel) -> list[Estimate]:
    """Share of each group that is active; who is active and who is not is open for each customer by itself."""
    z = float(stats.norm.ppf(0.5 + c.policy.statistics.confidence / 2))
    each, n = buying.p_alive(known), member.sum(axis=1)
    total, variance = of_parameters(member, lambda at: buying.p_alive(known, log_parameters=at), buying.fit)
    half = z * np.sqrt(variance + member @ (each * (1 - each))) / n
    share = total / n
    return [(float(s), max(0.0, float(s - h)), min(1.0, float(s + h))) for s, h in zip(share, half, strict=True)]


def _sums(
    c: Company, member: Array, groups: Sequence[str], choice: Choice, worth: Worth, rate: float
) -> tuple[list[Estimate], list[Estimate]]:
    """Orders and discounted contribution of each group over 12 months; the contribution is NaN where it is not promised."""
    known, buying, days, yearly = choice.lives, choice.model, choice.days, c.policy.cost.discount_rate
    orders, later = (buying.expected(known, days=days, yearly=each) for each in (0.0, yearly))
    model = worth.spending if worth.gate.passed else None
    by_orders, by_money = of_chance(
        known, member, buying, model, days=days, seed=c.policy.statistics.seed, worth=_share_kept(later, orders)
    )
    total, variance = of_parameters(member, lambda at: buying.expected(known, days=days, log_parameters=at), buying.fit)
    counted = _promised(c, total, variance + by_orders, groups, choice.gate, choice.between)
    if model is None:
        return counted, [(nan,) * 3] * len(member)
    price = model.expected(known)
    money, bought = of_parameters(
        member, lambda at: price * buying.expected(known, days=days, yearly=yearly, log_parameters=at), buying.fit
    )
    _same, spent = of_parameters(member, lambda at: later * model.expected(known, log_parameters=at), model.fit)
    open_ = (bought + spent + by_money) * rate**2
    return counted, _promised(c, money * rate, open_, groups, worth.gate, choice.between)


def _promised(
    c: Company, value: Array, variance: Array, groups: Sequence[str], gate: Gate, between: float
) -> list[Estimate]:
    """The sums set right by the factor of the gate, with what it leaves open in the interval."""
    spreads = np.array([gate.spreads[("", *TIERS).index(group)] for group in groups])
    t = gate.quantile(c.policy.statistics.confidence)
    return log_normal(value * gate.factor, variance * gate.factor**2, t, beyond=spreads**2 + between**2)


def _share_kept(later: Array, orders: Array) -> Array:
    """How much an order of each customer counts on average after discounting."""
    return later / np.maximum(orders, 1e-300)


def calibration(c: Company, choice: Choice) -> pd.DataFrame:
    """Purchases a customer in the months held out last, by repeat purchases until then, as in the paper of 2005.

    One row per frequency (the last stands for itself and above) and series (actual, expected): frequency, series,
    value, low, high (t interval, of actual), n. No rows where nothing could be tried.
    """
    columns = ["frequency", "series", "value", "low", "high", "n"]
    if not choice.tried:
        return pd.DataFrame(columns=columns)
    trial = choice.tried[0]
    frame = pd.DataFrame({"frequency": trial.origin.lives["frequency"].clip(upper=MOST_ORDERS).astype(int)})
    frame["actual"], frame["expected"] = trial.came, trial.expected
    rows = []
    for frequency, part in frame.groupby("frequency"):
        actual = mean(part["actual"].sort_values(), confidence=c.policy.statistics.confidence)
        rows.append((frequency, "actual", *actual, len(part)))
        rows.append((frequency, "expected", float(part["expected"].mean()), float("nan"), float("nan"), len(part)))
    return marked(c, pd.DataFrame(rows, columns=columns), *KPIS["calibration_ratio"].uses)


def calibration_findings(c: Company, choice: Choice, worth: Worth) -> pd.DataFrame:
    """Findings `calibration_ratio` and `money_calibration_ratio`: orders and money expected in the months held out for each that
    came, the geometric mean over the origins with Student's interval. n: customers at the latest of them; none where nothing
    could be tried.
    """
    if not choice.tried:
        return aside(findings(c, of=("calibration_ratio", "money_calibration_ratio")))
    n, rows = len(choice.tried[0].came), []
    for kpi, gate in (("calibration_ratio", choice.gate), ("money_calibration_ratio", worth.gate)):
        known = np.isfinite(gate.ratio)
        t = gate.quantile(c.policy.statistics.confidence)
        factor = float(np.exp(t * gate.spreads[0] / np.sqrt(gate.freedom - PRIOR))) if known else nan
        estimate = (gate.ratio, gate.ratio / factor, gate.ratio * factor)
        rows.append(finding(c, kpi, estimate, n=n if known else 0))
    return findings(c, rows)


def alive_curves(c: Company, choice: Choice, *, orders: Sequence[int] = (2, 4, 8, 16)) -> pd.DataFrame:
    """Probability of being active by weeks of silence, of customers who placed so many orders within a year before:
    weeks_silent, orders, p_alive.

    The more often someone used to buy, the sooner silence means something. No rows where the model did not pass its gate or
    knows no leaving.
    """
    buying = choice.model
    if not choice.gate.passed or not buying.leaves:
        none = marked(c, pd.DataFrame(columns=["weeks_silent", "orders", "p_alive"]), *KPIS["alive_share"].uses)
        return none if choice.gate.passed else aside(none)
    frame = pd.DataFrame([(w, n) for n in orders for w in range(0, 105, 4)], columns=["weeks_silent", "orders"])
    week = DAYS_PER["weeks"] / DAYS_PER[buying.unit]
    lives = pd.DataFrame(
        {"frequency": frame["orders"] - 1, "recency": 52 * week, "T": (52 + frame["weeks_silent"]) * week}
    )
    return marked(
        c, frame.assign(p_alive=buying.p_alive(lives.assign(time_unit=buying.unit))), *KPIS["alive_share"].uses
    )
