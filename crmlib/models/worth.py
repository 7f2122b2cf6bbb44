"""What orders are worth, tried from the same origins as the number of orders.

The money expected of a customer is the orders expected times the worth expected of an order; both are held against what came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crmlib.models.choice import Choice, Rules
from crmlib.models.fitting import Array
from crmlib.models.forecasts import Spending
from crmlib.models.gates import Gate, judge
from crmlib.models.origins import Trial, trials_of

Pricing = Callable[[pd.DataFrame], Spending]


@dataclass(frozen=True)
class Worth:
    """`spending`: fitted on all; `gate`: whether the money may be promised; `ratio`: money expected for each that came of who
    bought, their orders being known (geometric mean over the origins; the money model by itself).
    """

    spending: Spending
    gate: Gate
    ratio: float = float("nan")


def worth(choice: Choice, fit: Pricing, rules: Rules) -> Worth:
    """Fit a model of order values on the histories of the choice, and on what was known at each of its origins."""
    spending, tried, each = fit(choice.lives), [], []
    for trial in choice.tried:
        priced = fit(trial.lives)
        if priced.fit.usable and trial.origin.lives["revenue"].sum() > 0:
            tried.append(trial)
            each.append(priced.expected(trial.lives))
    money = [_money(trial) for trial in tried]
    # In units of a mean order, so that what counts as hardly anything is the same in any currency.
    units = [max(float(m.sum()) / max(float(t.came.sum()), 1.0), 1e-12) for t, m in zip(tried, money, strict=True)]
    sums = trials_of(
        tried,
        [t.expected * value / unit for t, value, unit in zip(tried, each, units, strict=True)],
        [m / unit for m, unit in zip(money, units, strict=True)],
        rules.groups,
    )
    gate = judge(sums, ahead=rules.months, tolerance=rules.tolerance, drift=rules.drift)
    if not spending.fit.usable:
        gate = replace(gate, state="unusable")
    alone = [np.log((t.came @ value) / m.sum()) for t, value, m in zip(tried, each, money, strict=True)]
    return Worth(spending, gate, float(np.exp(np.mean(alone))) if alone else float("nan"))


def _money(trial: Trial) -> Array:
    """Money of each customer in the days held out."""
    paid: Array = trial.origin.lives["revenue"].to_numpy(dtype=float)
    return paid
