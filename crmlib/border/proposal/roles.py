"""Which canonical table each file is: by its columns, by what a row of it is, by its name; all files at once."""

from __future__ import annotations

from dataclasses import dataclass

from crmlib.border.proposal.amounts import grows
from crmlib.border.proposal.assign import Guess, assigned, score
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.items import items, mostly_items, scale
from crmlib.border.proposal.patterns import FILE_WORDS
from crmlib.border.proposal.people import birthday_of, names_of
from crmlib.border.proposal.relations import File, Folder, is_key
from crmlib.border.proposal.whose import PERSON, billed, customer_of, of_others, order_of, way_to_customer
from crmlib.border.proposal.words import likeness

CORE: dict[str, dict[str, float]] = {
    "customers": {"customer_id": 4, "name": 1, "region": 1, "acquired_on": 1, "email": 1, "birthday": 1},
    "orders": {"order_id": 3, "ordered_at": 3, "amount": 3, "customer_id": 2},
    "lines": {"order_id": 3, "product": 4, "quantity": 1, "amount": 1},
    "contracts": {
        "started_on": 3,
        "ended_on": 1.5,
        "ends_on": 1.5,
        "amount": 2,
        "plan": 1.5,
        "period": 1.5,
        "customer_id": 1,
        "contract_id": 1,
    },
    "interactions": {
        "at": 2,
        "channel": 2,
        "campaign": 3,
        "customer_id": 2,
        "responded_at": 1,
        "opened_at": 1,
        "purpose": 1,
    },
    "tickets": {
        "ticket_id": 2,
        "opened_at": 3,
        "resolved_at": 2,
        "severity": 2,
        "status": 1,
        "category": 1,
        "customer_id": 1,
    },
    "surveys": {"score": 5, "item": 2, "at": 1, "customer_id": 1, "instrument": 1},
    "activity": {"events": 3, "logins": 3, "day": 2, "customer_id": 2},
    "events": {"kind": 1, "reason": 3, "at": 3, "customer_id": 2},
    "outcomes": {"at": 2, "customer_id": 2, "value": 1},
    "consents": {"channel": 3, "granted_at": 3, "customer_id": 2, "withdrawn_at": 1, "purpose": 2},
}
"""What makes a table what it is, with its weight; the fields beside them are only welcome."""
ASKED: dict[str, frozenset[str]] = {
    "events": frozenset({"cancel"}),
    "outcomes": frozenset({"redeem", "convert", "outcome"}),
    "consents": frozenset({"consent", "withdraw"}),
    "tickets": frozenset({"ticket", "priority", "resolve", "due"}),
    "activity": frozenset({"use", "login"}),
    "surveys": frozenset({"score", "survey", "recommend", "expectation", "item"}),
    "interactions": frozenset({"campaign", "contact", "channel"}),
    "contracts": frozenset({"contract", "plan", "recurring", "renew", "period", "end", "close"}),
}
"""Concepts of which a file or one of its headings must speak to be such a table."""
LEAST = 0.42
"""Score below which a file is none of the tables."""


FULL = 0.95
"""Share of the rows from which money stands on all of them, as on sales."""


@dataclass(frozen=True)
class Role:
    """A file as a table: how well it is one, and its columns by field."""

    table: str
    score: float
    guesses: dict[str, Guess]


def roles(folder: Folder) -> dict[int, list[Role]]:
    """Per file (by its place in the folder) what it may be, the likeliest first."""
    return {i: _roles(folder, file) for i, file in enumerate(folder.files)}


def _roles(folder: Folder, file: File) -> list[Role]:
    found = [_role(folder, file, table) for table in CORE]
    if items(file):
        found = [r for r in found if r.table != "surveys"] + [Role("surveys", 1.2 if mostly_items(file) else 0.5, {})]
    fitting = sorted((r for r in found if r.score >= LEAST), key=lambda r: -r.score)
    return fitting or _trace(folder, file, found)


def _trace(folder: Folder, file: File, found: list[Role]) -> list[Role]:
    """Use, where a file says only who and when, many times over, and nothing of money."""
    role = next(r for r in found if r.table == "activity")
    customer, sure = customer_of(folder, file)
    many = customer is not None and sure >= 0.6 and customer.distinct <= 0.5 * file.rows
    money = any(s.concepts & {"amount", "price", "paid"} for s in file.numbers())
    return [Role("activity", LEAST, role.guesses)] if many and "day" in role.guesses and not money else []


