"""Whose row it is, and of which order: by the words of headings, by what goes with each number, by the file that it leads to."""

from __future__ import annotations

import re
from collections import Counter

from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.named import in_words, only_named, owner, reached
from crmlib.border.proposal.patterns import phrases
from crmlib.border.proposal.relations import File, Folder, Link, addresses, is_key
from crmlib.border.proposal.words import NEUTRAL, among, likeness, tokens
from crmlib.border.sources import quote

_CUSTOMER = frozenset(("order", "sale", "ticket", "contact", "survey", "file", "open", "parent"))
_ORDER = frozenset(("order", "sale", "line", "customer", "paid", "list"))
NOT_WHO = among(
    "kind category group score status flag age tenure time month amount count priority plan source channel region city "
    "income balance role industry gender birth owner recommend price paid quantity use reason address"
)
"""Concepts with which a heading says something of customers, and not which one."""
OTHERS = among(
    "order sale product ticket line campaign contract survey owner parent currency postcode birth price amount quantity "
    "system group item deal feature plan script use error stay"
)
"""Concepts of what a number may be the number of, other than a customer."""
PERSON = among(
    "age gender income birth region city email phone name register cancel tenure home demographic address postcode industry"
)
"""Concepts of headings that speak of a person or firm."""
OTHER_PEOPLE = among("owner staff supplier")
"""Concepts of a file's name that say that its rows are people or firms, and not customers."""
WHO = frozenset({"contact", "联系", "联络"})
"""Words for a contact that may be a person."""
GUEST = re.compile(
    r"[-+]?0+|-1|9{4,}|(the )?(guest|anonymous|anonym|walk-?\s?in|cash|none|null|unknown)( customer| sale)?"
    r"|laufkund\w+|barverkauf|gast|散客|游客|零散客户|零售客户|现金客户|匿名(用户|客户)?|非会员|普通顾客"
)
"""What stands in place of a customer's number for those who have none."""
GUESTS_SHARE, GUESTS_TIMES = 0.02, 5
"""Share of the rows, and times the next most frequent value, from which such a value is not one customer."""
ONE = 0.95
"""Share of the values of a key that must have one customer, day or name for it to be theirs."""
LOOKED_AT = 200_000
"""Rows of a file in which that is counted."""


def entity_score(seen: Seen, entity: str) -> float:
    """How well a column holds the number of a customer or an order, by its heading and its cells; 0 where it cannot."""
    if not seen.code or seen.share_filled < 0.2 or (seen.kind == "flag" and seen.rows > 5):
        return 0.0
    if entity == "order" and seen.kind == "number" and seen.distinct <= 100 and seen.filled >= 4 * seen.distinct:
        return 0.0  # a count, whatever it is called
    if entity == "customer" and seen.tally:
        return 0.0  # of people, and no number of one of them
    if entity == "customer" and _touch(seen):
        return 0.0
    if entity == "customer" and seen.concepts & NOT_WHO and not seen.concepts & {"id", "name", "parent"}:
        return 0.0
    asked = phrases("orders", "customer_id" if entity == "customer" else "order_id")
    around = _CUSTOMER if entity == "customer" else _ORDER
    strange = any(not meant for _word, meant in tokens(seen.heading))
    best = max(
        (
            w * likeness(seen.heading, p, around) * (0.5 if strange and "+" not in p else 1)
            for p, w in asked
            if p not in ("id", "name")
        ),
        default=0.0,
    )
    return best * (1.0 if seen.distinct > 1 or seen.rows < 3 else 0.6 if seen.rows < 30 else 0.0)


def _touch(seen: Seen) -> bool:
    """Whether a heading names a talk, call or message, and not the person who had it: a contact may be either."""
    said = [(word, meant) for word, meant in tokens(seen.heading) if "contact" in meant]
    return bool(said) and "customer" not in seen.concepts and not any(word in WHO for word, _meant in said)


def customer_of(folder: Folder, file: File) -> tuple[Seen | None, float]:
    """The column of a file that says whose row it is, and how surely; None where no column does."""
    if id(file) not in folder.whose:
        found, sure = _customer(folder, file)
        if found is not None and guests(found) and not any(k.column == found.heading for k in folder.links_of(file)):
            reach = reached(file)
            if reach is not None and reach is not found and reach.share_filled > 0.9:
                found, sure = reach, 0.55
        folder.whose[id(file)] = found, sure
    return folder.whose[id(file)]


