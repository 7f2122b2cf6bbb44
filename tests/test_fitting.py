"""The search for a maximum where Newton alone would run away, what a fit says of itself, and rows counted once."""

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

from crmlib.models.fitting import (
    FEWEST,
    WIDEST,
    Array,
    Evaluation,
    Fit,
    FitError,
    UnitError,
    _newton,
    distinct,
    fit,
    unit_of,
)

SCALE = np.array([1.0, 3.0])


def far(point: Array) -> Evaluation:
    """Highest at nought; from far away a step of Newton's own would overshoot further each time."""
    return (
        float(-np.log(np.cosh(point * SCALE)).sum()),
        -SCALE * np.tanh(point * SCALE),
        np.diag(-((SCALE / np.cosh(point * SCALE)) ** 2)),
    )


def test_the_search_never_goes_down_and_arrives_in_a_few_steps() -> None:
    seen: list[float] = []

    def watched(point: Array) -> Evaluation:
        seen.append(float(np.abs(point).max()))
        return far(point)

    for start in ([2.0, 2.0], [5.0, -4.0], [0.5, 0.1]):
        seen.clear()
        point, value, hessian, settled = _newton(watched, np.array(start))
        assert settled
        assert point == pytest.approx([0.0, 0.0], abs=1e-6)
        assert value == pytest.approx(0.0, abs=1e-10)
        assert np.diag(hessian) == pytest.approx(-(SCALE**2))
        assert len(seen) < 40
        assert max(seen) < 9


def test_a_start_that_cannot_be_evaluated_and_a_slope_without_end_do_not_settle_inside() -> None:
    nowhere = _newton(lambda p: (float("nan"), np.zeros(1), np.eye(1)), np.zeros(1))
    assert not nowhere[3]
    point, _value, _hessian, _settled = _newton(lambda p: (float(p[0]), np.ones(1), np.zeros((1, 1))), np.zeros(1))
    assert point[0] == 14.0, "as far as the search goes"


def normal(customers: int = 100, width: float = 1.0) -> Fit:
    """A quadratic log-likelihood a customer: estimates e and e squared, standard errors known."""
    centre, curve = np.array([1.0, 2.0]), np.diag([-4.0, -1.0]) / width**2

    def likelihood(point: Array, _rows: slice) -> Evaluation:
        away = point - centre
        return float(away @ curve @ away / 2), curve @ away, curve

    return fit("M", ("a", "b"), likelihood, start=np.zeros(2), rows=customers, customers=customers)


def test_a_fit_states_its_estimates_their_errors_and_n() -> None:
    found = normal()
    assert (found.state, found.edge, found.customers, found.usable) == ("fitted", (), 100, True)
    assert found.values == pytest.approx((np.e, np.e**2))
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx([1 / 20, 1 / 10])
    assert found.log_likelihood == pytest.approx(0.0)
    table = found.table().set_index("parameter")
    assert table.loc["b", "low"] == pytest.approx(np.exp(2 - 1.96 / 10))
    assert table.loc["b", "high"] == pytest.approx(np.exp(2 + 1.96 / 10))
    assert found.at(np.zeros(2)) == (1.0, 1.0)


def test_a_parameter_that_the_data_leave_open_is_an_edge() -> None:
    """The standard errors are width / 20 and width / 10."""
    assert normal(width=10 * WIDEST * 0.99).state == "fitted"
    wide = normal(width=10 * WIDEST * 1.01)
    assert (wide.state, wide.edge, wide.usable) == ("boundary", ("b",), False)
    assert wide.table()[["low", "high"]].isna().all(axis=None)
    with pytest.raises(FitError, match=r"M cannot be asked for anything: boundary b$"):
        wide.at()
    assert normal(FEWEST).state == "fitted"
    assert normal(FEWEST - 1).state == "too_few"


def test_many_rows_start_from_a_sample_of_them() -> None:
    parts: list[slice] = []

    def likelihood(point: Array, rows: slice) -> Evaluation:
        parts.append(rows)
        return far(point)

    for rows in (50_000, 120_000):
        parts.clear()
        assert fit("M", ("a", "b"), likelihood, start=np.ones(2) / 2, rows=rows, customers=rows).state == "fitted"
        assert {p.step for p in parts} == ({None} if rows == 50_000 else {None, 12})


