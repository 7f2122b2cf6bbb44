"""What is published of a result: no number that rests on fewer than k customers, and counts no nearer than to k customers.

Every figure, table and picture passes here on its way out of a chapter (`guarded`). Counts are told to the nearest k, shares of
counts so told, intervals outwards to half of what k make of them, other numbers to what one average customer makes of them.
What rests on fewer than k is withheld, and so is what would give it away (`crmlib.models.disclosure`). A frame that has passed
says so in `attrs["guarded"]`; `attrs["withheld"]` names its cells as (row, column, why), why being `FEW` or `BESIDE`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from itertools import takewhile
from math import inf, nan
from typing import Any, Final

import pandas as pd

from crmlib.models.disclosure import coarse, is_few, nearest
from crmlib.show import changes
from crmlib.show.additions import given_away
from crmlib.show.families import beside
from crmlib.show.numbers import is_count, is_missing, is_number, unit_in, wholes
from crmlib.vocabulary.counted import BASES, FEW_OF_NONE, INDIVIDUALS, SETTINGS
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.language import _, number
from crmlib.vocabulary.moves import CAUSES

FEW: Final = "few"
"""Withheld as it rests on fewer than k customers."""
BESIDE: Final = "beside"
"""Withheld as it would give away another that does."""
BY_ROW: Final = (
    "value", "low", "high", "at_start", "before", "before_year", "said", "target", "own_median",
    "ahead", "ahead_low", "ahead_high", "proposed", "acting_low", "acting_high",
    "behind", "deviance", "change", "change_low", "change_high", "change_least", "change_before", "change_now", *CAUSES,
)  # fmt: skip
"""Columns whose unit may stand in the row."""
BOUNDS: Final = tuple(
    f"{of}{end}" for of in ("", "change_", "worth_", "units_", "times_", "opted_") for end in ("low", "high")
)
PARTS: Final = ("share", "change", "index")
"""Units of what is a part of a whole."""
EXACT: Final = 1e-6

_privacy: ContextVar[tuple[int, int]] = ContextVar("privacy", default=(1, 0))


def use(k: int, customers: int) -> None:
    """Put policy `privacy.k` in force for this context, for a company of so many customers."""
    _privacy.set((k, customers))


@contextmanager
def using(k: int, customers: int = 0) -> Iterator[None]:
    """`use`, for the length of a with block."""
    before = _privacy.get()
    use(k, customers)
    try:
        yield
    finally:
        use(*before)


def least() -> int:
    """From how many customers on something is published; 1 publishes all."""
    return _privacy.get()[0]


def counted(count: int) -> str:
    """A count of customers as it is written where it is published."""
    k = least()
    return said(FEW) if k > 1 and is_few(count, k) else number(nearest(count, k))


def said(why: str) -> str:
    """What stands in place of a number that is withheld."""
    return _("fewer than {k}").format(k=number(least())) if why == FEW else _("withheld")


def rule() -> str:
    """How numbers are published, in a sentence; the empty string where all are told as counted."""
    if least() <= 1:
        return ""
    return _(
        "Counts of customers are told to the nearest {k}, and shares of counts so told; what rests on fewer than {k} customers "
        "is withheld."
    ).format(k=number(least()))


def why(frame: pd.DataFrame) -> Mapping[tuple[Any, Any], str]:
    """Why cells of a guarded frame are withheld, by row label and column."""
    return {(row, column): reason for row, column, reason in frame.attrs.get("withheld", ())}


def guarded(frame: pd.DataFrame, *, axes: Sequence[Any] = (), unit: str = "") -> pd.DataFrame:
    """A frame of results as it may be published, its rows numbered anew. `axes` are columns that a picture sets the others
    against; `unit` is the unit of what has none of its own.

    `frame.attrs["n"]`, where a measure sets it, says of how many customers its shares are: one number, or one by the values of
    the first column; `frame.attrs["customers"]` on how many its rows and cells rest. A list of individuals under pseudonyms
    passes as it is, but not one of fewer than k of them.
    """
    k, everyone = _privacy.get()
    if k <= 1 or frame.attrs.get("guarded") or not len(frame):
        return frame
    attrs = dict(frame.attrs)
    frame = frame.reset_index(drop=True)
    found: list[tuple[Any, Any, str]] = []
    if names := [name for name in INDIVIDUALS if name in frame]:
        frame = frame if frame[names[0]].nunique() >= k else frame.head(0)
        found = [("", "", FEW)] if not len(frame) else []
    else:
        frame, found = _guarded(frame, axes, unit, attrs, everyone)
    if "kpi" in frame and "withheld" not in frame:
        reasons = {row: reason for row, column, reason in found if column == "value"}
        frame["withheld"] = [reasons.get(at, "") for at in frame.index]
    frame.attrs = {**attrs, "guarded": True, "withheld": tuple(found)}
    return frame


def _guarded(
    frame: pd.DataFrame, axes: Sequence[Any], unit: str, attrs: Mapping[str, Any], everyone: int
) -> tuple[pd.DataFrame, list[tuple[Any, Any, str]]]:
    numbers = [name for name in frame.columns if name not in axes and name not in SETTINGS and is_number(frame[name])]
    none = bool(FEW_OF_NONE & {*map(str, frame.columns)})
    how = _How(
        numbers,
        [n for n in numbers if is_count(frame, n)],
        unit,
        attrs.get("n", 0),
        attrs.get("customers", {}),
        wholes(frame),
        everyone,
        none,
        least(),
    )
    hidden = beside(frame, how.counted, how.k, none=none, on=how.on, of=how.of)
    found: list[tuple[Any, Any, str]] = []
    columns: dict[Any, list[Any]] = {name: [] for name in numbers}
    for at, row in enumerate(frame.to_dict("records")):
        safe = _row(row, how)
        if at in hidden:
            safe = {name: BESIDE if v == FEW or _hidden(name, v) == FEW else v for name, v in safe.items()}
            safe |= {name: nan for name in BOUNDS if name in safe}
        for name, value in safe.items():
            columns[name].append(nan if value in (FEW, BESIDE) else value)
            found += [(at, name, value)] if value in (FEW, BESIDE) else []
    if "addition" in attrs:
        more = given_away(frame, attrs["addition"], how.on, {(at, name) for at, name, _reason in found}, how.k)
        for at, name in sorted(more, key=str):
            columns[name][at] = nan
            found.append((at, name, BESIDE))
    columns |= changes.of_published(frame, columns)
    for name, values in columns.items():
        whole = all(isinstance(v, int) for v in values)
        frame[name] = pd.Series(values, index=frame.index, dtype="int64" if whole else "float64")
    return frame, found


@dataclass(frozen=True)
class _How:
    """How the rows of a frame are read: its columns of numbers, those that count, the unit of what has none of its own, of how
    many customers its shares are (by the first column, or all), on how many its rows rest where no column says it, of how many
    the shares of a figure are that add up over its segments, how many customers there are, and whether none of them is few.
    """

    numbers: Sequence[Any]
    counted: Sequence[Any]
    unit: str
    of: Any
    on: Mapping[Any, int]
    wholes: Mapping[str, float]
    everyone: int
    none: bool
    k: int


def _row(row: Mapping[Any, Any], how: _How) -> dict[Any, Any]:
    """A row's numbers as they may be published: rounded, or `FEW`."""
    kpi = KPIS.get(str(row.get("kpi", "")))
    if kpi and kpi.counts == "things":
        return {name: row[name] for name in how.numbers}
    stated = next((float(row[b]) for b in BASES if b in how.numbers and not is_missing(row[b])), None)
    first = (str(row["kpi"]), str(row.get("segment", ""))) if kpi else next(iter(row.values()))
    base = min(stated or inf, how.on.get(first, inf))
    base = base if base < inf else 0.0
    if (base and is_few(base, how.k)) or (how.none and stated == 0):
        return {name: _hidden(name, row[name]) for name in how.numbers}
    of = row["n"] if kpi and "n" in how.numbers else how.of
    of = of.get(first, 0) if isinstance(of, Mapping) else of
    of = how.wholes.get(str(row.get("kpi", "")), of)
    is_few_told = kpi is None or kpi.counts in ("customers", "theirs")
    none = how.none or (kpi is not None and kpi.name in FEW_OF_NONE)
    heads = kpi is not None and kpi.of_heads
    rests = _Rests(base or float(how.everyone), float(of or base or how.everyone), is_few_told, none, heads)
    place = tuple(takewhile(lambda value: isinstance(value, str), row.values()))
    on = {name: how.on.get((first, name), how.on.get((place, name))) for name in how.numbers}
    safe = {name: _number(name, row, how, rests.on(on[name])) for name in how.numbers}
    if any(safe.get(name) == FEW for name in ("value", "share")):
        safe |= {name: nan for name in BOUNDS if name in safe}
    for name, low, high in (
        ("value", "low", "high"),
        ("share", "low", "high"),
        ("change", "change_low", "change_high"),
    ):
        if {name, low, high} <= {*safe} and safe[name] == FEW:
            safe |= {low: nan, high: nan}
        elif {name, low, high} <= {*safe}:
            safe |= {low: min(safe[low], safe[name]), high: max(safe[high], safe[name])}
    return safe


