"""Orders, as they are proposed: number, day, amount before refunds, and what was paid back."""

from __future__ import annotations

from crmlib.border.proposal import amounts
from crmlib.border.proposal.assign import Guess, coded, score
from crmlib.border.proposal.attach import attach, required
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block, Joined
from crmlib.border.proposal.evidence import moment, number, seen, why
from crmlib.border.proposal.no_sale import called_off
from crmlib.border.proposal.priced import GUESSED, made_of
from crmlib.border.proposal.receipts import again_each_day, receipt
from crmlib.border.proposal.refunds import met, refunded
from crmlib.border.proposal.relations import File, Folder
from crmlib.border.proposal.roles import Role, product_of, total_of
from crmlib.border.proposal.sources import SURE, dated, grouped, optional_one, values
from crmlib.border.proposal.whose import order_of
from crmlib.border.sources import quote
from crmlib.vocabulary.language import _

NO_MONEY = frozenset(
    {"id", "phone", "postcode", "quantity", "line", "count", "age", "shipping", "ship", "tax", "balance"}
)
"""Concepts of numbers that are no amount of an order, though they may be the only ones."""


NEW = 0.98
"""Share of its cells that are different in a column that numbers each row anew."""


def orders(folder: Folder, file: File, role: Role) -> Block:
    """A source of orders: its number (made of customer and day where there is none), day, amount before refunds, and the rest."""
    block = Block("orders", file)
    guesses = role.guesses
    day = _closing(file) or guesses.get("ordered_at")
    attached = attach(folder, block)
    if day is None:
        block.off = _("no column of days")
    elif not attached:
        block.off = _("no column says whose order it is")
    if day is not None:
        dated(block, "ordered_at", day)
    _number(folder, block, guesses, day)
    money = _amount(folder, block, guesses)
    if movements(file):
        block.off = _("amounts of both signs beside a balance: movements of an account are no sales")
    for name in ("margin", "quantity", "promised_at", "delivered_at", "channel", "category"):
        optional_one(block, name, guesses.get(name))
    refunded(folder, block, guesses, money)
    _discount(folder, block, guesses, money)
    if "channel" in block.lines:
        values(block, "channel", guesses["channel"].column)
    if block.group:
        block.combine |= {"quantity": "sum"} if "quantity" in block.lines else {}
    called_off(block, file)
    return block


def movements(file: File) -> bool:
    """Whether a file holds the movements of accounts: amounts of both signs beside a balance."""
    numbers = file.numbers()
    return any("balance" in s.concepts for s in numbers) and any(
        s.low < 0 < s.high and "amount" in s.concepts for s in numbers
    )


def _closing(file: File) -> Guess | None:
    """Of files of deals the day on which one was closed: before that nothing was sold."""
    if "deal" not in file.words:
        return None
    closed = next((s for s in file.dates() if "close" in s.concepts), None)
    return Guess(closed, 0.85) if closed is not None else None


def _number(folder: Folder, block: Block, guesses: dict[str, Guess], day: Guess | None) -> None:
    """The order number, and whether rows are lines of it."""
    file = block.file
    column, sure = order_of(folder, file)
    guess = guesses.get("order_id")
    if (
        column is None
        and guess is not None
        and _numbering(guess)
        and guess.column.distinct >= NEW * guess.column.filled
    ):
        column, sure = guess.column, max(guess.score, 0.6)
    if column is None and day is not None and (parts := receipt(folder, file, day.column)):
        again_each_day(block, parts)
        return
    if column is None and guess is not None and _numbering(guess):
        column, sure = guess.column, max(guess.score, 0.6)
    if column is None or sure < SURE:
        customer = block.lines.get("customer_id")
        if customer is not None and day is not None:
            who = customer.given if customer.given == "__line" else quote(customer.given)
            made = f"cast({who} as varchar) || '-' || cast(cast({moment(day.column)} as date) as varchar)"
            block.put(
                "order_id", made, 0.6, _("no order number: customer and day make one"), columns=(day.column.heading,)
            )
            block.doubts["order_id"] = _("purchases of one customer on one day count as one order")
            block.group = _("customer and day are the order")
        return
    block.put("order_id", column.heading, sure, seen(column), guess.others if guess else ())
    required(block, "order_id", column)
    grouped(folder.engine, block, column)


