"""All that a review hands out to people who act, made of the proposed actions: lists, tasks for a CRM."""

from __future__ import annotations

from datetime import date

import pandas as pd

from crmlib.border.company import Description
from crmlib.run import tasks, worklists
from crmlib.run.worklists import Own
from crmlib.vocabulary.policy import Policy

HELD = (*worklists.HELD, *tasks.HELD)


def files(
    proposed: pd.DataFrame, own: Own, as_of: date, company: Description | None, policy: Policy
) -> tuple[dict[str, str | bytes], list[str]]:
    """The files by their name under `private`, in the language in force, and what there is to say of them.

    `proposed` are the actions as a chapter proposed them, under pseudonyms, in order.
    """
    rows = own.rows(proposed, as_of.isoformat())
    made, notes = tasks.files(rows, {str(crm): named for crm, named in policy.contact.systems.items()})
    return {**worklists.files(rows, policy.contact.carry), **made}, notes
