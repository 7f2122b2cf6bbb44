"""What the mapping of a source has to name, and may name, of its canonical table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator

from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.policy import closest
from crmlib.vocabulary.schema import TABLES

if TYPE_CHECKING:
    from crmlib.border.company import Source

Filters = Annotated[
    dict[str, str], BeforeValidator(lambda given: {"filter": given} if isinstance(given, str) else given)
]
"""Conditions by name; one alone may stand without."""
NO_CURRENCY = "XXX"
"""ISO 4217 for no currency: a company that maps no money needs none."""


class CompanyError(CrmlibError):
    """A company file that cannot be used; one line that names file, key and what was expected."""


def check_money(path: Path, currency: str, table: str, source: Source) -> None:
    """Raise `CompanyError` where money is mapped and no currency is said."""
    money = next((c.name for c in TABLES[table].columns if c.kind == "money" and c.name in source.fields), "")
    if money and currency == NO_CURRENCY:
        raise CompanyError(
            f"{path}: currency: {table}.{money} is money; say in which currency, such as CNY, EUR or GBP"
        )


def check_names(path: Path, table: str, source: Source) -> None:
    """Fields, value maps and combine ways name columns of the canonical table, and the required ones are fed."""
    allowed = list(TABLES[table].names)
    for key in ("fields", "values", "combine"):
        for name in getattr(source, key):
            if name not in allowed:
                raise CompanyError(
                    f"{path}: {table}.{key}: unknown field {name!r}{closest(name, allowed)} (allowed here: {', '.join(allowed)})"
                )
    for name, given in source.values.items():
        if isinstance(given, list) and not TABLES[table][name].is_code:
            raise CompanyError(
                f"{path}: {table}.values.{name}: a list declares codes of a text; say which code each word stands for: "
                '{ "own word" = "code" }'
            )
    for column in TABLES[table].columns:
        if column.required and column.name not in source.fields and column.name != TABLES[table].made:
            raise CompanyError(
                f"{path}: {table}.fields: {column.name!r} is missing; say which column of {source.called!r} feeds it"
            )
    if source.repeat_columns and source.repeats_except:
        raise CompanyError(f"{path}: {table}: give repeat_columns or repeats_except, not both")
    if source.order_by and not source.group:
        raise CompanyError(f"{path}: {table}.order_by: only rows that are put together have an order; say group = true")
