"""Exercises: ask, check, hint, solution. Right answers are computed from the data at hand, never written down.

An exercise folder holds `checks.py`, whose `QUESTIONS` are `Question`s, `solution.ipynb` (the source of the code that solves
them) and the exercise made from both. Not attempted is a state of its own; a known misconception gets its own answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from textwrap import shorten
from typing import Any, Final

from IPython.display import display

from crmlib.facts.company import Company
from crmlib.show.answering import controls, given_as_text
from crmlib.show.attempts import Attempts, of_folder
from crmlib.show.chapter import start
from crmlib.show.handing_in import HandingIn, being_marked
from crmlib.show.judging import Judged, State, is_blank, judged
from crmlib.show.questions import LETTERS, Allot, Mistake, Number, Question, Text, questions
from crmlib.vocabulary import language as _language
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import N_, _, number
from crmlib.vocabulary.policy import closest
from crmlib.vocabulary.shipping import shipped

SOLUTION = re.compile(r"^# BEGIN SOLUTION\n(?P<code>.*?)^# END SOLUTION\n?", flags=re.M | re.S)
NOT_CARRIED: Final = object()
LONGEST_SHOWN: Final = 120
HEADS: Final[Mapping[State, str]] = {
    "right": N_("Right."),
    "wrong": N_("Not yet:"),
    "not attempted": N_("Not attempted yet."),
    "not carried": N_("Does not count here."),
}
STYLES: Final[Mapping[str, str]] = {
    "right": "crm-right", "wrong": "crm-wrong", "not attempted": "crm-open", "not carried": "crm-open", "hint": "crm-hint",
}  # fmt: skip


@dataclass
class Exercise:
    """The company of an exercise and its verbs: `ask`, `check`, `hint`, `solution`."""

    company: Company
    questions: Mapping[str, Question]
    chapter: str = ""
    attempts: Attempts = field(default_factory=Attempts)
    language: str = "en"
    _hinted: dict[str, int] = field(default_factory=dict)
    _attempted: set[str] = field(default_factory=set)
    _worked_out: dict[Any, Any] = field(default_factory=dict)

    def ask(self, name: str) -> None:
        """Show a question with what goes with it, and controls to answer it where it asks for no code."""
        question = self._question(name)
        with self._speaking():
            html, text = self._asked(question)
            if question.kind == "measure" or self._key(question) is NOT_CARRIED:
                display({"text/html": html, "text/plain": text}, raw=True)
                return
            last = self.attempts.last(self.chapter, name)
            bundle = controls(question, html, self._answered, self._hint_card, self._solution_card, last)
            display({**bundle, "text/html": html, "text/plain": text}, raw=True)

    def check(self, name: str, given: Any = ...) -> State:
        """Say whether an answer is right, and if not what may have gone wrong. Ellipsis, or nothing, is: not attempted."""
        with self._speaking():
            found = self._judged(self._question(name), given)
            self._show(*self._card(self._question(name), found))
        return found.state

    def hint(self, name: str) -> None:
        """The next of three hints; after the last one it stays."""
        with self._speaking():
            self._show(*self._hint_card(self._question(name)))

    def solution(self, name: str) -> None:
        """One way to do it: the code, the choice or a model text; after an attempt, or without one, which is noted."""
        with self._speaking():
            self._show(*self._solution_card(self._question(name)))

    def hand_in(self, name: str, given: Any = ...) -> None:
        """Say what is handed in with this notebook: what was worked out, else what was answered last in the controls."""
        with self._speaking():
            question = self._question(name)
            answer = given if question.kind == "measure" else self.attempts.last(self.chapter, name)
            said = shorten(str(answer), LONGEST_SHOWN, placeholder=" …")
            says = _("nothing yet.") if is_blank(answer) else said
            self._show(*_card("not attempted" if is_blank(answer) else "hint", _("This is handed in:"), says))

    def told(self, name: str, found: Judged) -> tuple[str, str]:
        """A judgement as it is shown, as HTML and as text."""
        with self._speaking():
            return self._card(self._question(name), found)

    def judge(self, name: str, given: Any = ...) -> Judged:
        """What an answer comes to on these data, shown to nobody; without one, whether the question can be asked at all."""
        with self._speaking():
            question = self._question(name)
            found = self._judged(question, given)
            return replace(found, says=self._filled(question, found.says)) if found.state == "wrong" else found

    def _answered(self, question: Question, given: Any) -> tuple[str, str]:
        with self._speaking():
            return self._card(question, self._judged(question, given))

    def _judged(self, question: Question, given: Any) -> Judged:
        key = self._key(question)
        if key is NOT_CARRIED:
            found = Judged("not carried", says=self._lack(question))
        elif is_blank(given):
            found = Judged("not attempted", says=_("Put your answer in place of the three dots, or choose."))
        else:
            try:
                found = judged(question, self.company, key, given, self._mistaken)
            except Exception:  # an answer may be any object, with any operator
                found = Judged("wrong", "form", _("the answer could not be read; look at what is asked for."))
        if found.state in ("right", "wrong"):
            self._attempted.add(question.name)
            kept = given_as_text(question, given)
            self.attempts.note(self.chapter, question.name, "check", state=found.state, why=found.code, given=kept)
        return found

    def _card(self, question: Question, found: Judged) -> tuple[str, str]:
        says = (
            self._filled(question, _(question.right)) if found.state == "right" else self._filled(question, found.says)
        )
        return _card(found.state, _(HEADS[found.state]), says)

    def _hint_card(self, question: Question) -> tuple[str, str]:
        with self._speaking():
            hints = question.hints
            at = min(self._hinted.get(question.name, 0), len(hints) - 1)
            self._hinted[question.name] = at + 1
            self.attempts.note(self.chapter, question.name, "hint", step=at + 1)
            head = _("Hint {k} of {n}:").format(k=at + 1, n=len(hints))
            return _card("hint", head, self._filled(question, _(hints[at])))

    def _solution_card(self, question: Question) -> tuple[str, str]:
        with self._speaking():
            self.attempts.note(self.chapter, question.name, "solution", attempted=question.name in self._attempted)
            text = self._solved(question)
            html = (
                f"<pre>{escape(text)}</pre>" if question.kind == "measure" else f'<p class="crm-say">{escape(text)}</p>'
            )
            why = "" if self._key(question) is NOT_CARRIED else self._filled(question, _(question.right))
            return f'<div class="crm-card crm-hint">{html}<p>{escape(why)}</p></div>', f"{text}\n{why}".strip()

    def _solved(self, question: Question) -> str:
        if question.kind == "measure":
            return solutions(shipped("exercises") / self.chapter / "solution.ipynb")[question.name]
        key = self._key(question)
        if key is NOT_CARRIED:
            return self._lack(question)
        if isinstance(question.form, Text):
            return self._filled(question, _(key))
        if isinstance(question.form, Number):
            return number(key, 0 if float(key).is_integer() else 3)
        if isinstance(question.form, Allot):
            return ", ".join(f"{LETTERS[at]}) {number(key[i])}" for at, i in enumerate(question.shown))
        chosen = (key,) if isinstance(key, int) else tuple(key)
        ordered = chosen if isinstance(key, tuple) else sorted(chosen, key=question.shown.index)
        return "\n".join(
            f"{question.letter(i)}) {self._filled(question, _(question.options[i].text))}" for i in ordered
        )

    def _asked(self, question: Question) -> tuple[str, str]:
        """The question as HTML and as text: what it shows, what it asks, and what there is to choose from."""
        if self._key(question) is NOT_CARRIED:
            return _card("not carried", _(HEADS["not carried"]), self._lack(question))
        shown, told = question.shows(self.company) if question.shows else ("", "")
        asks = self._filled(question, _(question.asks))
        texts = [self._filled(question, _(question.options[i].text)) for i in question.shown]
        items = "".join(f"<li>{escape(text)}</li>" for text in texts)
        options = f'<ol class="crm-options" type="a">{items}</ol>' if items else ""
        lines = [f"{letter}) {text}" for letter, text in zip(LETTERS, texts, strict=False)]
        paragraphs = "".join(f"<p>{escape(part)}</p>" for part in asks.split("\n\n"))
        return f'{shown}<div class="crm-card crm-asks">{paragraphs}{options}</div>', "\n".join(
            filter(None, [told, asks, *lines])
        )

    def _filled(self, question: Question, text: str) -> str:
        """A text with the company's own figures in its braces."""
        if "{" not in text:
            return text
        key = ("figures", question.name, _language.current())
        if key not in self._worked_out:
            self._worked_out[key] = dict(question.figures(self.company))
        return text.format(**self._worked_out[key])

    def _key(self, question: Question) -> Any:
        """The right answer on these data, worked out once; `NOT_CARRIED` where they have none."""
        if ("key", question.name) not in self._worked_out:
            self._worked_out["key", question.name] = _carried(question, self.company)
        return self._worked_out["key", question.name]

    def _mistaken(self, mistake: Mistake) -> Any:
        """The answer to which a misconception leads on these data; None where it leads to none."""
        if mistake not in self._worked_out:
            try:
                self._worked_out[mistake] = mistake.answer(self.company)
            except (ArithmeticError, KeyError, IndexError, ValueError, AttributeError, TypeError):
                self._worked_out[mistake] = None
        return self._worked_out[mistake]

    def _lack(self, question: Question) -> str:
        lacking = [name for name in question.needs if not self.company.knows(name)]
        if not lacking:
            return _("Too little of what it asks about happened at this company.")
        named = _language.listed(
            [label(name.partition(".")[0], "table") if "." not in name else label(name, "column") for name in lacking]
        )
        return _("This company does not record what it asks about: {names}.").format(names=named)

    def _question(self, name: str) -> Question:
        if name not in self.questions:
            allowed = list(self.questions)
            raise KeyError(f"no question {name!r}{closest(name, allowed)} (there are: {', '.join(allowed)})")
        return self.questions[name]

    def _speaking(self) -> Any:
        return _language.using(self.language, self.company.currency)

    def _show(self, html: str, text: str) -> None:
        display({"text/html": html, "text/plain": text}, raw=True)

    @cached_property
    def c(self) -> Company:
        """The company, by its short name."""
        return self.company


def _carried(question: Question, c: Company) -> Any:
    if not c.knows(*question.needs):
        return NOT_CARRIED
    try:
        key = question.answer(c)
        question.figures(c)
    except (ArithmeticError, KeyError, IndexError, ValueError, AttributeError, TypeError):
        return NOT_CARRIED
    return NOT_CARRIED if key is None or (isinstance(key, float) and key != key) else key


def _card(style: str, head: str, text: str) -> tuple[str, str]:
    said = f'<p class="crm-say"><strong>{escape(head)}</strong> {escape(text)}</p>'
    return f'<div class="crm-card {STYLES[style]}" role="status">{said}</div>', f"{head} {text}".strip()


def exercise(chapter: str, *, tables: str, as_of: str, policy: str, language: str = "en") -> Exercise | HandingIn:
    """Open the exercises of a chapter on a company; the parameters are a chapter's. Where nbgrader runs the notebook to mark it,
    answers are handed in and nothing is judged. Raises `QuestionsError`.
    """
    opened = start(tables=tables, as_of=as_of, policy=policy, language=language)
    if being_marked():
        return HandingIn(opened.company)
    return Exercise(opened.company, questions(chapter), chapter, of_folder(Path.cwd()), language)


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
