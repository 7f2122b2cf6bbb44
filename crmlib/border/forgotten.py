"""Whom the company has forgotten: a memory that names nobody, so that a source file brings no one back unseen.

`<home>/.crmlib/forgotten` holds a key of its own and, for each record that was erased, HMAC-SHA256 of its pseudonym under that
key. Whoever has an id, the company's key and this file can ask whether that id was forgotten; nobody can read ids out of it.
Deleting the file forgets whom was forgotten. See docs/decisions/0033.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from crmlib.border.pseudonyms import PseudonymError, key, pseudonyms
from crmlib.vocabulary import language
from crmlib.vocabulary.language import ngettext

if TYPE_CHECKING:
    import duckdb

    from crmlib.border.lines import Read

REASON = "__forgotten"
"""Why a row of a forgotten customer is filtered; no filter of a mapping can have this name by chance."""


@dataclass(frozen=True)
class Forgotten:
    """The memory: `marks` of erased records under the memory's own key."""

    own: bytes
    marks: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.marks)

    def among(self, codes: Iterable[str]) -> frozenset[str]:
        """Those of these pseudonyms that were forgotten."""
        return frozenset(code for code in codes if _mark(self.own, code) in self.marks)


def _mark(own: bytes, code: str) -> str:
    return hmac.new(own, code.encode(), sha256).hexdigest()


def file_of(home: Path) -> Path:
    """Where a company's memory lies."""
    return home / ".crmlib" / "forgotten"


def read(home: Path) -> Forgotten:
    """The company's memory, empty where nobody was forgotten. Raises `PseudonymError` where it is damaged, or was made under
    another key for pseudonyms and so would recognise nobody.
    """
    file = file_of(home)
    try:
        told = json.loads(file.read_text(encoding="ascii"))
        memory = Forgotten(bytes.fromhex(told["key"]), frozenset(map(str, told["forgotten"])))
        under = str(told["under"])
    except FileNotFoundError:
        return Forgotten(secrets.token_bytes(32))
    except (OSError, ValueError, KeyError, TypeError):
        raise PseudonymError(
            f"{file}: cannot be read; restore it from a copy: without it, forgotten customers come back from the source files"
        ) from None
    if memory and under != _mark(memory.own, key(home).hex()):
        raise PseudonymError(
            f"{file}: was made under another key than {home / '.crmlib' / 'key'}, so forgotten customers would not be "
            "recognised; restore that key, or delete this file and accept that they come back from the source files"
        )
    return memory


def remember(home: Path, codes: Iterable[str]) -> None:
    """Add these pseudonyms to the memory. Raises `PseudonymError`."""
    memory = read(home)
    _write(home, Forgotten(memory.own, memory.marks | {_mark(memory.own, code) for code in codes}))


def readmit(home: Path, codes: Iterable[str]) -> int:
    """Take these pseudonyms out of the memory; how many were in it. Raises `PseudonymError`."""
    memory = read(home)
    out = memory.marks & {_mark(memory.own, code) for code in codes}
    if out:
        _write(home, Forgotten(memory.own, memory.marks - out))
    return len(out)


def _write(home: Path, memory: Forgotten) -> None:
    """Whole or not at all, readable by its owner only; the marks sorted, so that their order tells no time."""
    file = file_of(home)
    told = {"key": memory.own.hex(), "under": _mark(memory.own, key(home).hex()), "forgotten": sorted(memory.marks)}
    draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(json.dumps(told, indent=1) + "\n")
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)


def leave_out(engine: duckdb.DuckDBPyConnection, home: Path, memory: Forgotten, rows: str) -> str:
    """SQL: why a row of the engine's `rows` is filtered, that of a forgotten customer (`__who`) before what the mapping says."""
    if not memory:
        return "__filtered"
    ids = [who for (who,) in engine.execute(f"select distinct __who from {rows} where __who is not null").fetchall()]
    own = dict(zip(pseudonyms(key(home), "customer", ids), ids, strict=True))
    engine.execute(f"create or replace temp table {rows}_forgotten (who varchar)")
    found = [[own[code]] for code in memory.among(own)]
    if found:
        engine.executemany(f"insert into {rows}_forgotten values (?)", found)
    return f"case when __who in (select who from {rows}_forgotten) then '{REASON}' else __filtered end"


def notes(engine: duckdb.DuckDBPyConnection, reads: list[Read]) -> list[str]:
    """That forgotten customers still stand in the source files, in one sentence; nothing where none does."""
    still = " union ".join(f"select __who from {r.lines} where __filtered = '{REASON}'" for r in reads)
    n = int(engine.execute(f"select count(*) from ({still})").fetchall()[0][0])
    said = ngettext(
        "{n} record of a forgotten customer still stands in the source files; its rows are left out. Delete it there.",
        "{n} records of forgotten customers still stand in the source files; their rows are left out. Delete them there.",
        n,
    )
    return [said.format(n=language.number(n))] if n else []
