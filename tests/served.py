"""Servers in processes of their own, and what they answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from unittest.mock import patch

from playwright.sync_api import Page, sync_playwright

from crmlib.run import lab
from crmlib.run.publish import free_port

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Debian's browser, and how the tests open it."""
PATIENCE = 240
"""Steps of waiting for a server, half a second each."""


def answers(url: str, **headers: str) -> tuple[int, str]:
    """Status and text of a page; 0 while nobody listens."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=120) as page:
            return page.status, page.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode("utf-8", "replace")
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return 0, ""


@contextmanager
def served(command: list[str], url: str, cwd: Path, *, ready: int = 200) -> Iterator[None]:
    """A server in a process of its own, ready when `url` answers so; ended by its own process id."""
    process = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    pause = Event()
    try:
        for _step in range(PATIENCE):
            if answers(url)[0] == ready:
                break
            assert process.poll() is None, process.communicate()[1]
            pause.wait(0.5)
        else:
            raise AssertionError(f"nothing answered at {url}")
        yield
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@contextmanager
def lab_page(tmp_path: Path, *, height: int, wait: float) -> Iterator[tuple[Page, str, Path]]:
    """A page of JupyterLab on a trainee's copy of their own: the page, where it is served, and the folder of the copy.

    JupyterLab takes out of the page what is far from the part in view: `height` (pixels) is so tall that all of it is in view.
    `wait` is in milliseconds.
    """
    place, port = lab.workplace(tmp_path / "mine"), free_port(0)
    home = f"http://127.0.0.1:{port}"
    code = (
        "from pathlib import Path; from crmlib.run import lab; lab.freeze_teaching = lambda _teaching: None; "
        f"lab.serve(Path({str(place)!r}), port={port}, browser=False, allow_root=True)"
    )
    with (
        patch.dict(os.environ, {"JUPYTER_TOKEN": "t"}),
        sync_playwright() as playwright,
        served([sys.executable, "-c", code], f"{home}/api", tmp_path),
    ):
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1300, "height": height})
        page.goto(f"{home}/lab?token=t", timeout=wait)
        yield page, home, place
        browser.close()


def voila(place: Path, port: int, **given: object) -> list[str]:
    """The command that serves the review of `place` with its small chapters."""
    review, chapters = place / "reviews" / "acme" / "2026-10", place / "chapters"
    code = (
        "from pathlib import Path; from crmlib.run.publish import serve; "
        f"serve(Path({str(review)!r}), port={port}, chapters=Path({str(chapters)!r}), **{given!r})"
    )
    return [sys.executable, "-c", code]
