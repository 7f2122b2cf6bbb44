"""Intervals against published values, and findings that keep their shape."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.facts.findings import FINDING, finding, findings
from crmlib.models.estimates import difference, mean, mean_from, rank_correlation, wilson
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)


def test_wilson_gives_the_published_intervals() -> None:
    """Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3."""
    for successes, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        value, below, above = wilson(successes, n)
        assert value == successes / n
        assert (round(below, 4), round(above, 4)) == (low, high)


def test_difference_gives_the_published_intervals() -> None:
    """Newcombe (1998), Statistics in Medicine 17:873-890, table II, method 10."""
    for s1, n1, s2, n2, low, high in (
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (10, 10, 0, 20, 0.6791, 1.0),
    ):
        value, below, above = difference(s1, n1, s2, n2)
        assert value == pytest.approx(s1 / n1 - s2 / n2)
        assert (round(below, 4), round(above, 4)) == (low, high)


def test_mean_by_hand() -> None:
    value, low, high = mean([1.0, 2.0, 3.0, float("nan")])
    assert value == 2.0
    assert high - value == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)
    assert low == pytest.approx(4 - high)
    assert mean_from(2.0, 1.0, 3) == pytest.approx((value, low, high))


def test_nothing_gives_nothing_rather_than_zero() -> None:
    for estimate in (wilson(0, 0), mean([]), difference(0, 0, 1, 2)):
        assert all(math.isnan(x) for x in estimate)
    assert mean([5.0])[0] == 5.0
    assert math.isnan(mean([5.0])[1])


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_holds_its_value_and_stays_a_share(successes: int, n: int) -> None:
    successes = min(successes, n)
    value, low, high = wilson(successes, n)
    assert 0 <= low <= value + 1e-12
    assert value - 1e-12 <= high <= 1
    assert wilson(successes, n, confidence=0.99)[1] <= low


def test_findings_keep_columns_and_types_when_empty() -> None:
    row = finding(knowing(date(2026, 10, 31)), "repurchase_rate", (0.5, 0.4, 0.6), n=10, segment="x")
    full, empty = findings(knowing(AS_OF), [row]), findings(knowing(AS_OF))
    assert list(full.columns) == list(empty.columns) == FINDING
    assert full.dtypes.equals(empty.dtypes)
    assert full.loc[0, "period"] == "2026-10"


def test_rank_correlation_and_its_interval_by_hand() -> None:
    one, other = [1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 4, 3, 6, 5, 8, 7]
    rho, low, high = rank_correlation(one, other)
    assert rho == pytest.approx(1 - 6 * 8 / (8 * 63))
    half = 1.959964 * math.sqrt(1.06 / 5)
    assert (low, high) == pytest.approx(
        (math.tanh(math.atanh(rho) - half), math.tanh(math.atanh(rho) + half)), abs=1e-6
    )
    assert low < rho < high
    assert all(math.isnan(v) for v in rank_correlation([1, 2, 3], [1, 2, 3]))
    assert all(math.isnan(v) for v in rank_correlation([1, 1, 1, 1], [1, 2, 3, 4]))
