"""Questions of four kinds, the forms in which they are answered, and how an answer is judged.

*read*: what may be said of a chart or a sentence; *judge*: choose, rank, allot, spot the misuse; *say*: a text; *measure*: a
number worked out. The key is a function of the company, so are the numbers in the words. A key that cannot be worked out on these
data (None, NaN) makes a question that does not count there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Final, Literal
from zlib import crc32

import pandas as pd

from crmlib.facts.company import Company
from crmlib.show.units import Unit
from crmlib.vocabulary.errors import CrmlibError
from crmlib.vocabulary.language import N_
from crmlib.vocabulary.shipping import shipped

Kind = Literal["read", "judge", "say", "measure"]
KINDS: Final[dict[Kind, str]] = {"read": N_("read"), "judge": N_("judge"), "say": N_("say"), "measure": N_("measure")}
Key = Callable[[Company], Any]
Exhibit = Callable[[Company], tuple[str, str]]
"""What is shown with a question: HTML and plain text."""
LETTERS: Final = "abcdefghij"
SPREAD: Final = " 21"
"""Shuffles the options so that right ones stand in each place equally often, and no order is shown as it should be (a test)."""


@dataclass(frozen=True)
class Mistake:
    """A known misconception: its code, what to say without giving the answer away, and the answer to which it leads."""

    code: str
    says: str
    answer: Key


@dataclass(frozen=True)
class Option:
    """Something to choose, and what to say to whoever chooses it wrongly."""

    text: str
    why: str = ""


@dataclass(frozen=True)
class Number:
    """A number in a unit."""

    unit: Unit


@dataclass(frozen=True)
class Members:
    """Ids, in any order: of customers, cases, orders."""


@dataclass(frozen=True)
class Frame:
    """A pandas Series or DataFrame, its rows in any order."""


@dataclass(frozen=True)
class One:
    """One of the options; the key is its place as written here, from 0."""

    options: tuple[Option, ...]


@dataclass(frozen=True)
class Several:
    """All options that hold; the key is the set of their places. `left_out` is said where some are missing."""

    options: tuple[Option, ...]
    left_out: str = N_("what you chose holds; there is more that does.")


@dataclass(frozen=True)
class Order:
    """The options in order; the key is their places, the first first."""

    options: tuple[Option, ...]


@dataclass(frozen=True)
class Allot:
    """A budget of whole units over the options; right from `enough` of what the best split is worth (`worth`) on."""

    options: tuple[Option, ...]
    total: int
    worth: Callable[[Company, tuple[float, ...]], float]
    unit: str = N_("hours")
    enough: float = 0.98


@dataclass(frozen=True)
class Criterion:
    """Something that a text must have: a code, what is said where it is lacking, and whether a text has it."""

    code: str
    says: str
    holds: Callable[[Company, str], bool]


@dataclass(frozen=True)
class Text:
    """A few sentences; right where they meet every criterion. The key is a model answer."""

    criteria: tuple[Criterion, ...]
    longest: int = 600


Form = Number | Members | Frame | One | Several | Order | Allot | Text
Choices = One | Several | Order | Allot


def _no_figures(_c: Company) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Question:
    """A question: what it asks, in what form it is answered, the key, why it is right and what it is good for, three hints from
    gentle to nearly the answer, misconceptions, and the items of the deck that it practises.

    `needs` are tables and columns without which the company cannot carry it; `figures` fill braces in any of its words; `shows`
    is a chart or table that goes with it.
    """

    name: str
    kind: Kind
    title: str
    asks: str
    form: Form
    answer: Key
    right: str
    hints: tuple[str, str, str]
    mistakes: tuple[Mistake, ...] = ()
    deck: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    figures: Callable[[Company], Mapping[str, str]] = _no_figures
    shows: Exhibit | None = None

    @property
    def options(self) -> tuple[Option, ...]:
        """What there is to choose from, in the order written; none where nothing is chosen."""
        return self.form.options if isinstance(self.form, Choices) else ()

    @property
    def shown(self) -> tuple[int, ...]:
        """Places of the options in the order in which they are shown: the same for everybody, and no order to learn from."""
        return tuple(sorted(range(len(self.options)), key=lambda i: crc32(f"{self.name}:{i}{SPREAD}".encode())))

    def letter(self, place: int) -> str:
        """The letter under which the option at `place` is shown."""
        return LETTERS[self.shown.index(place)]

    @property
    def words(self) -> int:
        """Words of English to read before answering."""
        return sum(len(text.split()) for text in (self.asks, *(o.text for o in self.options)))


MINUTES: Final[Mapping[type, float]] = {
    One: 3,
    Several: 4,
    Order: 4,
    Allot: 5,
    Text: 8,
    Number: 6,
    Members: 7,
    Frame: 8,
}
"""Minutes to think and answer, by form; reading comes on top, and for code each line of the shown solution."""
WORDS_A_MINUTE: Final = 60
"""Read with a chart beside it and a sentence turned over twice: a quarter of the pace of a newspaper."""
MINUTES_A_LINE: Final = 0.75
"""To write, run and mend a line of code."""


def minutes(question: Question, lines: int = 0) -> int:
    """Minutes reckoned for a question, its hints and the talk about it left out; `lines` are those of the shown solution."""
    return round(MINUTES[type(question.form)] + question.words / WORDS_A_MINUTE + MINUTES_A_LINE * lines)


class QuestionsError(CrmlibError):
    """A chapter that has no questions; one line."""


@cache
def questions(chapter: str) -> Mapping[str, Question]:
    """The questions of a chapter by name, in their order. Raises `QuestionsError`."""
    path = shipped("exercises") / chapter / "checks.py"
    if not path.exists():
        raise QuestionsError(f"{chapter}: no exercises; one of: {', '.join(chapters())}")
    return {q.name: q for q in loaded(path)}


def loaded(path: Path, what: str = "QUESTIONS") -> Sequence[Any]:
    """What a file of the exercises defines: its questions, or something else by its name."""
    spec = spec_from_file_location(f"{path.stem}_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Sequence[Any] = getattr(module, what)
    return found


def chapters() -> tuple[str, ...]:
    """The chapters that have exercises, in their order."""
    return tuple(sorted(p.parent.name for p in shipped("exercises").glob("*/checks.py")))


def frame(c: Company, table: str) -> pd.DataFrame:
    """A table as a trainee's pandas sees it, read once: money as numbers, and orders with what they brought, `net`."""
    key = ("exercise", table)
    if key not in c._memo:
        rows = getattr(c.tables, table).execute()
        for column in ("amount", "margin", "refunded", "cost"):
            if column in rows:
                rows[column] = rows[column].astype(float)
        if table == "orders":
            rows["net"] = rows["amount"] - rows["refunded"].fillna(0)
        c._memo[key] = rows
    return c._memo[key]


def end(c: Company) -> pd.Timestamp:
    """The first moment after the company's day."""
    return pd.Timestamp(c.as_of) + pd.Timedelta(days=1)


def since(c: Company, *, months: int = 0, days: int = 0) -> pd.Timestamp:
    """The first moment of the last months or days up to the company's day."""
    return end(c) - pd.DateOffset(months=months) - pd.Timedelta(days=days)
