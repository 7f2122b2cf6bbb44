"""By whom a row is reached, owned or named, where no number says whose it is."""

from __future__ import annotations

from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.relations import File, Folder, addresses, is_key
from crmlib.border.proposal.words import NEUTRAL

OWNER = frozenset({"owner", "owners"})
"""Words for whoever owns what was sold, or looks after a customer."""
MANY, OFTEN = 30, 0.1
"""Different names, and their share of the rows, from which they are customers and no staff."""
WORDS = 0.95
"""Share of the values of a column of names that are words."""


def reached(file: File) -> Seen | None:
    """The e-mail, else the telephone of a row's customer, where nothing else says whose it is."""
    usable = [
        s for s in file.seen.values()
        if s.share_filled > 0.5 and "owner" not in s.concepts and s.distinct > min(2, s.filled - 1)
    ]  # fmt: skip
    mails = [s for s in usable if addresses(s) and s.length <= 64]
    if mails:
        return max(
            mails, key=lambda s: (s.share_filled, "customer" in s.concepts or not s.concepts & {"ship"}, s.distinct)
        )
    phones = [s for s in usable if "phone" in s.concepts and 6 <= s.length < 25 and _digits(s)]
    return max(phones, key=lambda s: (s.share_filled, s.distinct), default=None)


def owner(file: File) -> Seen | None:
    """The number, else the e-mail, of owners who are so many that they own what was sold and look after nobody."""
    if not {c for s in (*file.dates(), *file.numbers()) for c in s.concepts} & {"order", "sale"}:
        return None
    many = [
        s for s in file.seen.values()
        if OWNER & set(s.words) and s.code and s.distinct >= max(MANY, OFTEN * s.filled) and s.share_filled > 0.5
    ]  # fmt: skip
    told = [s for s in many if "id" in s.concepts] or [s for s in many if addresses(s)]
    return max(told, key=lambda s: s.share_filled, default=None)


def only_named(folder: Folder, file: File) -> tuple[Seen | None, float]:
    """What is called only a name, stands in several rows, and can be nobody's but the customer's: rows are numbered documents
    with days and money, and nothing counted that could bear it.
    """
    headings = [s.concepts for s in file.seen.values()]
    numbered = any(is_key(s) and s.concepts & {"order", "sale"} for s in file.seen.values())
    things = any(c & {"quantity", "price", "product", "line", "plan", "ticket", "campaign"} for c in headings)
    money = any("amount" in s.concepts for s in file.numbers())
    if not (numbered and money and file.dates()) or things or folder.links_of(file):
        return None, 0.0
    names = [
        s for s in file.seen.values()
        if s.concepts - NEUTRAL == {"name"} and s.kind == "text" and s.distinct >= MANY
        and s.distinct < 0.9 * s.filled and s.share_filled > 0.9
    ]  # fmt: skip
    return (names[0], 0.5) if len(names) == 1 else (None, 0.0)


def in_words(seen: Seen) -> bool:
    """Whether its cells are words, as names are, and no numbers or codes."""
    return seen.kind == "text" and sum(
        " " in v.strip() and not any(c.isdigit() for c in v) for v in seen.values
    ) >= WORDS * max(len(seen.values), 1)


def _digits(seen: Seen) -> bool:
    return sum(any(c.isdigit() for c in v) for v in seen.values) >= 0.9 * len(seen.values)
