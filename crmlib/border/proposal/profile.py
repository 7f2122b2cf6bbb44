"""What the cells of a column are, from the engine: how many differ, what they can be read as, in which range, which are usual."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import duckdb
import pandas as pd

from crmlib.border import checks
from crmlib.border.proposal.files import Sheet
from crmlib.border.proposal.words import concepts, tokens
from crmlib.border.sources import literal, quote

SAMPLE = 20_000
"""Rows of a file whose cells are looked at one by one, spread evenly over it."""
CELLS = 1_500
"""Different cells of a column that are tried as numbers and dates, the most frequent first."""
MOST_COLUMNS = 400
"""Columns of a file that are looked at, its first."""
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f", "T%H:%M:%S")
_DAYS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%b %d, %Y",
    "%d %B %Y", "%B %d, %Y", "%d.%m.%y", "%Y-%m", "%Y/%m", "%Y%m", "%Y年%m月", "%b-%Y", "%b %Y", "%Y%m%d%H%M%S", "%y/%m/%d",
)  # fmt: skip
ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d", "%d.%m.%Y")
"""Days that need no format, by a format: for files that need one for another column."""
MARKS = ("?", "??", "???", "？")
"""Signs that stand in a cell where nothing is known."""
UNKNOWN = ("unknown", "not available", "missing", "未知", "未填", "undefined")
"""Words that do so in a column whose other cells hold digits."""
COUNTED = frozenset(
    {"amount", "price", "paid", "sale", "quantity", "refund", "discount", "count", "seats", "line", "cost", "margin"}
)
"""Concepts of headings whose noughts and ones are numbers."""
YES_NO = frozenset(re.findall(r"'([^']*)'", checks.FLAGS["true"] + checks.FLAGS["false"]))


@dataclass(frozen=True)
class Seen:
    """A column: `kind` is date, number, flag or text; shares are of the filled cells, `top` the most frequent with their count.

    `dates`: formats that read its days, () where none is needed; `decimal`: the sign its numbers need, None for none.
    """

    heading: str
    type: str
    rows: int
    filled: int
    distinct: int
    kind: str
    whole: bool = False
    low: float = 0.0
    high: float = 0.0
    zeros: float = 0.0
    dates: tuple[str, ...] = ()
    clock: bool = False
    first: datetime | None = None
    last: datetime | None = None
    decimal: str | None = None
    signs: str = ""
    top: tuple[tuple[str, int], ...] = ()
    length: float = 0.0
    unknown: str = ""
    epoch: str = ""

    @cached_property
    def concepts(self) -> frozenset[str]:
        """What its heading may mean."""
        return concepts(self.heading)

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its heading."""
        return tuple(word for word, _meant in tokens(self.heading))

    @property
    def share_filled(self) -> float:
        """Share of the rows that hold something."""
        return self.filled / self.rows if self.rows else 0.0

    @property
    def unique(self) -> bool:
        """Whether it holds something else in each row."""
        return 0 < self.filled == self.distinct and self.filled == self.rows

    @property
    def native(self) -> bool:
        """Whether the file itself gives it a type, so that nothing is to be read."""
        return self.type != "VARCHAR"

    @property
    def values(self) -> tuple[str, ...]:
        """Its usual values."""
        return tuple(v for v, _n in self.top)

    @property
    def few(self) -> bool:
        """Whether it is one of a few values, as a kind or a status is."""
        return 1 < self.distinct <= max(2, min(60, self.filled // 5))

    @property
    def code(self) -> bool:
        """Whether its cells may name things: short, without long text, not broken numbers or days."""
        plain = self.kind in ("text", "flag") or (
            self.kind == "number" and self.whole and self.low >= 0 and not self.decimal
        )
        return plain and self.filled > 0 and 0 < self.length <= 64


def profile(engine: duckdb.DuckDBPyConnection, sheet: Sheet) -> dict[str, Seen]:
    """Every column of a sheet by its heading."""
    columns = sheet.columns[:MOST_COLUMNS]
    sizes = _sizes(engine, sheet, columns)
    step = max(1, sheet.rows // SAMPLE)
    texts = ", ".join(f"{_text(sheet, c)} as c{i}" for i, c in enumerate(columns))
    rows = f"select {texts} from (select *, row_number() over () as __row from {sheet.name}) where __row % {step} = 0"
    sample = f"{sheet.name}_sample"
    engine.execute(f"create or replace temp table {sample} as {rows}")
    parts = []
    for i in range(len(columns)):
        parts.append(
            f"(select {i} as c, c{i} as v, count(*) as n from {sample} where c{i} is not null group by c{i} "
            f"order by n desc, v limit {CELLS})"
        )
    cells = f"{sheet.name}_cells"
    engine.execute(f"create or replace temp table {cells} as {' union all '.join(parts)}")
    read = _readings(engine, sheet, cells)
    tops = engine.execute(
        f"select c, v, n from {cells} qualify row_number() over (partition by c order by n desc, v) <= 60 order by c, n desc, v"
    ).fetchall()
    usual: dict[int, list[tuple[str, int]]] = {}
    for c, v, n in tops:
        usual.setdefault(c, []).append((v, n))
    return {
        name: _seen(name, sheet, sizes[name], read.get(i), tuple(usual.get(i, ()))) for i, name in enumerate(columns)
    }


def _text(sheet: Sheet, column: str) -> str:
    """SQL: a cell as text, null where nothing is said."""
    if sheet.types[column].split("(")[0] in ("FLOAT", "DOUBLE"):
        whole = f"{quote(column)} = trunc({quote(column)}) and abs({quote(column)}) < 1e15"
        return (
            f"case when {whole} then cast(try_cast({quote(column)} as bigint) as varchar) "
            f"when isfinite({quote(column)}) then cast({quote(column)} as varchar) end"
        )
    return f"left({checks.filled(f'cast({quote(column)} as varchar)', 'number')}, 300)"


def _sizes(engine: duckdb.DuckDBPyConnection, sheet: Sheet, columns: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """Filled and different cells of each column; the latter by sketch in large files, exact where they seem to be a key."""
    large = sheet.rows > 200_000
    count = "approx_count_distinct({0})" if large else "count(distinct {0})"
    parts = []
    for c in columns:
        text = quote(c) if sheet.types[c] != "VARCHAR" else f"nullif(trim({quote(c)}), '')"
        parts.append(f"count({text}), {count.format(text)}")
    row = engine.execute(f"select {', '.join(parts)} from {sheet.name}").fetchall()[0]
    sizes = {c: (row[2 * i], row[2 * i + 1]) for i, c in enumerate(columns)}
    for c, (filled, distinct) in sizes.items() if large else ():
        if filled == sheet.rows and distinct > 0.9 * filled:
            exact = engine.execute(f"select count(distinct {quote(c)}) from {sheet.name}").fetchall()[0][0]
            sizes[c] = (filled, exact)
        else:
            sizes[c] = (filled, min(distinct, filled))
    return sizes


def _readings(engine: duckdb.DuckDBPyConnection, sheet: Sheet, cells: str) -> dict[int, dict[str, float]]:
    """Per column the cells of the sample and what share of them each reading understands."""
    wide = checks.WIDE.format(x="v")
    numbers = {
        "n_plain": checks.number("v", None, "XXX", "DECIMAL(18,4)"),
        "n_dot": checks.number("v", ".", "XXX", "DECIMAL(18,4)"),
        "n_comma": checks.number("v", ",", "XXX", "DECIMAL(18,4)"),
    }
    bare = "regexp_replace(v, '[¥￥€£$₹₩%％元]|RMB|[A-Z]{3}', '', 'g')"
    inner = ", ".join(f"{sql} as {k}" for k, sql in numbers.items())
    source = f"(select c, n, v as raw, {bare} as v from {cells})"
    query = (
        f"select c, sum(n) as cells, {', '.join(f'coalesce(sum(n) filter (where {k} is not null), 0) as {k}' for k in numbers)}, "
        "min(coalesce(n_plain, n_dot, n_comma)) as low, max(coalesce(n_plain, n_dot, n_comma)) as high, "
        "min(n_comma) as low_comma, max(n_comma) as high_comma, "
        "coalesce(sum(n) filter (where coalesce(n_plain, n_comma) = 0), 0) as zeros, "
        "coalesce(sum(n) filter (where coalesce(n_plain, n_dot, n_comma) = trunc(coalesce(n_plain, n_dot, n_comma))), 0) as whole, "
        "coalesce(sum(n) filter (where regexp_matches(raw, '[%％]$')), 0) as percent, "
        "sum(n * length(raw)) as length, string_agg(distinct regexp_extract(raw, '[¥￥€£$₹₩]|元'), '') as signs "
        f"from (select *, {inner} from {source}) group by c"
    )
    found = {int(row["c"]): row for row in engine.execute(query).df().to_dict("records")}
    moment = checks.moment("v", [], "UTC", serials=sheet.serials)
    dates = (
        f"select c, sum(n) filter (where t is not null) as default_date, min(t) as first, max(t) as last, "
        f"coalesce(sum(n) filter (where t is not null and t <> date_trunc('day', t)), 0) as clock from "
        f"(select c, n, {moment} as t from {cells} where length(v) between 6 and 40 and regexp_matches(v, '[0-9]')) group by c"
    )
    for row in engine.execute(dates).df().to_dict("records"):
        found[int(row["c"])] |= row
    likely = f"select distinct c from {cells} where length(v) between 6 and 30 and regexp_matches(v, '[0-9]{{2}}')"
    asked = [
        c for (c,) in engine.execute(likely).fetchall() if _number(found[c].get("default_date")) < found[c]["cells"]
    ]
    for c in asked:
        if not sheet.types[sheet.columns[c]].startswith(("TIMESTAMP", "DATE")):
            found[c]["formats"] = _formats(engine, cells, c, wide)
    return found


def _formats(engine: duckdb.DuckDBPyConnection, cells: str, column: int, wide: str) -> dict[str, float]:
    """Formats of the list that read some cells of a column as a day of 1990 to 2100, with the cells each reads."""
    signs = engine.execute(
        f"select string_agg(distinct regexp_replace({wide}, '[0-9]', '', 'g'), '') from {cells} where c = {column}"
    )
    there = signs.fetchall()[0][0] or ""
    if len(there) > 4000:
        return {}
    tried = [d for d in _DAYS if all(s in there for s in set(re.sub(r"%.", "", d)) - {" "}) and _fits(d, there)]
    clocks = _CLOCKS if ":" in there else _CLOCKS[:1]
    every = list(dict.fromkeys([d + k for d in tried for k in clocks]))
    sums = ", ".join(
        f"coalesce(sum(n) filter (where year(try_strptime({wide}, {literal(f)})) between 1990 and 2100), 0)"
        for f in every
    )
    if not sums:
        return {}
    row = engine.execute(f"select {sums} from {cells} where c = {column}").fetchall()[0]
    return {f: float(n) for f, n in zip(every, row, strict=True) if n}


def _fits(day: str, there: str) -> bool:
    letters = bool(re.search("[A-Za-z]{3}", there))
    return ("%b" in day or "%B" in day) == letters or (not letters and "%b" not in day and "%B" not in day)


def _seen(
    name: str, sheet: Sheet, size: tuple[int, int], read: dict[str, float] | None, top: tuple[tuple[str, int], ...]
) -> Seen:
    type_, (filled, distinct) = sheet.types[name], size
    if not read or not filled:
        return Seen(name, type_, sheet.rows, 0, 0, "text")
    cells = float(read["cells"])
    unknown = next((v for v, n in top if v in MARKS and n < cells), "")
    unknown = unknown or next((v for v, n in top[:5] if v.lower() in UNKNOWN and n < cells and _else_no_text(top)), "")
    left = cells - next((n for v, n in top if v == unknown), 0)
    filled, distinct = round(filled * left / cells), distinct - bool(unknown)
    base = {"heading": name, "type": type_, "rows": sheet.rows, "filled": filled, "distinct": distinct, "top": top,
            "length": float(read["length"]) / cells, "unknown": unknown}  # fmt: skip
    formats, share = _best_formats(read, left)
    default = float(_number(read.get("default_date"))) / left
    digits = read["n_plain"] >= 0.95 * left
    dated = type_.startswith(("TIMESTAMP", "DATE")) or (
        max(default, share) >= 0.8 and not (digits and not _dated_heading(name))
    )
    if dated:
        own = () if default >= share or type_ != "VARCHAR" else formats
        clock = bool(_number(read.get("clock"))) if not own else any("%H" in f or "%I" in f for f in own)
        first, last = (read.get("first"), read.get("last")) if not own else (None, None)
        return Seen(**base, kind="date", dates=own, clock=clock, first=_stamp(first), last=_stamp(last))  # type: ignore[arg-type]
    best = max(read["n_plain"], read["n_dot"], read["n_comma"])
    lowered = {v.lower() for v in (v for v, _n in top) if v != unknown}
    counted = digits and concepts(name) & COUNTED
    if 0 < len(lowered) <= 2 and lowered <= YES_NO and distinct <= 3 and not counted:
        return Seen(**base, kind="flag", whole=digits, low=0, high=1)  # type: ignore[arg-type]
    if best >= 0.9 * left and left:
        decimal = None if read["n_plain"] >= best else "." if read["n_dot"] >= best else ","
        low, high = ("low_comma", "high_comma") if decimal == "," else ("low", "high")
        numbers = {"low": _number(read[low]), "high": _number(read[high]), "zeros": float(read["zeros"]) / cells}
        whole = bool(read["whole"] >= left) and not read["percent"] and not (decimal and not _whole(top))
        epoch = _epoch(name, numbers["low"], numbers["high"], whole)
        signs = str(read["signs"] or "") if isinstance(read["signs"], str) else ""
        return Seen(
            **base,
            kind="date" if epoch else "number",
            whole=whole,
            **numbers,
            decimal=decimal,
            signs=signs,
            epoch=epoch,
        )  # type: ignore[arg-type]
    return Seen(**base, kind="text", signs=str(read["signs"] or "") if isinstance(read["signs"], str) else "")  # type: ignore[arg-type]


def _else_no_text(top: tuple[tuple[str, int], ...]) -> bool:
    others = [v for v, _n in top if v.lower() not in UNKNOWN]
    return bool(others) and all(any(c.isdigit() for c in v) for v in others)


def _whole(top: tuple[tuple[str, int], ...]) -> bool:
    return all(re.fullmatch(r"[-+]?\d{1,3}([.,]\d{3})*|\d+", v) for v, _n in top[:40])


def _dated_heading(name: str) -> bool:
    return bool(concepts(name) & {"time", "month", "birth", "create", "start", "end", "update"})


def _epoch(name: str, low: float, high: float, whole: bool) -> str:
    """The unit in which a whole number counts from 1970, where its heading speaks of time and the days are of this age."""
    if not whole or not _dated_heading(name):
        return ""
    for unit, size in (("seconds", 1.0), ("milliseconds", 1000.0)):
        if 6e8 * size < low <= high < 4.2e9 * size:
            return unit
    return ""


def _best_formats(read: dict[str, object], cells: float) -> tuple[tuple[str, ...], float]:
    """The formats of one way to write days that read most of a column's cells together, and the share they read."""
    counts = read.get("formats")
    if not isinstance(counts, dict) or not counts or not cells:
        return (), 0.0
    days: dict[str, float] = {}
    for form, n in counts.items():
        days[_day(form)] = days.get(_day(form), 0.0) + n
    best = max(days, key=lambda d: (days[d], -[*_DAYS, *ISO].index(d)))
    chosen = tuple(f for f in counts if _day(f) == best)
    return chosen, min(1.0, days[best] / cells)


def _day(form: str) -> str:
    return next(d for d in sorted((*_DAYS, *ISO), key=len, reverse=True) if form.startswith(d))


def _number(value: object) -> float:
    return 0.0 if value is None or pd.isna(value) else float(value)  # type: ignore[arg-type]


def _stamp(value: object) -> datetime | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).to_pydatetime()  # type: ignore[arg-type]
