"""Cells of the tables that we write for people: a spreadsheet shows them and computes none of them.

A cell that begins with a sign of formulas gets an apostrophe before it, as does one that begins with apostrophes and then such
a sign; reading takes one away. So what was written is read back, whatever it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain
from typing import Any

import pandas as pd

_FORMULA = re.compile("'*[=+@\t\r＝＋－＠-]")
_MARKED = re.compile("'('*[=+@\t\r＝＋－＠-])")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def safe(value: Any) -> Any:
    """A cell to be written; a number stays one, negative ones too."""
    if not isinstance(value, str) or not _FORMULA.match(value) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}"


def written(text: str) -> str:
    """A cell that was read, as it was before `safe`."""
    return _MARKED.sub(r"\1", text, count=1) if text.startswith("'") and _MARKED.match(text) else text


def csv_text(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """The text of a CSV file of safe cells; nothing where there is none, and LF at the end of a line.

    A cell with a carriage return is quoted too, as the csv module does not.
    """
    lines = ([columns], rows)
    return "".join(",".join(_cell(c) for c in cells) + "\n" for cells in chain(*lines))


def csv_frame(frame: pd.DataFrame) -> str:
    """The same of a frame."""
    return csv_text(map(str, frame.columns), frame.itertuples(index=False, name=None))


def _cell(value: Any) -> str:
    text = "" if value is None or value is pd.NA or value != value else str(safe(value))
    return '"' + text.replace('"', '""') + '"' if re.search('[,"\r\n]', text) else text
