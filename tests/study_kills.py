"""Study: real reviews killed at random moments leave no half folder, no wrong byte and no process, and the next run ends well.

`python -m tests.studies kills [--times 100] [--seed 1]` runs the review of a small company with light chapters, kills it (the
process alone or its group; SIGKILL, SIGTERM or SIGINT; a third of the time while it is publishing, a tenth while a kernel stands
still), looks at what is left, resumes it, and compares every figure with an undisturbed run.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random
from shutil import copytree, rmtree
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic

import psutil

from crmlib.run.folders import Place, damage, noted_of, sha256
from tests.small_company import action, emits, finding, notebook, write_chapters, write_company

ROOT = Path(__file__).parents[1]
MONTH = "2026-10"
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
GRACE = 10.0
"""Seconds within which a kernel notices that its run is gone."""
KEPT = ("kpis.csv", "actions.csv")
pause = Event()


def prepared(home: Path) -> None:
    """A company with people, one month reviewed, three light chapters."""
    company = write_company(home / "co")
    people = ["customer,name"] + [f"K-{i:04},Person {i}" for i in range(40)]
    (home / "co" / "customers.csv").write_text("\n".join(people) + "\n", encoding="utf-8")
    with company.open("a", encoding="utf-8") as file:
        file.write('[customers]\nfrom = "customers.csv"\n[customers.fields]\ncustomer_id = "customer"\nname = "name"\n')
    works = "sum(i * i for i in range(2_000_000))"
    write_chapters(
        home / "chapters",
        _01_importance=notebook("First", works, emits([finding(0.1)])),
        _05_proactive_service=notebook(
            "Fifth", works, emits([finding(0.2, kpi="churn_rate")], [action(i) for i in range(1, 9)])
        ),
        _06_evaluation=notebook("Sixth", works, emits([finding(0.3, kpi="active_customers")])),
    )
    (home / "tmp").mkdir()
    assert run(home, "--month", "2026-09").wait() == 0


def run(home: Path, *more: str) -> subprocess.Popen[bytes]:
    """A review in a process group of its own."""
    command = [sys.executable, "-m", "crmlib.run.cli", "review", "co", "--chapters", "chapters", *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(home / "tmp")}
    return subprocess.Popen(
        command, cwd=home, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def kernels(home: Path) -> list[psutil.Process]:
    """Living processes whose sockets lie in the company's temporary folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        mine = any(str(home / "tmp") in argument for argument in process.info["cmdline"] or ())
        if mine and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def kill(home: Path, process: subprocess.Popen[bytes], rng: Random, seconds: float) -> str:
    """End a run at a random moment; in words how."""
    how, publishing, still = rng.choice(SIGNALS), rng.random() < 1 / 3, rng.random() < 0.1
    place, begun = Place(home / "reviews" / "acme", MONTH), monotonic()
    moment = rng.uniform(0, 0.4) if publishing else rng.uniform(0, seconds)
    if publishing:
        while process.poll() is None and not (place.partial / "kpis.csv").exists():
            pause.wait(0.002)
    elif still:
        while process.poll() is None and not kernels(home):
            pause.wait(0.05)
        for kernel in kernels(home)[:1]:
            with suppress(psutil.NoSuchProcess):
                kernel.suspend()
    pause.wait(moment if publishing or not still else rng.uniform(0, 1))
    group = rng.random() < 0.5
    with suppress(ProcessLookupError):
        os.killpg(process.pid, how) if group else process.send_signal(how)
    process.wait()
    where = "publishing" if publishing else "a kernel standing still" if still else "any moment"
    return f"{how.name} to {'the group' if group else 'the process'}, {where}, after {monotonic() - begun:.2f} s"


def state(home: Path) -> dict[str, str]:
    """Every name among the reviews, with the hash of what must be the same to the byte."""
    names = {p.relative_to(home) for folder in ("reviews", "tmp") for p in (home / folder).rglob("*")}
    return {str(n): sha256(home / n) if n.name in KEPT else "" for n in sorted(names) if ".lock" not in n.name}


def halves(home: Path) -> list[str]:
    """Months that are there and not whole."""
    place, found = Place(home / "reviews" / "acme", MONTH), []
    for folder in (place.whole, place.old, place.company / "2026-09"):
        if folder.exists():
            found += filter(None, [damage(folder)])
            written = json.loads((folder / "manifest.json").read_text("utf-8"))["outputs"]
            now = noted_of(folder)
            found += [f"{name} is another" for name, hashed in written.items() if now.get(name) != hashed]
    return found


def once(
    home: Path, rng: Random, seconds: float, expected: dict[str, str], key: bytes
) -> tuple[str, dict[str, list[str]]]:
    """How a run was killed, and what was wrong after it and after the next."""
    how = kill(home, run(home, "--month", MONTH), rng, seconds)
    found = {"half folders": halves(home), "wrong bytes": [], "orphans": [], "next run": []}
    waited, stopped = monotonic(), psutil.STATUS_STOPPED
    while (left := [k for k in kernels(home) if k.status() != stopped]) and monotonic() - waited < GRACE:
        pause.wait(0.2)
    found["orphans"] += [f"{k.pid} {k.status()}" for k in left]
    code = run(home, "--month", MONTH, "--resume").wait()
    found["next run"] += [f"exit code {code}"] if code else []
    # One that stood still is ended by the next run.
    found["orphans"] += [f"{k.pid} {k.status()} after the next run" for k in kernels(home)]
    now = state(home)
    found["wrong bytes"] += [n for n in expected if now.get(n, "") != expected[n]]
    found["wrong bytes"] += [f"{n} too many" for n in now.keys() - expected.keys()]
    found["wrong bytes"] += [f"{n} missing" for n in expected.keys() - now.keys()]
    if (home / "co" / ".crmlib" / "key").read_bytes() != key:
        found["wrong bytes"].append("the key")
    return how, found


def main(arguments: list[str]) -> int:
    """Run the study; the exit code says whether all held."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies kills")
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    rng, wrong = Random(given.seed), dict.fromkeys(("half folders", "wrong bytes", "orphans", "next run"), 0)
    with TemporaryDirectory(prefix="ck-", dir="/tmp") as folder:
        base, home = Path(folder) / "base", Path(folder) / "w"
        home.mkdir()
        prepared(home)
        copytree(home, base)
        begun = monotonic()
        assert run(home, "--month", MONTH).wait() == 0
        seconds, expected, key = monotonic() - begun, state(home), (home / "co" / ".crmlib" / "key").read_bytes()
        for i in range(1, given.times + 1):
            rmtree(home)
            copytree(base, home)
            how, found = once(home, rng, seconds, expected, key)
            print(f"{i}: {how}", flush=True)
            for what, lines in found.items():
                wrong[what] += len(lines)
                for line in lines:
                    print(f"   {what}: {line}", flush=True)
    print(f"{given.times} kills: " + ", ".join(f"{n} {what}" for what, n in wrong.items()))
    return int(any(wrong.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
