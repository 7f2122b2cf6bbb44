"""Every study can be started: what takes too long for each test run must not turn out dead when it is wanted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.studies import STUDIES


def test_each_study_is_listed_with_what_it_shows() -> None:
    """In a process of its own, which finds no module beside the tests by chance as pytest does."""
    listed = subprocess.run(
        [sys.executable, "-m", "tests.studies"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.stderr == ""
    shown = dict(line.split(maxsplit=1) for line in listed.stdout.splitlines())
    assert sorted(shown) == STUDIES
    assert all(shown.values())
