"""Orders without an amount of their own, by the prices of their lines: read from those, with the order's columns beside them."""

from __future__ import annotations

from dataclasses import replace

from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block, Joined
from crmlib.border.proposal.evidence import number
from crmlib.border.proposal.relations import File, Folder
from crmlib.border.proposal.roles import product_of, total_of
from crmlib.border.proposal.whose import order_of
from crmlib.border.sources import quote
from crmlib.vocabulary.language import _

GUESSED = 0.4
"""How sure an amount is that only could be one."""
ALL = 0.9
"""Share of the orders whose lines must be there."""


def made_of(folder: Folder, file: File) -> tuple[str, tuple[Seen, ...], str] | None:
    """The amount of a row by quantity, price of one and share taken off: the expression, its columns, and how it came about."""
    if total := total_of(folder, file):
        said = _("{column} rises with the quantity of a product: what the line comes to").format(column=total.heading)
        return total.heading, (total,), said
    pair = product_of(folder, file)
    if pair is None:
        return None
    given = f"{number(pair[0])} * {number(pair[1])}"
    said = _("{column} is the price of one: times {quantity}").format(column=pair[1].heading, quantity=pair[0].heading)
    off = next((s for s in file.numbers() if "discount" in s.concepts and _share(s)), None)
    if off is None:
        return given, pair, said
    given += f" * (1 - coalesce({number(off)}, 0))"
    said = _("{said}, less {discount}, a share").format(said=said, discount=off.heading)
    return given, (*pair, off), said


def priced(folder: Folder, order: Block) -> Block | None:
    """The same orders by a file of their lines with quantities and prices; None where there is none, or not of most orders."""
    file = order.file
    mine, sure = order_of(folder, file)
    known = "amount" in order.lines and order.lines["amount"].sure > GUESSED
    if mine is None or sure < GUESSED or known or order.off not in ("", _("no column of amounts")):
        return None
    for other in (f for f in folder.files if f is not file):
        link = next((k for k in folder.links_of(other) if k.to is file and k.key == mine.heading), None)
        made = made_of(folder, other)
        if link is None or made is None or link.share < ALL:
            continue
        if other.seen[link.column].distinct >= ALL * mine.distinct:
            return _by_lines(order, other, link.column, mine, made)
    return None


def _share(seen: Seen) -> bool:
    return seen.low >= 0 and seen.high <= 1 and not seen.signs and not seen.concepts & {"amount", "currency", "paid"}


def _by_lines(order: Block, other: File, column: str, mine: Seen, made: tuple[str, tuple[Seen, ...], str]) -> Block:
    there = {h.lower() for h in other.seen}
    lines = {
        name: line
        for name, line in order.lines.items()
        if name not in ("amount", "order_id", "quantity", "discount") and not {c.lower() for c in line.columns} & there
    }
    joined = {h for join in order.joins for h in join.take}
    asked = {c for line in lines.values() for c in line.columns if c in order.file.seen}
    asked |= {c for join in order.joins for c in join.on if c in order.file.seen}
    filters = {name: test for name, test in order.filters.items() if not any(quote(h) in test[0] for h in other.seen)}
    asked |= {h for h in order.file.seen if any(quote(h) in test[0] for test in filters.values())}
    take: dict[str, str | None] = {h: None for h in order.file.seen if h in asked - joined}
    why = _("the order that a line belongs to")
    block = replace(
        order, file=other, lines=lines, filters=filters, notes=[], combine={}, off="",
        joins=[Joined(order.file, {column: mine.heading}, take, why), *order.joins],
        group=_("an order is its lines, put together"),
    )  # fmt: skip
    given, columns, said = made
    block.put("order_id", column, order.lines["order_id"].sure, order.lines["order_id"].why)
    block.put("amount", given, 0.8, said, columns=tuple(s.heading for s in columns))
    return block
