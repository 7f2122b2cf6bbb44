"""Lines of orders, as they are proposed."""

from __future__ import annotations

from crmlib.border.proposal import amounts
from crmlib.border.proposal.assign import Guess, score
from crmlib.border.proposal.attach import attach, required
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block, Joined
from crmlib.border.proposal.evidence import seen
from crmlib.border.proposal.priced import made_of
from crmlib.border.proposal.relations import File, Folder, Link
from crmlib.border.proposal.roles import Role, product_of, total_of
from crmlib.border.proposal.sources import SURE, again, fed, optional_one
from crmlib.border.proposal.whose import customer_of, order_of
from crmlib.vocabulary.language import _


def lines(folder: Folder, file: File, role: Role, order: Block | None) -> Block:
    """A source of order lines: order, product, quantity and the line's own amount."""
    block = Block("lines", file)
    guesses = role.guesses
    column, sure = order_of(folder, file)
    product = guesses.get("product")
    if order is not None and order.file is file and "order_id" in order.lines:
        line = order.lines["order_id"]
        block.put("order_id", line.given, line.sure, line.why, columns=line.columns)
        block.joins += (
            [j for j in order.joins if any(t in order.lines["customer_id"].columns for t in j.take)]
            if "customer_id" in order.lines
            else []
        )
        for name in ("customer_id", "ordered_at"):
            if name in order.lines:
                block.lines[name] = order.lines[name]
        block.filters |= order.filters
    elif column is not None:
        block.put("order_id", column.heading, sure, seen(column))
        required(block, "order_id", column)
        if customer_of(folder, file)[1] >= 0.6:
            attach(folder, block)
        day = guesses.get("ordered_at")
        if order is None and day is not None:
            fed(block, "ordered_at", day)
    if product is None or "order_id" not in block.lines:
        block.off = _("no column of products") if product is None else _("no column says which order a line belongs to")
        return block
    fed(block, "product", product)
    required(block, "product", product.column)
    optional_one(block, "category", guesses.get("category"))
    _of_product(folder, block)
    optional_one(block, "quantity", guesses.get("quantity"))
    _line_amount(folder, block, guesses, order if order is not None and order.file is file else None)
    again(folder, block)
    return block


def _line_amount(folder: Folder, block: Block, guesses: dict[str, Guess], order: Block | None) -> None:
    """The amount of a line: its own, or what quantity and price make where the only amount is the whole order's."""
    known = amounts.equations(folder.engine, block.file)
    whole = next(((c, q, p) for kind, q, p, c in known if kind == "product"), None)
    pair, guess = product_of(folder, block.file), guesses.get("amount")
    if guess is not None and guess.column is total_of(folder, block.file):
        guess = None
    once = order is not None and order.combine.get("amount") == "first"
    if guess is not None and order is not None and "amount" in order.lines:
        computed = any(guess.column.heading in e[1:] for e in known)
        if order.lines["amount"].given == guess.column.heading and (once or (pair and not computed)):
            guess = None
    if guess is not None and not (pair and (guess.column is pair[1] or amounts.is_part(guess.column, whole))):
        price = next((s for s in block.file.numbers() if amounts.is_price(s)), None)
        if "shipping" in guess.column.concepts and price is not None:
            block.put(
                "amount",
                price.heading,
                0.7,
                _("the price of a line: {seen}").format(seen=seen(price)),
                (guess.column.heading,),
            )
        elif "shipping" not in guess.column.concepts:
            fed(block, "amount", guess)
    elif whole:
        block.put("amount", whole[0], 0.9, _("{a} times {b} on every row").format(a=whole[1], b=whole[2]))
    elif made := made_of(folder, block.file):
        block.put("amount", made[0], 0.8, made[2], columns=tuple(s.heading for s in made[1]))


def _of_product(folder: Folder, block: Block) -> None:
    """The category of a line from a file of products."""
    if "category" in block.lines or "product" not in block.lines:
        return
    link = next((k for k in folder.links_of(block.file) if k.column == block.lines["product"].given), None)
    if link is not None:
        _joined_category(folder, block, link)


def _joined_category(folder: Folder, block: Block, link: Link) -> None:
    """Join the category of a product to a block, by its name where a further file has that."""
    taken = {h.lower() for h in block.file.seen}
    scored = [(score("lines", "category", s), s) for s in link.to.seen.values() if s.heading.lower() not in taken]
    best = max(scored, key=lambda e: (round(e[0], 2), -e[1].distinct), default=(0.0, None))
    if best[1] is not None and best[0] >= SURE:
        block.joins.append(Joined(link.to, {link.column: link.key}, {best[1].heading: None}, _("what the product is")))
        where, column = link.to, best[1]
        further = next((k for k in folder.links_of(link.to) if k.column == column.heading), None)
        if further is not None and (name := _name_of(further, taken)) is not None:
            key = {further.column: further.key}
            block.joins.append(Joined(further.to, key, {name.heading: None}, _("what the category is called")))
            where, column = further.to, name
        said = _("from {file}, {seen}").format(file=where.sheet.called, seen=seen(column))
        block.put("category", column.heading, best[0], said)


def _name_of(link: Link, taken: set[str]) -> Seen | None:
    """The name that stands beside a key, where one does and no column is called so yet."""
    named = [s for s in link.to.seen.values() if "name" in s.concepts and s.kind == "text" and s.heading != link.key]
    there = taken | {h.lower() for h in link.file.seen}
    return next((s for s in named if s.heading.lower() not in there and s.share_filled > 0.5), None)