def likeliest(folder: Folder, file: File) -> Role:
    """The table that a file is most like, however little."""
    found = [_role(folder, file, table) for table in CORE]
    got = {
        r.table: sum(g.score * CORE[r.table].get(f, 0.2) for f, g in r.guesses.items()) / sum(CORE[r.table].values())
        for r in found
    }
    named = {t: 0.3 * bool(file.words & set(words.split())) for t, words in FILE_WORDS.items()}
    return max(found, key=lambda r: (round(got[r.table] + named[r.table], 3), r.table == "orders"))


def _role(folder: Folder, file: File, table: str) -> Role:
    fixed: dict[str, Seen] = {}
    customer, sure = customer_of(folder, file)
    once = customer is not None and customer.distinct >= 0.97 * customer.filled
    if customer is not None and sure >= (0.6 if table == "customers" and not once else 0.4):
        fixed["customer_id"] = customer
    columns = list(file.seen.values())
    guesses = assigned(table, columns, fixed)
    if customer is not None and customer in fixed.values():
        guesses["customer_id"] = Guess(customer, sure)
    weights = CORE[table]
    if table == "surveys" and (asked := next((s for s in columns if "recommend" in s.concepts and _ten(s)), None)):
        guesses["score"] = Guess(asked, 0.9)
    if table == "customers" and names_of(file):
        guesses["name"] = Guess(names_of(file)[0], 0.95)
    if table == "customers" and "birthday" not in guesses and birthday_of(file):
        guesses["birthday"] = Guess(birthday_of(file)[0], 0.85)
    named = table == "customers" and "name" in guesses
    reached = (
        {"customer_id": 0.6}
        if named and "customer_id" not in guesses
        else {"customer_id": 0.8}
        if "customer_id" not in guesses and way_to_customer(folder, file)
        else {}
    )
    got = sum(w * (guesses[f].score if f in guesses else reached.get(f, 0.0)) for f, w in weights.items())
    total = got / sum(weights.values())
    spoken = file.words | {c for s in columns for c in s.concepts}
    if table == "customers" and (of_others(file) or (not once and billed(file))):
        return Role(table, 0.0, guesses)
    if table in ASKED and not ASKED[table] & spoken:
        return Role(table, 0.0, guesses)
    is_instead = _instead(file)
    named = table == is_instead or bool(file.words & set(FILE_WORDS[table].split()))
    others = {t for t, words in FILE_WORDS.items() if t != table and file.words & set(words.split())}
    beside = table in ("lines", "orders") and others <= {"orders", "lines", "customers"}
    if table == "customers" and customer is not None and sure >= 0.6 and customer.distinct >= 0.97 * customer.filled:
        asked_for = any(k.to is file and k.key == customer.heading for k in folder.links)
        total += 0.25 * (len(PERSON & spoken) >= 3 or asked_for)
    total += 0.3 if named else -0.15 if others and not beside else 0.0
    if is_instead and table in ("orders", "contracts", "customers") and table != is_instead:
        total *= 0.3
    return Role(table, total * _grain(folder, file, table, guesses), guesses)


def _instead(file: File) -> str:
    """What a file is, whatever it is called, where there is no money on every row: cases, if each has a number of its own or
    a priority and a day on which it was done. Orders, if something was paid for once, is completed one day and has no term.
    Empty where the rows do not say.
    """
    columns = list(file.seen.values())
    spoken = file.words | {c for s in columns for c in s.concepts}
    done = any("resolve" in s.concepts and not s.concepts & {"close", "cancel"} for s in file.dates())
    money = [s for s in file.numbers() if s.concepts & {"amount", "price", "paid"} and not s.concepts & {"id", "use"}]
    if all(s.share_filled < FULL for s in money):
        numbered = any(
            is_key(s) and {"ticket", "id"} <= s.concepts and not s.concepts & {"order", "sale"} for s in columns
        )
        urgent = any("priority" in s.concepts and s.few for s in columns) and not file.words & {"contact", "campaign"}
        return "tickets" if (numbered and spoken & {"status", "priority", "resolve"}) or (done and urgent) else ""
    terms = spoken & {"period", "renew", "recurring", "trial", "seats", "cancel", "ticket", "priority", "campaign"}
    ends = any(s.concepts & {"end", "close", "due"} for s in file.dates())
    return "orders" if done and any("paid" in s.concepts for s in money) and not terms and not ends else ""


