"""Who a customer is: by an id of theirs, in each month of the reviews and in the company's own files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from crmlib.border import forgotten
from crmlib.border.company import Description
from crmlib.border.ingest import IngestError
from crmlib.border.lists import IN_PLACE, PROPOSALS, TAKEN
from crmlib.border.owned import Owned, as_id, owned, shape
from crmlib.border.pseudonyms import key, pseudonyms
from crmlib.run.holdings import BROKEN, Customer, folders
from crmlib.run.places import PLACES, place_of
from crmlib.run.sought import Sought
from crmlib.run.traces import parted
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.held import FROZEN
from crmlib.vocabulary.language import _
from crmlib.vocabulary.schema import TABLES


class UnknownCustomerError(CrmlibError):
    """An id that nothing is held of; one line that names no other customer."""


def find(company: Description, home: Path, given: str, *, pending: bool = False) -> Customer:
    """The customer with this id, by what months and source files say of them. Raises `UnknownCustomerError`.

    Which records are theirs is what the latest month says that knows the id; in each month all that was counted for the same
    customer is theirs. Where `pending`, customers whose erasing was cut short are sought with them.
    """
    known = {folder: _records(folder) for folder in folders(home)}
    file = company.home / ".crmlib" / "key"
    if known and not file.exists():
        raise UnknownCustomerError(
            _("{file}: not there, and without the key nobody can be found in the reviews; restore it").format(file=file)
        )
    secret = key(company.home)
    who = as_id(given)
    code = pseudonyms(secret, "customer", [who])[0]
    newest = sorted(known, key=lambda f: (bool(BROKEN.fullmatch(f.name)), [-ord(c) for c in f.name]))
    whole = [known[f] for f in newest if code in known[f]]
    records = frozenset({code}) | (_same(whole[0], {code}) if whole else frozenset())
    memory = forgotten.read(company.home)
    codes = {c for found in known.values() for pair in found.items() for c in pair}
    left = memory.among(codes if pending else ())
    own, unread = Owned(), ""
    try:
        own = owned(company, records | left)
    except IngestError as error:
        unread = str(error)
    there = records.intersection(pseudonyms(secret, "customer", own.ids))
    if not (whole or there or memory.among(records)):
        raise UnknownCustomerError(_unknown(who, own, unread))
    if not whole and codes and own.everybody and not codes & own.everybody:
        raise UnknownCustomerError(
            _(
                "{file}: under this key the reviews hold nobody of the source files; restore the one they were made with"
            ).format(file=file)
        )
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
    numbers = set[str]()
    for name in (PROPOSALS, *IN_PLACE[:1], TAKEN):
        file = folder / "private" / name
        if file.exists():
            taken = parted(file.name, file.read_bytes(), place_of(f"private/{name}"), sought)[1]
            numbers |= {str(row["action_id"]) for row in taken if row.get("action_id")}
    return frozenset(numbers)


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