def of_others(file: File) -> bool:
    """Whether the rows of a file are staff or suppliers: its name says so, and no heading speaks of customers."""
    return bool(file.words & OTHER_PEOPLE) and not any("customer" in s.concepts for s in file.seen.values())


def guests(seen: Seen) -> str:
    """The value by which a column of customers means whoever has no number (0, guest, 散客); empty where there is none."""
    if len(seen.top) < 2:
        return ""
    (value, n), (_second, m) = seen.top[:2]
    often = n >= GUESTS_SHARE * seen.filled and n >= GUESTS_TIMES * m
    return value if often and GUEST.fullmatch(value.strip().lower()) else ""


def _customer(folder: Folder, file: File) -> tuple[Seen | None, float]:
    if of_others(file):
        return None, 0.0
    scored = [(entity_score(s, "customer"), s) for s in file.seen.values() if not s.concepts & {"phone", "email"}]
    usual = Counter(h.lower() for f in folder.files for h in f.seen)
    best = max(
        scored, key=lambda e: (round(e[0], 2), usual[e[1].heading.lower()], e[1].share_filled), default=(0.0, None)
    )
    if key := _looked_up(folder, file, best[1]):
        return key, 0.75
    said, reach = best[1].concepts if best[1] is not None else frozenset[str](), reached(file)
    several = reach is not None and reach.distinct < 0.9 * reach.filled
    sold = any(entity_score(s, "order") >= 0.9 for s in file.seen.values())
    if best[0] >= 0.4 and best[1] is not None and "id" in said:
        if best[1].unique and file.rows >= 30 and several and sold:
            return reach, 0.55  # a number that is new with each row of an order comes back never
        return best[1], best[0]
    if key := _number_of_person(folder, file):
        return key, 0.65
    used = best[1] is not None and any(
        best[1].heading in (k.column if k.file is file else "", k.key if k.to is file else "") for k in folder.links
    )
    named = "name" in said or (best[1] is not None and in_words(best[1]))
    if reach is not None and named and not used and "company" not in said and reach.share_filled > 0.95:
        return reach, 0.55  # two may have one name, and hardly one address
    key = plain_key(folder, file)
    if best[0] >= 0.6 and (key is None or "customer" in said):
        return best[1], best[0]
    if key is not None:
        return key, 0.65
    for link in folder.links_of(file):
        key = link.to.seen[link.key]
        if entity_score(key, "customer") >= 0.6 or "customer" in link.to.words or plain_key(folder, link.to) is key:
            return file.seen[link.column], 0.6
    if reach is not None and (best[0] < 0.4 or best[1] is reach):
        return reach, 0.55 if addresses(reach) else 0.5
    if best[0] >= 0.4:
        return best[1], best[0]
    return (owned, 0.6 if "id" in owned.concepts else 0.55) if (owned := owner(file)) else only_named(folder, file)


def _looked_up(folder: Folder, file: File, best: Seen | None) -> Seen | None:
    """The name or e-mail by which other files name the customers of this one, where none of them uses its number."""
    into = [k for k in folder.links if k.to is file and k.share >= 0.9]
    if best is None or any(k.key == best.heading for k in into):
        return None
    for link in sorted(into, key=lambda k: -k.share):
        column = link.file.seen[link.column]
        if entity_score(column, "customer") >= 0.4 or column is reached(link.file):
            return file.seen[link.key]
    return None


def _number_of_person(folder: Folder, file: File) -> Seen | None:
    """A number that stands in several rows, always with the same name, e-mail or telephone, whatever its heading calls it."""
    told = [s for s in file.seen.values() if _names_one(s)]
    keys = [
        s for s in file.seen.values()
        if s.code and "id" in s.concepts and not s.concepts & (OTHERS | {"phone", "email", "name"}) and s.share_filled > 0.3
        and s.distinct >= 5 and s.filled >= 1.2 * s.distinct
    ]  # fmt: skip
    for key in sorted(keys, key=lambda s: -s.distinct):
        with_it = [t for t in told if 0.5 * t.distinct <= key.distinct and t is not key]
        if any(t.distinct >= 0.2 * key.distinct and one_each(folder, file, key, t) for t in with_it):
            return key
    return None


