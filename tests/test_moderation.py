"""An interaction in a regression: its interval against closed forms, and the planted change of a slope recovered."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from crmlib.models.moderation import coefficients, moderated


def test_the_interval_of_a_group_mean_is_the_closed_form_of_hc3() -> None:
    """Of groups alone each coefficient is a mean, and HC3 its sample variance over n less one."""
    rng = np.random.default_rng(1)
    y, group = rng.gamma(2.0, 1.0, 40), np.repeat([0, 1], [12, 28])
    told = coefficients(y, np.column_stack([group == 0, group == 1]).astype(float))
    for side, (value, low, high) in enumerate(told):
        own = y[group == side]
        assert value == pytest.approx(own.mean())
        half = stats.t.ppf(0.975, 38) * np.sqrt(own.var(ddof=1) / (len(own) - 1))
        assert (low, high) == pytest.approx((value - half, value + half))


def test_a_slope_is_that_of_a_line_through_the_data() -> None:
    """Anscombe's first data set (1973): slope 0.5001, intercept 3.0001."""
    x = np.array([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5, 10.5, 9.5])
    y = np.array([8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68])
    x, given = x[:11], np.column_stack([x[:11], np.ones(11)])
    assert np.isnan(coefficients(y, given)[0][0]), "eleven rows are too few to say how sure it is"
    # The same points twice have the same line.
    told = coefficients(np.tile(y, 2), np.tile(given, (2, 1)))
    assert [value for value, _low, _high in told] == pytest.approx([0.5001, 3.0001], abs=1e-4)


def test_planted_changes_of_the_slope_are_recovered_under_uneven_spread() -> None:
    """What the made company plants (0.45; +0.25 and +0.22), with a spread that grows with the moderator, four hundred times."""
    rng, held, found = np.random.default_rng(3), [], []
    truth = np.array([0.45, 0.25, 0.22])
    for _ in range(400):
        x, a, b = rng.normal(size=(3, 300))
        y = x * (truth[0] + truth[1] * a + truth[2] * b) + 0.3 * a + rng.normal(size=300) * np.exp(0.4 * a) * 0.6
        told = np.array(moderated(y, x, [a, b])) * y.std(ddof=1)
        scales = np.array([x.std(ddof=1), x.std(ddof=1) * a.std(ddof=1), x.std(ddof=1) * b.std(ddof=1)])
        # In deviations from the means the slope is that where the moderators are usual.
        usual = truth + np.array([truth[1] * a.mean() + truth[2] * b.mean(), 0.0, 0.0])
        held.append((told[:, 1] <= usual * scales) & (usual * scales <= told[:, 2]))
        found.append(told[:, 0] / scales)
    assert (np.mean(held, axis=0) > 0.925).all()
    error = np.std(found, axis=0, ddof=1) / 20
    assert (np.abs(np.mean(found, axis=0) - truth) < 4 * error + 0.01).all()


def test_what_cannot_be_told_has_no_number() -> None:
    rng = np.random.default_rng(4)
    x, a = rng.normal(size=(2, 60))
    for told in (
        moderated(x[:9], x[:9] + 1, [a[:9]]),
        moderated(a, np.ones(60), [x]),
        moderated(a, x, [x * 2 + 1, x]),
    ):
        assert np.isnan(told).all()
