"""One bar for the steps of init, check and lab: how far they are and what is left, at a terminal and nowhere else."""

from __future__ import annotations

import io
from pathlib import Path
from unittest.mock import patch

import pytest
from rich.console import Console

from crmlib.border.company import load_description
from crmlib.border.ingest import FROZEN, JUDGED, PEOPLE, ingest
from crmlib.run import beginning, checking, progress
from crmlib.run.checking import ahead, step_called
from crmlib.run.progress import Bars
from crmlib.vocabulary.policy import load
from tests.conftest import TEACHING
from tests.small_company import write_company


def bars() -> Bars:
    return Bars(Console(file=io.StringIO(), force_terminal=True))


def test_each_step_ends_where_the_next_begins_and_one_that_was_not_known_counts_as_the_others() -> None:
    with bars() as shown, shown.steps({"a": 10.0, "b": 30.0}, str.upper) as begun:
        (task,) = shown._bars.tasks
        told = []
        for step in ("a", "b", "c"):
            begun(step)
            told.append((task.description, task.completed, task.total))
    assert told == [("A", 0, 40), ("B", 10, 40), ("C", 40, 60)]
    assert shown._bars.tasks == [], "at the end it is gone"


def test_what_is_left_is_known_once_a_step_is_done() -> None:
    with bars() as shown, shown.steps(dict.fromkeys("abcd", 1.0), str) as begun:
        clock = iter(range(100))
        shown._bars.get_time = lambda: float(next(clock))
        for step in "abcd":
            begun(step)
        assert shown._bars.tasks[0].time_remaining is not None


@pytest.mark.parametrize("what", ["check", "init"])
@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_is_told_and_a_pipe_is_not(what: str, terminal: bool, tmp_path: Path) -> None:
    file, told = write_company(tmp_path / "co"), io.StringIO()
    console = Console(file=told, force_terminal=terminal, width=100)
    with patch.object(progress, "Console", lambda **_how: console):
        if what == "check":
            checking.report(file)
        else:
            beginning.begin(tmp_path / "co", force=True)
    assert ("reading" in told.getvalue()) == terminal
    assert bool(told.getvalue()) == terminal


def test_every_step_of_reading_is_foreseen_and_called(tmp_path: Path) -> None:
    company, begun = load_description(write_company(tmp_path / "co")), list[str]()
    ingest(company, tmp_path / "into", policy=load(None), told=begun.append)
    assert begun == [*ahead(company, frozen=True)]
    assert begun[-3:] == [JUDGED, PEOPLE, FROZEN]
    assert len({step_called(step) for step in begun}) == len(begun)
    whole = ahead(load_description(TEACHING / "company.toml"))
    assert whole[PEOPLE] > whole[JUDGED] > whole["tickets"] > 0
