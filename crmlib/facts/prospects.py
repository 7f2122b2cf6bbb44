"""What a customer would bring if nobody acted, what acting could add at most, and what that would be worth.

Expected orders come from the likelier of the models of buying of chapter 3, an order's worth from Gamma-Gamma. An order that
acting brings is worth itself and what its customer is then expected to buy beyond what they would have bought anyway: hardly
anything of who buys all the time, much of who had fallen silent. What is not recorded, or settles no model, is null.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import contracts, endings, lives, lookups, ways, windows
from crmlib.facts.company import Company, fact
from crmlib.facts.looks import STATES
from crmlib.facts.purchases import margin_rate
from crmlib.models import bgnbd, gamma_gamma, mbgnbd, nbd, pareto_nbd
from crmlib.models.fitting import DAYS_PER, Array
from crmlib.models.histories import HISTORY, BuyingModel

DAYS: Final = 365
"""Days ahead over which what a customer brings is counted, as in chapter 3."""
COLUMNS: Final = dict.fromkeys(("no_order", "orders", "orders_staying", "orders_more", "margin"), "float64")
HELD_FOR: Final = 20.0
"""Contract years that the usual share of contracts which end counts as."""


@fact
def prospects(c: Company) -> Table:
    """One row per customer who bought: customer_id, no_order (chance of no order within
    `policy.contact.outcome_window_days`), orders (expected in a year), orders_staying (of who has not left), orders_more
    (expected in a year, itself counted, because an order came today), margin (contribution of an order; null where no
    amounts are on record).
    """
    rows = lives.summary(c).order_by(*HISTORY, "mean_value", "customer_id").to_pandas()
    frame = rows[["customer_id"]].assign(**_orders(c, rows), margin=_margin(c, rows))
    return lookups.lookup(c, "prospects", frame, {"customer_id": "string", **COLUMNS})


def leaving(c: Company) -> pd.DataFrame:
    """customer_id and leaves (chance that the last sign of life falls within the warning's horizon), of those alive whom the way
    in use tells apart: by its own probability where it has one, else the share of those it named who left.
    """
    done = ways.tried(c)
    alive = ways.now(c).filter(_.state == STATES[0], _.score.notnull())
    frame = alive.select("customer_id", "score").order_by("customer_id").to_pandas()
    if done.in_use == ways.BOOSTING:
        frame["leaves"] = ways.probability(frame["score"].to_numpy(dtype=float))
    else:
        graded = done.graded.get(done.in_use)
        frame["leaves"] = graded.precision(c.policy.statistics.confidence)[0] if graded else np.nan
    return frame[["customer_id", "leaves"]]


def ends_a_year(c: Company) -> float | None:
    """Chance that a paid contract ends for good within a year, by the last twelve months, drawn in towards one in ten; None
    where ends are not on record.
    """
    if not contracts.ends_are_known(c) or "contracts" in c.missing:
        return None
    since = c.as_of - windows.YEAR
    ended = int(endings.ended(c).filter(_.day > since).count().to_pyarrow().as_py())
    running = [contracts.on(c, day).contracts.sum().to_pyarrow().as_py() or 0 for day in (since, c.as_of)]
    rate = (ended + 0.1 * HELD_FOR) / (float(np.mean(running)) + HELD_FOR)
    return float(1 - np.exp(-rate))


def _orders(c: Company, rows: pd.DataFrame) -> dict[str, Array]:
    names = ("no_order", "orders", "orders_staying", "orders_more")
    model = _buying(rows) if c.knows("orders") else None
    if model is None:
        return dict.fromkeys(names, np.full(len(rows), np.nan))
    r, alpha = model.fit.values[:2]
    x, T = (rows[name].to_numpy(dtype=float) for name in ("frequency", "T"))
    days = c.policy.contact.outcome_window_days / DAYS_PER[model.unit]
    silent = ((alpha + T) / (alpha + T + days)) ** (r + x)
    alive, orders = model.p_alive(rows), model.expected(rows, days=DAYS)
    bought = rows.assign(frequency=rows["frequency"] + 1, recency=rows["T"])
    more = 1 + model.expected(bought, days=DAYS) - orders
    found = (1 - alive * (1 - silent), orders, orders / np.maximum(alive, 1e-9), np.maximum(more, 0.0))
    return dict(zip(names, found, strict=True))


def _buying(rows: pd.DataFrame) -> BuyingModel | None:
    """The likelier of the usual models of leaving; where neither settles another one, in the last place one without leaving."""
    usual: list[BuyingModel] = [model for fit in (mbgnbd.fit, bgnbd.fit) if (model := fit(rows)).fit.usable]
    if usual:
        return max(usual, key=lambda model: model.fit.log_likelihood)
    others: list[BuyingModel] = [pareto_nbd.fit(rows), nbd.fit(rows)]
    return next((model for model in others if model.fit.usable), None)


def _margin(c: Company, rows: pd.DataFrame) -> Array:
    """Contribution of an order of each customer."""
    if not c.knows("orders.amount") or not len(rows):
        return np.full(len(rows), np.nan)
    spending = gamma_gamma.fit(rows, first=True)
    if spending.fit.usable:
        value = spending.expected(rows)
    else:
        n = rows["frequency"].to_numpy(dtype=float) + 1
        mean = float(np.average(rows["mean_value"], weights=n))
        value = (rows["mean_value"].to_numpy(dtype=float) * n + mean) / (n + 1)
    return np.asarray(np.maximum(value, 0.0) * margin_rate(c))
