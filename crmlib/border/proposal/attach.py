"""Whose row it is: the customer of a file, by its own column, by a file that it leads to, or by the number of its line."""

from __future__ import annotations

from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block, Joined
from crmlib.border.proposal.evidence import says, seen
from crmlib.border.proposal.relations import File, Folder, Link
from crmlib.border.proposal.whose import customer_of, guests, way_to_customer
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _


def persons(folder: Folder) -> tuple[File, Seen, Seen] | None:
    """A file of customers in which the number that others use stands once a row and another one names the person: the file,
    the number, and the person's; None where there is no such file.
    """
    for link in folder.links:
        key = link.to.seen[link.key]
        if "customer" not in key.concepts or "customer" not in link.to.words | key.concepts:
            continue
        for other in link.to.seen.values():
            same = {"customer", "id"} <= other.concepts and other is not key and other.code
            if same and "parent" in other.concepts and 0.3 * key.distinct <= other.distinct <= key.distinct:
                return link.to, key, other
    return None


def attach(folder: Folder, block: Block, *, line: bool = False) -> bool:
    """Give a block its customer; with `line` the number of the line where there is none. False where there is no way to one."""
    file = block.file
    column, sure = customer_of(folder, file)
    person = persons(folder)
    if column is not None and sure >= 0.4:
        if person and file is not person[0] and _leads(folder, file, column.heading, person):
            return _through(block, column.heading, person)
        doubt = "" if sure >= 0.6 else _("no number of a customer stands here: is it one customer in all files?")
        block.put("customer_id", column.heading, sure, seen(column), columns=(column.heading,))
        required(block, "customer_id", column)
        if value := guests(column):
            share = f"{column.top[0][1] / column.filled:.0%}"
            block.filters[_("no customer's own number")] = (
                f"coalesce(cast({quote(column.heading)} as varchar), '') <> {literal(value)}",
                _("{value} stands in {share} of the rows, for whoever has no number").format(value=value, share=share),
            )
        if doubt:
            block.doubts["customer_id"] = doubt
        return True
    if way := way_to_customer(folder, file):
        return _by_way(folder, block, way, person)
    if line:
        block.put(
            "customer_id",
            "__line",
            0.6,
            _("no column names the customer: the number of the line stands for it"),
            columns=(),
        )
        block.doubts["customer_id"] = _("each line is taken for a customer of its own")
        return True
    return False


def required(block: Block, name: str, column: Seen) -> None:
    """Leave out rows in which an essential cell says nothing, where they are more than may be lost."""
    if column.share_filled < 0.97:
        block.filters[_("{field} unknown").format(field=name)] = (
            says(column),
            _("{share} of the rows").format(share=f"{1 - column.share_filled:.1%}"),
        )


def _leads(folder: Folder, file: File, column: str, person: tuple[File, Seen, Seen]) -> bool:
    return any(k.column == column and k.to is person[0] and k.key == person[1].heading for k in folder.links_of(file))


def _through(block: Block, column: str, person: tuple[File, Seen, Seen]) -> bool:
    file, key, other = person
    block.joins.append(
        Joined(
            file, {column: key.heading}, {other.heading: None}, _("the person behind {column}").format(column=column)
        )
    )
    by_person(block, person, instead=column)
    return True


def by_person(block: Block, person: tuple[File, Seen, Seen], instead: str = "") -> None:
    """Name the customer by the person's own number (`persons`), in the file of customers as in those that lead there."""
    _file, key, other = person
    why = _("{n} persons behind {m} numbers").format(n=f"{other.distinct:,}", m=f"{key.distinct:,}")
    block.put("customer_id", other.heading, 0.85, why, (instead or key.heading,), (other.heading,))


def _by_way(folder: Folder, block: Block, way: list[Link], person: tuple[File, Seen, Seen] | None) -> bool:
    """Join the files on the way to the customer, taking of each the column that leads on."""
    taken = {h.lower() for h in block.file.seen}
    for i, link in enumerate(way):
        end = i == len(way) - 1
        column = customer_of(folder, link.to)[0] if end else link.to.seen[way[i + 1].column]
        if column is None or column.heading.lower() in taken:
            return False
        taken.add(column.heading.lower())
        why = _("{share} of its values stand there").format(share=f"{link.share:.0%}")
        block.joins.append(Joined(link.to, {link.column: link.key}, {column.heading: None}, why))
    last = way[-1].to
    if person and last is not person[0] and column is not None and _leads(folder, last, column.heading, person):
        return _through(block, column.heading, person)
    if column is None:
        return False
    why = _("by {column} from {file}").format(column=way[0].column, file=last.sheet.called)
    block.put("customer_id", column.heading, 0.85 * way[-1].share, why, columns=(column.heading,))
    return True
