"""Why customers changed tier: what new orders brought, what left the window, what went back (D056, D063)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crmlib.facts import purchases, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import marked
from crmlib.facts.tiers import NOTHING, placed, settled
from crmlib.vocabulary import language
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.policy import TIERS

REFUNDS = "orders.refunded"
PARTS = ("new_orders_amount", "left_window_amount", "refunds_amount")


def moved(c: Company, *, customers: int = 10) -> pd.DataFrame:
    """The largest movements between tiers since the end of the month before: customer_id, from_tier, to_tier, change_amount
    and its parts (`PARTS`, money, signed), is_beyond_chance (whether `facts.tiers.settled` moves that way too), says.

    Largest by the money that changed, then by id; newcomers are no movement. The parts add up to the change, save where
    subscriptions are counted: there the change is that of the recurring revenue. A refund counts with its order, from its own
    day where that is known; where the company records no refunds, none is known.
    """
    then = c.at(windows.month_before(c))
    pairs = placed(then).select("customer_id", from_tier=_.tier, revenue_before=_.revenue)
    pairs = pairs.inner_join(placed(c).select("customer_id", to_tier=_.tier, revenue_now=_.revenue), "customer_id")
    pairs = pairs.filter(_.from_tier != _.to_tier).mutate(change_amount=_.revenue_now - _.revenue_before)
    largest = pairs.left_join(_parts(c, then), "customer_id").order_by([_.change_amount.abs().desc(), _.customer_id])
    largest = largest.limit(customers).select(
        "customer_id", "from_tier", "to_tier", *(money := ["change_amount", *PARTS])
    )
    frame = largest.to_pandas()
    frame.insert(3 + len(money), "is_beyond_chance", frame["customer_id"].isin(_settled(c, frame)))
    frame[money] = frame[money].fillna(0).astype(float)
    frame["says"] = pd.Series([_says(c, row) for row in frame.to_dict("records")], dtype=object, index=frame.index)
    frame = frame if c.knows(REFUNDS) else frame.assign(refunds_amount=float("nan"))
    return marked(c, frame, *KPIS["moved_up_share"].uses)


def _settled(c: Company, frame: pd.DataFrame) -> list[str]:
    """Those of the customers of a frame who moved beyond chance, too."""
    moves = settled(c).filter(_.tier_before != _.tier, _.customer_id.isin(frame["customer_id"].tolist()))
    rank = {tier: i for i, tier in enumerate(TIERS)}
    asked = dict(zip(frame["customer_id"], frame["from_tier"].map(rank) > frame["to_tier"].map(rank), strict=True))
    found = moves.to_pandas() if len(frame) else pd.DataFrame(columns=["customer_id", "tier", "tier_before"])
    rises = found["tier_before"].map(rank) > found["tier"].map(rank)
    return [who for who, rose in zip(found["customer_id"], rises, strict=True) if asked[who] == rose]


def _parts(c: Company, then: Company) -> Table:
    """Per customer, what orders since `then` brought, what those that left the window took along, what was paid back."""
    before = purchases.orders(then).select("order_id", before=_.net)
    orders = purchases.orders(c).left_join(before, "order_id")
    new = orders.day > then.as_of
    gone = (orders.day >= windows.value_start(then)) & (orders.day < windows.value_start(c))
    stays = (orders.day >= windows.value_start(c)) & ~new
    return orders.group_by("customer_id").agg(
        new_orders_amount=new.ifelse(orders.amount, NOTHING).sum(),
        left_window_amount=-gone.ifelse(orders.before, NOTHING).sum(),
        refunds_amount=(
            new.ifelse(orders.net - orders.amount, NOTHING) + stays.ifelse(orders.net - orders.before, NOTHING)
        ).sum(),
    )


def _says(c: Company, row: dict[Any, Any]) -> str:
    new, gone, back = (abs(row[part]) for part in PARTS)
    if c.revenue_model == "subscription":
        template = say("From {before} to {after}: recurring revenue changed by {change} a year.")
    elif new and gone:
        template = (
            say("From {before} to {after}: new orders brought {new}, {back} was paid back, and {gone} left the window.")
            if back
            else say("From {before} to {after}: new orders brought {new}; {gone} left the window.")
        )
    elif new:
        template = (
            say("From {before} to {after}: new orders brought {new}, and {back} was paid back.")
            if back
            else say("From {before} to {after}: new orders brought {new}.")
        )
    elif gone:
        template = say("From {before} to {after}: orders of {gone} left the window, and no new one came.")
    elif back:
        template = say("From {before} to {after}: {back} of earlier orders was paid back.")
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
