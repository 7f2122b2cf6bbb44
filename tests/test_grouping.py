"""Groups in a crowd: what is tried, what is chosen, and that chance is told apart from structure."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import silhouette_score

from crmlib.models import grouping
from crmlib.models.grouping import MIN_STABILITY, NEAR, Grouping, grouped

TRUTH = np.arange(320) % 4
CENTRES = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 7.0], [5.0, 7.0]])
ROWS = CENTRES[TRUTH] + np.random.default_rng(2).normal(scale=0.8, size=(320, 2))


@pytest.fixture(scope="module")
def four() -> Grouping:
    return grouped(ROWS, least=30, seed=3)


def test_every_number_of_groups_is_tried_and_the_true_one_found(four: Grouping) -> None:
    assert four.choice["groups"].to_list() == list(range(2, 9))
    assert four.groups == 4
    assert four.labels is not None
    assert pd.crosstab(TRUTH, four.labels).gt(75).sum().to_list() == [1, 1, 1, 1]
    assert four.silhouette == pytest.approx(silhouette_score(ROWS, four.labels), abs=0.005)
    row = four.choice.set_index("groups").loc[4]
    assert (four.silhouette, *four.stability) == (row["silhouette"], row["stability"], row["low"], row["high"])
    assert row["smallest_group"] == np.bincount(four.labels).min()


def test_figures_are_stated_to_four_digits_and_lie_in_their_range(four: Grouping) -> None:
    figures = four.choice[["silhouette", "stability", "low", "high"]]
    pd.testing.assert_frame_equal(figures, figures.round(4), check_exact=True)
    assert ((figures["low"] <= figures["stability"]) & (figures["stability"] <= figures["high"])).all()
    assert (figures["low"] < figures["high"]).any()
    assert (four.choice["smallest_group"] > 0).all()


def test_groups_too_small_too_unstable_or_worse_than_the_best_are_not_chosen(four: Grouping) -> None:
    smaller = grouped(ROWS, least=100, seed=3)
    assert smaller.groups == 2
    assert (smaller.choice.set_index("groups").loc[2, "smallest_group"]) >= 100
    assert grouped(ROWS, least=161, seed=3).labels is None
    good = four.choice[(four.choice["stability"] >= MIN_STABILITY) & (four.choice["smallest_group"] >= 30)]
    best = good["silhouette"].max()
    assert four.groups == good.loc[good["silhouette"] >= best - NEAR, "groups"].max()


def test_one_crowd_is_no_groups_and_its_chance_is_that_of_a_crowd() -> None:
    crowd = np.random.default_rng(5).normal(size=(320, 2)) * [2.0, 1.0]
    found = grouped(crowd, least=10, seed=3)
    assert found.labels is None
    if found.groups:
        assert found.silhouette < found.chance + grouping.MIN_ABOVE_CHANCE


def test_few_different_rows_are_not_cut_into_more_groups_than_they_bear() -> None:
    few = np.repeat(CENTRES, 80, axis=0)
    assert grouped(few, least=10, seed=1).labels is None
    assert grouped(few, least=10, seed=1).choice.empty
