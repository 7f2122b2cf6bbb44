"""The controls of a chapter, run for its page over a company: what the page would hold, and what Python drew at each state."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat

from crmlib.facts import people
from crmlib.facts.company import Company
from crmlib.show import widgets, withholding
from crmlib.show.chapter import Chapter
from crmlib.show.controls import CONTROLS_MIME, FOR_PAGES, Control, Draw, page_of

State = tuple[tuple[str, str], ...]
"""The names of controls and their values in words, as NaN is not equal to itself."""


@dataclass
class Played:
    """A what-if of a chapter: its controls, the groups a page holds, the card of each state, and how one is drawn."""

    cell: str
    bundle: dict[str, Any]
    controls: list[Control] = field(default_factory=list)
    draw: Any = None
    cards: dict[State, str] = field(default_factory=dict)

    @property
    def groups(self) -> list[dict[str, Any]]:
        """What the page holds."""
        groups: list[dict[str, Any]] = self.bundle[CONTROLS_MIME]
        return groups


def state(values: dict[str, float]) -> State:
    """Values as what they are known by."""
    return tuple((name, str(float(value))) for name, value in sorted(values.items()))


def played(c: Company, path: Path) -> Iterator[Played]:
    """The what-ifs of a chapter, of which only the cells are run that these need."""
    given: list[dict[str, Any]] = []
    made: list[Played] = []

    def noted(draw: Draw, controls: list[Control]) -> list[dict[str, Any]]:
        k, everyone = withholding.least(), int(people.anyone(c).count().execute())

        def drawn_at(**values: float) -> str:
            with withholding.using(k, everyone):
                return draw(**values)

        now = Played("", {}, list(controls), drawn_at)
        made.append(now)

        def drawn(**values: float) -> str:
            now.cards[state(values)] = draw(**values)
            return now.cards[state(values)]

        return page_of(drawn, controls)

    silent = dict.fromkeys(("show", "table", "claims"), lambda *_given, **_more: None)
    names: dict[str, Any] = {}
    with (
        patch("crmlib.show.chapter.read_company", lambda *_given, **_more: c),
        patch("crmlib.show.chapter.display", lambda bundle, **_more: given.append(bundle)),
        patch.object(widgets, "page_of", noted),
        patch.multiple(Chapter, **silent),
        patch.dict("os.environ", {FOR_PAGES: "1"}),
    ):
        for cell in _needed(path):
            given.clear()
            exec(compile(cell.source, f"{path.stem}:{cell.id}", "exec"), names)
            if "parameters" in cell.metadata.get("tags", []):
                names |= {"policy": "", "tables": "."}
            if "what_if" in cell.source:
                made[-1].cell, made[-1].bundle = cell.id, given[-1]
                yield made[-1]


def _needed(path: Path) -> list[Any]:
    """The cells with a what-if, and those that make what they read."""
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    wanted: set[str] = set()
    kept: list[Any] = []
    for cell in reversed(code):
        nodes = [*ast.walk(ast.parse(cell.source))]
        names = [node for node in nodes if isinstance(node, ast.Name)]
        makes = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        makes |= {node.asname or node.name for node in nodes if isinstance(node, ast.alias)}
        framed = {"parameters", "setup"} & {*cell.metadata.get("tags", ())}
        if framed or "what_if" in cell.source or makes & wanted:
            kept.append(cell)
            wanted = wanted - makes | {node.id for node in names if isinstance(node.ctx, ast.Load)}
    return kept[::-1]
