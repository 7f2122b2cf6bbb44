"""Two steps that nbgrader takes in marking, in place of its own `Execute`: a submission is run confined, then judged outside.

nbgrader reads both from `Autograde.autograde_preprocessors` of `nbgrader_config.py`. A submission's kernel knows no key and
holds no other submission; what it hands in is data. This process judges that by checks and on a company that no submission
touched, and puts the mark where nbgrader looks for it: what a submission prints, shows or patches marks nothing.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import Context
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat
import psutil  # type: ignore[import-untyped]
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.converters import NbGraderException
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from traitlets import Integer

from crmlib.run.class_judging import JUDGED_MIME, Judging, judging
from crmlib.run.engine import in_own_loop
from crmlib.run.scratch_kernel import scratch_kernel
from crmlib.show.handing_in import ANSWER_MIME

AHEAD: dict[str, Future[Any]] = {}
"""Notebooks that are run ahead of nbgrader, by what is in them."""
PATIENCE = 4
"""Times that a cell gets its time where others kept the processor from it: a mark must not hang on how busy the machine is."""
KEPT_FROM = 0.7
"""Share of its time that a cell must have computed, or else the processor was kept from it."""
ENDLESS = 3
"""Cells that come to no end or end the kernel, after which a submission is run no further."""
STARTING = 120
"""Seconds that opening the company may take, before anything of a submission runs."""
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
MOST_OUTPUT = 2**20
"""Bytes of output that are kept of a cell."""
FLOOD = 2**24
"""Bytes of output of a cell after which its kernel is ended."""


class ConfinedExecute(Execute):
    """Run a submission in a kernel of its own that may read and write nothing but its scratch."""

    memory = Integer(3072, help="Megabytes of memory that a submission may take.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any = None, km: Any = None) -> tuple[Any, Any]:
        """The notebook as it ran: ahead where it was run ahead, else now."""
        ahead = AHEAD.pop(digest(nb), None)
        return (ahead.result() if ahead else self.run(nb, Path(resources["metadata"]["path"]))), resources

    def run(self, nb: Any, path: Path) -> Any:
        """Run the notebook of a submission that lies in `path`. Where a cell comes to no end or ends the kernel, the notebook is
        run again without it, so that what it did on the way changes no mark; after `ENDLESS` of them it ends there.
        """
        self._left_out: dict[int, str] = {}
        while True:
            ran = deepcopy(nb)
            try:
                self._run_once(ran, path)
            except (DeadKernelError, CellTimeoutError) as error:
                if self._ours():
                    raise  # Nothing of the submission has run yet: that is a fault of this machine, and no mark.
                said = "the kernel ended" if isinstance(error, DeadKernelError) else "no answer within the time"
                self.log.warning("cell %d left out: %s", self._last, said)
                self._left_out[self._last] = said
                if len(self._left_out) < ENDLESS:
                    continue
                self._leave_out(ran.cells[self._last], said)
            return ran

    def _run_once(self, nb: Any, path: Path) -> None:
        """Run a notebook in place, in a kernel of its own."""
        self._waited, self._kept, self._last, self._computed = 0, 0, 0, 0.0
        self.timeout_func = self._time_of
        self.store_widget_state = False
        self.shutdown_kernel = "immediate"
        # What a kernel said comes late on a busy machine; that is no reason to leave a cell out.
        self.iopub_timeout, self.raise_on_iopub_timeout = 60, False
        seconds = 2 * PATIENCE * self.timeout + STARTING
        with scratch_kernel(judging(path).company, memory=self.memory * 2**20, seconds=seconds) as manager:
            Context().run(
                in_own_loop,
                lambda: super(ConfinedExecute, self).preprocess(nb, {"metadata": {"path": ""}}, manager),
            )

    @staticmethod
    def _leave_out(cell: Any, said: str) -> None:
        cell.outputs = [new_output("error", ename="Stopped", evalue=said, traceback=[f"Stopped: {said}"])]

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """Run one cell, and remember which it was. What fails before anything of the submission runs is no mark."""
        self._last, self._kept, self._waited, self._computed = index, 0, 0, self._processor_time()
        if index in self._left_out:
            self._leave_out(cell, self._left_out[index])
            return cell, resources
        ran = super().preprocess_cell(cell, resources, index)
        failed = next((o for o in cell.get("outputs", ()) if o.output_type == "error"), None)
        if failed and self._ours():
            raise NbGraderException(f"before the submission: {failed.ename}: {failed.evalue}")
        return ran

    def _ours(self) -> bool:
        """Whether nothing has run yet but what the trainer wrote."""
        return all(utils.is_locked(cell) for cell in self.nb.cells[: self._last + 1] if cell.cell_type == "code")

    def _time_of(self, _cell: Any) -> int:
        if self._ours():
            return int(max(self.timeout, STARTING))
        return int(self.timeout)

    def _processor_time(self) -> float:
        """Seconds that the kernel has computed so far."""
        with suppress(psutil.Error):
            return float(sum(psutil.Process(self.km.provisioner.pid).cpu_times()[:2]))
        return 0.0

    def _kept_waiting(self, seconds: int) -> bool:
        """Whether the kernel wants to compute, and others kept the processor from it."""
        computed = self._processor_time() - self._computed
        with suppress(psutil.Error):
            running = psutil.Process(self.km.provisioner.pid).status() == psutil.STATUS_RUNNING
            return running and computed < KEPT_FROM * seconds and self._waited < PATIENCE
        return False

    async def _async_handle_timeout(self, timeout: int, cell: Any = None) -> Any:
        self._waited += 1
        if self._kept_waiting(timeout):
            return None
        raise CellTimeoutError.error_from_timeout_and_cell("no end", timeout, cell)

    @contextmanager
    def setup_kernel(self, **kwargs: Any) -> Iterator[None]:
        """The kernel of a submission, gone afterwards with its channels."""
        with super().setup_kernel(**{**kwargs, "cleanup_kc": True}):
            yield

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Keep an output, up to a size; a kernel that goes on printing is ended, before it fills the memory of whoever marks."""
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "error", "update_display_data"):
            self._kept += len(str(msg["content"]))
            if self._kept > FLOOD:
                with suppress(OSError):
                    os.kill(self.km.provisioner.pid, signal.SIGKILL)
            if self._kept > MOST_OUTPUT:
                return None
        return super().process_message(msg, cell, cell_index)


