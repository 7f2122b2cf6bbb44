"""Study: whether each fact, each measure and all that the six chapters show are the same on PostgreSQL and Spark as on DuckDB.

`python -m tests.studies engines [postgres] [spark] [--customers 300]` compares the teaching company, and one of hostile days,
ties, nulls and money. The suite compares less of it on Spark.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from crmlib.facts.company import Company, company_from, read_company
from crmlib.vocabulary import language
from tests.engines import DAY, ENGINES, engine, hostile, told_otherwise, unlike
from tests.postgres import MissingError
from tests.study_known import opened


def main(arguments: list[str]) -> int:
    """Run the study; the exit code says whether all was the same on every engine that is here."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies engines")
    parser.add_argument("engines", nargs="*", default=ENGINES)
    parser.add_argument("--customers", type=int, default=300)
    given = parser.parse_args(arguments)
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
