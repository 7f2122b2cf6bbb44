"""Delimited text files as rows of cells with their line: encoding and delimiter are told for certain, or asked for."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO

from crmlib.border import encodings
from crmlib.border.company import Place
from crmlib.border.encodings import LONGEST, SourceError

KINDS = (".csv", ".tsv", ".txt")
_END = "\x1e\x1d\x1e"
"""A last line that no file has, of signs that part no cells; it tells a quotation mark that is never closed."""


def csv_rows(path: Path, place: Place) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each record, those without a filled cell left out. Raises `SourceError`."""
    encoding = encodings.known(path, place.encoding) if place.encoding else encodings.detected(path)
    csv.field_size_limit(LONGEST)
    start = 0
    try:
        if place.encoding:
            encodings.believed(path, encoding)
        with encodings.opened(path, encoding) as text:
            delimiter = place.delimiter or detect_delimiter(path, encoding)
            reader = csv.reader(chain(lines(path, text), [_END]), delimiter=delimiter)
            for cells in reader:
                if cells == [_END]:
                    return
                if any(cells):
                    if _END in cells[-1]:
                        break
                    yield start + 1, cells
                start = reader.line_num
    except UnicodeError:
        raise SourceError(encodings.unreadable(path, encoding)) from None
    except (OSError, EOFError) as error:
        raise SourceError(f"{path}: cannot be read: {error}; write it again, or restore it from a copy") from None
    except csv.Error as error:
        raise SourceError(
            f"{path}: line {start + 1}: {error}; if a quotation mark is opened there and not closed, close it"
        ) from None
    raise SourceError(
        f"{path}: line {start + 1}: a quotation mark is opened and never closed; close it, or double it inside a cell"
    )


def lines(path: Path, text: IO[str]) -> Iterator[str]:
    """Lines of a text, of which none may be longer than a table's; what is longer is never held in memory."""
    for n, line in enumerate(iter(lambda: text.readline(LONGEST), ""), 1):
        if len(line) == LONGEST and line[-1] not in "\r\n":
            raise SourceError(
                f"{path}: line {n} has more than {LONGEST:,} characters; is a line break or quotation mark missing? "
                "Shorten the cell, or leave its column out of the export"
            )
        yield line


def detect_delimiter(path: Path, encoding: str) -> str:
    """The delimiter that parts the first lines into the most, equally many cells; a title above the heading counts for none."""
    with encodings.opened(path, encoding) as text:
        sample = list(islice(lines(path, text), 20))

    def score(delimiter: str) -> tuple[int, int]:
        try:
            widths = Counter(len(r) for r in csv.reader(sample, delimiter=delimiter) if len(r) > 1)
        except csv.Error:
            return 0, 0
        return max(((n, width) for width, n in widths.items()), default=(0, 0))

    return max(",;\t|", key=score)
