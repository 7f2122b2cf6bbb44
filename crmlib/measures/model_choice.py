"""Which model of buying to use: the one whose forecasts came nearest on a hold-out period, not the one somebody likes.

Each is fitted on the histories until then and forecasts what each customer buys after; the best is fitted anew on all. A fit
that the data do not settle is said and never chosen. NBD, in which nobody leaves, belongs among the candidates: it is
where the others end when no leaving is to be seen, and has nothing more to settle than how much customers buy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from ibis.expr.types import Table as Expression

from crmlib.facts.company import Company
from crmlib.models.estimates import mean
from crmlib.models.fitting import Array
from crmlib.models.histories import BuyingModel
from crmlib.vocabulary.language import _

Fitting = Callable[[pd.DataFrame | Expression], BuyingModel]
LEAST = 1e-6
"""Purchases expected of a customer below which a forecast counts as this much, so that one surprise is not everything."""


@dataclass(frozen=True)
class Choice:
    """What came of choosing. `model`: the chosen one, fitted on all; `then`: the same, fitted before the hold-out.

    `table`: one row per candidate, the best first: model, state, n, deviance (a customer; less is better), behind
    (the best, with its interval low to high), ratio (purchases expected for each that came), chosen, why (it cannot be used; else
    null).
    """

    model: BuyingModel
    then: BuyingModel
    table: pd.DataFrame

    @property
    def note(self) -> str:
        """Which model is used and why, in the reader's language."""
        if self.model.fit.problem:
            return _("No model of buying can be used. {why}").format(why=self.model.fit.problem)
        name, ratio = self.model.fit.model, float(self.table.loc[self.table["chosen"], "ratio"].iloc[0])
        aside = self.table[self.table["state"].isin(["boundary", "not_converged"]) & ~self.table["chosen"]]
        said = [
            _(
                "{model} is used: its forecasts came nearest on the period held out. "
                "It expected {ratio} orders for each that came."
            ).format(model=name, ratio=f"{ratio:.2f}")
            if np.isfinite(ratio)
            else _("{model} is used, untested: there is no period before to test it on.").format(model=name)
        ]
        if len(aside):
            names = ", ".join(aside["model"])
            said.append(_("Set aside, as the data do not settle their parameters: {models}.").format(models=names))
        if not self.model.leaves:
            said.append(_("It takes it that nobody leaves, so there is no probability of being active."))
        return " ".join(said)


def choose(
    c: Company,
    before: pd.DataFrame,
    came: pd.DataFrame,
    now: pd.DataFrame | Expression,
    candidates: Sequence[Fitting],
    *,
    days: float,
) -> Choice:
    """Fit each candidate on `before` (a summary with customer_id), score it on `came` (customer_id, purchases of the `days`
    after), and fit the best anew on `now`. Raises `UnitError`.

    Score: Poisson deviance of the purchases of each customer, whose mean is least for the true expectation (Gneiting 2011),
    unlike an absolute error, which rewards forecasting nought. Among equals the first candidate. Without a
    period to test on: the first that can be used.
    """
    before = before.sort_values("customer_id", ignore_index=True)
    bought = _came(before, came)
    early = [candidate(before) for candidate in candidates]
    errors = {i: deviance(bought, m.expected(before, days=days)) for i, m in enumerate(early) if _testable(m, bought)}
    order = sorted(range(len(early)), key=lambda i: float(errors[i].mean()) if i in errors else np.inf)
    fitted: dict[int, BuyingModel] = {}
    for i in order:
        fitted[i] = candidates[i](now)
        if not fitted[i].fit.problem:
            break
    usable = [i for i in fitted if not fitted[i].fit.problem]
    chosen = usable[0] if usable else order[0]
    rows = [
        _row(c, early[i], errors.get(i), errors.get(order[0]), bought, fitted.get(i), i in usable[:1], before, days)
        for i in order
    ]
    return Choice(fitted[chosen], early[chosen], pd.DataFrame(rows))


def deviance(came: Array, expected: Array) -> Array:
    """Poisson deviance of each customer: 0 where as many came as expected, more the further apart."""
    expected = np.maximum(expected, LEAST)
    logs = came * np.log(np.where(came > 0, came, 1.0) / expected)
    away: Array = 2 * (logs - (came - expected))
    return away


def _came(before: pd.DataFrame, came: pd.DataFrame) -> Array:
    if before.empty or came.empty:
        return np.zeros(len(before))
    counts = came.set_index("customer_id")["purchases"].astype(float)
    bought: Array = before["customer_id"].map(counts).fillna(0.0).to_numpy(dtype=float)
    return bought


def _testable(model: BuyingModel, bought: Array) -> bool:
    return not model.fit.problem and bool(bought.any())


def _row(
    c: Company,
    then: BuyingModel,
    error: Array | None,
    best: Array | None,
    bought: Array,
    now: BuyingModel | None,
    chosen: bool,
    before: pd.DataFrame,
    days: float,
) -> dict[str, object]:
    fit = (now or then).fit
    nan = float("nan")
    behind, low, high = nan, nan, nan
    if error is not None and best is not None:
        behind, low, high = mean(error - best, confidence=c.policy.statistics.confidence)
    return {
        "model": fit.model,
        "state": fit.state,
        "n": then.fit.customers,
        "deviance": nan if error is None else float(error.mean()),
        "behind": behind,
        "low": low,
        "high": high,
        "ratio": nan if error is None else float(then.expected(before, days=days).sum() / bought.sum()),
        "chosen": chosen,
        "why": fit.problem or None,
        "unit": "index",
    }
