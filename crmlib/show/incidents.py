"""An incident of the crisis drill: what comes in and when, what may be given, whom it concerns at the company at hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Final, Literal

from crmlib.facts.company import Company
from crmlib.show.questions import loaded
from crmlib.vocabulary.language import N_, _, current, number
from crmlib.vocabulary.shipping import shipped
from crmlib.vocabulary.wording import NUMBERS, plain

To = Literal["team", "customers", "one"]
ADDRESSEES: Final[Mapping[To, str]] = {
    "team": N_("The team"),
    "customers": N_("All customers concerned"),
    "one": N_("The customer who wrote"),
}
BEGINS: Final = 9 * 60 + 10
"""The minute of the first day at which an incident begins: 09:10."""
FOLDER: Final = "crisis_drill"
DRILLED: Final = "05_proactive_service"
"""The chapter whose crisis the drill plays."""
SPEED: Final = 12.0
"""Minutes of the drill in a minute of the room: the hour for the first word is five minutes."""


@dataclass(frozen=True)
class Arrival:
    """A message that comes in, so many minutes after the beginning."""

    minute: int
    sender: str
    text: str


@dataclass(frozen=True)
class Sent:
    """A message that was sent: the minute after the beginning, to whom, and its text."""

    minute: float
    to: To
    text: str


@dataclass(frozen=True)
class Incident:
    """An incident: its messages in their order, and what is known of it.

    `figures` fill the braces of its texts from the company's data, None where nobody there is concerned; `exhibit` are HTML rows
    of whom it concerns. `facts` is a pattern of what customers have to be told; the cause is known from `cause_at` on, a
    customer writes at `asked_at`, `free_months` may be given, and the drill ends at `ends` (minutes). `model` is one way to
    play it.
    """

    name: str
    title: str
    opening: str
    arrivals: tuple[Arrival, ...]
    figures: Callable[[Company], Mapping[str, str] | None]
    exhibit: Callable[[Company], str]
    facts: re.Pattern[str]
    cause_at: int
    asked_at: int
    free_months: int
    model: tuple[Sent, ...]
    deck: tuple[str, ...]
    minutes: int
    ends: int = 25 * 60

    def said(self, c: Company, text: str) -> str:
        """A text of the incident in the language in force, its braces filled."""
        return _(text).format(**(self.filled(c) or {}), months=number(self.free_months))

    def filled(self, c: Company) -> Mapping[str, str] | None:
        """What fills the braces at this company in the language in force, worked out once; None where nobody is concerned."""
        key = ("drill", self.name, current())
        if key not in c._memo:
            c._memo[key] = self.figures(c)
        found: Mapping[str, str] | None = c._memo[key]
        return found

    def rows(self, c: Company) -> str:
        """The exhibit at this company in the language in force, drawn once."""
        key = ("drill rows", self.name, current())
        if key not in c._memo:
            c._memo[key] = self.exhibit(c)
        return str(c._memo[key])

    def told(self, c: Company, minute: float) -> set[float]:
        """The numbers that stood in what had come in by a minute."""
        texts = (plain(self.said(c, a.text)) for a in self.arrivals if a.minute <= minute)
        return {float(n.replace(",", "")) for text in texts for n in NUMBERS.findall(text)}


@cache
def incidents() -> Mapping[str, Incident]:
    """The incidents of the drill by name."""
    return {each.name: each for each in loaded(shipped("exercises") / FOLDER / "incidents.py", "INCIDENTS")}


def hour(minute: float) -> str:
    """A minute after the beginning as day and time of the drill's clock."""
    day, rest = divmod(int(BEGINS + minute), 24 * 60)
    return _("Day {n}, {time}").format(n=number(day + 1), time=f"{rest // 60:02}:{rest % 60:02}")


@dataclass
class Clock:
    """The drill's clock, in minutes since the beginning: `speed` times as fast as `seconds`, which it is read from.

    It stands until it is started, and can be stopped and put forward.
    """

    seconds: Callable[[], float] = monotonic
    speed: float = SPEED
    _minute: float = 0.0
    _since: float | None = None

    @property
    def running(self) -> bool:
        """Whether it goes on by itself."""
        return self._since is not None

    def now(self) -> float:
        """The minute."""
        ran = 0.0 if self._since is None else (self.seconds() - self._since) * self.speed / 60
        return self._minute + ran

    def start(self) -> None:
        """Let it go on from where it stands."""
        self._minute, self._since = self.now(), self.seconds()

    def stop(self) -> None:
        """Let it stand."""
        self._minute, self._since = self.now(), None

    def forward(self, minute: float) -> None:
        """Put it forward to a minute; never back."""
        self._minute, self._since = max(self.now(), minute), None if self._since is None else self.seconds()

    def go_at(self, speed: float) -> None:
        """Change how fast it goes from now on."""
        running = self.running
        self.stop()
        self.speed = speed
        if running:
            self.start()
