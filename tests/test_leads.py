"""The change of a group's lead: by hand, what changes nothing, and intervals that hold while leads wander by themselves."""

import numpy as np
import pytest
from scipy import stats

from crmlib.models import leads


def told(lead: list[list[float]], error: float = 1e-6) -> tuple[list[leads.Change], float]:
    rows = np.array(lead)
    return leads.changes(rows, np.full(rows.shape, error), np.full(rows.shape, 1e6))


def test_where_customers_scatter_little_it_is_the_interval_of_one_more_span() -> None:
    """A new value against four before it: Student's t with three degrees of freedom on s times the root of 1 + 1/4."""
    before = [0.02, -0.01, 0.03, 0.00]
    (change,), wander = told([[0.2, *before]])
    half = stats.t.ppf(0.975, 3) * np.std(before, ddof=1) * np.sqrt(1.25)
    assert change.interval() == pytest.approx((0.19, 0.19 - half, 0.19 + half), rel=1e-6)
    assert wander == pytest.approx(np.std(before, ddof=1), rel=1e-6)
    assert change.chance == pytest.approx(2 * stats.t.sf(0.19 / (half / stats.t.ppf(0.975, 3)), 3), rel=1e-6)
    assert change.least() == pytest.approx(half * (1 + stats.t.ppf(0.8, 3) / stats.t.ppf(0.975, 3)), rel=1e-6)
    assert np.isnan(change.times_as_many(0.01)), "more customers do not keep leads from wandering"


def test_where_leads_do_not_wander_only_the_customers_scatter() -> None:
    (change,), wander = told([[0.1, 0.01, 0.01, 0.01]], error=0.03)
    assert wander == 0
    assert change.variance == pytest.approx(0.03**2 * (1 + 1 / 3))
    assert change.times_as_many(change.least()) == pytest.approx(1.0)
    assert change.times_as_many(change.least() / 2) == pytest.approx(4.0), (
        "half the change takes four times the customers"
    )


def test_what_holds_in_every_span_and_which_side_leads_change_nothing() -> None:
    rng = np.random.default_rng(3)
    lead = rng.normal(0, 0.05, (3, 6))
    one, wander = told(lead.tolist(), 0.02)
    moved, same = told((lead + np.array([[0.3], [-0.2], [0.0]])).tolist(), 0.02)
    turned, _wander = told((-lead).tolist(), 0.02)
    assert same == pytest.approx(wander)
    for a, b, c in zip(one, moved, turned, strict=True):
        assert b.interval() == pytest.approx(a.interval())
        assert c.interval() == pytest.approx((-a.value, -a.interval()[2], -a.interval()[1]))
    assert leads.by_lot(0.1, 0.02, 50.0).interval()[1:] == pytest.approx(stats.t.interval(0.95, 50, 0.1, 0.02))
    with pytest.raises(ValueError, match="2 spans"):
        told([[0.1, 0.0, 0.0]])


@pytest.mark.parametrize("wander", [0.0, 1.0, 3.0])
def test_intervals_hold_whether_leads_wander_or_not(wander: float) -> None:
    """Leads of two groups and of four, drawn a thousand times; `wander` in standard errors of the customers."""
    rng = np.random.default_rng(7)
    for rows in (1, 4):
        lead = rng.normal(0, np.hypot(1.0, wander), (1000, rows, 7))
        lead = lead - (lead.mean(axis=1, keepdims=True) if rows > 1 else 0)
        error = np.full((rows, 7), np.sqrt(1 - 1 / rows) if rows > 1 else 1.0)
        found = [change for sample in lead for change in leads.changes(sample, error, np.full((rows, 7), 1e6))[0]]
        inside = np.mean([low <= 0 <= high for _v, low, high in (change.interval() for change in found)])
        assert inside >= 0.93, rows