def _numbering(guess: Guess) -> bool:
    """Whether a column that is not called an order number is one: sure enough by its heading, or numbers that hardly repeat."""
    column = guess.column
    numbered = sum(any(c.isdigit() for c in v) for v in column.values) >= 0.9 * len(column.values)
    if column.concepts & {"product", "customer", "ticket", "campaign", "category", "kind", "description"}:
        return False
    return column.distinct >= 0.02 * column.filled and (guess.score >= SURE or (numbered and guess.score >= 0.3))


def _amount(folder: Folder, block: Block, guesses: dict[str, Guess]) -> Seen | None:
    """The amount of an order: the column, or what it is made of; the column where it is one."""
    file, guess = block.file, guesses.get("amount")
    known = amounts.equations(folder.engine, file)
    for kind, gross, less, net in known:
        lessened = file.seen[less]
        if kind == "difference" and "refund" in lessened.concepts and file.seen[gross].kind == "number":
            why_ = _("{gross} less {less} is {net}: before refunds").format(gross=gross, less=less, net=net)
            block.put("amount", gross, 0.95, why_, (net,))
            return file.seen[gross]
    pair, total = product_of(folder, file), total_of(folder, file)
    if guess is not None and guess.column is total:
        guess = None
    whole = next(((c, q, p) for kind, q, p, c in known if kind == "product" and pair and p == pair[1].heading), None)
    if (
        guess is not None
        and not (pair and guess.column is pair[1])
        and not (pair and amounts.is_part(guess.column, whole))
    ):
        taken = next(((g, d) for kind, g, d, n in known if kind == "difference" and n == guess.column.heading), None)
        if taken and "cost" in file.seen[taken[1]].concepts:
            return _before_fees(block, *taken, guess.column)
        said = _("{gross} less {less}").format(gross=taken[0], less=taken[1]) if taken else why(guess)
        block.put("amount", guess.column.heading, guess.score + 0.2 * bool(taken), said, guess.others)
        _header(folder, block, guess.column)
        return guess.column
    if whole:
        block.put("amount", whole[0], 0.9, _("{a} times {b} on every row").format(a=whole[1], b=whole[2]))
        return file.seen[whole[0]]
    if made := made_of(folder, file):
        block.put("amount", made[0], 0.8, made[2], columns=tuple(s.heading for s in made[1]))
        return total
    if joined := _paid(folder, block):
        return joined
    return _only_money(block)


def _only_money(block: Block) -> Seen | None:
    """The one column of numbers that could be money, or none with what could be."""
    fallback = [s for s in block.file.numbers() if not s.concepts & NO_MONEY and not s.unique and not coded(s)]
    cents = [s for s in fallback if not s.whole]
    fallback = cents if len(cents) == 1 else fallback or _asked(block.file)
    if len(fallback) == 1:
        block.put(
            "amount",
            fallback[0].heading,
            GUESSED,
            _("the only numbers that could be money: {seen}").format(seen=seen(fallback[0])),
        )
        return fallback[0]
    if not block.off:
        block.off = _("no column of amounts")
    block.notes += [
        _("{column} could be the amount ({seen})").format(column=s.heading, seen=seen(s)) for s in fallback[:5]
    ]
    return None


def _asked(file: File) -> list[Seen]:
    """What is asked for one visit, ride or treatment: a fee or a price beside which nothing is counted."""
    numbers = file.numbers()
    if any("quantity" in s.concepts for s in numbers):
        return []
    return [s for s in numbers if s.concepts & {"price", "cost"} and s.low >= 0 and s.high > 0 and not s.unique]


def _before_fees(block: Block, gross: str, fee: str, net: Seen) -> Seen:
    """What the customer paid, where a file has what is left of it after a fee too."""
    said = _("{gross} less {less} is {net}: before fees").format(gross=gross, less=fee, net=net.heading)
    block.put("amount", gross, 0.9, said, (net.heading,))
    return block.file.seen[gross]


