"""Controls to answer a question without code: letters to choose, an order, numbers, a text; and what is kept of an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from crmlib.show.questions import LETTERS, Allot, Form, One, Order, Question, Several
from crmlib.vocabulary.language import _

Card = tuple[str, str]
BROAD = {"width": "min(100%, 44rem)"}


def controls(
    question: Question,
    html: str,
    check: Callable[[Question, Any], Card],
    hint: Callable[[Question], Card],
    solution: Callable[[Question], Card],
    last: Any = None,
) -> dict[str, Any]:
    """A display bundle: the question, its controls with what was `last` given in them, three buttons, and what they say."""
    field, value = _field(question.form, LETTERS[: len(question.options)], last)
    said = ipywidgets.HTML(value="")

    def button(text: str, style: str, says: Callable[[], Card]) -> ipywidgets.Button:
        made = ipywidgets.Button(description=text, button_style=style, layout={"width": "auto"})

        def pressed(_button: object) -> None:
            said.value = says()[0]

        made.on_click(pressed)
        return made

    buttons = ipywidgets.HBox(
        [
            button(_("Check"), "primary", lambda: check(question, value())),
            button(_("Hint"), "", lambda: hint(question)),
            button(_("Solution"), "", lambda: solution(question)),
        ]
    )
    box = ipywidgets.VBox([ipywidgets.HTML(value=html), field, buttons, said])
    return dict(box._repr_mimebundle_())


def _field(form: Form, letters: str, last: Any) -> tuple[ipywidgets.Widget, Callable[[], Any]]:
    """The control for a form, and how its answer is read."""
    before = last if isinstance(last, str) else ""
    marked = [letter for letter in before.split() if letter in letters]
    if isinstance(form, One):
        radio = ipywidgets.RadioButtons(options=list(letters), value=marked[0] if len(marked) == 1 else None)
        return radio, lambda: radio.value
    if isinstance(form, Several):
        boxes = [
            ipywidgets.Checkbox(value=x in marked, description=x, indent=False, layout={"width": "4rem"})
            for x in letters
        ]
        return ipywidgets.HBox(boxes), lambda: [b.description for b in boxes if b.value]
    if isinstance(form, Order):
        chosen = marked if len(marked) == len(letters) else [None] * len(letters)
        drops = [
            ipywidgets.Dropdown(
                options=[("–", None), *((x, x) for x in letters)],
                value=chosen[i],
                description=f"{i + 1}.",
                layout={"width": "9rem"},
            )
            for i in range(len(letters))
        ]
        return ipywidgets.HBox(drops, layout={"flex_flow": "row wrap"}), lambda: [d.value for d in drops if d.value]
    if isinstance(form, Allot):
        kept = before.split() if len(before.split()) == len(letters) else ["0"] * len(letters)
        texts = [
            ipywidgets.BoundedFloatText(
                value=float(kept[i]), min=0, max=form.total, step=1, description=x, layout={"width": "11rem"}
            )
            for i, x in enumerate(letters)
        ]
        return ipywidgets.HBox(
            texts, layout={"flex_flow": "row wrap"}
        ), lambda: [t.value for t in texts] if any(t.value for t in texts) else []
    area = ipywidgets.Textarea(value=before, rows=5, layout=BROAD)
    return area, lambda: area.value


def given_as_text(question: Question, given: Any) -> str | None:
    """An answer as it is kept: letters, numbers and texts as text; of what code worked out nothing."""
    if question.kind == "measure":
        return None
    if isinstance(given, str):
        return given if not question.options else " ".join(given.split())
    if isinstance(given, (int, float)):
        return str(given)
    if isinstance(given, (list, tuple, set)) and all(isinstance(one, (str, int, float)) for one in given):
        return " ".join(str(one) for one in given)
    return None
