"""Who may be contacted now, and how: contact point, consent, rest, and what the customer answers (D075, D093, D095)."""

from __future__ import annotations

from crmlib.facts import contacts, effects, lookups, people, reachability
from crmlib.facts import expressions as ex
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.facts.lookups import first_of

SERVICE = "service"
CLEARLY = 0.01
"""Share of what is at stake by which what is learnt of two channels has to differ, for one to come before the other."""


def channel_for(c: Company, wanted: Expression) -> Expression:
    """The channel for each of `wanted`, one row per customer who may be contacted: `customer_id`, `channel`.

    `wanted` has one row per customer: `customer_id`, `purpose`, `light` (a message will do), and, where there is a reason,
    `why` and `tier`. A channel is out where its contact point is known to be missing or invalid, where consent for it was
    withdrawn and not given again, and, if consents are on record at all, where none stands for the purpose (service rests on
    the contract; a purpose that no consent names is covered by any on that channel). Of those over which the customer is
    known to be reachable, phone comes last where a message will do; then the one wins over which acting has been learnt to
    change more (`effects.of`, to `CLEARLY`), then the one answered most often, then the order of `reachability.channels`. ""
    where all that is left is not known: the channel is for whoever makes the contact to choose. Customers to whom consent, or
    policy's own list, leaves none have no row.
    """
    options = _permitted(c, reachability.options(c, wanted)).filter(_.is_reachable.fill_null(True))
    options = options.mutate(known=_.is_reachable.fill_null(False))
    options, learnt = _with_effects(c, options)
    disturbs = (options.light & (options.channel == "phone")).cast("int8")
    best = [ex.desc(options.known), disturbs, *learnt, ex.desc(options.answers), options.place]
    chosen = first_of(options, "customer_id", best).select("customer_id", channel=_.known.ifelse(_.channel, ""))
    return ex.memtable(chosen.order_by("customer_id").to_pyarrow())


def permitted(c: Company, wanted: Expression) -> Expression:
    """The channels over which each of `wanted` may be contacted and is not known to be out of reach: `customer_id`, `channel`.

    As `channel_for`, which takes the best of them; channels whose reach is not known are left out where one is known.
    """
    options = _permitted(c, reachability.options(c, wanted)).filter(_.is_reachable.fill_null(False))
    return options.filter(_.channel != "").select("customer_id", "channel")


def over_contacted(c: Company) -> Expression:
    """Customers whom one more contact would bother: `customer_id` of those at the cap or contacted too recently (D075)."""
    return contacts.over_contacted(c)


def _with_effects(c: Company, options: Expression) -> tuple[Expression, list[ex.Value]]:
    """The options with what acting over each channel changes, and the order by it; neither before anything is learnt."""
    if "why" not in options.columns or not effects.learnt(c)[0].n:
        return options, []
    kinds = options.select("why", "tier", "channel").distinct().order_by("why", "tier", "channel").to_pandas()
    told = effects.of(c, kinds.assign(tier=kinds["tier"].fillna("")))["effect"]
    kinds = kinds.assign(step=(told / CLEARLY).round().astype("int64"), tier=kinds["tier"].fillna(""))
    names = {"why": "string", "tier": "string", "channel": "string", "step": "int64"}
    known = lookups.lookup(c, "changes", kinds, names).rename(reason="why", group="tier", way="channel")
    same = [options.why == known.reason, options.tier.fill_null("") == known.group, options.channel == known.way]
    joined = options.left_join(known, same)
    return joined, [ex.desc(joined.step)]


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
    return ex.union(service, same, other)
