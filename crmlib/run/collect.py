"""What the executed notebooks have to say: findings become `kpis.csv`, proposed actions what `worklists` is made of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from crmlib.facts.findings import FINDING
from crmlib.run.folding import folded
from crmlib.run.worklists import exact
from crmlib.show.findings import (
    ACTIONS_MIME,
    BOARD_MIME,
    FINDINGS_MIME,
    IMPROVEMENTS_MIME,
    MOVES_MIME,
    WHOLE_MIME,
    read_payload,
)
from crmlib.vocabulary.cells import csv_text, written
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.language import N_

KPIS_CSV = ["chapter", *FINDING, "status"]
HELD = (
    Held("kpis.csv", N_("the figures"), N_("what the review says, to compare months"), "published"),
    Held("kpis.xlsx", N_("the figures as a workbook"), N_("what the review says, to work on"), "published"),
    Held("private/kpis.csv", N_("the figures as they were counted"), N_("to see what is withheld"), "private"),
)


def no_figures() -> pd.DataFrame:
    """`kpis.csv` without rows."""
    return pd.DataFrame(columns=KPIS_CSV)


def findings(notebook: Any, chapter: str, *, whole: bool = False) -> pd.DataFrame:
    """Rows of `KPIS_CSV`, in order of appearance; a figure shown twice counts once. Status `withheld` marks what is not published
    as it rests on too few customers; `whole` gives the figures as they were counted.
    """
    mimes = (WHOLE_MIME, FINDINGS_MIME) if whole else (FINDINGS_MIME,)
    frames = [read_payload(rows) for rows in _carried(notebook, *mimes)]
    frames = [f for f in frames if len(f)]
    if not frames:
        return no_figures()
    rows = pd.concat(frames, ignore_index=True).drop_duplicates(["kpi", "period", "segment"], keep="first")
    why = rows["withheld"].fillna("") if "withheld" in rows else [""] * len(rows)
    status = ["withheld" if reason else "fresh" for reason in why]
    return rows.assign(chapter=chapter, status=status)[KPIS_CSV].reset_index(drop=True)


def actions(notebook: Any) -> pd.DataFrame | None:
    """The proposed actions under pseudonyms, by priority; None where the chapter proposed none at all."""
    carried = list(_carried(notebook, ACTIONS_MIME))
    if not carried:
        return None
    frame = pd.DataFrame([row for rows in carried for row in rows])
    if not len(frame):
        return frame
    return frame.drop_duplicates("action_id").sort_values(["priority", "action_id"], ignore_index=True)


def board(notebook: Any) -> pd.DataFrame | None:
    """The win-back board under pseudonyms; None where the chapter carries none."""
    carried = list(_carried(notebook, BOARD_MIME))
    return pd.DataFrame([row for rows in carried for row in rows]) if carried else None


def improvements(notebook: Any) -> pd.DataFrame | None:
    """The rows of the list of improvements; None where the chapter carries none."""
    carried = list(_carried(notebook, IMPROVEMENTS_MIME))
    return pd.DataFrame([row for rows in carried for row in rows]) if carried else None


def moves(notebook: Any) -> dict[str, str]:
    """The verdict on each figure's change since last month, by its name, as far as the chapter compares any."""
    return {row["kpi"]: row["verdict"] for rows in _carried(notebook, MOVES_MIME) for row in rows}


def _carried(notebook: Any, *mimes: str) -> Iterable[list[dict[str, Any]]]:
    """What each output carries under the first of the types that it has."""
    elsewhere = folded(notebook).elsewhere
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()) if i not in elsewhere else ():
            if mime := next((m for m in mimes if m in output.get("data", {})), ""):
                yield output.data[mime]


def stale(earlier: pd.DataFrame, chapter: str) -> pd.DataFrame:
    """An earlier review's figures of a chapter, marked as such; without those that it withheld."""
    return earlier[(earlier["chapter"] == chapter) & (earlier["status"] != "withheld")].assign(status="stale")


def read_kpis(review: Path) -> pd.DataFrame:
    """`kpis.csv` of a review; without rows where there is none."""
    path = review / "kpis.csv"
    if not path.exists():
        return no_figures()
    text = {"chapter": "str", "kpi": "str", "period": "str", "segment": "str", "unit": "str", "status": "str"}
    numbers = {c: [""] for c in ("value", "low", "high", "n", "customers")}
    # A review of an earlier version may lack a column.
    read = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=numbers)
    return read.assign(**{c: read[c].map(written) for c in text if c in read}).reindex(columns=KPIS_CSV)


def kpis_csv(rows: pd.DataFrame) -> str:
    """The same text for the same figures: 12 significant digits, nothing where there is no number, LF."""
    return csv_text(KPIS_CSV, ([exact(row[c]) for c in KPIS_CSV] for row in rows.to_dict("records")))
