"""How the files of a folder hang together: whose key each column holds, by the words of headings and by the values themselves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import duckdb

from crmlib.border.cells import moment
from crmlib.border.proposal.columns import Seen
from crmlib.border.proposal.files import Sheet
from crmlib.border.proposal.patterns import phrases
from crmlib.border.proposal.words import concepts, likeness, tokens
from crmlib.border.sources import literal, quote

ENTITIES = ("customer", "order", "sale", "product", "contract", "ticket", "campaign", "survey", "company", "line")
"""Concepts of what a key is the key of."""
CONTAINED = 0.7
"""Share of a column's different values that must stand in a key for it to be one of that key, where the words say so too."""
UNTOLD = 0.95
"""The same where the words say nothing."""
PROBED = 3_000
"""Different values that are looked for."""
_CUSTOMER = frozenset(("order", "sale", "ticket", "contact", "survey", "file", "open", "parent"))


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
    """Everything that lies in the folder, and how it hangs together."""

    engine: duckdb.DuckDBPyConnection
    files: list[File]
    links: list[Link] = field(default_factory=list)

    def links_of(self, file: File) -> list[Link]:
        """Links from a file to others, the surest first."""
        return sorted((k for k in self.links if k.file is file), key=lambda k: -k.share)


def related(engine: duckdb.DuckDBPyConnection, files: list[File]) -> Folder:
    """The folder with its links."""
    folder = Folder(engine, files)
    for to in files:
        for key in (s for s in to.seen.values() if _is_key(s)):
            for file in (f for f in files if f is not to):
                folder.links += [k for s in file.seen.values() if (k := _link(engine, file, s, to, key))]
    return folder


def _is_key(seen: Seen) -> bool:
    return seen.code and seen.filled > 1 and seen.distinct >= 0.98 * seen.filled and seen.filled >= 0.98 * seen.rows


def _link(engine: duckdb.DuckDBPyConnection, file: File, seen: Seen, to: File, key: Seen) -> Link | None:
    if not seen.code or seen.distinct < 2 or seen.kind == "flag":
        return None
    told = _same_words(seen, key)
    if not told and (
        seen.kind != "text" or key.kind != "text" or abs(seen.length - key.length) > 2 or seen.distinct < 20
    ):
        return None
    if not told and not any(c.isdigit() for v in seen.values[:5] for c in v):
        return None
    name = quote(seen.heading)
    values = f"select distinct trim(cast({name} as varchar)) as v from {file.sheet.name} where {name} is not null"
    keys = f"select trim(cast({quote(key.heading)} as varchar)) from {to.sheet.name}"
    probed = f"select v from ({values}) where v <> '' order by hash(v) limit {PROBED}"
    query = f"select avg(cast(v in ({keys}) as integer)) from ({probed})"
    share = engine.execute(query).fetchall()[0][0] or 0.0
    return Link(file, seen.heading, to, key.heading, share) if share >= (CONTAINED if told else UNTOLD) else None


def _same_words(seen: Seen, key: Seen) -> bool:
    if seen.heading.lower() == key.heading.lower():
        return True
    shared = seen.concepts & key.concepts & set(ENTITIES)
    named = "name" in seen.concepts | key.concepts
    return bool(shared) and not named and "line" not in shared


def entity_score(seen: Seen, entity: str) -> float:
    """How well a column holds the number of a customer, an order …, by its heading and its cells; 0 where it cannot."""
    if not seen.code or seen.share_filled < 0.3 or (seen.kind == "flag" and seen.rows > 5):
        return 0.0
    if entity == "order" and seen.kind == "number" and seen.distinct <= 100 and seen.filled >= 4 * seen.distinct:
        return 0.0  # a count, whatever it is called
    table = {"customer": "customers", "order": "orders"}[entity]
    name = "customer_id" if entity == "customer" else "order_id"
    asked = phrases("orders", "customer_id") if entity == "customer" else phrases(table, name)
    around = _CUSTOMER if entity == "customer" else frozenset(("order", "sale", "line", "customer", "paid", "list"))
    strange = any(not meant for _word, meant in tokens(seen.heading))
    best = max(
        (
            w * likeness(seen.heading, p, around) * (0.5 if strange and "+" not in p else 1)
            for p, w in asked
            if p != "id"
        ),
        default=0.0,
    )
    return best * (1.0 if seen.distinct > 1 or seen.rows < 3 else 0.6)


