"""The border's engine: which files it may open, how much memory it takes, and how long it may work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import duckdb

from crmlib.border.sources import literal

MEMORY = 0.625
"""Share of what DuckDB would take by itself (four fifths of the memory there is): half of it; beyond, tables go to disk."""


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