def test_equal_rows_are_counted_in_a_total_order() -> None:
    rows = pd.DataFrame({"x": [2, 1, 2, 1, 2], "y": [0.5, 7.0, 0.5, 3.0, -1.0], "z": 1})
    found = distinct(rows, ("x", "y"))
    assert found.to_numpy().tolist() == [[1, 3, 1], [1, 7, 1], [2, -1, 1], [2, 0.5, 2]]
    assert unit_of(rows.head(0).assign(time_unit="days")) == "weeks"


def test_a_fit_at_its_edges() -> None:
    """An edge is where the search ends less one, and a standard error of 2 in the logarithm."""

    def at(place: float, curve: float) -> Fit:
        def likelihood(point: Array, _rows: slice) -> Evaluation:
            away = point - place
            return float(-curve * away @ away / 2), -curve * away, -curve * np.eye(1)

        return fit("M", ("a",), likelihood, start=np.zeros(1), rows=100, customers=100)

    assert [at(place, 1.0).state for place in (12.9, 13.1, -12.9, -13.1)] == [
        "fitted",
        "boundary",
        "fitted",
        "boundary",
    ]
    assert [at(0.0, 1 / 100 / width**2).state for width in (1.99, 2.01)] == ["fitted", "boundary"]
    flat = at(0.0, 0.0)
    assert (flat.state, flat.edge) == ("boundary", ("a",))
    short = at(0.0, 1.0)
    assert np.sqrt(short.covariance[0, 0]) == pytest.approx(0.1)


def test_a_search_that_cannot_rise_gives_up_where_it_stands() -> None:
    def spike(point: Array) -> Evaluation:
        """Says that it rises to the right, and falls on both sides of nought."""
        return float(-np.abs(point[0])), np.ones(1), -np.eye(1)

    point, value, _hessian, settled = _newton(spike, np.zeros(1))
    assert (point[0], value, settled) == (0.0, 0.0, False)
    wall = fit("M", ("a",), lambda p, _r: spike(p), start=np.zeros(1), rows=100, customers=100)
    assert wall.state == "not_converged"


def test_one_thread_does_the_sums() -> None:
    threads: set[int] = set()

    def likelihood(point: Array, _rows: slice) -> Evaluation:
        threads.update(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        return far(point)

    fit("M", ("a", "b"), likelihood, start=np.ones(2) / 2, rows=40, customers=40)
    assert threads == {1}


def test_too_few_customers_have_a_name_for_each_parameter_and_no_value() -> None:
    found = fit("M", ("a", "b"), lambda p, _r: far(p), start=np.zeros(2), rows=1, customers=1)
    assert len(found.values) == 2
    assert np.isnan(found.values).all()
    assert found.covariance.shape == (2, 2)
    table = found.table()
    assert table["n"].to_list() == [1, 1]
    assert table[["value", "low", "high", "log_likelihood"]].isna().all(axis=None)


def test_a_table_never_takes_the_root_of_less_than_nought() -> None:
    found = Fit("M", ("a",), (2.0,), np.array([[-1e-18]]), 0.0, 50, "fitted").table()
    assert found[["low", "high"]].to_numpy().tolist() == [[2.0, 2.0]]


def test_what_a_summary_must_say_of_its_time() -> None:
    assert unit_of(pd.DataFrame({"time_unit": ["days", "days"]})) == "days"
    for units in (["days", "weeks"], ["months"], [None]):
        with pytest.raises(UnitError, match="mixes units of time or has an unknown one"):
            unit_of(pd.DataFrame({"time_unit": units}))


def test_no_rows_and_rows_that_are_not_known_are_counted_too() -> None:
    assert distinct(pd.DataFrame({"x": [], "y": []}), ("x", "y")).shape == (0, 3)
    found = distinct(pd.DataFrame({"x": [np.nan, 1.0, np.nan]}), ("x",))
    assert found["customers"].to_list() == [1.0, 2.0]
    assert found["x"].isna().to_list() == [False, True]
