"""What a person said of doubtful pairs: `private/doubtful_pairs.csv` of earlier reviews, column `same`, read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from crmlib.border.encodings import SourceError
from crmlib.border.lists import table


def _words(text: str) -> list[str]:
    return text.split()


YES: Final = frozenset(_words("yes y true t 1 1.0 same 是 是的 对 真 相同 同一人 同一个人 同一客户 √ ✓ ✔"))
NO: Final = frozenset(_words("no n false f 0 0.0 different 否 不 不是 假 不同 不同人 不是同一人 不是同一客户 × x ✗ ✘"))

Pair = tuple[str, str]


@dataclass(frozen=True)
class Verdicts:
    """`same`: per pair of record ids (smaller first) whether a person said that they are one customer; the last word counts.

    `unread`: cells that are neither yes nor no, each as "file:line: found".
    """

    same: Mapping[Pair, bool] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def read(files: Iterable[Path]) -> Verdicts:
    """The verdicts in these lists, oldest first; a list without the columns, or that cannot be read, holds none."""
    same: dict[Pair, bool] = {}
    unread: list[str] = []
    for path in files:
        for line, row in _rows(path):
            cell = row.get("same", "").strip()
            a, b = (row.get(c, "").strip() for c in ("record_a", "record_b"))
            if not cell or not a or not b or a == b:
                continue
            pair, said = (min(a, b), max(a, b)), cell.casefold()
            if said in YES or said in NO:
                same.pop(pair, None)
                same[pair] = said in YES
            else:
                unread.append(f"{path.parent.parent.name}/{path.name}:{line}: {cell[:40]}")
    return Verdicts(same, tuple(unread))


def rows_of(path: Path) -> list[dict[str, str]]:
    """The lines of a list that was handed out, however a spreadsheet saved it; none where it cannot be read."""
    return [row for _line, row in _rows(path)]


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The same by the number of the line."""
    try:
        found = table(path)
    except SourceError:
        return []
    return [(line, dict(zip(found.headings, cells, strict=True))) for line, cells in found.lines]
