"""Where a submission is run: a kernel process of its own, in a scratch folder that holds the company and nothing else.

Home, temporary and working folder lie in the scratch; the environment is a new one. What confines the process is in `confined`.
"""

from __future__ import annotations

import json
import os
import shutil
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import matplotlib
import psutil  # type: ignore[import-untyped]
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from crmlib.run import confined
from crmlib.run.kernels import TRANSPORT, short_folder
from crmlib.vocabulary.shipping import CHECKOUT, PACKAGE, shipped

SYSTEM = (
    "/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/etc/timezone", "/etc/nsswitch.conf",
    "/etc/passwd", "/etc/mime.types", "/etc/locale.alias", "/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/proc/stat",
    "/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu", "/sys/fs/cgroup",
)  # fmt: skip
"""What any Python program reads of its system."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
HANDED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH")
"""Variables of the trainer's environment that a submission may see."""
FILE = 256 * 2**20
"""Bytes of the largest file that a submission may write."""
_LIVE: set[Path] = set()


class _Confined(KernelSpecManager):
    """Whatever kernel a notebook names, run this interpreter under the limits that a file describes."""

    def __init__(self, limits: Path) -> None:
        super().__init__()
        self.limits = limits

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel of `sys.executable`, confined."""
        kernel = [
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
            "--HistoryManager.enabled=False",
        ]
        argv = [sys.executable, "-I", str(confined.__file__), str(self.limits), *kernel]
        return KernelSpec(argv=argv, display_name="Python 3", language="python", metadata={"debugger": False})

    def find_kernel_specs(self) -> dict[str, str]:
        """One kernel, python3."""
        return {"python3": ""}


@contextmanager
def scratch_kernel(company: Iterable[tuple[Path, str]], *, memory: int, seconds: int) -> Iterator[AsyncKernelManager]:
    """A manager for one confined kernel. `company` are folders and files with the places in the scratch to which they are copied;
    `memory` is in bytes, `seconds` are of processor time. At the end the kernel, what it started and the scratch are gone.
    """
    with short_folder() as place:
        for name in ("kernel", "home", "temporary", "work"):
            (place / name).mkdir()
        for source, target in company:
            (place / target).parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, place / target)
        limits = place / "limits.json"
        limits.write_text(json.dumps(_limits(place, memory, seconds)), encoding="utf-8")
        _LIVE.add(place)
        try:
            yield AsyncKernelManager(
                transport=TRANSPORT,
                connection_file=str(place / "kernel" / "k.json"),
                kernel_spec_manager=_Confined(limits),
                kernel_name="python3",
            )
        finally:
            _LIVE.discard(place)
            _end(place)


def end_all() -> None:
    """Kill every kernel that runs now."""
    for place in list(_LIVE):
        _end(place)


def _limits(place: Path, memory: int, seconds: int) -> dict[str, object]:
    readable, listable = _readable()
    fonts = place / "home" / "matplotlib"
    fonts.mkdir()
    for list_of_fonts in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        shutil.copyfile(list_of_fonts, fonts / list_of_fonts.name)
    home = str(place / "home")
    own = {
        "HOME": home,
        "IPYTHONDIR": f"{home}/ipython",
        "MPLCONFIGDIR": str(fonts),
        "TMPDIR": str(place / "temporary"),
        "NBGRADER_EXECUTION": "autograde",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return {
        "at": str(place / "work"),
        "log": str(place / "home" / "kernel.log"),
        "memory": memory,
        "seconds": seconds,
        "file": FILE,
        "readable": [*SYSTEM, *DEVICES, *readable, str(place / "datasets")],
        "listable": [*listable, str(place)],
        "writable": ["/dev/null", *(str(place / name) for name in ("kernel", "home", "temporary", "work"))],
        "environment": {**{name: os.environ[name] for name in HANDED_ON if name in os.environ}, **own},
    }


def _readable() -> tuple[list[str], list[str]]:
    """What Python and its packages are, but for the exercises with their keys; and what of it may only be listed."""
    keys = shipped("exercises").resolve()
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    own = [*site.getsitepackages(), site.getusersitepackages()]
    roots = {
        sys.prefix,
        sys.base_prefix,
        sys.exec_prefix,
        *sysconfig.get_paths().values(),
        *own,
        *given,
        str(PACKAGE),
        str(PACKAGE.parent),
    }
    readable, listable = [], []
    for root in sorted({Path(root).resolve() for root in roots if root and Path(root).exists()}):
        if root == CHECKOUT:
            listable.append(str(root))
        elif keys.is_relative_to(root):
            listable.append(str(root))
            readable += [str(path) for path in _beside(root, keys)]
        else:
            readable.append(str(root))
    return readable, listable


def _beside(root: Path, hidden: Path) -> Iterator[Path]:
    """Everything below `root` but what lies below `hidden`, in as few folders as say it."""
    for path in sorted(root.iterdir()):
        if path.resolve() == hidden:
            continue
        if hidden.is_relative_to(path.resolve()) and path.is_dir():
            yield from _beside(path, hidden)
        else:
            yield path


def _end(place: Path) -> None:
    """Kill whatever still runs out of this scratch: a submission may have started others that outlive its kernel."""
    for process in psutil.process_iter(["pid"]):
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get("HOME") == str(place / "home"):
                process.kill()
