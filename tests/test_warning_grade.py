"""The warning grades itself: planted falls are found, what cannot be told is called useless, and too little is said to be."""

from functools import cache

import numpy as np
import pytest

from crmlib.facts import ways
from crmlib.facts.company import Company, company_from
from crmlib.measures import warning_grade
from tests.known import another_number
from tests.leaving import AS_OF, company, frames


@cache
def planted() -> Company:
    return company(4)


@pytest.mark.deck("D102", "D103")
def test_falling_use_is_found_and_the_way_that_sees_it_is_used() -> None:
    c = planted()
    found = warning_grade.grades(c).set_index(["kpi", "segment"])
    assert ways.tried(c).in_use == "way_boosting"
    assert found.loc[("warning_lift", ""), "low"] > 1.5
    assert found.loc[("warning_lift", ""), "value"] == found.loc[("warning_lift", "way_boosting"), "value"]
    assert found.loc[("warning_precision", ""), "value"] > found.loc[("warning_precision", "way_rhythm"), "value"]
    assert found.loc[("warning_calibration", ""), "high"] > 0.8
    assert "a model of all that is known" in warning_grade.verdict(c)


def test_grades_are_what_came_of_those_named() -> None:
    c = planted()
    done = ways.tried(c)
    found = warning_grade.grades(c).set_index(["kpi", "segment"])["value"]
    top = (
        done.rows.assign(score=done.scores["way_boosting"])
        .sort_values("score", ascending=False)
        .groupby("back")
        .head(25)
    )
    assert found["warning_precision", ""] == pytest.approx(top["left"].mean(), abs=0.03)
    assert found["warning_lift", ""] == pytest.approx(found["warning_precision", ""] / done.rows["left"].mean())
    vain = warning_grade.costs(c).set_index("kpi").loc["warning_in_vain", "value"]
    assert vain == pytest.approx(25 * (1 - found["warning_precision", ""]))


def test_a_model_saw_nothing_that_came_later() -> None:
    c = planted()
    done = ways.tried(c)
    back = max(done.months)
    day = int(done.rows.loc[done.rows["back"] == back, "on"].iloc[0])
    here = done.rows["back"] == back
    model = ways.learned(c.at(ways.signs.month_end(c, back)))
    alone = ways.learned(c, until=day)
    assert model is not None
    assert alone is not None
    names = list(model.names)
    columns = done.rows.loc[here, names].to_numpy(dtype=float)
    assert np.corrcoef(model.log_odds(columns), alone.log_odds(columns))[0, 1] > 0.95


def test_the_curve_falls_the_earlier_it_is_asked() -> None:
    curve = warning_grade.curve(planted())
    for _way, part in curve.groupby("segment"):
        assert part.sort_values("days_before")["value"].is_monotonic_decreasing
        assert part["value"].between(0, 1).all()


def test_where_nothing_shows_the_warning_is_called_useless() -> None:
    c = company(11, falls_to=1.0)
    done = ways.tried(c)
    assert done.enough
    assert set(done.useless) == set(done.graded)
    assert done.in_use == "way_rule"
    assert "useless" in warning_grade.verdict(c)


def test_too_few_to_judge_is_said() -> None:
    c = company(2, 20)
    assert warning_grade.grades(c).empty
    assert warning_grade.costs(c).empty
    assert warning_grade.curve(c).empty
    assert "too little to judge" in warning_grade.verdict(c)
    assert "too little to judge" in warning_grade.verdict(company_from({}, as_of=AS_OF))


def test_a_column_taken_away_gives_no_other_number() -> None:
    assert another_number(warning_grade.grades, planted(), "activity.logins", "orders.amount") == {}


def test_who_is_called_what_changes_no_grade() -> None:
    whole, _left = frames(4)
    names = sorted({n for f in whole.values() for n in f["customer_id"]})
    other = dict(zip(names, np.random.default_rng(1).permutation([f"x{i}" for i in range(len(names))]), strict=True))
    renamed = {
        k: f.assign(customer_id=f["customer_id"].map(other)).sample(frac=1, random_state=3) for k, f in whole.items()
    }
    c = planted()
    again = warning_grade.grades(company_from(renamed, as_of=AS_OF, policy=c.policy))
    first = warning_grade.grades(c)
    np.testing.assert_allclose(again["value"], first["value"], rtol=1e-9)
