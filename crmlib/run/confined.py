"""Start a kernel that may read what it needs and nothing else: run as a file, with a description of its limits as argument.

Landlock (Linux 5.13 on) lets a process give up rights for good, whoever it runs as. What may be read is listed, what may be
written is its own scratch; TCP is shut from Linux 6.7 on, signals to other processes from 6.12 on. Memory, file size and
processor time are limits of the system. Only Python's own library is used: this runs before anything of a submission does.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

CREATE, ADD, RESTRICT = 444, 445, 446
"""Numbers of the system calls, the same on all machines but Alpha."""
NO_NEW_PRIVILEGES = 38
READ, LIST = 0b101, 0b1000
"""To read and run files; to list folders."""
OF_FILES = 0b1100000000000111
"""Rights that mean something for a file itself: run, write, read, shorten, control a device."""
ALL_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights there are to files, by version of Landlock."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scope", ctypes.c_uint64))


class _Below(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


def landlock() -> int:
    """The version of Landlock that this system has; 0 where it has none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, ctypes.CDLL(None, use_errno=True).syscall(CREATE, None, 0, 1))


def confine(readable: Iterable[str], listable: Iterable[str], writable: Iterable[str]) -> None:
    """Give up every right to files but these; what is not there is passed over. Raises `OSError`."""
    version, system = landlock(), ctypes.CDLL(None, use_errno=True)
    every = (1 << ALL_BY_VERSION.get(version, 16)) - 1
    rules = _Ruleset(every, 0b11, 0b11)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = system.syscall(CREATE, ctypes.byref(rules), size, 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "Landlock")
    for paths, rights in ((readable, READ | LIST), (listable, LIST), (writable, every)):
        for path in paths:
            _allow(system, ruleset, path, rights & every)
    if system.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) or system.syscall(RESTRICT, ruleset, 0):
        raise OSError(ctypes.get_errno(), "Landlock")
    os.close(ruleset)


def _allow(system: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rule = _Below(rights if Path(path).is_dir() else rights & OF_FILES, handle)
        if rule.rights and system.syscall(ADD, ruleset, 1, ctypes.byref(rule), 0):
            raise OSError(ctypes.get_errno(), "Landlock", path)
    finally:
        os.close(handle)


def limit(memory: int, seconds: int, file: int) -> None:
    """Bytes of memory of its own, seconds of processor time, and bytes of a file: of this process and each that it starts."""
    import resource  # not on Windows, where nothing is confined and a trainer is told so

    for what, most in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_FSIZE, file)):
        _soft, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def main(described: str, *command: str) -> None:
    """Become `command` in a clean environment, under the limits that the file says."""
    limits = json.loads(Path(described).read_text(encoding="utf-8"))
    os.chdir(limits["at"])
    # What a kernel says beside its cells is kept with it, for whoever looks for why it did not start.
    log = os.open(limits["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    limit(limits["memory"], limits["seconds"], limits["file"])
    if landlock():
        confine(limits["readable"], limits["listable"], limits["writable"])
    os.execve(command[0], command, limits["environment"])


if __name__ == "__main__":
    main(*sys.argv[1:])
