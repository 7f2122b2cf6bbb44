"""The teaching company: 36 months of a trading company, from one seed, with planted stories whose true sizes are known.

`make` gives the exports of its systems and the truth; `python -m crmlib.teaching.make FOLDER` writes them, the same
bytes each time, and `STORIES.md` beside the folder.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from crmlib.teaching import plan
from crmlib.teaching.defects import Defects, late, spoil
from crmlib.teaching.files import write_source
from crmlib.teaching.sources import sources
from crmlib.teaching.stories import stories
from crmlib.teaching.truth import truth
from crmlib.teaching.world import ALL, tables, world


@dataclass(frozen=True)
class Teaching:
    """`sources`: what each system exports, by file name. `truth`: what is really so, frames and numbers by name."""

    sources: dict[str, pd.DataFrame]
    truth: dict[str, pd.DataFrame | float]


def make(customers: int = 8000, seed: int = plan.SEED, *, defects: bool = True, only: Sequence[str] = ALL) -> Teaching:
    """The company with `customers` true customers. `defects=False` gives a clean copy; `only` the canonical tables wanted.

    What is asked for changes no other table: `only=("orders",)` gives the same orders at a fraction of the work.
    Raises `ValueError` for a size below one or an unknown table.
    """
    strange = sorted(set(only) - set(ALL))
    if customers < 1 or strange:
        raise ValueError(
            f"expected at least one customer and tables among {', '.join(ALL)}; got {customers}, {strange}"
        )
    made = world(customers, seed, tuple(only), defects=defects)
    frames = tables(made, tuple(only))
    planted = Defects(seed)
    if defects:
        late(frames, planted)
    files = sources(frames)
    if defects:
        spoil(files, planted)
    return Teaching(files, truth(made, frames, planted.truth()))


def write(folder: str | Path, teaching: Teaching) -> None:
    """Write the exports into `folder`; the same company gives the same bytes."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in teaching.sources.items():
        write_source(folder, name, frame)


def main(folder: str | Path) -> None:
    """What `make data` does: the files of the default company, and the stories beside them."""
    made = make()
    write(folder, made)
    (Path(folder).parent / "STORIES.md").write_text(stories(made.sources, made.truth), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1])
