"""Keyed pseudonyms: the same code for an id in every review of a company, and nobody without the key can tell whose it is."""

from __future__ import annotations

import hmac
import os
import secrets
from base64 import b32encode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from crmlib.vocabulary.errors import CrmlibError

PREFIX = {"customer": "c", "owner": "o", "order": "p", "ticket": "t", "interaction": "i", "action": "a"}
"""What the codes of a kind of id begin with; of any other kind, with its first letter."""


class PseudonymError(CrmlibError):
    """A key file that cannot be made or used; one line."""


def key(home: Path) -> bytes:
    """The company's key, in `<home>/.crmlib/key`; made at the first call, readable by its owner only. Raises `PseudonymError`."""
    file = home / ".crmlib" / "key"
    try:
        if not file.exists():
            _make(file)
        found = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except OSError as error:
        raise PseudonymError(
            f"{file}: the key for pseudonyms cannot be made or read ({error.strerror}); the folder must be writable once"
        ) from None
    except ValueError:
        found = b""
    if len(found) != 32:
        raise PseudonymError(
            f"{file}: expected 64 hexadecimal digits; restore the key from a copy, or delete it and accept new pseudonyms"
        )
    return found


def _make(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    (file.parent / ".gitignore").write_text("*\n", encoding="ascii")
    draft = file.with_name(f"key.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(secrets.token_hex(32) + "\n")
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def coded(secret: bytes, kind: str, value: str) -> str:
    """SQL: the code of the id in the expression `value`, text: the kind's letter and 16 hexadecimal digits of HMAC-SHA256.

    For what there are millions of (orders, contacts).
    """
    block = secret.ljust(64, b"\0")
    inner, outer = ("".join(f"\\x{byte ^ pad:02X}" for byte in block) for pad in (0x36, 0x5C))
    told = f"encode('{kind}:' || {value})"
    return f"'{PREFIX.get(kind, kind[0])}' || left(sha256('{outer}'::blob || unhex(sha256('{inner}'::blob || {told}))), 16)"


def pseudonyms(secret: bytes, kind: str, ids: Iterable[str]) -> list[str]:
    """One code per id, in order: "c" (customer) or "o" (owner) and 12 base32 characters of HMAC-SHA256."""
    keyed = hmac.new(secret, f"{kind}:".encode(), sha256)
    codes = []
    for one in ids:
        state = keyed.copy()
        state.update(one.encode())
        codes.append(PREFIX[kind] + b32encode(state.digest()[:8]).decode().lower()[:12])
    return codes
