"""The capstone's mapping, held against the truth by what it makes of the files: a column's values, not the words that map it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Final

import pandas as pd

from crmlib.run.capstone_checks import Truth, Work
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import N_, _, number, percent

ALIKE: Final = 0.98
"""Share of a column's values that must be those of the truth, whatever their order."""
COLUMNS: Final = {
    "customers": ("name_status", "phone_status", "email_status"),
    "orders": ("customer_id", "ordered_at", "amount", "margin", "refunded", "channel"),
    "tickets": ("opened_at", "first_response_at", "resolved_at", "severity"),
    "interactions": ("at", "direction", "purpose", "responded_at"),
    "consents": ("channel", "purpose", "granted_at", "withdrawn_at"),
}
"""What the review cannot do without, by table."""
ASKS: Final = {
    "ordered_at": N_("Look at how days are written at the beginning of each file and at its end."),
    "amount": N_("Look at the amounts file by file: is the unit the same?"),
    "margin": N_(
        "Lay what stands there beside the amount of the same row: what is nearly always there, and what hardly ever?"
    ),
    "refunded": N_(
        "Lay what stands there beside the amount of the same row: what is nearly always there, and what hardly ever?"
    ),
    "channel": N_("Which words of yours have no code yet?"),
    "severity": N_("Which words of yours have no code yet?"),
    "customer_id": N_("Whose number is it, and do the customers have the same one?"),
    "withdrawn_at": N_("Whoever has withdrawn consent must be seen to have done so."),
}
OPEN: Final = N_("Open the file and look at the column beside its neighbours.")
FORMULAS, REMARKS = "Days open", "Remark"
"""The columns of the folder that nothing may be fed from."""


def faults_of_mapping(work: Work, truth: Truth) -> list[str]:
    """What is wrong with the mapping, a line each."""
    if work.company is None:
        return [work.refused]
    faults = [*_currency(work, truth), *_texts(work)]
    tables = work.tables()
    if tables is None:
        return [*faults, _("No review has frozen tables with it yet; crmlib check says what would become of each row.")]
    for table, columns in COLUMNS.items():
        faults += _table(tables, truth.tables, table, columns)
    return faults


def _currency(work: Work, truth: Truth) -> list[str]:
    assert work.company is not None
    if work.company.currency == truth.company.currency:
        return []
    text = _("company.toml, currency: {given} is what a heading says. Who would know, and what do they say?")
    return [text.format(given=work.company.currency)]


def _texts(work: Work) -> list[str]:
    """Columns that must feed nothing: remarks with telephone numbers in them, formulas that nobody computed."""
    assert work.company is not None
    says = {
        FORMULAS: _("{table}, {column}: what feeds it are formulas that nobody has computed; leave it out."),
        REMARKS: _(
            "{table}, {column}: look for telephone numbers in what feeds it. "
            "What is written freely carries what nobody asked for."
        ),
    }
    return [
        says[column.strip('"')].format(table=label(table, "table"), column=field)
        for table in COLUMNS
        for source in work.company.sources(table)
        for field, column in source.fields.items()
        if column.strip('"') in says
    ]


def _table(given: Path, right: Path, table: str, columns: tuple[str, ...]) -> list[str]:
    """The columns of a table whose values are others than the truth's."""
    name = label(table, "table")
    if not (given / f"{table}.parquet").exists():
        return [_("{table}: nothing is mapped to it, and a file has it.").format(table=name)]
    mine, true = (pd.read_parquet(folder / f"{table}.parquet") for folder in (given, right))
    if abs(len(mine) - len(true)) > (1 - ALIKE) * len(true):
        text = _(
            "{table}: {n} rows, where the files have about {share} of that; look at what is filtered, repeated or turned away."
        )
        return [text.format(table=name, n=number(len(mine)), share=percent(len(true) / max(1, len(mine)), 0))]
    faults = []
    for column in columns:
        share = alike(mine, true, column)
        if share < ALIKE:
            text = _("{table}, {column}: {share} of the values are what the files say. {asks}")
            asks = _(ASKS.get(column, OPEN))
            faults.append(text.format(table=name, column=label(column), share=percent(share, 0), asks=asks))
    return faults


def alike(mine: pd.DataFrame, true: pd.DataFrame, column: str) -> float:
    """The share of a column's values that two tables have in common, in any order; of ids how many times each stands there."""
    counts = [_counted(frame, column) for frame in (mine, true)]
    return sum((counts[0] & counts[1]).values()) / max(1, len(true))


def _counted(frame: pd.DataFrame, column: str) -> Counter[Any]:
    values = frame[column] if column in frame else pd.Series([None] * len(frame))
    if column.endswith("_id"):
        values = values.map(values.value_counts())
    elif pd.api.types.is_datetime64_any_dtype(values):
        values = values.dt.strftime("%Y-%m-%d")
    elif values.dtype == object and len(values.dropna()) and not isinstance(values.dropna().iloc[0], str):
        values = values.map(lambda v: None if v is None else str(v))
    if pd.api.types.is_float_dtype(values):
        values = values.round(2)
    return Counter("" if pd.isna(v) else v for v in values)
