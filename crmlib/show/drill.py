"""The crisis drill: an incident unfolds on a clock of its own, the trainee writes and sends, and a stated rubric scores it.

What was sent, and when, goes line by line into the trainee's own file, so that a killed kernel is gone on with where it stood.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final

from IPython.display import display

from crmlib.facts.company import Company
from crmlib.show import drill_page as page
from crmlib.show.attempts import Attempts, of_folder
from crmlib.show.crisis_rubric import Played, mastered, points
from crmlib.show.incidents import ADDRESSEES, FOLDER, Arrival, Clock, Incident, Sent, incidents
from crmlib.vocabulary import language as _language
from crmlib.vocabulary.language import _
from crmlib.vocabulary.policy import closest
from crmlib.vocabulary.wording import plain

LONGEST: Final = 1200
"""Characters of a message; nobody in a crisis reads more."""
SHORTEST: Final = 8


@dataclass
class Drill:
    """An incident that is being played: its clock, and what was sent."""

    incident: Incident
    company: Company
    attempts: Attempts = field(default_factory=Attempts)
    clock: Clock = field(default_factory=Clock)
    sent: list[Sent] = field(default_factory=list)
    begun: bool = False
    scored: Mapping[str, bool] | None = None

    @classmethod
    def gone_on_with(cls, incident: Incident, company: Company, attempts: Attempts, clock: Clock) -> Drill:
        """The drill as the trainee's file has it: where it was begun and not ended, as it stood when it last wrote a line."""
        drill = cls(incident, company, attempts, clock)
        for row in attempts.rows():
            if (row["chapter"], row["question"]) == (FOLDER, incident.name):
                drill._take(row)
        return drill

    def _take(self, row: Mapping[str, Any]) -> None:
        """Take over a line of the file, as far as it can be read."""
        event, minute = row["event"], row.get("minute")
        if event == "begin":
            self.sent, self.begun, self.scored, self.clock = [], True, None, Clock(self.clock.seconds, self.clock.speed)
        elif event == "send" and row.get("to") in ADDRESSEES and isinstance(minute, (int, float)):
            self.sent.append(Sent(float(minute), row["to"], str(row.get("text", ""))))
        elif event == "check" and isinstance(row.get("points"), dict):
            self.scored = points(self.played)
        if isinstance(minute, (int, float)):
            self.clock.forward(float(minute))

    @property
    def played(self) -> Played:
        """What was played so far."""
        return Played(self.incident, self.company, tuple(self.sent))

    @property
    def over(self) -> bool:
        """Whether it was ended and scored."""
        return self.scored is not None

    def begin(self) -> None:
        """Begin anew; what was played before stays in the file."""
        self.sent, self.begun, self.scored = [], True, None
        self.clock = Clock(self.clock.seconds, self.clock.speed)
        self._note("begin")
        self.clock.start()

    def arrived(self) -> list[Arrival]:
        """What has come in by now."""
        return [one for one in self.incident.arrivals if self.begun and one.minute <= self.clock.now()]

    def send(self, to: str, text: str) -> str:
        """Send a message; what is in its way, in a sentence, empty where it is gone."""
        if not self.begun or self.over:
            return _("The drill is not running.")
        if to == "one" and self.clock.now() < self.incident.asked_at:
            return _("No customer has written yet.")
        if len(plain(text)) < SHORTEST:
            return _("A sentence at least is needed.")
        if len(text) > LONGEST:
            return _("Keep it to {n} characters; nobody reads more.").format(n=_language.number(LONGEST))
        minute = round(self.clock.now(), 2)
        self.sent.append(Sent(minute, to, text))  # type: ignore[arg-type]
        self._note("send", to=to, text=text)
        return ""

    def pause(self) -> None:
        """Let the clock stand, or go on."""
        if self.clock.running:
            self.clock.stop()
        else:
            self.clock.start()
        self._note("pause" if not self.clock.running else "go")

    def onward(self) -> None:
        """Put the clock forward to the next message, after the last to the end."""
        coming = [one.minute for one in self.incident.arrivals if one.minute > self.clock.now()]
        self.clock.forward(min(coming, default=self.incident.ends))
        self._note("forward")
        self.look()

    def look(self) -> None:
        """End it where its time is over."""
        if self.begun and not self.over and self.clock.now() >= self.incident.ends:
            self.end()

    def end(self) -> None:
        """End it and score it."""
        self.clock.stop()
        self.scored = points(self.played)
        state = "right" if mastered(self.scored) else "wrong"
        missed = ",".join(code for code, had in self.scored.items() if not had)
        self._note("check", state=state, why=missed, given=None, points=dict(self.scored))

    def _note(self, event: str, **more: Any) -> None:
        self.attempts.note(FOLDER, self.incident.name, event, minute=round(self.clock.now(), 2), **more)


@dataclass
class Drills:
    """The crisis drill on a company: `play` shows an incident with its controls, `rubric` what is scored."""

    company: Company
    language: str = "en"
    attempts: Attempts = field(default_factory=lambda: of_folder(Path.cwd()))
    seconds: Callable[[], float] = monotonic

    def play(self, name: str) -> None:
        """Show an incident: begin it, or go on with it where it stood. Raises `KeyError` for one that there is not."""
        from crmlib.show.drill_window import Window

        with _language.using(self.language, self.company.currency):
            incident = self._incident(name)
            if not page.carried(incident, self.company):
                html, text = page.not_carried()
                display({"text/html": html, "text/plain": text}, raw=True)
                return
            drill = Drill.gone_on_with(incident, self.company, self.attempts, Clock(self.seconds))
            window = Window(drill, self.language)
            text = f"{_(incident.title)}\n{incident.said(self.company, incident.opening)}"
            display(
                {**window.bundle(), "text/html": page.opening(incident, self.company), "text/plain": text}, raw=True
            )

    def rubric(self) -> None:
        """Show what is scored."""
        with _language.using(self.language, self.company.currency):
            html, text = page.rubric(self.company)
            display({"text/html": html, "text/plain": text}, raw=True)

    def _incident(self, name: str) -> Incident:
        there = incidents()
        if name not in there:
            raise KeyError(f"no incident {name!r}{closest(name, list(there))} (there are: {', '.join(there)})")
        return there[name]