def _header(folder: Folder, block: Block, column: Seen) -> None:
    """Where an order's whole amount stands on each of its lines, take it once."""
    key = block.lines.get("order_id")
    if not block.group or key is None or key.given not in block.file.seen:
        return
    name = quote(column.heading)
    query = (
        f"select count(*), avg(cast(same as integer)) from "
        f"(select count(distinct {name}) = 1 as same from {block.file.sheet.name} "
        f"where {quote(key.given)} is not null group by {quote(key.given)} having count({name}) > 1 limit 20000)"
    )
    several, same = folder.engine.execute(query).fetchall()[0]
    if several >= 10 and same >= 0.97 and column.distinct > 3:
        block.combine["amount"] = "first"
        block.doubts["amount"] = _("the same on all lines of an order, so it is the order's own and counts once")


def _paid(folder: Folder, block: Block) -> Seen | None:
    """The amount from another file of the same orders: payments before lines."""
    file = block.file
    key = block.lines.get("order_id")
    if key is None or key.given not in file.seen:
        return None
    found: list[tuple[float, Seen, Seen, File]] = []
    for other in (f for f in folder.files if f is not file):
        column, sure = order_of(folder, other)
        if column is None or sure < SURE or "refund" in other.words:
            continue
        there = met(folder, file.seen[key.given], file, column, other)
        for money in other.numbers():
            worth = (
                score("orders", "amount", money)
                + 0.2 * bool({"paid"} & (other.words | money.concepts))
                - 0.3 * ("shipping" in money.concepts)
            )
            taken = money.heading.lower() in {h.lower() for h in file.seen}
            if there >= 0.5 and worth >= 0.45 and not taken and not product_of(folder, other):
                found.append((worth * there, money, column, other))
    if not found:
        return None
    worth, money, column, other = max(found, key=lambda e: e[0])
    way = "sum" if column.distinct < column.filled else None
    block.joins.append(
        Joined(other, {key.given: column.heading}, {money.heading: way}, _("what was paid, added up by order"))
    )
    block.put(
        "amount",
        money.heading,
        min(worth, 0.9),
        _("from {file}, by order").format(file=other.sheet.called),
        columns=(money.heading,),
    )
    share = met(folder, file.seen[key.given], file, column, other)
    if share < 0.97:
        block.filters[_("amount unknown")] = (
            f"{quote(money.heading)} is not null",
            _("{share} of the orders").format(share=f"{1 - share:.1%}"),
        )
    return money


def _discount(folder: Folder, block: Block, guesses: dict[str, Guess], money: Seen | None) -> None:
    """The discount as a share of the list price."""
    guess = guesses.get("discount")
    if guess is None or guess.score < SURE or "amount" not in block.lines:
        return
    column = guess.column
    if column.low >= 0 and column.high <= 1 and not column.concepts & {"amount", "currency"} and not column.signs:
        block.put("discount", column.heading, guess.score, why(guess), guess.others)
    elif "%" in column.heading or "％" in column.heading:
        given = f"abs({number(column)}) / 100"
        block.put(
            "discount", given, guess.score, _("a percentage, {seen}").format(seen=seen(column)), (), (column.heading,)
        )
    elif money is not None and money.heading in block.file.seen:
        known = amounts.equations(folder.engine, block.file)
        gross = next(
            (g for kind, g, d, n in known if kind == "difference" and d == column.heading and n == money.heading), None
        ) or next(  # a discount written with a minus: the net less it is the gross
            (
                n
                for kind, g, d, n in known
                if kind == "difference" and d == column.heading and g == money.heading and column.low < 0
            ),
            None,
        )
        less, paid = f"abs({number(column)})", number(money)
        factors = next(
            (a for kind, a, d, n in known if kind == "lessened" and d == column.heading and n == money.heading), ""
        )
        if factors:
            a, b = factors.split("\0")
            gross, listed_ = f"{a} × {b}", " * ".join(number(block.file.seen[f]) for f in (a, b))
        listed = f"({listed_})" if factors else number(block.file.seen[gross]) if gross else f"({paid} + {less})"
        said = _("{less} of {gross}").format(
            less=column.heading, gross=gross or _("what was paid and {less}").format(less=column.heading)
        )
        block.put("discount", f"{less} / nullif({listed}, 0)", 0.8 if gross else 0.5, said, columns=(column.heading,))
        if not gross:
            block.doubts["discount"] = _("is it taken off {amount} already?").format(amount=money.heading)
