"""Where a review is written: under a temporary name, locked, and renamed when whole.

`<out>/<company>/.<month>.partial/` is worked in, `<out>/<company>/<month>/` is the result, `.<month>.lock` is held by the
run that works on that month (the lock goes with its process, so a killed run blocks nobody).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from crmlib.vocabulary.errors import CrmlibError

HELD = "held"
MONTH = r"[1-9]\d{3}-(0[1-9]|1[0-2])"


class FolderError(CrmlibError):
    """A review folder that is in use or already there; one line."""


@dataclass(frozen=True)
class Place:
    """The folders of one company's month."""

    company: Path
    month: str

    @property
    def whole(self) -> Path:
        """Where the finished review lies."""
        return self.company / self.month

    @property
    def partial(self) -> Path:
        """Where it is worked on."""
        return self.company / f".{self.month}.partial"

    @property
    def old(self) -> Path:
        """Where the review that is being replaced lies for a moment."""
        return self.company / f".{self.month}.old"

    def refuse_overwriting(self, *, force: bool) -> None:
        """Raises `FolderError` when the month is there and `force` is not set; puts back one whose replacing was cut short."""
        if self.old.exists() and not self.whole.exists():
            self.old.rename(self.whole)
        rmtree(self.old, ignore_errors=True)
        if self.whole.exists() and not force:
            raise FolderError(
                f"{self.whole}: this month's review is already there; --force replaces it once the new one is whole"
            )

    def publish(self, made: Path | None = None) -> None:
        """Rename what was `made`, by default the partial folder, to the whole one; an older review of the month leaves only at
        this moment.
        """
        made = made or self.partial
        _sync_tree(made)
        if self.whole.exists():
            self.whole.rename(self.old)
        made.rename(self.whole)
        _sync(self.company)
        rmtree(self.old, ignore_errors=True)


@contextmanager
def locked(place: Place, *, patient: bool = False) -> Iterator[None]:
    """Hold the month for this process. Raises `FolderError` when another one holds it, or waits when `patient`."""
    place.company.mkdir(parents=True, exist_ok=True)
    with (place.company / f".{place.month}.lock").open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if patient else fcntl.LOCK_NB))
        except BlockingIOError:
            raise FolderError(
                f"{place.whole}: another review of this month is running; wait for it or stop it"
            ) from None
        yield


@contextmanager
def held_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A folder for as long as this process holds it; those of the same prefix that killed processes left are removed."""
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{prefix}*"):
        _remove_if_left(left)
    folder = Path(mkdtemp(prefix=prefix, dir=parent))
    with (folder / "held.draft").open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        (folder / "held.draft").rename(folder / HELD)
        try:
            yield folder
        finally:
            rmtree(folder, ignore_errors=True)


def _remove_if_left(folder: Path) -> None:
    """A folder whose lock file is there but held by nobody: the file gets its name only once it is held."""
    with suppress(OSError), (folder / HELD).open("r+", encoding="ascii") as file:
        if folder.stat().st_uid == os.geteuid():
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            rmtree(folder, ignore_errors=True)


def is_held(file: Path) -> bool:
    """Whether a process holds this lock file."""
    try:
        with file.open("r+", encoding="ascii") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def write(path: Path, data: str | bytes) -> None:
    """Write a file under a temporary name and rename it when it is whole and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("wb") as file:
        file.write(data.encode("utf-8") if isinstance(data, str) else data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def sha256(path: Path) -> str:
    """Hash of a file's bytes, in hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def sha256_of(folder: Path) -> dict[str, str]:
    """Hash of every file below a folder by its relative name, in order of the names."""
    return {str(p.relative_to(folder)): sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def months(company: Path) -> list[Path]:
    """The finished reviews of a company, oldest first."""
    return sorted(p.parent for p in company.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]/manifest.json"))


def _sync_tree(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
