"""Pictures over time: their axis is read, and one is drawn only where it shows a course."""

from itertools import pairwise

import pandas as pd
import pytest
from matplotlib.transforms import Bbox

from crmlib.show import charts, withholding
from crmlib.show.canvas import Picture
from crmlib.vocabulary import language

K = 5


def told(customers: list[int], k: int = K) -> Picture | None:
    """The line of as many customers a month, as it is published."""
    months = pd.period_range("2024-01", periods=len(customers), freq="M").astype(str)
    with withholding.using(k, 500):
        return charts.lines(
            pd.DataFrame({"month": months, "first_buyers": customers}), x="month", y="first_buyers", unit="count"
        )


def named(picture: Picture | None, across: str = "x") -> list[tuple[str, Bbox]]:
    """What stands at an axis that is not outside of it, and where."""
    assert picture is not None
    picture.figure.canvas.draw()
    axes = picture.figure.axes[0]
    axis = axes.xaxis if across == "x" else axes.yaxis
    low, high = sorted(axis.get_view_interval())
    at = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
    return [(text.get_text(), text.get_window_extent()) for spot, text in at if low <= spot <= high and text.get_text()]


@pytest.mark.parametrize("spoken", ["en", "zh"])
@pytest.mark.parametrize(
    "customers", [[9, 1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 1], [9, 9, 9] + [1] * 5, [40] * 12, [40] * 40, [40, 41]]
)
def test_months_named_at_an_axis_stand_apart_whatever_is_withheld(customers: list[int], spoken: str) -> None:
    with language.using(spoken):
        texts = [box for _text, box in named(told(customers))]
    assert texts
    assert all(left.x1 < right.x0 for left, right in pairwise(texts))


def test_where_most_months_are_withheld_no_picture_is_drawn() -> None:
    assert told([9, 9] + [1] * 10) is None
    assert told([9, 9] + [1] * 4) is None
    assert told([9, 9, 1, 1]) is not None


def test_cases_are_counted_by_the_whole_at_an_axis() -> None:
    assert {text for text, _box in named(told([0] * 6, 1), "y")} == {"0"}
    assert {text for text, _box in named(told([10] * 6), "y")} >= {"0", "10"}
