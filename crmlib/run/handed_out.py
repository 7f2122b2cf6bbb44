"""All that a review hands out to people who act: lists, their first on a page, tasks, a pack for WeCom, calendars, reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pandas as pd

from crmlib.facts import contacts
from crmlib.facts.company import Company
from crmlib.facts.expressions import _ as column
from crmlib.run import calendars, first_actions, reports, tasks, wecom, worklists
from crmlib.run.worklists import Own
from crmlib.vocabulary import language
from crmlib.vocabulary.language import ngettext
from crmlib.vocabulary.policy import Policy

HELD = (*worklists.HELD, *first_actions.HELD, *tasks.HELD, *wecom.HELD, *calendars.HELD, *reports.HELD)
REVIEW = "review_due"


def files(
    proposed: pd.DataFrame,
    own: Own,
    as_of: date,
    policy: Policy,
    *,
    company: str = "",
    zone: str = "UTC",
    opened: Callable[[], Company] | None = None,
    before: Path | None = None,
) -> tuple[dict[str, str | bytes], list[str]]:
    """The files by their name under `private`, in the language in force, and what there is to say of them.

    `proposed` are the actions as a chapter proposed them, under pseudonyms, in order; `opened` gives the company as known on the
    day, and `before` is the folder `private` of the month before.
    """
    rows = own.rows(proposed, as_of.isoformat())
    made, notes = tasks.files(rows, {str(crm): named for crm, named in policy.contact.systems.items()}, own.systems)
    acting = proposed[proposed["arm"] == "act"]
    sent: dict[str, list[date]] = {}
    once = cache(opened) if opened else None
    if once and len(acting) and (acting["channel"] == wecom.CHANNEL).any():
        sent = _sent(once(), dict(zip(proposed["customer_id"], (str(r["customer_id"]) for r in rows), strict=True)))
    pack, said = wecom.files(rows, as_of, zone, policy, sent=sent, before=before / "wecom" if before else None)
    made |= {
        **worklists.files(rows, policy.contact.carry),
        **pack,
        **first_actions.files(rows, as_of, company),
        **calendars.files(rows, as_of, company, zone, policy),
    }
    if once and len(acting) and (acting["why"] == REVIEW).any():
        c = once()
        alone = frozenset(proposed.loc[proposed["arm"] != "act", "customer_id"])
        made |= reports.files(c, reports.due(c, alone), own, company)
    return made, [*_unowned(rows), *notes, *said]


def _unowned(rows: Sequence[worklists.Row]) -> list[str]:
    acting = [row for row in rows if row["arm"] == "act"]
    n = sum(not row["owner"] for row in acting)
    text = ngettext(
        "{n} of {all} actions is on a customer whom nobody looks after: give it to somebody.",
        "{n} of {all} actions are on customers whom nobody looks after: give them to somebody.",
        n,
    )
    return [text.format(n=language.number(n), all=language.number(len(acting)))] if n else []


def _sent(c: Company, called: dict[str, str]) -> dict[str, list[date]]:
    """The days on which customers had a message from us over WeCom within the last month, by their own id."""
    recent = contacts.ours(c).filter(column.channel == wecom.CHANNEL, column.day > c.as_of - timedelta(days=31))
    found: dict[str, list[date]] = {}
    for who, day in (
        recent.select("customer_id", "day").order_by("day", "customer_id").to_pandas().itertuples(index=False)
    ):
        if who in called:
            found.setdefault(called[who], []).append(pd.Timestamp(day).date())
    return found
