"""Study: how long the review of the teaching company takes here and in another checkout, run in turn.

`python -m tests.studies review --against FOLDER [--times 5]` prints the seconds of each run and the median of the ratios.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic

ROOT = Path(__file__).parents[1]


def seconds(checkout: Path, out: Path) -> float:
    """Wall time of one whole review, from a process of its own."""
    begun = monotonic()
    subprocess.run(
        [sys.executable, "-m", "crmlib.run.cli", "review", "datasets/teaching/company.toml", "--force", "--out", str(out)],
        cwd=checkout, env={**os.environ, "PYTHONPATH": str(checkout)}, check=True, capture_output=True,
    )  # fmt: skip
    return monotonic() - begun


def main(arguments: list[str]) -> int:
    """Run both in turn."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies review")
    parser.add_argument("--against", type=Path, required=True)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args(arguments)
    ratios = []
    with TemporaryDirectory() as out:
        for i in range(given.times):
            here, there = seconds(ROOT, Path(out) / "here"), seconds(given.against.resolve(), Path(out) / "there")
            ratios.append(here / there)
            print(f"  run {i + 1}: here {here:.1f} s, there {there:.1f} s, ratio {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {median(ratios):.2f}")
    return 0
