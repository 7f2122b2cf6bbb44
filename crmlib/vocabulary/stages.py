"""The stages of lists that people move on between reviews: the day that says since when, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Way:
    """`day_of`: the stages in order, with the column that holds the day on which each was reached. `ends`: where the way may end
    from any stage. `needs`: what must be written down for a stage to count as reached.
    """

    day_of: Mapping[str, str]
    ends: tuple[str, ...] = ()
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages in order."""
        return tuple(self.day_of)

    @property
    def begins(self) -> str:
        """The column with the day on which the way begins."""
        return self.day_of[self.stages[0]]

    def refused(self, row: Mapping[str, str]) -> tuple[str, str]:
        """The first stage of a row (days in ISO form by column, "" for none) that may not follow, and why: `skips` a stage,
        `early` (before the one before), `both` ends, `unsaid` (what it needs is not written). Empty where all is well.
        """
        before, last = self.stages[0], row[self.begins]
        for stage in (name for name in self.stages[1:] if name not in self.ends):
            day = row[self.day_of[stage]]
            if not day:
                continue
            if self.stages[self.stages.index(stage) - 1] != before:
                return stage, "skips"
            if day < last:
                return stage, "early"
            if not all(row[name] for name in self.needs.get(stage, ())):
                return stage, "unsaid"
            before, last = stage, day
        ended = [stage for stage in self.ends if row[self.day_of[stage]]]
        for stage in ended:
            if row[self.day_of[stage]] < last:
                return stage, "early"
        return (ended[-1], "both") if len(ended) > 1 else ("", "")


DAY_OF: Final = {
    "warned": "warned_on", "cause_found": "cause_found_on", "planned": "planned_on", "contacted": "contacted_on",
    "back": "back_on", "lost": "lost_on",
}  # fmt: skip
STAGES: Final = tuple(DAY_OF)
ENDS: Final = ("back", "lost")
"""Where winning back ends: who orders is back whatever the board says."""
WIN_BACK: Final = Way(DAY_OF, ENDS, {"cause_found": ("cause",), "planned": ("plan",)})
"""The way of a customer over the win-back board (D103)."""
IMPROVING: Final = Way(
    {"pdca_plan": "planned_on", "pdca_do": "begun_on", "pdca_check": "checked_on", "pdca_act": "acted_on"},
    needs={"pdca_do": ("goal", "tried"), "pdca_act": ("decided",)},
)
"""Plan, do, check, act: the way of something that is changed to move a figure (D130)."""
