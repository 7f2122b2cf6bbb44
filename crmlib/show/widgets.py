"""Sliders and questions around a headless function: a kernel that listens redraws the card, a page without one has its states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from math import nan
from typing import Any

import ipywidgets
import pandas as pd

from crmlib.show.controls import CONTROLS_MIME, Control, Range, control, for_pages, grouped, page_of
from crmlib.show.findings import carried
from crmlib.vocabulary.labels import code_label

Draw = Callable[..., tuple[str, pd.DataFrame]]


def what_if(draw: Draw, **ranges: Range) -> dict[str, Any]:
    """A display bundle of a slider or question per keyword over `draw(**values) -> (HTML, findings)`.

    A question is a row of buttons, one for each step; what is not answered reaches `draw` as NaN. Keywords of two parts, as
    in "omnichannel · one_plan", stand together under the first, and are tried apart from the others: a card of their own
    answers them. The bundle holds the widget for Jupyter and Voila, the card at the start values as HTML for everything else, and
    where the chapter is run for its page the card at every state (`controls.page_of`).
    """
    controls = [control(name, given) for name, given in ranges.items()]
    html, findings = draw(**{each.name: each.start for each in controls})
    box = ipywidgets.VBox([])
    parts: list[Any] = []
    for name, some in grouped(controls).items():
        parts += [
            *([ipywidgets.HTML(f"<b>{escape(code_label(name))}</b>")] if name else []),
            *_answered(draw, some, html),
        ]
    box.children = parts if "" in grouped(controls) else [ipywidgets.HTML(value=html), *parts]
    bundle: dict[str, Any] = dict(box._repr_mimebundle_())
    bundle |= {"text/html": html, **carried(findings)}
    if for_pages():
        bundle[CONTROLS_MIME] = page_of(lambda **values: draw(**values)[0], controls)
    return bundle


def _answered(draw: Draw, controls: Sequence[Control], html: str) -> list[Any]:
    """The widgets of a group, and its card beneath them, drawn again whenever one of them is moved."""
    widgets = {each.name: _question(each) if each.is_question else _slider(each) for each in controls}
    shown = ipywidgets.HTML(value=draw(**{c.name: c.start for c in controls})[0] if controls[0].group else html)

    def redraw(_change: object) -> None:
        values = {name: nan if widget.value is None else widget.value for name, widget in widgets.items()}
        shown.value = draw(**values)[0]

    for widget in widgets.values():
        widget.observe(redraw, names="value")
    return [*(_with_words(each, widgets[each.name]) for each in controls), shown]


def _slider(given: Control) -> ipywidgets.SelectionSlider:
    return ipywidgets.SelectionSlider(
        options=[(given.text(stop), stop) for stop in given.stops],
        value=given.start,
        description=given.called,
        continuous_update=False,
        style={"description_width": "initial"},
        layout={"width": "min(100%, 44rem)"},
    )


def _question(given: Control) -> ipywidgets.ToggleButtons:
    return ipywidgets.ToggleButtons(
        options=[(given.text(stop), stop) for stop in given.stops],
        value=None,
        tooltips=[given.called] * len(given.stops),
        style={"button_width": "2.6rem"},
        layout={"width": "auto"},
    )


def _with_words(given: Control, widget: Any) -> Any:
    """A slider as it is, a question after its words."""
    if not given.is_question:
        return widget
    words = ipywidgets.HTML(escape(given.called), layout={"width": "min(100%, 30rem)"})
    return ipywidgets.HBox([words, widget], layout={"flex_flow": "row wrap", "align_items": "center"})
