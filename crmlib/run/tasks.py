"""The same actions as tasks for Zoho CRM and 纷享销客 (Fxiaoke): that system's own records alone, in the review's language.

Known of Zoho CRM: the help says that a file's first row holds field names, which are then mapped by hand, that dates are
MM/dd/yyyy unless set otherwise, and that cells must not hold " | < >. Known of Fxiaoke: no more than the usual labels of a
task; its import wants the template of one's own tenant, so copy these columns over. Neither was tried against an account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from crmlib.run.worklists import Row, shown_row
from crmlib.vocabulary import language
from crmlib.vocabulary.cells import csv_text
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.language import N_, _, ngettext
from crmlib.vocabulary.reasons_to_act import OWED


@dataclass(frozen=True)
class Crm:
    """A CRM that tasks are made for: its name, its file, the headings of the columns, and by what its records are told."""

    name: str
    file: str
    headings: Mapping[str, str]
    hints: tuple[str, ...]
    us_dates: bool = False
    forbidden: str = ""


_SHARED = {
    "owner": N_("Task Owner"),
    "status": N_("Task Status"),
    "priority": N_("Task Priority"),
    "channel": N_("Channel"),
    "reason": N_("Reason"),
    "value": N_("Value at stake"),
    "worth": N_("Expected margin"),
    "description": N_("Description"),
}
SYSTEMS = {
    "zoho_crm": Crm(
        N_("Zoho CRM"),
        "zoho_crm_tasks.csv",
        {"subject": N_("Subject"), "due": N_("Due Date"), "customer": N_("Related To"), **_SHARED},
        ("zoho",),
        us_dates=True,
        forbidden='["|<>]',
    ),
    "fxiaoke": Crm(
        N_("Fxiaoke"),
        "fxiaoke_tasks.csv",
        {"subject": N_("Subject"), "due": N_("Due Date"), "customer": N_("Customer number"), **_SHARED},
        ("fxiaoke", "纷享"),
    ),
}
HELD = tuple(
    Held(
        f"private/{crm.file}",
        N_("the same actions, to be imported into a CRM"),
        N_("they are done where people work"),
        "private",
        own=language.everywhere(partial(_, crm.headings["customer"])),
        text=language.everywhere(partial(_, "Description")),
    )
    for crm in SYSTEMS.values()
)


def files(
    rows: Sequence[Row], named: Mapping[str, str], systems: Sequence[str]
) -> tuple[dict[str, str | bytes], list[str]]:
    """The task files of the rows to act on, by file name, and what there is to say of customers who have no record there.

    `named` says which of the company's `systems` a CRM is. A CRM that none of them is gets no file.
    """
    acting = [row for row in rows if row["arm"] == "act"]
    made: dict[str, str | bytes] = {}
    notes, unknown = [], []
    for code, crm in SYSTEMS.items():
        system = _system(crm, named.get(code, ""), systems)
        if system is None:
            unknown.append(_(crm.name))
            continue
        tasks = [(row, _record(row, system)) for row in acting]
        there = [_task(crm, row, record) for row, record in tasks if record]
        made[crm.file] = csv_text([_(h) for h in crm.headings.values()], there)
        if left := len(acting) - len(there):
            others = sorted({s for row, record in tasks if not record for _one, s in row["records"] if s})
            notes.append(
                ngettext(
                    "{crm}: {n} action is on a customer without a record there (but in {systems}); see actions.csv.",
                    "{crm}: {n} actions are on customers without a record there (but in {systems}); see actions.csv.",
                    left,
                ).format(crm=_(crm.name), n=language.number(left), systems=language.listed(others or ["–"]))
            )
    if unknown and acting:
        notes.append(
            _(
                "No task file for {crms}: none of your systems ({systems}) is named as theirs; see contact.systems in policy."
            ).format(crms=language.listed(unknown), systems=language.beside(systems))
        )
    return made, notes


def _system(crm: Crm, named: str, systems: Sequence[str]) -> str | None:
    """Which of the company's systems the CRM is: "" where records of only one, without a name, are there; None for none."""
    if named:
        return named if named in systems else None
    told = [s for s in systems if any(hint in s.casefold() for hint in crm.hints)]
    return told[0] if len(told) == 1 else None if systems else ""


def _record(row: Row, system: str) -> str:
    """The number of the customer's record in that system; empty where there is none."""
    if not system:
        return str(row["customer_id"])
    own = [one for one, of in row["records"] if of == system]
    return str(row["customer_id"]) if row["customer_id"] in own else next(iter(own), "")


def _task(crm: Crm, row: Row, record: str) -> list[str]:
    urgent = row.get("tier") == "high_value" or row.get("why") in OWED
    row = shown_row(row)
    year, month, day = str(row["due_on"]).split("-") if row["due_on"] else ("", "", "")
    due = f"{month}/{day}/{year}" if crm.us_dates and year else str(row["due_on"])
    value, worth = (_money(row.get(c, "")) for c in ("value_at_stake", "worth"))
    cells = {
        "subject": row["what"],
        "due": due,
        "customer": record,
        "owner": row["owner"],
        "status": _("Not Started"),
        "priority": _("High") if urgent else _("Normal"),
        "channel": row["channel"],
        "reason": row["why"],
        "value": value,
        "worth": worth,
        "description": _described(row, value, worth),
    }
    told = [str(cells[name]) for name in crm.headings]
    return [re.sub(crm.forbidden, " ", cell) for cell in told] if crm.forbidden else told


def _money(value: Any) -> str:
    return language.money(float(value)) if isinstance(value, (int, float)) else ""


def _described(row: Row, value: str, worth: str) -> str:
    """All that whoever does it needs, in one cell, with the action's own number: why, over which channel, what it is worth."""
    parts = [row["why"], row["channel"], str(row.get("case_id") or "")]
    parts.append(_("at stake {value}").format(value=value) if value else "")
    parts.append(_("expected margin {value}").format(value=worth) if worth else "")
    parts.append(str(row.get("script") or ""))
    return f"{' · '.join(part for part in parts if part)} [{row['action_id']}]"
