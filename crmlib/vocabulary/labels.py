"""What a reader sees in place of a name: columns of results, codes in cells, tables, KPIs."""

from __future__ import annotations

from crmlib.vocabulary.codes import WORDS
from crmlib.vocabulary.columns import COLUMNS
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.language import _
from crmlib.vocabulary.schema import CODES, TABLES

_LABELS: dict[str, str] = {
    **{column.name: column.label for table in TABLES.values() for column in table.columns},
    **CODES,
    **{name: table.label for name, table in TABLES.items()},
    **{name: kpi.label for name, kpi in KPIS.items()},
    **COLUMNS,
    **WORDS,
}


def label(name: object) -> str:
    """`name` as the reader calls it, in the language in force; an unknown name with its underscores as spaces.

    What is no name (a file, a company's own word for something) stays as it is.
    """
    text = str(name)
    known = _LABELS.get(text)
    if known:
        return _(known)
    return text.replace("_", " ") if text.isidentifier() else text


def code_label(code: object) -> str:
    """A code that stands in a cell, as the reader calls it; where a column has the same name, the code comes first."""
    known = CODES.get(str(code))
    return _(known) if known else label(code)


def is_known(code: object) -> bool:
    """Whether a code has a label; what has none is a company's own word, an id or a file."""
    return str(code) in CODES or str(code) in _LABELS


_UNITS: dict[str, str] = {
    **{column.name: column.unit for table in TABLES.values() for column in table.columns if column.unit},
    **{name: kpi.unit for name, kpi in KPIS.items()},
}
_ENDINGS = {
    "share": "share",
    "rate": "share",
    "p_alive": "share",
    "p_alive_12m": "share",
    "amount": "money",
    "value": "money",
    "revenue": "money",
    "margin": "money",
    "cost": "money",
    "value_at_stake": "money",
    "days": "days",
    "hours": "hours",
    "months": "months",
    "customers": "count",
    "lost": "count",
    "unknown": "count",
    "observed": "count",
    "usual": "share",
    "on_time": "share",
    "incomplete": "share",
    "inaccurate": "share",
    "untimely": "share",
    "non_compliant": "share",
    "difference": "change",
}
"""Units by how a column's name ends, for columns that neither a table nor a KPI declares."""


def unit_of(column: object) -> str:
    """Unit of a column: as a table or a KPI declares it, else by the ending of its name, else the empty string."""
    name = str(column)
    if name in _UNITS:
        return _UNITS[name]
    return next((unit for ending, unit in _ENDINGS.items() if name == ending or name.endswith("_" + ending)), "")
