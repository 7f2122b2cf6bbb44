"""Which model of buying to use: the one whose forecasts came nearest on what was held out, not the one somebody likes.

Each is fitted on the histories known at several days back (rolling origins) and forecasts what each customer buys in the
months after; the best of those that pass the gate is fitted anew on all. A fit that the data do not settle is never chosen.
NBD, in which nobody leaves, belongs among the candidates: it is where the others end when no leaving is to be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from crmlib.models.estimates import mean
from crmlib.models.fitting import Array, Fit
from crmlib.models.gates import FEWEST_ORIGINS, Gate, judge, miss_of
from crmlib.models.histories import HISTORY, BuyingModel
from crmlib.models.origins import Fitting, Origin, Trial, attempt, trials_of
from crmlib.models.seasons import Season

LEAST = 1e-6
"""Purchases expected of a customer below which a forecast counts as this much, so that one surprise is not everything."""
HARDLY = 0.05
"""By how much (in the logarithm) a sum may be further off with a season than without."""
Seasons = Callable[[date], Season | None]
"""The season that the months until a day show; None where they show none."""


@dataclass(frozen=True)
class Rules:
    """What is promised: over how many months and days, how far off a trial may be (a factor), the prior spread of a year (in
    the logarithm), the confidence, customers that models are compared on at most, and the groups beside the whole.
    """

    months: int = 12
    days: int = 365
    tolerance: float = 1.25
    drift: float = 0.12
    confidence: float = 0.95
    most: int = 10_000
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """What came of choosing. `model`: the chosen one, fitted on all; `lives` and `days`: what it is to be asked of, in the time
    that it counts in (of an even year where there is a `season`); `gate`: whether its forecast may be promised; `between`: the
    spread of the logarithm of what the candidates expect that came about as near.

    `tried`: the chosen model at each origin, the latest first. `table`: one row per candidate, the best first: model, state, n,
    deviance (a customer; less is better), behind (the best, with its interval low to high), ratio (purchases expected for
    each that came), chosen. `fits`: what came of fitting each, in the same order, on all where it was tried there, else at the
    latest origin.
    """

    model: BuyingModel
    lives: pd.DataFrame
    days: float
    gate: Gate
    between: float
    season: Season | None
    tried: tuple[Trial, ...]
    table: pd.DataFrame
    fits: tuple[Fit, ...]


@dataclass(frozen=True)
class _Scored:
    """A candidate: what it came to at the origins where it could be used, its gate, and the deviance of each customer."""

    tried: tuple[Trial, ...]
    gate: Gate
    errors: Array

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """The best first: what may be promised before what may not, and then the nearest."""
        return (not self.gate.passed, not len(self.errors), float(self.errors.mean()) if len(self.errors) else np.inf)


def choose(
    origins: Sequence[Origin],
    now: pd.DataFrame,
    candidates: Sequence[Fitting],
    rules: Rules,
    *,
    on: date,
    seasons: Seasons = lambda _on: None,
) -> Choice:
    """Try each candidate from each origin (the latest first), and fit the best anew on `now`, a summary as known `on`.
    Raises `UnitError`.

    Score: Poisson deviance of the purchases of each customer, whose mean is least for the true expectation (Gneiting 2011),
    unlike an absolute error, which rewards forecasting nought. Among equals the first candidate. Without a
    period to test on: the first that can be used. Who the customers are and in which order they come changes nothing.
    """
    origins = [origin.ordered() for origin in origins]
    now = now.sort_values([name for name in (*HISTORY, "monetary_value", "tier") if name in now], ignore_index=True)
    tried = [[attempt(origin, fit) for origin in origins] for fit in candidates]
    scored = _scores(tried, rules, _yardstick(origins, rules.drift))
    best = min(range(len(candidates)), key=lambda i: scored[i].rank)
    season = seasons(on) if _is_seasonal(scored[best], candidates[best], seasons) else None
    lives, days = now, float(rules.days)
    if season:
        # Origins with too short a record of their own have the present season, as the forecast has that they stand for.
        even = {origin.on: seasons(origin.on) or season for origin in origins}
        tried = [[attempt(origin, fit, even[origin.on]) for origin in origins] for fit in candidates]
        scored = _scores(tried, rules, _yardstick(origins, rules.drift))
        lives, days = season.lives(now, on), season.days(on, rules.days)
    order = sorted(range(len(candidates)), key=lambda i: scored[i].rank)
    fitted = _fitted(lives, candidates, order, enough=bool(origins))
    usable = [i for i, model in fitted.items() if model.fit.usable]
    chosen = usable[0] if usable else order[0]
    table, fits = _table(scored, order, fitted, tried, chosen if usable else None, rules.confidence)
    between = _between(scored, table, order, candidates, lives, days, rules.most)
    model, won = fitted[chosen], scored[chosen]
    gate = won.gate if model.fit.usable else replace(won.gate, state="unusable")
    return Choice(model, lives, days, gate, between, season, won.tried, table, fits)


def deviance(came: Array, expected: Array) -> Array:
    """Poisson deviance of each customer: 0 where as many came as expected, more the further apart."""
    expected = np.maximum(expected, LEAST)
    logs = came * np.log(np.where(came > 0, came, 1.0) / expected)
    away: Array = 2 * (logs - (came - expected))
    return away


def _scores(tried: Sequence[Sequence[Trial]], rules: Rules, yardstick: float) -> list[_Scored]:
    """Each candidate at the origins where it can be used, scored where all can that are tested at all."""
    good = [[t for t in each if t.model.fit.usable and t.came.any()] for each in tried]
    tested = [each for each in good if len(each) >= FEWEST_ORIGINS]
    shared = set.intersection(*({t.origin.on for t in each} for each in tested)) if tested else set()
    scored = []
    for each in good:
        gate = _judge(each, rules, yardstick)
        apart = [deviance(t.came, t.expected) for t in each if t.origin.on in shared or len(each) < FEWEST_ORIGINS]
        whole = len(each) >= FEWEST_ORIGINS or not tested
        scored.append(_Scored(tuple(each), gate, np.concatenate(apart) if apart and whole else np.zeros(0)))
    return scored


def _judge(tried: Sequence[Trial], rules: Rules, yardstick: float) -> Gate:
    trials = trials_of(tried, [t.expected for t in tried], [t.came for t in tried], rules.groups)
    return judge(trials, ahead=rules.months, tolerance=rules.tolerance, drift=rules.drift, yardstick=yardstick)


def _yardstick(origins: Sequence[Origin], drift: float) -> float:
    """How far off the same months of the year before were from what came; infinite where there is none."""
    known = [o for o in origins if np.isfinite(o.yardstick)]
    if len(known) < FEWEST_ORIGINS:
        return float("inf")
    came = np.array([o.lives["came"].sum() for o in known], dtype=float)
    return miss_of(np.array([o.yardstick for o in known]), came, 1 / np.maximum(came, 1.0), drift=drift)


def _is_seasonal(best: _Scored, fit: Fitting, seasons: Seasons) -> bool:
    """Whether, from the origins whose own record shows a season, the best candidate came nearer with it in the quarters of the
    months held out, and no further off in their sums.
    """
    pairs = []
    for trial in best.tried:
        season = seasons(trial.origin.on)
        even = attempt(trial.origin, fit, season) if season else None
        if season and even and even.model.fit.usable:
            sums = [abs(np.log(t.came.sum() / max(float(t.expected.sum()), LEAST))) for t in (trial, even)]
            pairs.append((_by_quarter(trial, None), _by_quarter(even, season), *sums))
    if not pairs:
        return False
    plain, with_season, off, off_with = np.mean(pairs, axis=0)
    return bool(with_season < plain and off_with <= off + HARDLY)


def _by_quarter(trial: Trial, season: Season | None) -> float:
    """Poisson deviance of the purchases of all in each quarter of the days held out, their sum set right."""
    ends = np.rint(np.linspace(0, trial.origin.days, len(trial.origin.quarters) + 1)).astype(int)
    spans = [season.days(trial.origin.on, end) if season else float(end) for end in ends]
    until = [float(trial.model.expected(trial.lives, days=span).sum()) for span in spans]
    each, came = np.diff(until), np.array(trial.origin.quarters)
    return float(deviance(came, each * came.sum() / max(each.sum(), LEAST)).sum())


def _fitted(
    lives: pd.DataFrame, candidates: Sequence[Fitting], order: Sequence[int], *, enough: bool
) -> Mapping[int, BuyingModel]:
    """The candidates fitted on all, in order: until one can be used where that is `enough`, else all of them."""
    fitted: dict[int, BuyingModel] = {}
    for i in order:
        fitted[i] = candidates[i](lives)
        if enough and fitted[i].fit.usable:
            break
    return fitted


def _table(
    scored: Sequence[_Scored],
    order: Sequence[int],
    fitted: Mapping[int, BuyingModel],
    tried: Sequence[Sequence[Trial]],
    chosen: int | None,
    confidence: float,
) -> tuple[pd.DataFrame, tuple[Fit, ...]]:
    """One row per candidate in order, and what came of fitting it."""
    nan, rows, best = float("nan"), [], scored[order[0]]
    fits = tuple(fitted[i].fit if i in fitted else tried[i][0].model.fit for i in order)
    wide = np.sqrt(len(best.tried) / _independent(best)) if best.tried else 1.0
    for i, fit in zip(order, fits, strict=True):
        each = scored[i]
        n = len(tried[i][0].came) if tried[i] else fit.customers
        score: tuple[float, ...] = (nan,) * 5
        if len(each.errors) == len(best.errors) > 0:
            value, low, high = mean(each.errors - best.errors, confidence=confidence)
            behind = (value, value - wide * (value - low), value + wide * (high - value))
            score = (float(each.errors.mean()), *behind, each.gate.ratio)
        rows.append((fit.model, fit.state, n, *score, i == chosen))
    columns = ["model", "state", "n", "deviance", "behind", "low", "high", "ratio", "chosen"]
    return pd.DataFrame(rows, columns=columns), fits


def _independent(scored: _Scored) -> float:
    months = [t.origin.back for t in scored.tried]
    return float(min(len(months), 1 + np.ptp(months) / scored.tried[0].origin.months))


def _between(
    scored: Sequence[_Scored],
    table: pd.DataFrame,
    order: Sequence[int],
    candidates: Sequence[Fitting],
    lives: pd.DataFrame,
    days: float,
    most: int,
) -> float:
    """Spread of the logarithm of what the candidates expect that pass and are not clearly behind the best."""
    near = [i for i, low in zip(order, table["low"], strict=True) if scored[i].gate.passed and not low > 0]
    if len(near) < 2:
        return 0.0
    some = lives.iloc[:: max(1, -(-len(lives) // most))]
    models = [(candidates[i](some), scored[i].gate.factor) for i in near]
    sums = [model.expected(some, days=days).sum() * factor for model, factor in models if model.fit.usable]
    return float(np.std(np.log(sums))) if len(sums) > 1 and min(sums) > 0 else 0.0
