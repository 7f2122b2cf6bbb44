"""An attacker who has everything published of a company, month after month, and works out what is withheld by a linear programme.

What stands published is read as `Chapter` lets it out: findings as `kpis.csv` has them, tables, the data of pictures, controls at
each of their states. The attacker knows every definition: that one number is another's total, its rest, or its growth since last
month, and which customers a moved control counts.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from math import inf, isnan
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from crmlib.facts import people
from crmlib.facts.company import Company, company_from
from crmlib.show import charts, withholding
from crmlib.show.chapter import Chapter
from crmlib.show.grids import grid
from crmlib.vocabulary.counted import COUNTS
from crmlib.vocabulary.kpis import KPIS
from tests.moved import Moved, moved
from tests.simulated import END, company
from tests.told import CHAPTERS

Cell = tuple[str, ...]
"""What a count is of: where it stands, the words of its row, and its column; a part of those a share is of is `part`."""
LARGE = 20
"""A total from which what adds up to it in every month does so by definition."""
_EXACT = 1e-6


@dataclass
class Seen:
    """Counts of customers of one month: the truth, and between which numbers each lies for a reader."""

    truth: dict[Cell, int] = field(default_factory=dict)
    bounds: dict[Cell, tuple[float, float]] = field(default_factory=dict)
    sums: list[tuple[Cell, tuple[Cell, ...]]] = field(default_factory=list)
    """What is the sum of which bands of customers, by the definition of a control."""
    naive: bool = False
    """Whether the few are hidden and all else is told as it was counted."""


@dataclass
class Shown:
    """What the chapters have to show of a company, before it is made safe: where, the frame, and how it is drawn."""

    everyone: int
    frames: list[tuple[str, pd.DataFrame, dict[str, Any]]] = field(default_factory=list)
    moved: list[tuple[str, Moved]] = field(default_factory=list)


def published(shown: Shown, k: int, *, naive: bool = False) -> Seen:
    """What is published of it under `privacy.k`; `naive` hides the few and rounds and adds nothing."""
    seen = Seen(naive=naive)
    with withholding.using(k, shown.everyone), _told_exactly() if naive else nullcontext():
        for place, frame, drawn in shown.frames:
            if drawn.get("grid"):
                _see_grid(seen, place, frame, drawn["n"], drawn["unit"])
            else:
                see(seen, place, frame, drawn.get("axes", ()))
        for place, control in shown.moved:
            _see_moved(seen, place, control)
    return seen


@contextmanager
def _told_exactly() -> Iterator[None]:
    exact = {
        "nearest": lambda count, _k: int(count),
        "coarse": lambda value, _size, way=0: value,
        "beside": lambda *_a, **_k: set(),
    }
    with ExitStack() as held:
        for name, function in exact.items():
            held.enter_context(patch.object(withholding, name, function))
        yield


def shown(c: Company, chapters: Sequence[Path] = CHAPTERS, *, moving: bool = False) -> Shown:
    """Run the chapters over a company without drawing anything; `moving` tries each control at every state."""
    found = Shown(int(people.everyone(c).count().execute()))
    for path in chapters:
        names: dict[str, Any] = {}
        with _recording(c, found, moving=moving) as place:
            for cell in nbformat.read(path, as_version=4).cells:
                if cell.cell_type != "code":
                    continue
                place[:] = [f"{path.stem}:{cell.id}"]
                exec(compile(cell.source, place[0], "exec"), names)
                if "setup" in cell.metadata.get("tags", []):
                    names["charts"] = _Drawn(found, place)
    return found


@contextmanager
def _recording(c: Company, found: Shown, *, moving: bool) -> Iterator[list[str]]:
    place: list[str] = []

    def keep(frame: pd.DataFrame | None, kind: str) -> None:
        if frame is not None:
            found.frames.append((f"{place[0]}:{kind}", frame, {}))

    def show(_self: Chapter, findings: pd.DataFrame, _picture: Any = None, *, data: Any = None, **more: Any) -> None:
        if c.knows(*more.get("requires", ())):
            keep(findings, "findings")
            keep(data, "data")

    def table(_self: Chapter, frame: pd.DataFrame, *, needs: Any = (), **_more: Any) -> None:
        if c.knows(*needs):
            keep(frame, "table")

    def what_if(_self: Chapter, function: Callable[..., pd.DataFrame], _picture: Any = None, **sliders: Any) -> None:
        keep(function(**{name: given[-1] for name, given in sliders.items()}), "control")
        if moving:
            found.moved.append((f"{place[0]}:control", moved(c, function, sliders)))

    nothing = dict.fromkeys(("actions", "unrecorded", "business"), lambda *_given: None)
    chapter = type(
        "Read",
        (),
        {"show": show, "table": table, "claims": table, "what_if": what_if, **nothing, "company": c, "then": None},
    )()
    with patch("crmlib.show.chapter.start", lambda **_given: chapter):
        sys.modules.pop("ipykernel", None)
        yield place


class _Drawn:
    """In place of the charts: the data of each picture."""

    def __init__(self, found: Shown, place: list[str]) -> None:
        self._found, self._place = found, place

    def __getattr__(self, name: str) -> Any:
        getattr(charts, name)

        def drawn(frame: pd.DataFrame, *, n: Any = None, unit: str = "share", **kw: Any) -> None:
            how = {"grid": True, "n": n, "unit": unit} if name == "heatmap" else {}
            axes = [kw[x] for x in ("x", "to", "by") if kw.get(x)]
            if frame.size:
                self._found.frames.append((f"{self._place[0]}:{name}", frame, how or {"axes": axes}))

        return drawn


def _see_moved(seen: Seen, place: str, control: Moved) -> None:
    """Read a control at each state, once for what is shown alike at several, and what it counts as sums of bands of customers.

    At its start a control shows what stands elsewhere too: there a count has the name that it has everywhere.
    """
    for band, count in control.bands.items():
        _put(seen, ("band", str(band)), count, (0, inf))
    alike: set[str] = set()
    for values, frame in control.frames:
        at = () if values == control.start else (" ".join(f"{name}={value:g}" for name, value in values.items()),)
        safe = withholding.guarded(frame)
        told = f"{safe.to_json()}{sorted(withholding.why(safe).items())}"
        if told not in alike:
            alike.add(told)
            see(seen, place, frame, at=at)
        for row in frame.to_dict("records"):
            kpi, segment = str(row.get("kpi", "")), str(row.get("segment", ""))
            held = {band: control.holds(kpi, segment, values, band) for band in control.bands}
            for column, of in (("part", 0), ("n", 1)):
                whole = (kpi, segment, *at, column)
                if held and whole in seen.truth and all(held.values()):
                    seen.sums.append(
                        (whole, tuple(("band", str(b)) for b, is_in in held.items() if is_in and is_in[of]))
                    )


def see(seen: Seen, place: str, frame: pd.DataFrame, axes: Sequence[str] = (), *, at: Sequence[str] = ()) -> None:
    """Read a frame as it is let out: every count, and the count behind every share whose whole stands beside it. `at` are the
    words by which the state of a control is told apart.
    """
    if not len(frame) or {"customer_id", "record_a"} & {*frame.columns}:
        return
    safe = withholding.guarded(frame, axes=axes)
    reasons = withholding.why(safe)
    words = [
        name
        for name in frame.columns
        if name in axes
        or (
            (name == frame.columns[0] or _is_words(frame[name]))
            and name not in ("without", "unit", "why", "what", "says")
        )
    ]
    for i, (true, told) in enumerate(zip(frame.to_dict("records"), safe.to_dict("records"), strict=True)):
        kpi = KPIS.get(str(true.get("kpi", "")))
        if kpi and kpi.counts not in ("customers", "theirs"):
            continue
        row = (
            (str(true["kpi"]), str(true.get("segment", "")), *at)
            if kpi
            else (place, *(str(true[w])[:7] if w == "month" else str(true[w]) for w in words), *at)
        )
        none = bool(withholding.FEW_OF_NONE & {*map(str, frame.columns), *row})
        columns = {"value", "n"} if kpi else {name for name in frame.columns if name in COUNTS and name not in axes}
        for name in columns & {*frame.columns}:
            if kpi and name == "value":
                _see_value(seen, row, kpi.unit, true, told, reasons.get((i, "value")), none)
            elif _is_whole(true[name]) and name != frame.columns[0]:
                _see(seen, (*row, str(name)), true[name], told[name], reasons.get((i, name)), none)


def _see_value(seen: Seen, row: Cell, unit: str, true: Any, told: Any, reason: str | None, none: bool) -> None:
    n, value = float(true["n"]), float(true["value"])
    part = value * n if unit == "share" else value
    if (
        unit not in ("share", "count")
        or isnan(part)
        or abs(part - round(part)) > _EXACT * max(1, n)
        or not 0 <= part <= n
    ):
        return
    k = withholding.least()
    shown = told["value"] * told["n"] if unit == "share" else told["value"]
    bounds = _bounds(shown, reason, none, seen.naive)
    if reason == withholding.FEW and unit == "share":
        # Either those who are so are few or those who are not: which of the two is not said, but how many it leaves open is.
        bounds = (0, k - 1) if part < k else (k, inf)
    is_so = bounds[0] <= round(part) <= bounds[1]
    _put(seen, (*row, "part"), round(part), bounds if is_so else (0, inf))
    rest = round(n) - round(part)
    few = reason == withholding.FEW and unit == "share" and rest < k
    _put(seen, (*row, "rest"), rest, (0, k - 1) if few else (0, inf))


def _see_grid(seen: Seen, place: str, frame: pd.DataFrame, n: Any, unit: str) -> None:
    of = n.to_dict() if n is not None else frame.attrs.get("n", 0)
    safe, reasons = grid(frame, n, unit)
    for row in frame.index:
        size = of.get(row, 0) if isinstance(of, Mapping) else of
        for column in frame.columns:
            true, told = float(frame.at[row, column]), float(safe.at[row, column])
            if unit == "share":
                near = withholding.nearest(size, withholding.least())
                true, told = true * size, told * near
            if not isnan(true) and abs(true - round(true)) < _EXACT * max(1, size) and (unit == "count" or size):
                name = (place, str(row)[:7] if isinstance(row, pd.Timestamp) else str(row), str(column))
                _see(seen, name, true, told, reasons.get((row, column)), False)


def _see(seen: Seen, name: Cell, true: float, told: float, reason: str | None, none: bool) -> None:
    truth = round(float(true))
    low, high = _bounds(float(told), reason, none, seen.naive)
    # A row is withheld for the fewest in it: another count of it may be of more. What comes in clusters is told more roughly.
    _put(seen, name, truth, (low, high) if low <= truth <= high else (0, inf))


def _put(seen: Seen, name: Cell, truth: int, bounds: tuple[float, float]) -> None:
    """Note a count; one that is told twice lies between what both leave open."""
    before = seen.bounds[name] if seen.truth.get(name) == truth else (0, inf)
    seen.truth[name], seen.bounds[name] = truth, (max(before[0], bounds[0]), min(before[1], bounds[1]))


def _bounds(told: float, reason: str | None, none: bool, naive: bool) -> tuple[float, float]:
    """Between which whole numbers a count lies of which this is told."""
    k = withholding.least()
    if reason == withholding.FEW:
        return (0 if none or k == 2 else 1), k - 1
    if reason == withholding.BESIDE:
        return 0, inf
    if isnan(told):
        return 0, inf
    at = round(told)
    if k == 1 or naive:
        return at, at
    return (0, 0) if at == 0 else (max(k, at - k // 2), at - k // 2 + k - 1)


def _is_words(column: pd.Series[Any]) -> bool:
    return column.map(lambda v: isinstance(v, (str, pd.Timestamp, pd.Period))).all()


def _is_whole(value: Any) -> bool:
    return (
        isinstance(value, (int, float, np.integer, np.floating))
        and not isinstance(value, bool)
        and not isnan(float(value))
        and float(value).is_integer()
    )


def _groups(every: Sequence[Cell]) -> list[list[Cell]]:
    """The rows of one column that may add up: all, and those that share a word; of findings the segments of a KPI."""
    groups: dict[tuple[Any, ...], list[Cell]] = defaultdict(list)
    for name in every:
        place, *words, column = name
        if place in KPIS:
            groups[place, column, *words[1:]] += [name] if words[0] else []
            continue
        if place == "band":
            continue
        groups[place, column].append(name)
        for i, word in enumerate(words if len(words) > 1 else ()):
            groups[place, column, i, word].append(name)
    return [parts for parts in groups.values() if len(parts) > 1]


@dataclass
class Attack:
    """What the attacker got: cells of fewer than k of which one number is left, and how many such cells there are in all."""

    recovered: set[tuple[int, Cell]]
    small: int


def attack(months: Sequence[Seen], k: int) -> Attack:
    """Bound every count of fewer than k customers by all that is published of all months, and say which are known."""
    model = _Model(months)
    model.link()
    return model.solve(k)


class _Model:
    """Whole numbers, each with its bounds, and what is known to add up to what.

    What adds up is what does so by definition: relations are taken for such where they hold in every month and their total is
    large (`LARGE`), as small numbers are equal by chance, and chance tells an attacker nothing.
    """

    def __init__(self, months: Sequence[Seen]) -> None:
        self.months = months
        self.at: dict[tuple[int, Cell], int] = {}
        self.truth: list[int] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.sums: set[tuple[int, tuple[int, ...]]] = set()
        known: dict[Any, int] = {}
        for m, month in enumerate(months):
            for name, truth in month.truth.items():
                key = self._key(m, name)
                if key not in known:
                    known[key] = len(self.truth)
                    self.truth.append(truth)
                    self.low.append(0)
                    self.high.append(inf)
                self.at[m, name] = i = known[key]
                low, high = month.bounds[name]
                self.low[i], self.high[i] = max(self.low[i], low), min(self.high[i], high)

    def _key(self, m: int, name: Cell) -> Any:
        """What a cell is the same as: a month that is over in a later review, itself in the picture and in its data, and any
        other that is as large and equal in every month.
        """
        vector = self.vector(name)
        if len({*vector}) >= min(3, len(self.months)) and min(vector) >= LARGE:
            return m, vector
        place = name[0].rpartition(":")[0] or name[0]
        over = any(len(word) == 7 and word[4] == "-" and word[:4].isdigit() for word in name[1:])
        return -1 if over else m, place, *name[1:], self.months[m].truth[name]

    def vector(self, name: Cell) -> tuple[int, ...]:
        """A cell's truth in each month, −1 where it is not told."""
        return tuple(month.truth.get(name, -1) for month in self.months)

    def link(self) -> None:
        """What adds up to what: parts and rests, the groups of a column and whatever is their sum in every month, and what a
        total grew by since the month before.
        """
        every = sorted({name for month in self.months for name in month.truth})
        large: dict[tuple[int, ...], list[Cell]] = defaultdict(list)
        for name in every:
            if min(self.vector(name)) >= LARGE:
                large[self.vector(name)].append(name)
            if name[-1] == "part":
                self._add((*name[:-1], "n"), [name, (*name[:-1], "rest")])
        for parts in _groups(every):
            vectors = np.array([self.vector(part) for part in parts])
            total = tuple(int(v) for v in np.where(vectors < 0, 0, vectors).sum(axis=0))
            for whole in large.get(total, ())[:1]:
                if whole not in parts:
                    self._add(whole, parts)
        for m, month in enumerate(self.months):
            for whole, bands in month.sums:
                parts = tuple(sorted({self.at[m, band] for band in bands}))
                assert sum(self.truth[i] for i in parts) == self.truth[self.at[m, whole]], (
                    f"{whole} is not what it is said to be"
                )
                self.sums.add((self.at[m, whole], parts))
        for total in large:
            growth = tuple(b - a for a, b in pairwise(total))
            for flow in ("first_buyers", "newcomers"):
                came = self.vector((flow, "", "part"))
                if growth and came[1:] == growth:
                    for m in range(1, len(self.months)):
                        whole, before = (self.at[i, large[total][0]] for i in (m, m - 1))
                        self.sums.add((whole, (before, self.at[m, (flow, "", "part")])))

    def _add(self, whole: Cell, parts: Sequence[Cell]) -> None:
        for m, month in enumerate(self.months):
            there = {self.at[m, part] for part in parts if part in month.truth}
            if whole in month.truth and sum(self.truth[i] for i in there) == month.truth[whole]:
                self.sums.add((self.at[m, whole], tuple(sorted(there))))

    def solve(self, k: int) -> Attack:
        """The linear programme over each small number, both ways, within what hangs together with it."""
        low, high = np.array(self.low), np.minimum(self.high, 1e6)
        sums = [(whole, parts) for whole, parts in self.sums if sum(self.truth[p] for p in parts) == self.truth[whole]]
        entries = [(r, whole, -1.0) for r, (whole, _parts) in enumerate(sums)]
        entries += [(r, part, 1.0) for r, (_whole, parts) in enumerate(sums) for part in parts]
        rows, columns, values = (np.array(each) for each in zip(*entries, strict=True))
        matrix = csr_array((values, (rows, columns)), shape=(len(sums), len(low)))
        known = low == high
        owed = -(matrix[:, known] @ low[known])
        matrix = matrix[:, ~known].tocsr()
        _n, label = connected_components(matrix.T @ matrix, directed=False)
        at, names = np.flatnonzero(~known), {i: name for name, i in self.at.items()}
        small = {i for i, truth in enumerate(self.truth) if 0 < truth < k}
        found = {i for i in small if high[i] - low[i] < 1}
        related = np.diff(matrix.tocsc().indptr) > 0
        wanted_in = {int(label[j]) for j, i in enumerate(at) if i in small and related[j]}
        for part in sorted(wanted_in):
            inside = np.flatnonzero(label == part)
            wanted = [j for j, i in enumerate(at[inside]) if i in small]
            some = matrix[:, inside]
            there = np.diff(some.tocsr().indptr) > 0
            bounds = list(zip(low[at[inside]], high[at[inside]], strict=True))
            truth = [self.truth[i] for i in at[inside]]
            got = _ones(wanted, np.array(truth), some[there], owed[there], bounds)
            found |= {int(at[inside][j]) for j in got}
        return Attack({names[i] for i in found}, len(small))


