"""Products: what each customer began with, what lay in each basket, and at which grain that can be told (D077).

Lines that take something back (a quantity of nought or below, an amount below nought) are no purchases.
"""

from __future__ import annotations

from datetime import timedelta

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import purchases
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import first_of, remembered
from crmlib.vocabulary.codes import OTHER

FEW = 60
"""Products up to which each stands for itself; above it categories do, where the company has them."""


@remembered
def grain(c: Company) -> str:
    """`product`, or `category` where products are many and categories are on record."""
    many = int(c.tables.lines.product.nunique().to_pyarrow().as_py() or 0) > FEW
    return "category" if many and c.knows("lines.category") else "product"


@fact
def baskets(c: Company) -> Table:
    """One row per customer, day and item (product or category, `grain`): customer_id, day, item, amount, quantity.

    The item `other` is whatever has no name here: something was bought, but it is not one product.
    """
    rows = c.tables.lines.mutate(item=_[grain(c)], day=_.ordered_at.date())
    bought = (rows.quantity > 0).fill_null(True) & (rows.amount >= 0).fill_null(True)
    kept = rows.filter(bought & rows.customer_id.notnull() & rows.day.notnull() & rows.item.notnull())
    return kept.group_by(["customer_id", "day", "item"]).agg(amount=_.amount.sum(), quantity=_.quantity.sum())


@fact
def first(c: Company) -> Table:
    """One row per newcomer whose first basket is on record: customer_id, first_day, item (the largest of it: by amount, else by
    quantity).
    """
    new = purchases.newcomers(c).select("customer_id", "first_day")
    begun = baskets(c).join(new, "customer_id").filter(_.day == _.first_day)
    largest = first_of(begun, "customer_id", [ibis.desc("amount"), ibis.desc("quantity"), ibis.asc("item")])
    return largest.filter(_["item"] != OTHER).select("customer_id", "first_day", "item")


@fact
def second_baskets(c: Company) -> Table:
    """The items of newcomers' first and second day with a basket: customer_id, item, is_later; of those who have both."""
    days = baskets(c).select("customer_id", "day").distinct()
    place = ibis.row_number().over(ibis.window(group_by="customer_id", order_by="day"))
    days = days.mutate(place=place, days=_.count().over(ibis.window(group_by="customer_id"))).filter(_.days > 1)
    early = days.filter(_.place < 2).semi_join(purchases.newcomers(c), "customer_id").drop("days")
    both = baskets(c).filter(_["item"] != OTHER).join(early, ["customer_id", "day"])
    return both.select("customer_id", "item", is_later=_.place == 1)


def followed_within(c: Company, days: int) -> Table:
    """The items of each customer's latest basket at least `days` back, and of all within `days` after it: customer_id, item,
    is_later.
    """
    old = baskets(c).filter(_.day <= c.as_of - timedelta(days=days))
    index = old.group_by("customer_id").agg(on=_.day.max())
    near = baskets(c).filter(_["item"] != OTHER).join(index, "customer_id")
    after = near.day.delta(near.on, unit="day")
    return near.filter((after >= 0) & (after <= days)).select("customer_id", "item", is_later=after > 0).distinct()
