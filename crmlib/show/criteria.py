"""What a text is held to: the criteria of the questions that ask for words."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from crmlib.facts.company import Company
from crmlib.show.questions import Criterion
from crmlib.vocabulary import wording
from crmlib.vocabulary.goals import lacking
from crmlib.vocabulary.language import N_

EMPATHY = Criterion(
    "empathy",
    N_("Nothing in it shows that you understood what it means to them."),
    lambda _c, t: bool(wording.EMPATHY.search(t)),
)
IN_ORDER = Criterion(
    "order",
    N_("Three things, in this order: first what it means to them, then the honest cause, then what you do."),
    lambda _c, t: wording.in_order(t),
)
ACTION = Criterion("action", N_("It does not say what you will do."), lambda _c, t: bool(wording.ACTION.search(t)))
APOLOGY = Criterion("apology", N_("There is no apology in it."), lambda _c, t: bool(wording.APOLOGY.search(t)))
TIME = Criterion("time", N_("It does not say by when."), lambda _c, t: wording.times(t))
NUMBER = Criterion(
    "number", N_("It names no number to reach: how many, or how much?"), lambda _c, t: "goal_number" not in lacking(t)
)
DATE = Criterion("date", N_("It names no day to reach it by."), lambda _c, t: "goal_date" not in lacking(t))
NOT_EMPTY = Criterion(
    "empty",
    N_("A phrase in it promises nothing, such as that it is recorded, passed on or done as soon as possible."),
    lambda _c, t: not wording.EMPTY.search(t),
)
NO_BLAME = Criterion("blame", N_("It puts the customer in the wrong."), lambda _c, t: not wording.BLAME.search(t))
NO_PITCH = Criterion("pitch", N_("It sells before it has given anything."), lambda _c, t: not wording.PITCH.search(t))
ASKS = Criterion("asks", N_("It asks the customer nothing."), lambda _c, t: bool(wording.QUESTION.search(t)))


def within(hours: Callable[[Company], float], says: str) -> Criterion:
    """The shortest time that is promised is no longer than policy's; a time of the clock or a day by itself passes."""

    def holds(c: Company, text: str) -> bool:
        promised = wording.promised_hours(text)
        return (min(promised) <= hours(c) + 1e-9) if promised else wording.times(text)

    return Criterion("promise", says, holds)


def no_more_off(share: Callable[[Company], float], says: str) -> Criterion:
    """No discount above the one that may be given."""
    return Criterion("discount", says, lambda c, text: all(off <= share(c) + 1e-9 for off in wording.discounts(text)))


def nothing_invented(given: Callable[[Company], Collection[float]]) -> Criterion:
    """Every number in the text was given, or belongs to a day or a time."""
    return Criterion(
        "invented",
        N_("A number in it stands nowhere in what you were given. Say only what you know."),
        lambda c, text: not wording.invented(text, given(c)),
    )


def names(pattern: str, says: str, code: str = "names") -> Criterion:
    """The text speaks of something, by a pattern for both languages."""
    wanted = re.compile(pattern, re.IGNORECASE)
    return Criterion(code, says, lambda _c, text: bool(wanted.search(text)))


def avoids(pattern: str, says: str, code: str = "avoids") -> Criterion:
    """The text does not speak of something, by a pattern for both languages."""
    unwanted = re.compile(pattern, re.IGNORECASE)
    return Criterion(code, says, lambda _c, text: not unwanted.search(text))
