"""A papermill engine that watches its kernels: one that stalls is killed and its chapter run once more.

A kernel counts as stalled when no message has come from it and it has used no processor time for a while, or when a
chapter takes longer than it may.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextvars import Context
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any, Literal

import psutil  # type: ignore[import-untyped]
from jupyter_core.utils import ensure_event_loop, run_sync
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.parameterize import parameterize_notebook

from crmlib.run.kernels import Kernels
from crmlib.show.controls import FOR_PAGES

ENGINE = "crmlib"


@dataclass(frozen=True)
class Watch:
    """When to give a kernel up, in seconds, and how often a chapter is run before it counts as failed."""

    stall_seconds: float = 120.0
    limit_seconds: float = 1800.0
    attempts: int = 2


class Stopped(Exception):  # noqa: N818
    """The run was called off."""


class WatchedClient(PapermillNotebookClient):
    """papermill's client with a watch over its kernel."""

    def __init__(self, nb_man: Any, *, kernels: Kernels, watch: Watch, on_cell: Callable[[], None], **kw: Any) -> None:
        super().__init__(nb_man, km=kernels.manager(), **kw)
        self._kernels, self._watch, self._on_cell = kernels, watch, on_cell
        self._heard = 0
        self._done = Event()
        self.given_up: Literal["", "stalled", "too_long"] = ""

    def execute(self, **kwargs: Any) -> Any:
        """Run the notebook; raises `DeadKernelError` when the kernel died or was given up, `Stopped` when called off."""
        if self._kernels.called_off.is_set():
            raise Stopped
        self.reset_execution_trackers()
        try:
            with self.setup_kernel(cleanup_kc=True, **kwargs):
                self.papermill_execute_cells()
        except (DeadKernelError, RuntimeError, TimeoutError):
            if self._kernels.called_off.is_set():
                raise Stopped from None
            raise
        finally:
            self._done.set()
        return self.nb

    async def async_start_new_kernel(self, **kwargs: Any) -> None:
        """Start the kernel and the watch over it."""
        await super().async_start_new_kernel(**kwargs)
        pid = int(self.km.provisioner.pid)
        self._kernels.started(pid)
        Thread(target=self._watch_over, args=(pid,), daemon=True, name=f"watch-{pid}").start()

    start_new_kernel = run_sync(async_start_new_kernel)

    def process_message(self, *args: Any, **kwargs: Any) -> Any:
        """Every message is a sign of life."""
        self._heard += 1
        return super().process_message(*args, **kwargs)

    def papermill_execute_cells(self) -> None:
        """papermill's loop, telling after each cell."""
        complete = self.nb_man.cell_complete

        def told(*args: Any, **kwargs: Any) -> None:
            complete(*args, **kwargs)
            self._heard += 1
            self._on_cell()

        self.nb_man.cell_complete = told
        super().papermill_execute_cells()

    def _watch_over(self, pid: int) -> None:
        begun = moved = monotonic()
        heard, used = self._heard, _processor_seconds(pid)
        step = min(1.0, self._watch.stall_seconds / 5)
        while not self._done.wait(step):
            now, spent = monotonic(), _processor_seconds(pid)
            if self._heard != heard or spent - used > step / 20:
                moved = now
            heard, used = self._heard, spent
            if now - moved > self._watch.stall_seconds:
                self.given_up = "stalled"
            elif now - begun > self._watch.limit_seconds:
                self.given_up = "too_long"
            if self.given_up:
                self._kernels.kill(pid)
                break
        self._done.wait()
        self._kernels.kill(pid)
        self._kernels.ended(pid)


def _processor_seconds(pid: int) -> float:
    try:
        process = psutil.Process(pid)
        return float(sum(sum(p.cpu_times()[:2]) for p in (process, *process.children(recursive=True))))
    except psutil.Error:
        return 0.0


