"""By how much a group leads the others from one span of time to the next, and whether its lead is another now than it used to be.

Difference in differences. Everybody of a group feels what happens there, a new neighbour, an illness, the weather, so that its
customers are not as many independent trials (Donald and Lang 2007): how far leads wander without anybody having changed
anything is read from the spans before, those of all groups together, and counted in beside the scatter of the customers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import Final

from scipy.special import stdtr, stdtrit

from crmlib.models.fitting import Array

LEAST: Final = 3
"""Spans before the latest one from which it is told how far leads wander."""


@dataclass(frozen=True)
class Change:
    """A lead `now`, as it was `before` on average, and the difference between them: its variance by the scatter of customers
    (`sampled`) and in all (`variance`), with the degrees of freedom of Student's t.
    """

    now: float
    before: float
    sampled: float
    variance: float
    freedom: float

    @property
    def value(self) -> float:
        """The lead now less the lead before."""
        return self.now - self.before

    def interval(self, *, confidence: float = 0.95) -> tuple[float, float, float]:
        """The difference with its interval."""
        half = float(stdtrit(self.freedom, 0.5 + confidence / 2)) * sqrt(self.variance)
        return self.value, self.value - half, self.value + half

    @property
    def chance(self) -> float:
        """Two-sided probability that leads differ as much although nothing changed."""
        return float(2 * stdtr(self.freedom, -abs(self.value) / sqrt(self.variance))) if self.variance > 0 else nan

    def least(self, *, comparisons: int = 1, power: float = 0.8, confidence: float = 0.95) -> float:
        """The least difference that is told with this `power`, the first of so many `comparisons` (Holm's first step)."""
        return self._reach(comparisons, power, confidence) * sqrt(self.variance)

    def times_as_many(
        self, effect: float, *, comparisons: int = 1, power: float = 0.8, confidence: float = 0.95
    ) -> float:
        """How many times the customers it takes to tell an `effect`; NaN where no number does, as leads wander too far."""
        room = (effect / self._reach(comparisons, power, confidence)) ** 2 - (self.variance - self.sampled)
        return self.sampled / room if room > 0 else nan

    def _reach(self, comparisons: int, power: float, confidence: float) -> float:
        tail = (1 - confidence) / 2 / max(1, comparisons)
        return float(stdtrit(self.freedom, 1 - tail) + stdtrit(self.freedom, power))


def changes(lead: Array, error: Array, freedom: Array) -> tuple[list[Change], float]:
    """The change of each group's lead (rows; columns are spans, the latest first), by its standard `error` and the degrees of
    freedom of that in each span; and how far leads wander by themselves, as a standard deviation. Two groups are one row.

    Raises `ValueError` with fewer than `LEAST` spans before the latest.
    """
    rows, spans = lead.shape[0], lead.shape[1] - 1
    if spans < LEAST:
        raise ValueError(f"{spans} spans before the latest are not enough")
    scatter = (error[:, 1:] ** 2).mean(axis=1)
    weight = scatter**-2 / (scatter**-2).sum()
    seen, expected = float(weight @ lead[:, 1:].var(axis=1, ddof=1)), float(weight @ scatter)
    # Leads over all the rest add up to about nought, so that one of them says nothing of its own.
    known = (spans - 1) / float(weight @ weight) * ((rows - 1) / rows if rows > 1 else 1.0)
    wander = max(0.0, seen - expected)
    told = []
    for row in range(rows):
        sampled = float(error[row, 0] ** 2 + scatter[row] / spans)
        variance = sampled + wander * (1 + 1 / spans)
        # How far leads wander is known from few spans, also where they seem not to (Satterthwaite 1946).
        parts = sampled**2 / float(freedom[row].min()) + ((1 + 1 / spans) * seen) ** 2 / known
        told.append(Change(lead[row, 0], float(lead[row, 1:].mean()), sampled, variance, max(1.0, variance**2 / parts)))
    return told, sqrt(wander)


def by_lot(lead: float, error: float, freedom: float) -> Change:
    """The same of groups that were drawn by lot, customer by customer: nothing but the lot can have made a lead."""
    return Change(lead, 0.0, error**2, error**2, freedom)
