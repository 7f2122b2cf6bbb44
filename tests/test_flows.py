"""The flow chart: bands as wide as what moved, in either language, and None where nobody moved."""

import pandas as pd
import pytest

from crmlib.show import charts
from crmlib.vocabulary.language import using

MOVES = pd.DataFrame(
    [
        ("high_value", "high_value", 90),
        ("high_value", "growth", 10),
        ("growth", "high_value", 30),
        ("growth", "growth", 0),
        ("newcomer", "high_value", 0),
        ("newcomer", "growth", 60),
    ],
    columns=["from_tier", "to_tier", "customers"],
)


def texts(picture: charts.Picture) -> list[str]:
    return [t.get_text() for t in picture.figure.axes[0].texts]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_bands_are_as_wide_as_what_moved(language: str) -> None:
    with using(language):
        picture = charts.flow(MOVES)
        assert picture is not None
        axes = picture.figure.axes[0]
        bands = [band.get_paths()[0].get_extents() for band in axes.collections]
        starts = [float(band.get_paths()[0].vertices[1:, 1][0]) for band in axes.collections]
        assert len(bands) == 3
        assert len(set(starts)) == 3
        bars = [patch.get_height() for patch in axes.patches]
        assert bars == pytest.approx([0.1, 0.3, 0.6, 0.3, 0.7])
        assert {"10", "30", "60"} <= set(texts(picture))
        picture.figure.draw_without_rendering()
    pd.testing.assert_frame_equal(picture.data, MOVES)


def test_words_say_who_stays_and_who_comes() -> None:
    with using("en"):
        picture = charts.flow(MOVES)
        assert picture is not None
        said = "\n".join(texts(picture))
        assert "90 stay, 10 leave" in said
        assert "60 came" in said
        assert "70 arrive" in said
        assert picture.alt.startswith("Flow chart: 100 of 190 changed place; the widest flow, 60,")


def test_nobody_moved() -> None:
    assert charts.flow(MOVES[MOVES["from_tier"] == MOVES["to_tier"]]) is None
    assert charts.flow(MOVES.head(0)) is None
