"""What a trainer does beside nbgrader's own commands: release, collect what trainees handed in, and mark it side by side.

nbgrader's converters, its database and its files are used as they are; marks are written by this one process, in the order of
names, while submissions run in kernels of their own.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from crmlib.run import class_marking, exercises
from crmlib.run.class_folder import as_handed_in, handed_in
from crmlib.run.class_judging import CONFIG, NOTEBOOK, ClassError, home_of, judging
from crmlib.run.folders import write
from crmlib.run.scratch_kernel import end_all
from crmlib.show.attempts import FILE, MARKER

LARGEST: Final = 256 * 2**20
"""Bytes that may come out of one archive."""
_CHAPTER = re.compile(r'\bexercise\("(\w+)"')
_SKIPPED = {MARKER, ".ipynb_checkpoints", "chapters", "datasets", "__MACOSX"}


def configuration(home: Path) -> Config:
    """nbgrader's configuration of a class. Raises `ClassError`."""
    home_of(home)
    _put_on_path(Path(sys.executable).parent)
    found = PyFileConfigLoader(CONFIG, path=str(home)).load_config()
    found.CourseDirectory.root = str(home.absolute())
    return found


def _put_on_path(scripts: Path) -> None:
    """nbgrader asks alembic by its name, which is on the path only where the environment was activated."""
    if str(scripts) not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join(filter(None, [str(scripts), os.environ.get("PATH", "")]))


def release(home: Path, chapter: str) -> None:
    """Have nbgrader make the notebook that is released, and enter its questions. Raises `ClassError`."""
    with _quiet():
        done = NbGraderAPI(config=configuration(home)).generate_assignment(chapter, force=True)
    _succeeded(done, chapter)


def collect(home: Path, places: Iterable[Path], names: Sequence[str], said: Callable[[str], None]) -> dict[str, int]:
    """Take what lies in `places` (trainees' copies, archives of them, or folders of either) as handed in, and have nbgrader
    collect it: how many by chapter. `said` hears of each file that cannot be taken. Raises `ClassError`.
    """
    with TemporaryDirectory() as unpacked:
        trainees = dict(each for place in places for each in _trainees(place, Path(unpacked), said))
        found = {name: _taken(folder, names, said) for name, folder in sorted(trainees.items())}
        counts = {}
        for chapter in names:
            archive = home / "downloaded" / chapter / "archive"
            shutil.rmtree(archive, ignore_errors=True)
            released = nbformat.read(home / "release" / chapter / NOTEBOOK, as_version=4)
            for name, notebooks in found.items():
                if chapter in notebooks:
                    whole = as_handed_in(notebooks[chapter], released)
                    write(archive / name / NOTEBOOK, exercises.written(whole))
                    if tried := next(iter(_files(trainees[name], FILE)), None):
                        shutil.copyfile(tried, archive / name / FILE)
            counts[chapter] = sum(chapter in notebooks for notebooks in found.values())
            if counts[chapter]:
                _nbgrader(home, "zip_collect", chapter, "--force")
    return counts


def _trainees(place: Path, unpacked: Path, said: Callable[[str], None]) -> Iterator[tuple[str, Path]]:
    """Each trainee's name with the folder of what they handed in."""
    if not place.exists():
        raise ClassError(f"{place}: no such file or folder")
    if place.is_file():
        if place.suffix == ".zip" and (folder := _extracted(place, unpacked, said)):
            yield place.stem, folder
        return
    own = [path for path in place.iterdir() if path.suffix == ".ipynb" or path.name in ("exercises", MARKER, FILE)]
    if own:
        yield place.absolute().name, place
        return
    for path in sorted(place.iterdir()):
        if (path.is_dir() or path.suffix == ".zip") and not path.name.startswith("."):
            yield from _trainees(path, unpacked, said)


def _extracted(archive: Path, unpacked: Path, said: Callable[[str], None]) -> Path | None:
    folder = unpacked / archive.stem
    try:
        with zipfile.ZipFile(archive) as opened:
            if sum(one.file_size for one in opened.infolist()) > LARGEST:
                said(f"{archive}: too large when unpacked")
                return None
            opened.extractall(folder)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        said(f"{archive}: cannot be unpacked")
        return None
    return folder


