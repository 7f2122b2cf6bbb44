"""The list of who left although satisfied, under the company's own ids, for people who may ask them why."""

from __future__ import annotations

import pandas as pd

from crmlib.run.worklists import own_ids
from crmlib.vocabulary.cells import csv_text
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.language import N_

LEAVERS = "satisfied_leavers.csv"
COLUMNS = ["customer_id", "last_order_on", "answered_on", "instrument", "score"]
HELD = (
    Held(
        f"private/{LEAVERS}",
        N_("who left although satisfied"),
        N_("people ask them why they left"),
        "private",
        own=("customer_id",),
    ),
)


def text(named: pd.DataFrame, ids: pd.DataFrame) -> str:
    """The rows of `satisfied_leavers.named` as CSV, with the company's own ids looked up in `ids`."""
    own = own_ids(ids)
    rows = [
        [own.get(("customer", str(who)), str(who)), str(last)[:10], str(said)[:10], instrument, f"{score:g}"]
        for who, last, said, instrument, score in named[
            ["customer_id", "last_day", "answered_on", "instrument", "score"]
        ].itertuples(index=False)
    ]
    return csv_text(COLUMNS, rows)
