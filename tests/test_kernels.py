from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from crmlib.run.engine import Stopped, Watch, execute
from crmlib.run.kernels import ThisPython, kernels
from tests.small_company import notebook

STOPS_ITSELF = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"
QUICK = Watch(stall_seconds=1.5)


def only_once(folder: Path, code: str) -> str:
    """Code that does harm in the first attempt only."""
    return (
        f"import pathlib\nseen = pathlib.Path({str(folder / 'seen')!r})\nif not seen.exists():\n    seen.touch()\n"
        + "\n".join(f"    {line}" for line in code.splitlines())
    )


def test_parameters_reach_the_cells_and_sockets_are_files(tmp_path: Path) -> None:
    made = notebook(
        "A", "print(as_of)", "from IPython import get_ipython\nprint(get_ipython().kernel.parent.transport)"
    )
    with kernels() as running:
        done = execute(made, {"as_of": "2020-02-29"}, cwd=tmp_path, kernels=running, watch=Watch())
        sockets = running.sockets
    assert done.failure is None
    assert done.attempts == 1
    said = [o.text.strip() for c in done.notebook.cells for o in c.get("outputs", [])]
    assert said == ["2020-02-29", "ipc"]
    assert not sockets.exists()


def test_an_error_is_a_failure_with_its_cell_and_is_not_tried_again(tmp_path: Path) -> None:
    with kernels() as running:
        done = execute(
            notebook("A", "x = 1", "{}['amount']", "y = 2"), {}, cwd=tmp_path, kernels=running, watch=Watch()
        )
    assert done.attempts == 1
    assert done.failure is not None
    assert (done.failure.cell, done.failure.kind, done.failure.name) == ("result-2", "error", "KeyError")


def test_a_kernel_that_stalls_is_killed_and_its_chapter_run_once_more(tmp_path: Path) -> None:
    made = notebook("A", only_once(tmp_path, STOPS_ITSELF), "print('whole')")
    with kernels() as running:
        done = execute(made, {}, cwd=tmp_path, kernels=running, watch=QUICK)
    assert done.failure is None
    assert (done.attempts, done.given_up) == (2, ("stalled",))


def test_a_kernel_that_waits_without_computing_counts_as_stalled_and_twice_is_enough(tmp_path: Path) -> None:
    with kernels() as running:
        done = execute(
            notebook("A", "import threading\nthreading.Event().wait()"), {}, cwd=tmp_path, kernels=running, watch=QUICK
        )
    assert done.failure is not None
    assert (done.failure.kind, done.failure.cell, done.given_up) == ("stalled", "result-1", ("stalled", "stalled"))


def test_a_kernel_that_computes_silently_is_left_alone_until_its_limit(tmp_path: Path) -> None:
    busy = "while True:\n    pass"
    with kernels() as running:
        done = execute(
            notebook("A", busy),
            {},
            cwd=tmp_path,
            kernels=running,
            watch=Watch(stall_seconds=2, limit_seconds=5, attempts=1),
        )
    assert done.given_up == ("too_long",)


def test_a_kernel_that_dies_is_run_once_more(tmp_path: Path) -> None:
    made = notebook("A", only_once(tmp_path, "import os\nos._exit(1)"))
    with kernels() as running:
        done = execute(made, {}, cwd=tmp_path, kernels=running, watch=Watch())
    assert (done.failure, done.attempts, done.given_up) == (None, 2, ("died",))


def test_nothing_starts_once_the_run_is_called_off(tmp_path: Path) -> None:
    with kernels() as running:
        running.call_off()
        with pytest.raises(Stopped):
            execute(notebook("A", "x = 1"), {}, cwd=tmp_path, kernels=running, watch=Watch())


def test_whatever_kernel_a_notebook_names_this_interpreter_runs_it() -> None:
    assert ThisPython().get_kernel_spec("spark").argv[0] == sys.executable
    assert list(ThisPython().get_all_specs()) == ["python3"]


def test_a_kernel_that_stands_still_when_its_run_is_killed_is_ended_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("crmlib.run.kernels.LONGEST_SOCKET_FOLDER", 1000)
    left = tmp_path / "crmkernels-left"
    left.mkdir()
    (tmp_path / "crmkernels-left.lock").touch()
    (tmp_path / "crmlib-init-somebodys").mkdir()
    wait = [sys.executable, "-c", "import threading; threading.Event().wait()"]
    own = [subprocess.Popen([*wait, str(folder / "k1.json")], start_new_session=True) for folder in (left, tmp_path)]
    try:
        own[0].send_signal(signal.SIGSTOP)
        with kernels():
            assert own[0].wait(timeout=60) == -signal.SIGKILL
            assert own[1].poll() is None, "not one of a run that was killed"
        assert not left.exists()
        assert (tmp_path / "crmlib-init-somebodys").exists(), "what else this program has in the temporary folder stays"
    finally:
        for process in own:
            process.kill()
            process.wait()


def test_where_there_is_no_ipc_kernels_talk_over_ports_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmlib.run.kernels.TRANSPORT", "tcp")
    with kernels() as running:
        done = execute(notebook("A", "6 * 7"), {}, cwd=Path.cwd(), kernels=running, watch=Watch())
    assert done.notebook.cells[-1].outputs[0].data["text/plain"] == "42"


def test_without_groups_of_processes_a_kernel_and_what_it_started_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.killpg")
    inner = "import threading; threading.Event().wait()"
    outer = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {inner!r}]); print(p.pid, flush=True); p.wait()"
    process = subprocess.Popen([sys.executable, "-c", outer], stdout=subprocess.PIPE, text=True)
    below = psutil.Process(int(process.stdout.readline()))
    with kernels() as running:
        running.kill(process.pid)
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert below.wait(timeout=60) is None
    process.stdout.close()
