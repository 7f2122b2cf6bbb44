"""Hours shared out: what is done first within the minutes of each person, and what one more hour would bring.

Filling the hours by worth per minute is the best there is but for the last item that is cut (Dantzig 1957); the rate at the
cut is the price of an hour. Whoever has time left takes over what others, or nobody, would have done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

TEAM = ""
"""Whoever works for customers of no owner."""
SLACK = 1e-9


@dataclass
class Hours:
    """Minutes `left` by person (`TEAM`: those of no owner), and at most so many `items`; `used` and `done` of both."""

    left: dict[str, float]
    items: int
    total: float = field(init=False)
    used: float = 0.0
    done: int = 0

    def __post_init__(self) -> None:
        self.total = sum(self.left.values())

    def doer(self, minutes: float, owner: str, *, kept_back: float = 0.0) -> str | None:
        """Who would do an item of so many minutes: its owner, else the team, else whoever has most time left; None where it fits
        into nobody's, or only into the share of both that is `kept_back`.
        """
        share = 1 - kept_back
        if self.done + 1 > self.items * share + SLACK or self.used + minutes > self.total * share + SLACK:
            return None
        idle = max(self.left, key=lambda who: (self.left[who], who))
        return next((w for w in (owner, TEAM, idle) if self.left.get(w, 0.0) >= minutes - SLACK), None)

    def take(self, minutes: float, doer: str) -> None:
        """Use up the minutes of whoever does it."""
        self.left[doer] -= minutes
        self.used += minutes
        self.done += 1


def hours_of(owners: Sequence[str], *, each: float, team: float, items: int) -> Hours:
    """Hours at the start: `each` of every owner and `team` of the others, in hours; at most so many `items`."""
    known: Mapping[str, float] = {owner: each * 60 for owner in sorted(set(owners)) if owner}
    return Hours({**known, TEAM: team * 60}, items)
