"""The goals of interaction sheets, checked: a number to reach, a day to reach it by, and more than one of them (D091)."""

from __future__ import annotations

from typing import Final

import pandas as pd

from crmlib.facts.company import Company
from crmlib.vocabulary.goals import lacking
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import N_, listed, ngettext, number
from crmlib.vocabulary.language import _ as say

EXAMPLES: Final = (
    N_("Win back 40 of the customers who left this year, by the end of December."),
    N_("Serve our customers even better."),
)
"""Shown where policy holds no goals of the company's own."""


def checked(c: Company) -> pd.DataFrame:
    """One row per goal of `policy.contact.goals` (the examples without any): `goal`, `lacks` (in words; "" where it is whole)."""
    goals = c.policy.contact.goals or [say(text) for text in EXAMPLES]
    lacks = [listed([code_label(code) for code in lacking(goal)]) for goal in goals]
    return pd.DataFrame({"goal": goals, "lacks": lacks})


def note(c: Company, frame: pd.DataFrame) -> str:
    """What the check comes to, in the reader's language."""
    if not c.policy.contact.goals:
        return say("Two examples: write the goals of your own sheet into contact.goals of the policy.")
    whole = int((frame["lacks"] == "").sum())
    text = ngettext(
        "{n} of {all} goal has a number and a date.", "{n} of {all} goals have a number and a date.", len(frame)
    )
    alone = (
        say("One goal is few: what deepens what there is, and what attracts what might be?") if len(frame) == 1 else ""
    )
    return " ".join(filter(None, [text.format(n=number(whole), all=number(len(frame))), alone]))
