"""The name of an axis, on as many lines as its picture has room for: a layout keeps words apart, but not within the page."""

from __future__ import annotations

from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.figure import Figure

LINE = 0.2
"""Inches that a line of words above or under the axes takes."""
LEAST = 4
"""Letters that a line holds at least."""


def inches(text: str) -> float:
    """About how wide a text is at an axis; Chinese characters are as wide as they are high."""
    return sum(0.14 if ord(c) > 0x2E7F else 0.08 for c in text)


def fit(figure: Figure, axes: Axes) -> None:
    """Break what stands beside and under the axes into lines that the figure holds whole; it grows by those under them."""
    for axis, extent in ((axes.yaxis, figure.get_figheight()), (axes.xaxis, figure.get_figwidth())):
        text = axis.label.get_text()
        # A name is in the middle of its axis, which is more than half of the figure: what is shorter fits.
        if any(inches(line) > extent / 2 for line in text.split("\n")):
            figure.draw_without_rendering()
            _break(figure, axis, text)
            if isinstance(axis, XAxis):
                more = axis.label.get_text().count("\n") - text.count("\n")
                figure.set_figheight(figure.get_figheight() + LINE * more)


def _break(figure: Figure, axis: Axis, text: str) -> None:
    letters = max(len(line) for line in text.split("\n"))
    while letters > LEAST and not _within(figure, axis):
        letters -= 1
        axis.label.set_text("\n".join(fill(line, letters) for line in text.split("\n")))


def _within(figure: Figure, axis: Axis) -> bool:
    box, whole = axis.label.get_window_extent(), figure.bbox
    if isinstance(axis, XAxis):
        return whole.x0 <= box.x0 and box.x1 <= whole.x1
    return whole.y0 <= box.y0 and box.y1 <= whole.y1
