"""Channels: which the company has, in the order it prefers, and over which it is known how to reach a customer (D075, D095).

A company has the channels it was heard on of late, and those that a contact point or a consent on record opens. What is not
known of a customer opens nothing and closes nothing.
"""

from __future__ import annotations

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import contacts, people, windows
from crmlib.facts.company import Company, fact
from crmlib.vocabulary.codes import CHANNELS, OTHER

POINTS = {
    "phone": "phone",
    "sms": "phone",
    "email": "email",
    "wechat": "wechat",
    "wecom": "wechat",
    "letter": "address",
}
"""Contact point that a channel needs; a channel that is not here needs none."""
OPENED_BY = {"phone": "phone", "email": "email", "wechat": "wechat", "address": "letter"}
"""Channel that a company has as soon as it records this contact point; the others need a word of their own, or use."""


def channels(c: Company) -> list[str]:
    """The channels that actions may use, the first choice first: `policy.contact.channels`, or the company's own if none are set.

    Its own are those of contacts from us within the tiers' window, those named in consents, and those that a recorded contact
    point opens (`OPENED_BY`): the most answered first, then the most used. Nobody can act on a channel without a name.
    """
    if c.policy.contact.channels:
        return list(c.policy.contact.channels)
    sent = contacts.ours(c).filter(_.day >= windows.start(c)).group_by("channel")
    used = sent.agg(contacts=_.count(), answered=_.is_answered.sum()).to_pandas().fillna(0).set_index("channel")
    named = people.consents(c).select("channel").distinct().to_pandas()["channel"]
    opened = [channel for point, channel in OPENED_BY.items() if c.knows(f"customers.{point}")]
    places = {channel: place for place, channel in enumerate(CHANNELS)}

    def preference(channel: str) -> tuple[float, float, int, str]:
        own = used.loc[channel] if channel in used.index else {"answered": 0, "contacts": 0}
        return -float(own["answered"]), -float(own["contacts"]), places.get(channel, len(places)), channel

    return sorted({*used.index, *named, *opened} - {OTHER}, key=preference)


def read_from(c: Company) -> list[str]:
    """Columns that decide to whom every channel is closed: consents where they are kept, the contact points of a set list."""
    points = [f"customers.{POINTS[channel]}" for channel in c.policy.contact.channels if channel in POINTS]
    unsure = c.knows("consents") and not c.mapped("consents.withdrawn_at")
    return list(dict.fromkeys([*points, *(["consents.withdrawn_at"] if unsure else [])]))


def points(c: Company) -> list[str]:
    """The contact points that decide which channel is taken."""
    return [f"customers.{POINTS[channel]}" for channel in channels(c) if channel in POINTS]


@fact
def met(c: Company) -> Table:
    """One row per customer and channel that joins them and us: customer_id, channel, answers.

    Joined by an earlier contact in either direction, or by a consent that stands. `answers` counts the contacts that the
    customer began, or answered at any time, as far as that is recorded.
    """
    answered = _.answer_seconds.notnull() | _.is_theirs.fill_null(False)
    had = contacts.contacts(c).select("customer_id", "channel", answers=answered.cast("int64"))
    agreed = (
        people.latest_consents(c).filter(_.stands).select("customer_id", "channel", answers=ibis.literal(0, "int64"))
    )
    return ibis.union(had, agreed).group_by("customer_id", "channel").agg(answers=_.answers.sum())


def options(c: Company, wanted: Table) -> Table:
    """`wanted` (customer_id and what else it has) times `channels`: channel, place (0 the first choice), answers, is_reachable.

    `is_reachable` is what the contact point says (`POINTS`). Where it is not known, or the channel needs none, `met` shows that
    the customer can be reached; else it is null.
    Where policy sets no list the last is "": another way, of which nothing is known.
    """
    listed = [*channels(c), *([] if c.policy.contact.channels else [""])]
    offered = ibis.memtable(
        {"channel": listed, "place": list(range(len(listed)))}, schema={"channel": "string", "place": "int64"}
    )
    points = sorted(set(POINTS.values()))
    status = people.customers(c).select("customer_id", *(f"has_{point}" for point in points))
    rows = wanted.left_join(status, "customer_id").drop("customer_id_right").cross_join(offered)
    rows = rows.left_join(met(c), ["customer_id", "channel"]).drop("customer_id_right", "channel_right")
    point = ibis.cases(*((rows.channel == channel, rows[f"has_{need}"]) for channel, need in POINTS.items()))
    return rows.mutate(
        answers=rows.answers.fill_null(0), is_reachable=ibis.coalesce(point, rows.answers.notnull().nullif(False))
    ).drop(*(f"has_{point}" for point in points))
