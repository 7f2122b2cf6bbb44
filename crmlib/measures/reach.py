"""Who may be contacted now, and how: contact point, consent, rest, and what the customer answers (D075, D093, D095)."""

from __future__ import annotations

from datetime import timedelta

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import BooleanValue
from ibis.expr.types import Table as Expression

from crmlib.facts.company import Company

POINTS = {"phone": "phone", "sms": "phone", "email": "email", "wechat": "wechat", "wecom": "wechat"}
"""Contact point that a channel needs; a channel that is not here needs none."""
SERVICE = "service"
SPAN = 30
"""Days over which contacts are counted against the cap."""


def channel_for(c: Company, wanted: Expression) -> Expression:
    """The channel for each of `wanted`, one row per customer who may be contacted: `customer_id`, `channel`.

    `wanted` has one row per customer: `customer_id`, `purpose`, and `light` (a message will do). A channel is out where its
    contact point is known to be missing or invalid, where consent for it was withdrawn and not given again, and, if consents
    are held at all, where none stands for the purpose (service rests on the contract; a purpose that no consent names is
    covered by any on that channel). Of those left the one the customer has answered most often wins, then the order of
    `policy.contact.channels`, phone last for light ones.
    """
    options = _options(c, wanted)
    withdrawn, standing = _consents(c)
    options = options.anti_join(withdrawn, ["customer_id", "channel"])
    purposes = sorted(c.tables.consents.select("purpose").distinct().to_pandas()["purpose"])
    if purposes:
        service, asked = options.filter(_.purpose == SERVICE), options.filter(_.purpose != SERVICE)
        same = asked.filter(_.purpose.isin(purposes)).semi_join(standing, ["customer_id", "channel", "purpose"])
        other = asked.filter(_.purpose.notin(purposes)).semi_join(standing, ["customer_id", "channel"])
        options = ibis.union(service, same, other)
    answers = c.tables.interactions.filter(_.responded_at.notnull() | (_.direction == "in"))
    options = options.left_join(
        answers.group_by("customer_id", "channel").agg(answers=_.count()), ["customer_id", "channel"]
    )
    phone_last = (options.light & (options.channel == "phone")).cast("int8")
    best = ibis.window(
        group_by="customer_id", order_by=[ibis.desc(options.answers.fill_null(0)), phone_last, options.place]
    )
    chosen = options.mutate(nth=ibis.row_number().over(best)).filter(_.nth == 0)
    return ibis.memtable(chosen.select("customer_id", "channel").order_by("customer_id").to_pyarrow())


def tired(c: Company) -> Expression:
    """Customers whom one more contact would bother: `customer_id` of those at the cap or contacted too recently (D075)."""
    contact = c.policy.contact
    ours = c.tables.interactions.filter(_.direction == "out").mutate(on=_["at"].date())
    ours = ours.filter(_.on > c.as_of - timedelta(days=max(SPAN, contact.min_days_between)))
    in_span = _.on > c.as_of - timedelta(days=SPAN)
    counted = ours.group_by("customer_id").agg(contacts=_.count(where=in_span), last_on=_.on.max())
    recent = counted.last_on > c.as_of - timedelta(days=contact.min_days_between)
    return counted.filter((counted.contacts >= contact.cap_per_30_days) | recent).select("customer_id")


def _options(c: Company, wanted: Expression) -> Expression:
    """`wanted` times the channels that its contact points allow; an unknown contact point is allowed."""
    allowed = pd.DataFrame({"channel": c.policy.contact.channels, "place": range(len(c.policy.contact.channels))})
    listed = ibis.memtable(allowed, schema=ibis.schema({"channel": "string", "place": "int64"}))
    status = c.tables.customers.select("customer_id", *(f"{p}_status" for p in sorted(set(POINTS.values()))))
    options = wanted.left_join(status, "customer_id").drop("customer_id_right").cross_join(listed)
    usable: BooleanValue = ibis.literal(True)
    for channel, point in POINTS.items():
        usable = usable & ((options.channel != channel) | (options[f"{point}_status"].fill_null("valid") == "valid"))
    return options.filter(usable).select("customer_id", "purpose", "light", "channel", "place")


def _consents(c: Company) -> tuple[Expression, Expression]:
    """Customer and channel where the latest consent for any purpose was withdrawn; and with the purpose where it stands."""
    newest = ibis.window(
        group_by=["customer_id", "channel", "purpose"],
        order_by=[ibis.desc("granted_at"), ibis.asc("withdrawn_at", nulls_first=True)],
    )
    last = c.tables.consents.mutate(nth=ibis.row_number().over(newest)).filter(_.nth == 0)
    withdrawn = last.filter(_.withdrawn_at.notnull()).select("customer_id", "channel").distinct()
    return withdrawn, last.filter(_.withdrawn_at.isnull()).select("customer_id", "channel", "purpose")
