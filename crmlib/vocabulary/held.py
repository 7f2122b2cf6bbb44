"""Where something of a customer is held: one list, walked by `crmlib export`, `crmlib forget` and `crmlib audit`.

The frozen tables stand here, made of the schema's columns; every other file of a review is declared where it is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from crmlib.vocabulary.language import N_
from crmlib.vocabulary.schema import TABLES
from crmlib.vocabulary.tables import Table

Reader = Literal["published", "kept", "private", "yours"]
READERS: dict[Reader, str] = {
    "published": N_("whoever is shown the review"),
    "kept": N_("whoever has the review's folder; it is not shown on any page"),
    "private": N_("whoever runs the review; never published"),
    "yours": N_("whoever may read the company's own files; crmlib does not touch them"),
}


@dataclass(frozen=True)
class Held:
    """A kind of file in a month's folder, by its pattern: what stands there, what for, and who may see it.

    Of a table: `names` are columns with the pseudonym of a customer, `own` those with the company's own id of one (or several,
    parted by " | "), `rows` those with pseudonyms of orders, cases and the like, `text` those with an action's number. Where
    all are empty, pseudonyms may stand in the text (`in_text`), or nobody is named. A page that is one customer's as a `whole`
    says whose in `data-customer`.
    """

    path: str
    says: str
    why: str
    seen_by: Reader
    names: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    in_text: bool = False
    whole: bool = False
    table: Table | None = field(default=None, repr=False)


def _frozen(table: Table) -> Held:
    return Held(
        f"tables/{table.name}.parquet",
        table.label,
        table.tells,
        "kept",
        names=tuple(c.name for c in table.columns if c.of == "customer"),
        rows=tuple(c.name for c in table.columns if c.of not in ("", "customer", "owner")),
        table=table,
    )


FROZEN = tuple(_frozen(table) for table in TABLES.values())
"""The frozen tables, under pseudonyms, personal columns as their status."""
COPY = Held(
    "*",
    N_("files that somebody put among the reviews"),
    N_("not known: no review writes them"),
    "kept",
    names=("*",),
    in_text=True,
)
"""Whatever lies among the reviews and no review wrote: copies, archives, notes."""
