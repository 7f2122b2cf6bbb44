"""Who may be contacted now, and how: contact point, consent, rest, and what the customer answers (D075, D093, D095)."""

from __future__ import annotations

import ibis
from ibis import _
from ibis.expr.types import Table as Expression

from crmlib.facts import contacts, people, reachability
from crmlib.facts.company import Company
from crmlib.facts.lookups import first_of

SERVICE = "service"


def channel_for(c: Company, wanted: Expression) -> Expression:
    """The channel for each of `wanted`, one row per customer who may be contacted: `customer_id`, `channel`.

    `wanted` has one row per customer: `customer_id`, `purpose`, and `light` (a message will do). A channel is out where its
    contact point is known to be missing or invalid, where consent for it was withdrawn and not given again, and, if consents
    are on record at all, where none stands for the purpose (service rests on the contract; a purpose that no consent names is
    covered by any on that channel). Of those over which the customer is known to be reachable the one answered most often
    wins, then the order of `reachability.channels`, phone last for light ones. "" where all that is left is not known: the
    channel is for whoever makes the contact to choose. Customers to whom consent, or policy's own list, leaves none have no row.
    """
    options = _permitted(c, reachability.options(c, wanted)).filter(_.is_reachable.fill_null(True))
    options = options.mutate(known=_.is_reachable.fill_null(False))
    phone_last = (options.light & (options.channel == "phone")).cast("int8")
    best = [ibis.desc(options.known), ibis.desc(options.answers), phone_last, options.place]
    chosen = first_of(options, "customer_id", best).select("customer_id", channel=_.known.ifelse(_.channel, ""))
    return ibis.memtable(chosen.order_by("customer_id").to_pyarrow())


def permitted(c: Company, wanted: Expression) -> Expression:
    """The channels over which each of `wanted` may be contacted and is not known to be out of reach: `customer_id`, `channel`.

    As `channel_for`, which takes the best of them; channels whose reach is not known are left out where one is known.
    """
    options = _permitted(c, reachability.options(c, wanted)).filter(_.is_reachable.fill_null(False))
    return options.filter(_.channel != "").select("customer_id", "channel")


def over_contacted(c: Company) -> Expression:
    """Customers whom one more contact would bother: `customer_id` of those at the cap or contacted too recently (D075)."""
    return contacts.over_contacted(c)


def _permitted(c: Company, options: Expression) -> Expression:
    """The options that consent leaves open."""
    latest = people.latest_consents(c)
    options = options.anti_join(latest.filter(~_.stands), ["customer_id", "channel"])
    purposes = sorted(people.consents(c).select("purpose").distinct().to_pandas()["purpose"])
    if not purposes:
        return options
    standing = latest.filter(_.stands)
    service, asked = options.filter(_.purpose == SERVICE), options.filter(_.purpose != SERVICE)
    same = asked.filter(_.purpose.isin(purposes)).semi_join(standing, ["customer_id", "channel", "purpose"])
    other = asked.filter(_.purpose.notin(purposes)).semi_join(standing, ["customer_id", "channel"])
    return ibis.union(service, same, other)
