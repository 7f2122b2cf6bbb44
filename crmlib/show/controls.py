"""A control once defined: the widget of a kernel and the input of a page have the same stops, and a page holds the card of each.

A page without a kernel cannot compute, so the review draws the card at every state and writes them all into the page. They are
alike but for their numbers: what is the same is kept once (`packed`), and one script puts a state together (`run/page.js`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations_with_replacement, product
from math import isnan, nan
from typing import Any, Final

from crmlib.vocabulary.labels import SPLIT, code_label, label
from crmlib.vocabulary.language import _, number

CONTROLS_MIME: Final = "application/vnd.crmlib.controls+json"
"""Carries the controls of a card, and the card at each of their states, from a chapter that is run for its page."""
FOR_PAGES: Final = "CRMLIB_FOR_PAGES"
"""Variable of the environment under which a chapter is run for its page; beside a kernel no state is drawn ahead."""
MOST_STATES: Final = 400
"""States of a group of controls at most, each of which is worked out for a page."""

Range = tuple[float, float, float, float] | tuple[tuple[float, ...], float]
"""Least, most, step and start, or the stops and the start; a start that is NaN makes a question without an answer yet."""
Draw = Callable[..., str]
"""The card of some values, as HTML."""
_NUMBERS = re.compile(r"([-+−]?\d[\d.,]*)")
_BETWEEN: Final = "|"


@dataclass(frozen=True)
class Control:
    """A slider (its stops, of which one is the start) or a question (its marks; no answer to begin with)."""

    name: str
    stops: tuple[float, ...]
    start: float
    decimals: int

    @property
    def is_question(self) -> bool:
        """Whether it begins without an answer."""
        return isnan(self.start)

    @property
    def group(self) -> str:
        """The first part of a name of two parts, else nothing."""
        return self.name.rpartition(SPLIT)[0]

    @property
    def called(self) -> str:
        """What it asks, and of a slider where it starts, so that the way back is known."""
        if self.is_question:
            return label(self.name.split(SPLIT)[-1])
        return _("{what} (starts at {value})").format(what=label(self.name), value=self.text(self.start))

    def text(self, value: float) -> str:
        """A stop as the reader writes it."""
        return number(value, self.decimals)

    @property
    def page(self) -> dict[str, Any]:
        """What a page needs to show it."""
        start = None if self.is_question else self.stops.index(self.start)
        return {"called": self.called, "texts": [self.text(stop) for stop in self.stops], "start": start}


def control(name: str, given: Range) -> Control:
    """The control of a range: a stop at each step, and at the start."""
    if len(given) == 2:
        steps, start = given
    else:
        least, most, step, start = given
        steps = tuple(round(least + step * i, 9) for i in range(round((most - least) / step) + 1))
    stops = sorted({*map(float, steps), *([] if isnan(start) else [float(start)])})
    return Control(name, tuple(stops), float(start), max(map(_decimals, stops)))


def grouped(controls: Iterable[Control]) -> dict[str, list[Control]]:
    """Controls by the first part of their names; those of one part stand together under nothing."""
    groups: dict[str, list[Control]] = {}
    for each in controls:
        groups.setdefault(each.group, []).append(each)
    return groups


def page_of(draw: Draw, controls: Sequence[Control]) -> list[dict[str, Any]]:
    """What a page needs to answer without a kernel: each group of controls by its name, with the card at each of its states.

    Groups are tried apart from each other. Raises `ValueError` where a group has more states than `MOST_STATES`.
    """
    told = []
    for name, some in grouped(controls).items():
        states = dict(_states(some))
        if len(states) > MOST_STATES:
            raise ValueError(f"{', '.join(each.name for each in some)}: {len(states)} states; take larger steps")
        cards = packed([draw(**values) for values in states.values()])
        asks = all(each.is_question for each in some)
        told.append(
            {
                "called": code_label(name) if name else "",
                "controls": [each.page for each in some],
                "kind": "questions" if asks else "sliders",
                "keys": list(states) if asks else None,
                **cards,
            }
        )
    return told


def state_of(group: Mapping[str, Any], at: Sequence[int | None]) -> int:
    """Which state of a group its controls at these stops make (None: not answered)."""
    if group["kind"] == "questions":
        given = [stop for stop in at if stop is not None]
        return int(group["keys"].index(f"{len(given)}:{sum(given)}"))
    place = 0
    for each, stop in zip(group["controls"], at, strict=True):
        place = place * len(each["texts"]) + int(stop or 0)
    return place


def _states(controls: Sequence[Control]) -> Iterator[tuple[str, dict[str, float]]]:
    """Each state of a group: of sliders every combination of stops, the last control turning first; of questions, which count
    by how many are answered and what the marks come to, one of each kind, by "answers:sum of stops".
    """
    names = [each.name for each in controls]
    if not all(each.is_question for each in controls):
        for at, values in enumerate(product(*(each.stops for each in controls))):
            yield str(at), dict(zip(names, values, strict=True))
        return
    stops = controls[0].stops
    for answered in range(len(controls) + 1):
        for given in combinations_with_replacement(range(len(stops)), answered):
            marks = [*(stops[i] for i in given), *[nan] * (len(controls) - answered)]
            yield f"{answered}:{sum(given)}", dict(zip(names, marks, strict=True))


def packed(texts: Sequence[str]) -> dict[str, Any]:
    """Texts that differ by their numbers, without what they share: `templates` of words and places (numbers of columns), and for
    each text its template and the columns, joined by "|".
    """
    split = [_NUMBERS.split(text) for text in texts]
    kinds = list(dict.fromkeys(tuple(parts[::2]) for parts in split))
    templates: list[list[str | int]] = []
    states = [""] * len(texts)
    for kind, words in enumerate(kinds):
        of = [i for i, parts in enumerate(split) if tuple(parts[::2]) == words]
        columns = list(zip(*(split[i][1::2] for i in of), strict=True))
        varying = list(dict.fromkeys(column for column in columns if len({*column}) > 1))
        template: list[str | int] = [words[0]]
        for column, word in zip(columns, words[1:], strict=True):
            if column in varying:
                template += [varying.index(column), word]
            else:
                template[-1] = f"{template[-1]}{column[0]}{word}"
        templates.append(template)
        for row, i in enumerate(of):
            states[i] = _BETWEEN.join([str(kind), *(column[row] for column in varying)])
    return {"templates": templates, "states": states}


def unpacked(group: Mapping[str, Any], state: int) -> str:
    """The text of a state, as the script of a page puts it together."""
    kind, *columns = group["states"][state].split(_BETWEEN)
    return "".join(columns[part] if isinstance(part, int) else part for part in group["templates"][int(kind)])


def for_pages() -> bool:
    """Whether this chapter is run for its page."""
    return bool(os.environ.get(FOR_PAGES))


def _decimals(step: float) -> int:
    """Decimals that a number needs: 5 moves by whole numbers, 0.05 by hundredths."""
    return max(0, -int(Decimal(str(step)).normalize().as_tuple().exponent))
