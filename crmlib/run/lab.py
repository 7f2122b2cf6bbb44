"""JupyterLab on the chapters and exercises, once the teaching company's tables are there."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shutil import rmtree

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.run.folders import held_folder
from crmlib.run.publish import free_port
from crmlib.run.shipped import CHECKOUT, copy, shipped
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.language import _
from crmlib.vocabulary.policy import load

WORKPLACE = Path("crmlib-lab")
TEACHING = "datasets/teaching"
PARTS = ("chapters", "exercises", TEACHING)


class LabError(CrmlibError):
    """The teaching company is not there; one line."""


def freeze_teaching(teaching: Path = shipped(TEACHING)) -> Path:
    """The folder of the teaching company's frozen tables, made where it is missing or older than its sources.

    Never there by halves. Raises `LabError`.
    """
    tables = teaching / "tables"
    frozen = tables / "orders.parquet"
    sources = [p for p in teaching.glob("*.*") if p.is_file() and not p.name.startswith(".")]
    if frozen.exists() and all(p.stat().st_mtime <= frozen.stat().st_mtime for p in sources):
        return tables
    if not (teaching / "company.toml").exists():
        raise LabError(f"{teaching}: the teaching company is not there; in a checkout `make data` makes it")
    company = load_description(teaching / "company.toml")
    with held_folder(teaching, ".tables-") as draft:
        ingest(company, draft, policy=load(company.policy))
        rmtree(tables, ignore_errors=True)
        (draft / "tables").rename(tables)
    return tables


def workplace(folder: Path | None = None) -> Path:
    """Where a trainee works: the checkout, or a folder into which chapters, exercises and the teaching company are copied.

    What is already in it is a trainee's and stays. Raises `LabError` for a folder that holds other things.
    """
    if folder is None and CHECKOUT:
        return CHECKOUT
    place = (folder or WORKPLACE).absolute()
    if place.exists() and any(place.iterdir()) and not (place / "chapters").exists():
        raise LabError(f"{place}: holds other things; name an empty or a new folder to work in")
    for part in PARTS:
        copy(part, place)
    return place


def serve(
    folder: Path | None = None, *, port: int | None = None, browser: bool = True, allow_root: bool = False
) -> None:
    """Become JupyterLab in the `workplace`. Raises `LabError`."""
    root = os.geteuid() == 0
    if root and not allow_root:
        line = _("Started as root: whoever reaches JupyterLab, at this machine only, has root's rights.")
        print(line, file=sys.stderr, flush=True)
    place = workplace(folder)
    print(_("Getting the teaching company's tables ready …"), file=sys.stderr, flush=True)
    freeze_teaching(place / TEACHING)
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={place}",
        "--LabApp.default_url=/lab/tree/chapters",
    ]
    if port is not None:
        command += [f"--ServerApp.port={free_port(port)}", "--ServerApp.port_retries=0"]
    if root or allow_root:
        command += ["--allow-root"]
    if not browser:
        command += ["--no-browser"]
    sys.stdout.flush()
    os.execv(sys.executable, command)
