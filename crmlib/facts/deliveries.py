"""Deliveries: what was promised for an order, when it came, and whether it came late (D119).

A promise is a day: an order that arrives on it, at whatever hour, is on time.
"""

from __future__ import annotations

from datetime import timedelta

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import answers, purchases
from crmlib.facts.company import Company, fact
from crmlib.facts.lookups import first_of

HEARD = 30
"""Days after an order came, or should have, within which an answer that names no order is taken to be about it."""


WAITED = 30
"""Days after the promised day for which an order that has not come is taken to be waited for."""


@fact
def deliveries(c: Company) -> Table:
    """One row per order with a promised day: order_id, customer_id, day (of the order), promised_on, delivered_on, is_late.

    `is_late`: delivered after the promised day, or not delivered though that day is over; null while it is not over, and where
    the company does not record what was delivered.
    """
    rows = c.tables.orders.filter(_.promised_at.notnull())
    told = rows.select(
        "order_id",
        "customer_id",
        day=_.ordered_at.date(),
        promised_on=_.promised_at.date(),
        delivered_on=_.delivered_at.date(),
    )
    if not c.knows("orders.delivered_at"):
        return told.mutate(is_late=ibis.null("boolean"))
    waiting = (told.promised_on < c.as_of).ifelse(True, ibis.null("boolean"))
    return told.mutate(is_late=told.delivered_on.isnull().ifelse(waiting, told.delivered_on > told.promised_on))


@fact
def waited_for(c: Company) -> Table:
    """One row per customer who waits for an order past its promised day: customer_id, order_id, promised_on, of the one promised
    first. None where the company does not record what was delivered; an order paid back in full is not waited for, nor one
    promised more than `WAITED` days ago, of which the record has rather been forgotten than the order.
    """
    late = deliveries(c).filter(_.is_late, _.delivered_on.isnull(), _.promised_on >= c.as_of - timedelta(days=WAITED))
    kept = purchases.orders(c).filter(_.net > 0).select("order_id") if c.knows("orders.amount") else None
    rows = late if kept is None else late.semi_join(kept, "order_id")
    return first_of(rows, "customer_id", ["promised_on", "order_id"]).select("customer_id", "order_id", "promised_on")


@fact
def judged(c: Company) -> Table:
    """One row per answer with a score that is about a delivery of which it is known whether it was late: order_id, customer_id,
    instrument, score, is_late.

    About the order that the answer names; where answers name none, about the customer's latest order that came, or should have,
    within `HEARD` days before. Orders that never came are left out: of those the answer says something else.
    """
    given = answers.answers(c).filter(_.score.notnull()).select("customer_id", "day", "instrument", "score", "order_id")
    came = deliveries(c).filter(_.is_late.notnull() & _.delivered_on.notnull())
    came = came.select("order_id", "is_late", who="customer_id", on="delivered_on")
    columns = ("order_id", "customer_id", "instrument", "score", "is_late")
    if c.knows("surveys.order_id"):
        return given.join(came, "order_id").select(*columns)
    given = given.drop("order_id").mutate(
        answer=ibis.row_number().over(order_by=["customer_id", "day", "instrument", "score"])
    )
    near = given.join(came, given.customer_id == came.who)
    wait = near.day.delta(near.on, unit="day")
    inside = near.filter((wait >= 0) & (wait <= HEARD))
    return first_of(inside, "answer", [ibis.desc("on"), ibis.desc("order_id")]).select(*columns)


@fact
def followed(c: Company) -> Table:
    """One row per customer with an order whose promise lies the days of the last moment of `policy.rhythm.days` back or more:
    customer_id, and of the orders that came late and on time how many there were (late, on_time) and after how many the customer
    ordered again within those days of the promised day (late_again, on_time_again).
    """
    days = max(c.policy.rhythm.days)
    old = deliveries(c).filter(_.is_late.notnull() & (_.promised_on <= c.as_of - timedelta(days=days)))
    visits = purchases.days(c).select(who="customer_id", on="day")
    both = old.left_join(visits, old.customer_id == visits.who)
    after = both.on.delta(both.promised_on, unit="day")
    again = ((after > 0) & (after <= days)).fill_null(False).any()
    each = both.group_by(["order_id", "customer_id", "is_late"]).agg(is_again=again)
    return each.group_by("customer_id").agg(
        late=_.count(where=_.is_late), late_again=_.count(where=_.is_late & _.is_again),
        on_time=_.count(where=~_.is_late), on_time_again=_.count(where=~_.is_late & _.is_again),
    )  # fmt: skip
