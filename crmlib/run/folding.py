"""What a page leaves out of an executed chapter: parts of which nothing is recorded, and parts for other kinds of business.

A part reaches from a heading to the next of its rank, or from a cell of words to the next one. It is silent where it has cards
and each of them only names what the company does not record, or lists nothing. A part whose first cell names kinds of business
(`for` in its metadata) is for those. An item of a list that only speaks of sections left out goes with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from crmlib.show.cards import EMPTY, SILENT
from crmlib.show.chapter import SHAPE_MIME

_HEADING = re.compile(r"^(##|###)\s+(.+?)\s*$", re.MULTILINE)
_CARD = re.compile(r'<div class="(crm-card[^"]*)"')
_NUMBER = re.compile(r"\d+\.\d+")
_ITEM = re.compile(r"^(?:-|\d+\.) (?:.+\n?)+?(?=^(?:-|\d+\.) |\n|\Z)", re.MULTILINE)


@dataclass
class Part:
    """A heading, its rank (2 or 3; 4 of words without one), the kinds of business it is for ((): all), and its cells."""

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

    @property
    def sections(self) -> frozenset[str]:
        """Numbers of the sections left out, such as 3.2."""
        found = (_NUMBER.match(heading) for heading in (*self.unrecorded, *self.others))
        return frozenset(number.group() for number in found if number)


def folded(notebook: Any) -> Folded:
    """What the page of an executed notebook leaves out."""
    own = shape(notebook)
    cards = {i: _cards(cell) for i, cell in enumerate(notebook.cells)}
    telling = {i for i, told in cards.items() if any(SILENT not in card and EMPTY not in card for card in told)}
    silent = {i for i, told in cards.items() if any(SILENT in card for card in told)} - telling
    out, elsewhere = set(silent), set[int]()
    unrecorded: list[str] = []
    others: list[str] = []
    for part in parts(notebook):
        if own and part.shapes and own not in part.shapes:
            elsewhere |= {*part.cells}
            others += [part.heading] if part.rank == 2 else []
        elif silent & {*part.cells} and not telling & {*part.cells}:
            out |= {*part.cells}
            unrecorded += [part.heading] if part.rank == 2 else []
    return Folded(frozenset(out | elsewhere), tuple(unrecorded), tuple(others), frozenset(elsewhere))


def told(cell: Any, left: Folded) -> str:
    """The words of a cell without the items of its list that only speak of sections left out: `sections` in its metadata holds
    for each item the numbers of its sections, `closing` those of its last words. Where no item is left, its title at most.
    """
    source, about = str(cell.source), cell.metadata.get("sections", ())
    gone = iter([_is_left_out(numbers, left) for numbers in about])
    if about and all(_is_left_out(numbers, left) for numbers in about):
        return source.partition("\n")[0] if source.startswith("# ") else ""
    if about:
        source = _ITEM.sub(lambda item: "" if next(gone) else re.sub(r"^\d+\.", "1.", item.group()), source)
    if _is_left_out(cell.metadata.get("closing", ()), left):
        source = source.rstrip().rpartition("\n\n")[0]
    return source


def _is_left_out(numbers: Iterable[str], left: Folded) -> bool:
    return bool(numbers) and left.sections >= {*numbers}


def parts(notebook: Any) -> list[Part]:
    """Sections, their subsections, and what stands under a cell of words, each with all of its cells."""
    found: list[Part] = []
    open_: dict[int, Part] = {}
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            heading = _HEADING.search(cell.source)
            rank, called = (len(heading.group(1)), heading.group(2)) if heading else (4, "")
            open_ = {of: part for of, part in open_.items() if of < rank}
            if not cell.source.startswith("# "):
                open_[rank] = Part(called, rank, tuple(cell.metadata.get("for", ())))
                found.append(open_[rank])
        for part in open_.values():
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


def shape(notebook: Any) -> str:
    """The kind of business that the chapter's opening cell states; "" where it states none."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()) if cell.cell_type == "code" else ():
            if stated := output.get("data", {}).get(SHAPE_MIME):
                return str(stated.get("name", ""))
    return ""