def _ten(seen: Seen) -> bool:
    """Whether its cells run from 0 to 10, as answers do to whether one would recommend."""
    return seen.kind == "number" and seen.whole and seen.low >= 0 and 9 <= seen.high <= 10


def _grain(folder: Folder, file: File, table: str, guesses: dict[str, Guess]) -> float:
    """What is left of a score once it is asked what one row is."""
    customer = guesses.get("customer_id")
    once = customer is not None and customer.column.distinct >= 0.97 * customer.column.filled
    order, _sure = order_of(folder, file)
    dated = any(s.kind == "date" for s in file.seen.values())
    reached = customer is not None or bool(way_to_customer(folder, file))
    match table:
        case "customers":
            return _one_each(file, guesses, order=order is not None)
        case "orders":
            money = "amount" in guesses or _counted_priced(file) is not None
            if once and order is None and file.rows >= 30 and not file.words & {"order", "sale"}:
                return 0.3  # a row a customer and no number of an order: that is a file of customers
            counted = order is not None or money
            return (
                1.0
                * dated
                * (1.0 if money or order is not None else 0.3)
                * counted
                * (1.0 if reached or order is not None else 0.6)
            )
        case "lines":
            several = order is not None and order.distinct < 0.995 * order.filled
            named = "product" in guesses and guesses["product"].score >= 0.55
            return float(order is not None and named) * (1.0 if several else 0.5)
        case "contracts":
            begins = guesses.get("started_on")
            return float(
                begins is not None
                and begins.score >= 0.45
                and ("ended_on" in guesses or "ends_on" in guesses or "period" in guesses or "plan" in guesses)
            ) * (1.0 if reached else 0.5)
        case "events" | "outcomes":
            return 0.9 * float(dated and reached)
        case "activity":
            counted = bool({"events", "logins"} & set(guesses)) or bool({"login", "use"} & file.words)
            return 0.9 * float(dated and reached and counted)
        case "tickets":
            return float(dated)
        case "surveys":
            return float(
                "score" in guesses and guesses["score"].score >= 0.5 and scale(guesses["score"].column) is not None
            )
        case "interactions":
            told = (
                any(n in guesses and guesses[n].score >= 0.5 for n in ("campaign", "channel", "direction"))
                or "arm" in guesses
            )
            return float(told and reached) * (1.0 if dated or "arm" in guesses else 0.8)
        case _:
            said = any(n in guesses and guesses[n].score >= 0.5 for n in ("channel", "purpose"))
            return float(reached) * (1.0 if said else 0.3)


def _one_each(file: File, guesses: dict[str, Guess], *, order: bool) -> float:
    """What is left of the score of a file of customers, of which a row should be one, with something said of each."""
    customer = guesses.get("customer_id")
    told = ("name", "region", "city", "email", "phone", "birthday", "acquired_on", "industry")
    share = customer.column.distinct / max(customer.column.filled, 1) if customer is not None else 1.0
    left = 1.0 if share >= 0.9 else 0.15
    left *= 0.5 if order and "customer" not in file.words else 1.0
    return left * (1.0 if any(f in guesses for f in told) or (customer is not None and share >= 0.97) else 0.4)


def product_of(folder: Folder, file: File) -> tuple[Seen, Seen] | None:
    """Quantity and unit price of a file that has both."""
    pair = _counted_priced(file)
    return None if pair is None or total_of(folder, file) else pair


def total_of(folder: Folder, file: File) -> Seen | None:
    """What is called a price and rises with the quantity of a product: the worth of the whole line."""
    pair = _counted_priced(file)
    product = _best(file, "lines", "product")
    if pair is None or product is None or product in pair:
        return None
    at = (id(file), product.heading, pair[1].heading)
    if at not in folder.goes_with:
        folder.goes_with[at] = float(grows(folder.engine, file, product, *pair))
    return pair[1] if folder.goes_with[at] else None


def _counted_priced(file: File) -> tuple[Seen, Seen] | None:
    quantity = _best(file, "lines", "quantity")
    prices = [
        s
        for s in file.numbers()
        if likeness(s.heading, "price", frozenset({"unit", "line", "item", "product", "sale", "currency"})) >= 0.6
    ]
    return (quantity, prices[0]) if quantity is not None and prices and prices[0] is not quantity else None


def _best(file: File, table: str, name: str) -> Seen | None:
    scored = [(score(table, name, s), s) for s in file.seen.values()]
    best = max(scored, key=lambda e: e[0], default=(0.0, None))
    return best[1] if best[0] >= 0.5 else None
