"""One company, as known on a day: its tables, the day, and its policy, handed along as one thing.

A frozen folder holds one Parquet file per canonical table the company has, what ingest counted beside them (`BESIDE`),
what the company records at all (`known.parquet`), and `about.json` (the company's name, currency, business model).
A table the company lacks is there as an empty one, so that no fact needs to ask; `missing` says which those are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, wraps
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow.parquet as pq
from ibis.expr.types import Table as Expression

from crmlib.border.known import first_values
from crmlib.facts.canonical import Tables
from crmlib.facts.engine import Engine, engine_of
from crmlib.facts.frames import exact, of_order
from crmlib.vocabulary.accounting import BESIDE
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.schema import TABLES

ABOUT = {
    "company": "",
    "currency": "CNY",
    "business_model": "b2c",
    "revenue_model": "orders",
    "shape": "",
    "records_compared": "",
    "time_zone": "UTC",
}


class TablesError(CrmlibError):
    """A folder that holds no frozen tables, or tables of another schema; one line."""


@dataclass(frozen=True)
class Recorded:
    """What the company records: the columns ("table.column") it maps, and since when each holds values, looked up once."""

    mapped: Collection[str]
    look: Callable[[], Mapping[str, date]]

    @cached_property
    def since(self) -> Mapping[str, date]:
        """First day a value of each column was known; none for a column that never held one."""
        return self.look()


@dataclass(frozen=True, repr=False)
class Company:
    """A company as known at the end of day `as_of`, under a policy; nothing later is in its tables.

    What it does not record is unknown (`knows`), which is not the same as that it did not happen.
    """

    as_of: date
    policy: Policy
    tables: Tables
    missing: frozenset[str]
    about: Mapping[str, str]
    _recorded: Recorded = field(compare=False)
    _engine: Engine = field(compare=False)
    _hidden: frozenset[str] = frozenset()
    _memo: dict[Any, Any] = field(default_factory=dict, compare=False)

    def __repr__(self) -> str:
        """What it is in one line: its day and its tables, as a cell of a notebook shows it."""
        there = [name for name in TABLES if name not in self.missing]
        return f"<company as known on {self.as_of}: {', '.join(there)}; {self.currency}>"

    def knows(self, *names: str) -> bool:
        """Whether the company records all of these, and did by the day: tables ("activity"), columns ("orders.refunded")."""
        return all(self._knows(name) for name in names)

    def _knows(self, name: str) -> bool:
        table, _dot, column = name.partition(".")
        if table in self.missing or name in self._hidden:
            return False
        return not column or self._recorded.since.get(name, date.max) <= self.as_of

    def mapped(self, *names: str) -> bool:
        """Whether the company's description maps all of these columns, be it that none of them ever held a value."""
        there = {name for name in self._recorded.mapped if name.partition(".")[0] not in self.missing}
        return there - self._hidden >= {*names}

    def undated(self) -> tuple[str, ...]:
        """Known columns whose values may have come or changed after their row without a day of their own on record
        ("tickets.cause"): they are read as recorded when the tables were frozen.
        """
        values = {(t, column): None for t in TABLES.values() for column, _by in t.dated}
        said = [
            f"{t.name}.{name}"
            for t, name in values
            if not any(self._is_dated(f"{t.name}.{by}") for by in t.dating(name))
        ]
        return tuple(name for name in said if self.knows(name))

    def _is_dated(self, by: str) -> bool:
        return by not in self._hidden and by in self._recorded.since

    @property
    def currency(self) -> str:
        """ISO 4217 code of the company's currency."""
        return self.about["currency"]

    @property
    def revenue_model(self) -> str:
        """By what customers' value is counted: orders, subscription or yearly_purchases (D058)."""
        return self.about["revenue_model"]

    def at(self, as_of: date) -> Company:
        """The same company as known on an earlier day. Raises `TablesError` for a later one."""
        if as_of == self.as_of:
            return self
        if as_of > self.as_of:
            raise TablesError(f"a company as known on {self.as_of} knows nothing up to {as_of}")
        if ("at", as_of) not in self._memo:
            self._memo["at", as_of] = replace(
                self, as_of=as_of, tables=self.tables.until(as_of, self._engine), _memo={}
            )
        return self._memo["at", as_of]

    def without(self, *names: str) -> Company:
        """The company as if it had never recorded a column ("orders.refunded") or a whole table ("activity")."""
        tables, missing, hidden = self.tables, self.missing, self._hidden
        for name in names:
            table, _dot, column = name.partition(".")
            rows = getattr(tables, table)
            if column:
                frozen = TABLES[table][column]
                rows, hidden = rows.mutate(**{frozen.frozen_name: ibis.null(frozen.frozen_type)}), hidden | {name}
            else:
                rows, missing = rows.limit(0), missing | {table}
            tables = tables.but(**{table: rows})
        return replace(self, tables=tables, missing=missing, _hidden=hidden, _memo={})

    def under(self, policy: Policy) -> Company:
        """The same company under another policy."""
        return replace(self, policy=policy, _memo={})


