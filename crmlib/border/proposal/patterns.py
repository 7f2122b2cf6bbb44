"""Of which concepts a heading speaks that feeds a field, per canonical table: the words behind a proposed mapping.

`phrase:weight …`, a phrase being concepts joined by +, the surest first; without a weight it is 1. `CONTEXT` are concepts
that a heading or file of the table may carry without saying more (order_date among orders).
"""

from __future__ import annotations

from functools import cache

_CUSTOMER = (
    "customer+parent+id:1.05 customer+id company+id:.9 contact+id:.8 customer:.85 customer+name:.62 company+name:.6 "
    "contact+name:.6 company:.6 email:.5 phone:.45 partner+id:.75 partner:.58 partner+name:.57"
)
_RECORDED = "create:.7"
_CATEGORY = "product+category category:.9 product+kind:.9 kind:.7 product+description:.3"

FIELDS: dict[str, dict[str, str]] = {
    "customers": {
        "customer_id": "customer+parent+id:1.05 customer+id id:.8 parent+id:.85 company+id:.9 customer:.7 contact+id:.8 "
        "customer+name:.5 company+name:.5 email:.45",
        "name": "name customer+name company+name first+name:.8 company:.6 last+name:.7 last:.6 nick:.6 customer:.55",
        "type": "customer+kind kind:.8 customer+category:.9 category:.5",
        "region": "region city+region:.6 status:.2",
        "city": "city",
        "industry": "industry company+kind:.5 company+category:.5",
        "role": "role",
        "acquired_on": "register create:.8 start:.7 customer+time:.75 sale+first:.6 first:.4",
        "acquisition_channel": "source channel:.8 register+channel:.95 register+source customer+source lead+source",
        "birthday": "birth",
        "owner": "owner customer+owner",
        "phone": "phone",
        "email": "email",
        "wechat": "wechat",
        "address": "address",
        "postcode": "postcode",
        "identifier": "tax+id:.9",
        "updated_at": "update",
    },
    "orders": {
        "order_id": "order+id sale+id:.97 deal+id:.95 order+sale+id:.95 order:.8 sale:.6 id:.6 name:.42",
        "customer_id": _CUSTOMER,
        "ordered_at": "order sale deal+close:.95 close:.55 order+sale sale+end:.5 order+create:.97 sale+resolve:.85 "
        "create:.8 paid:.72 time:.85",
        "amount": "amount paid+amount:1.05 sale+paid paid:.97 order+amount turnover:.9 list:.6 list+amount:.7 price:.55",
        "margin": "margin",
        "refunded": "refund",
        "refunded_at": "refund+time refund",
        "discount": "discount",
        "lines": "line+count product+count:.5",
        "quantity": "quantity product+count:.5",
        "promised_at": "promise+deliver promise:.9 due+deliver",
        "delivered_at": "deliver+customer:1.05 deliver",
        "channel": "channel order+source sale+source source:.7 system:.5",
        "category": _CATEGORY,
        "recorded_at": _RECORDED,
    },
    "lines": {
        "line_id": "line+id order+line+id order+item+id:.9",
        "order_id": "order+id sale+id:.97 order:.8 sale:.6",
        "customer_id": _CUSTOMER,
        "ordered_at": "order sale deal+close:.95 close:.55 create:.8 time:.7",
        "product": "product+id product+name:.93 product product+description:.9 item+id:.75 item+name:.75 item:.7 name:.4 "
        "description:.5",
        "category": _CATEGORY,
        "quantity": "quantity product+count:.5",
        "amount": "line+amount:1.06 item+amount:1.06 amount turnover:.9 line+paid paid:.8 list:.5 price:.5",
    },
    "contracts": {
        "contract_id": "contract+id id:.6 plan+id:.4",
        "customer_id": _CUSTOMER,
        "started_on": "start open:.6 contract+start register:.7 contract+time:.75 create:.55 sale:.5",
        "ends_on": "renew:.9 period+end active+period+end due:.6 end:.75 contract+end",
        "ended_on": "cancel withdraw:.8 close:.7 end:.9",
        "ended_reason": "reason cancel+reason",
        "amount": "recurring recurring+amount amount:.9 price:.85 plan+amount:.9 paid:.6",
        "period": "period paid+period sale+period",
        "plan": "plan product+name:.8 product:.7 contract+kind:.8 contract+category:.8 contract+name:.8 kind:.5 "
        "category:.5",
        "seats": "seats quantity:.85",
        "trial": "trial",
        "renews": "renew",
        "recorded_at": "create:.4",
    },
    "interactions": {
        "interaction_id": "contact+id id:.6",
        "customer_id": _CUSTOMER,
        "at": "contact send+time:.9 start:.75 create:.7 time:.9 campaign",
        "channel": "contact+channel channel contact+kind:.95 kind:.6 contact+category:.8 category:.6 contact:.5",
        "direction": "direction",
        "purpose": "purpose",
        "campaign": "campaign+name campaign campaign+kind:.95 campaign+category:.95 campaign+id:.9",
        "arm": "arm campaign+arm:1",
        "script": "script",
        "cost": "cost",
        "opened_at": "view open",
        "responded_at": "respond click:.9 redeem:.8 convert:.7",
        "opted_out_at": "withdraw cancel:.6",
    },
    "tickets": {
        "ticket_id": "ticket+id ticket:.85 id:.7",
        "customer_id": _CUSTOMER,
        "opened_at": "open ticket+create create:.85 register:.6 time:.6 start:.6",
        "first_response_at": "respond",
        "resolved_at": "resolve end:.6",
        "closed_at": "close",
        "status": "status active:.75 ticket+status",
        "due_at": "due promise:.6",
        "met": "met+due met",
        "reassigned": "reassign+count reassign",
        "severity": "priority urgency:.85",
        "category": "category ticket+category item+category:.95 ticket+kind:.97 item+kind:.95 kind:.8 product+category:.7 ",
        "cause": "reason resolve+code:.8 resolve+id:.8",
        "reopened": "reopen reopen+count",
        "reopened_at": "reopen+time",
        "found_by": "channel:.0",
        "recorded_at": "create:.5",
    },
    "surveys": {
        "answer_id": "survey+id answer_id respond+id id:.5",
        "customer_id": _CUSTOMER,
        "at": "respond survey submit:.9 open:.8 resolve:.75 create:.7 time:.9 update:.3",
        "asked_at": "contact:.8 survey+create:.9 create:.7",
        "instrument": "survey+category survey+kind survey+name survey:.8 category:.5",
        "item": "item item+id:.95 item+name survey+item",
        "dimension": "dimension category:.4 kind:.35",
        "expectation": "expectation",
        "perception": "perception",
        "score": "score survey+score recommend:.9 respond:.6 survey:.7 amount:.4",
    },
    "activity": {
        "customer_id": _CUSTOMER,
        "day": "use login time:.95 create:.5 month:.6",
        "logins": "login+count login",
        "events": "use+count use click:.8 view:.6 count:.6",
        "errors": "error+count error",
    },
    "events": {
        "event_id": "cancel+id event_id use+id:.7 id:.6",
        "customer_id": _CUSTOMER,
        "at": "cancel time:.9 use:.7 create:.6 resolve:.6 end:.6",
        "kind": "kind:.85 category:.8 use+kind use+category use:.6 cancel+kind:.85 cancel+category:.8 status:.5",
        "reason": "reason cancel+reason",
    },
    "outcomes": {
        "outcome_id": "redeem+id outcome+id convert+id id:.5",
        "customer_id": _CUSTOMER,
        "at": "redeem convert visit time:.9 outcome create:.5",
        "name": "outcome+name outcome use+kind:.7 use+category:.6",
        "value": "outcome+amount convert:.8 redeem:.7 spend:.7 amount:.8",
    },
    "consents": {
        "customer_id": _CUSTOMER,
        "channel": "channel consent+channel contact+channel",
        "purpose": "purpose consent+purpose kind:.5 category:.5",
        "granted_at": "grant consent create:.6 time:.7 start:.7 register:.7",
        "withdrawn_at": "withdraw end:.7 cancel:.8",
    },
}

