"""The capstone's list of ten, held against what the review proposes: nobody who is left alone by lot, nobody without consent."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Final

import pandas as pd

from crmlib.run.capstone_checks import Truth, Work
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import LANGUAGES, _, number, using
from crmlib.vocabulary.months import last_day

TEN: Final = 10
FILE: Final = "list_of_ten.csv"
FIELDS: Final = ("customer_id", "why", "channel", "due_on")
CHANNELS: Final = ("phone", "wechat", "wecom", "email", "sms", "app", "face_to_face", "letter", "social", "club")


def faults_of_list(work: Work, truth: Truth) -> list[str]:
    """What is wrong with the list, a line each."""
    text = work.text(FILE)
    rows = list(csv.DictReader(io.StringIO(text or "")))
    if not rows:
        return [_("{file} names nobody yet.").format(file=FILE)]
    if missing := [name for name in FIELDS if name not in rows[0]]:
        return [_("{file}: no column {column}.").format(file=FILE, column=missing[0])]
    proposed: dict[str, list[dict[str, str]]] = {}
    for row in work.proposals():
        proposed.setdefault(row["customer_id"], []).append(row)
    if not proposed:
        return [_("The review proposes nobody; without its list there is none to choose from.")]
    faults = [] if len(rows) == TEN else [_("{n} rows; ten are asked for.").format(n=number(len(rows)))]
    seen: set[str] = set()
    consents = truth.consents()
    for n, row in enumerate(rows, 1):
        who = (row["customer_id"] or "").strip()
        if fault := _fault(row, who, proposed.get(who, []), who in seen, consents, truth.month):
            faults.append(_("Row {n}: {fault}").format(n=number(n), fault=fault))
        seen.add(who)
    return faults


def _fault(
    row: dict[str, str], who: str, proposed: list[dict[str, str]], again: bool, consents: pd.DataFrame, month: str
) -> str:
    """What is wrong with a row; empty where nothing is."""
    if again:
        return _("this customer stands here twice.")
    if not proposed:
        return _("the review proposes nothing for this customer.")
    if all(p["arm"] != "act" for p in proposed):
        return _(
            "this customer was drawn into the comparison group; once somebody contacts them, nobody knows what that is worth."
        )
    channel = code_of(row["channel"] or "")
    if not channel:
        return _("the channel is none that there is.")
    if channel not in {p["channel"] for p in proposed if p["arm"] == "act"} and not _allowed(
        consents, who, channel, month
    ):
        return _("there is no consent to this channel that still holds.")
    if not (row["why"] or "").strip():
        return _("it does not say why.")
    try:
        due = date.fromisoformat((row["due_on"] or "").strip()[:10])
    except ValueError:
        return _("it does not say until when (YYYY-MM-DD).")
    return "" if due > last_day(month) else _("it was due before the month was over.")


def code_of(text: str) -> str:
    """The code of a channel, written as its code or as its name in any language; empty where it is none."""
    said = text.strip().casefold()
    for language in LANGUAGES:
        with using(language):
            for code in CHANNELS:
                if said in (code, code_label(code).casefold()):
                    return code
    return ""


def _allowed(consents: pd.DataFrame, who: str, channel: str, month: str) -> bool:
    """Whether a customer has a consent to a channel that was not withdrawn by the month's end."""
    own = consents[(consents["Customer no"] == who) & (consents["Channel"] == channel)]
    open_still = (own["Withdrawn on"] == "") | (own["Withdrawn on"] > last_day(month).isoformat())
    return bool(open_still.any())
