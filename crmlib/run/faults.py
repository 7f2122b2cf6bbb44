"""A fault of this program: said in one line without a word of the data, its traceback kept on this machine."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
import traceback
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from crmlib import __version__
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.language import N_

HELD = Held(
    "*.log", N_("logs of faults of the program, on this machine"), N_("to mend the program"), "private", in_text=True
)
STATE = ("XDG_STATE_HOME", "LOCALAPPDATA")
"""Where a system may say that programs keep what is their own."""
_COLOURS = re.compile(r"\x1b\[[\d;]*m")


def said(error: BaseException) -> str:
    """What a person is told of an exception that is nobody's to mend but ours: kind, place, log, and what to do with it."""
    inside = [f for f in traceback.extract_tb(error.__traceback__) if "crmlib" in Path(f.filename).parts]
    where = f" at {Path(inside[-1].filename).name}:{inside[-1].lineno}" if inside else ""
    log = kept("".join(traceback.format_exception(error)))
    return (
        f"a fault of crmlib, not of your data ({type(error).__name__}{where}); its traceback is in {log}: "
        "look through that file for personal data, then send it to whoever keeps crmlib for you"
    )


def kept(trace: str) -> Path:
    """The log file, readable by its owner only, into which a traceback was written; in the temporary folder if nowhere else."""
    told = f"crmlib {__version__}, Python {platform.python_version()}, {platform.platform()}\n{' '.join(sys.argv)}\n\n"
    name = f"{datetime.now():%Y%m%d-%H%M%S-%f}-{os.getpid()}.log"
    for folder in _folders():
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            continue
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(told + _COLOURS.sub("", trace).rstrip() + "\n")
        return folder / name
    return Path(os.devnull)


def logs() -> list[Path]:
    """The log files that are there."""
    return sorted({file for folder in _folders() if folder.is_dir() for file in folder.glob("*.log")})


def _folders() -> Iterator[Path]:
    yield from (Path(os.environ[name]) / "crmlib" for name in STATE if os.environ.get(name))
    home = Path("~").expanduser()
    if home.is_absolute():
        yield home / ".local" / "state" / "crmlib"
    yield Path(tempfile.gettempdir()) / "crmlib"


def mendable(kind: type[CrmlibError] = CrmlibError) -> set[str]:
    """Names of the errors that a user can mend, of the modules loaded so far."""
    return {kind.__name__}.union(*(mendable(below) for below in kind.__subclasses__()))
