"""What is held of one customer among a company's reviews: who they are in each month, and every file with a trace of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

import pandas as pd
import pyarrow.parquet as pq

from crmlib.border import forgotten, freeze, personal
from crmlib.border.company import Description
from crmlib.border.identity import pairs
from crmlib.border.ingest import IngestError
from crmlib.border.owned import Owned, as_id, owned, shape
from crmlib.border.pseudonyms import key, pseudonyms
from crmlib.run import chapters, collect, faults, outputs
from crmlib.run.folders import MONTH
from crmlib.run.sought import Sought
from crmlib.run.traces import Taken, is_closed, parted
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.held import COPY, FROZEN, Held
from crmlib.vocabulary.language import _
from crmlib.vocabulary.schema import TABLES

PLACES: tuple[Held, ...] = (
    *FROZEN, *pairs.HELD, *freeze.HELD, personal.HELD, *collect.HELD, *outputs.HELD, chapters.HELD, faults.HELD
)  # fmt: skip
"""Every kind of file that a review writes."""
BROKEN = re.compile(rf"\.({MONTH})\.(partial|old|gone)|\.(incoming|erasing)-.*")
"""Folders of runs that broke off."""


class UnknownCustomerError(CrmlibError):
    """An id that nothing is held of; one line that names no other customer."""


@dataclass(frozen=True)
class Trace:
    """A file that holds something of the customer: where, what kind of place, what it holds, and what told the customer."""

    file: Path
    folder: Path
    place: Held
    taken: Taken
    sought: Sought

    @property
    def where(self) -> str:
        """The file's name within its folder."""
        return self.file.relative_to(self.folder).as_posix()


@dataclass(frozen=True)
class Customer:
    """A customer sought: `sought` by folder (a month's, or that of a run that broke off) and everywhere, what their source files
    hold, and why these could not be read.
    """

    sought: dict[Path, Sought]
    everywhere: Sought
    people: dict[Path, int]
    own: Owned
    unread: str = ""

    def traces(self, home: Path) -> list[Trace]:
        """Every trace among the reviews of the company in `home`, and in files beside that folder that name it."""
        return [t for folder in self.sought for t in self.traces_of(folder)] + self.loose(home)

    def traces_of(self, folder: Path) -> list[Trace]:
        """The traces in one month, or in what a run that broke off left."""
        return [
            trace
            for file in _files(folder)
            for trace in self._trace(file, folder, place_of(file.relative_to(folder).as_posix()), self.sought[folder])
        ]

    def loose(self, home: Path) -> list[Trace]:
        """The traces in files among the reviews that lie in no month, and in logs of faults."""
        found = [t for file in _loose(home) for t in self._trace(file, home.parent, COPY, self._in(file, home))]
        return found + [t for f in faults.logs() for t in self._trace(f, f.parent, faults.HELD, self.everywhere)]

    @staticmethod
    def _trace(file: Path, folder: Path, place: Held, sought: Sought) -> list[Trace]:
        taken = parted(file.relative_to(folder).as_posix(), file.read_bytes(), place, sought)[1]
        return [Trace(file, folder, place, taken, sought)] if taken else []

    def _in(self, file: Path, home: Path) -> Sought:
        """What tells the customer in a file of no month; one beside the company's folder may be another company's."""
        named = home in file.parents or home.name in file.name or home.name in "/".join(_inside(file)).split("/")
        if named:
            return self.everywhere
        nothing = frozenset[str]()
        return replace(self.everywhere, headings=nothing, ids=nothing, contact=(), called=(), _known={})


def place_of(name: str) -> Held:
    """What kind of place a file of a month's folder is."""
    depth = name.count("/")
    return next((p for p in PLACES if fnmatchcase(name, p.path) and p.path.count("/") == depth), COPY)


def folders(home: Path) -> list[Path]:
    """The months of a company, oldest first, then what runs that broke off left."""
    there = sorted(p for p in home.iterdir() if p.is_dir()) if home.is_dir() else []
    whole = [p for p in there if re.fullmatch(MONTH, p.name)]
    return whole + [p for p in there if BROKEN.fullmatch(p.name)]


def _files(folder: Path) -> Iterator[Path]:
    yield from (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.is_symlink())


def _loose(home: Path) -> list[Path]:
    """Files among the reviews that lie in no month: those in the company's folder, and those beside it."""
    months = set(folders(home))
    inside = [p for p in _files(home) if not months & set(p.parents)] if home.is_dir() else []
    beside = sorted(p for p in home.parent.iterdir() if p.is_file()) if home.parent.is_dir() else []
    return [p for p in (*inside, *beside) if p.suffix != ".lock"]


def _inside(file: Path) -> list[str]:
    """The names of an archive's files; of any other file none."""
    if not is_zipfile(file):
        return []
    with ZipFile(file) as archive:
        return archive.namelist()


def closed(home: Path) -> list[Path]:
    """Files among the reviews that nobody wrote who can be asked: kinds that cannot be looked into."""
    own = [f for m in folders(home) for f in _files(m) if place_of(f.relative_to(m).as_posix()) is COPY]
    return [f for f in (*own, *_loose(home)) if is_closed(f.name)]


