"""Sliders and questions around a headless function: a kernel that listens redraws the card, a page without one keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from html import escape
from math import isnan, nan
from typing import Any

import ipywidgets
import pandas as pd

from crmlib.show.findings import carried
from crmlib.vocabulary.labels import SPLIT, code_label, label
from crmlib.vocabulary.language import _, number

Range = tuple[float, float, float, float]
"""Least, most, step and start; a start that is NaN makes a question without an answer yet."""


def what_if(draw: Callable[..., tuple[str, pd.DataFrame]], **sliders: Range) -> dict[str, Any]:
    """A display bundle of a slider or question per keyword over `draw(**values) -> (HTML, findings)`.

    A question is a row of buttons, one for each step; what is not answered reaches `draw` as NaN. Keywords of two parts, as
    in "omnichannel · one_plan", stand together under the first. The bundle holds the widget for Jupyter and Voila, and the
    card at the start values as HTML for everything else.
    """
    html, findings = draw(**{name: start for name, (_least, _most, _step, start) in sliders.items()})
    shown = ipywidgets.HTML(value=html)
    controls = {
        name: _question(name, given) if isnan(given[3]) else _slider(name, given) for name, given in sliders.items()
    }

    def redraw(_change: object) -> None:
        values = {name: nan if control.value is None else control.value for name, control in controls.items()}
        shown.value = draw(**values)[0]

    for control in controls.values():
        control.observe(redraw, names="value")
    box = ipywidgets.VBox([*_grouped(controls), shown])
    bundle: dict[str, Any] = dict(box._repr_mimebundle_())
    return {**bundle, "text/html": html, **carried(findings)}


def _slider(name: str, given: Range) -> ipywidgets.FloatSlider:
    """A slider whose label says where it starts, so that the way back is known."""
    least, most, step, start = given
    decimals = _decimals(step)
    return ipywidgets.FloatSlider(
        value=start,
        min=least,
        max=most,
        step=step,
        description=_("{what} (starts at {value})").format(what=label(name), value=number(start, decimals)),
        continuous_update=False,
        style={"description_width": "initial"},
        layout={"width": "min(100%, 44rem)"},
        readout_format=f".{decimals}f",
    )


def _question(name: str, given: Range) -> ipywidgets.ToggleButtons:
    least, most, step, _start = given
    marks = [least + step * i for i in range(round((most - least) / step) + 1)]
    return ipywidgets.ToggleButtons(
        options=[(number(mark, _decimals(step)), mark) for mark in marks],
        value=None,
        tooltips=[label(name.split(SPLIT)[-1])] * len(marks),
        style={"button_width": "2.6rem"},
        layout={"width": "auto"},
    )


def _grouped(controls: dict[str, Any]) -> Iterator[Any]:
    """The controls in their order: sliders as they are, questions after their words, a group's under its name."""
    group = ""
    for name, control in controls.items():
        first, *rest = name.split(SPLIT)
        if rest and first != group:
            group = first
            yield ipywidgets.HTML(f"<b>{escape(code_label(group))}</b>")
        if isinstance(control, ipywidgets.ToggleButtons):
            words = ipywidgets.HTML(escape(label(name.split(SPLIT)[-1])), layout={"width": "min(100%, 30rem)"})
            yield ipywidgets.HBox([words, control], layout={"flex_flow": "row wrap", "align_items": "center"})
        else:
            yield control


def _decimals(step: float) -> int:
    """Decimals that a slider's steps need: 5 moves by whole numbers, 0.05 by hundredths."""
    return max(0, -int(Decimal(str(step)).normalize().as_tuple().exponent))
