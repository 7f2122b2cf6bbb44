"""What a canonical table and a column of it are: grain, key, kinds, units, and when their values were known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import ibis.expr.datatypes as dt

from crmlib.vocabulary.kpi import Unit

Kind = Literal["id", "text", "enum", "date", "timestamp", "money", "number", "integer", "flag"]

TYPES: dict[Kind, dt.DataType] = {
    "id": dt.string,
    "text": dt.string,
    "enum": dt.string,
    "date": dt.date,
    "timestamp": dt.Timestamp(scale=6),
    "money": dt.Decimal(18, 4),
    "number": dt.float64,
    "integer": dt.int64,
    "flag": dt.boolean,
}
"""Engine type of each kind of column. Timestamps are plain local times of the company's time zone; money is decimal."""

MOST: dict[Kind, float] = {"money": 1e13, "number": 1e13, "integer": 1e9}
"""Most that a number may be, either side of nought: in any currency more than an order brings, and sums of millions of such
numbers, and their squares, are still exact enough for every measure."""


@dataclass(frozen=True)
class Column:
    """One column: `of` names whose id it is (ids are frozen as pseudonyms), `personal` values never leave the border.

    `values` are all that an enum may hold, `codes` those of a text that are read however they are written; a text whose cells
    may be numbers has `figures`. A row without a `required` value is not used; where a value is `essential` this holds only if
    the company maps the column.
    """

    name: str
    kind: Kind
    label: str
    says: str
    required: bool = False
    unit: Unit | Literal[""] = ""
    values: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    figures: bool = False
    of: str = ""
    personal: bool = False
    essential: bool = False

    @property
    def is_code(self) -> bool:
        """Whether its cells hold words of the company's own, of which only codes are frozen (`border.privacy.codes`): every text
        but a personal one.
        """
        return self.kind == "text" and not self.personal

    @property
    def frozen_name(self) -> str:
        """Name in the frozen table: a personal column leaves only whether it was there and valid, as `<name>_status`.

        A status is missing, invalid or valid; null where the company maps no such column.
        """
        return f"{self.name}_status" if self.personal else self.name

    @property
    def frozen_type(self) -> dt.DataType:
        """Engine type in the frozen table."""
        return dt.string if self.personal else TYPES[self.kind]

    @property
    def not_yet(self) -> int | bool | None:
        """What is true of a value before the day it came: no money, no flag; of all else, a verdict too, nothing is known."""
        return None if self.name == "met" else {"money": 0, "flag": False}.get(self.kind)


@dataclass(frozen=True)
class Table:
    """One canonical table. `dated`: values that may be filled in or changed after the row, to the column that says
    when; "" for none.
    Where several columns say so for one value, the last of them that is there decides.

    `made`: the number of a row that the border makes where the company has none; `of_order`: columns that are taken from the
    order of the same number where they are not mapped.
    """

    name: str
    label: str
    grain: str
    tells: str
    key: tuple[str, ...]
    time: str
    columns: tuple[Column, ...]
    later: tuple[str, ...] = ()
    dated: tuple[tuple[str, str], ...] = ()
    made: str = ""
    of_order: tuple[str, ...] = ()

    def __getitem__(self, column: str) -> Column:
        """The column of that name; raises `KeyError`."""
        for candidate in self.columns:
            if candidate.name == column:
                return candidate
        raise KeyError(column)

    def since(self, column: Column) -> tuple[str, ...]:
        """The columns that say from when a value was known where that may be after the row; none for most.

        That nothing was paid back yet, and no case reopened, is known from the first.
        """
        if column.name in self.later:
            return (column.name,)
        return self.dating(column.name) if column.not_yet is None else ()

    def dating(self, column: str) -> tuple[str, ...]:
        """The columns that say when a value came, each of them enough; none where no column does."""
        return tuple(by for name, by in self.dated if name == column and by)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names as a mapping uses them, in order."""
        return tuple(c.name for c in self.columns)

    @property
    def frozen(self) -> dict[str, dt.DataType]:
        """Column names and engine types of the frozen table, in order."""
        return {c.frozen_name: c.frozen_type for c in self.columns}