def find(company: Description, home: Path, given: str, *, pending: bool = False) -> Customer:
    """The customer with this id, by what months and source files say of them. Raises `UnknownCustomerError`.

    Which records are theirs is what the latest month says that knows the id; in each month all that was counted for the same
    customer is theirs. Where `pending`, customers whose erasing was cut short are sought with them.
    """
    secret = key(company.home)
    who = as_id(given)
    code = pseudonyms(secret, "customer", [who])[0]
    known = {folder: _records(folder) for folder in folders(home)}
    newest = sorted(known, key=lambda f: (bool(BROKEN.fullmatch(f.name)), [-ord(c) for c in f.name]))
    whole = [known[f] for f in newest if code in known[f]]
    records = frozenset({code}) | (_same(whole[0], {code}) if whole else frozenset())
    memory = forgotten.read(company.home)
    left = memory.among({c for found in known.values() for pair in found.items() for c in pair} if pending else ())
    own, unread = Owned(), ""
    try:
        own = owned(company, records | left)
    except IngestError as error:
        unread = str(error)
    there = records.intersection(pseudonyms(secret, "customer", own.ids))
    if not (whole or there or memory.among(records)):
        raise UnknownCustomerError(_unknown(who, own, unread))
    return _customer(company, secret, known, who, records | left, own, unread)


def _customer(
    company: Description,
    secret: bytes,
    known: dict[Path, dict[str, str]],
    who: str,
    records: frozenset[str],
    own: Owned,
    unread: str,
) -> Customer:
    plain = Sought(
        secret,
        records,
        ids=frozenset({*own.ids, who}),
        contact=own.contact,
        called=own.called,
        headings=_headings(company),
    )
    sought, people = {}, {}
    for folder, found in known.items():
        codes = _same(found, records)
        people[folder] = len({found[c] for c in codes if c in found})
        sought[folder] = _with_rows(folder, replace(plain, customers=records | codes, _known={}))
    union = replace(
        plain,
        rows=frozenset().union(*(s.rows for s in sought.values())),
        actions=frozenset().union(*(s.actions for s in sought.values())),
        _known={},
    )
    return Customer(sought, union, people, own, unread)


def _records(folder: Path) -> dict[str, str]:
    """Pseudonym of each record in a month to that of the customer whom it counts for."""
    found: dict[str, str] = {}
    for table in FROZEN:
        for column in table.names:
            if (file := folder / table.path).exists():
                found |= {c: c for c in _column(file, column)}
    if (file := folder / "tables" / "records.parquet").exists():
        pairs = pd.read_parquet(file, columns=["record_id", "customer_id"]).dropna()
        found |= dict(zip(pairs["record_id"], pairs["customer_id"], strict=True))
    return found


def _column(file: Path, name: str) -> set[str]:
    try:
        return set(pq.read_table(file, columns=[name])[name].unique().drop_null().to_pylist())
    except (OSError, ValueError, KeyError):
        return set()


def _same(records: dict[str, str], codes: Iterable[str]) -> frozenset[str]:
    """All records of the customers for whom one of these counts."""
    chosen = {records[c] for c in codes if c in records}
    return frozenset(r for r, customer in records.items() if customer in chosen) | chosen


def _with_rows(folder: Path, sought: Sought) -> Sought:
    """The same with the codes of the customer's orders, cases and so on of a month that nobody else has, and their actions."""
    rows, others = set[str](), set[str]()
    for frame in _coded(folder):
        for column in frame.columns.drop("customer_id"):
            rows |= set(frame.loc[frame["customer_id"].isin(sought.customers), column].dropna())
    for frame in _coded(folder) if rows else ():
        for column in frame.columns.drop("customer_id"):
            others |= rows.intersection(frame.loc[~frame["customer_id"].isin(sought.customers), column].dropna())
    return replace(sought, rows=frozenset(rows - others), actions=_actions(folder, sought), _known={})


def _coded(folder: Path) -> Iterator[pd.DataFrame]:
    """The columns of a month's tables with codes of rows, beside the customer whose they are."""
    for table in FROZEN:
        file = folder / table.path
        if file.exists() and table.rows:
            try:
                there = set(pq.read_schema(file).names)
                yield pd.read_parquet(file, columns=["customer_id", *(c for c in table.rows if c in there)])
            except (OSError, ValueError, KeyError):
                continue


def _actions(folder: Path, sought: Sought) -> frozenset[str]:
    """The numbers of a month's actions on the customer, by which its lists for a CRM name them."""
    file = folder / collect.HELD[0].path
    if not file.exists():
        return frozenset()
    place = collect.HELD[0]
    taken = parted(file.name, file.read_bytes(), place, sought)[1]
    return frozenset(str(row["action_id"]) for row in taken if row.get("action_id"))


def _headings(company: Description) -> frozenset[str]:
    """The columns in which the company itself, and the lists made for people, write ids of customers."""
    own = {s.fields["customer_id"] for t in TABLES for s in company.sources(t) if "customer_id" in s.fields}
    return frozenset({"customer_id", *own, *(c for p in PLACES for c in p.own)})


def _unknown(who: str, own: Owned, unread: str) -> str:
    if unread:
        return _("no customer with this id in any review, and the source files cannot be read: {why}").format(
            why=unread
        )
    form = shape(who)
    if own.shapes and form not in own.shapes:
        return _(
            "no customer {id!r} in the reviews or in the source files: it is written {form}, ids here {forms}"
        ).format(id=who, form=form, forms=", ".join(own.shapes))
    return _("no customer {id!r} in the reviews or in the source files").format(id=who)


def counted(traces: Sequence[Trace]) -> dict[Held, int]:
    """How much is held by kind of place: rows, lines and mentions."""
    found: dict[Held, int] = {}
    for trace in traces:
        found[trace.place] = found.get(trace.place, 0) + len(trace.taken)
    return found


def month_of(trace: Trace) -> str:
    """The month a trace lies in; "" where it is none's."""
    name = re.search(MONTH, trace.folder.name)
    return name.group() if name else ""


def plain(value: Any) -> str:
    """A cell for people."""
    return "" if value is None or value != value else str(value)
