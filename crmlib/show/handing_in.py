"""What of an exercise is handed in: each answer as data, so that who judges it need not run where it was worked out.

nbgrader says by a variable that a submission is run to be marked. There the verbs of an exercise know no question, no key and no
check, and say nothing; `hand_in` puts the answer beside its cell.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, Final

import pandas as pd
from IPython.display import display

from crmlib.facts.company import Company
from crmlib.show.judging import State, is_blank

ANSWER_MIME: Final = "application/vnd.crmlib.answer+json"
"""Carries an answer from the kernel of a submission: a mapping with `question` and `answer`."""
LARGEST: Final = 200_000
"""Cells or members of an answer; what is larger answers no question of the course."""
UNREADABLE: Final = object()
"""An answer of no form in which a question is answered."""


def being_marked() -> bool:
    """Whether nbgrader runs this notebook to mark it."""
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"


@dataclass(frozen=True)
class HandingIn:
    """The verbs of an exercise where a submission is run to be marked."""

    company: Company

    @property
    def c(self) -> Company:
        """The company, by its short name."""
        return self.company

    def ask(self, name: str) -> None:
        """Show nothing."""

    def check(self, name: str, given: Any = ...) -> State:
        """Judge nothing: the answer counts that is handed in."""
        return "not attempted"

    def hint(self, name: str) -> None:
        """Show nothing."""

    def solution(self, name: str) -> None:
        """Show nothing."""

    def hand_in(self, name: str, given: Any = ...) -> None:
        """Put an answer beside the cell, as data."""
        display({ANSWER_MIME: {"question": name, "answer": packed(given)}, "text/plain": ""}, raw=True)


def packed(given: Any) -> Any:
    """An answer as JSON: None where nothing was given, else a mapping whose `is` says of what form it is."""
    if is_blank(given):
        return None
    if isinstance(given, (pd.Series, pd.DataFrame)):
        return _packed_frame(given) if given.size <= LARGEST else {"is": "other"}
    if isinstance(given, (str, Real, Decimal)):
        return {"is": "value", "value": _cell(given)}
    if isinstance(given, Iterable) and not isinstance(given, (Mapping, bytes)):
        members = list(given)
        return (
            {"is": "members", "members": [str(one) for one in members]} if len(members) <= LARGEST else {"is": "other"}
        )
    return {"is": "other"}


def _packed_frame(given: pd.Series | pd.DataFrame) -> dict[str, Any]:
    table = given.to_frame() if isinstance(given, pd.Series) else given
    return {
        "is": "series" if isinstance(given, pd.Series) else "frame",
        "columns": [_cell(one) for one in table.columns],
        "index": [[_cell(part) for part in (one if isinstance(one, tuple) else (one,))] for one in table.index],
        "rows": [[_cell(one) for one in row] for row in table.itertuples(index=False, name=None)],
    }


def _cell(value: Any) -> Any:
    """A value as JSON: a number, a text, a moment in a list of one; None where it is missing."""
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, (Real, Decimal)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, (date, datetime)) and not pd.isna(value):
        return [value.isoformat()]
    return None if value is None or value is pd.NaT or value is pd.NA else str(value)


def unpacked(data: Any) -> Any:
    """The answer that `packed` wrote; Ellipsis where there is none, `UNREADABLE` where it is of no such form. It is only read:
    whatever a submission put there, nothing of it is run.
    """
    if data is None:
        return ...
    try:
        if data["is"] == "value" and isinstance(data["value"], (str, int, float)):
            return data["value"]
        if data["is"] == "members":
            return [str(one) for one in data["members"][:LARGEST]]
        if data["is"] in ("series", "frame"):
            return _unpacked_frame(data)
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    return UNREADABLE


def _unpacked_frame(data: Mapping[str, Any]) -> pd.Series | pd.DataFrame:
    rows, keys = data["rows"], [tuple(_read(part) for part in one) for one in data["index"]]
    if len(rows) != len(keys) or len(rows) * max(1, len(data["columns"])) > LARGEST:
        raise ValueError("rows and index")
    index = pd.MultiIndex.from_tuples(keys) if keys and len(keys[0]) > 1 else pd.Index([key[0] for key in keys])
    table = pd.DataFrame(
        [[_read(one) for one in row] for row in rows], index=index, columns=[_read(one) for one in data["columns"]]
    )
    return table.iloc[:, 0] if data["is"] == "series" else table


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return pd.Timestamp(value[0])
    return value if isinstance(value, (str, int, float)) or value is None else str(value)