class Judge(NbGraderPreprocessor):
    """Put the judgement on each answer where nbgrader looks for a mark."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Judge a notebook that has run."""
        path = Path(resources["metadata"]["path"])
        place = judging(path)
        attempts = place.attempts(path)
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.source = harmless(cell.source)
            if utils.is_grade(cell) and (name := place.question(cell.metadata.nbgrader["grade_id"])):
                self._mark(cell, place, name, attempts)
        return nb, resources

    def _mark(self, cell: Any, place: Judging, name: str, attempts: Any) -> None:
        found, (html, text) = place.judged(name, _answer(cell, name), attempts)
        points = float(cell.metadata.nbgrader["points"]) if found["state"] == "right" else 0.0
        shown = {"text/html": html, "text/markdown": text, JUDGED_MIME: found}
        cell.outputs = [
            new_output("display_data", data=shown),
            new_output("execute_result", data={"text/plain": str(points)}, execution_count=1),
        ]


def harmless(markdown: str) -> str:
    """A text without markup of its own: what a trainee wrote must not run in the browser of whoever reads it."""
    return _TAG.sub("&lt;", markdown)


def _answer(cell: Any, name: str) -> Any:
    """What the cell handed in of this question, as it was packed."""
    for output in cell.outputs:
        found = output.get("data", {}).get(ANSWER_MIME)
        if isinstance(found, dict) and found.get("question") == name:
            return found.get("answer")
    return None


def digest(nb: Any) -> str:
    """What is in a notebook, as a hash."""
    return sha256(nbformat.writes(nb).encode()).hexdigest()


def run_ahead(nb: Any, path: Path, start: Callable[..., Future[Any]], config: Any) -> Future[Any]:
    """Have a notebook run while others are marked; nbgrader finds it by what is in it."""
    running = AHEAD[digest(nb)] = start(ConfinedExecute(config=config).run, nb, path)
    return running
