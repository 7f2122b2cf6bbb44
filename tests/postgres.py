"""A PostgreSQL server for the tests that need one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

PLACES = "/usr/lib/postgresql"
"""Where Debian keeps the tools of a server, which are not on the path."""


class MissingError(Exception):
    """What is lacking on this machine, in a sentence."""


@contextmanager
def server() -> Iterator[str]:
    """The URL of a server of one's own on loopback, run by an unprivileged user, which goes afterwards. Raises `MissingError`."""
    found = shutil.which("initdb") or next(iter(sorted(Path(PLACES).glob("*/bin/initdb"), reverse=True)), None)
    if found is None:
        raise MissingError("no PostgreSQL here: install Debian's postgresql")
    tools, home = Path(found).parent, Path(mkdtemp(prefix="crmpg-", dir="/tmp"))
    user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(home, "nobody")
        user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]

    def run(tool: str, *options: str) -> None:
        command = [*user, str(tools / tool), "-D", str(home / "data"), *options]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd="/", check=False, env={**os.environ, "HOME": str(home)}
        )
        if done.returncode:
            raise MissingError(f"PostgreSQL could not be started here: {(done.stderr or done.stdout).strip()[-200:]}")

    try:
        run("initdb", "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off"
        run("pg_ctl", "-w", "-o", options, "-l", f"{home}/log", "start")
        try:
            yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
