"""Why a customer may leave, as far as it is on record: what somebody found, what they said, what went wrong, what they pay
(D107).

Only codes are read: what customers write in their own words never leaves the border.
"""

from __future__ import annotations

from typing import Final

import ibis
from ibis import _
from ibis.expr.types import StringValue, Table, Value

from crmlib.facts import answers, board, cases, endings, lookups, purchases, windows
from crmlib.facts.company import Company, fact
from crmlib.vocabulary.causes import KINDS, SOURCES
from crmlib.vocabulary.scales import SCALES

SERVICE: Final = ("csat", "servqual")
"""Surveys of the deck that ask about service."""


@fact
def known(c: Company) -> Table:
    """One row per customer and source of the last year: customer_id, source (`SOURCES`), day, kind (`KINDS`).

    Of cases the complaints, goodbyes and those whose cause is known; of surveys answers in the lowest quarter of their scale; of
    prices who bought at a discount at least as often as `policy.loyalty.discounted_from`.
    """
    since = c.as_of - windows.YEAR
    found = board.board(c).filter(_.cause.notnull()).select("customer_id", day="cause_found_on", word="cause")
    ended = endings.endings(c).filter(_.reason.notnull()).select("customer_id", "day", word="reason")
    told = cases.cases(c).filter(_.cause.notnull()).select("customer_id", "day", word="cause")
    low = answers.answers(c).filter(_.scaled <= answers.DISSATISFIED_TO)
    asked = (low.instrument.isin(SERVICE)).ifelse("service", low.item)
    heard = low.filter(low.instrument.isin(SERVICE) | low.instrument.notin(list(SCALES))).select(
        "customer_id", "day", word=asked
    )
    bought = purchases.orders(c).filter(_.day > since).group_by("customer_id")
    spent = bought.agg(share=(_.discount > 0).cast("float64").mean(), n=_.count(), day=_.day.max())
    cheap = spent.filter(_.n > 1, _.share >= c.policy.loyalty.discounted_from, c.knows("orders.discount"))
    parts = {
        "board": found, "endings": ended, "tickets": told, "surveys": heard,
        "prices": cheap.select("customer_id", "day", word=ibis.literal("price")),
    }  # fmt: skip
    rows = ibis.union(*(part.mutate(source=ibis.literal(name)) for name, part in parts.items()))
    rows = rows.mutate(kind=_kind(rows.word)).filter(_.kind.notnull(), _.day > since, _.day <= c.as_of)
    newest = lookups.first_of(rows, ["customer_id", "source"], [ibis.desc("day"), ibis.asc("kind")])
    return newest.select("customer_id", "source", "day", "kind")


@fact
def of(c: Company) -> Table:
    """One row per customer with a cause on record: customer_id, cause (of `KINDS`), source: the surest one."""
    place = ibis.cases(*((_.source == name, i) for i, name in enumerate(SOURCES)), else_=len(SOURCES))
    one = lookups.first_of(known(c).mutate(place=place), "customer_id", ["place", ibis.desc("day")])
    return lookups.held(c, "causes", one.select("customer_id", "source", cause="kind"))


def _kind(word: StringValue) -> Value:
    plain = word.lower().replace(" ", "_")
    hits = [(ibis.or_(*(plain.contains(part) for part in parts)), kind) for kind, parts in KINDS.items()]
    return ibis.cases(*hits, else_=ibis.null("string"))
