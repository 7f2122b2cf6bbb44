"""What several test files stand on."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from filelock import FileLock

from crmlib.border.ingest import Ingested, ingest
from crmlib.facts.company import Company, read_company
from crmlib.run.lab import freeze_teaching
from crmlib.show import withholding
from crmlib.vocabulary.policy import load

TEACHING = Path(__file__).parents[1] / "datasets" / "teaching"
NOW = "2026-10"
"""The latest month of the teaching company."""


@pytest.fixture(scope="session", autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where logs of faults go during the tests."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("state")
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder / "crmlib"


@pytest.fixture(autouse=True)
def unguarded() -> Iterator[None]:
    """Each test begins where everything is published as counted, whatever company a chapter was opened on before it."""
    with withholding.using(1):
        yield


@pytest.fixture(scope="session")
def teaching() -> Company:
    """The teaching company at its latest month's end, under its policy; frozen once for all test processes."""
    with FileLock(TEACHING / ".lock"):
        folder = freeze_teaching()
    return read_company(folder, as_of=date(2026, 10, 31), policy=load(TEACHING / "policy.toml"))


@pytest.fixture(scope="session")
def months(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The latest month of the teaching company reviewed in each language, from one reading of its data; to be read only."""
    from crmlib.run.review import Request, review

    home = tmp_path_factory.mktemp("months")
    read: list[Ingested] = []

    def once(company: Any, into: Path, **more: Any) -> Ingested:
        if read:
            copytree(home / "read", into, dirs_exist_ok=True)
            return read[0]
        read.append(ingest(company, into, **more))
        copytree(into, home / "read")
        return read[0]

    done = {
        spoken: review(
            Request(TEACHING / "company.toml", month=NOW, out=home / spoken, parameters={"language": spoken}),
            ingest=once,
        )
        for spoken in ("en", "zh")
    }
    assert not any(each.failed for each in done.values())
    return {spoken: each.folder for spoken, each in done.items()}