def customer_of(folder: Folder, file: File) -> tuple[Seen | None, float]:
    """The column of a file that says whose row it is, and how surely; None where no column does."""
    scored = [(entity_score(s, "customer"), s) for s in file.seen.values()]
    usual = Counter(h.lower() for f in folder.files for h in f.seen)
    best = max(scored, key=lambda e: (round(e[0], 2), usual[e[1].heading.lower()]), default=(0.0, None))
    if best[0] >= 0.4:
        return best[1], best[0]
    if key := _plain_key(folder, file):
        return key, 0.65
    for link in folder.links_of(file):
        if entity_score(link.to.seen[link.key], "customer") >= 0.6 or "customer" in link.to.words:
            return file.seen[link.column], 0.6
    return None, 0.0


PERSON = frozenset(
    (
        "age",
        "gender",
        "income",
        "birth",
        "region",
        "city",
        "email",
        "phone",
        "name",
        "register",
        "cancel",
        "tenure",
        "home",
        "demographic",
    )
)
"""Concepts of headings that speak of a person or firm."""


def _plain_key(folder: Folder, file: File) -> Seen | None:
    """The one key of a file of customers, though its heading does not say so: called only a number, or looked up by others."""
    spoken = {c for s in file.seen.values() for c in s.concepts & PERSON}
    keys = [
        s for s in file.seen.values() if _is_key(s) and not s.concepts & {"order", "sale", "product", "ticket", "line"}
    ]
    if "customer" not in file.words and (
        len(spoken) < 3 or file.words & {"order", "sale", "ticket", "product", "contract"}
    ):
        return None
    looked_up = {k.key for k in folder.links if k.to is file}
    named = [s for s in keys if s.heading in looked_up] or [s for s in keys if s.concepts == {"id"}]
    return named[0] if named else None


def order_of(folder: Folder, file: File) -> tuple[Seen | None, float]:
    """The column of a file that says which order its row belongs to, and how surely; None where no column does."""
    scored = [(entity_score(s, "order"), s) for s in file.seen.values()]
    best = max(scored, key=lambda e: e[0], default=(0.0, None))
    return (best[1], best[0]) if best[0] >= 0.55 else (None, 0.0)


def way_to_customer(folder: Folder, file: File) -> list[Link]:
    """Links by which the rows of a file without a customer of its own come to one, at most two; empty where none leads there."""
    for link in folder.links_of(file):
        if customer_of(folder, link.to)[1] >= 0.6:
            return [link]
    for link in folder.links_of(file):
        for further in folder.links_of(link.to):
            if further.to is not file and customer_of(folder, further.to)[1] >= 0.6:
                return [link, further]
    return []


def last_day_of(engine: duckdb.DuckDBPyConnection, file: File, column: Seen) -> date | None:
    """The last day that stands in a column, no later than a year after the others."""
    name = quote(column.heading)
    if column.native:
        read = f"try_cast({name} as timestamp)"
    elif column.dates:
        read = f"try_strptime(trim({name}), [{', '.join(literal(f) for f in column.dates)}])"
    else:
        read = moment(f"trim({name})", [], "UTC", day_0=file.sheet.day_0)
    cells = f"select distinct {name} from {file.sheet.name} where {name} is not null"
    far = "lag(day) over (order by day)"
    days = f"select distinct cast({read} as date) as day from ({cells}) where {read} is not null"
    query = f"select day, day - {far} > 366 as far from ({days}) order by day"
    rows = engine.execute(query).fetchall()
    end = next((i for i, (_day, far_) in enumerate(rows) if far_), len(rows))
    found: date | None = rows[end - 1][0] if end else None
    return found