def _files(folder: Path, pattern: str) -> list[Path]:
    """Files below a folder, those nearest to it first, without what the course itself put there. Links are not followed."""
    found = [
        path
        for path in folder.rglob(pattern)
        if path.is_file() and not path.is_symlink() and not _SKIPPED & set(path.relative_to(folder).parts[:-1])
    ]
    return sorted(found, key=lambda path: (len(path.parts), path))


def _taken(folder: Path, names: Sequence[str], said: Callable[[str], None]) -> dict[str, nbformat.NotebookNode]:
    """The notebook of each chapter that a trainee worked in; where there are several, as of both languages, the fullest."""
    found: dict[str, tuple[int, nbformat.NotebookNode]] = {}
    for path in _files(folder, "*.ipynb"):
        try:
            notebook = nbformat.read(path, as_version=4)
            code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        except Exception:  # whatever somebody handed in as a notebook
            said(f"{path}: no notebook that can be read")
            continue
        chapter = next((asked[1] for source in code if (asked := _CHAPTER.search(source))), "")
        if chapter not in names:
            continue
        open_ones = sum(bool(re.search(r"^\w+ = \.\.\.$", source, flags=re.M)) for source in code)
        if chapter not in found or open_ones < found[chapter][0]:
            found[chapter] = (open_ones, notebook)
    return {chapter: notebook for chapter, (_open, notebook) in found.items()}


def grade(home: Path, chapter: str, workers: int, said: Callable[[str], None]) -> int:
    """Mark everything that was handed in of a chapter, `workers` submissions running at a time: how many were marked.

    `said` hears of each that could not be. Raises `ClassError`.
    """
    config, names = configuration(home), handed_in(home, chapter)
    judging(home / "autograded" / chapter)
    api, marked, running = NbGraderAPI(config=config), 0, {}
    with ThreadPoolExecutor(max_workers=workers) as pool, _quiet(), _environment():
        try:
            for name in names:
                if (ready := _sanitized(api, chapter, name)) is not None:
                    place = home.absolute() / "autograded" / name / chapter
                    running[name] = class_marking.run_ahead(ready, place, pool.submit, config)
            for name in names:
                done = api.autograde(chapter, name, force=True)
                marked += bool(done["success"])
                if not done["success"]:
                    stopped = running[name].exception() if name in running else None
                    said(f"{name}, {chapter}: could not be marked; nbgrader says: {stopped or _last_line(done)}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise
        finally:
            class_marking.AHEAD.clear()
    return marked


def _sanitized(api: Any, chapter: str, name: str) -> nbformat.NotebookNode | None:
    """A submission as nbgrader is going to run it; None where it cannot be read, which nbgrader then says."""
    converter = Autograde(coursedir=api.coursedir, parent=api)
    exporter = NotebookExporter(config=converter.config)
    for step in converter.sanitize_preprocessors:
        exporter.register_preprocessor(step)
    file = api.coursedir.format_path(api.coursedir.submitted_directory, name, chapter) + f"/{NOTEBOOK}"
    try:
        text, _resources = exporter.from_filename(file, resources=converter.init_single_notebook_resources(file))
    except Exception:  # whatever somebody handed in as a notebook
        return None
    return nbformat.reads(text, as_version=4)


def _succeeded(done: dict[str, Any], chapter: str) -> None:
    if not done["success"]:
        raise ClassError(f"{chapter}: nbgrader says: {_last_line(done)}")


def _last_line(done: dict[str, Any]) -> str:
    lines = [line for line in f"{done.get('log') or ''}\n{done.get('error') or ''}".splitlines() if line.strip()]
    return lines[-1].strip() if lines else "nothing"


def _nbgrader(home: Path, *command: str) -> None:
    """Run one of nbgrader's own commands in the class. Raises `ClassError`."""
    asked = [sys.executable, "-m", "nbgrader", *command]
    done = subprocess.run(asked, cwd=home, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ClassError(f"nbgrader {' '.join(command)}: {(done.stderr.strip().splitlines() or ['it failed'])[-1]}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing of what a notebook is run with reaches the trainer's screen but what is said here."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@contextmanager
def _environment() -> Iterator[None]:
    """The environment as it was afterwards: nbgrader leaves what it sets for a submission where marking that fails."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


def workers_of(given: int | None) -> int:
    """How many submissions run at a time: as asked, else one a core."""
    return given or os.cpu_count() or 1
