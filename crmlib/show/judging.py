"""How an answer is judged: right, wrong with a reason, or not attempted. What is said names a slip, never the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from crmlib.facts.company import Company
from crmlib.show.questions import (
    LETTERS,
    Allot,
    Frame,
    Members,
    Mistake,
    Number,
    One,
    Order,
    Question,
    Several,
    Text,
)
from crmlib.show.units import UNITS, agrees, read, usual
from crmlib.vocabulary.language import N_, _, listed, number
from crmlib.vocabulary.wording import plain

State = Literal["not attempted", "wrong", "right", "not carried"]
PLAIN = N_("`hint` helps without giving it away.")
ROUNDED = 0.05 + 1e-9
"""How far a part of a whole may be off because it was rounded to one decimal."""


@dataclass(frozen=True)
class Judged:
    """What an answer came to, the code of the misconception if one was seen, and what to say."""

    state: State
    code: str = ""
    says: str = ""


def is_blank(given: Any) -> bool:
    """Whether nothing was given: the three dots, an empty text, nothing chosen."""
    if given is ... or given is None:
        return True
    return isinstance(given, (str, list, tuple, dict, set)) and not (
        given.strip(" .…") if isinstance(given, str) else given
    )


def judged(question: Question, c: Company, key: Any, given: Any, worked_out: Callable[[Mistake], Any]) -> Judged:
    """The judgement on what was given; `worked_out` is the value of a misconception on these data."""
    form = question.form
    if isinstance(form, Number):
        return _number(question, form, key, given, worked_out)
    if isinstance(form, Members):
        return _members(question, key, given, worked_out)
    if isinstance(form, Frame):
        return _frame(question, key, given, worked_out)
    if isinstance(form, Text):
        return _text(question, form, c, given)
    if isinstance(form, Allot):
        return _allotted(question, form, c, key, given, worked_out)
    return _chosen(question, form, key, given)


def _wrong(says: str = PLAIN, code: str = "") -> Judged:
    return Judged("wrong", code, _(says))


def _expected(what: str) -> Judged:
    return Judged("wrong", "form", _("expected is {expected}.").format(expected=what))


def _number(question: Question, form: Number, key: float, given: Any, worked_out: Callable[[Mistake], Any]) -> Judged:
    found = read(given)
    if found is None:
        return _expected(_(UNITS[form.unit]))
    if agrees(found.value, key, form.unit):
        return Judged("right")
    for mistake in question.mistakes:
        value = worked_out(mistake)
        if value is not None and agrees(found.value, float(value), form.unit):
            return _wrong(mistake.says, mistake.code)
    code, says = usual(found, key, form.unit)
    return _wrong(says or PLAIN, code)


def _members(question: Question, key: set[Any], given: Any, worked_out: Callable[[Mistake], Any]) -> Judged:
    if isinstance(given, str) or not isinstance(given, Iterable) or isinstance(given, (dict, pd.DataFrame)):
        return _expected(_("a set, list or Series of ids"))
    ids = {str(one) for one in given}
    if ids == key:
        return Judged("right")
    for mistake in question.mistakes:
        if ids == worked_out(mistake):
            return _wrong(mistake.says, mistake.code)
    return _wrong()


def _frame(question: Question, key: Any, given: Any, worked_out: Callable[[Mistake], Any]) -> Judged:
    if not isinstance(given, type(key)):
        return _expected(_("a pandas DataFrame") if isinstance(key, pd.DataFrame) else _("a pandas Series"))
    if same(given, key):
        return Judged("right")
    for mistake in question.mistakes:
        if same(given, worked_out(mistake)):
            return _wrong(mistake.says, mistake.code)
    return _wrong()


def same(given: Any, right: Any, tolerance: float = 0.0005) -> bool:
    """Whether two frames or series are the same whatever the order of their rows, numbers within a relative tolerance."""
    if type(given) is not type(right) or given.shape != right.shape:
        return False
    try:
        if isinstance(right, pd.DataFrame):
            pd.testing.assert_frame_equal(
                given.reindex_like(right), right, check_dtype=False, check_names=False, rtol=tolerance
            )
        else:
            aligned = given.reindex(right.index)
            pd.testing.assert_series_equal(aligned, right, check_dtype=False, check_names=False, rtol=tolerance)
    except (AssertionError, ValueError, TypeError):
        return False
    return True


def places(question: Question, given: Any) -> tuple[int, ...] | None:
    """The options that letters stand for: "b", "a c", ["a", "c"]; None where something else is among them."""
    parts = re.split(r"[\s,;、，>]+", given.strip().lower()) if isinstance(given, str) else given
    if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], str):
        parts = list(parts[0].strip())
    if not isinstance(parts, (list, tuple, set, frozenset)):
        return None
    letters = LETTERS[: len(question.options)]
    said = [p.strip().lower() if isinstance(p, str) else "?" for p in parts if p != ""]
    if any(len(p) != 1 or p not in letters for p in said):
        return None
    return tuple(question.shown[letters.index(p)] for p in said)


def _chosen(question: Question, form: One | Several | Order, key: Any, given: Any) -> Judged:
    chosen, letters = places(question, given), listed(list(LETTERS[: len(form.options)]))
    if isinstance(form, One):
        if chosen is None or len(chosen) != 1:
            return _expected(_("one of the letters {letters}").format(letters=letters))
        if chosen[0] == key:
            return Judged("right")
        return _wrong(form.options[chosen[0]].why or PLAIN, f"option_{chosen[0]}")
    if isinstance(form, Several):
        if not chosen:
            return _expected(_("one or more of the letters {letters}").format(letters=letters))
        beyond = [i for i in question.shown if i in set(chosen) - key]
        if beyond:
            return _wrong(form.options[beyond[0]].why or PLAIN, f"option_{beyond[0]}")
        return Judged("right") if set(chosen) == key else _wrong(form.left_out, "left_out")
    if chosen is None or sorted(chosen) != list(range(len(form.options))):
        return _expected(_("each of the letters {letters} once, the first first").format(letters=letters))
    if chosen == tuple(key):
        return Judged("right")
    if chosen == tuple(reversed(key)):
        return _wrong(N_("that is the order from the other end."), "reversed")
    off = next(i for i, right in zip(chosen, key, strict=True) if i != right)
    return _wrong(form.options[off].why or PLAIN, f"option_{off}")


def _allotted(
    question: Question,
    form: Allot,
    c: Company,
    key: tuple[float, ...],
    given: Any,
    worked_out: Callable[[Mistake], Any],
) -> Judged:
    values = [given.get(LETTERS[i], 0) for i in range(len(form.options))] if isinstance(given, dict) else given
    if isinstance(values, str):
        values = re.split(r"[\s,;，、]+", values.strip())
    numbers = [read(v) for v in values] if isinstance(values, (list, tuple)) else []
    if len(numbers) != len(form.options) or any(n is None or n.value < 0 for n in numbers):
        return _expected(
            _("a number from 0 for each of the {n} options, as they are lettered").format(n=len(form.options))
        )
    shown = [n.value for n in numbers if n is not None]
    split = tuple(shown[question.shown.index(i)] for i in range(len(form.options)))
    if sum(split) > form.total + len(split) * ROUNDED:
        text = _("that is more than there is: {given} of {total} {unit}.")
        given_text, total = number(sum(split), 1), number(form.total)
        return Judged("wrong", "budget", text.format(given=given_text, total=total, unit=_(form.unit)))
    for mistake in question.mistakes:
        planted = worked_out(mistake)
        if planted and all(abs(a - b) < 0.51 for a, b in zip(split, planted, strict=True)):
            return _wrong(mistake.says, mistake.code)
    if form.worth(c, split) >= form.enough * form.worth(c, key):
        return Judged("right")
    return _wrong(
        N_("another split of the same budget brings more; ask of each what the next unit would bring."), "less"
    )


def _text(question: Question, form: Text, c: Company, given: Any) -> Judged:
    if not isinstance(given, str):
        return _expected(_("a text in quotation marks"))
    said = plain(given)
    if len(said) < 8:
        return _wrong(N_("a sentence at least is needed."), "short")
    if len(said) > form.longest:
        return Judged(
            "wrong", "long", _("keep it to {n} characters; nobody reads more.").format(n=number(form.longest))
        )
    if _repeats(said, plain(_(question.asks))):
        return _wrong(N_("that repeats the question; say it to the one who is to hear it."), "repeats")
    lacking = [criterion for criterion in form.criteria if not criterion.holds(c, said)]
    if not lacking:
        return Judged("right")
    return Judged("wrong", lacking[0].code, " ".join(_(criterion.says) for criterion in lacking))


def _repeats(said: str, asked: str, length: int = 10) -> bool:
    """Whether more than half of a text was taken from another, by its runs of so many characters."""
    runs = {said[i : i + length] for i in range(max(1, len(said) - length + 1))}
    return sum(run in asked for run in runs) > len(runs) / 2
