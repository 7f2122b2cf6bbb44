"""The rubric of the crisis drill: speed, warmth and truth, a point for each criterion, all of them stated before it begins.

Speed (D119): the team and the customers have a word within the first hours of policy, who writes has an answer as fast, what was
promised next comes when it was promised, the plan within its hours. Warmth (D115, D121): sorry, empathy before cause before deed,
nobody blamed, no empty phrase, more than was expected. Truth: what is known and what is not, what is done, when news comes, no
number and no cause that nobody gave, nothing beyond what may be given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from crmlib.facts.company import Company
from crmlib.show.incidents import BEGINS, Incident, Sent, To
from crmlib.vocabulary import crisis_wording as said
from crmlib.vocabulary import wording
from crmlib.vocabulary.language import N_

Group = Literal["speed", "warmth", "truth"]
GROUPS: Final[Mapping[Group, str]] = {"speed": N_("Speed"), "warmth": N_("Warmth"), "truth": N_("Truth")}
ENOUGH: Final = 0.8
"""Share of the points of each group from which on a drill is mastered."""
MUSTS: Final = ("first_word", "blame", "guess", "policy")
"""Points without which no drill is mastered: what is done wrong there cannot be taken back."""


@dataclass(frozen=True)
class Played:
    """An incident as it was played: what was sent, in order, and at which company."""

    incident: Incident
    c: Company
    sent: tuple[Sent, ...]

    @property
    def first_hours(self) -> float:
        """Minutes within which the first word is due."""
        return 60 * self.c.policy.service.crisis_first_response_hours

    @property
    def plan_hours(self) -> float:
        """Minutes within which the plan is due."""
        return 60 * self.c.policy.service.crisis_resolution_hours

    def to(self, *whom: To) -> list[Sent]:
        """What was sent to these."""
        return [one for one in self.sent if one.to in whom]

    @property
    def outside(self) -> list[Sent]:
        """What was sent to customers, to all or to the one who wrote."""
        return self.to("customers", "one")

    @property
    def first(self) -> str:
        """The first word to all customers concerned; empty where there was none."""
        return next((one.text for one in self.to("customers")), "")

    @property
    def plans(self) -> Iterator[Sent]:
        """What was sent to all once the cause was known that names it, a deed and a day or an hour."""
        for one in self.to("customers"):
            named = wording.ATTRIBUTION.search(one.text) and wording.ACTION.search(wording.plain(one.text))
            if one.minute >= self.incident.cause_at and named and wording.times(one.text):
                yield one


@dataclass(frozen=True)
class Point:
    """A criterion: its code and group, what is asked, what is said where it is missed, and whether a drill has it."""

    code: str
    group: Group
    asks: str
    missed: str
    holds: Callable[[Played], bool]


def _team_told(p: Played) -> bool:
    return any(
        one.minute <= p.first_hours and wording.times(one.text) and said.TEAM.search(wording.plain(one.text))
        for one in p.to("team")
    )


def _answered(p: Played) -> bool:
    """Whether whoever wrote has an answer in as many minutes as the first word may take."""
    return any(0 <= one.minute - p.incident.asked_at <= p.first_hours for one in p.to("one"))


def _word_kept(p: Played) -> bool:
    """Whether each time named for the next news to all had news by then, and one was named at all."""
    news = p.to("customers")
    promised = [(one, said.next_word(one.text, BEGINS + one.minute)) for one in news]
    due = [(one, at - BEGINS) for one, at in promised if at is not None and at - BEGINS <= p.incident.ends]
    return bool(due) and all(any(one.minute < later.minute <= at for later in news) for one, at in due)


def _nothing_invented(p: Played) -> bool:
    own = p.first_hours / 60, p.plan_hours / 60, p.incident.free_months
    return not any(wording.invented(one.text, {*p.incident.told(p.c, one.minute), *own}) for one in p.sent)


def _not_guessed(p: Played) -> bool:
    return not any(said.guesses(one.text) for one in p.outside if one.minute < p.incident.cause_at)


def _within_policy(p: Played) -> bool:
    return not any(
        said.UNKEEPABLE.search(text)
        or said.MONEY_BACK.search(text)
        or wording.discounts(text)
        or said.free_months(text) > p.incident.free_months + 1e-6
        for text in (wording.plain(one.text) for one in p.outside)
    )


def _all(texts: Iterable[Sent], holds: Callable[[str], bool]) -> bool:
    """Whether it holds for every text; never where nothing was said to customers."""
    of = [holds(wording.plain(one.text)) for one in texts]
    return bool(of) and all(of)


RUBRIC: Final[tuple[Point, ...]] = (
    Point(
        "first_word",
        "speed",
        N_("All customers concerned have a first word within {first} hour(s)."),
        N_("The first word to all came late or not at all; until then they heard it from others."),
        lambda p: any(one.minute <= p.first_hours for one in p.to("customers")),
    ),
    Point(
        "team",
        "speed",
        N_("Within the same time the team knows who does what until when."),
        N_("The team did not hear in time who does what until when; then each of them says something else."),
        _team_told,
    ),
    Point(
        "answer",
        "speed",
        N_("Whoever writes has an answer of their own as fast."),
        N_("The customer who wrote waited too long for an answer of their own."),
        _answered,
    ),
    Point(
        "word_kept",
        "speed",
        N_("Each time that is named for the next news is kept, even where there is nothing new."),
        N_(
            "The time named for the next news passed without any, or none was named; that is the second thing gone wrong."
        ),
        _word_kept,
    ),
    Point(
        "plan",
        "speed",
        N_("Within {plan} hours all have the cause, what is done for good, and until when."),
        N_("No message to all names cause, deed and day within the hours for the plan."),
        lambda p: any(one.minute <= p.plan_hours for one in p.plans),
    ),
    Point(
        "apology",
        "warmth",
        N_("The first word says sorry."),
        N_("The first word to all has no apology."),
        lambda p: bool(wording.APOLOGY.search(p.first)),
    ),
    Point(
        "empathy",
        "warmth",
        N_("The answer to the one who wrote: first what it means to them, then the cause, then what is done."),
        N_("The answer to the one who wrote does not go from what it means to them, over the cause, to what is done."),
        lambda p: any(said.felt_first(one.text) for one in p.to("one") if one.minute >= p.incident.asked_at),
    ),
    Point(
        "blame",
        "warmth",
        N_("Nobody is blamed, inside or outside."),
        N_("A message puts somebody in the wrong; it will be read aloud to them."),
        lambda p: bool(p.sent) and not any(said.blames(one.text) for one in p.sent),
    ),
    Point(
        "empty",
        "warmth",
        N_("No phrase that promises nothing."),
        N_("A phrase in it promises nothing, such as that it is recorded, passed on or done as soon as possible."),
        lambda p: _all(p.outside, lambda text: not wording.EMPTY.search(text)),
    ),
    Point(
        "beyond",
        "warmth",
        N_("What makes good is more than they expected, out of what may be given."),
        N_("Nothing makes good what they went through, though something may be given."),
        lambda p: any(said.MORE_THAN_EXPECTED.search(wording.plain(one.text)) for one in p.to("customers")),
    ),
    Point(
        "known",
        "truth",
        N_("The first word says what is known and what is not."),
        N_("The first word does not say both what is known and what is not known yet."),
        lambda p: bool(p.incident.facts.search(p.first) and said.UNKNOWN.search(wording.plain(p.first))),
    ),
    Point(
        "done",
        "truth",
        N_("The first word says what is done, or has been done already."),
        N_("The first word does not say what is done."),
        lambda p: any(pattern.search(wording.plain(p.first)) for pattern in (said.DONE, wording.ACTION)),
    ),
    Point(
        "next_news",
        "truth",
        N_("The first word says when the next one comes."),
        N_("The first word names no time for the next one."),
        lambda p: (
            said.next_word(p.first, BEGINS + min((one.minute for one in p.to("customers")), default=0)) is not None
        ),
    ),
    Point(
        "invented",
        "truth",
        N_("No number that stood in nothing which had come in."),
        N_("A number in a message stood in nothing that had come in by then."),
        lambda p: bool(p.sent) and _nothing_invented(p),
    ),
    Point(
        "guess",
        "truth",
        N_("No cause before it is known."),
        N_("Customers were told a cause before anybody knew it."),
        lambda p: bool(p.outside) and _not_guessed(p),
    ),
    Point(
        "policy",
        "truth",
        N_("Nothing is promised beyond what may be given."),
        N_("More was promised than may be given, or something that nobody can promise."),
        lambda p: bool(p.outside) and _within_policy(p),
    ),
)


def points(played: Played) -> dict[str, bool]:
    """Each criterion of the rubric, by its code, and whether the drill has it."""
    return {point.code: point.holds(played) for point in RUBRIC}


def shares(scored: Mapping[str, bool]) -> dict[Group, tuple[int, int]]:
    """Of each group the points had, and how many there are."""
    return {
        group: (sum(scored[p.code] for p in RUBRIC if p.group == group), sum(p.group == group for p in RUBRIC))
        for group in GROUPS
    }


def mastered(scored: Mapping[str, bool]) -> bool:
    """Whether at least four fifths of the points of each group are had, and each of `MUSTS`."""
    return all(scored[code] for code in MUSTS) and all(had >= ENOUGH * of - 1e-9 for had, of in shares(scored).values())