def _names_one(seen: Seen) -> bool:
    """Whether a column names or reaches a person or firm."""
    said = seen.concepts & {"name", "email", "phone", "customer", "company"}
    return (
        bool(said) and seen.kind != "date" and seen.distinct >= 5 and not seen.concepts & (OTHERS - {"order", "sale"})
    )


def plain_key(folder: Folder, file: File) -> Seen | None:
    """The one key of a file of customers, though its heading does not say so: called only a number, or looked up by others."""
    spoken = {c for s in file.seen.values() for c in s.concepts & PERSON}
    keys = [
        s
        for s in file.seen.values()
        if is_key(s) and not s.concepts & {"order", "sale", "product", "ticket", "line", "email", "phone", "name"}
    ]
    if "customer" not in file.words and (
        len(spoken) < 3 or file.words & {"order", "sale", "ticket", "product", "contract"}
    ):
        return None
    looked_up = {k.key for k in folder.links if k.to is file}
    if not looked_up and billed(file):
        return None
    if not looked_up and any(entity_score(s, "order") >= 0.9 for s in file.seen.values()):
        return None  # a number a row, of a file of orders, is theirs
    named = [s for s in keys if s.heading in looked_up] or [s for s in keys if "id" in s.concepts <= NEUTRAL | {"id"}]
    return named[0] if named else None


def billed(file: File) -> bool:
    """Whether rows have the day and amount of an order or invoice and somebody named who has several, so none is a customer."""
    said = [s.concepts for s in file.dates() if s.share_filled > ONE]
    sold = any(c & {"order", "sale"} and not c & {"register", "first", "last", "update"} for c in said)
    money = any("amount" in s.concepts and not s.concepts & {"count", "id"} for s in file.numbers())
    person = {c for s in file.seen.values() for c in s.concepts & PERSON}
    named = (s for s in file.seen.values() if entity_score(s, "customer") >= 0.4 and s.kind == "text")
    return sold and money and len(person) < 3 and any(s.distinct < 0.9 * s.filled for s in named)


def order_of(folder: Folder, file: File) -> tuple[Seen | None, float]:
    """The column of a file that says which order its row belongs to, and how surely; None where no column does.

    A number that stands in several rows is that of an order only where those rows have one customer and share a day.
    """
    if id(file) not in folder.ordered:
        scored = sorted(((entity_score(s, "order"), s) for s in file.seen.values()), key=lambda e: -e[0])
        found = next(((s, sure) for sure, s in scored if sure >= 0.55 and is_order(folder, file, s)), (None, 0.0))
        folder.ordered[id(file)] = found
    return folder.ordered[id(file)]


def is_order(folder: Folder, file: File, key: Seen) -> bool:
    """Whether the rows of a number have one customer and share a day, as the lines of an order do."""
    if key.filled <= 1.02 * key.distinct:
        return True
    customer = customer_of(folder, file)[0]
    if customer is not None and customer is not key and not one_each(folder, file, key, customer):
        return False
    days = file.dates()
    return not days or any(one_each(folder, file, key, day, 0.9) for day in days)


def one_each(folder: Folder, file: File, key: Seen, other: Seen, least: float = ONE) -> bool:
    """Whether the values of a column go with one value each of another."""
    at = (id(file), key.heading, other.heading)
    if at not in folder.goes_with:
        a, b = quote(key.heading), quote(other.heading)
        rows = f"(select {a} as a, {b} as b from {file.sheet.name} limit {LOOKED_AT})"
        pairs = f"select a, count(distinct b) as n, count(*) as rows from {rows} where a is not null and b is not null group by a"
        query = f"select avg(cast(n = 1 as integer)) filter (where rows > 1), count(*) from ({pairs})"
        share, known = folder.engine.execute(query).fetchall()[0]
        folder.goes_with[at] = float(share if share is not None else known > 0)
    return folder.goes_with[at] >= least


def way_to_customer(folder: Folder, file: File) -> list[Link]:
    """Links by which the rows of a file without a customer of its own come to one, at most two; empty where none leads there."""
    for link in folder.links_of(file):
        if customer_of(folder, link.to)[1] >= 0.6:
            return [link]
    for link in folder.links_of(file):
        for further in folder.links_of(link.to):
            if further.to is not file and customer_of(folder, further.to)[1] >= 0.6:
                return [link, further]
    return []
