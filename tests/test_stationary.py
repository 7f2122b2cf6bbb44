"""Of a company in which nobody changes hardly anything is said; of planted falls with enough orders many are found."""

import pytest

from tests.study_stationary import LIMITS, called, differ, found


@pytest.mark.parametrize("seed", [3, 4])
def test_of_a_company_in_which_nobody_changes_hardly_anybody_is_said_to(seed: int) -> None:
    shares = called(seed, 800)
    assert shares["of so many told"] > 0.3
    assert shares["of so many high-value"] > 30
    for name in ("falling", "in decline", "purchases down"):
        assert shares[name] <= LIMITS[name], name
    assert shares["high-value moved down"] <= 0.06, "3 % and two standard errors of some fifty customers"
    assert not shares["response said to differ"]


def test_equal_segments_are_seldom_called_different() -> None:
    assert differ(200, 2) <= 0.05 + 2 * 0.0155


def test_planted_falls_are_found_where_there_are_enough_orders() -> None:
    counts = found(6, 1000)
    assert counts[0][1] <= 0.15, "false among those called falling, of whom a tenth may be"
    assert counts[12][0] > 20
    assert counts[12][1] > 0.4
