"""What a reader sees in place of a name: columns of results, codes in cells, tables, KPIs."""

from __future__ import annotations

from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.schema import CODES, TABLES

RESULTS = {
    "kpi": N_("Figure"),
    "period": N_("Month"),
    "segment": N_("Group"),
    "value": N_("Value"),
    "low": N_("From"),
    "high": N_("To"),
    "n": N_("n"),
    "unit": N_("Unit"),
    "table": N_("Table"),
    "column": N_("Column"),
    "rows": N_("Rows"),
    "customers": N_("Customers"),
    "orders": N_("Orders"),
    "tier": N_("Tier"),
    "high_value": N_("high-value"),
    "growth": N_("growth"),
    "potential": N_("potential"),
    "long_tail": N_("long tail"),
    "recency": N_("Recency"),
    "frequency": N_("Frequency"),
    "monetary_value": N_("Monetary value"),
    "T": N_("Age (T)"),
    "p_alive": N_("Probability of being active"),
    "why": N_("Why"),
    "what": N_("What"),
    "share": N_("Share"),
}
"""Labels of result columns and of codes that measures make (not the tables): one line each."""

_LABELS: dict[str, str] = {
    **{column.name: column.label for table in TABLES.values() for column in table.columns},
    **CODES,
    **{name: table.label for name, table in TABLES.items()},
    **{name: kpi.label for name, kpi in KPIS.items()},
    **RESULTS,
}


def label(name: object) -> str:
    """`name` as the reader calls it, in the language in force; an unknown name with its underscores as spaces."""
    text = str(name)
    known = _LABELS.get(text)
    return _(known) if known else text.replace("_", " ")
