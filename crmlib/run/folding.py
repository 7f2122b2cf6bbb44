"""What a page leaves out of an executed chapter: parts of which nothing is recorded, and parts for other kinds of business.

A part reaches from a heading to the next of its rank. It is silent where it has cards and each of them only names what the
company does not record. A part whose heading's cell names kinds of business (`for` in its metadata) is for those.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from crmlib.show.cards import SILENT
from crmlib.show.chapter import SHAPE_MIME

_HEADING = re.compile(r"^(##|###)\s+(.+?)\s*$", re.MULTILINE)
_CARD = re.compile(r'<div class="(crm-card[^"]*)"')


@dataclass
class Part:
    """A heading, its rank (2 or 3), the numbers of its cells, the kinds of business it is for ((): all)."""

    heading: str
    rank: int
    shapes: tuple[str, ...] = ()
    cells: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Folded:
    """Numbers of the cells that a page leaves out, and the headings of whole sections among them by why: of which nothing is
    recorded (`unrecorded`), and which are for other kinds of business (`others`, cells of those in `elsewhere`).
    """

    cells: frozenset[int]
    unrecorded: tuple[str, ...]
    others: tuple[str, ...]
    elsewhere: frozenset[int]


def folded(notebook: Any) -> Folded:
    """What the page of an executed notebook leaves out."""
    shape = _shape(notebook)
    silent = {i for i, cell in enumerate(notebook.cells) if _is_silent(cell)}
    telling = {i for i, cell in enumerate(notebook.cells) if _cards(cell)} - silent
    out, elsewhere = set(silent), set[int]()
    unrecorded: list[str] = []
    others: list[str] = []
    for part in parts(notebook):
        if shape and part.shapes and shape not in part.shapes:
            elsewhere |= {*part.cells}
            others += [part.heading] if part.rank == 2 else []
        elif silent & {*part.cells} and not telling & {*part.cells}:
            out |= {*part.cells}
            unrecorded += [part.heading] if part.rank == 2 else []
    return Folded(frozenset(out | elsewhere), tuple(unrecorded), tuple(others), frozenset(elsewhere))


def parts(notebook: Any) -> list[Part]:
    """Sections and their subsections, each with all of its cells."""
    found: list[Part] = []
    section: Part | None = None
    sub: Part | None = None
    for i, cell in enumerate(notebook.cells):
        heading = _HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            part = Part(heading.group(2), len(heading.group(1)), tuple(cell.metadata.get("for", ())))
            found.append(part)
            section, sub = (part, None) if part.rank == 2 else (section, part)
        for part in filter(None, (section, sub)):
            part.cells.append(i)
    return found


def _html(cell: Any) -> list[str]:
    if cell.cell_type != "code":
        return []
    shown = [output.get("data", {}).get("text/html", "") for output in cell.get("outputs", ())]
    return ["".join(html) for html in shown]


def _cards(cell: Any) -> list[str]:
    """The classes of the cards that a cell shows, and of pictures or tables beside cards."""
    return [classes for html in _html(cell) for classes in (_CARD.findall(html) or ([html] if html.strip() else []))]


def _is_silent(cell: Any) -> bool:
    cards = _cards(cell)
    return bool(cards) and all(SILENT in card for card in cards)


def _shape(notebook: Any) -> str:
    """The kind of business that the chapter's opening cell states; "" where it states none."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()) if cell.cell_type == "code" else ():
            if stated := output.get("data", {}).get(SHAPE_MIME):
                return str(stated.get("name", ""))
    return ""
