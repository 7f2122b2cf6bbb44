"""Where a file's heading stands, and what its columns are called: titles above it are passed over, and told."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from crmlib.border.company import Join, Place, Source
from crmlib.border.encodings import SourceError

LOOKED_AT = 30
"""Rows of a file among which its heading is looked for."""
MOST = 16_384
"""Columns of a table, as many as a spreadsheet holds."""
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u2060\ufeff]")
_NUMBER = re.compile(r"[-+]?[\d.,\s%]+")

Row = tuple[int, Sequence[str | None]]


@dataclass(frozen=True)
class Heading:
    """The columns of a file, the line they stand in, and how many filled lines stand above."""

    columns: list[str]
    line: int
    titles: int = 0


def called(heading: str) -> str:
    """A heading as it is compared: composed, without blanks around it and without signs that nobody sees."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", heading)).strip()


def texts(place: Place) -> list[str]:
    """What a mapping says of a place's columns: names, patterns and expressions."""
    if isinstance(place, Join):
        return [*place.pairs.values(), *place.ways]
    if not isinstance(place, Source):
        return []
    named = [*place.fields.values(), *place.filter.values(), *place.repeat_columns, *place.repeats_except]
    return [*named, *(c for j in place.join for c in j.pairs), *filter(None, [place.order_by]), *place.unpivot]


def found(file: str, place: Place, rows: Iterator[Row]) -> tuple[Heading, Iterator[Row]]:
    """The heading of a file and the rows below it. Raises `SourceError` where there is none, or none that can be used."""
    first = list(islice(rows, LOOKED_AT))
    if not first:
        raise SourceError(f"{file}: the file is empty; expected a heading line and rows")
    at = _at(place, [cells for _, cells in first])
    line, cells = first[at]
    titles = sum(any(cells) for _, cells in first[:at])
    return Heading(checked(file, line, cells), line, titles), chain(first[at + 1 :], rows)


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


def checked(file: str, line: int, cells: Iterable[str | None]) -> list[str]:
    """The names of columns; an empty one is called by its place. Raises `SourceError`."""
    cells = list(cells)
    if len(cells) > MOST:
        raise SourceError(
            f"{file}: line {line}: {len(cells):,} headings, more than the {MOST:,} of a table; say its "
            "delimiter, or leave columns out of the export"
        )
    if any("\0" in (cell or "") for cell in cells):
        raise SourceError(
            f"{file}: line {line}: the heading holds NUL characters; save the file as UTF-8, or name its encoding"
        )
    names = [called(cell or "") or f"column {i}" for i, cell in enumerate(cells, 1)]
    seen: dict[str, int] = {}
    for i, name in enumerate(names, 1):
        if name.lower() in seen:
            raise SourceError(
                f"{file}: line {line}: heading {name!r} stands in columns {seen[name.lower()]} and {i}; rename one of them"
            )
        if name.startswith("__"):
            raise SourceError(
                f"{file}: line {line}: heading {name!r} begins with two underscores, which is kept for line numbers; rename it"
            )
        seen[name.lower()] = i
    return names
