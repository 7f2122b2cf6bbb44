"""Where the headings of a file stand, and what its columns are called by them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from statistics import median

from crmlib.border.encodings import SourceError

Record = tuple[int, Sequence[str | None]]
"""Line number and cells."""

MOST = 16_384
"""Columns of a table, as many as a spreadsheet holds."""
LOOKED_AT = 40
"""Records from the top of a file among which its headings are looked for."""
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u2060\ufeff]")
_FIGURE = re.compile(r"^\W{0,3}\d[\d\s.,:/\-%年月日]*\D{0,3}$")


def called(heading: str) -> str:
    """A heading as it is compared: composed, without blanks around it and without signs that nobody sees."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", heading)).strip()


def headed(file: str, rows: Iterator[Record], lines: Sequence[int]) -> tuple[list[str], Iterator[Record]]:
    """Headings and the records below them; `lines` are those of the headings, () where it is the first record.

    Headings in several lines are joined by a space, an empty cell of an upper line taking what stands left of it.
    Raises `SourceError`.
    """
    upper: list[Sequence[str | None]] = []
    wanted = list(lines)
    for line, cells in rows:
        if wanted and line < wanted[0]:
            continue
        if wanted and line != wanted[0]:
            raise SourceError(f"{file}: heading = {list(lines)}: no cells stand in line {wanted[0]}")
        wanted = wanted[1:]
        if wanted:
            upper.append(cells)
            continue
        return _names(file, line, _joined(upper, cells)), rows
    if lines:
        raise SourceError(f"{file}: heading = {list(lines)}: the file ends before line {lines[-1]}")
    raise SourceError(f"{file}: the file is empty; expected a heading line and rows")


def _joined(upper: list[Sequence[str | None]], lowest: Sequence[str | None]) -> list[str | None]:
    """The cells of several lines of headings, column by column."""
    if not upper:
        return list(lowest)
    width = max(len(c) for c in (*upper, lowest))
    parts: list[list[str]] = [[] for _ in range(width)]
    for cells in upper:
        left = ""
        for i in range(width):
            left = ((cells[i] if i < len(cells) else None) or "").strip() or left
            parts[i].append(left)
    for i, cell in enumerate(lowest):
        parts[i].append((cell or "").strip())
    return [" ".join(dict.fromkeys(p for p in part if p)) for part in parts]


def _names(file: str, line: int, cells: Sequence[str | None]) -> list[str]:
    """What columns are called: without a heading by their place, and where one stands several times by which of them it is."""
    if any("\0" in (cell or "") for cell in cells):
        raise SourceError(
            f"{file}: line {line}: the heading holds NUL characters; save the file as UTF-8, or name its encoding"
        )
    if len(cells) > MOST:
        raise SourceError(
            f"{file}: line {line}: {len(cells):,} headings, more than the {MOST:,} of a table; say its delimiter, or leave "
            "columns out of the export"
        )
    names = [called(cell or "") or f"column {i}" for i, cell in enumerate(cells, 1)]
    often = Counter(n.lower() for n in names)
    met: Counter[str] = Counter()
    for i, name in enumerate(names):
        if name.startswith("__"):
            raise SourceError(
                f"{file}: line {line}: heading {name!r} begins with two underscores, which is kept for line numbers; rename it"
            )
        if often[name.lower()] > 1:
            met[name.lower()] += 1
            names[i] = f"{name} [{met[name.lower()]}]"
    if len({n.lower() for n in names}) < len(names):
        raise SourceError(f"{file}: line {line}: two headings are called the same; rename one of them")
    return names


def where(top: Sequence[Record]) -> tuple[int, ...]:
    """The lines of the headings, among the first records of a file; () where it is the first record, as it should be."""
    filled = [sum(bool((c or "").strip()) for c in cells) for _line, cells in top]
    below = [n for n in filled[1:] if n > 1]
    if not below:
        return ()
    usual = median(below)
    words = [n >= max(2.0, 0.8 * usual) and not _figures(top[i][1]) for i, n in enumerate(filled[:8])]
    first = 0 if filled[0] >= max(2.0, 0.8 * usual) else words.index(True) if any(words) else 0
    lines = [top[first][0]]
    cells = [(c or "").strip().lower() for c in top[first][1]]
    alike = len(set(cells)) < len(cells)
    if first and alike and filled[first - 1] > 1 and not _figures(top[first - 1][1]):
        lines.insert(0, top[first - 1][0])
    else:
        for k in range(first, min(first + 3, len(top))):
            if not _goes_on(top[k:]):
                break
            lines.append(top[k + 1][0])
    return () if first == 0 and len(lines) == 1 else tuple(lines)


def _figures(cells: Iterable[str | None]) -> bool:
    """Whether a record holds numbers or days."""
    return any(_FIGURE.match((c or "").strip()) for c in cells)


def _goes_on(top: Sequence[Record]) -> bool:
    """Whether the second record is a line of headings too: no figure, above columns that hold nothing else in the end."""
    if len(top) < 6 or _figures(top[1][1]):
        return False
    under = 0
    for i, cell in enumerate(top[1][1]):
        rest = [(r[1][i] or "").strip() for r in top[2:] if i < len(r[1]) and _figures(r[1])]
        rest = [c for c in rest if c]
        if (cell or "").strip() and len(rest) >= 4:
            under += all(_FIGURE.match(c) for c in rest)
    return under >= 2


def top_of(rows: Iterable[Record]) -> tuple[list[Record], Iterator[Record]]:
    """The first records of a file, and all of them again."""
    rest = iter(rows)
    top = [record for record, _n in zip(rest, range(LOOKED_AT), strict=False)]
    return top, chain(top, rest)
