"""What several test files stand on."""

import fcntl
from datetime import date
from pathlib import Path

import pytest

from crmlib.facts.company import Tables, read_tables
from crmlib.run.lab import freeze_teaching
from crmlib.vocabulary.policy import Policy, load

TEACHING = Path(__file__).parents[1] / "datasets" / "teaching"


@pytest.fixture(scope="session")
def teaching() -> tuple[Tables, date, Policy]:
    """The teaching company's frozen tables, its latest month's end and its policy; frozen once for all test processes."""
    with (TEACHING / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = freeze_teaching()
    as_of = date(2026, 10, 31)
    return read_tables(folder, as_of=as_of), as_of, load(TEACHING / "policy.toml")
