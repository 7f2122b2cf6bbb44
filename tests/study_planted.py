"""Whether anything of 2,030 planted values, of numbers of records and names of files is published by a whole review.

`python -m tests.studies planted [FOLDER]`: 29 kinds of what tells of a person, in each of the 35 columns of codes, in one row and
in 30, through a review of all six chapters; then every byte outside private/ is searched, packed and escaped ones too.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path

import pandas as pd

from crmlib.run.review import Request, review
from tests import planted


def main(arguments: list[str]) -> int:
    """Print what was planted and what was found; 1 where anything was."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(arguments[0]) if arguments else Path(made)
        values = planted.write(folder / "data")
        begun = time.monotonic()
        done = review(Request(folder / "data" / "company.toml", out=folder / "reviews", month="2026-05"))
        print(f"reviewed in {time.monotonic() - begun:.0f} s; chapters that stopped: {done.failed or 'none'}")
        there = {one.text for _file, one in planted.found(folder / "data", values)}
        print(f"planted: {len(values)} values of {len(planted.KINDS)} kinds, {len({v.text for v in values})} different")
        print(f"found by the same search in the source files: {len(there)} different")
        hits = planted.found(folder / "reviews", values)
        for kind, n in Counter(one.kind for _file, one in hits).most_common():
            print(f"  {kind}: {n}, such as {next((f, o.text) for f, o in hits if o.kind == kind)}")
        numbers = planted.told(folder / "reviews")
        counted = pd.read_parquet(done.folder / "tables" / "unnamed.parquet").groupby("why")[["values", "rows"]].sum()
        print(counted.to_string())
        print(
            f"published outside private/: {len(hits)} planted values, {len(numbers)} numbers of records or names of files"
        )
        return int(bool(hits or numbers or done.failed or len(there) < len({v.text for v in values})))
