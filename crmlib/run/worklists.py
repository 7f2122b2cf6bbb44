"""The lists that a team works with, in the company's own ids: whom to contact, with what, and whom to leave alone.

`proposals.csv` is what the review proposed, for machines and never to be edited; people work in `actions.csv` or `actions.xlsx`,
where customers held out stand apart, without rank, reason, script or day, so that nobody takes one for work.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from math import isfinite
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from crmlib.border.lists import IN_PLACE, PROPOSALS
from crmlib.run.workbooks import same_bytes
from crmlib.vocabulary import language
from crmlib.vocabulary.cells import csv_text, safe
from crmlib.vocabulary.codes import STATUSES
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.labels import code_label, label
from crmlib.vocabulary.language import N_, _
from crmlib.vocabulary.schema import TABLES

Row = Mapping[str, Any]

FILLED_IN = ("status", "done_at", "outcome")
"""What a person writes into a list."""
PROPOSALS_CSV = [
    *(name for name in TABLES["actions"].names if name not in (*FILLED_IN, "outcome_at")),
    "other_ids",
    "tier",
]
ACTIONS_CSV = [
    "rank", "customer_id", "name", "phone", "why", "what", "channel", "script", "case_id", "owner", "minutes", "value_at_stake",
    "worth", "worth_text", "offer_limit", "due_on", "tier", "again", "explore", "without", "other_ids", "status", "done_at",
    "outcome", "action_id",
]  # fmt: skip
CARRIED = ("name", "phone")
"""Columns that stand there only where `policy.contact.carry` says so."""
HEADINGS = {"worth": N_("Expected margin")}
"""Headings of columns that other tables call otherwise."""
TO_DO, LEAVE_ALONE = N_("To do"), N_("Hold out, leave alone")
WIDTHS = {
    "customer_id": 16, "name": 18, "phone": 16, "why": 44, "what": 44, "channel": 14, "script": 60, "owner": 14, "worth_text": 50,
    "due_on": 13, "again": 30, "without": 18, "other_ids": 18, "status": 14, "done_at": 13, "outcome": 36, "action_id": 16,
}  # fmt: skip
"""Widths of the workbook's columns, in letters; the others have 11."""
LONGEST_CHOICE = 250
"""Letters that a choice in a cell of Excel may have."""
_OWN = ("customer_id", "other_ids")


def heading(column: str) -> str:
    """What a column of the workbook is called, in the language in force."""
    text = _(HEADINGS[column]) if column in HEADINGS else label(column)
    return text[:1].upper() + text[1:]


HELD = (
    Held(
        f"private/{IN_PLACE[0]}",
        N_("whom to contact, why and until when, and what came of it"),
        N_("people act on it, and next month measures what it was worth"),
        "private",
        own=_OWN,
        text=("action_id",),
    ),
    Held(
        f"private/{IN_PLACE[1]}",
        N_("the same as a workbook, customers to leave alone in a sheet of their own"),
        N_("people act on it, and next month measures what it was worth"),
        "private",
        own=tuple(way for name in _OWN for way in language.everywhere(partial(heading, name))),
        text=language.everywhere(partial(heading, "action_id")),
    ),
    Held(
        f"private/{PROPOSALS}",
        N_("what was proposed and drawn, not to be edited"),
        N_("next month measures what it was worth"),
        "private",
        own=_OWN,
        text=("action_id",),
    ),
)


def own_ids(ids: pd.DataFrame) -> dict[tuple[str, str], str]:
    """The company's own id, the chosen one of several, by kind and pseudonym (`ids`: pseudonym, kind, id, chosen)."""
    chosen = ids.loc[ids["chosen"], ["pseudonym", "kind", "id"]]
    return {(str(kind), str(who)): str(own) for who, kind, own in chosen.itertuples(index=False)}


@dataclass(frozen=True)
class Own:
    """What stands for pseudonyms on the private side: `ids` has pseudonym, kind, id, chosen, and the system of a record where one
    is known; `carried` the personal columns that lists may carry, by pseudonym.
    """

    ids: pd.DataFrame
    carried: pd.DataFrame | None = None

    @property
    def systems(self) -> list[str]:
        """The source systems of customers' records, as far as they are recorded."""
        there = self.ids.loc[self.ids["kind"] == "customer", "system"].dropna() if "system" in self.ids else ()
        return sorted({str(system) for system in there if system})

    def rows(self, proposed: pd.DataFrame, proposed_on: str) -> list[dict[str, Any]]:
        """The proposed actions under the company's own ids, in order; a customer with several records goes by the chosen one,
        `other_ids` names the rest, `records` all of them with their system, `wecom` the contact's id there.
        """
        own = own_ids(self.ids)
        records: dict[str, list[tuple[str, str]]] = {}
        customers = self.ids[self.ids["kind"] == "customer"]
        systems = (
            customers["system"] if "system" in customers else pd.Series(None, index=customers.index, dtype="object")
        )
        for who, one, system in zip(customers["pseudonym"], customers["id"], systems, strict=True):
            records.setdefault(str(who), []).append((str(one), "" if pd.isna(system) else str(system)))
        personal = {} if self.carried is None else self.carried.set_index("pseudonym").to_dict("index")
        rows, rank = [], 0
        for row in proposed.to_dict("records"):
            plain = {str(k): "" if _nothing(v) else v for k, v in row.items()}
            who = str(plain["customer_id"])
            rank += plain["arm"] == "act"
            others = [one for one, _system in records.get(who, []) if one != own.get(("customer", who), who)]
            carried = {c: "" if _nothing(v) else v for c, v in personal.get(who, {}).items()}
            rows.append(
                {
                    **plain,
                    **carried,
                    "customer_id": own.get(("customer", who), who),
                    "other_ids": " | ".join(others),
                    "records": records.get(who, []),
                    "wecom": own.get(("wecom", who), ""),
                    "case_id": own.get(("ticket", str(plain.get("case_id", ""))), plain.get("case_id", "")),
                    "owner": own.get(("owner", str(plain.get("owner", ""))), plain.get("owner", "")),
                    "due_on": str(plain.get("due_on", ""))[:10],
                    "proposed_on": proposed_on,
                    "rank": rank if plain["arm"] == "act" else "",
                }
            )
        return rows


