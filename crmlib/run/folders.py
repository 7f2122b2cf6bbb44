"""Where a review is written: under a temporary name, locked, and renamed when whole.

`<out>/<company>/.<month>.partial/` is worked in, `<out>/<company>/<month>/` is the result, `.<month>.lock` is held by the
run that works on that month (the lock goes with its process, so a killed run blocks nobody).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from typing import Any

from filelock import FileLock, Timeout

from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.months import last_day, month_end_before

LOCK = ".lock"
UNKEPT = ".gitignore"
"""Says beside the reviews that git is to keep none of them."""
OWNER = getattr(os, "geteuid", int)()
"""Who runs this, as files say it; a system that has no such numbers says 0 of every file."""
TOLD = {"month", "as_of", "language", "currency", "title", "chapters", "to_act_on", "missing"}
"""What is read of a finished review's manifest."""
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
        """Where the review that is being replaced lies until the new one is listed; whole."""
        return self.company / f".{self.month}.old"

    @property
    def gone(self) -> Path:
        """Where a review that was replaced is deleted: it may be there by halves, and is never put back."""
        return self.company / f".{self.month}.gone"

    @property
    def before(self) -> Path | None:
        """The finished review of the month before, where there is one that is not damaged."""
        last = self.company / f"{month_end_before(last_day(self.month)):%Y-%m}"
        return last if (last / "manifest.json").exists() and not damage(last) else None

    def put_back(self) -> None:
        """Undo a replacing that was cut short between its two renames."""
        if self.old.exists() and not self.whole.exists():
            self.old.rename(self.whole)

    def publish(self, made: Path | None = None) -> None:
        """Rename what was `made`, by default the partial folder, to the whole one; an older review of the month leaves only at
        this moment, and lies in `old` until `clear`.
        """
        try:
            if self.whole.exists():
                self.whole.rename(self.old)
            (made or self.partial).rename(self.whole)
        except BaseException:
            self.put_back()
            raise
        _sync(self.company)

    def clear(self) -> None:
        """Delete the review that was replaced."""
        rmtree(self.gone, ignore_errors=True)
        if self.old.exists():
            self.old.rename(self.gone)
            rmtree(self.gone, ignore_errors=True)


@contextmanager
def locked(place: Place, *, patient: bool = False) -> Iterator[None]:
    """Hold the month for this process. Raises `FolderError` when another one holds it, or waits when `patient`."""
    place.company.mkdir(parents=True, exist_ok=True)
    lock = _lock(place.company / f".{place.month}.lock", patient=patient)
    if lock is None:
        raise FolderError(f"{place.whole}: another review of this month is running; wait for it or stop it")
    try:
        yield
    finally:
        lock.release()


def make(out: Path) -> None:
    """Make the folder of reviews. Of those within a repository git keeps nothing, as they hold private lists; a folder that has
    other files already is left as it is.
    """
    out.mkdir(parents=True, exist_ok=True)
    if not any(out.iterdir()):
        (out / UNKEPT).write_text("*\n", encoding="utf-8")


def _lock(file: Path, *, patient: bool = False) -> FileLock | None:
    """The lock of a file, held by this process; None where another one holds it and there is no patience."""
    lock = FileLock(file, timeout=-1 if patient else 0)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock


@contextmanager
def held_folder(parent: Path, prefix: str, ending: Callable[[Path], None] = lambda _left: None) -> Iterator[Path]:
    """A folder for as long as this process holds the lock beside it; those of the same prefix that killed processes left are
    removed.
    """
    parent.mkdir(parents=True, exist_ok=True)
    remove_left(parent, prefix, ending)
    folder, lock = parent, None
    # A file that is removed as left before it is locked is nobody's lock any more: the folder is made under another name.
    while lock is None or not _lock_of(folder).exists():
        folder = parent / f"{prefix}{token_hex(6)}"
        lock = _lock(_lock_of(folder))
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        _remove(folder, lock)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}{LOCK}")


def _remove(folder: Path, lock: FileLock) -> None:
    rmtree(folder, ignore_errors=True)
    lock.release()
    _lock_of(folder).unlink(missing_ok=True)


def remove_left(parent: Path, prefix: str, ending: Callable[[Path], None] = lambda _left: None) -> None:
    """Remove the folders of this prefix that killed processes left, after `ending` has ended what is still at work in them: a
    folder is there only while its lock is held, so that one whose lock can be had is nobody's.
    """
    for name in {path.name.removesuffix(LOCK) for path in parent.glob(f"{prefix}*")}:
        folder = parent / name
        with suppress(OSError):
            if (folder if folder.exists() else _lock_of(folder)).stat().st_uid == OWNER and (
                lock := _lock(_lock_of(folder))
            ):
                ending(folder)
                _remove(folder, lock)


def any_held(parent: Path, prefix: str) -> bool:
    """Whether a process holds a folder of this prefix."""
    for file in parent.glob(f"{prefix}*{LOCK}"):
        lock = _lock(file)
        if lock is None:
            return True
        lock.release()
    return False


def write(path: Path, data: str | bytes) -> None:
    """Write a file under a temporary name and rename it when it is whole and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("wb") as file:
            file.write(data.encode("utf-8") if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        # A disk that is full says so without a name.
        raise OSError(error.errno, error.strerror, error.filename or str(path)) from None


def sha256(path: Path) -> str:
    """Hash of a file's bytes, in hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def sha256_of(folder: Path) -> dict[str, str]:
    """Hash of every file below a folder by its relative name, in order of the names."""
    return {str(p.relative_to(folder)): sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def noted(name: str, hashed: str) -> str:
    """What a manifest calls a file: its name, but for what lies in folders under private, where files are called after owners
    and customers, the beginning of its hash.
    """
    top, *inside = Path(name).parts
    return f"private/{inside[0]}/{hashed[:16]}" if top == "private" and len(inside) > 1 else name


def noted_of(folder: Path) -> dict[str, str]:
    """`sha256_of` a month, by what its manifest calls the files."""
    return {noted(name, hashed): hashed for name, hashed in sha256_of(folder).items()}


def months(company: Path) -> list[Path]:
    """The finished reviews of a company, oldest first."""
    return sorted(p.parent for p in company.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]/manifest.json"))


def manifest_of(review: Path) -> dict[str, Any]:
    """What a finished review says of itself. Raises `FolderError` where it cannot be read."""
    if problem := damage(review):
        raise FolderError(problem)
    read: dict[str, Any] = json.loads((review / "manifest.json").read_text(encoding="utf-8"))
    return read


def damage(review: Path) -> str:
    """Why a finished review cannot be used, in one line that names file and mend; empty where it can.

    Its figures are compared with the hash that the review wrote down, so that a file cut off at the end of a line is seen too.
    """
    file, found = review / "manifest.json", "it is no whole JSON"
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(read, dict) and read.keys() >= TOLD:
            written = dict(read.get("outputs") or {}).get("kpis.csv")
            if written is None or written == sha256(review / "kpis.csv"):
                return ""
            file, found = review / "kpis.csv", "it is not as the review wrote it"
    except OSError as error:
        file, found = Path(error.filename or file), error.strerror or "it cannot be read"
    except (TypeError, ValueError):
        pass
    return (
        f"{file}: damaged, {found}; make the month anew with: crmlib review COMPANY.toml --month {review.name} --force"
    )


def sync(folder: Path) -> None:
    """Have everything in a folder on the disk."""
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    if os.name == "nt":
        return  # there only what was opened to be written can be waited for, and no folder
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
