"""Where a file's heading stands, and what its columns are called: titles above it are passed over, and told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from crmlib.border.company import Join, Place, Source
from crmlib.border.headed import LOOKED_AT, Record, called, headed

_NUMBER = re.compile(r"[-+]?[\d.,\s%]+")


@dataclass(frozen=True)
class Heading:
    """The columns of a file, and how many filled lines that nobody named stand above them."""

    columns: list[str]
    titles: int = 0


def texts(place: Place) -> list[str]:
    """What a mapping says of a place's columns: names, patterns and expressions."""
    if isinstance(place, Join):
        return [*place.pairs.values(), *place.ways, *place.filter.values()]
    if not isinstance(place, Source):
        return []
    named = [*place.fields.values(), *place.filter.values(), *place.repeat_columns, *place.repeats_except]
    return [*named, *(c for j in place.join for c in j.pairs), *filter(None, [place.order_by]), *place.unpivot]


def found(file: str, place: Place, rows: Iterator[Record]) -> tuple[Heading, Iterator[Record]]:
    """The heading of a file, in the lines that the mapping names or else where it is told, and the rows below it.

    Raises `SourceError` where there is none, or none that can be used.
    """
    if place.heading:
        columns, rest = headed(file, rows, place.heading)
        return Heading(columns), rest
    first = list(islice(rows, LOOKED_AT))
    at = _at(place, [cells for _, cells in first]) if first else 0
    columns, rest = headed(file, chain(first[at:], rows), ())
    return Heading(columns, sum(any(cells) for _, cells in first[:at])), rest


def _at(place: Place, rows: list[Sequence[str | None]]) -> int:
    """Which row is the heading: the first, unless it names nothing that the mapping needs and a later one does, or stands
    among titles of hardly a cell above a row of words.
    """
    filled = [sum(map(bool, cells)) for cells in rows]
    needed = {name for text in texts(place) for name in (text, *re.findall(r'"([^"]+)"', text)) if not name.isdigit()}
    met = [len(needed & {called(c) for c in cells if c}) for cells in rows]
    if met[0]:
        return 0
    best = max(range(len(rows)), key=lambda i: (met[i], -i))
    if met[best] >= min(2, len(needed)) and met[best] and max(filled[:best]) < filled[best]:
        return best
    width = Counter(filled[1:]).most_common(1)[0][0] if len(rows) > 2 else 0
    at = next((i for i, n in enumerate(filled) if n > max(1, width // 3)), 0)
    words = width > 1 and filled[at] >= width and not any(_NUMBER.fullmatch(c) for c in rows[at] if c)
    return at if words else 0
