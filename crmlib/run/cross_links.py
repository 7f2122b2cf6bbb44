"""Links between the sections of a chapter and the questions that practise them, put into a trainee's copy of both."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import nbformat

from crmlib.vocabulary.language import _

HEADING = re.compile(r"^#{1,3} (.+)$", re.M)
NEAR = 2
"""Questions of other sections that a section without any of its own names."""


class Practice(Protocol):
    """Something that practises items of the deck, in a cell of its own: a question, an incident."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def deck(self) -> tuple[str, ...]:
        """The items, the first the one that it is most about."""


@dataclass
class Section:
    """A part of a chapter under one heading: its text, the place of its cell, and the items of the deck that its cells name."""

    heading: str
    at: int
    deck: set[str] = field(default_factory=set)


def sections(chapter: nbformat.NotebookNode) -> list[Section]:
    """The sections of a chapter in their order."""
    found: list[Section] = []
    for at, cell in enumerate(chapter.cells):
        heading = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            found.append(Section(heading[1].strip(), at))
        if found:
            found[-1].deck |= {*cell.metadata.get("deck", [])}
    return found


def practised(question: Practice, there: Iterable[Section]) -> Section | None:
    """The section with a question's first item and most of the others, the first of several; None where it has none."""
    best = max(there, key=lambda s: (question.deck[0] in s.deck, len(s.deck & {*question.deck})), default=None)
    return best if best and best.deck & {*question.deck} else None


def link(
    chapter: nbformat.NotebookNode,
    exercise: nbformat.NotebookNode,
    asked: Iterable[Practice],
    *,
    to_chapter: str,
    to_exercise: str,
    near: int = NEAR,
) -> None:
    """Write the links into both notebooks: at a question its section, under a section's heading its questions.

    A section that is no question's own names the `near` questions that practise most of its items too, so that each leads on.
    """
    there, titles = sections(chapter), dict[str, str]()
    cells = {cell.id: cell for cell in exercise.cells}
    linked: dict[int, list[Practice]] = {}
    for question in asked:
        section, cell = practised(question, there), cells.get(f"ask-{question.name.replace('_', '-')}")
        if section is None or cell is None:
            continue
        head, rest = cell.source.partition("\n\n*")[::2]
        back = f"[{section.heading}]({to_chapter}#{_anchor(section.heading)})"
        cell.source = f"{head}\n\n{back} · *{rest}"
        titles[question.name] = head.lstrip("# ")
        linked.setdefault(section.at, []).append(question)
    own = [question for questions in linked.values() for question in questions]
    for section in there:
        links = [
            f"[{titles[question.name]}]({to_exercise}#{_anchor(titles[question.name])})"
            for question in linked.get(section.at) or _near(section, own)[:near]
        ]
        if links:
            at, said = chapter.cells[section.at], _("Practise:")
            at.source += (", " if f"\n\n{said} " in at.source else f"\n\n{said} ") + ", ".join(links)


def _near(section: Section, asked: Iterable[Practice]) -> list[Practice]:
    """The questions of other sections that share items with this one, the nearest first."""
    shared = [(len(section.deck & {*question.deck}), question) for question in asked]
    return [question for n, question in sorted(shared, key=lambda pair: -pair[0]) if n]


def _anchor(heading: str) -> str:
    """The name under which JupyterLab finds a heading."""
    return heading.replace(" ", "-").replace("(", "%28").replace(")", "%29")
