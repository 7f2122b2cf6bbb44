"""What an offer of the deck would cost here, and from how many orders on it pays (D097, D099).

The deck's discounts stand as they are; what they take and what must come of them is worked out from the company's own orders.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

import pandas as pd

from crmlib.facts import purchases, windows
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table, _
from crmlib.facts.findings import marked


class Offer(NamedTuple):
    """An offer: its code, the deck's item, the discount, and what it is taken off: a first order or a year."""

    name: str
    deck: str
    discount: float
    off: str


OFFERS: Final = (
    Offer("offer_first_order", "D097", 0.5, "first"),
    Offer("offer_referrer", "D099", 0.1, "year"),
    Offer("offer_referee", "D099", 0.2, "first_year"),
)
COLUMNS: Final = [
    "offer",
    "deck",
    "customers",
    "base_amount",
    "discount",
    "costs_amount",
    "margin_left_amount",
    "orders_needed",
]


def margins(c: Company) -> pd.DataFrame:
    """One row per offer: `offer`, `deck`, `customers` it is told from, `base_amount` (money it is taken off, a customer),
    `discount`, `costs_amount` (money, a taker), `margin_left_amount` (contribution of what it is taken off, less the offer) and
    `orders_needed`: orders that would not have come, at full price, that a taker must bring for the offer to pay.

    No rows where orders have no amounts; offers that nobody's orders tell of are left out.
    """
    if not c.knows("orders.amount"):
        frame = pd.DataFrame(columns=COLUMNS)
        frame.attrs["unknown"] = ("orders.amount",)
        return frame
    rate, order = purchases.margin_rate(c), _mean(purchases.recent(c).select(value="net"))[1]
    rows = []
    for offer in OFFERS:
        customers, base = _mean(_base(c, offer.off))
        if not customers or order <= 0 or rate <= 0:
            continue
        costs = offer.discount * base
        left = base * rate - costs
        rows.append((offer.name, offer.deck, customers, base, offer.discount, costs, left, costs / (order * rate)))
    return marked(c, pd.DataFrame(rows, columns=COLUMNS), "orders.margin", "orders.refunded")


def _base(c: Company, off: str) -> Table:
    """What an offer is taken off, a row per customer with `value`: the first order, the last year, or the first year where it is
    over, of those who began while on record.
    """
    rows = purchases.orders(c)
    if off == "year":
        recent = rows.filter(rows.day > c.as_of - windows.YEAR)
        return recent.group_by("customer_id").agg(value=_.net.sum())
    began = purchases.newcomers(c).select("customer_id", "first_day")
    own = rows.inner_join(began, "customer_id")
    if off == "first":
        first = own.filter(own.day == own.first_day, own.first_day > c.as_of - 2 * windows.YEAR)
        return first.group_by("customer_id").agg(value=_.net.sum())
    over = own.filter(
        own.first_day <= c.as_of - windows.YEAR,
        own.day.delta(own.first_day, unit="day") < windows.YEAR / timedelta(days=1),
    )
    return over.group_by("customer_id").agg(value=_.net.sum())


def _mean(rows: Table) -> tuple[int, float]:
    told = rows.agg(n=_.count(), s=_.value.sum().cast("float64")).to_pyarrow().to_pylist()[0]
    return int(told["n"]), float(told["s"] or 0.0) / max(int(told["n"]), 1)
