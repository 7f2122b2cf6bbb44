"""Voila on the frozen tables of a review: read-only, code hidden, nothing asked of any network, nothing private served."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

import nbformat

from crmlib.border.company import load_description
from crmlib.run import pages, rendering
from crmlib.run.chapters import CHAPTERS, read_chapters
from crmlib.run.folders import manifest_of, months
from crmlib.run.kernels import TRANSPORT, short_folder
from crmlib.vocabulary import language
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.language import _

TEMPLATE = "crm"
TABLES = ".tables"
"""Name under which the tables are seen from the served folder; hidden, so that it is neither listed nor served."""


class PublishError(CrmlibError):
    """Nothing that could be served, or no port to serve it on; one line."""


def find(review: Path | None, out: Path) -> Path:
    """The review to serve: a review's folder, the last one of a company file, or the last one of all. Raises `PublishError`."""
    if review is None:
        found = [r for company in sorted(out.glob("[!.]*/")) for r in months(company)]
        newest = max(found, key=lambda r: (r.name, (r / "manifest.json").stat().st_mtime), default=None)
        where = out
    elif review.suffix == ".toml" or (review / "company.toml").exists():
        where = out / load_description(review).name
        newest = months(where)[-1] if months(where) else None
    else:
        where, newest = review, review if (review / "manifest.json").exists() else None
    if newest is None:
        raise PublishError(f"{where}: no finished review here; `crmlib review COMPANY.toml` makes one")
    return newest


@contextmanager
def prepared(review: Path, chapters: Path = CHAPTERS) -> Iterator[Path]:
    """A folder to serve: the chapters set to the review's tables, a front page, and the templates they are shown in."""
    with short_folder() as folder:
        manifest = manifest_of(review)
        _write_chapters(folder / "served", review, manifest, chapters)
        _write_template(folder / "share" / "voila" / "templates" / TEMPLATE, manifest, chapters)
        yield folder


def _write_chapters(served: Path, review: Path, manifest: Mapping[str, Any], chapters: Path) -> None:
    served.mkdir(parents=True)
    (served / TABLES).symlink_to((review / "tables").resolve(), target_is_directory=True)
    policy = ".policy.toml" if (review / "policy.toml").exists() else ""
    if policy:
        copyfile(review / "policy.toml", served / policy)
    given = {"tables": TABLES, "as_of": manifest["as_of"], "policy": policy, "language": manifest["language"]}
    lines = "\n".join(f"{name} = {value!r}" for name, value in given.items())
    for chapter in read_chapters(chapters, language=manifest["language"]):
        for cell in chapter.notebook.cells:
            if "parameters" in cell.metadata.get("tags", ()):
                cell.source = f"{cell.source}\n{lines}"
        chapter.notebook.metadata["title"] = chapter.title
        nbformat.write(chapter.notebook, served / f"{chapter.name}.ipynb")


def _write_template(template: Path, manifest: Mapping[str, Any], chapters: Path) -> None:
    """Our Voila template, with the texts and the front page of this review written into it."""
    copytree(rendering.TEMPLATES / "voila", template)
    with language.using(manifest["language"], manifest["currency"]):
        front = rendering.render(
            "served.html.j2",
            company=manifest["title"],
            month=pages.month_called(manifest["month"]),
            chapters=read_chapters(chapters, language=manifest["language"]),
        )
        written = {
            "tree.html": front,
            "sheet.css": rendering.sheet(),
            "back.txt": _("All chapters"),
            "wait.txt": _("Computing this chapter …"),
        }
    for name, text in written.items():
        (template / name).write_text("{% raw %}" + text + "{% endraw %}", encoding="utf-8")


def settings(folder: Path, port: int, *, browser: bool) -> dict[str, Any]:
    """Voila's configuration: kernels culled when idle, no file served, no extension but the widgets'."""
    return {
        "Voila": {
            "root_dir": str(folder / "served"),
            "ip": "127.0.0.1",
            "port": port,
            "port_retries": 0,
            "open_browser": browser,
            "connection_dir_root": str(folder),
            "config_file_paths": [],
            "log_level": "ERROR",
        },
        "VoilaConfiguration": {
            "template": TEMPLATE,
            "theme": "light",
            "strip_sources": True,
            "classic_tree": True,
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "show_tracebacks": False,
            "preheat_kernel": False,
            "file_allowlist": [],
            "file_denylist": [".*"],
            "extension_allowlist": ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8"],
            "extension_denylist": ["nbgrader", "@jupyter/nbgrader"],
            "kernel_spec_manager_class": "crmlib.run.kernels.ThisPython",
        },
        "KernelManager": {"transport": TRANSPORT},
        "MappingKernelManager": {"cull_idle_timeout": 900, "cull_interval": 60, "cull_connected": False},
    }


def free_port(wanted: int) -> int:
    """`wanted` if it is free, any free one for 0. Raises `PublishError`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            raise PublishError(f"port {wanted} is in use; --port 0 takes one that is free") from None
        return int(probe.getsockname()[1])


def serve(
    review: Path | None = None,
    *,
    out: Path = Path("reviews"),
    port: int = 8866,
    browser: bool = False,
    chapters: Path = CHAPTERS,
) -> None:
    """Serve a review until stopped. Raises `PublishError`."""
    found = find(review, out)
    port = free_port(port)
    with prepared(found, chapters) as folder:
        os.environ["JUPYTER_PATH"] = os.pathsep.join(
            filter(None, [str(folder / "share"), os.environ.get("JUPYTER_PATH")])
        )
        os.environ["IPYTHONDIR"] = str(folder)
        from traitlets.config import Config
        from voila.app import Voila

        print(f"Serving {found} at http://127.0.0.1:{port}/ (Ctrl-C stops)", file=sys.stderr, flush=True)
        Voila.launch_instance(argv=[], config=Config(settings(folder, port, browser=browser)))
