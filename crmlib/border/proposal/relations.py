"""How the files of a folder hang together: whose key each column holds, by the words of headings and by the values themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import duckdb

from crmlib.border.cells import moment
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.files import Sheet
from crmlib.border.proposal.words import concepts
from crmlib.border.sources import literal, quote

ENTITIES = (
    "customer",
    "order",
    "sale",
    "product",
    "contract",
    "ticket",
    "campaign",
    "survey",
    "company",
    "line",
    "email",
    "phone",
)
"""Concepts of what a key is the key of."""
CONTAINED = 0.7
"""Share of a column's different values that must stand in a key for it to be one of that key, where the words say so too."""
UNTOLD = 0.95
"""The same where the words say nothing."""
PROBED = 3_000
"""Different values that are looked for."""


@dataclass(frozen=True)
class File:
    """A sheet with what its columns are, and what its name says."""

    sheet: Sheet
    seen: dict[str, Seen]

    @property
    def words(self) -> frozenset[str]:
        """Concepts of its file's and sheet's name."""
        return concepts(self.sheet.place.origin.split(".")[0]) | concepts(self.sheet.place.sheet or "")

    @property
    def rows(self) -> int:
        """How many it has."""
        return self.sheet.rows

    def dates(self) -> list[Seen]:
        """Its columns of days."""
        return [s for s in self.seen.values() if s.kind == "date"]

    def numbers(self) -> list[Seen]:
        """Its columns of numbers."""
        return [s for s in self.seen.values() if s.kind == "number"]


@dataclass(frozen=True)
class Link:
    """A column of a file whose values stand in a unique column of another: the share of its different values that do."""

    file: File
    column: str
    to: File
    key: str
    share: float


@dataclass
class Folder:
    """Everything that lies in the folder, how it hangs together, and what was found out about it so far, by file."""

    engine: duckdb.DuckDBPyConnection
    files: list[File]
    links: list[Link] = field(default_factory=list)
    whose: dict[int, tuple[Seen | None, float]] = field(default_factory=dict)
    ordered: dict[int, tuple[Seen | None, float]] = field(default_factory=dict)
    goes_with: dict[tuple[int, str, str], float] = field(default_factory=dict)

    def links_of(self, file: File) -> list[Link]:
        """Links from a file to others, the surest first."""
        return sorted((k for k in self.links if k.file is file), key=lambda k: -k.share)


def related(engine: duckdb.DuckDBPyConnection, files: list[File]) -> Folder:
    """The folder with its links."""
    folder = Folder(engine, files)
    for to in files:
        for key in (s for s in to.seen.values() if is_key(s)):
            for file in (f for f in files if f is not to):
                folder.links += [k for s in file.seen.values() if (k := _link(engine, file, s, to, key))]
    return folder


def is_key(seen: Seen) -> bool:
    """Whether a column may be the key of its file."""
    return seen.code and seen.filled > 1 and seen.distinct >= 0.98 * seen.filled and seen.filled >= 0.98 * seen.rows


def _link(engine: duckdb.DuckDBPyConnection, file: File, seen: Seen, to: File, key: Seen) -> Link | None:
    if not seen.code or seen.distinct < 2 or seen.kind == "flag":
        return None
    mails = addresses(seen) and addresses(key)
    if seen.tally and "customer" in key.concepts | to.words and seen.distinct < 0.5 * key.distinct:
        return None  # a count of people: 1 to 4 stand among any numbers that begin with 1
    told = mails or _same_words(seen, key)
    if not told and (
        seen.kind != "text" or key.kind != "text" or abs(seen.length - key.length) > 2 or seen.distinct < 20
    ):
        return None
    if not told and not any(c.isdigit() for v in seen.values[:5] for c in v):
        return None
    name = quote(seen.heading)
    alike = "lower(trim(cast({} as varchar)))" if mails else "trim(cast({} as varchar))"
    values = f"select distinct {alike.format(name)} as v from {file.sheet.name} where {name} is not null"
    keys = f"select {alike.format(quote(key.heading))} from {to.sheet.name}"
    probed = f"select v from ({values}) where v <> '' order by hash(v) limit {PROBED}"
    query = f"select avg(cast(v in ({keys}) as integer)) from ({probed})"
    share = engine.execute(query).fetchall()[0][0] or 0.0
    return Link(file, seen.heading, to, key.heading, share) if share >= (CONTAINED if told else UNTOLD) else None


def addresses(seen: Seen) -> bool:
    """Whether its cells are e-mail addresses."""
    return seen.kind == "text" and bool(seen.values) and sum("@" in v for v in seen.values) >= 0.8 * len(seen.values)


def _same_words(seen: Seen, key: Seen) -> bool:
    if seen.heading.lower() == key.heading.lower():
        return True
    shared = seen.concepts & key.concepts & set(ENTITIES)
    named = "name" in seen.concepts | key.concepts
    return bool(shared) and not named and "line" not in shared


def day_sql(file: File, column: Seen) -> str:
    """SQL that reads the cells of a column of days as times."""
    name = quote(column.heading)
    if column.native:
        return f"try_cast({name} as timestamp)"
    if column.dates:
        return f"try_strptime(trim({name}), [{', '.join(literal(f) for f in column.dates)}])"
    return moment(f"trim({name})", [], "UTC", day_0=file.sheet.day_0)


def last_day_of(engine: duckdb.DuckDBPyConnection, file: File, column: Seen) -> date | None:
    """The last day that stands in a column, no later than a year after the others."""
    name, read = quote(column.heading), day_sql(file, column)
    cells = f"select distinct {name} from {file.sheet.name} where {name} is not null"
    far = "lag(day) over (order by day)"
    days = f"select distinct cast({read} as date) as day from ({cells}) where {read} is not null"
    query = f"select day, day - {far} > 366 as far from ({days}) order by day"
    rows = engine.execute(query).fetchall()
    end = next((i for i, (_day, far_) in enumerate(rows) if far_), len(rows))
    found: date | None = rows[end - 1][0] if end else None
    return found
