"""A matrix in shades is a table of markup: every cell in its place, as deep as it is large, and no cell that is not known."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from crmlib.show import charts
from crmlib.vocabulary import language

MATRIX = pd.DataFrame({1: [0.5, 0.2], 2: [0.25, np.nan]}, index=pd.Index(["email", "$x$ <b>"], name="channel"))


def cells(html: str, where: str) -> list[list[str]]:
    return [
        [cell.get_text() for cell in row.select("th, td")] for row in BeautifulSoup(html, "html.parser").select(where)
    ]


def test_each_cell_stands_in_its_row_and_under_its_column() -> None:
    drawn = charts.heatmap(MATRIX.rename_axis(columns="month"), n=pd.Series([40, 30], index=MATRIX.index))
    assert drawn is not None
    assert cells(drawn.html, "tbody tr") == [["E-mail", "40", "50", "25"], ["$x$ <b>", "30", "20", ""]]
    assert cells(drawn.html, "thead tr") == [["", "", "Month"], ["Channel", "n", "1", "2"]]
    assert re.findall(r"--v:(\d+)%", drawn.html) == ["100", "50", "40"], "as deep as its part of the largest"
    assert drawn.data["n"].tolist() == [40, 30]


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_what_it_shows_is_said_to_who_does_not_see_it(spoken: str) -> None:
    with language.using(spoken):
        drawn = charts.heatmap(MATRIX, top=1.0)
    assert drawn is not None
    (group,) = BeautifulSoup(drawn.html, "html.parser").select("[role=group][tabindex='0']")
    assert group["aria-label"] == drawn.alt
    assert bool(re.search("[一-鿿]", drawn.alt)) == (spoken == "zh")
    assert re.findall(r"--v:(\d+)%", drawn.html) == ["50", "25", "20"]


def test_headings_that_are_long_stand_upright() -> None:
    drawn = charts.heatmap(MATRIX.set_axis(["a very long name", "b"], axis=1))
    assert drawn is not None
    assert [len(th.select("span")) for th in BeautifulSoup(drawn.html, "html.parser").select("th.crm-upright")] == [
        1,
        1,
    ]


def test_of_one_cell_or_of_nothing_there_is_none() -> None:
    assert charts.heatmap(MATRIX.iloc[:1, :1]) is None
    assert charts.heatmap(MATRIX * np.nan) is None


def test_what_is_next_to_nothing_is_pale_and_not_written_as_nought() -> None:
    matrix = pd.DataFrame({1: [0.0, 0.0], 2: [0.0002, np.nan]}, index=pd.Index(["email", "sms"], name="channel"))
    drawn = charts.heatmap(matrix)
    assert drawn is not None
    assert cells(drawn.html, "tbody tr") == [["E-mail", "0", "<1"], ["Text message", "0", ""]]
    assert re.findall(r"--v:(\d+)%", drawn.html) == ["0", "2", "0"]
