"""The border's engine: which files it may open, how much memory it takes, and how long it may work."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import duckdb

from crmlib.border.sources import SourceError, literal

MEMORY = 0.625
"""Share of what DuckDB would take by itself (four fifths of the memory there is): half of it; beyond, tables go to disk."""

OF_EXPRESSIONS = (
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
    duckdb.InvalidInputException,
    duckdb.BinderException,
    duckdb.InterruptException,
    duckdb.OutOfMemoryException,
)
"""What goes wrong in an expression, and not in a file."""


def connect(files: Iterable[Path] = (), into: Path | None = None) -> duckdb.DuckDBPyConnection:
    """An engine in memory, its settings locked: it opens `files`, writes under `into`, and asks no network or extension."""
    engine = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    most, unit = engine.execute("select current_setting('memory_limit')").fetchall()[0][0].split()
    engine.execute(f"set memory_limit = '{float(most) * MEMORY:.3f} {unit}'")
    engine.execute(f"set allowed_paths = [{', '.join(literal(str(f.resolve())) for f in files)}]")
    engine.execute(f"set allowed_directories = [{literal(str(into.resolve())) if into else ''}]")
    engine.execute("set enable_progress_bar = false; set enable_external_access = false; set lock_configuration = true")
    return engine


@contextmanager
def limited(engine: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """What runs in the engine meanwhile is interrupted after so many seconds (`duckdb.InterruptException`)."""
    done = Event()

    def watch() -> None:
        if not done.wait(seconds):
            # An interrupt between two statements is lost, so it is said again until the work is left.
            while not done.wait(0.05):
                engine.interrupt()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def refused(error: duckdb.Error, otherwise: str, origin: str = "", seconds: float = 0.0) -> SourceError:
    """What the engine could not do within so many seconds, in one line: that a file is damaged, all else after the words
    `otherwise`.
    """
    text = " ".join(str(error).split())
    met = re.search(r"""["']([^"']+\.parquet)["']""", text)
    if (met and "write" not in text) or (origin.endswith(".parquet") and not isinstance(error, OF_EXPRESSIONS)):
        file = met.group(1) if met else origin
        reason = re.sub(r"^[\w ]*Error: ", "", text.replace(file, "")).strip(" :'\"")[:120]
        return SourceError(f"{file}: the Parquet file is damaged ({reason}); write it again, or restore it from a copy")
    return SourceError(f"{otherwise}: {_cause(error, seconds)}")


def _cause(error: duckdb.Error, seconds: float) -> str:
    """The engine's reason in one line, without the value at fault, which may be a person's."""
    line = str(error).splitlines()[0]
    if isinstance(error, duckdb.InterruptException):
        return f"it takes longer than {seconds:g} seconds"
    if isinstance(error, (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException)):
        line = re.sub(r"'.*'|\d{3,}|\S*@\S*", "…", line)
    return line
