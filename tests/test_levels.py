"""A figure some months ahead: its quantiles hold whether it wanders, jumps around a level, or drifts."""

import numpy as np
import pytest

from crmlib.models.levels import ahead

COURSES = {
    "wanders": lambda rng: np.cumsum(rng.normal(0, 1, 27)),
    "jumps": lambda rng: rng.normal(5, 1, 27),
    "drifts": lambda rng: 0.5 * np.arange(27) + rng.normal(0, 1, 27),
}


@pytest.mark.parametrize("course", COURSES)
def test_a_quantile_holds_as_often_as_it_says(course: str) -> None:
    rng, below = np.random.default_rng(5), []
    for _time in range(300):
        whole = COURSES[course](rng)
        told = ahead(whole[:24], 3)
        assert told is not None
        below.append(whole[-1] <= told.quantile(0.8))
    assert np.mean(below) == pytest.approx(0.8, abs=0.07)


def test_a_straight_line_goes_on_and_what_is_too_short_or_never_moves_is_not_told() -> None:
    rng = np.random.default_rng(1)
    told = ahead(np.arange(24) + rng.normal(0, 0.01, 24), 3)
    assert told is not None
    assert told.value == pytest.approx(26, abs=0.05)
    assert told.odds(told.quantile(0.8)) == pytest.approx(0.2)
    assert ahead(np.arange(8), 3) is None
    assert ahead(np.ones(24), 3) is None
