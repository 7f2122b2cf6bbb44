"""What a visitor of a published review can reach: its finished pages at once, and a chapter computed live; nothing else.

A Voila application whose own doors are shut but those that a chapter needs. The finished pages are held in memory under their
names, so that no address is a path. On the socket of a kernel a visitor may ask for widgets and set one's value, and no more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.connection.base import deserialize_binary_message, deserialize_msg_from_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.web import HTTPError, authenticated
from traitlets import Dict, Int, Unicode
from voila.app import Voila
from voila.static_file_handler import TemplateStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler

from crmlib.run.publish import KINDS

ASKS = {"kernel_info_request", "comm_info_request"}
"""Messages that only ask."""
VALUES = {"value", "index"}
"""What of a widget a visitor may set: a slider's number, or which of its options."""
SHUT = ("/voila/tree", "/voila/files/", "/voila/api/contents", "/voila/query/", "/voila/execution/")
"""Voila's doors that no chapter needs."""
LIVE, PARTS = "/voila/render/", "/voila/templates/"


def permitted(channel: str, message: Mapping[str, Any], buffers: int = 0) -> bool:
    """Whether a visitor's message may reach a kernel: it asks what widgets there are, or sets a number within a widget's range
    (which the widget itself holds it to).
    """
    kind, content = message["header"].get("msg_type"), message.get("content") or {}
    if channel != "shell" or buffers:
        return False
    if kind == "comm_open":
        return bool(content.get("target_name") == "jupyter.widget.control")
    if kind != "comm_msg":
        return kind in ASKS
    data = content.get("data") or {}
    if data.get("method") in ("request_state", "request_states"):
        return True
    state = data.get("state")
    return (
        data.get("method") == "update"
        and isinstance(state, dict)
        and bool(state)
        and state.keys() <= VALUES
        and not data.get("buffer_paths")
        and all(
            value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
            for value in state.values()
        )
    )


class Connection(ZMQChannelsWebsocketConnection):
    """A kernel's socket that lets through what is `permitted`, and drops the rest without a word."""

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass a message on, or drop it."""
        try:
            if self.subprotocol == "v1.kernel.websocket.jupyter.org":
                channel, parts = deserialize_msg_from_ws_v1(incoming_msg)  # type: ignore[no-untyped-call]
                message = {"header": json.loads(parts[0]), "content": json.loads(parts[3])}
                buffers = len(parts) - 4
            else:
                read: Any = deserialize_binary_message if isinstance(incoming_msg, bytes) else json.loads
                message = read(incoming_msg)
                channel, buffers = message.get("channel"), len(message.get("buffers") or ())
            allowed = permitted(channel, message, buffers)
        except Exception:
            return
        if allowed:
            super().handle_incoming_message(incoming_msg)


class _Said(JupyterHandler):
    """Errors are a page of ours, of one line."""

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """The page that says so."""
        self.set_header("Content-Type", KINDS[".html"])
        self.finish(self.settings["said"].get(status_code, self.settings["said"][404]))


class PageHandler(_Said):
    """A finished page, by its name."""

    @authenticated  # type: ignore[untyped-decorator]
    def get(self, name: str = "") -> None:
        """Send it, or 404."""
        page = self.settings["pages"].get(name or "index.html")
        if page is None:
            raise HTTPError(404)
        self.set_header("Content-Type", KINDS[Path(name or "index.html").suffix])
        self.set_header("Cache-Control", "no-cache")
        self.set_header("X-Frame-Options", "DENY")
        self.set_header("Referrer-Policy", "no-referrer")
        self.finish(page)


class LiveHandler(TornadoVoilaHandler, _Said):
    """A chapter computed by a kernel of the visitor's own, as long as there is room for one more."""

    @authenticated  # type: ignore[untyped-decorator]
    async def get(self, path: str | None = None) -> None:
        """Compute it, or say that it is not there or that there is no room."""
        if path not in self.settings["live"]:
            raise HTTPError(404)
        if len(self.kernel_manager.list_kernel_ids()) >= self.settings["visitors"]:
            self.set_header("Retry-After", "60")
            raise HTTPError(503)
        await super().get(path)


class PartHandler(TemplateStaticFileHandler):
    """A file that belongs to the template of live chapters."""

    def parse_url_path(self, path: str) -> str:
        """The file's path; an address that is none of a template's is nowhere."""
        if not re.fullmatch(r"\w+/static/[\w./-]+", path) or ".." in path:
            raise HTTPError(404)
        return str(super().parse_url_path(path))


class Site(Voila):
    """A Voila application that shows the finished pages, and chapters live for so many visitors at a time."""

    pages = Dict(help="Finished pages by their names, as bytes.")
    said = Dict(help="Pages that say what is not to be had, by their status.")
    visitors = Int(8, help="Chapters computed live at a time, at most.").tag(config=True)
    names = Unicode("", help="Names of this host, beside loopback, that a browser may ask for; with commas.").tag(
        config=True
    )

    def init_settings(self) -> dict[str, Any]:
        """Voila's, with what is ours; every address is asked for by a name of this host."""
        live = {path.name for path in Path(self.root_dir).glob("[!.]*.ipynb")}
        ours = {
            "pages": self.pages,
            "said": self.said,
            "visitors": self.visitors,
            "live": live,
            "compress_response": True,
        }
        hosts = {"allow_remote_access": False, "local_hostnames": ["localhost", *filter(None, self.names.split(","))]}
        return {**super().init_settings(), **ours, **hosts}

    def init_handlers(self) -> list[Any]:
        """Our doors, then those of Voila that a live chapter needs."""
        theirs = super().init_handlers()
        given = next(h[2] for h in theirs if h[0].startswith(LIVE))
        kept = [h for h in theirs if not h[0].startswith((*SHUT, LIVE, PARTS)) and h[0] != self.server_url]
        return [(rf"{LIVE}(.*)", LiveHandler, given), (rf"{PARTS}(.*)", PartHandler), *kept, ("/(.*)", PageHandler)]
