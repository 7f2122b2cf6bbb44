"""Rounding, and what else to withhold: no few is left to be worked out, whatever hangs together with what."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.models.disclosure import coarse, is_few, known, nearest, width, withheld

COUNT = st.sampled_from([0, 0, 1, 1, 2, 3, 4, 4, 5, 7, 8, 12, 22, 97])


@given(st.integers(0, 10_000), st.integers(1, 50))
def test_a_count_is_told_as_a_multiple_near_to_it(count: int, k: int) -> None:
    told = nearest(count, k)
    assert told % k == 0
    assert abs(told - count) <= k / 2
    assert told >= k or count < k


@given(st.floats(-1e9, 1e9), st.floats(1e-9, 1e9))
def test_a_number_is_told_no_nearer_than_the_width_asked_for(value: float, size: float) -> None:
    step = width(size)
    assert size * (1 - 1e-6) <= step <= 2.5 * size
    told = coarse(value, size)
    assert abs(told - value) <= step / 2 * (1 + 1e-6) + 1e-9 * abs(value)
    assert abs(told / step - round(told / step)) <= 1e-6 * max(1, abs(told / step)) + 0.005


def test_nothing_is_rounded_where_all_is_published() -> None:
    assert [nearest(count, 1) for count in range(5)] == [0, 1, 2, 3, 4]
    assert coarse(0.123456, 0) == 0.123456


def test_none_is_as_few_only_where_it_is_said_so() -> None:
    assert not is_few(0, 5)
    assert is_few(0, 5, none=True)
    # "Fewer than 2, and not none" would be one.
    assert is_few(0, 2)
    assert not is_few(0, 1)


def hierarchy(cells: list[list[int]]) -> tuple[list[int], list[tuple[int, list[int]]]]:
    """A table of rows and columns with all of its margins: its counts, and what adds up to what."""
    grid = np.array(cells)
    rows, columns = grid.shape
    counts = [*grid.ravel().tolist(), *grid.sum(axis=1).tolist(), *grid.sum(axis=0).tolist(), int(grid.sum())]
    n = rows * columns
    sums = [(n + r, [r * columns + c for c in range(columns)]) for r in range(rows)]
    sums += [(n + rows + c, [r * columns + c for r in range(rows)]) for c in range(columns)]
    sums += [(n + rows + columns, [n + r for r in range(rows)])]
    return counts, sums


@st.composite
def tables(draw: st.DrawFn) -> list[list[int]]:
    """Small tables with many small cells."""
    columns = draw(st.integers(1, 4))
    return draw(st.lists(st.lists(COUNT, min_size=columns, max_size=columns), min_size=1, max_size=4))


def fitting(counts: list[int], sums: Any, k: int, few: set[int], beside: set[int], cell: int, limit: int) -> set[int]:
    """Whole numbers that a cell of a single relation may hold, by trying them one after the other."""
    ((total, parts),) = sums
    low, high = {}, {}
    for i in (total, *parts):
        at = nearest(counts[i], k) - k // 2
        told = (0, 0) if not counts[i] else (max(k, at), at + k - 1)
        low[i], high[i] = (1, k - 1) if i in few else (0, limit) if i in beside else told
    rest = [i for i in parts if i != cell]
    return {
        x
        for x in range(int(low[cell]), int(high[cell]) + 1)
        if sum(low[i] for i in rest) + x <= high[total] and sum(high[i] for i in rest) + x >= low[total]
    }


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(3, 7))
def test_no_few_of_a_table_with_margins_is_worked_out(cells: list[list[int]], k: int) -> None:
    counts, sums = hierarchy(cells)
    few, beside = withheld(counts, sums, k)
    small = {i for i, count in enumerate(counts) if 0 < count < k}
    assert few <= small <= few | beside
    assert not few & beside
    assert known(counts, sums, k, few, beside, among=small) == set()


@settings(max_examples=60, deadline=None)
@given(st.lists(COUNT, min_size=2, max_size=5), st.integers(3, 7))
def test_by_trying_all_numbers_each_few_of_a_column_leaves_two(parts: list[int], k: int) -> None:
    counts, sums = [sum(parts), *parts], [(0, list(range(1, len(parts) + 1)))]
    few, beside = withheld(counts, sums, k)
    for cell in {i for i, count in enumerate(counts) if 0 < count < k} - {0}:
        assert len(fitting(counts, sums, k, few, beside, cell, limit=sum(parts) + 4 * k)) > 1


def test_a_few_that_follows_from_a_total_takes_another_with_it() -> None:
    # 28 is told as 30 (28 to 32), 12 as 10 (8 to 12) twice: the fourth could only be 4.
    counts, sums = [28, 12, 12, 4], [(0, [1, 2, 3])]
    assert known(counts, sums, 5, {3}, set()) == {3}
    few, beside = withheld(counts, sums, 5)
    assert (few, beside) == ({3}, {1})
    assert known(counts, sums, 5, few, beside) == set()


def test_a_whole_that_other_figures_tell_too_gives_none_of_its_parts_away() -> None:
    parts = [1, 1, 18, 8, 1]
    counts, sums = [*parts, sum(parts)], [(5, [0, 1, 2, 3, 4])]
    few = {0, 1, 4}
    assert known(counts, sums, 5, few, set()) == set(), "within what the whole alone is rounded to each could be two"
    assert known(counts, sums, 5, few, set(), exact={5}) == few
    few, beside = withheld(counts, sums, 5, fixed={5}, exact={5})
    assert beside
    assert known(counts, sums, 5, few, beside, exact={5}) == set()


def test_a_whole_of_few_is_told_by_no_figure_and_takes_nothing_with_it() -> None:
    months = [0, 0, 1, 0, 0, 1]
    counts, sums = [*months, sum(months)], [(6, [0, 1, 2, 3, 4, 5])]
    assert withheld(counts, sums, 5, fixed={6}, exact={6}, none=True) == ({*range(7)}, set())


def test_what_is_told_elsewhere_is_not_withheld() -> None:
    counts, sums = [28, 12, 12, 4], [(0, [1, 2, 3])]
    few, beside = withheld(counts, sums, 5, fixed={0, 1})
    assert (few, beside) == ({3}, {2})


@pytest.mark.parametrize("none", [False, True])
def test_nothing_is_withheld_at_one(none: bool) -> None:
    assert withheld([3, 1, 2], [(0, [1, 2])], 1, none=none) == (set(), set())
