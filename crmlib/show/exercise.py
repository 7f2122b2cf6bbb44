"""Exercises: check, hint, solution. Right answers are computed from the data at hand, never written down.

An exercise folder holds `solution.ipynb` (the source), `exercise.ipynb` (made from it) and `checks.py`, whose `QUESTIONS`
are `Question`s. Not attempted is a state of its own; a known misconception gets its own answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from IPython.display import display

from crmlib.facts.company import Company
from crmlib.show.chapter import start
from crmlib.vocabulary.language import _
from crmlib.vocabulary.policy import closest

State = Literal["not attempted", "wrong", "right"]
Answer = Callable[[Company], Any]
SOLUTION = re.compile(r"^# BEGIN SOLUTION\n(?P<code>.*?)^# END SOLUTION\n?", flags=re.M | re.S)


@dataclass(frozen=True)
class Question:
    """A question: its right answer as a function of the data, hints from gentle to plain, and misconceptions.

    `misconceptions` are (what to say, the wrong answer as a function of the data); `tolerance` is relative; `deck` are the items
    of the deck that it practises.
    """

    name: str
    answer: Answer
    hints: tuple[str, ...]
    misconceptions: tuple[tuple[str, Answer], ...] = ()
    tolerance: float = 1e-6
    deck: tuple[str, ...] = ()


@dataclass
class Exercise:
    """The company of an exercise and its three verbs."""

    company: Company
    questions: dict[str, Question]
    folder: Path
    _hinted: dict[str, int] = field(default_factory=dict)
    _answers: dict[Answer, Any] = field(default_factory=dict)

    def check(self, name: str, given: Any) -> State:
        """Say whether an answer is right, and if not what may have gone wrong. Ellipsis is: not attempted."""
        question = self._question(name)
        if given is ...:
            return self._say("not attempted", _("Not attempted yet: put your answer in place of the three dots."))
        right = self._answer(question.answer)
        if type(given) is not type(right) and not (_numeric(given) and _numeric(right)):
            text = _("Not yet: the answer is expected as {expected}, yours is {given}.")
            return self._say("wrong", text.format(expected=_kind(right), given=_kind(given)))
        if same(given, right, question.tolerance):
            return self._say("right", _("Right."))
        for says, mistaken in question.misconceptions:
            if same(given, self._answer(mistaken), question.tolerance):
                return self._say("wrong", _("Not yet: {why}").format(why=_(says)))
        return self._say("wrong", _("Not yet. `hint` helps without giving it away."))

    def hint(self, name: str) -> None:
        """The next hint; after the last one it stays."""
        hints = self._question(name).hints
        at = min(self._hinted.get(name, 0), len(hints) - 1)
        self._hinted[name] = at + 1
        self._show(_("Hint {k} of {n}: {hint}").format(k=at + 1, n=len(hints), hint=_(hints[at])))

    def solution(self, name: str) -> None:
        """The code of the solution notebook for this question."""
        self._question(name)
        code = solutions(self.folder / "solution.ipynb")[name]
        display({"text/html": f'<div class="crm-card"><pre>{escape(code)}</pre></div>', "text/plain": code}, raw=True)

    def _answer(self, function: Answer) -> Any:
        """The value of an answer on these data, worked out once."""
        if function not in self._answers:
            self._answers[function] = function(self.company)
        return self._answers[function]

    def _question(self, name: str) -> Question:
        if name not in self.questions:
            allowed = list(self.questions)
            raise KeyError(f"no question {name!r}{closest(name, allowed)} (there are: {', '.join(allowed)})")
        return self.questions[name]

    def _say(self, state: State, text: str) -> State:
        self._show(text)
        return state

    def _show(self, text: str) -> None:
        html = f'<div class="crm-card"><p class="crm-say">{escape(text)}</p></div>'
        display({"text/html": html, "text/plain": text}, raw=True)


def exercise(questions: Sequence[Question], *, tables: str, as_of: str, policy: str, language: str = "en") -> Exercise:
    """Open an exercise in the current folder; the parameters are a chapter's."""
    chapter = start(tables=tables, as_of=as_of, policy=policy, language=language)
    return Exercise(chapter.company, {q.name: q for q in questions}, Path.cwd())


def same(given: Any, right: Any, tolerance: float) -> bool:
    """Whether two answers are the same: numbers within a relative tolerance, frames and series whatever their row order."""
    if isinstance(right, (pd.Series, pd.DataFrame)):
        if not isinstance(given, type(right)) or given.shape != right.shape:
            return False
        try:
            aligned = given.reindex_like(right) if isinstance(right, pd.DataFrame) else given.reindex(right.index)
            testing = (
                pd.testing.assert_frame_equal if isinstance(right, pd.DataFrame) else pd.testing.assert_series_equal
            )
            testing(aligned, right, check_dtype=False, check_names=False, rtol=tolerance)
        except (AssertionError, ValueError, TypeError):
            return False
        return True
    if _numeric(given) and _numeric(right):
        return bool(abs(float(given) - float(right)) <= tolerance * max(abs(float(right)), 1e-12))
    return bool(given == right)


def solutions(notebook: Path) -> dict[str, str]:
    """Question name to the code that solves it, out of a solution notebook's cells."""
    found = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        region = SOLUTION.search(source) if cell["cell_type"] == "code" else None
        asked = re.search(r'\.check\("(\w+)"', source)
        if region and asked:
            found[asked[1]] = region["code"].strip()
    return found


def _numeric(value: Any) -> bool:
    return (
        not isinstance(value, bool) and hasattr(value, "__float__") and not isinstance(value, (pd.Series, pd.DataFrame))
    )


def _kind(value: Any) -> str:
    if _numeric(value):
        return _("a number")
    return {
        "str": _("a text"),
        "Series": _("a pandas Series"),
        "DataFrame": _("a pandas DataFrame"),
        "set": _("a set"),
    }.get(type(value).__name__, type(value).__name__)
