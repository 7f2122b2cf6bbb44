"""The wheel, from an empty environment outside the checkout: first the core alone, then with what a review needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from crmlib.run.publish import free_port
from tests.served import answers, served
from tests.small_company import write_company

ROOT = Path(__file__).parent.parent
JUPYTER = {
    "IPython",
    "ipykernel",
    "jupyter_client",
    "jupyterlab",
    "matplotlib",
    "nbconvert",
    "nbformat",
    "papermill",
    "voila",
}
pytestmark = pytest.mark.slow


def said(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What a command says, run where nothing of the checkout is to be found."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run([str(c) for c in command], cwd=cwd, env=env, capture_output=True, text=True)


def done(*command: object, cwd: Path) -> str:
    """What a command that must succeed prints."""
    ended = said(*command, cwd=cwd)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built of this checkout as it is set up."""
    folder = tmp_path_factory.mktemp("wheel")
    done(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (built,) = folder.glob("crmlib-*.whl")
    return built


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """A folder with an environment that holds the wheel's core and nothing else, and a company that speaks Chinese."""
    folder = tmp_path_factory.mktemp("elsewhere")
    pins = re.findall(r"^[A-Za-z0-9_.-]+==[^\\\n]+", (ROOT / "requirements.lock").read_text("ascii"), flags=re.M)
    (folder / "pins.txt").write_text("\n".join(pins), encoding="ascii")
    venv.create(folder / "env", with_pip=True)
    install(folder, str(wheel))
    write_company(folder / "co", language="zh")
    return folder


def install(folder: Path, what: str) -> None:
    """Have pip install something into the environment, in the locked versions."""
    done(folder / "env" / "bin" / "pip", "install", "--quiet", "-c", folder / "pins.txt", what, cwd=folder)


@pytest.fixture(scope="module")
def core(place: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """What the core alone says, before anything else is installed."""
    run = place / "env" / "bin"
    listed = "import sys, crmlib, crmlib.measures.rfm, crmlib.border.ingest; print(crmlib.__file__, *sys.modules)"
    return {
        "modules": said(run / "python", "-c", listed, cwd=place),
        "packages": said(run / "pip", "list", "--format=freeze", cwd=place),
        "check": said(run / "crmlib", "check", "co/company.toml", cwd=place),
        "recut": said(run / "crmlib", "tiers", "recut", "co/company.toml", cwd=place),
        "review": said(run / "crmlib", "review", "co/company.toml", cwd=place),
        "publish": said(run / "crmlib", "publish", cwd=place),
        "version": said(run / "crmlib", "--version", cwd=place),
    }


@pytest.fixture(scope="module")
def whole(place: Path, core: object, wheel: Path) -> Path:
    """The same folder once the extras are installed too, with a finished review."""
    install(place, f"{wheel}[publish,databases]")
    done(place / "env" / "bin" / "crmlib", "review", "co/company.toml", "--workers", 2, cwd=place)
    return place


def test_the_wheel_holds_what_is_read_and_nothing_that_a_checkout_made(wheel: Path) -> None:
    with ZipFile(wheel) as file:
        names = set(file.namelist())
        (metadata,) = (file.read(n).decode() for n in names if n.endswith("METADATA"))
    tracked = done(
        "git", "ls-files", "--cached", "--others", "--exclude-standard", "chapters", "datasets", "exercises", cwd=ROOT
    ).splitlines()
    assert {n for n in names if n.startswith("crmlib/shipped/")} == {f"crmlib/shipped/{n}" for n in tracked}
    assert {n for n in names if n.startswith("crmlib/") and "/shipped/" not in n} == {
        str(p.relative_to(ROOT))
        for p in (ROOT / "crmlib").rglob("*")
        if p.is_file() and "__pycache__" not in p.parts and ".ipynb_checkpoints" not in p.parts
    }
    assert "crmlib/py.typed" in names
    assert any(n.endswith("licenses/LICENSE") for n in names)
    assert "License-Expression: BSD-3-Clause" in metadata
    assert "Author: the crmlib authors" in metadata


def test_the_core_reads_checks_and_measures_without_jupyter(core: dict[str, subprocess.CompletedProcess[str]]) -> None:
    where, *modules = core["modules"].stdout.split()
    assert "elsewhere" in where, core["modules"].stderr
    assert {m.split(".")[0] for m in modules} & JUPYTER == set()
    installed = {line.split("==")[0].lower().replace("-", "_") for line in core["packages"].stdout.splitlines()}
    assert installed & {name.lower() for name in JUPYTER} == set()
    assert core["check"].returncode == 0, core["check"].stderr
    assert "订单" in core["check"].stdout
    assert core["recut"].returncode == 0, core["recut"].stderr
    assert re.fullmatch(r"crmlib \d+\.\d+\.\d+\n", core["version"].stdout)


@pytest.mark.parametrize("command", ["review", "publish"])
def test_a_command_that_needs_more_says_what_to_install(
    core: dict[str, subprocess.CompletedProcess[str]], command: str
) -> None:
    assert core[command].returncode == 2
    assert core[command].stderr.endswith("install with: pip install 'crmlib[notebooks]'\n")
    assert core[command].stderr.count("\n") == 1


def test_a_review_is_made_outside_the_checkout(whole: Path) -> None:
    (month,) = (whole / "reviews" / "acme").glob("2026-*")
    manifest = json.loads((month / "manifest.json").read_text("utf-8"))
    assert {c["status"] for c in manifest["chapters"]} == {"fresh"}
    assert len(manifest["chapters"]) == 6
    page = (month / "index.html").read_text("utf-8")
    assert manifest["chapters"][0]["title"] in page
    assert re.search(r"[一-鿿]", manifest["chapters"][0]["title"]), "the chapters are the Chinese ones"
    assert len((month / "kpis.csv").read_text("utf-8").splitlines()) > 20


def test_the_review_is_published_outside_the_checkout(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    port = free_port(0)
    home = f"http://127.0.0.1:{port}"
    with served([str(whole / "env" / "bin" / "crmlib"), "publish", "--port", str(port)], home, whole):
        assert "01_importance" in answers(home)[1]
        status, page = answers(f"{home}/voila/render/01_importance.ipynb")
        assert status == 200
        assert "crm-say" in page


def test_the_lab_opens_on_a_copy_of_the_chapters_and_the_teaching_company(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    port = free_port(0)
    command = [str(whole / "env" / "bin" / "crmlib"), "lab", "crmlib-lab", "--no-browser", "--port", str(port)]
    with served(command, f"http://127.0.0.1:{port}/api", whole):
        assert answers(f"http://127.0.0.1:{port}/api/contents/chapters")[0] == 403, "a token is asked for"
    lab = whole / "crmlib-lab"
    assert (lab / "chapters" / "zh" / "01_importance.ipynb").exists()
    assert (lab / "exercises" / "06_evaluation" / "exercise.ipynb").exists()
    assert (lab / "datasets" / "teaching" / "tables" / "orders.parquet").exists()
    (package,) = (whole / "env").glob("lib/*/site-packages/crmlib/shipped/datasets/teaching")
    assert not {"tables", ".crmlib", "private"} & {p.name for p in package.iterdir()}, (
        "nothing is written into the package"
    )