def fact(define: Callable[[Company], Expression]) -> Callable[[Company], Expression]:
    """A definition said once: worked out once for a company, and one name to every expression that is built on it."""
    name = f"{define.__module__.rpartition('.')[2]}_{define.__name__}"

    @wraps(define)
    def once(c: Company) -> Expression:
        if define not in c._memo:
            # Written out, the definition would be compiled again with each expression that reads it.
            c._memo[define] = c._engine.view(name, define(c))
        return c._memo[define]

    return once


def read_company(folder: str | Path, *, as_of: date, policy: Policy | None = None, engine: str = "") -> Company:
    """The company frozen in `folder`, as known at the end of day `as_of`, on the engine of that name (`engine.engine_of`). Raises
    `TablesError`, `EngineError`.
    """
    folder = Path(folder)
    if not any((folder / f"{name}.parquet").exists() for name in TABLES):
        raise TablesError(f"{folder}: no frozen tables here; run `crmlib review` or `make data` first")
    if not (folder / "known.parquet").exists():
        raise TablesError(f"{folder}: known.parquet is missing; freeze the tables again with this version")
    worker, read = engine_of(engine), {}
    for name, columns in {**{t.name: t.frozen for t in TABLES.values()}, **BESIDE}.items():
        path = folder / f"{name}.parquet"
        try:
            there = path.exists()
            read[name] = worker.frozen(name, path, columns) if there else worker.empty(f"no_{name}", columns)
        except KeyError as lacking:
            raise TablesError(
                f"{path}: column {lacking.args[0]} is missing; freeze the tables again with this version"
            ) from None
    missing = frozenset(name for name in TABLES if not (folder / f"{name}.parquet").exists())
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    known = pq.read_table(folder / "known.parquet").to_pylist()
    since = {f"{row['table']}.{row['column']}": row["first_on"] for row in known if row["first_on"]}
    recorded = Recorded({f"{row['table']}.{row['column']}" for row in known if row["mapped"]}, lambda: since)
    policy = policy or Policy.model_validate({})
    tables = Tables(read.__getitem__).until(as_of, worker)
    return Company(as_of, policy, tables, missing, {**ABOUT, **about}, recorded, worker)


def company_from(
    frames: Mapping[str, pd.DataFrame],
    *,
    as_of: date,
    currency: str = "CNY",
    policy: Policy | None = None,
    engine: str = "",
) -> Company:
    """A company from pandas frames with (some of) the frozen columns, on an engine as `read_company`; absent columns are null."""
    worker, read = engine_of(engine), {}
    for name, columns in {**{t.name: t.frozen for t in TABLES.values()}, **BESIDE}.items():
        frame = frames.get(name)
        if frame is None:
            read[name] = worker.empty(f"no_{name}", columns)
            continue
        strange = set(frame.columns) - set(columns)
        if strange:
            raise TablesError(f"{name}: unknown column {sorted(strange)[0]}")
        given = ibis.memtable(exact(frame, columns), schema=ibis.schema({c: columns[c] for c in frame.columns}))
        rows = given.select(**{c: given[c] if c in frame.columns else ibis.null(t) for c, t in columns.items()})
        read[name] = worker.worked_out(f"given_{name}", rows)
    missing = frozenset(n for n in TABLES if n not in frames)
    compared = "yes" if "records" in frames else ""
    about = {**ABOUT, "currency": currency, "records_compared": compared}
    for table in (t for t in TABLES.values() if t.of_order and t.name not in missing and "orders" not in missing):
        read[table.name] = of_order(read[table.name], read["orders"], table.of_order)
    given = {name: read[name] for name in TABLES if name not in missing}
    cut = Tables(read.__getitem__).until(as_of, worker)
    names = {
        t.name: [c.name for c in t.columns if c.frozen_name in frames[t.name]]
        for t in TABLES.values()
        if t.name in given
    }
    recorded = Recorded({f"{t}.{c}" for t, columns in names.items() for c in columns}, lambda: first_values(given))
    return Company(as_of, policy or Policy.model_validate({}), cut, missing, about, recorded, worker)
