"""Why customers changed tier: what new orders brought, what left the window, what went back (D056, D063)."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts.company import Company
from crmlib.facts.tiers import MONEY, window
from crmlib.vocabulary import language
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.months import first_day

PARTS = ("new_orders_amount", "left_window_amount", "refunds_amount")


def moved(c: Company, before: Table, now: Table, *, since: date, customers: int = 10) -> pd.DataFrame:
    """The largest movements between `before` (`tiers.tiers` as of `since`) and `now` (as of `as_of`): customer_id,
    from_tier, to_tier, change_amount and its parts (`PARTS`, money, signed), says.

    Largest by the money that changed, then by id; newcomers are no movement. The parts add up to the change, save where
    subscriptions are counted: there the change is that of the recurring revenue. A refund counts with its order.
    """
    pairs = before.select("customer_id", from_tier=_.tier, revenue_before=_.revenue).inner_join(
        now.select("customer_id", to_tier=_.tier, revenue_now=_.revenue), "customer_id"
    )
    pairs = pairs.filter(_.from_tier != _.to_tier).mutate(change_amount=_.revenue_now - _.revenue_before)
    parts = _parts(c, since, window(c.policy.tiers, c.revenue_model))
    told = pairs.left_join(parts, "customer_id").order_by([_.change_amount.abs().desc(), _.customer_id])
    money = ["change_amount", *PARTS]
    frame = told.limit(customers).select("customer_id", "from_tier", "to_tier", *money).to_pandas()
    frame[money] = frame[money].fillna(0).astype(float)
    frame["says"] = pd.Series(
        [_says(c, row, c.revenue_model) for row in frame.to_dict("records")], dtype=object, index=frame.index
    )
    return frame


def _parts(c: Company, since: date, months: int) -> Table:
    """Per customer, what orders after `since` brought, what those that left the window took along, what was refunded."""
    orders = c.tables.orders.select("customer_id", "amount", day=_.ordered_at.date(), back=_.refunded.fill_null(0))
    start, before = first_day(c.as_of, months), first_day(since, months)
    zero = ibis.literal(0).cast(MONEY)
    new, gone = orders.day > since, (orders.day >= before) & (orders.day < start)
    return orders.group_by("customer_id").agg(
        new_orders_amount=new.ifelse(orders.amount, zero).sum(),
        left_window_amount=-gone.ifelse(orders.amount - orders.back, zero).sum(),
        refunds_amount=-new.ifelse(orders.back, zero).sum(),
    )


def _says(c: Company, row: dict[Any, Any], model: str) -> str:
    new, gone, back = (abs(row[part]) for part in PARTS)
    if model == "subscription":
        template = say("From {before} to {after}: recurring revenue changed by {change} a year.")
    elif new and gone:
        template = (
            say(
                "From {before} to {after}: new orders brought {new}, of which {back} was refunded; {gone} left the window."
            )
            if back
            else say("From {before} to {after}: new orders brought {new}; {gone} left the window.")
        )
    elif new:
        template = (
            say("From {before} to {after}: new orders brought {new}, of which {back} was refunded.")
            if back
            else say("From {before} to {after}: new orders brought {new}.")
        )
    elif gone:
        template = say("From {before} to {after}: orders of {gone} left the window, and no new one came.")
    else:
        template = say("From {before} to {after}: the {days} days as a new customer are over.")
    return template.format(
        before=code_label(row["from_tier"]),
        after=code_label(row["to_tier"]),
        new=language.money(new),
        gone=language.money(gone),
        back=language.money(back),
        change=language.money(row["change_amount"]),
        days=c.policy.tiers.new_days,
    )
