"""In which encoding a text file stands, judged by the text that each gives: what is not for certain is asked for.

Any bytes are some text in cp1252, and most are in GB18030; so an encoding is believed by the text it gives, not
because it gives one.
"""

from __future__ import annotations

import codecs
import gzip
import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO

from crmlib.vocabulary.errors import CrmlibError

ENOUGH = 200_000
"""Foreign characters after which a text is judged."""
STRANGE = 0.05
"""Share of foreign characters that no text in the encoding would hold, from which it is taken for another."""
CHUNK = 1 << 20
LONGEST = 1 << 24
"""Characters of a line beyond which it is no line of a table."""
_CHINESE = {"gb18030": "gb2312", "gbk": "gb2312", "gb2312": "gb2312", "big5": "big5", "cp950": "big5"}
"""Encodings of Chinese, and the one that holds the characters in daily use."""
_GUESSES = (
    "utf-8", "utf-16-le", "utf-16-be", "gb18030", "cp1252", "shift_jis", "euc_jp", "euc_kr", "big5", "cp1250", "cp1251",
    "koi8_r", "mac_roman",
)  # fmt: skip
"""What is tried, in this order, for the encoding to be named; nothing is read so unasked."""
_NATIVE = {
    "shift_jis": ("\u3040", "\u30ff"),
    "euc_jp": ("\u3040", "\u30ff"),
    "euc_kr": ("\uac00", "\ud7a3"),
}
"""What makes up a good part of any text in an encoding of Japanese or Korean."""
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b\x1c\x1f\x7f]")
_AROUND = ("Pi", "Pf", "Ps", "Pe", "Pd", "Sc", "Zs")
"""Kinds of signs that stand beside words: quotation marks, brackets, dashes, currencies."""
_NO_TEXT = ("unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "utf_7")


class SourceError(CrmlibError):
    """A source that cannot be read; one line naming file, place and mend."""


def known(path: Path, encoding: str) -> str:
    """The encoding by the name Python knows it by. Raises `SourceError` where it is none of texts."""
    try:
        name = codecs.lookup(encoding).name
        "".encode(encoding)
    except (LookupError, UnicodeError, ValueError):
        name = ""
    if not name or name.replace("-", "_") in _NO_TEXT:
        raise SourceError(
            f"{path}: company.toml: encoding {encoding!r} is not known; for example utf-8, gb18030, cp1252"
        )
    return name


def opened(path: Path, encoding: str) -> IO[str]:
    """The file as text, unpacked where it is gzipped; line breaks are left as they are."""
    encoding = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _raw(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb")  # type: ignore[return-value]


def detected(path: Path) -> str:
    """utf-8-sig, utf-16 or gb18030, whichever the whole file is for certain. Raises `SourceError`."""
    try:
        with _raw(path) as raw:
            if raw.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                return "utf-16"
        if _holds_nul(path) and (wide := _wide(path)):
            raise SourceError(f'{path}: the file holds NUL characters; it is UTF-16: say encoding = "{wide}"')
        for encoding in ("utf-8-sig", "gb18030"):
            if gives_text(path, encoding):
                return encoding
        raise SourceError(unreadable(path, "utf-8"))
    except (OSError, EOFError) as error:
        raise SourceError(f"{path}: cannot be read: {error}; write it again, or restore it from a copy") from None


def gives_text(path: Path, encoding: str) -> bool:
    """Whether the whole file decodes, and into what somebody may have written."""
    strange = foreign = 0
    try:
        with opened(path, encoding) as text:
            while chunk := text.read(CHUNK):
                if foreign < ENOUGH:
                    odd, all_ = _counted(chunk, encoding)
                    strange, foreign = strange + odd, foreign + all_
    except UnicodeError:
        return False
    return strange <= STRANGE * foreign


def believed(path: Path, encoding: str) -> None:
    """Refuse an encoding that company.toml names where another gives better text. Raises `SourceError`."""
    if encoding.startswith(("utf", "ascii")) or _ascii(path):
        return
    if gives_text(path, encoding) and not gives_text(path, "utf-8"):
        return
    better = likely(path)
    if better and codecs.lookup(better).name != encoding:
        raise SourceError(
            f'{path}: company.toml: encoding = "{encoding}" gives no text that somebody would write, '
            f'encoding = "{better}" does; look at the file and name its own'
        )


def _ascii(path: Path) -> bool:
    with _raw(path) as raw:
        return all(chunk.isascii() for chunk in iter(lambda: raw.read(CHUNK), b""))


def likely(path: Path) -> str:
    """The first encoding of `_GUESSES` that gives text; empty where none does."""
    return next((e for e in _GUESSES if (_holds_nul(path) or "16" not in e) and gives_text(path, e)), "")


def unreadable(path: Path, encoding: str) -> str:
    """Where a file is not in an encoding, and in which it seems to be."""
    better = likely(path)
    for line, content in enumerate(lines(path), 1):
        try:
            content.decode(encoding)
        except UnicodeError:
            where = f"{path}: line {line} is not valid {encoding}"
            break
    else:
        where = f"{path}: is not valid {encoding}"
    if better:
        return f'{where}; say encoding = "{better}", in which it reads as text'
    return (
        f"{where}, and no other encoding gives text for the whole file; is it put together from files of several? "
        "Save it as UTF-8"
    )


def lines(path: Path) -> Iterator[bytes]:
    """The file's lines as bytes, none longer than `LONGEST`."""
    with _raw(path) as raw:
        yield from iter(lambda: raw.readline(LONGEST), b"")


def _holds_nul(path: Path) -> bool:
    with _raw(path) as raw:
        return b"\0" in raw.read(CHUNK)


def _wide(path: Path) -> str:
    """UTF-16 without its mark: the byte order that gives text."""
    return next((e for e in ("utf-16-le", "utf-16-be") if gives_text(path, e)), "")


def _counted(chunk: str, encoding: str) -> tuple[int, int]:
    """Characters that no text of this encoding holds, and all that are not ASCII; control characters are strange anywhere."""
    name = encoding.replace("-", "_").lower()
    if name.startswith("utf_8"):
        return 0, 0
    control = len(_CONTROL.findall(chunk))
    foreign = "".join(_FOREIGN.findall(chunk))
    strange = sum(unicodedata.category(c) in ("Cc", "Cn", "Co", "Cs") for c in foreign)
    if daily := _CHINESE.get(name):
        strange = _not_chinese(foreign, daily)
    elif name.startswith("utf_16"):
        strange += sum(
            "\u0600" <= c < "\u2000" or "\ua000" <= c < "\uac00" or "\ud7a4" <= c < "\uff00" for c in foreign
        )
    elif name in _NATIVE:
        low, high = _NATIVE[name]
        strange = 0 if sum(low <= c <= high for c in foreign) >= 0.3 * len(foreign) else len(foreign)
    else:
        strange += sum(
            _odd(chunk[: m.start()][-1:], m.group(), chunk[m.end() : m.end() + 1]) for m in _FOREIGN.finditer(chunk)
        )
    return strange + control, len(foreign) + control


def _not_chinese(foreign: str, daily: str) -> int:
    """Characters out of daily use. Japanese and Korean in their own encodings decode as Chinese too: they are told by their
    kana, and by hanzi that are all of the first half of the table.
    """
    common = foreign.encode(daily, errors="ignore")
    leads = "".join(sorted(set(foreign))).encode(daily, errors="ignore")[::2]
    kana, hanzi = sum(lead in (0xA4, 0xA5) for lead in leads), sum(lead >= 0xB0 for lead in leads)
    if daily == "gb2312" and kana + hanzi >= 20:
        late = sum(lead > 0xC8 for lead in leads)
        if kana > 0.2 * (kana + hanzi) or late < STRANGE * hanzi:
            return len(foreign)
    # Signs beside words, such as ¥ and €, are not in the old tables and stand in any text.
    signs = [c for c in set(foreign) if unicodedata.category(c) in _AROUND and not c.encode(daily, errors="ignore")]
    return len(foreign) - len(common) // 2 - sum(map(foreign.count, signs))


def _odd(before: str, run: str, after: str) -> int:
    """In a text of one byte per character: signs within a word, words of two scripts, rows of Latin letters with marks, and
    capitals after small letters.
    """
    within = before.isalpha() and after.isalpha()
    latin = sum(c.isalpha() and c < "\u0250" for c in run)
    signs = sum(not c.isalpha() and unicodedata.category(c) not in _AROUND for c in run)
    if any(c.isalpha() and c >= "\u0250" for c in run) and (before + after).isascii() and (before + after).isalpha():
        return len(run)
    capitals = sum(a.islower() and b.isupper() for a, b in pairwise(before + run))
    return capitals + (len(run) if latin > 3 else 0) + (signs if latin or within else 0)
