"""A review that is killed, stopped or out of disk at each of its steps in turn: every write, rename and deletion is one.

`python -m tests.killed HOW FOLDER [--force] [--third 1]` prints what was wrong after each step (with `--third`, after every third
from that one on), and which was the last. It is a process of its own because it forks at every step: nothing else may run in it.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from mmap import mmap
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any, Literal

from nbformat.v4 import new_output

from crmlib.run import cli, review
from crmlib.run.engine import Done
from crmlib.run.folders import Place, damage, noted_of, sha256
from crmlib.show.findings import ACTIONS_MIME, FINDINGS_MIME
from tests.small_company import Border, action, finding, notebook, write_chapters, write_company

How = Literal["killed", "stopped", "full"]
CODES = {"killed": 137, "stopped": 130, "full": 2}
MONTHS = ("2026-09", "2026-10")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.truncate"}
DONE = ("a2610-002", "2026-11-03", "reached")
"""What a person wrote into the list of the month that is made anew."""


def chapters(folder: Path) -> None:
    """Three chapters that have been executed already."""
    shown: dict[str, dict[str, Any]] = {
        "01_importance": {FINDINGS_MIME: [finding(0.1), finding(0.2, segment="high_value")]},
        "05_proactive_service": {ACTIONS_MIME: [action(i, action_id=f"a2610-{i:03}") for i in (1, 2, 3)]},
        "06_evaluation": {FINDINGS_MIME: [finding(0.3, kpi="churn_rate")]},
    }
    for name, data in shown.items():
        made = notebook(name, "0")
        made.cells[-1].outputs = [new_output("display_data", {"text/html": "<p>x</p>", "text/plain": "x", **data})]
        write_chapters(folder, **{f"_{name}": made})


def run(home: Path, month: str, *more: str) -> tuple[int, str]:
    """The command in this process, in `home`: exit code and what it said."""
    said = StringIO()
    arguments = ["review", str(home / "co" / "company.toml"), "--out", str(home / "reviews"), "--month", month]
    with redirect_stderr(said), redirect_stdout(said):
        try:
            cli.main([*arguments, "--chapters", str(home / "chapters"), "--workers", "1", *more])
        except SystemExit as left:
            return int(left.code or 0), said.getvalue()
    return -1, said.getvalue()


def apart(work: Callable[[], int]) -> int:
    """The exit code of `work` in a child of this process."""
    child = os.fork()
    if not child:
        code = 99
        try:
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def at_step(n: int, how: How, under: Path, reached: mmap) -> None:
    """From here on this process ends, is interrupted, or finds the disk full at its n-th step under a folder; `reached` tells."""
    steps = 0

    def step(event: str, given: tuple[Any, ...]) -> None:
        nonlocal steps
        if event == "open":
            if not (isinstance(given[2], int) and given[2] & WRITING):
                return
        elif event not in CHANGES:
            return
        if (
            not (isinstance(given[0], (str, os.PathLike)) and str(given[0]).startswith(str(under)))
            and event != "os.remove"
        ):
            return
        steps += 1
        if steps < n or (steps > n and how != "full"):
            return
        reached[0] = 1
        if how == "killed":
            os._exit(CODES[how])
        if how == "stopped":
            raise KeyboardInterrupt
        if event not in ("os.remove", "os.rmdir"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(given[0]))

    sys.addaudithook(step)


def prepared(home: Path, *, force: bool) -> None:
    """A company with the first month reviewed, and the second where it is to be replaced, with a person's words in its list."""
    write_company(home / "co")
    chapters(home / "chapters")
    for month in MONTHS if force else MONTHS[:1]:
        code, said = run(home, month)
        assert code == 0, said
    if force:
        listed = home / "reviews" / "acme" / MONTHS[1] / "private" / "actions.csv"
        text, empty = listed.read_text("utf-8-sig"), f",,,,{DONE[0]}"
        assert text.count(empty) == 1
        listed.write_text(text.replace(empty, f",,{DONE[1]},{DONE[2]},{DONE[0]}"), encoding="utf-8")
        (listed.parent / "note.txt").write_text("call back", encoding="utf-8")


def state(home: Path) -> dict[str, str]:
    """What lies among the reviews: every name, with the hash of what must be the same to the byte."""
    kept = ("kpis.csv", "actions.csv", "note.txt", "index.html")
    names = {p.relative_to(home) for folder in ("reviews", "tmp") for p in (home / folder).rglob("*")}
    return {str(n): sha256(home / n) if n.name in kept else "" for n in sorted(names) if ".lock" not in n.name}


