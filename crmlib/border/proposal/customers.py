"""Customers, as they are proposed."""

from __future__ import annotations

from crmlib.border.proposal.assign import Guess
from crmlib.border.proposal.attach import attach, by_person, persons, required
from crmlib.border.proposal.codes import brought
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.drafts import Block
from crmlib.border.proposal.evidence import number, says, seen, timed
from crmlib.border.proposal.people import birthday_of, names_of
from crmlib.border.proposal.relations import File, Folder
from crmlib.border.proposal.roles import Role
from crmlib.border.proposal.sources import SURE, fed, grouped, optional_one, values
from crmlib.border.proposal.whose import customer_of
from crmlib.border.sources import literal, quote
from crmlib.vocabulary.language import _

OTHERS_FIRM = frozenset({"ship", "shipping", "deliver", "supplier", "owner"})
"""Concepts of a heading of firms that is not the customer's own: who ships, who supplies, who sells."""
MOSTLY = 0.9
"""Share of the rows from which a column of firms says that all customers are firms."""
SEVERAL = 30
"""Rows from which one and the same day in all of them is none of their own."""


def customers(folder: Folder, file: File, role: Role) -> Block:
    """A source of customers: one row each, or the first of several rows."""
    block = Block("customers", file)
    guesses = role.guesses
    guess = guesses.get("customer_id")
    sure, person = customer_of(folder, file)[1], persons(folder)
    if person is not None and person[0] is file:
        by_person(block, person)
    elif guess is not None and guess.score > sure:
        fed(block, "customer_id", guess)
    elif sure < 0.4 or (sure < 0.6 and not _enough(folder, file)):
        stem = literal(file.sheet.called.split(".")[0] + "-")
        block.put(
            "customer_id",
            f"{stem} || __line",
            0.6,
            _("no column names the customer: the number of the line stands for it"),
            columns=(),
        )
        block.doubts["customer_id"] = _("each line is taken for a customer of its own")
    else:
        attach(folder, block)
    key = file.seen.get(block.lines["customer_id"].given)
    if key is not None:
        required(block, "customer_id", key)
        grouped(folder.engine, block, key)
    _names(block, guesses)
    _birthday(block, guesses)
    for name in (
        "region",
        "city",
        "industry",
        "role",
        "acquisition_channel",
        "owner",
        "phone",
        "email",
        "wechat",
        "address",
        "postcode",
        "identifier",
        "updated_at",
    ):
        optional_one(block, name, guesses.get(name))
    _acquired(block, guesses.get("acquired_on"))
    for name in ("phone", "email"):
        if key is not None and name not in block.lines and name in key.concepts:
            block.put(name, key.heading, 0.85, seen(key))
    if "acquisition_channel" in block.lines:
        values(block, "acquisition_channel", guesses["acquisition_channel"].column)
    _type(block, guesses, key)
    if "acquired_on" not in block.lines and role.table == "orders" and (day := guesses.get("ordered_at")):
        block.put("acquired_on", timed(day.column), 0.6, _("first order"), columns=(day.column.heading,))
    return block


def _acquired(block: Block, guess: Guess | None) -> None:
    """The day on which a customer came; where all came on one day, that is when the records were made."""
    if guess is not None and guess.column.distinct == 1 and guess.column.filled >= SEVERAL:
        block.notes.append(
            _("{column} is the same in all rows ({seen}): no day on which customers came").format(
                column=guess.column.heading, seen=seen(guess.column)
            )
        )
    else:
        optional_one(block, "acquired_on", guess)


def _enough(folder: Folder, file: File) -> bool:
    """Whether the column that names customers stands in most rows."""
    column, _sure = customer_of(folder, file)
    return column is not None and column.share_filled > 0.95


def _names(block: Block, guesses: dict[str, Guess]) -> None:
    if both := names_of(block.file):
        first, last = both
        given = f"concat_ws(' ', {quote(first.heading)}, {quote(last.heading)})"
        block.put(
            "name",
            given,
            0.9,
            _("{a} and {b}").format(a=first.heading, b=last.heading),
            columns=(first.heading, last.heading),
        )
        return
    guess = guesses.get("name")
    key = block.file.seen.get(block.lines["customer_id"].given)
    if key is not None and "name" in key.concepts and (guess is None or guess.score < 0.8):
        block.put("name", key.heading, 0.8, seen(key))
    elif guess is not None:
        optional_one(block, "name", guess)


def _birthday(block: Block, guesses: dict[str, Guess]) -> None:
    parts = birthday_of(block.file)
    if "birthday" in guesses and guesses["birthday"].column.kind == "date":
        optional_one(block, "birthday", guesses["birthday"])
    elif parts:
        given = ", ".join(f"cast({number(s)} as bigint)" for s in parts)
        a, b, c = (s.heading for s in parts)
        said = _("year, month and day in {a}, {b} and {c}").format(a=a, b=b, c=c)
        block.put("birthday", f"make_date({given})", 0.85, said, columns=(a, b, c))


def _type(block: Block, guesses: dict[str, Guess], key: Seen | None) -> None:
    guess = guesses.get("type")
    if guess is not None and guess.score >= SURE:
        found, left = brought("type", guess.column)
        if found and not left:
            fed(block, "type", guess)
            block.values["type"] = found
            return
    heads = {c for s in block.file.seen.values() if not s.concepts & OTHERS_FIRM for c in s.concepts}
    theirs = [s for s in block.file.seen.values() if "company" in s.concepts and not s.concepts & OTHERS_FIRM]
    firms = [s for s in theirs if s.filled]
    people = names_of(block.file) or any("name" in s.concepts and s not in firms for s in block.file.seen.values())
    filled = max(firms, key=lambda s: s.share_filled, default=None)
    if filled is not None and filled.share_filled < MOSTLY and people:
        given = f"case when {says(filled)} then 'company' else 'person' end"
        said = _("{share} name a company in {column}").format(share=f"{filled.share_filled:.0%}", column=filled.heading)
        block.put("type", given, 0.8, said, columns=(filled.heading,))
    elif firms or ("industry" in heads and "birth" not in heads):
        block.put("type", "'company'", 0.8, _("companies: headings speak of firms or industries"), columns=())
