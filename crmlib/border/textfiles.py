"""Delimited text files as rows of cells with their line: encoding and delimiter are told for certain, or asked for."""

from __future__ import annotations

import codecs
import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO

from crmlib.border.company import Place
from crmlib.vocabulary.errors import CrmlibError

_END = "\x1e\x1d\x1e"
"""A last line that no file has, of signs that part no cells; it tells a quotation mark that is never closed."""


class SourceError(CrmlibError):
    """A source that cannot be read; one line naming file, place and mend."""


def csv_rows(path: Path, place: Place) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each record, those without a filled cell left out. Raises `SourceError`."""
    encoding = place.encoding or detect_encoding(path)
    try:
        "".encode(encoding)
    except (LookupError, UnicodeError):
        raise SourceError(f"{path}: encoding {encoding!r} is not known; for example utf-8, gb18030, cp1252") from None
    csv.field_size_limit(1 << 24)
    start = 0
    try:
        with _text(path, encoding) as lines:
            delimiter = place.delimiter or detect_delimiter(path, encoding)
            reader = csv.reader(chain(lines, [_END]), delimiter=delimiter)
            for cells in reader:
                if cells == [_END]:
                    return
                if any(cells):
                    if _END in cells[-1]:
                        break
                    yield start + 1, cells
                start = reader.line_num
    except (UnicodeError, OSError, EOFError) as error:
        raise SourceError(_unreadable(path, encoding, error)) from None
    except csv.Error as error:
        raise SourceError(
            f"{path}: line {start + 1}: {error}; is a quotation mark opened and not closed there?"
        ) from None
    raise SourceError(
        f"{path}: line {start + 1}: a quotation mark is opened and never closed; close it, or double it inside a cell"
    )


def _text(path: Path, encoding: str) -> IO[str]:
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        encoding = "utf-8-sig"
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _unreadable(path: Path, encoding: str, error: Exception) -> str:
    if not isinstance(error, UnicodeError):
        return f"{path}: cannot be read: {error}"
    mend = 'name the file\'s encoding in company.toml, for example encoding = "gb18030"'
    with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as raw:
        for line, content in enumerate(raw, 1):
            try:
                content.decode(encoding)
            except UnicodeError:
                return f"{path}: line {line} is not valid {encoding}; {mend}"
    return f"{path}: is not valid {encoding}; {mend}"


def detect_encoding(path: Path) -> str:
    """utf-8-sig, utf-16 or gb18030, whichever the whole file is for certain. Raises `SourceError`."""
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as raw:
            if raw.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                return "utf-16"
        for encoding in ("utf-8-sig", "gb18030"):
            if _decodes(path, encoding):
                return encoding
    except (OSError, EOFError) as error:
        raise SourceError(f"{path}: cannot be read: {error}") from None
    raise SourceError(
        _unreadable(path, "utf-8", UnicodeError()).replace(
            "is not valid utf-8", "is neither UTF-8 nor for certain GB18030"
        )
    )


def _decodes(path: Path, encoding: str) -> bool:
    """Whether the whole file decodes; as GB18030 only into common Chinese, because Latin text often decodes by accident."""
    strange = common = 0
    try:
        with _text(path, encoding) as text:
            while chunk := text.read(1 << 20):
                if encoding == "gb18030" and strange + common < 200_000:
                    foreign = [c for c in chunk if c > "\x7f"]
                    kept = len("".join(foreign).encode("gb2312", errors="ignore")) // 2
                    common, strange = common + kept, strange + len(foreign) - kept
    except UnicodeError:
        return False
    return strange <= 0.05 * (common + strange)


def detect_delimiter(path: Path, encoding: str) -> str:
    """The delimiter that parts the first lines into the most, equally many cells; a title above them may have fewer."""
    with _text(path, encoding) as text:
        sample = list(islice(text, 20))

    def score(delimiter: str) -> tuple[int, int]:
        rows = Counter(len(r) for r in csv.reader(sample, delimiter=delimiter) if r)
        width, often = max(rows.items(), key=lambda e: (e[1], e[0]), default=(0, 0))
        return (often if width > 1 else 0, width)

    return max(",;\t|", key=score)
