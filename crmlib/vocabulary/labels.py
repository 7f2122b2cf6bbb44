"""What a reader sees in place of a name. Each kind has labels of its own: a tier may be called `revenue`, as a column is.

Words of kind `own` are a company's. They are called as codes only where each word of their column is one, as the company writes
them otherwise: one that is spelled like a code by chance need not mean it, and a column is of one language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from crmlib.vocabulary.codes import CODES, OTHER, WORDS
from crmlib.vocabulary.columns import COLUMNS, Column
from crmlib.vocabulary.kpi import Kind
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.language import _
from crmlib.vocabulary.schema import TABLES

SPLIT: Final = " · "
"""Between the parts of a segment that has several, as in "email · high_value"."""
_OWN: Final = (
    "region", "city", "industry", "category", "product", "plan", "campaign", "campaign_type", "script", "cause", "reason",
    "ended_reason", "source_system",
)  # fmt: skip
"""Columns of the canonical tables whose words are the company's."""
_HEADINGS: dict[str, Column] = {
    **{name: Column(kpi.label, kpi.unit) for name, kpi in KPIS.items()},
    **{column.name: Column(column.label, column.unit) for table in TABLES.values() for column in table.columns},
    **{name: Column(next(t[name].label for t in TABLES.values() if name in t.names), of=("own",)) for name in _OWN},
    **COLUMNS,
}
"""Columns by name; one that holds the values of a KPI goes by the KPI's name."""

LABELS: Mapping[Kind, Mapping[str, str]] = {
    "code": {**CODES, **WORDS},
    "column": {name: column.label for name, column in _HEADINGS.items()},
    "table": {name: table.label for name, table in TABLES.items()},
    "kpi": {name: kpi.label for name, kpi in KPIS.items()},
    "own": {name: {**CODES, **WORDS}[name] for name in (OTHER, "unknown")},
}


def label(name: object, *kinds: Kind) -> str:
    """`name` as the reader calls it, in the language in force: of the first of `kinds` that has it, of a column without.

    A column may be named with its table ("orders.refunded"). An unknown name has its underscores as spaces; what is no name (a
    file, a company's own word for something) stays as it is.
    """
    text = str(name)
    known = next((LABELS[kind][text] for kind in kinds or ("column",) if text in LABELS[kind]), "")
    if known:
        return _(known)
    table, dot, column = text.partition(".")
    if dot and table in TABLES and column in TABLES[table].names:
        return _("{column} ({table})").format(column=_(TABLES[table][column].label), table=_(TABLES[table].label))
    return text.replace("_", " ") if text.isidentifier() else text


def called(name: object, own: Mapping[str, tuple[Kind, ...]], *kinds: Kind) -> list[tuple[str, bool]]:
    """The parts of a name as it is read, and whether each has a label; `own` is what `own_words` says of its column."""
    parts = str(name).split(SPLIT)
    of = [
        own.get(SPLIT.join(parts[:at]), kinds or ("column",)) if "own" in kinds else kinds for at in range(len(parts))
    ]
    return [(label(part, *kind), is_known(part, *kind)) for part, kind in zip(parts, of, strict=True)]


def own_words(names: Iterable[object], *kinds: Kind) -> dict[str, tuple[Kind, ...]]:
    """By what stands before a part of names of kind `own`, of which kind its words are: codes where all of them are."""
    beside: dict[str, set[str]] = {}
    for name in set(map(str, names)) if "own" in kinds else ():
        parts = name.split(SPLIT)
        for at, part in enumerate(parts):
            beside.setdefault(SPLIT.join(parts[:at]), set()).add(part)
    return {
        before: ("code",) if all(is_known(word, "code") for word in words) else ("own",)
        for before, words in beside.items()
    }


def code_label(code: object) -> str:
    """A code that stands in a cell, as the reader calls it."""
    return label(code, "code")


def is_known(name: object, *kinds: Kind) -> bool:
    """Whether a name has a label of one of these kinds; what has none is a company's own word, an id or a file."""
    return any(str(name) in LABELS[kind] for kind in kinds)


def kinds_in(column: object, kpi: object = "") -> tuple[Kind, ...]:
    """Of which kinds the words in a column's cells are; those of a `segment` are what its KPI is parted by."""
    if column == "segment" and kpi in KPIS:
        return KPIS[str(kpi)].by
    return _HEADINGS[str(column)].of if str(column) in _HEADINGS else ("code",)


def unit_of(column: object) -> str:
    """Unit of a column as it was declared, else the empty string."""
    return _HEADINGS[str(column)].unit if str(column) in _HEADINGS else ""
