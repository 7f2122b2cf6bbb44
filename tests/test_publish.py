from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import nbformat
import pytest

from crmlib.run.lab import LabError, freeze_teaching
from crmlib.run.publish import PublishError, find, free_port, prepared, settings
from crmlib.run.review import Request, review
from tests.served import answers, served
from tests.small_company import Border, emits, finding, notebook, write_chapters, write_company

SLIDER = (
    "import ipywidgets\nfrom IPython.display import display\nshown = ipywidgets.HTML('')\n"
    "slider = ipywidgets.IntSlider(value=2, min=0, max=10, description='points')\n"
    "def redraw(change=None):\n    shown.value = f'<p class=\"crm-say\">twice is {2 * slider.value}</p>'\n"
    "slider.observe(redraw, names='value')\nredraw()\ndisplay(ipywidgets.VBox([slider, shown]))"
)
OPENS = (
    "import pandas as pd\nfrom IPython.display import HTML, display\norders = pd.read_parquet(tables + '/orders.parquet')\n"
    "display(HTML(f'<p>{len(orders)} orders as of {as_of}</p>'))"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A review of one chapter with a slider, which reads the frozen tables."""
    folder = tmp_path_factory.mktemp("served")
    write_company(folder / "co")
    write_chapters(folder / "chapters", _01_importance=notebook("Why it matters", OPENS, SLIDER, emits([finding()])))
    review(
        Request(folder / "co" / "company.toml", out=folder / "reviews", chapters=folder / "chapters"), ingest=Border()
    )
    return folder


def test_the_last_review_is_found(tmp_path: Path) -> None:
    for company, month in (("acme", "2026-09"), ("acme", "2026-10"), ("zeta", "2026-08")):
        folder = tmp_path / company / month
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}", encoding="utf-8")
    (tmp_path / "acme" / ".2026-11.partial").mkdir()
    assert find(None, tmp_path) == tmp_path / "acme" / "2026-10"
    assert find(tmp_path / "zeta" / "2026-08", tmp_path) == tmp_path / "zeta" / "2026-08"
    assert find(write_company(tmp_path / "co"), tmp_path) == tmp_path / "acme" / "2026-10"
    for nothing in (tmp_path / "co" / "elsewhere", tmp_path / "acme"):
        with pytest.raises(PublishError, match="no finished review"):
            find(nothing, tmp_path)
    with pytest.raises(PublishError, match="no finished review"):
        find(None, tmp_path / "empty")


def test_a_port_in_use_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PublishError, match="is in use; --port 0"):
            free_port(taken.getsockname()[1])
    assert free_port(0) > 0


def test_what_is_served_holds_nothing_private_and_no_path(place: Path) -> None:
    with prepared(place / "reviews" / "acme" / "2026-10", place / "chapters") as folder:
        files = sorted(str(p.relative_to(folder / "served")) for p in (folder / "served").iterdir())
        assert files == [".tables", "01_importance.ipynb"]
        text = (folder / "served" / "01_importance.ipynb").read_text("utf-8")
        assert str(place) not in text
        given = nbformat.reads(text, as_version=4).cells[1].source
        assert "tables = '.tables'" in given.splitlines()
        assert (folder / "served" / ".tables" / "orders.parquet").exists()
        found = settings(folder, 1)
        assert found["KernelManager"]["transport"] == "ipc"
        assert found["MappingKernelManager"]["cull_idle_timeout"] > 0
        assert not found["VoilaConfiguration"]["preheat_kernel"]
        assert "nbgrader" in found["VoilaConfiguration"]["extension_denylist"]
    assert not folder.exists()


def test_lab_needs_the_teaching_company(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="make data"):
        freeze_teaching(tmp_path)


def test_lab_freezes_the_teaching_company_once_and_whole(tmp_path: Path) -> None:
    write_company(tmp_path)
    tables = freeze_teaching(tmp_path)
    assert tables == tmp_path / "tables"
    assert (tables / "orders.parquet").exists()
    assert not (tmp_path / "private").exists()
    assert not list(tmp_path.glob(".tables-*"))
    first = (tables / "orders.parquet").stat().st_mtime_ns
    freeze_teaching(tmp_path)
    assert (tables / "orders.parquet").stat().st_mtime_ns == first


def test_lab_opens_on_the_chapters(tmp_path: Path) -> None:
    port = free_port(0)
    code = (
        "from pathlib import Path; from crmlib.run import lab; "
        f"lab.freeze_teaching = lambda _teaching: None; lab.serve(Path({str(tmp_path / 'lab')!r}), port={port}, browser=False)"
    )
    with served([sys.executable, "-c", code], f"http://127.0.0.1:{port}/api", tmp_path):
        status, text = answers(f"http://127.0.0.1:{port}/api")
        assert status == 200
        assert "version" in json.loads(text)
        status, _page = answers(f"http://127.0.0.1:{port}/api/contents/chapters")
        assert status == 403, "a token is asked for"