@dataclass(frozen=True)
class _Rests:
    """On how many customers a row, or a cell of it, rests, of how many its shares are, whether few of them are withheld, none as
    few, and whether its shares are of customers though no whole number of them.
    """

    base: float
    of: float
    few: bool
    none: bool
    heads: bool
    is_cell: bool = False

    def on(self, count: float | None) -> _Rests:
        """The same of a cell that rests on so many, and not on as many as its row."""
        return self if count is None else replace(self, base=float(count), heads=True, is_cell=True)

    def grain(self, unit: str, value: float) -> float:
        """What one average customer makes of a number; 0 where it rests on nobody."""
        of, whole = (self.of, 1.0) if unit in PARTS else (self.base, abs(value))
        return whole / of if of else 0.0


def _number(name: Any, row: Mapping[Any, Any], how: _How, rests: _Rests) -> Any:
    """A number as it may be published, in its unit."""
    if is_missing(row[name]):
        return nan
    value, k = float(row[name]), how.k
    if rests.is_cell and is_few(rests.base, k, none=rests.none):
        return FEW
    unit = str(row["unit"]) if name in BY_ROW and "unit" in row else unit_in(name, row, how.unit)
    if name == "n" and 0 < rests.base < value:
        return int(coarse(value, value * k / rests.base))
    if name in BOUNDS:
        return _outwards(name, value, unit, k, rests)
    if name in how.counted or (
        unit == "count"
        and value.is_integer()
        and name in ("value", "at_start", "before", "before_year", "said")
        and value <= rests.of
    ):
        return FEW if rests.few and is_few(value, k, none=rests.none) else nearest(value, k)
    part = value * rests.of
    whole = abs(part - round(part)) < EXACT * max(1, rests.of)
    if unit == "share" and abs(value) <= 1 and (whole or rests.heads):
        part = round(part) if whole else part
        few = is_few(part, k) or is_few(round(rests.of) - part, k)
        return FEW if rests.few and few else nearest(part, k) / max(nearest(rests.of, k), 1)
    near = coarse(value, rests.grain(unit, value))
    return round(near) if unit == "count" else near


def _outwards(name: str, value: float, unit: str, k: int, rests: _Rests) -> float:
    """A bound of an interval, moved outwards, so that the interval still covers what it says."""
    way = -1 if name.endswith("low") else 1
    if unit not in PARTS:
        return coarse(value, rests.grain(unit, value), way=way)
    moved = coarse(value, k / 2 * rests.grain(unit, value), way=way)
    return (
        max(-1.0 if unit == "change" or name.startswith("change_") else 0.0, min(moved, 1.0))
        if -1 <= value <= 1
        else moved
    )


def _hidden(name: Any, value: Any) -> Any:
    return nan if name in BOUNDS or is_missing(value) else FEW
