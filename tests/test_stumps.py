"""Boosted stumps as staircases: equal to scikit-learn, in memory and in the engine, with parts that add up."""

import ibis
import numpy as np
import pandas as pd
import pytest

from crmlib.facts.ways import log_odds
from crmlib.models import stumps

NAMES = ("a", "b", "c")


def drawn(n: int = 4_000, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(size=n), rng.poisson(2.0, n).astype(float), rng.gamma(1.0, size=n)])
    x[rng.random(n) < 0.1, 1] = np.nan
    left = rng.random(n) < 1 / (1 + np.exp(2 - 1.5 * (x[:, 0] > 0.3) - np.nan_to_num(x[:, 1]) / 2))
    return x, left


def test_the_staircases_are_the_model_and_their_parts_add_up() -> None:
    x, left = drawn()
    model = stumps.boosting(x, left, seed=1)
    fitted = stumps.staircases(model, x, NAMES)
    rng = np.random.default_rng(5)
    unseen = np.vstack([x, rng.normal(0, 5, (500, 3)), [[np.nan] * 3]])
    np.testing.assert_allclose(fitted.log_odds(unseen), model.decision_function(unseen), atol=1e-9)
    np.testing.assert_allclose(fitted.base + fitted.added(unseen).sum(axis=1), fitted.log_odds(unseen), atol=1e-12)
    np.testing.assert_allclose(fitted.added(x).mean(axis=0), 0, atol=1e-9)
    on_cuts = np.array(
        [[cut if name == step.feature else 0.0 for name in NAMES] for step in fitted.steps for cut in step.cuts]
    )
    np.testing.assert_allclose(fitted.log_odds(on_cuts), model.decision_function(on_cuts), atol=1e-9)


def test_the_engine_says_the_same() -> None:
    x, left = drawn()
    model = stumps.boosting(x, left, seed=1)
    fitted = stumps.staircases(model, x, NAMES)
    rows = ibis.memtable(pd.DataFrame(x, columns=NAMES))
    rows = rows.mutate(b=rows.b.isnan().ifelse(ibis.null("float64"), rows.b))
    scored = rows.mutate(told=log_odds(rows, fitted)).to_pandas()["told"].to_numpy()
    np.testing.assert_allclose(np.sort(scored), np.sort(model.decision_function(x)), atol=1e-9)


def test_too_few_who_left_fit_nothing() -> None:
    x = drawn(200)[0]
    few = np.zeros(200, dtype=bool)
    few[: stumps.EVENTS - 1] = True
    assert stumps.fitted(x, NAMES, few, seed=1) is None
    assert stumps.yardstick(x, few) is None
    few[stumps.EVENTS - 1] = True
    assert stumps.fitted(x, NAMES, few, seed=1) is not None


@pytest.mark.parametrize("constant", [0.0, np.nan])
def test_a_column_that_says_nothing_adds_nothing(constant: float) -> None:
    x, left = drawn()
    x[:, 2] = constant
    fitted = stumps.fitted(x, NAMES, left, seed=1)
    assert fitted is not None
    assert "c" not in [step.feature for step in fitted.steps]
    np.testing.assert_allclose(fitted.log_odds(x), fitted.base + fitted.added(x).sum(axis=1))
    told = stumps.yardstick(x, left)
    assert told is not None
    assert np.corrcoef(told.log_odds(x), left)[0, 1] > 0.3
