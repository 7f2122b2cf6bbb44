"""Sliders and questions: they start where they say, what they hold reaches the function, a page without one keeps the card."""

from __future__ import annotations

from datetime import date
from math import isnan, nan
from typing import Any

import ipywidgets
import pandas as pd
import pytest
from ipywidgets.widgets import widget

from crmlib.facts.findings import findings
from crmlib.show.findings import FINDINGS_MIME
from crmlib.show.widgets import what_if
from crmlib.vocabulary.language import using
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


def box_of(bundle: dict[str, Any]) -> ipywidgets.VBox:
    return widget._instances[bundle[WIDGET_MIME]["model_id"]]


def drawn(**values: float) -> tuple[str, pd.DataFrame]:
    return " ".join(f"{name}={value:g}" for name, value in values.items()), findings(knowing(AS_OF))


def test_a_slider_says_where_it_starts_and_redraws() -> None:
    bundle = what_if(drawn, points=(0, 15, 0.5, 5), years=(1, 5, 1, 3))
    assert bundle["text/html"] == "points=5 years=3"
    assert bundle[FINDINGS_MIME] == []
    points, years, shown = box_of(bundle).children
    assert points.description == "Percentage points more kept a year (starts at 5.0)"
    assert [text for text, _stop in years.options] == ["1", "2", "3", "4", "5"]
    points.value = 7.5
    assert shown.value == "points=7.5 years=3"


def test_a_question_starts_without_an_answer() -> None:
    asked = {f"omnichannel · {name}": (0.0, 4.0, 1.0, nan) for name in ("one_plan", "automation")}
    bundle = what_if(drawn, **asked)
    assert bundle["text/html"] == "omnichannel · one_plan=nan omnichannel · automation=nan"
    start, heading, first, second, shown = box_of(bundle).children
    assert start.value == bundle["text/html"]
    assert heading.value == "<b>omnichannel</b>"
    words, buttons = first.children
    assert words.value == "Shop, telephone and web follow one plan."
    assert [name for name, _mark in buttons.options] == ["0", "1", "2", "3", "4"]
    assert buttons.value is None
    second.children[1].value = 4.0
    assert shown.value == "omnichannel · one_plan=nan omnichannel · automation=4"


def test_groups_follow_one_another_and_are_in_the_readers_language() -> None:
    asked = dict.fromkeys(("a · x", "a · y", "b · <z>", "plain"), (0.0, 1.0, 0.5, nan))
    with using("zh"):
        children = box_of(what_if(drawn, **asked, points=(0, 15, 0.5, 5))).children
    assert [type(c).__name__ for c in children] == [
        "HTML", "HBox", "HBox", "HTML", "HTML", "HBox", "HTML", "HBox", "SelectionSlider", "HTML",
    ]  # fmt: skip
    assert "&lt;z&gt;" in children[5].children[0].value
    assert [name for name, _mark in children[7].children[1].options] == ["0.0", "0.5", "1.0"]
    children[1].children[1].value = 0.5
    assert children[3].value == "a · x=0.5 a · y=nan", "a group is tried apart from the others"


@pytest.mark.parametrize("start", [nan, 2.0])
def test_what_is_not_answered_is_no_number(start: float) -> None:
    seen: list[float] = []

    def draw(*, mark: float) -> tuple[str, pd.DataFrame]:
        seen.append(mark)
        return "", findings(knowing(AS_OF))

    what_if(draw, mark=(0, 4, 1, start))
    assert isnan(seen[0]) == isnan(start)
