"""No traceback reaches a user: what can go wrong in a command is one line on standard error, and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import typer
import typer.exceptions

from crmlib.vocabulary.errors import CrmlibError

STOPPED = 130
FULL = (errno.ENOSPC, errno.EDQUOT)
LONGEST = 2000
"""Characters of a line that says what went wrong: a value that it names may be of any length."""
MENDS = {
    **dict.fromkeys(FULL, "; make room there, then run it again"),
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS), "; make it readable and writable, or name another folder"
    ),
    **dict.fromkeys(
        (errno.ENOTDIR, errno.EEXIST, errno.EISDIR), "; a file stands where a folder is needed, or a folder for a file"
    ),
    errno.ENAMETOOLONG: "; give it a shorter name",
}
"""What mends a file or folder that cannot be used, by the system's number of the error."""


stopping = Event()
"""Set once somebody asked that the command stop."""


def stop(_signal: int, _frame: object) -> None:
    """Handle a signal: stop what runs. What was interrupted may swallow the exception, so who waits looks at `stopping` too."""
    stopping.set()
    raise KeyboardInterrupt


def guarded(run: Callable[[], Any], given: Sequence[str] = ()) -> int:
    """The exit code of a command that was `given` these arguments; what went wrong is said in one line."""
    try:
        code = run()
        if code == STOPPED:
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except typer.Exit as left:
        return int(left.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        kept = "; the chapters that were whole are kept for --resume" if "review" in given[:1] else ""
        return _say(f"stopped{kept}", STOPPED, given)
    except typer.exceptions.TyperException as error:
        return _say(getattr(error, "format_message", error.__str__)(), 2, given)
    except CrmlibError as error:
        return _say(str(error), 2, given)
    except Exception as error:
        from crmlib.run.faults import said

        if isinstance(error, OSError) and (error.errno in FULL or _named(error.filename, given)):
            where = f"{error.filename}: " if error.filename else ""
            return _say(f"{where}{error.strerror or error}{MENDS.get(error.errno or 0, '')}", 2, given)
        return _say(said(error), 1, given)


def _named(file: Any, given: Sequence[str]) -> bool:
    """Whether a file is one that the command was given, lies in such a folder or beside the company's, or among the reviews."""
    if not isinstance(file, (str, bytes)):
        return False
    names = [Path(os.path.realpath(text.rpartition("=")[2])) for text in (*given, "reviews") if text]
    homes = [name.parent if name.suffix == ".toml" else name for name in names]
    return any(Path(os.path.realpath(os.fsdecode(file))).is_relative_to(home) for home in homes)


def _say(line: str, code: int, given: Sequence[str]) -> int:
    told = " ".join(line.split())
    told = f"{told[:LONGEST]}{'…' if len(told) > LONGEST else ''}"
    if "--log=json" in "=".join(given):
        from crmlib.run.progress import event

        event("failed", message=told, code=code)
    else:
        print(f"crmlib: {told}", file=sys.stderr)
    return code
