"""Study: whether each fact, each measure and all that the six chapters show are the same on PostgreSQL and Spark as on DuckDB.

`python -m tests.studies engines [postgres] [spark] [--customers 300]` compares the teaching company, and one of hostile days,
ties, nulls and money. The suite compares less of it on Spark. `--review` compares instead each file of the teaching company's
whole review, byte for byte.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from crmlib.facts.company import Company, company_from, read_company
from crmlib.facts.engine import VARIABLE
from crmlib.vocabulary import language
from tests.engines import DAY, ENGINES, engine, hostile, told_otherwise, unlike
from tests.postgres import MissingError
from tests.study_known import opened

ROOT = Path(__file__).parents[1]


def main(arguments: list[str]) -> int:
    """Run the study; the exit code says whether all was the same on every engine that is here."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies engines")
    parser.add_argument("engines", nargs="*", default=ENGINES)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--review", action="store_true")
    given = parser.parse_args(arguments)
    if given.review:
        return _reviewed(given.engines)
    wrong = 0
    with TemporaryDirectory() as home, language.using("en", "CNY"):
        teaching = opened("teaching", Path(home), Path(home), given.customers)
        folder = next(path.parent for path in Path(home).rglob("known.parquet"))
        made = company_from(hostile(), as_of=DAY)
        for name in given.engines:
            try:
                with engine(name) as url:
                    there = read_company(folder, as_of=teaching.as_of, policy=teaching.policy, engine=url)
                    wrong += _compared(f"{name}, teaching company", teaching, there)
                    wrong += _compared(f"{name}, hostile company", made, company_from(hostile(), as_of=DAY, engine=url))
            except MissingError as lacking:
                print(f"{name}: not tried: {lacking}")
    return int(wrong > 0)


def _compared(called: str, c: Company, other: Company) -> int:
    begun = monotonic()
    found = unlike(c, other) + told_otherwise(c, other)
    print(f"{called}: {len(found)} differences, {monotonic() - begun:.0f} s", *found, sep="\n  ", flush=True)
    return len(found)


def _reviewed(names: list[str]) -> int:
    """Whether a review is the same to the byte. Each is made anew in the same folder, whose key gives the pseudonyms, and over
    one that is there: the lists that go on from month to month are then read by each.
    """
    wrong = 0
    with TemporaryDirectory() as home:
        _review(Path(home), "")
        expected = _review(Path(home), "")
        for name in names:
            try:
                with engine(name) as url:
                    begun = monotonic()
                    found = _review(Path(home), url)
            except MissingError as lacking:
                print(f"{name}: not tried: {lacking}")
                continue
            unequal = [str(file) for file in sorted({*expected, *found}) if expected.get(file) != found.get(file)]
            seconds = monotonic() - begun
            print(
                f"{name}: {len(unequal)} of {len(expected)} files differ, {seconds:.0f} s",
                *unequal,
                sep="\n  ",
                flush=True,
            )
            wrong += len(unequal)
    return int(wrong > 0)


def _review(home: Path, url: str) -> dict[Path, bytes]:
    command = [
        sys.executable,
        "-m",
        "crmlib",
        "review",
        "datasets/teaching/company.toml",
        "--force",
        "--out",
        str(home),
    ]
    subprocess.run(command, cwd=ROOT, env={**os.environ, VARIABLE: url}, check=True, capture_output=True)
    return {file.relative_to(home): file.read_bytes() for file in home.rglob("*") if file.is_file()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
