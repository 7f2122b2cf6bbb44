"""What a figure is: its name, unit and meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from crmlib.vocabulary.language import N_

Unit = Literal["share", "money", "count", "days", "hours", "months", "ratio", "points", "index", "change"]
"""`share` is 0 to 1, and beyond it only where what is kept may grow; `index` a bare number from 0 to 1, `ratio`
a bare number, `change` a difference of shares (−1 to 1)."""

STEPS: dict[str, float] = {
    "share": 0.001, "money": 1, "count": 1, "days": 0.1, "hours": 0.1, "months": 0.1, "ratio": 0.01, "points": 0.01,
    "index": 0.001, "change": 0.001,
}  # fmt: skip
"""To what a difference of two figures is written, by their unit."""

UNITS: dict[str, str] = {
    "share": N_("share"),
    "money": N_("money"),
    "count": N_("count"),
    "days": N_("days"),
    "hours": N_("hours"),
    "months": N_("months"),
    "ratio": N_("ratio"),
    "points": N_("points"),
    "index": N_("index from 0 to 1"),
    "change": N_("difference of shares"),
}
"""What a unit is called."""

Kind = Literal["code", "column", "table", "kpi", "own"]
"""What a name may be the name of: each kind has labels of its own, so that a code never takes a column's label or unit."""


@dataclass(frozen=True)
class KPI:
    """One figure. `better` says which way is good; `headline` puts it on the front page, once the figure it names is told too.

    `needs`: the tables ("tickets") and columns ("tickets.resolved_at") without which there is no figure. `uses`: columns that
    make it surer; where the company does not record one the figure stands, marked as without it. `by`: of which kinds the
    names of its segments are. `counts`: what its n are: customers; what is
    theirs, such as orders and cases, of which each row says of how many customers they are; rows of data of which few may be at
    fault; or things such as months and fields, which are published as they are. `adds_up`: a sum over the customers of a
    segment, large where the segment is, so that the sizes of segments are not compared. `instead`: what stands in for `needs`,
    all of it, where the company lives on subscriptions and records it. `of_heads`: an estimated share of customers, which some
    are still to decide: no whole number of them, and as near to a few as one that is. `below`: the sentence of a difference
    below nought, whose `{value}` is then told without a sign.
    """

    name: str
    label: str
    unit: Unit
    better: Literal["up", "down", ""]
    deck: tuple[str, ...]
    needs: tuple[str, ...]
    definition: str
    sentence: str
    headline: bool | str = False
    uses: tuple[str, ...] = ()
    by: tuple[Kind, ...] = ("code",)
    counts: Literal["customers", "theirs", "rows", "things"] = "customers"
    adds_up: bool = False
    instead: tuple[str, ...] = ()
    of_heads: bool = False
    below: str = ""