def _ones(
    wanted: Sequence[int], truth: Any, matrix: csr_array, owed: Any, bounds: Sequence[tuple[float, float]]
) -> list[int]:
    """Those of the wanted numbers that can only be what they are. Each solution clears all whose number differs in it."""
    if not matrix.shape[0]:
        return []
    left = np.array(wanted, dtype=int)

    def cleared(some: Any, sign: int) -> Any:
        cost = np.zeros(len(bounds))
        cost[some] = sign
        end = linprog(cost, A_eq=matrix, b_eq=owed, bounds=bounds)
        assert end.status == 0, "what is published contradicts itself"
        return left[abs(end.x[left] - truth[left]) >= 1 - _EXACT]

    for sign in (1, -1):
        while len(more := cleared(left, sign)):
            left = np.setdiff1d(left, more)
    for cell in left.tolist():
        for sign in (1, -1):
            if cell in left:
                left = np.setdiff1d(left, cleared([cell], sign))
    return [int(cell) for cell in left]


def made(seed: int, *, customers: int = 60, months: int = 30) -> Callable[[date], Company]:
    """A small company that grows by a few customers a month, as it is known on a day."""
    rng = np.random.default_rng(seed)
    orders = company("bgnbd", rng, least=customers, most=customers + 1, months=months).frame()
    orders = orders[["order_id", "customer_id", "ordered_at", "amount"]].assign(
        channel=rng.choice(["web", "shop", "phone"], len(orders), p=[0.6, 0.3, 0.1]),
        category=rng.choice(["paper", "ink", "chairs"], len(orders), p=[0.7, 0.25, 0.05]),
    )
    who = sorted({*orders["customer_id"]})
    first = orders.groupby("customer_id")["ordered_at"].min().reindex(who)
    customer = pd.DataFrame(
        {
            "customer_id": who,
            "acquired_on": first.dt.date.to_numpy(),
            "region": rng.choice(["north", "south", "west"], len(who), p=[0.6, 0.35, 0.05]),
            "source_system": rng.choice(["crm", "shop"], len(who), p=[0.9, 0.1]),
            "email_status": rng.choice(["valid", "missing"], len(who), p=[0.85, 0.15]),
        }
    )
    some = rng.choice(len(orders), len(orders) // 3, replace=False)
    opened = orders["ordered_at"].iloc[some] + pd.Timedelta(days=3)
    ticket = pd.DataFrame(
        {
            "ticket_id": [f"t{i}" for i in some],
            "customer_id": orders["customer_id"].iloc[some].to_numpy(),
            "opened_at": opened.to_numpy(),
            "resolved_at": (opened + pd.to_timedelta(rng.integers(1, 200, len(some)), "h")).to_numpy(),
            "severity": rng.choice(["low", "medium", "high"], len(some), p=[0.6, 0.3, 0.1]),
            "cause": rng.choice(["delivery", "fault", "invoice"], len(some), p=[0.7, 0.2, 0.1]),
            "found_by": rng.choice(["us", "customer"], len(some), p=[0.2, 0.8]),
        }
    )
    survey = pd.DataFrame(
        {
            "answer_id": [f"a{i}" for i in some],
            "customer_id": ticket["customer_id"],
            "at": ticket["resolved_at"],
            "score": rng.integers(1, 6, len(some)).astype(float),
            "scale_from": 1.0,
            "scale_to": 5.0,
        }
    )
    dated = {"orders": "ordered_at", "tickets": "opened_at", "surveys": "at"}
    tables = {"orders": orders, "tickets": ticket, "surveys": survey}

    def known(day: date) -> Company:
        until = pd.Timestamp(day) + pd.Timedelta(days=1)
        frames = {name: frame[frame[dated[name]] < until] for name, frame in tables.items()}
        frames["customers"] = customer[customer["acquired_on"] <= day]
        return company_from({name: frame.reset_index(drop=True) for name, frame in frames.items()}, as_of=day)

    return known


def month_ends(count: int) -> list[date]:
    """The last days of so many months up to the end of the simulated time."""
    return [day.date() for day in pd.date_range(end=END, periods=count, freq="ME")]
