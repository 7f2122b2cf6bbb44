"""The name of an axis stands whole within its picture, however long it is."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from crmlib.show import axis_names, charts
from crmlib.show.canvas import blank, finished
from crmlib.vocabulary import language

LONG = {
    "en": "Customers to act on, by reason and channel · Yours to call, and no other's to write to this month",
    "zh": "待行动客户数，按原因和渠道分列，由您致电而不由他人在本月内写信联系，也不由别的团队在下月联系",
}


def whole(figure: Figure) -> bool:
    """Whether all that names an axis is within the figure, and beside its ticks."""
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = [axis.label.get_window_extent() for axis in (axes.xaxis, axes.yaxis) if axis.label.get_text()]
    return all(
        box.x0 >= figure.bbox.x0 and box.y0 >= figure.bbox.y0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
        for box in boxes
    )


@pytest.mark.parametrize("spoken", ["en", "zh"])
@pytest.mark.parametrize("height", [1.0, 2.2])
def test_a_name_longer_than_its_axis_goes_on_in_a_second_line(spoken: str, height: float) -> None:
    figure, axes = blank(height)
    axes.set_yticks([0, 1], ["Order not come", "though promised"])
    axes.set(xlabel=LONG[spoken], ylabel=LONG[spoken][:30])
    finished(figure, axes, pd.DataFrame(), "")
    assert whole(figure)
    assert axes.get_xlabel().replace("\n", " " if spoken == "en" else "") == LONG[spoken]
    assert figure.get_figheight() >= height + axis_names.LINE, "the bars keep their room"


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_what_bars_share_is_said_whole_under_them(spoken: str) -> None:
    shared = " · Yours to call, as they ordered last from one of your own people"
    rows = pd.DataFrame(
        {"kpi": "group_customers", "segment": [f"{x}{shared}" for x in ("late", "low")], "value": [5, 40]}
    )
    with language.using(spoken):
        picture = charts.bars(rows, unit="count")
    assert picture is not None
    assert whole(picture.figure)