def broken(home: Path, *, force: bool) -> list[str]:
    """What must not be, whatever happened: a month by halves, or one that is gone with what a person wrote."""
    place = Place(home / "reviews" / "acme", MONTHS[1])
    found = []
    for folder in (place.company / MONTHS[0], place.whole, place.old):
        if folder.exists():
            found += filter(None, [damage(folder)])
            written = json.loads((folder / "manifest.json").read_text("utf-8"))["outputs"]
            now = noted_of(folder)
            mine = {n: h for n, h in written.items() if not n.endswith("actions.csv")}
            found += [f"{folder.name}: {n} is another" for n, h in mine.items() if now.get(n) != h]
    if force:
        there = place.whole if place.whole.exists() else place.old
        if DONE[2] not in (there / "private" / "actions.csv").read_text("utf-8-sig"):
            found.append("a person's words are gone")
    return found


def after(home: Path, n: int, how: How, *, force: bool, expected: dict[str, str]) -> tuple[bool, list[str]]:
    """Whether there is an n-th step, and what is wrong after it and after the run that comes next."""
    more = ["--force"] if force else []
    reached = mmap(-1, 1)

    def first() -> int:
        at_step(n, how, home, reached)
        code, said = run(home, MONTHS[1], *more)
        lines = [line for line in said.splitlines() if line.startswith("crmlib:")]
        if code and (len(lines) != 1 or "fault of crmlib" in said or "Traceback" in said):
            print(f"step {n}: {said}", file=sys.__stdout__, flush=True)
            return 98
        return code

    code = apart(first)
    if not reached[0]:
        return False, [] if code == 0 else [f"exit code {code} without being {how}"]
    # What could not be deleted is nobody's concern: a review that is whole by then may end well.
    found = [] if code in (CODES[how], 0) else [f"exit code {code}"]
    found += broken(home, force=force)

    def again() -> int:
        code, said = run(home, MONTHS[1], "--resume", *more)
        if code:
            print(f"step {n}, next run: {said}", file=sys.__stdout__, flush=True)
        return code

    code = apart(again)
    found += [f"the next run ends with {code}"] if code else []
    now = state(home)
    found += [f"{name} is another" for name in expected if name in now and now[name] != expected[name]]
    found += [f"{name} is missing" for name in expected if name not in now]
    found += [f"{name} is left over" for name in now if name not in expected]
    return True, [f"step {n}: {line}" for line in found]


def main(how: How, folder: Path, *, force: bool, third: int) -> int:
    """Every step in turn, or every third from `third` on; the exit code says whether all held."""
    base, work = folder / "base", folder / "work"
    # Manifests and pages name no folder, so that a copy is as good as the original.
    os.environ["TMPDIR"] = str(work / "tmp")
    # What a process has written outlives it; only a machine that fails needs this, and it takes most of the time.
    os.fsync = lambda _file: None  # type: ignore[assignment]
    review.execute = executed  # type: ignore[assignment]
    review.review.__kwdefaults__["ingest"] = Border()
    (work / "tmp").mkdir(parents=True)
    prepared(work, force=force)  # Here, so that no child loads and compiles what all need.
    work.rename(base)

    def fresh() -> None:
        rmtree(work, ignore_errors=True)
        copytree(base, work)

    fresh()
    assert apart(lambda: run(work, MONTHS[1], *(["--force"] if force else []))[0]) == 0
    expected, n, wrong, apace = state(work), third or 1, 0, 3 if third else 1
    while True:
        fresh()
        there, found = after(work, n, how, force=force, expected=expected)
        wrong += len(found)
        for line in found:
            print(line, flush=True)
        if not there:
            break
        n += apace
    print(f"{n - apace} steps, {wrong} wrong")
    return int(wrong > 0)


def executed(made: Any, _parameters: Any, **_more: Any) -> Done:
    """In place of kernels: the chapter as it is."""
    return Done(made, 0.1, 1, (), None)


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m tests.killed")
    parser.add_argument("how", choices=CODES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--third", type=int, choices=(1, 2, 3), default=0)
    given = parser.parse_args()
    sys.exit(main(given.how, given.folder.resolve(), force=given.force, third=given.third))