def files(rows: Sequence[Row], carry: Sequence[str] = ()) -> dict[str, str | bytes]:
    """The lists by their file name, of rows as `Own.rows` gives them; `carry` are the personal columns among them."""
    columns = columns_of(carry)
    shown = [shown_row(row) for row in rows if row["arm"] == "act"]
    apart = [apart_row(row) for row in rows if row["arm"] != "act"]
    return {
        PROPOSALS: csv_text(PROPOSALS_CSV, ([exact(row.get(c, "")) for c in PROPOSALS_CSV] for row in rows)),
        IN_PLACE[0]: csv_text(columns, ([_short(row.get(c, "")) for c in columns] for row in (*shown, *apart))),
        IN_PLACE[1]: _workbook(columns, shown, apart),
    }


def columns_of(carry: Sequence[str]) -> list[str]:
    """The columns of the list for people."""
    return [c for c in ACTIONS_CSV if c not in CARRIED or c in carry]


def shown_row(row: Row) -> dict[str, Any]:
    """A row to act on, its codes in words."""
    told = {name: row.get(f"{name}_text") or code_label(row.get(name, "")) for name in ("why", "what", "channel")}
    explore = _("drawn by lot, to learn") if row.get("explore") is True else ""
    tier = code_label(row["tier"]) if row.get("tier") else ""
    without = language.beside(label(name) for name in str(row.get("without") or "").split())
    return {**row, **told, "tier": tier, "explore": explore, "without": without}


def apart_row(row: Row) -> dict[str, Any]:
    """A row of a customer who is held out: who it is, and that there is nothing to do."""
    alone = _("Hold out: leave alone.")
    if row["arm"] == "lasting":
        alone = _("Hold out: leave alone, for a year.")
    kept = ("customer_id", "other_ids", "owner", "action_id")
    return {**{c: row.get(c, "") for c in kept}, "what": alone}


def exact(value: Any) -> str:
    """A cell as text: 12 significant digits of a number, nothing where there is none."""
    if isinstance(value, float):
        return repr(float(f"{value:.12g}")) if isfinite(value) else ""
    return "" if value is None else str(value)


def _short(value: Any) -> str:
    """The same with two digits after the point, for people."""
    return exact(round(value, 2) if isinstance(value, float) and isfinite(value) else value)


def _nothing(value: Any) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and not isfinite(value))


def _workbook(columns: Sequence[str], acting: Sequence[Row], apart: Sequence[Row]) -> bytes:
    book = Workbook()
    sheet: Any = book.active
    sheet.title = _(TO_DO)
    _sheet(sheet, columns, acting)
    said = ",".join(
        code_label(code) for code in STATUSES if code not in ("unread", "not_sent", "not_a_friend", "had_another")
    )
    if acting and len(said) < LONGEST_CHOICE:
        choice = DataValidation(type="list", formula1=f'"{said}"', allow_blank=True, showErrorMessage=False)
        place = get_column_letter(columns.index("status") + 1)
        choice.add(f"{place}2:{place}{len(acting) + 1}")
        sheet.add_data_validation(choice)
    _sheet(
        book.create_sheet(_(LEAVE_ALONE)), ("customer_id", "other_ids", "owner", "what", "outcome", "action_id"), apart
    )
    out = io.BytesIO()
    book.save(out)
    return same_bytes(out.getvalue())


def _sheet(sheet: Any, columns: Sequence[str], rows: Sequence[Row]) -> None:
    sheet.append([heading(c) for c in columns])
    for row in rows:
        sheet.append([_cell(c, row.get(c, "")) for c in columns])
    for i, column in enumerate(columns, 1):
        letter = get_column_letter(i)
        sheet.column_dimensions[letter].width = WIDTHS.get(column, 11)
        head = sheet.cell(1, i)
        head.font, head.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="1F4E55")
        head.alignment = Alignment(wrap_text=True, vertical="center")
        for n in range(2, len(rows) + 2):
            cell = sheet.cell(n, i)
            cell.alignment = Alignment(wrap_text=WIDTHS.get(column, 11) >= 30, vertical="top")
            if column in ("value_at_stake", "worth", "offer_limit"):
                cell.number_format = "#,##0"
            elif column in ("due_on", "done_at"):
                cell.number_format = "yyyy-mm-dd"
    sheet.freeze_panes = "C2"
    if rows:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"


def _cell(column: str, value: Any) -> Any:
    """A cell of the workbook: a number or a day as such, a text that computes nothing."""
    if column == "due_on" and value:
        return date.fromisoformat(str(value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return round(value, 2)
    text = ILLEGAL_CHARACTERS_RE.sub("", str(value))
    return safe(text) if text else None
