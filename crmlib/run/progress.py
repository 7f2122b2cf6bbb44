"""Who is told how far a run is: nobody, a person at a terminal, with a bar per chapter or step and the time that is left, or a
program, with a line per event.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from crmlib.vocabulary.language import _


class Listener(Protocol):
    """Who is told."""

    def say(self, line: str) -> None:
        """One line."""

    def chapter(self, name: str, title: str, cells: int) -> Callable[[], None]:
        """A chapter begins, perhaps once more; call the result after each cell."""

    def ended(self, name: str, failed: bool) -> None:
        """A chapter is whole, or failed."""


def event(name: str, to: TextIO | None = None, **told: object) -> None:
    """Write one line of JSON: when (UTC), what happened, and what is told of it."""
    line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": name, **told}
    print(json.dumps(line, ensure_ascii=False), file=to or sys.stderr, flush=True)


class Silent:
    """Tells nobody."""

    def say(self, line: str) -> None:
        """Nothing."""

    def chapter(self, name: str, title: str, cells: int) -> Callable[[], None]:
        """Nothing."""
        return lambda: None

    def ended(self, name: str, failed: bool) -> None:
        """Nothing."""


class Bars:
    """A bar per chapter on standard error; without a terminal one line at the end of each."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28, complete_style="cyan", finished_style="cyan"),
            TextColumn("{task.fields[said]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._titles: dict[str, str] = {}

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def say(self, line: str) -> None:
        """One line, above the bars."""
        self._console.print(line, markup=False, soft_wrap=True)

    def chapter(self, name: str, title: str, cells: int) -> Callable[[], None]:
        """Draw the bar of a chapter."""
        self._titles[name] = title
        task = self._tasks[name] = self._bars.add_task(title, total=cells, said="")
        return lambda: self._bars.advance(task)

    def ended(self, name: str, failed: bool) -> None:
        """Fill the bar and say how it went."""
        said = _("stopped") if failed else _("whole")
        if not self._console.is_terminal:
            self.say(_("{what}: {said}").format(what=self._titles[name], said=said))
        task = self._tasks[name]
        total = self._bars.tasks[self._bars.task_ids.index(task)].total
        self._bars.update(task, said=said, completed=None if failed else total)

    @contextmanager
    def steps(self, ahead: Mapping[str, float], called: Callable[[str], str]) -> Iterator[Callable[[str], None]]:
        """One bar for steps that follow each other, gone at their end; call what is given with the name of each that begins, and
        the bar bears what that is `called`. `ahead` are those known of and how long each takes beside the others; one that was
        not known of takes as long as those do on average. Without a terminal nothing is said.
        """
        took, total = {**ahead}, sum(ahead.values()) or 1.0
        usual, now = total / max(1, len(ahead)), ""
        task = self._bars.add_task("", total=total, said="")

        def begun(step: str) -> None:
            nonlocal now, total
            if now:
                self._bars.advance(task, took.pop(now))
            if step not in took:
                took[step], total = usual, total + usual
            now = step
            self._bars.update(task, total=total, description=called(step), refresh=True)

        try:
            yield begun
        finally:
            self._bars.remove_task(task)


class Events:
    """A line of JSON on standard error for each event: `said`, `began`, `ended`."""

    def __enter__(self) -> Events:
        return self

    def __exit__(self, *_raised: object) -> None:
        pass

    def say(self, line: str) -> None:
        """What a person would be told."""
        event("said", message=line)

    def chapter(self, name: str, title: str, cells: int) -> Callable[[], None]:
        """A chapter begins; its cells are no events."""
        event("began", chapter=name, title=title, cells=cells)
        return lambda: None

    def ended(self, name: str, failed: bool) -> None:
        """A chapter is whole, or stopped."""
        event("ended", chapter=name, status="stopped" if failed else "whole")
