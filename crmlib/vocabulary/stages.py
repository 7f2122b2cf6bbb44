"""The stages of the win-back board, the day that says since when, and which may follow which (D103)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DAY_OF: Final = {
    "warned": "warned_on", "cause_found": "cause_found_on", "planned": "planned_on", "contacted": "contacted_on",
    "back": "back_on", "lost": "lost_on",
}  # fmt: skip
"""The stages in order, with the column that holds the day on which a customer reached each."""
STAGES: Final = tuple(DAY_OF)
ENDS: Final = ("back", "lost")
"""Where the way ends; it may do so from any stage: who orders is back whatever the board says."""
NEEDS: Final = {"cause_found": "cause", "planned": "plan"}
"""What must be written down for a stage to count as reached."""


def refused(row: Mapping[str, str]) -> tuple[str, str]:
    """The first stage of a row (days in ISO form by column, "" for none) that may not follow, and why: `skips` a stage, `early`
    (before the one before), `both` ends, `unsaid` (its cause or plan is not written). Empty where all is well.
    """
    last, before = row["warned_on"], "warned"
    for stage in STAGES[1:4]:
        day = row[DAY_OF[stage]]
        if not day:
            continue
        if STAGES[STAGES.index(stage) - 1] != before:
            return stage, "skips"
        if day < last:
            return stage, "early"
        if stage in NEEDS and not row[NEEDS[stage]]:
            return stage, "unsaid"
        last, before = day, stage
    for stage in ENDS:
        if row[DAY_OF[stage]] and row[DAY_OF[stage]] < last:
            return stage, "early"
    return ("lost", "both") if row["back_on"] and row["lost_on"] else ("", "")
