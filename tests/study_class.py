"""Study: a class of thirty, right, wrong, empty, crashed, endless and hostile, marked side by side and by nbgrader in series.

`python -m tests.studies class [--trainees 30] [--timeout 30]`: how long each takes and how many times as fast, whether the marks
are the same to the byte, what each kind of submission gets, and whether the honest ones get what they get in a class without the
others.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from shutil import rmtree
from tempfile import TemporaryDirectory
from time import perf_counter

from crmlib.run import class_flow
from crmlib.run.class_folder import lay
from crmlib.run.class_judging import CONFIG, judging
from crmlib.run.confined import landlock
from tests.class_of import TRAPS, write_class

HONEST = ("right", "wrong", "wrong", "right", "wrong", "empty")
WORKERS = 2
MOST, FASTER = 240.0, 1.7


def kinds_of(trainees: int) -> dict[str, str]:
    """Names with kinds: one of each trap, one that looks around, and honest ones."""
    traps = ["looking", *TRAPS][: max(0, trainees - len(HONEST))]
    honest = [HONEST[n % len(HONEST)] for n in range(trainees - len(traps))]
    return {f"t{n:02}-{kind}": kind for n, kind in enumerate([*traps, *honest])}


def nbgrader(home: Path, *command: str) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    asked = [sys.executable, "-m", "nbgrader", *command]
    subprocess.run(asked, cwd=home, env={**os.environ, "PATH": path}, capture_output=True, check=True)


def exported(home: Path) -> bytes:
    nbgrader(home, "export", "--to", "grades.csv")
    return (home / "grades.csv").read_bytes()


def marks(export: bytes) -> dict[str, float]:
    """Points by trainee."""
    return {row["student_id"]: float(row["score"]) for row in csv.DictReader(export.decode().splitlines())}


def made(place: Path, kinds: dict[str, str], chapter: str, timeout: int) -> Path:
    """A class whose submissions are collected; each of a kind is the same in every class."""
    home = place / "class"
    lay(home, [chapter])
    text = (home / CONFIG).read_text(encoding="utf-8").replace("timeout = 30", f"timeout = {timeout}")
    (home / CONFIG).write_text(text, encoding="utf-8")
    class_flow.release(home, chapter)
    first = next(iter(kinds))
    looks = [home / "gradebook.db", home / "submitted" / first / chapter / "progress.jsonl", Path(class_flow.__file__)]
    exercise = judging(home / "source" / chapter).exercise
    write_class(place / "copies", exercise, kinds, lambda: [str(path) for path in looks])
    class_flow.collect(home, [place / "copies"], [chapter], print)
    return home


def computed() -> float:
    """Seconds of processor that this process and those that it ended have taken."""
    return sum(sum(getrusage(whose)[:2]) for whose in (RUSAGE_SELF, RUSAGE_CHILDREN))


def graded(home: Path, chapter: str) -> tuple[float, bytes]:
    """Seconds and marks, side by side."""
    begun, taken = perf_counter(), computed()
    class_flow.grade(home, chapter, WORKERS, print)
    seconds = perf_counter() - begun
    print(f"  {seconds:.0f} s, of processor {computed() - taken:.0f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    return seconds, exported(home)


def cost_of(home: Path, chapter: str, names: Sequence[str]) -> list[float]:
    """Seconds to mark each of these submissions alone."""
    found = []
    for name in names:
        begun = perf_counter()
        nbgrader(home, "autograde", chapter, "--student", name, "--force")
        found.append(perf_counter() - begun)
    return found


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.studies class")
    parser.add_argument("--trainees", type=int, default=30)
    parser.add_argument("--timeout", type=int, default=30)
    asked = parser.parse_args(arguments)
    chapter, kinds = "01_importance", kinds_of(asked.trainees)
    print(f"{len(kinds)} submissions; Landlock {landlock() or 'is not there'}", flush=True)
    with TemporaryDirectory() as whole, TemporaryDirectory() as honest:
        home = made(Path(whole), kinds, chapter, asked.timeout)
        beside, export = graded(home, chapter)
        print(f"side by side, {WORKERS} at a time: {beside:.0f} s (at most {MOST:.0f})", flush=True)
        begun = perf_counter()
        nbgrader(home, "autograde", chapter, "--force")
        series = perf_counter() - begun
        same = exported(home) == export
        print(f"nbgrader autograde, in series: {series:.0f} s, {series / beside:.2f} times as long (at least {FASTER})")
        print(f"marks the same to the byte: {same}", flush=True)
        found = marks(export)
        for kind in dict.fromkeys(kinds.values()):
            print(f"  {kind:9}", " ".join(f"{found[name]:.0f}" for name, its in kinds.items() if its == kind))
        first = {kind: name for name, kind in reversed(kinds.items())}
        endless, right = cost_of(home, chapter, [first["endless"], first["right"]])
        print(
            f"an endless loop: {endless - right:.0f} s more than a right one, its time-out is {asked.timeout} s",
            flush=True,
        )
        alone = {name: kind for name, kind in kinds.items() if kind in HONEST}
        other = made(Path(honest), kinds, chapter, asked.timeout)
        for name in kinds.keys() - alone.keys():
            rmtree(other / "submitted" / name)
        unchanged = marks(graded(other, chapter)[1]) == {name: found[name] for name in alone}
        print(f"honest ones get the same in a class without the others: {unchanged}")
    return int(not (same and unchanged and beside <= MOST and series >= FASTER * beside))
