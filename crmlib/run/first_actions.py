"""What heads the action list: in groups where it is published, customer by customer for the person who runs the review (D103).

The published groups are figures of chapter 5 (`measures.list_groups`), each resting on k customers; the first single customers
stand on a page under `private/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd

from crmlib.border.lists import FIRST_PAGE
from crmlib.run.rendering import render
from crmlib.run.worklists import Row, shown_row
from crmlib.show.findings import begun, quantity
from crmlib.vocabulary import language
from crmlib.vocabulary.held import Held
from crmlib.vocabulary.labels import SPLIT, code_label
from crmlib.vocabulary.language import N_

FIRST: Final = 10
"""Customers on the page for the person who runs the review."""
GROUPS: Final = 5
"""Groups on a published page."""
HELD = (
    Held(
        f"private/{FIRST_PAGE}",
        N_("the first customers of the list on a page"),
        N_("whoever runs the review sees whom to begin with"),
        "private",
    ),
)
_CUSTOMERS, _WORTH, _DUE = "group_customers", "group_worth", "group_due"


def groups(kpis: pd.DataFrame, as_of: date) -> list[dict[str, str]]:
    """The first groups of the list in words, in the order of the list: why, channel, customers, worth and due ("" where not
    known). Only what is fresh and published.
    """
    rows = kpis[(kpis["status"] == "fresh") & kpis["value"].notna()]
    figures = {(str(r["kpi"]), str(r["segment"])): float(r["value"]) for r in rows.to_dict("records")}
    told = []
    for segment in rows.loc[rows["kpi"] == _CUSTOMERS, "segment"].iloc[:GROUPS]:
        why, channel = (code_label(part) for part in str(segment).split(SPLIT))
        worth, due = (figures.get((kpi, segment)) for kpi in (_WORTH, _DUE))
        told.append(
            {
                "why": begun(why),
                "channel": channel,
                "customers": quantity(figures[_CUSTOMERS, segment], "count"),
                "worth": "" if worth is None else quantity(worth, "money"),
                "due": "" if due is None else language.day(as_of + timedelta(days=round(due))),
            }
        )
    return told


def files(rows: Sequence[Row], as_of: date, company: str) -> dict[str, str | bytes]:
    """The page of the first customers to act on, of rows as `worklists.Own.rows` gives them; none where there is nobody. A row
    bears its action's number, by which `crmlib forget` finds it whatever the company's own number looks like.
    """
    first = [_shown(row) for row in rows if row["arm"] == "act"][:FIRST]
    if not first:
        return {}
    page = render("first_actions.html.j2", company=company, month=language.month(as_of), rows=first, all=_all(rows))
    return {FIRST_PAGE: page}


def _all(rows: Sequence[Row]) -> str:
    return language.number(sum(row["arm"] == "act" for row in rows))


def _shown(row: Row) -> dict[str, Any]:
    shown = shown_row(row)
    worth, due = shown.get("worth"), shown.get("due_on")
    called = [str(shown[name]) for name in ("name", "phone") if shown.get(name)]
    return {
        **{
            name: str(shown.get(name) or "") for name in ("action_id", "customer_id", "why", "what", "channel", "owner")
        },
        "called": called,
        "rank": language.number(int(shown["rank"])),
        "due": language.day(date.fromisoformat(str(due))) if due else "",
        "worth": quantity(float(worth), "money") if isinstance(worth, (int, float)) else "",
    }
