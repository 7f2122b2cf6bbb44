"""A published review: its finished pages at once, chapters live, and every way into anything else is shut."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from shutil import which
from typing import Any
from uuid import uuid4

import pytest
from tornado.websocket import websocket_connect

from crmlib.run.publish import PublishError, finished, free_port, token_for
from crmlib.run.site import permitted
from tests.served import answers, served, voila
from tests.test_publish import place

__all__ = ["place"]
LIVE = "voila/render/01_importance.ipynb"
VISITORS = 2


@pytest.fixture(scope="module")
def home(place: Path) -> Iterator[str]:
    port = free_port(0)
    with served(voila(place, port, names=["crm.example.com"]), f"http://127.0.0.1:{port}", place):
        yield f"http://127.0.0.1:{port}"


def test_the_pages_are_those_of_the_review(home: str, place: Path) -> None:
    review = place / "reviews" / "acme" / "2026-10"
    for name in ("index.html", "01_importance.html", "kpis.csv", "memo.html", "memo.txt"):
        status, text = answers(f"{home}/{name}")
        assert status == 200
        whole = (review / name).read_text("utf-8")
        if name.endswith("html"):
            assert "../../index.html" in whole or name == "memo.html"
            assert "../../index.html" not in text, "other companies' reviews are not here"
        else:
            assert text == whole
    assert answers(home)[1] == answers(f"{home}/index.html")[1]
    assert set(finished(review)) == {
        "index.html",
        "01_importance.html",
        "kpis.csv",
        "kpis.xlsx",
        "memo.html",
        "memo.txt",
    }


def test_no_kernel_is_there_until_a_chapter_is_computed_live(home: str) -> None:
    page = answers(f"{home}/01_importance.html")[1]
    assert f'<a href="{LIVE}">Computed live</a>' in page
    status, text = answers(f"{home}/{LIVE}")
    assert status == 200
    assert "3 orders as of 2026-10-31" in text
    assert "read_parquet" not in text, "the code is hidden"
    assert "https://" not in text.replace("https://www.w3.org", "")


@pytest.mark.parametrize(
    "path",
    [
        "private/actions.csv",
        "private%2Factions.csv",
        "./private/actions.csv",
        "..%2f..%2f..%2fco%2fcompany.toml",
        "%2e%2e/%2e%2e/company.toml",
        "..%5c..%5ccompany.toml",
        "..%c0%af..%c0%afcompany.toml",
        "index.html%00.csv",
        "//etc/passwd",
        "tables/orders.parquet",
        ".tables/orders.parquet",
        "manifest.json",
        "01_importance.ipynb",
        "voila/files/.tables/orders.parquet",
        "voila/files/01_importance.ipynb",
        "voila/files/../private/actions.csv",
        "voila/static/../../private/actions.csv",
        "voila/static/..%2f..%2f..%2fapp.py",
        "voila/templates/../../x",
        "voila/templates/crm/static/../sheet.css",
        "voila/labextensions/..%2f..%2f..%2fetc%2fpasswd",
        "voila/api/themes/..%2f..%2fx",
        "voila/render/../../../private/actions.csv",
        "voila/render/..%2f01_importance.ipynb",
        "voila/render/nothing.ipynb",
        "voila/render/.tables",
        "voila/tree",
        "voila/tree/.tables",
        "voila/api/contents",
        "voila/query/x",
        "api/kernels",
        "api/contents",
        "api/sessions",
        "api/terminals",
        "terminals/1",
        "lab",
        "tree",
        "files/kpis.csv",
        "nbconvert/html/01_importance.ipynb",
        "metrics",
    ],
)
def test_nothing_else_is_to_be_had(home: str, place: Path, path: str) -> None:
    status, text = answers(f"{home}/{path}")
    assert status in (400, 403, 404), (path, status)
    for never in ("Traceback", "PAR1", "[customers", str(place), "read_parquet", "root:"):
        assert never not in text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_is_written(home: str, method: str) -> None:
    for path in ("", "index.html", LIVE, "api/kernels", "voila/files/x"):
        asked = urllib.request.Request(f"{home}/{path}", method=method, data=b"{}")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=60)
        with refused.value as answer:
            assert answer.code in (403, 404, 405)
            assert "Traceback" not in answer.read().decode("utf-8", "replace")


def test_a_page_is_asked_for_by_a_name_of_this_host_only(home: str) -> None:
    for path in ("", "index.html", LIVE):
        status, text = answers(f"{home}/{path}", Host="evil.example")
        assert status == 403
        assert "orders" not in text
    assert answers(home, Host="crm.example.com")[0] == 200


def test_beyond_the_visitors_there_is_room_for_one_is_asked_to_wait_and_still_reads(place: Path) -> None:
    port = free_port(0)
    home = f"http://127.0.0.1:{port}"
    with served(voila(place, port, visitors=VISITORS), home, place):
        asked = [answers(f"{home}/{LIVE}") for _visitor in range(VISITORS + 1)]
        assert [status for status, _text in asked] == [*[200] * VISITORS, 503]
        assert "try again in a minute" in asked[-1][1]
        assert answers(f"{home}/01_importance.html")[0] == 200


def test_elsewhere_a_token_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert token_for("127.0.0.1") == token_for("::1") == ""
    assert len(token_for("0.0.0.0")) >= 32
    assert token_for("0.0.0.0") != token_for("0.0.0.0")
    monkeypatch.setenv("CRMLIB_TOKEN", "short")
    with pytest.raises(PublishError, match="is guessed"):
        token_for("127.0.0.1")
    with pytest.raises(PublishError, match="expected an IP address"):
        token_for("crm.example.com")


def test_without_the_token_nothing_is_shown(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRMLIB_TOKEN", "a-token-that-nobody-guesses")
    port = free_port(0)
    home = f"http://127.0.0.1:{port}"
    with served(voila(place, port), f"{home}/?token=a-token-that-nobody-guesses", place):
        for path in ("", "kpis.csv", LIVE, "?token=another"):
            assert "Repurchase" not in answers(f"{home}/{path}")[1]
        assert answers(f"{home}/kpis.csv", Authorization="token a-token-that-nobody-guesses")[0] == 200


# The socket of a kernel


def message(kind: str, *, channel: str = "shell", **content: Any) -> dict[str, Any]:
    header = {"msg_type": kind, "msg_id": uuid4().hex, "session": "s", "username": "", "version": "5.3", "date": ""}
    return {
        "channel": channel,
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
        "buffers": [],
    }


def sets(**state: Any) -> dict[str, Any]:
    return message("comm_msg", comm_id="c", data={"method": "update", "state": state, "buffer_paths": []})


@pytest.mark.parametrize(
    ("said", "may"),
    [
        (message("kernel_info_request"), True),
        (message("comm_info_request", target_name="jupyter.widget"), True),
        (message("comm_open", comm_id="c", target_name="jupyter.widget.control", data={}), True),
        (message("comm_msg", comm_id="c", data={"method": "request_states"}), True),
        (sets(value=3.5), True),
        (sets(index=2), True),
        (sets(index=None), True),
        (sets(value="<img src=x onerror=alert(1)>"), False),
        (sets(value=True), False),
        (sets(value=[1, 2]), False),
        (sets(value=3, max=10**9), False),
        (sets(options=["a"]), False),
        (sets(), False),
        (message("comm_msg", comm_id="c", data={"method": "custom", "content": {"event": "click"}}), False),
        (
            message("comm_msg", comm_id="c", data={"method": "update", "state": {"value": 1}, "buffer_paths": [["x"]]}),
            False,
        ),
        (message("comm_open", comm_id="c", target_name="jupyter.widget", data={"state": {}}), False),
        (message("comm_close", comm_id="c"), False),
        (message("execute_request", code="1"), False),
        (message("complete_request", code="o", cursor_pos=1), False),
        (message("inspect_request", code="o", cursor_pos=1), False),
        (message("history_request"), False),
        (message("input_reply", channel="stdin", value="x"), False),
        (message("debug_request", channel="control", command="evaluate"), False),
        (message("shutdown_request", channel="control", restart=False), False),
        (message("interrupt_request", channel="control"), False),
        (message("kernel_info_request", channel="control"), False),
        (message("create_subshell_request", channel="control"), False),
    ],
)
def test_a_visitor_may_ask_and_set_a_number_and_no_more(said: dict[str, Any], may: bool) -> None:
    assert permitted(said["channel"], said) is may
    assert not permitted(said["channel"], said, buffers=1)


def test_on_a_kernels_socket_nothing_is_executed(place: Path, tmp_path: Path) -> None:
    port, written = free_port(0), tmp_path / "written"
    home = f"http://127.0.0.1:{port}"
    with served(voila(place, port), home, place):
        kernel = re.search(r'"kernelId"\s*:\s*"([\w-]+)"', answers(f"{home}/{LIVE}")[1])[1]
        url = f"{home}/api/kernels/{kernel}/channels?session_id=s"
        kinds = asyncio.run(_said_on(url.replace("http", "ws"), f"open({str(written)!r}, 'w').close()"))
        assert [_handshake(port, kernel, origin) for origin in (home, "http://evil.example", "null")] == [101, 403, 403]
    assert "kernel_info_reply" in kinds
    assert not kinds & {"execute_reply", "execute_input", "execute_result", "error", "complete_reply", "history_reply"}
    assert not written.exists()


def _handshake(port: int, kernel: str, origin: str, host: str = "") -> int:
    """The status of a socket that a page of this origin asks for."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers = {
        **upgrade,
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Origin": origin,
        "Host": host or f"127.0.0.1:{port}",
    }
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as asked:
        asked.request("GET", f"/api/kernels/{kernel}/channels", headers=headers)
        with asked.getresponse() as answer:
            return answer.status


