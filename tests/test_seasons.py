"""A season is found where there is one, and histories are counted in the time of an even year."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.models.seasons import Season, fit

DECEMBER = Season((0.9,) * 11 + (2.1,))


def monthly(
    months: int, factors: np.ndarray, *, level: float = 4000.0, growth: float = 1.0, seed: int = 1
) -> pd.Series:
    index = pd.period_range("2023-01", periods=months, freq="M")
    mean = level * growth ** (np.arange(months) / 12) * factors[index.month - 1] * index.days_in_month / 30
    return pd.Series(np.random.default_rng(seed).poisson(mean), index).astype(float)


@pytest.mark.parametrize("growth", [1.0, 1.5, 0.7])
def test_planted_factors_are_recovered_whatever_the_trend(growth: float) -> None:
    factors = np.array([0.8, 0.8, 0.9, 1.0, 1.0, 1.1, 0.9, 0.9, 1.0, 1.0, 1.3, 1.3])
    season = fit(monthly(48, factors, growth=growth))
    assert season is not None
    assert np.array(season.factors) / np.mean(season.factors) == pytest.approx(factors / factors.mean(), abs=0.05)
    year = season.days(date(2026, 10, 31), 365)
    assert year == pytest.approx(365, abs=0.5)


def test_chance_makes_no_season_and_two_years_are_needed() -> None:
    flat = fit(monthly(48, np.ones(12), level=300))
    assert flat is not None
    assert np.ptp(flat.factors) < 0.12
    assert fit(monthly(23, np.ones(12))) is None
    assert fit(monthly(36, np.ones(12)).mask(lambda s: s.index == pd.Period("2024-02"), 0.0)) is None


def test_time_runs_by_the_strength_of_the_month() -> None:
    on = date(2025, 12, 31)
    assert DECEMBER.days(on, 31) == pytest.approx(31 * 0.9)
    assert DECEMBER.days(date(2025, 11, 30), 31) == pytest.approx(31 * 2.1)
    lives = pd.DataFrame(
        {"frequency": [1.0, 0.0], "recency": [30 / 7, 0.0], "T": [31 / 7, 31 / 7], "time_unit": "weeks"}
    )
    even = DECEMBER.lives(lives, on)
    assert even["T"].to_numpy() == pytest.approx([31 * 2.1 / 7] * 2)
    assert even["recency"].to_numpy() == pytest.approx([30 * 2.1 / 7, 0.0])
    none = Season((1.0,) * 12)
    pd.testing.assert_frame_equal(none.lives(lives, on), lives)
