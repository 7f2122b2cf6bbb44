"""The list of improvements as people work with it: their own words, the day of each stage, and what the review checked."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crmlib.border.identity.verdicts import rows_of
from crmlib.border.improvements import COLUMNS, LIST, WORDS
from crmlib.show.findings import quantity
from crmlib.vocabulary import language
from crmlib.vocabulary.cells import csv_text
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.labels import code_label, label
from crmlib.vocabulary.language import N_, _

BESIDE = ("figure", "stage", "at_start", "value", "low", "high", "verdict", "lacks")
"""What is told of a row and not read back."""
HELD = (
    Held(
        f"private/{LIST}",
        N_("what is changed to move a figure, who does it, and whether it helped"),
        N_("people write goal, change, owner, days and decision into it, and next month goes on from there"),
        "private",
        in_text=True,
    ),
)


def text(checked: pd.DataFrame, path: Path) -> str:
    """The list as CSV: the rows as the chapter checked them, with people's words of the list at `path`, and the rows of that list
    that the chapter did not tell of (long closed, or of no figure) as they stand there.
    """
    written = {row["number"]: row for row in rows_of(path)} if path.exists() else {}
    rows = {number: {name: row.get(name, "") for name in COLUMNS} for number, row in written.items()}
    for row in checked.to_dict("records"):
        told = {str(name): "" if pd.isna(value) else value for name, value in row.items()}
        told |= {name: str(told[name])[:10] for name in COLUMNS if name.endswith("_on")}
        own = {name: rows.get(told["number"], {}).get(name, "") for name in WORDS}
        own["goal"] = own["goal"] or ("" if told["number"] in rows else _goal(told))
        unit = str(told["unit"])
        told |= {
            name: quantity(float(told[name]), unit) for name in ("at_start", "value", "low", "high") if told[name] != ""
        }
        told |= {name: code_label(told[name]) for name in ("stage", "verdict") if told[name]}
        rows[told["number"]] = {**told, **own, "figure": label(told["kpi"], "kpi")}
    columns = (*COLUMNS, *BESIDE)
    return csv_text(columns, ([row.get(name, "") for name in columns] for row in rows.values()))


def _goal(row: dict[str, object]) -> str:
    """The goal of a row that the review proposes: a number and a day."""
    unit = str(row["unit"])
    return _("{figure} from {value} to {target} by {day}").format(
        figure=label(row["kpi"], "kpi"),
        value=quantity(float(str(row["value"])), unit),
        target=quantity(float(str(row["aim"])), unit),
        day=language.day(pd.Timestamp(str(row["due_on"])).date()),
    )
