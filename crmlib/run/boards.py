"""The win-back board as people work with it: one row per customer, a column for the day of each stage, under the company's
ids.
"""

from __future__ import annotations

import pandas as pd

from crmlib.border.board import BOARD
from crmlib.run.worklists import own_ids
from crmlib.vocabulary.cells import csv_text
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import N_
from crmlib.vocabulary.schema import TABLES
from crmlib.vocabulary.stages import DAY_OF

BESIDE = ("stage", "days_in_stage", "care_on")
"""What is told of a row and not read back."""
BOARD_CSV = [*TABLES["board"].names, *BESIDE]
HELD = (
    Held(
        f"private/{BOARD}",
        N_("how far winning back has come with each customer, stage by stage"),
        N_("people write the day, the cause and the plan of each stage into it, and next month goes on from there"),
        "private",
        own=("customer_id",),
    ),
)


def text(board: pd.DataFrame, ids: pd.DataFrame) -> str:
    """The board as CSV, of rows under pseudonyms, with the company's own ids looked up in `ids` (pseudonym, kind, id, chosen)."""
    own = own_ids(ids)
    rows = []
    for row in board.to_dict("records"):
        told = {str(name): "" if pd.isna(value) else value for name, value in row.items()}
        told |= {day: str(told.get(day, ""))[:10] for day in (*DAY_OF.values(), "care_on")}
        told |= {
            name: own.get((kind, str(told[name])), told[name])
            for name, kind in (("customer_id", "customer"), ("owner", "owner"))
        }
        days = told.get("days_in_stage", "")
        told |= {"stage": code_label(told["stage"]), "days_in_stage": "" if days == "" else int(days)}
        rows.append([told.get(name, "") for name in BOARD_CSV])
    return csv_text(BOARD_CSV, rows)