async def _said_on(url: str, code: str) -> set[str]:
    """Try to run code in every way a message knows, then ask for what may be asked, and return the kinds of all answers."""
    socket = await websocket_connect(url)
    tries = [
        message(
            "execute_request", code=code, silent=False, store_history=False, user_expressions={}, allow_stdin=False
        ),
        message("execute_request", channel="control", code=code),
        message("complete_request", code=code, cursor_pos=3),
        message("history_request", hist_access_type="tail", n=9),
    ]
    for each in (*tries, message("kernel_info_request")):
        await socket.write_message(json.dumps(each))
    await socket.write_message("no JSON at all")
    await socket.write_message(b"\x00" * 7, binary=True)
    kinds: set[str] = set()
    while "kernel_info_reply" not in kinds:
        answer = await asyncio.wait_for(socket.read_message(), 60)
        assert answer is not None, "the socket was closed"
        kinds.add(json.loads(answer)["header"]["msg_type"])
    socket.close()
    while await socket.read_message() is not None:
        pass
    return kinds


# Behind a proxy


@pytest.mark.skipif(which("nginx") is None, reason="no nginx here (apt-get install nginx-light)")
def test_behind_the_example_for_nginx_the_pages_and_a_kernels_socket_are_reached(place: Path, tmp_path: Path) -> None:
    inner, outer = free_port(0), free_port(0)
    example = (Path(__file__).parents[1] / "docs" / "serving" / "nginx.conf").read_text("utf-8")
    paths = f"pid {tmp_path}/pid; error_log {tmp_path}/log;\n"
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = (
        example.replace(":8080", f":{outer}")
        .replace(":8866", f":{inner}")
        .replace("http {", f"http {{ access_log off; {temporary}")
    )
    (tmp_path / "nginx.conf").write_text(paths + text, encoding="utf-8")
    command = ["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"]
    home = f"http://127.0.0.1:{inner}"
    with (
        served(voila(place, inner, names=["crm.example.com"]), home, place),
        served(command, f"http://127.0.0.1:{outer}/missing", place, ready=403),
    ):
        kernel = re.search(r'"kernelId"\s*:\s*"([\w-]+)"', answers(f"{home}/{LIVE}")[1])[1]
        status, page = answers(f"http://127.0.0.1:{outer}/", Host="crm.example.com")
        assert (status, "Why it matters" in page) == (200, True)
        assert answers(f"http://127.0.0.1:{outer}/", Host="evil.example")[0] == 403
        assert _handshake(outer, kernel, "http://crm.example.com", host="crm.example.com") == 101
