"""Kernels that talk over IPC where the system has it: their sockets lie in a short folder of their own, so no two can race for
a port. Elsewhere they talk over ports of this machine alone.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

import psutil  # type: ignore[import-untyped]
import zmq
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from crmlib.run.folders import held_folder

TRANSPORT = "ipc" if zmq.has("ipc") else "tcp"
LONGEST_SOCKET_FOLDER = 60
"""Characters; a socket's path may have about 100 in all."""


class ThisPython(KernelSpecManager):
    """Whatever kernel a notebook names, run this very interpreter: the one that has the library."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel of `sys.executable`."""
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python", metadata={"debugger": False})

    def find_kernel_specs(self) -> dict[str, str]:
        """One kernel, python3."""
        return {"python3": ""}


@dataclass
class Kernels:
    """The kernels of one run: where their sockets lie, which are alive, and whether the run was called off."""

    sockets: Path
    called_off: Event = field(default_factory=Event)
    _alive: set[int] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)
    _count: int = 0

    def manager(self) -> AsyncKernelManager:
        """A kernel manager for one more kernel."""
        with self._lock:
            self._count += 1
            name = f"k{self._count}"
        file = str(self.sockets / f"{name}.json")
        return AsyncKernelManager(
            transport=TRANSPORT, connection_file=file, kernel_spec_manager=ThisPython(), kernel_name="python3"
        )

    def started(self, pid: int) -> None:
        """Remember a kernel; at once killed when the run was called off meanwhile."""
        with self._lock:
            self._alive.add(pid)
        if self.called_off.is_set():
            self.kill(pid)

    def ended(self, pid: int) -> None:
        """Forget a kernel."""
        with self._lock:
            self._alive.discard(pid)

    def call_off(self) -> None:
        """Kill every kernel and let no chapter start another."""
        self.called_off.set()
        with self._lock:
            alive = sorted(self._alive)
        for pid in alive:
            self.kill(pid)

    def kill(self, pid: int) -> None:
        """Kill a kernel and what it started: it leads a process group of its own."""
        _kill(pid)


def _kill(leader: int) -> None:
    """Kill a process and what it started: its group, or where a system has no such, all that descend from it."""
    with suppress(ProcessLookupError, PermissionError, psutil.Error):
        if hasattr(os, "killpg"):
            os.killpg(leader, signal.SIGKILL)
        else:
            process = psutil.Process(leader)
            for one in (*process.children(recursive=True), process):
                one.kill()


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder for a while, with a path short enough for sockets."""
    base = tempfile.gettempdir()
    parent = Path(base if len(base) <= LONGEST_SOCKET_FOLDER or TRANSPORT != "ipc" else "/tmp")
    with held_folder(parent, "crmkernels-", _end_left) as folder:
        yield folder


def _end_left(sockets: Path) -> None:
    """Kill the kernels whose sockets lie in this folder: one that stands still does not notice that its run was killed."""
    for process in psutil.process_iter(["cmdline"]):
        if any(argument.startswith(f"{sockets}{os.sep}") for argument in process.info["cmdline"] or ()):
            _kill(process.pid)


@contextmanager
def kernels() -> Iterator[Kernels]:
    """The kernels of one run; at the end all are gone and so is their socket folder."""
    with short_folder() as folder:
        running = Kernels(folder)
        try:
            yield running
        finally:
            running.call_off()
