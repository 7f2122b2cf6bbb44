"""Which model of buying to use: the one whose forecasts came nearest on a hold-out period, not the one somebody likes.

Each is fitted on the histories until then and forecasts what each customer buys after; the best is fitted anew on all. A fit
that the data do not settle is never chosen. NBD, in which nobody leaves, belongs among the candidates: it is where the
others end when no leaving is to be seen, and has nothing more to settle than how much customers buy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlib.models.estimates import mean
from crmlib.models.fitting import Array, Fit
from crmlib.models.histories import HISTORY, BuyingModel

Fitting = Callable[[pd.DataFrame], BuyingModel]
LEAST = 1e-6
"""Purchases expected of a customer below which a forecast counts as this much, so that one surprise is not everything."""


@dataclass(frozen=True)
class Choice:
    """What came of choosing. `model`: the chosen one, fitted on all; `then`: the same, fitted before the hold-out.

    `table`: one row per candidate, the best first: model, state, n, deviance (a customer; less is better), behind
    (the best, with its interval low to high), ratio (purchases expected for each that came), chosen. `fits`: what came of
    fitting each, in the same order, on all where it was tried there, else before the hold-out.
    """

    model: BuyingModel
    then: BuyingModel
    table: pd.DataFrame
    fits: tuple[Fit, ...]


def choose(
    before: pd.DataFrame,
    came: pd.DataFrame,
    now: pd.DataFrame,
    candidates: Sequence[Fitting],
    *,
    days: float,
    confidence: float = 0.95,
) -> Choice:
    """Fit each candidate on `before` (a summary with customer_id), score it on `came` (customer_id, purchases of the `days`
    after), and fit the best anew on `now`. Raises `UnitError`.

    Score: Poisson deviance of the purchases of each customer, whose mean is least for the true expectation (Gneiting 2011),
    unlike an absolute error, which rewards forecasting nought. Among equals the first candidate. Without a
    period to test on: the first that can be used. Who the customers are and in which order they come changes nothing.
    """
    before = before.assign(came=purchases_of(before, came)).sort_values([*HISTORY, "came"], ignore_index=True)
    bought = before["came"].to_numpy()
    early = [candidate(before) for candidate in candidates]
    expected = {i: m.expected(before, days=days) for i, m in enumerate(early) if m.fit.usable and bought.any()}
    errors = {i: deviance(bought, orders) for i, orders in expected.items()}
    order = sorted(range(len(early)), key=lambda i: float(errors[i].mean()) if i in errors else np.inf)
    fitted: dict[int, BuyingModel] = {}
    for i in order:
        fitted[i] = candidates[i](now)
        if fitted[i].fit.usable:
            break
    usable = [i for i in fitted if fitted[i].fit.usable]
    chosen = usable[0] if usable else order[0]
    nan, rows, fits = float("nan"), [], tuple(fitted.get(i, early[i]).fit for i in order)
    for i, fit in zip(order, fits, strict=True):
        tested = i in errors
        behind = mean(errors[i] - errors[order[0]], confidence=confidence) if tested else (nan,) * 3
        score = (float(errors[i].mean()), *behind, float(expected[i].sum() / bought.sum())) if tested else (nan,) * 5
        rows.append((fit.model, fit.state, early[i].fit.customers, *score, i in usable[:1]))
    columns = ["model", "state", "n", "deviance", "behind", "low", "high", "ratio", "chosen"]
    return Choice(fitted[chosen], early[chosen], pd.DataFrame(rows, columns=columns), fits)


def deviance(came: Array, expected: Array) -> Array:
    """Poisson deviance of each customer: 0 where as many came as expected, more the further apart."""
    expected = np.maximum(expected, LEAST)
    logs = came * np.log(np.where(came > 0, came, 1.0) / expected)
    away: Array = 2 * (logs - (came - expected))
    return away


def purchases_of(before: pd.DataFrame, came: pd.DataFrame) -> Array:
    """Purchases in `came` (customer_id, purchases) of each customer of `before`; 0 for who is not there."""
    if before.empty or came.empty:
        return np.zeros(len(before))
    counts = came.set_index("customer_id")["purchases"].astype(float)
    bought: Array = before["customer_id"].map(counts).fillna(0.0).to_numpy(dtype=float)
    return bought
