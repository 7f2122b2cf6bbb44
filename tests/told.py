"""What the six chapters tell of a company, cell by cell, without drawing anything: findings, frames, notes."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
import pandas as pd

from crmlib.facts.company import Company
from crmlib.show import charts
from crmlib.show.chapter import Chapter, reviewed_as
from tests.known import changed

CHAPTERS = sorted((Path(__file__).parents[1] / "chapters").glob("*.ipynb"))
NUMBER = re.compile(r"\d[\d,.]*")
Told = dict[tuple[str, str, int], pd.DataFrame | str]
"""By chapter, cell, and place in the cell."""


def told(c: Company, chapters: list[Path] = CHAPTERS) -> Told:
    """Everything the chapters show of the company, in their order. Raises what a cell raises."""
    return {
        (path.stem, cell, i): thing
        for path in chapters
        for cell, shown in cells(c, path)
        for i, thing in enumerate(shown)
    }


def cells(c: Company, path: Path) -> Iterator[tuple[str, list[pd.DataFrame | str]]]:
    """A chapter's cells of code in their order, each with what it showed once it has run. Raises what a cell raises."""
    shown: list[pd.DataFrame | str] = []
    names: dict[str, Any] = {}
    with _recording(c, shown):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type != "code":
                continue
            shown.clear()
            exec(compile(cell.source, f"{path.stem}:{cell.id}", "exec"), names)
            if "setup" in cell.metadata.get("tags", []):
                names["charts"] = _Drawn(shown)
            yield cell.id, [*shown]


def rendered(c: Company, path: Path, language: str) -> list[str]:
    """The HTML of all that a chapter displays of the company, drawn as a reader sees it. Raises what a cell raises."""
    shown: list[str] = []

    def display(given: Any, **_more: Any) -> None:
        shown.append(given["text/html"] if isinstance(given, dict) and "text/html" in given else "")

    names: dict[str, Any] = {}
    with (
        patch("crmlib.show.chapter.read_company", lambda *_given, **_more: c),
        patch("crmlib.show.chapter.display", display),
    ):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, f"{path.stem}:{cell.id}", "exec"), names)
            if "parameters" in cell.metadata.get("tags", []):
                names |= {"language": language, "policy": "", "tables": "."}
    return shown


def differences(whole: Told, less: Told, column: str) -> list[str]:
    """What became another number, in words: chapter, cell, and which. A note under a marked table is marked with it."""
    found = []
    marked = {
        place[:2] for place, thing in less.items() if isinstance(thing, pd.DataFrame) and _is_marked(thing, column)
    }
    for place, thing in less.items():
        before = whole.get(place)
        if place[:2] in marked:
            continue
        if isinstance(thing, pd.DataFrame):
            old = before if isinstance(before, pd.DataFrame) else thing.head(0)
            found += [f"{place[0]}:{place[1]} {words}" for words in changed(old, thing, column)]
        elif column in getattr(less.get((*place[:2], place[2] - 1)), "attrs", {}).get("without", ()):
            continue
        elif isinstance(before, str) and set(NUMBER.findall(thing)) - set(NUMBER.findall(before)):
            found.append(f"{place[0]}:{place[1]} says {thing!r}, said {before!r}")
    return found


def _is_marked(frame: pd.DataFrame, column: str) -> bool:
    """Whether findings say that they were counted without the column: the card says so of all that stands on it."""
    return "without" in frame and len(frame) > 0 and all(column in str(names).split() for names in frame["without"])


@contextmanager
def _recording(c: Company, shown: list[pd.DataFrame | str]) -> Iterator[None]:
    def show(_self: Chapter, findings: pd.DataFrame, _picture: Any = None, *, data: Any = None, **more: Any) -> None:
        if not c.knows(*more.get("requires", ())):
            shown.clear()
            return
        shown.append(findings)
        if data is not None:
            shown.append(data)

    def table(
        _self: Chapter, frame: pd.DataFrame, *, note: str = "", needs: Any = (), says: str = "", **_more: Any
    ) -> None:
        if not c.knows(*needs):
            return
        if "arm" not in frame:
            shown.append(frame)
        shown.extend(text for text in (says, note) if text)

    def actions(_self: Chapter, _frame: pd.DataFrame, _board: pd.DataFrame | None = None) -> None:
        """The list is compared customer by customer, see `tests.listed`."""

    def what_if(_self: Chapter, function: Any, picture: Any = None, **sliders: Any) -> None:
        found = function(**{name: given[-1] for name, given in sliders.items()})
        shown.append(found)
        if picture:
            picture(found)

    said = {"show": show, "table": table, "actions": actions, "what_if": what_if, "unrecorded": lambda _self: None}
    said["claims"] = table
    said["business"] = lambda _self: shown.append(reviewed_as(c))
    chapter = type("Told", (), {**said, "company": c, "then": None})()
    with patch("crmlib.show.chapter.start", lambda **_given: chapter):
        sys.modules.pop("ipykernel", None)
        yield


class _Drawn:
    """In place of the charts: what would have been drawn is told instead."""

    def __init__(self, shown: list[pd.DataFrame | str]) -> None:
        self._shown = shown

    def __getattr__(self, name: str) -> Any:
        getattr(charts, name)

        def drawn(frame: pd.DataFrame, *_args: Any, **_kw: Any) -> None:
            # The rows of a matrix are told apart by what stands beside them.
            self._shown.append(frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index())

        return drawn
