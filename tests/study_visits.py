"""Study: how soon a reader sees a published page, beside plain Voila on the same chapter, and what twenty readers cost.

`python -m tests.studies visits [REVIEW] [--chapter 04_channels] [--visitors 20] [--seconds 300]` publishes a finished review
(the last one under reviews/ by default; `make review` makes one), opens each chapter in a browser right after the server answers,
does the same with plain Voila for one chapter, and then has so many visitors read for so long: errors, and the server's memory
before and after.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import psutil
from playwright.sync_api import Browser, sync_playwright

from crmlib.run.publish import find, free_port
from tests.served import ARGUMENTS, CHROMIUM, answers

ROOT = Path(__file__).parent.parent
FIRST = "performance.getEntriesByType('paint').find(e => e.name == 'first-contentful-paint')?.startTime ?? 0"


def started(command: list[str], url: str) -> subprocess.Popen[bytes]:
    """A server that answers."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while answers(url)[0] != 200:
        if process.poll() is not None:
            raise SystemExit(f"{command} ended")
    return process


def seen(browser: Browser, url: str, last: str) -> tuple[float, float]:
    """Seconds until something of a page is painted, and until `last` stands on it."""
    page, begun = browser.new_page(viewport={"width": 1280, "height": 900}), monotonic()
    page.goto(url, wait_until="commit")
    page.locator(last).last.wait_for(state="attached", timeout=300_000)
    page.wait_for_load_state("load")
    whole, first = monotonic() - begun, float(page.evaluate(FIRST)) / 1000
    page.close()
    return first, whole


def memory(process: subprocess.Popen[bytes]) -> float:
    """Megabytes of a process and what it started."""
    whole = psutil.Process(process.pid)
    return sum(p.memory_info().rss for p in (whole, *whole.children(recursive=True))) / 1e6


def read(home: str, names: list[str], until: float, seed: int) -> tuple[int, int, list[float]]:
    """Pages read and errors of one visitor, and seconds of each."""
    drawn, errors, taken = random.Random(seed), 0, []
    while monotonic() < until:
        begun = monotonic()
        errors += answers(f"{home}/{drawn.choice(names)}")[0] != 200
        taken.append(monotonic() - begun)
    return len(taken), errors, taken


def main(arguments: list[str]) -> int:
    """Print the seconds, the ratio, and what the visitors met; 1 where a page was not to be had."""
    parser = argparse.ArgumentParser(prog="python -m tests.studies visits")
    parser.add_argument("review", nargs="?", type=Path)
    parser.add_argument("--chapter", default="04_channels")
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=300)
    given = parser.parse_args(arguments)
    review = find(given.review, ROOT / "reviews")
    names = sorted(p.name for p in review.glob("*.html"))
    port = free_port(0)
    home = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "crmlib", "publish", str(review), "--port", str(port)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        server = started(command, f"{home}/index.html")
        ours = {name: seen(browser, f"{home}/{name}", "footer") for name in names}
        for name, (first, whole) in ours.items():
            print(f"{name:28} first content {first:.2f} s, whole {whole:.2f} s", flush=True)
        plain_port = free_port(0)
        plain = [
            sys.executable,
            "-m",
            "voila",
            f"chapters/{given.chapter}.ipynb",
            f"--port={plain_port}",
            "--no-browser",
        ]
        voila = subprocess.Popen(plain, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not answers_at(plain_port):
            pass
        _first, whole = seen(browser, f"http://127.0.0.1:{plain_port}/", ".crm-card")
        voila.terminate()
        print(
            f"plain Voila, {given.chapter}: whole {whole:.1f} s, {whole / ours[f'{given.chapter}.html'][1]:.0f} times as long"
        )
        browser.close()
    before, until = memory(server), monotonic() + given.seconds
    with ThreadPoolExecutor(given.visitors) as pool:
        met = list(pool.map(lambda seed: read(home, names, until, seed), range(given.visitors)))
    errors, taken = sum(m[1] for m in met), sorted(second for m in met for second in m[2])
    print(
        f"{given.visitors} visitors, {given.seconds:.0f} s: {len(taken):,} pages, {errors} errors, "
        f"median {statistics.median(taken):.3f} s, 99 % within {taken[int(len(taken) * 0.99)]:.3f} s; "
        f"memory {before:.0f} MB before, {memory(server):.0f} MB after"
    )
    server.terminate()
    return int(errors > 0)


def answers_at(port: int) -> bool:
    """Whether somebody listens there."""
    return any(
        c.laddr.port == port and c.status == psutil.CONN_LISTEN for c in psutil.net_connections("inet") if c.laddr
    )
