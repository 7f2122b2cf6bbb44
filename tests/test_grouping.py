"""Groups in a crowd: what is tried, what is chosen, and that chance is told apart from structure."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

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


class Cut:
    """Groups by the sign of the first column, in no time."""

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return (rows[:, 0] > 0).astype(np.int32)


def choice(*rows: tuple[int, float, float, int]) -> pd.DataFrame:
    """What was tried as (groups, silhouette, stability, rows of the smallest group)."""
    frame = pd.DataFrame(rows, columns=["groups", "silhouette", "stability", "smallest_group"])
    frame = frame.assign(low=frame["stability"] - 0.1, high=frame["stability"] + 0.1)
    return frame[["groups", "silhouette", "stability", "low", "high", "smallest_group"]]


@pytest.mark.parametrize(
    ("tried", "groups"),
    [
        ([(2, 0.52, 0.9, 30), (3, 0.51, 0.9, 30), (4, 0.5, 0.9, 30), (5, 0.49, 0.9, 30)], 4),
        ([(2, 0.52, 0.9, 30), (3, 0.52, 0.8, 30), (4, 0.52, 0.7999, 30)], 3),
        ([(2, 0.52, 0.9, 31), (3, 0.52, 0.9, 30), (4, 0.52, 0.9, 29)], 3),
        ([(2, 0.52, 0.9, 29), (3, 0.52, 0.7, 30)], 0),
        ([(2, 0.28, 0.9, 30)], 2),
        ([(2, 0.2799, 0.9, 30)], 0),
    ],
)
def test_the_most_groups_of_those_that_are_stable_large_near_the_best_and_beyond_chance(
    monkeypatch: pytest.MonkeyPatch, tried: list[tuple[int, float, float, int]], groups: int
) -> None:
    """At least 0.8 alike, 30 rows, 0.02 from the best silhouette, and 0.03 above that of chance, which is 0.25 here."""
    monkeypatch.setattr(grouping, "_tried", lambda *_given: choice(*tried))
    monkeypatch.setattr(grouping, "_by_chance", lambda *_given: 0.25)
    found = grouped(ROWS, least=30, seed=3)
    assert (len(np.unique(found.labels)) if found.labels is not None else 0) == groups
    if groups:
        row = choice(*tried).set_index("groups").loc[groups]
        assert (found.silhouette, *found.stability) == (row["silhouette"], row["stability"], row["low"], row["high"])


def test_the_number_of_groups_is_chosen_on_twice_the_rows_that_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def watched(sample: np.ndarray, *_given: object) -> pd.DataFrame:
        seen.append(len(sample))
        return choice((2, 0.5, 0.9, 30))

    monkeypatch.setattr(grouping, "_tried", watched)
    monkeypatch.setattr(grouping, "JUDGED", 50)
    monkeypatch.setattr(grouping, "SAMPLE", 120)
    grouped(ROWS, least=30, seed=3)
    assert seen == [100]
    labels = grouping._fitted(ROWS, 4, 3).predict(ROWS)
    assert grouping._silhouette(ROWS, labels) == round(silhouette_score(ROWS[:50], labels[:50]), 4)
    assert np.isnan(grouping._silhouette(ROWS, np.repeat([0, 1], [50, 270]))), "one group is not apart from any"
    monkeypatch.setattr(grouping, "_fitted", lambda *_given: Cut())

    def rising(rows: np.ndarray, _labels: np.ndarray) -> float:
        seen.append(len(rows))
        return float(len(seen))

    monkeypatch.setattr(grouping, "_silhouette", rising)
    assert grouping._by_chance(ROWS, 2, 3) == 1 + grouping.CHANCE_DRAWS, "the largest of the draws"
    assert seen[1:] == [50] * grouping.CHANCE_DRAWS
    assert grouping._by_chance(ROWS[:40], 2, 3) > 0
    assert seen[-1] == 40, "a crowd is no larger than the sample"


def test_a_crowd_of_chance_lies_as_the_sample_does(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[np.ndarray] = []
    monkeypatch.setattr(grouping, "_fitted", lambda *_given: Cut())

    def watched(rows: np.ndarray, _labels: np.ndarray) -> float:
        drawn.append(rows)
        return 0.0

    monkeypatch.setattr(grouping, "_silhouette", watched)
    slanted = np.random.default_rng(4).multivariate_normal([9.0, -3.0], [[4.0, 1.5], [1.5, 1.0]], 1200)
    grouping._by_chance(slanted, 2, 3)
    crowd = np.concatenate(drawn)
    assert crowd.mean(axis=0) == pytest.approx(slanted.mean(axis=0), abs=0.1)
    assert np.cov(crowd, rowvar=False) == pytest.approx(np.cov(slanted, rowvar=False), abs=0.15)
    grouping._by_chance(slanted[:, :1], 2, 3)
    assert drawn[-1].shape[1] == 1, "one column is a crowd too"


def test_stability_is_the_mean_over_splits_with_the_range_of_most_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_fitted", lambda *_given: Cut())
    alike = iter([0.0, 0.2, 0.4, 0.6, 0.80004, 1.0])
    monkeypatch.setattr(grouping, "adjusted_rand_score", lambda _one, _other: next(alike))
    assert grouping._stability(ROWS, 2, 1, 0.8) == (0.5, 0.1, 0.9)
    thirds = iter([1 / 3] * 6)
    monkeypatch.setattr(grouping, "adjusted_rand_score", lambda _one, _other: next(thirds))
    assert grouping._stability(ROWS, 2, 1, 0.95) == (0.3333,) * 3


def test_twice_as_many_different_rows_as_groups_are_needed_and_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_stability", lambda *_given: (1.0, 1.0, 1.0))
    for different, tried in ((5, []), (6, [2]), (7, [2]), (8, [2, 3])):
        rows = np.repeat(np.arange(different) ** 2.0, 20)[:, None]
        assert grouping._tried(rows, 1, 0.9)["groups"].to_list() == tried


def test_centres_are_rounded_to_six_digits_and_one_thread_works(monkeypatch: pytest.MonkeyPatch) -> None:
    centres = grouping._fitted(ROWS, 4, 3).cluster_centers_
    assert (centres == centres.round(6)).all()
    assert (centres != centres.round(5)).any()
    monkeypatch.setattr(grouping, "_grouped", lambda *_given: threadpool_info())
    assert {pool["num_threads"] for pool in grouped(ROWS, least=30, seed=3)} == {1}  # type: ignore[attr-defined]
