"""What a company does with a review that nobody waited for: its own program, called when asked, and again where it fails."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import sleep

from crmlib.vocabulary.errors import CrmlibError

FIRST_PAUSE = 5.0
"""Seconds before the second try; each later pause is twice as long."""


class HookError(CrmlibError):
    """A company's program that is not there or does not end well; one line."""


def command_of(program: str) -> list[str]:
    """The words of a command whose program is there. Raises `HookError`."""
    try:
        words = shlex.split(program, posix=os.name != "nt")
    except ValueError as error:
        raise HookError(f"--hook: {program!r} is no command ({error})") from None
    if not words or shutil.which(words[0]) is None:
        raise HookError(
            f"--hook: no program {words[0] if words else ''!r} that can be run; name one on the path, or by its file"
        )
    return words


def call(command: list[str], review: Path, tries: int, say: Callable[[str], None]) -> None:
    """Run a command with the folder of a review behind its words, up to so many times. Raises `HookError` after the last."""
    code = 0
    for attempt in range(tries):
        if attempt:
            pause = FIRST_PAUSE * 2 ** (attempt - 1)
            say(f"{command[0]} ended with code {code}; once more in {pause:g} seconds")
            sleep(pause)
        code = subprocess.run([*command, str(review)], check=False).returncode
        if code == 0:
            return
    raise HookError(f"{review}: the review is whole, but {command[0]} ended with code {code} ({tries} tries)")
