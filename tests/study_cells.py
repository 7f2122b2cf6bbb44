"""Seconds of processor that the cells of each chapter take on the teaching company, and the slowest cells.

Each chapter is read in a process of its own, as in a review, and nothing is drawn. Of several `--runs` the quickest counts, cell
by cell: other work on the machine slows a run down and never speeds it up.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from time import process_time

import pandas as pd

from crmlib.facts.company import read_company
from crmlib.run.lab import freeze_teaching
from crmlib.vocabulary.policy import load
from tests.conftest import TEACHING
from tests.told import CHAPTERS, cells

AS_OF = date(2026, 10, 31)


def seconds(path: Path, tables: Path) -> list[tuple[str, str, float]]:
    """Chapter, cell and seconds of processor of each cell; what opens the company counts with the first."""
    begun, taken = process_time(), []
    for cell, _shown in cells(read_company(tables, as_of=AS_OF, policy=load(TEACHING / "policy.toml")), path):
        taken.append((path.stem, cell, process_time() - begun))
        begun = process_time()
    return taken


def main(given: Sequence[str] | None = None) -> int:
    """Print the chapters and the slowest cells."""
    parser = argparse.ArgumentParser(prog="cells", description=__doc__)
    parser.add_argument(
        "--chapters", nargs="*", default=[], help="first signs of their names, such as 04 05; all by default"
    )
    parser.add_argument("--slowest", type=int, default=12)
    parser.add_argument("--runs", type=int, default=1)
    chosen = parser.parse_args(given)
    paths = [p for p in CHAPTERS if not chosen.chapters or p.stem.startswith(tuple(chosen.chapters))]
    tables = freeze_teaching()
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        rows = pool.starmap(seconds, [(p, tables) for p in paths for _run in range(chosen.runs)], chunksize=1)
    frame = pd.DataFrame([row for told in rows for row in told], columns=["chapter", "cell", "seconds"])
    each = frame.groupby(["chapter", "cell"], sort=False)["seconds"].min()
    for chapter, taken in each.groupby("chapter").sum().items():
        print(f"{chapter:26} {taken:6.1f} s")
    for (chapter, cell), taken in each.nlargest(chosen.slowest).items():
        print(f"  {chapter:24} {cell:24} {taken:6.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