class WatchedEngine(NBClientEngine):
    """Runs a notebook in a `WatchedClient`; `outcome` receives the client, which knows why a kernel was given up."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        kernels: Kernels,
        watch: Watch,
        on_cell: Callable[[], None],
        outcome: list[WatchedClient],
        cwd: str,
        env: dict[str, str],
        **_kwargs: Any,
    ) -> None:
        """Execute; papermill's own arguments that have no meaning here are passed over."""
        client = WatchedClient(
            nb_man, kernels=kernels, watch=watch, on_cell=on_cell, timeout=None, iopub_timeout=60, startup_timeout=120,
            store_widget_state=False,
            record_timing=False, shutdown_kernel="immediate", resources={"metadata": {"path": cwd}},
        )  # fmt: skip
        outcome.append(client)
        Context().run(in_own_loop, lambda: client.execute(env=env))


def in_own_loop(run: Callable[[], Any]) -> None:
    """Run with an event loop of its own, closed afterwards: the one jupyter_core makes for a thread stays open."""
    loop = ensure_event_loop()
    try:
        run()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        asyncio.set_event_loop(None)


papermill_engines.register(ENGINE, WatchedEngine)


@dataclass(frozen=True)
class Failure:
    """Why a chapter stopped: which cell, in words, with nothing of the machine or of a person in it."""

    cell: str
    kind: Literal["error", "stalled", "too_long", "died"]
    name: str = ""
    message: str = ""


@dataclass(frozen=True)
class Done:
    """An executed notebook, how long it took, how often it was begun, why earlier attempts were given up, and the failure if it
    failed.
    """

    notebook: Any
    seconds: float
    attempts: int
    given_up: tuple[str, ...]
    failure: Failure | None


def execute(
    notebook: Any,
    parameters: Mapping[str, Any],
    *,
    cwd: Path,
    kernels: Kernels,
    watch: Watch,
    on_cell: Callable[[], None] = lambda: None,
) -> Done:
    """Run `notebook` with `parameters` from folder `cwd`, again when its kernel stalls or dies. Raises `Stopped`."""
    given_up: list[str] = []
    begun = monotonic()
    env = {**os.environ, "IPYTHONDIR": str(kernels.sockets), "PYDEVD_DISABLE_FILE_VALIDATION": "1", FOR_PAGES: "1"}
    for attempt in range(1, watch.attempts + 1):
        ready = parameterize_notebook(_prepared(notebook), dict(parameters), kernel_name="python3", language="python")
        for cell in ready.cells:
            if "injected-parameters" in cell.metadata.tags:
                cell.id = "given-parameters"
        outcome: list[WatchedClient] = []
        try:
            papermill_engines.execute_notebook_with_engine(
                ENGINE, ready, kernel_name="python3", output_path=None, progress_bar=False, kernels=kernels, watch=watch,
                on_cell=on_cell, outcome=outcome, cwd=str(cwd), env=env,
            )  # fmt: skip
        except (DeadKernelError, RuntimeError, TimeoutError):
            given_up.append(outcome[0].given_up or "died" if outcome else "died")
            continue
        return Done(ready, round(monotonic() - begun, 1), attempt, tuple(given_up), _failure(ready))
    failure = Failure(_where(ready), given_up[-1])  # type: ignore[arg-type]
    return Done(ready, round(monotonic() - begun, 1), watch.attempts, tuple(given_up), failure)


def _failure(notebook: Any) -> Failure | None:
    for cell, output in _errors(notebook):
        return Failure(str(cell.get("id", "")), "error", str(output.ename), str(output.evalue))
    return None


def traceback_of(notebook: Any) -> str:
    """The traceback of the cell that failed, as the kernel gave it; for no page."""
    return "\n".join(line for _cell, output in _errors(notebook) for line in output.traceback)


def _errors(notebook: Any) -> Iterator[tuple[Any, Any]]:
    for cell in notebook.cells:
        yield from ((cell, output) for output in cell.get("outputs", ()) if output.output_type == "error")


def _prepared(notebook: Any) -> Any:
    """A copy with the metadata papermill expects to find."""
    ready = deepcopy(notebook)
    ready.metadata.papermill = {}
    for cell in ready.cells:
        cell.metadata.setdefault("tags", [])
        cell.metadata.papermill = {}
    return ready


def _where(notebook: Any) -> str:
    """Id of the cell that was begun last."""
    begun = [cell for cell in notebook.cells if cell.metadata.get("papermill", {}).get("start_time")]
    return str(begun[-1].get("id", "")) if begun else ""