CONTEXT: dict[str, str] = {
    "customers": "customer company contact",
    "orders": "order sale deal",
    "lines": "order sale line item",
    "contracts": "contract plan customer sale",
    "interactions": "contact campaign",
    "tickets": "ticket survey error open",
    "surveys": "survey ticket order sale",
    "activity": "use login feature count customer",
    "events": "cancel use customer",
    "outcomes": "redeem convert campaign outcome discount",
    "consents": "consent contact",
}

FILE_WORDS: dict[str, str] = {
    "customers": "customer company",
    "orders": "order sale deal",
    "lines": "line item",
    "contracts": "contract plan",
    "interactions": "campaign contact",
    "tickets": "ticket",
    "surveys": "survey score",
    "activity": "use login",
    "events": "cancel",
    "outcomes": "redeem convert outcome",
    "consents": "consent",
}
"""Concepts of a file's name that tell its table."""


@cache
def phrases(table: str, field: str) -> tuple[tuple[str, float], ...]:
    """What a heading may say for a field, each with its weight."""
    found = []
    for part in FIELDS[table][field].split():
        phrase, _, weight = part.partition(":")
        found.append((phrase, float(weight or 1)))
    return tuple(found)


@cache
def context(table: str) -> frozenset[str]:
    """Concepts of a table that take nothing away from a heading."""
    return frozenset(CONTEXT[table].split())
