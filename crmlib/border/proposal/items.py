"""Which columns hold answers, and on which scale they stand."""

from __future__ import annotations

from statistics import median

from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.relations import File
from crmlib.border.proposal.words import among

COUNTS = among(
    "count quantity seats age tenure month reassign reopen id discount line priority period use error customer"
)
"""Concepts of headings whose small whole numbers are no answers."""
ITEMS = 4
"""Columns of whole numbers on one scale from which a file is a wide survey."""


def scale(seen: Seen) -> tuple[int, int] | None:
    """The scale that whole answers seem to stand on; None where they are no answers."""
    if seen.kind == "flag" and seen.values and set(seen.values) <= {"0", "1"}:
        return None
    if seen.kind != "number" or not seen.whole or seen.low < 0 or seen.distinct > 12:
        return None
    for low, high in ((1, 5), (0, 10), (1, 7), (1, 10), (1, 3), (1, 4), (1, 6), (1, 9), (0, 5), (0, 4), (0, 100)):
        if low <= seen.low and seen.high == high and not (seen.low == 1 and low == 0 and high != 10):
            return low, high
    return (int(min(seen.low, 1)), int(seen.high)) if seen.high <= 11 else None


def scale_of(columns: list[Seen]) -> tuple[int, int]:
    """The scale of items that are answered on one: from the least to the most that any was answered."""
    return scale_between(min(s.low for s in columns), max(s.high for s in columns))


def scale_between(low: float, high: float) -> tuple[int, int]:
    """The usual scale on which answers from `low` to `high` stand."""
    for least, most in ((1, 5), (1, 7), (1, 10), (0, 10), (1, 4), (1, 6), (1, 9), (0, 100)):
        if least <= low and high <= most and high > most - 2:
            return least, most
    return int(low), int(high)


def items(file: File) -> list[Seen]:
    """The columns of a wide survey: many whole numbers on one scale; none where the file is no such."""
    asked = [
        s for s in file.seen.values()
        if s.kind == "number" and s.whole and s.low >= 0 and s.high <= 10 and 3 <= s.distinct <= 11
        and not s.concepts & COUNTS
    ]  # fmt: skip
    if len(asked) < ITEMS:
        said = file.words | {c for s in file.seen.values() for c in s.concepts}
        told = [s for s in asked if s.concepts & {"score", "recommend"} and scale(s) is not None]
        return told if len(told) >= 2 and said & {"survey", "recommend"} else []
    top = median(s.high for s in asked)
    alike = [s for s in asked if abs(s.high - top) <= 1]
    answers = any(s.concepts & {"survey", "item", "score", "recommend"} for s in alike) or file.words & {
        "survey",
        "score",
        "item",
    }
    return alike if len(alike) >= ITEMS and (answers or len(alike) >= 0.4 * len(file.seen)) else []


def mostly_items(file: File) -> bool:
    """Whether a file is a survey before all else."""
    return len(items(file)) >= 0.4 * len(file.seen) or bool(file.words & {"survey"})
