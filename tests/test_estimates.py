"""Intervals against published values, and findings that keep their shape."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from crmlib.facts.findings import FINDING, finding, findings
from crmlib.models.estimates import (
    Clustered,
    apart,
    clustered,
    clustered_difference,
    difference,
    furthest,
    mean,
    mean_from,
    median,
    rank_correlation,
    ratio_of_counts,
    ratio_of_sums,
    wilson,
)
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


def test_rows_that_come_one_to_a_cluster_are_independent() -> None:
    hits, rows = [1] * 30 + [0] * 70, [1] * 100
    assert clustered(Clustered.of(hits, rows)) == pytest.approx(wilson(30, 100))
    other = [1] * 20 + [0] * 80
    apart_ = clustered_difference((hits + [0] * 100, rows + [0] * 100), ([0] * 100 + other, [0] * 100 + rows))
    assert apart_ == pytest.approx(difference(30, 100, 20, 100))
    assert all(math.isnan(v) for v in clustered(Clustered.of([], [])))


def test_rows_of_clusters_that_are_all_of_a_kind_count_once() -> None:
    """Clusters of one size in which all rows are the same tell as much as one row each (Kish 1965)."""
    sums = Clustered.of([10] * 30 + [0] * 70, [10] * 100)
    assert sums.effective == pytest.approx(100, rel=0.02)
    assert Clustered.of([0] * 50, [4] * 50).effective == 50, "nothing shows how alike they are"


@pytest.mark.parametrize(("share", "alike"), [(0.1, 0.1), (0.3, 0.3), (0.6, 0.2), (0.3, 0.0)])
def test_intervals_by_customer_cover_where_those_by_contact_do_not(share: float, alike: float) -> None:
    rng, seen = np.random.default_rng(12), {"by_customer": 0, "by_contact": 0}
    for _again in range(400):
        rows = 1 + rng.geometric(0.2, 60)
        own = rng.beta(share * (1 / alike - 1), (1 - share) * (1 / alike - 1), 60) if alike else share
        hits = rng.binomial(rows, own)
        _value, low, high = clustered(Clustered.of(hits, rows))
        seen["by_customer"] += low <= share <= high
        _value, low, high = wilson(float(hits.sum()), float(rows.sum()))
        seen["by_contact"] += low <= share <= high
    assert 0.92 <= seen["by_customer"] / 400 <= 0.985
    assert seen["by_contact"] / 400 < 0.9 or not alike


def test_a_difference_within_the_same_customers_is_surer_than_between_others() -> None:
    rng = np.random.default_rng(3)
    own = rng.beta(1, 2, 80)
    one, other = (rng.binomial(8, np.clip(own + up, 0, 1)) for up in (0.1, 0.0))
    rows, none = np.full(80, 8), np.zeros(80)
    within = clustered_difference((one, rows), (other, rows))
    between = clustered_difference(
        (np.append(one, none), np.append(rows, none)), (np.append(none, other), np.append(none, rows))
    )
    assert within[0] == between[0]
    assert within[2] - within[1] < between[2] - between[1]


def test_the_furthest_of_groups_by_published_points() -> None:
    """Upper 5 % points of the studentised range (Harter 1960): q(3, 20) 3.578, q(10, 30) 4.824, q(20, ∞) 5.012."""
    for groups, df, q in ((3, 20.0, 3.578), (10, 30.0, 4.824), (20, 1e6, 5.012)):
        t = 1.959964 if df > 1000 else {20.0: 2.085963, 30.0: 2.042272}[df]
        assert furthest(groups, df, 0.95) == pytest.approx(q / math.sqrt(2) / t, rel=1e-3)
    assert furthest(2, 30.0, 0.95) == pytest.approx(1, rel=1e-6), "of two it is the t test"


@pytest.mark.parametrize("alike", [0.0, 0.2])
def test_twenty_equal_segments_are_seldom_called_different(alike: float) -> None:
    rng, called, plain = np.random.default_rng(7), 0, 0
    for _again in range(200):
        parts = []
        for _segment in range(20):
            rows = 1 + rng.geometric(0.25, 80)
            own = rng.beta(0.3 * (1 / alike - 1), 0.7 * (1 / alike - 1), 80) if alike else 0.3
            parts.append(clustered(Clustered.of(rng.binomial(rows, own), rows)))
        most, least = max(parts), min(parts)
        called += apart(most, least, groups=20, n=80)
        plain += most[1] > least[2]
    assert called / 200 <= 0.09, "5 % and three standard errors of 200 draws"
    assert plain / 200 > 0.1, "extremes of twenty whose intervals do not overlap"


def test_segments_that_differ_are_called_so() -> None:
    parts = [wilson(300 + 20 * i, 1000) for i in range(5)]
    assert apart(parts[-1], parts[0], groups=5, n=1000)
    assert not apart(wilson(320, 1000), wilson(300, 1000), groups=5, n=1000)


def test_all_or_none_end_exactly_at_the_edge() -> None:
    for n in range(1, 60):
        assert wilson(n, n)[2] == 1.0
        assert wilson(0, n)[1] == 0.0


def test_two_values_have_an_interval_and_one_or_an_endless_spread_has_none() -> None:
    assert mean([1.0, 3.0]) == pytest.approx((2.0, 2 - 12.706205, 2 + 12.706205))
    assert mean([1.0, 3.0], confidence=0.9) == pytest.approx((2.0, 2 - 6.313752, 2 + 6.313752))
    assert mean([5.0])[0] == 5.0
    for deviation, n in ((math.inf, 5), (1.0, 1), (1.0, 0)):
        value, low, high = mean_from(2.0, deviation, n)
        assert value == 2.0
        assert math.isnan(low)
        assert math.isnan(high)


def test_a_median_lies_between_its_order_statistics() -> None:
    """Ranks after Conover (1999, section 3.2): n/2 less and more z √n / 2, rounded up."""
    for n, low, high in ((8, 2, 7), (16, 5, 12), (25, 8, 18), (100, 41, 60)):
        assert median(range(n, 0, -1)) == ((n + 1) / 2, low, high)
    assert median(range(1, 26), confidence=0.8) == (13, 10, 16)
    assert median([1, 2, 3, 4, 5, 6, 7])[0] == 4
    assert all(math.isnan(v) for v in median(range(7))[1:])
    assert all(math.isnan(v) for v in median([]))


def test_a_ratio_of_sums_is_the_delta_methods() -> None:
    rows = {"a": [1.0, 2.0, 3.0], "b": [2.0, 2.0, 4.0], "c": [3.0, 1.0, 1.0]}
    moments = {name: sum(values) for name, values in rows.items()}
    pairs = [(one, other) for i, one in enumerate(rows) for other in list(rows)[i:]]
    moments |= {f"{x}.{y}": sum(p * q for p, q in zip(rows[x], rows[y], strict=True)) for x, y in pairs}
    for over, under, value in ((["a"], ["b"], 6 / 8), (["a", "b"], ["c"], 6 * 8 / 5), (["a"], ["b", "c"], 6 / 40)):
        signs = {**dict.fromkeys(over, 1), **dict.fromkeys(under, -1)}
        variance = sum(sum(s * rows[k][i] / moments[k] for k, s in signs.items()) ** 2 for i in range(3))
        factor = math.exp(1.644854 * math.sqrt(variance))
        found = ratio_of_sums(moments, over, under, confidence=0.9)
        assert found == pytest.approx((value, value / factor, value * factor), rel=1e-6)
    same = ratio_of_sums({"a": 3.0, "b": 3.0, "a.a": 5.0, "a.b": 5.0, "b.b": 5.0}, ["a"], ["b"])
    assert same == (1.0, 1.0, 1.0)
    below = {"a": 3.0, "b": 3.0, "a.a": 5.0, "a.b": 5.0 + 1e-15, "b.b": 5.0}
    assert ratio_of_sums(below, ["a"], ["b"]) == (1.0, 1.0, 1.0), "a variance below nought is rounding"
    for nought in ("a", "b"):
        assert all(math.isnan(v) for v in ratio_of_sums({**moments, nought: 0.0}, ["a"], ["b"]))


def test_four_ranks_are_enough_and_a_perfect_order_is_certain() -> None:
    rho, low, high = rank_correlation([1, 2, 3, 4], [1, 2, 4, 3], confidence=0.9)
    half = 1.644854 * math.sqrt(1.06)
    assert rho == pytest.approx(0.8)
    assert (low, high) == pytest.approx(
        (math.tanh(math.atanh(0.8) - half), math.tanh(math.atanh(0.8) + half)), abs=1e-6
    )
    assert rank_correlation([1, 2, 3, 4], [8, 6, 4, 2]) == (-1.0, -1.0, -1.0)


def test_every_estimate_has_a_value_and_two_ends() -> None:
    nothing = {"a": 0.0, "a.a": 0.0}
    for estimate in (
        wilson(0, 0), mean([]), mean([1.0]), median([]), median([1, 2]), difference(0, 0, 1, 2), rank_correlation([1], [1]),
        ratio_of_sums(nothing, ["a"], []),
    ):  # fmt: skip
        assert len(estimate) == 3


def test_the_ratio_of_two_counts_has_the_exact_interval() -> None:
    share = binomtest(96, 96 + 60).proportion_ci(0.9, method="exact")
    ends = [share.low / (1 - share.low), share.high / (1 - share.high)]
    assert ratio_of_counts(96, 60, confidence=0.9) == pytest.approx([1.6, *ends])
    assert np.isnan(ratio_of_counts(0, 3)).all()
    assert np.isnan(ratio_of_counts(3, 0)).all()
