"""Study: whether the six chapters carry companies that nobody tuned them by.

`python -m tests.studies invented [NAME …] [--seed 7]`: every export of tests/exports.py and tests/exports_apart.py, and the
companies of ../shared/data/companies where they are there, from `init`'s draft to the last cell of chapter 6, in both languages;
prints what stopped, and how many cards told something.
"""

from __future__ import annotations

import time
import traceback
from argparse import ArgumentParser
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from itertools import product
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.facts.company import read_company
from crmlib.run.beginning import begin
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.months import last_day
from crmlib.vocabulary.policy import load
from tests.study_init import companies
from tests.told import CHAPTERS, rendered


def carried(home: Path) -> list[str]:
    """What stopped, in words; nothing where all chapters ran."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        begin(home)
    company = load_description(home)
    policy = load(company.policy)
    done = ingest(company, home / "out", policy=policy)
    c = read_company(home / "out" / "tables", as_of=last_day(done.latest_month), policy=policy)
    stopped, cards = [], 0
    for language, path in product(("en", "zh"), CHAPTERS):
        try:
            shown = rendered(c, path, language)
        except Exception as error:
            line = traceback.extract_tb(error.__traceback__)[-1]
            stopped.append(
                f"{path.stem} ({language}): {type(error).__name__}: {error} in {line.filename}:{line.lineno}"[:400]
            )
            continue
        cards += sum("crm-card" in html and "crm-silent" not in html for html in shown)
    print(f"  {cards} cards tell something", flush=True)
    return stopped


def main(arguments: list[str]) -> int:
    """All of them, or those named; 1 where a chapter stopped."""
    parser = ArgumentParser(prog="python -m tests.studies invented")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args(arguments)
    failed = 0
    for kind, export, folder in companies(given.names, given.seed):
        begun = time.monotonic()
        print(f"{kind} {export.name}", flush=True)
        with TemporaryDirectory() as scratch:
            home = Path(scratch) / export.name
            _ = copytree(folder, home) if folder else export.write(home)
            try:
                stopped = carried(home)
            except CrmlibError as error:
                stopped = [f"refused: {error}"]
        failed += bool(stopped)
        print("\n".join(f"  {line}" for line in [*stopped, f"{time.monotonic() - begun:.0f} s"]), flush=True)
    print(f"{failed} stopped somewhere")
    return int(failed > 0)
