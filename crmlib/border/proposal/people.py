"""Names and birthdays that a file writes in several columns."""

from __future__ import annotations

from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.relations import File


def names_of(file: File) -> tuple[Seen, ...]:
    """First and last name of a person, where a file has them apart; empty where not."""
    texts = [s for s in file.seen.values() if s.kind == "text" and s.distinct > 2]
    first = next((s for s in texts if "first" in s.concepts), None)
    last = next((s for s in texts if "last" in s.concepts and s is not first), None) or next(
        (s for s in texts if s.concepts == {"name"} and s is not first), None
    )
    return (first, last) if first is not None and last is not None else ()


def birthday_of(file: File) -> tuple[Seen, ...]:
    """Year, month and day of birth, where a file has them apart; empty where not."""
    whole = [s for s in file.numbers() if s.whole]
    for year, month, day in zip(whole, whole[1:], whole[2:], strict=False):
        if (
            1850 <= year.low < year.high <= 2100
            and (month.low, month.high) == (1, 12)
            and day.low == 1
            and 28 <= day.high <= 31
        ):
            return year, month, day
    return ()
