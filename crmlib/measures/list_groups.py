"""The action list in groups of one reason and one channel: how many, what acting is worth, and by when (D103).

What stands at the head of the list is single customers; a group of them is what may be published.
"""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from crmlib.facts import reachability
from crmlib.facts.company import Company
from crmlib.facts.findings import finding, findings
from crmlib.vocabulary.labels import SPLIT
from crmlib.vocabulary.reasons_to_act import OWED, USES

TO_CHOOSE: Final = "to_choose"
"""In place of a channel, where none is known to reach the customer."""
STATED: Final = ("group_customers", "group_worth", "group_due")


def summary(c: Company, rows: pd.DataFrame) -> pd.DataFrame:
    """Findings of the rows to act on (`actions.propose`), by reason and channel: `group_customers`, `group_worth` (money) and
    `group_due`, days from the company's day to the one by which `privacy.k` of them are due, so that it is no single
    customer's. Answers owed come first, then what is worth most.
    """
    acting = rows[rows["arm"] == "act"]
    groups = [
        (str(why), str(channel or TO_CHOOSE), part)
        for (why, channel), part in acting.groupby(["why", "channel"], dropna=False)
    ]
    groups.sort(key=lambda group: (group[0] not in OWED, -group[2]["worth"].sum(), -len(group[2]), *group[:2]))
    return findings(c, [row for group in groups for row in _told(c, *group)], of=STATED)


def _told(c: Company, why: str, channel: str, part: pd.DataFrame) -> list[dict[str, Any]]:
    segment = f"{why}{SPLIT}{channel}"
    uses = (*reachability.read_from(c), *reachability.points(c), *USES["value_at_stake"])
    told = [finding(c, "group_customers", len(part), n=len(part), segment=segment, uses=uses)]
    worth, days = part["worth"].dropna(), sorted((day - c.as_of).days for day in part["due_on"].dropna())
    if len(worth):
        told.append(finding(c, "group_worth", float(worth.sum()), n=len(worth), segment=segment, uses=uses))
    if len(days) >= (k := c.policy.privacy.k):
        # It rests on k of them and says nothing of the others, nor how many there are.
        told.append(finding(c, "group_due", days[k - 1], n=k, segment=segment, uses=uses))
    return told
