"""A review's finished pages and, for who asks, its chapters live by Voila: read-only, code hidden, nothing asked of any network,
nothing private served.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from ipaddress import ip_address
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

import nbformat

from crmlib.border.company import load_description
from crmlib.run import rendering
from crmlib.run.chapters import CHAPTERS, read_chapters
from crmlib.run.folders import manifest_of, months
from crmlib.run.kernels import TRANSPORT, short_folder
from crmlib.vocabulary import language
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.language import _

TEMPLATE = "crm"
LOOPBACK = "127.0.0.1"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Kinds of files of a review that are for readers, by their ending."""
SHORTEST_TOKEN = 16
TOKEN = "CRMLIB_TOKEN"
"""Where the environment may say which token a visitor from elsewhere has to bring."""
TABLES = ".tables"
"""Name under which the tables are seen from the served folder; hidden, so that it is neither listed nor served."""


class PublishError(CrmlibError):
    """Nothing that could be served, or no address to serve it on; one line."""


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
    """A folder to serve: the chapters set to the review's tables, and the templates they are shown in."""
    with short_folder() as folder:
        manifest = manifest_of(review)
        _write_chapters(folder / "served", review, manifest, chapters)
        _write_template(folder / "share" / "voila" / "templates" / TEMPLATE, manifest)
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


def _write_template(template: Path, manifest: Mapping[str, Any]) -> None:
    """Our Voila template, with the texts of this review written into it."""
    copytree(rendering.TEMPLATES / "voila", template)
    with language.using(manifest["language"], manifest["currency"]):
        written = {
            "sheet.css": rendering.sheet(),
            "back.txt": _("Back to the month"),
            "wait.txt": _("Computing this chapter …"),
        }
    for name, text in written.items():
        (template / name).write_text("{% raw %}" + text + "{% endraw %}", encoding="utf-8")


def finished(review: Path) -> dict[str, bytes]:
    """The pages that readers get, by name: as the review wrote them, but for the way to other companies' reviews, which are not
    here, and with a way to each chapter computed live.
    """
    manifest = manifest_of(review)
    chapters = {f"{chapter['name']}.html" for chapter in manifest["chapters"]}
    shown = {}
    with language.using(manifest["language"], manifest["currency"]):
        live = escape(_("Computed live"))
    for path in sorted(p for p in review.iterdir() if p.suffix in KINDS and p.name in manifest["outputs"]):
        text = path.read_bytes()
        if path.suffix == ".html":
            text = re.sub(rb'<li><a href="\.\./\.\./index\.html">.*?</a></li>', b"", text)
        if path.name in chapters:
            foot = f'<footer class="crm-foot"><a href="voila/render/{path.stem}.ipynb">{live}</a> · '.encode()
            text = text.replace(b'<footer class="crm-foot">', foot)
        shown[path.name] = text
    return shown


def said(review: Path) -> dict[int, bytes]:
    """The pages that say what is not to be had, by their status."""
    manifest = manifest_of(review)
    with language.using(manifest["language"], manifest["currency"]):
        texts = {
            403: (_("Not for you"), _("This address is not served, or not under this name.")),
            404: (_("Not here"), _("There is no such page.")),
            503: (
                _("As many visitors as there is room for"),
                _(
                    "Every place for a chapter computed live is taken. The finished pages are open; try again in a minute."
                ),
            ),
        }
        return {
            status: rendering.render("said.html.j2", said=title, what=what).encode()
            for status, (title, what) in texts.items()
        }


def settings(
    folder: Path,
    port: int,
    *,
    address: str = LOOPBACK,
    visitors: int = 8,
    names: Sequence[str] = (),
    token: str = "",
    browser: bool = False,
) -> dict[str, Any]:
    """Voila's configuration: kernels culled when idle, no file served, no extension but the widgets'."""
    return {
        "Voila": {
            "root_dir": str(folder / "served"),
            "ip": address,
            "token": token,
            "kernel_websocket_connection_class": "crmlib.run.site.Connection",
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
        "MappingKernelManager": {"cull_idle_timeout": 900, "cull_interval": 60, "cull_connected": True},
        "Site": {"visitors": visitors, "names": ",".join(names)},
    }


def free_port(wanted: int, address: str = LOOPBACK) -> int:
    """`wanted` if it is free, any free one for 0. Raises `PublishError`."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, wanted))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise PublishError(f"--address {address}: {error.strerror}; name an address of this machine") from None
            raise PublishError(f"port {wanted} is in use; --port 0 takes one that is free") from None
        return int(probe.getsockname()[1])


def token_for(address: str) -> str:
    """The token that visitors must bring: none where only this machine reaches the address. Raises `PublishError`."""
    try:
        alone = ip_address(address).is_loopback
    except ValueError:
        raise PublishError(
            f"--address: expected an IP address such as 127.0.0.1 or 0.0.0.0, found {address!r}"
        ) from None
    given = os.environ.get(TOKEN, "")
    if given and len(given) < SHORTEST_TOKEN:
        raise PublishError(f"{TOKEN}: a token of {len(given)} characters is guessed; take {SHORTEST_TOKEN} or more")
    return given or ("" if alone else secrets.token_urlsafe(24))


def serve(
    review: Path | None = None,
    *,
    out: Path = Path("reviews"),
    port: int = 8866,
    address: str = LOOPBACK,
    names: Sequence[str] = (),
    visitors: int = 8,
    browser: bool = False,
    chapters: Path = CHAPTERS,
) -> None:
    """Serve a review until stopped. Raises `PublishError`."""
    found, token = find(review, out), token_for(address)
    port = free_port(port, address)
    with prepared(found, chapters) as folder:
        os.environ["JUPYTER_PATH"] = os.pathsep.join(
            filter(None, [str(folder / "share"), os.environ.get("JUPYTER_PATH")])
        )
        os.environ["IPYTHONDIR"] = str(folder)
        from traitlets.config import Config

        from crmlib.run.site import Site

        host = f"[{address}]" if ":" in address else address
        where = f"http://{host}:{port}/{f'?token={token}' if token else ''}"
        print(f"Serving {found} at {where} (Ctrl-C stops)", file=sys.stderr, flush=True)
        given = settings(
            folder, port, address=address, visitors=visitors, names=[address, *names], token=token, browser=browser
        )
        Site.launch_instance(argv=[], config=Config(given), pages=finished(found), said=said(found))
