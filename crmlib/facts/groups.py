"""Groups that customers stand in, and what those of each group bought in one span of time after another (D128).

A group is what is on record of a customer: their region or shop, how they came, an attribute of the snapshots. It is taken as it
stands now, and the same in every span, so that nobody changes sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import ibis
import numpy as np
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import purchases, trials
from crmlib.facts.company import Company
from crmlib.facts.lookups import first_of, remembered
from crmlib.models.fitting import Array
from crmlib.models.leads import LEAST
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.months import first_day

OF_CUSTOMERS: Final = ("region", "city", "type", "industry", "acquisition_channel")
"""Columns of customers that they may be compared by."""
CHANNEL: Final = "channel"
"""The channel, or shop, of a customer's first order on record, which nothing that came later can change."""
SPANS: Final = 8
"""Spans before the latest that are read, at most."""
BEFORE: Final = (365, 182, 91)
"""Days before a span in which a customer must have bought, and that are looked back upon: as many as the records leave."""
COUNTED: Final = 0.95
"""Share of those who bought up to whose money a customer's counts, so that no single order decides."""


@dataclass(frozen=True)
class Span:
    """What came of the customers who had bought in the days before `start` (`looked_back`), up to `end`: their `group`, whether
    they `ordered` (1 or 0) and what they `spent` in it (None: no money is on record), and what is known of them from before, rows
    by columns.
    """

    start: date
    end: date
    group: np.ndarray
    ordered: Array
    spent: Array | None
    before: Array
    money_before: Array
    looked_back: int = BEFORE[0]


def needs(c: Company) -> tuple[str, ...]:
    """Columns that the company would have to record for its groups."""
    by = c.policy.groups.by
    if by in OF_CUSTOMERS:
        return (f"customers.{by}",)
    return ("orders.channel",) if by == CHANNEL else ("states.value",)


def is_known(c: Company) -> bool:
    """Whether what policy compares customers by (`groups.by`) is a column or an attribute on record here."""
    by = c.policy.groups.by
    if by in OF_CUSTOMERS or by == CHANNEL:
        return c.knows(*needs(c))
    return bool(c.knows("states") and c.tables.states.filter(_.attribute == by).limit(1).to_pyarrow().num_rows)


def is_by_lot(c: Company) -> bool:
    """Whether policy says that a lot drew these groups (`trials.drawn_by_lot` names what customers are compared by)."""
    return trials.plain(c.policy.groups.by) in trials.named(c.policy.trials.drawn_by_lot)


def members(c: Company) -> Table:
    """One row per customer in a group: customer_id, group. Words that are not published are no group."""
    by = c.policy.groups.by
    if by in OF_CUSTOMERS:
        rows = c.tables.customers.select("customer_id", group=by)
    elif by == CHANNEL:
        first = first_of(purchases.orders(c), "customer_id", ["at", "order_id"])
        rows = first.select("customer_id", group="channel")
    else:
        rows = first_of(c.tables.states.filter(_.attribute == by), "customer_id", ibis.desc("at"))
        rows = rows.select("customer_id", group="value")
    return rows.filter(_.group.notnull(), _.group != OTHER, _.group != "")


@remembered
def spans(c: Company) -> tuple[Span, ...]:
    """The latest span of `policy.groups.months` months and those of the same length before it, the latest first, as far as the
    days before each are on record; empty where the company does not record groups or orders.

    Days looked back upon (`BEFORE`) are the most that leave enough spans to tell how far leads wander, and the same for all.
    """
    if not c.knows("orders") or not is_known(c):
        return ()
    begun = purchases.buyers(c).agg(day=_.first_day.min()).to_pyarrow()["day"][0].as_py()
    starts = [first_day(c.as_of, c.policy.groups.months * (nth + 1)) for nth in range(SPANS + 1)]
    whole = [sum(begun is not None and start - timedelta(days=n) >= begun for start in starts) for n in BEFORE]
    back, many = next(((n, k) for n, k in zip(BEFORE, whole, strict=True) if k > LEAST), (BEFORE[-1], whole[-1]))
    ends = [c.as_of, *(start - timedelta(days=1) for start in starts)]
    return tuple(_span(c, start, end, back) for start, end in zip(starts[:many], ends, strict=False))


def _span(c: Company, start: date, end: date, back: int) -> Span:
    length, first = end - start, start - timedelta(days=back)
    bought = purchases.days(c).filter(_.day >= first, _.day <= end)
    before, recent = _.day < start, _.day.between(start - length - timedelta(days=1), start - timedelta(days=1))
    # The same months a year ago, where as much is looked back upon; else the oldest of what is.
    then = _.day.between(first, first + length) & before
    each = bought.group_by("customer_id").agg(
        days=_.count(where=before).cast("float64"),
        last=ibis.literal(start).delta(bought.day.max(where=bought.day < start), unit="day").cast("float64"),
        recent=_.count(where=recent).cast("float64"),
        then=_.count(where=then).cast("float64"),
        ordered=(_.count(where=_.day >= start) > 0).cast("float64"),
        spent=_.net.sum(where=_.day >= start).fill_null(0).cast("float64"),
        spent_before=_.net.sum(where=before).fill_null(0).cast("float64"),
        spent_recent=_.net.sum(where=recent).fill_null(0).cast("float64"),
        spent_then=_.net.sum(where=then).fill_null(0).cast("float64"),
    )
    rows = each.filter(_.days > 0).inner_join(members(c), "customer_id")
    names = [
        "group",
        "ordered",
        "spent",
        "days",
        "last",
        "recent",
        "then",
        "spent_before",
        "spent_recent",
        "spent_then",
    ]
    # No sum may depend on the key that numbers the customers.
    frame = rows.select(*names).order_by(names).to_pandas()
    counts = [np.log1p(frame[name]) for name in ("days", "recent", "then")] + [np.sqrt(frame["last"])]
    counts += [(frame[name] > 0).astype(float) for name in ("recent", "then")]
    return Span(
        start, end, frame["group"].to_numpy(dtype=object), frame["ordered"].to_numpy(),
        _capped(frame["spent"]) if c.knows("orders.amount") else None, np.column_stack(counts),
        np.column_stack([_capped(frame[f"spent_{name}"]) for name in ("before", "recent", "then")]),
        back,
    )  # fmt: skip


def _capped(money: pd.Series[float]) -> Array:
    most = money[money > 0].quantile(COUNTED, interpolation="lower")
    return np.asarray(money.clip(-most, most) if most > 0 else money, dtype=float)
