"""Intervals of forecasts hold the year that came, and what they cannot hold is declined; the large study is `study_forecasts`."""

from math import isnan

import numpy as np
import pandas as pd
import pytest

from crmlib.models import bgnbd, forecasts, mbgnbd, nbd
from crmlib.models.choice import Rules, choose
from tests import public_companies, study_forecasts
from tests.simulated import END, KINDS, company


def test_of_simulated_companies_the_intervals_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighteen, two of each kind: at most two of the intervals miss (90 % are said to hold)."""
    monkeypatch.setattr(forecasts, "DRAWS", 40)
    monkeypatch.setattr(study_forecasts, "CANDIDATES", (bgnbd.fit, mbgnbd.fit, nbd.fit))
    rng = np.random.default_rng(5)
    rows = [study_forecasts.simulated(kind, company(kind, rng, most=900)) for kind in (*KINDS, *KINDS)]
    made = study_forecasts.report(rows).set_index("kind")
    frame = pd.DataFrame(rows)
    for name in ("orders", "money"):
        told = frame[frame[f"{name}_gate"] == "passed"]
        assert len(told) >= 8
        assert (~told[f"{name}_held"].astype(bool)).sum() <= 2
        assert made.loc["all", f"{name}_declined"] == pytest.approx(1 - len(told) / len(frame))
        assert made.loc["all", f"{name}_width"] < 0.6


def test_a_change_that_the_trials_saw_is_declined() -> None:
    """Everybody buys half as often from a year ago on: what a model expected then came to twice what came."""
    rng = np.random.default_rng(2)
    orders = company("pareto", rng, most=2000, months=40)
    gone = (orders.day > END.toordinal() - 365) & (rng.random(len(orders.day)) < 0.55)
    kept = {name: getattr(orders, name)[~gone] for name in ("customer", "day", "amount", "back")}
    less = type(orders)(**kept, months=orders.months)
    choice = choose(less.origins(), less.lives(END), [bgnbd.fit, nbd.fit], Rules(), on=END)
    assert choice.gate.state == "missed"
    assert choice.gate.ratio > 1.25


def test_a_planted_season_is_counted_with_and_a_level_year_is_not() -> None:
    rng, found = np.random.default_rng(3), {}
    for kind in ("seasonal", "pareto"):
        orders = company(kind, rng, least=1500, most=3000, months=54)
        choice = choose(
            orders.origins(most=3), orders.lives(END), [bgnbd.fit, nbd.fit], Rules(), on=END, seasons=orders.season
        )
        found[kind] = choice.season
    assert found["seasonal"] is not None
    assert np.ptp(found["seasonal"].factors) > 0.3
    assert found["pareto"] is None or np.ptp(found["pareto"].factors) < 0.2


@pytest.mark.slow
@pytest.mark.parametrize("name", public_companies.QUERIES)
def test_public_companies_are_held_or_declined(name: str) -> None:
    if name not in public_companies.there():
        pytest.skip("../shared/data is not beside the project")
    rows = list(study_forecasts.of_public(name))
    assert rows or name == "grocery_campaigns", "only this one has no year to look back from"
    for row in rows:
        for money in ("orders", "money"):
            assert row[f"{money}_gate"] != "passed" or row[f"{money}_held"], row
            assert row[f"{money}_gate"] == "passed" or isnan(float(row.get(f"{money}_half", float("nan"))))  # type: ignore[arg-type]
