"""JupyterLab on the chapters and exercises, once the teaching company's tables are there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from shutil import rmtree

import psutil  # type: ignore[import-untyped]

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.run.checking import ahead, step_called
from crmlib.run.folders import held_folder
from crmlib.run.personal_copy import bring, bring_data
from crmlib.run.progress import Bars
from crmlib.run.publish import free_port
from crmlib.run.shipped import shipped
from crmlib.show.attempts import MARKER
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.language import _
from crmlib.vocabulary.policy import load

WORKPLACE = Path("crmlib-course")
"""Folder in a person's home that holds their courses, by name."""
TEACHING = "datasets/teaching"
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
"""JupyterLab asks no network and no trainee whether there is news."""


class LabError(CrmlibError):
    """The teaching company is not there; one line."""


def freeze_teaching(teaching: Path = shipped(TEACHING)) -> Path:
    """The folder of the teaching company's frozen tables, made where it is missing or older than its sources.

    Never there by halves. Raises `LabError`.
    """
    tables = teaching / "tables"
    frozen = tables / "orders.parquet"
    sources = [p for p in teaching.glob("*.*") if p.is_file() and not p.name.startswith(".")]
    if frozen.exists() and all(p.stat().st_mtime <= frozen.stat().st_mtime for p in sources):
        return tables
    if not (teaching / "company.toml").exists():
        raise LabError(f"{teaching}: the teaching company is not there; in a checkout `make data` makes it")
    company = load_description(teaching / "company.toml")
    with held_folder(teaching, ".tables-") as draft:
        with Bars() as bars, bars.steps(ahead(company, frozen=True), step_called) as told:
            ingest(company, draft, policy=load(company.policy), told=told)
        rmtree(tables, ignore_errors=True)
        (draft / "tables").rename(tables)
    return tables


def workplace(folder: Path | None = None, name: str = "") -> Path:
    """Where a trainee works: a copy of chapters, exercises and the teaching company of their own, in `~/crmlib-course/<name>`.

    One that is there already is gone on with: what the trainee wrote stays, the rest is brought up to date. Raises `LabError`.
    """
    place = where(folder, name)
    if place.exists() and any(place.iterdir()) and not (place / MARKER).exists() and not (place / "chapters").exists():
        raise LabError(f"{place}: holds other things; name an empty or a new folder to work in")
    if (place / "crmlib").is_dir() and (place / "pyproject.toml").exists():
        raise LabError(f"{place}: the course itself; name another folder, so that nothing a trainee does touches it")
    bring(place)
    bring_data(TEACHING, place)
    return place


def where(folder: Path | None = None, name: str = "") -> Path:
    """The folder of a trainee's copy. Raises `LabError` for a name that is no name of a folder."""
    if folder is not None:
        return folder.absolute()
    name = name or getuser()
    if name in (".", "..") or set(name) & set('/\\\0:*?"<>|'):
        raise LabError(f"--name: {name!r} is no name of a folder")
    return Path.home() / WORKPLACE / name


def serve(
    folder: Path | None = None,
    *,
    name: str = "",
    port: int | None = None,
    browser: bool = True,
    allow_root: bool = False,
    page: str = "chapters",
) -> int:
    """Run JupyterLab in the `workplace`, opened on `page`, until it ends; the exit code. Raises `LabError`."""
    root = _as_root()
    if root and not allow_root:
        line = _("Started as root: whoever reaches JupyterLab, at this machine only, has root's rights.")
        print(line, file=sys.stderr, flush=True)
    place = workplace(folder, name)
    print(_("Your copy: {place}").format(place=place), file=sys.stderr, flush=True)
    print(_("Getting the teaching company's tables ready …"), file=sys.stderr, flush=True)
    freeze_teaching(place / TEACHING)
    settings = place / MARKER / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "overrides.json").write_text(json.dumps(QUIET), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--LabApp.app_settings_dir={settings}",
        f"--ServerApp.root_dir={place}",
        f"--LabApp.default_url=/lab/tree/{page}",
    ]
    if port is not None:
        command += [f"--ServerApp.port={free_port(port)}", "--ServerApp.port_retries=0"]
    if root or allow_root:
        command += ["--allow-root"]
    if not browser:
        command += ["--no-browser"]
    return run(command)


def _as_root() -> bool:
    """Whether this runs with the rights of root; no where a system has no such user."""
    uids = getattr(psutil.Process(), "uids", None)
    return uids is not None and uids().effective == 0


def run(command: list[str]) -> int:
    """Run a program, and hand on to it what would end this one; its exit code, above 128 where a signal ended it."""
    with subprocess.Popen(command) as process, _handed_on(process):
        code = process.wait()
    return code if code >= 0 else 128 - code


@contextmanager
def _handed_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Ctrl-C at a terminal reaches both: the program asks whether to end, and is waited for. Any other end is handed on."""

    def end(_signal: int, _frame: object) -> None:
        process.terminate()

    others = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in others}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
