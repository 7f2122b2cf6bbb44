"""What `make` does, and where there is no make: `python -m crmlib setup`, then `review` and `test` in what that set up.

Needs a checkout and Python alone, and no package: it is what brings them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).parents[2]
LOCKS = {"run": "requirements.lock", "test": "requirements-test.lock"}
"""What a person sets up for, with the lock that says which packages."""
PYTEST = ("-m", "pytest", "-n", "auto")
RECIPES: dict[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
    "setup": ("run", ()),
    "setup --test": ("test", ()),
    "review": ("run", (("-m", "crmlib", "review", "datasets/teaching/company.toml", "--force"),)),
    "test": (
        "test",
        (
            (*PYTEST, "--dist", "worksteal", "tests"),
            ("-c", "from crmlib.run.lab import freeze_teaching; freeze_teaching()"),
            (*PYTEST, "--dist", "loadfile", "--nbval-lax", "-p", "no:randomly", "-p", "tests.nbval_ipc", "chapters", "exercises"),
        ),
    ),
}  # fmt: skip
"""What is asked, with what it needs set up and what it runs there, one after the other."""


def made(arguments: Sequence[str]) -> int | None:
    """The exit code of what was asked; None where it is the command line's, whose packages are here."""
    asked = " ".join(arguments)
    if asked in RECIPES and (ROOT / LOCKS["run"]).exists():
        kind, steps = RECIPES[asked]
        code = _set_up(kind)
        for step in steps:
            code = code or _run(_python(), *step)
        return code
    if find_spec("typer") is not None:
        return None
    if not _python().exists():
        return _say("its packages are not here; set them up with: python -m crmlib setup")
    return subprocess.run([str(_python()), "-m", "crmlib", *arguments], check=False).returncode


def _set_up(kind: str) -> int:
    """Make .venv from a lock, where it is older than that or not there: with uv where it is on the path, else with pip."""
    if sys.version_info < OLDEST:
        return _say("Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ...")
    lock, stamp = ROOT / LOCKS[kind], ROOT / ".venv" / f".{kind}"
    if stamp.exists() and all(stamp.stat().st_mtime >= p.stat().st_mtime for p in (lock, ROOT / "pyproject.toml")):
        return 0
    print(f"Setting up .venv from {lock.name} (once; about two minutes with pip)", flush=True)
    if uv := shutil.which("uv"):
        install: tuple[object, ...] = (uv, "pip", "install", "--quiet", "--no-deps", "--python", _python())
        steps = [
            (uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, ".venv"),
            (*install, "--compile-bytecode", "--require-hashes", "-r", lock.name),
            (*install, "--no-build-isolation", "-e", "."),
        ]
    else:
        install = (_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
        steps = [
            (sys.executable, "-m", "venv", ".venv"),
            (*install, "--require-hashes", "-r", lock.name),
            (*install, "--no-build-isolation", "-e", "."),
        ]
    for step in steps:
        if code := _run(*step):
            return code
    for done in (kind, "run"):
        (ROOT / ".venv" / f".{done}").touch()
    return 0


def _python() -> Path:
    return ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _run(*command: object) -> int:
    return subprocess.run([str(part) for part in command], cwd=ROOT, check=False).returncode


def _say(line: str) -> int:
    print(f"crmlib: {line}", file=sys.stderr)
    return 2
