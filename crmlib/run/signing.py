"""A file signed with Ed25519 (RFC 8032): its last line holds the key and the signature over every byte before it.

What is claimed stands in a line before it, so that one signature covers both what people read and what programs do.
Whoever makes a key can sign: a signature says which key, and that nothing was altered since. Whose key it is, its
fingerprint tells whoever had it from the owner.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from crmlib.vocabulary.errors import CrmlibError

COMMENTS: Final[Mapping[str, tuple[bytes, bytes]]] = {".html": (b"<!-- ", b" -->"), ".pdf": (b"% ", b"")}
"""How a line that is not shown begins and ends, by kind of file."""
_TAIL = re.compile(
    rb"\n(?:<!-- SIGNED -->|% SIGNED)\n\Z".replace(b"SIGNED", rb"crmlib-ed25519 ([0-9a-f]{64}) ([0-9a-f]{128})")
)
_CLAIMS = re.compile(rb"^(?:<!-- |% )crmlib-claims (\{[^\n]*\})(?: -->)?$", re.MULTILINE)


class SignatureError(CrmlibError):
    """A key that cannot be used, or a file that is not as it was signed; one line."""


@dataclass(frozen=True)
class Signed:
    """What a file claims, and the fingerprint of the key that signed it."""

    claims: Mapping[str, Any]
    signer: str


def key_at(file: Path) -> tuple[Ed25519PrivateKey, bool]:
    """The private key in `file`, and whether it was made just now: for its owner alone (0600). Raises `SignatureError`."""
    made = False
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
                opened.write(pem)
            made = True
        except FileExistsError:
            pass
    if os.name != "nt" and file.stat().st_mode & 0o077:
        raise SignatureError(
            f"{file}: others may read this key; whoever did can sign with it. Mend with: chmod 600 {file}"
        )
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SignatureError(f"{file}: no Ed25519 key without a password; name another file with --key")
    return key, made


def fingerprint(public: bytes) -> str:
    """A public key in a form that can be read out: the first 80 bits of its SHA-256, in groups of four."""
    text = sha256(public).hexdigest()[:20]
    return "-".join(text[i : i + 4] for i in range(0, 20, 4))


def signer(key: Ed25519PrivateKey) -> str:
    """The fingerprint of a private key's public half."""
    return fingerprint(key.public_key().public_bytes_raw())


def signed(document: bytes, kind: str, claims: Mapping[str, Any], key: Ed25519PrivateKey) -> bytes:
    """The document with its claims and the signature after it; `kind` is `.html` or `.pdf`."""
    opens, ends = COMMENTS[kind]
    # No sign that would end a comment: what a person is called is written as they give it.
    text = json.dumps(claims, sort_keys=True).replace("-", "\\u002d").replace("<", "\\u003c").replace(">", "\\u003e")
    # A reader of PDF looks for its beginning in the last kilobyte, so that only the signature comes after it.
    at = document.rindex(b"startxref") if kind == ".pdf" else len(document)
    line = opens + b"crmlib-claims " + text.encode() + ends
    body = b"\n".join(filter(None, (document[:at].rstrip(b"\n"), line, document[at:].rstrip(b"\n"))))
    public, seal = key.public_key().public_bytes_raw().hex(), key.sign(body).hex()
    return body + b"\n" + opens + f"crmlib-ed25519 {public} {seal}".encode() + ends + b"\n"


def verified(data: bytes, name: str) -> Signed:
    """What a signed file claims. Raises `SignatureError` where a byte is not as it was signed, or nothing is signed."""
    found = _TAIL.search(data)
    if not found:
        raise SignatureError(f"{name}: no signature of crmlib at its end, or one that was altered")
    public, seal = (one.decode() for one in found.groups() if one)
    body = data[: found.start()]
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(seal), body)
        claims = json.loads(_CLAIMS.findall(body)[-1])
    except (InvalidSignature, ValueError, IndexError):
        raise SignatureError(f"{name}: not as it was signed; at least one byte was altered") from None
    return Signed(claims, fingerprint(bytes.fromhex(public)))
