"""A company's own surveys: questions, dimensions with alpha, what goes with satisfaction, and who answers."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts.company import Company, company_from
from crmlib.measures import questionnaires
from crmlib.models.reliability import alpha, alpha_from
from tests.known import another_number

AS_OF = date(2026, 10, 31)


def company(frame: pd.DataFrame) -> Company:
    made = frame.assign(at=pd.to_datetime(frame["at"]) if "at" in frame else pd.Timestamp("2026-10-10"))
    made["answer_id"] = [f"a{i}" for i in range(len(made))]
    return company_from({"surveys": made}, as_of=AS_OF)


def survey(seed: int, n: int = 200, loading: float = 0.8) -> pd.DataFrame:
    """Three questions on one thing and two on another, 1 to 10; the last is asked the other way round."""
    rng = np.random.default_rng(seed)
    good, dear = rng.normal(size=(2, n))
    noise = rng.normal(size=(5, n)) * np.sqrt(1 - loading**2)
    parts = [loading * good + noise[i] for i in range(3)] + [loading * dear + noise[3], -(loading * dear + noise[4])]
    wide = pd.DataFrame(np.clip(np.round(5.5 + 1.5 * np.array(parts)), 1, 10).T, columns=["q1", "q2", "q3", "p1", "p2"])
    long = wide.assign(customer_id=[f"c{i}" for i in range(n)]).melt("customer_id", var_name="item", value_name="score")
    ways = np.where(long["item"] == "p2", "worse", "better")
    return long.assign(
        instrument="yearly", dimension=np.where(long["item"].str.startswith("q"), "quality", "price"),
        scale_from=1.0, scale_to=10.0, higher_is=ways,
    )  # fmt: skip


def test_alpha_is_that_of_a_published_example() -> None:
    """Bland and Altman (1997): ten questions of the mini-HAQ, variances 11.16 in sum, that of the sum 77.44."""
    assert round(alpha_from(10, 11.16, 77.44), 2) == 0.95


def test_alpha_is_the_textbook_formula_and_does_not_mind_the_scale() -> None:
    rng = np.random.default_rng(3)
    answers = rng.normal(size=(60, 1)) + rng.normal(size=(60, 4))
    by_hand = 4 / 3 * (1 - answers.var(axis=0, ddof=1).sum() / answers.sum(axis=1).var(ddof=1))
    found = alpha(answers)
    assert found[0] == pytest.approx(by_hand)
    assert alpha(answers * 9 + 1) == pytest.approx(found)
    assert np.isnan(alpha(answers[:, :1])).all()
    assert np.isnan(alpha(np.ones((9, 3)))).all()


@pytest.mark.parametrize("skewed", [False, True])
def test_the_interval_of_alpha_covers_also_where_answers_are_skewed(skewed: bool) -> None:
    rng, hits, rounds = np.random.default_rng(11), 0, 300
    true = 4 / 3 * (1 - 4 * 2 / (4 * 2 + 12))
    for _ in range(rounds):
        draw = (lambda *size: rng.exponential(size=size)) if skewed else (lambda *size: rng.normal(size=size))
        _value, low, high = alpha(draw(120, 1) + draw(120, 4))
        hits += low <= true <= high
    assert hits / rounds >= (0.90 if skewed else 0.92)


def test_each_question_has_its_mean_spread_and_place_on_its_scale() -> None:
    frame = survey(1)
    told = questionnaires.items(company(frame)).set_index("item")
    own = frame[frame["item"] == "q1"]["score"]
    row = told.loc["q1"]
    assert (row["n"], row["value"], row["deviation"]) == (200, pytest.approx(own.mean()), pytest.approx(own.std()))
    assert row["share_of_scale"] == pytest.approx((own.mean() - 1) / 9, abs=1e-6)
    assert told.loc["p2", "share_of_scale"] == pytest.approx((10 - told.loc["p2", "value"]) / 9, abs=1e-6)
    assert "instrument" not in told, "of one survey the name says nothing"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_dimensions_turn_what_is_asked_the_other_way_round(seed: int) -> None:
    found = questionnaires.dimensions(company(survey(seed))).set_index(["kpi", "segment"])
    for dimension, k in (("quality", 3), ("price", 2)):
        row = found.loc[("cronbach_alpha", dimension)]
        true = k * 0.64 / (1 + (k - 1) * 0.64)
        assert row["low"] - 0.05 < true < row["high"] + 0.05
    unsaid = survey(seed).drop(columns="higher_is")
    other = questionnaires.dimensions(company(unsaid)).set_index(["kpi", "segment"])
    assert other.loc[("cronbach_alpha", "price"), "value"] < 0 < found.loc[("cronbach_alpha", "price"), "value"]
    assert set(other["without"]) == {"surveys.higher_is"}


def test_what_goes_with_satisfaction_is_found_by_its_survey_or_by_its_words() -> None:
    frame = survey(4)
    overall = frame[frame["item"] == "q1"].assign(instrument="csat", item="overall", dimension=None)
    c = company(pd.concat([frame[frame["item"] != "q1"], overall]))
    found = questionnaires.association(c).set_index("segment")
    assert found.loc["quality", "low"] > 0.4
    assert found.loc["price", "low"] < 0 < found.loc["price", "high"]
    assert found.index.tolist() == ["quality", "price"]
    worded = frame.assign(
        item=frame["item"].replace("q1", "总体满意度"), dimension=frame["dimension"].mask(frame["item"] == "q1")
    )
    assert questionnaires.association(company(worded)).iloc[0]["segment"] == "quality"
    assert questionnaires.association(company(frame)).empty, "nobody was asked for it"


def test_each_customer_counts_once_and_two_answers_of_a_day_are_both_kept() -> None:
    frame = pd.concat([survey(1, 40), survey(2, 40)])
    c = company(frame)
    assert c.tables.surveys.count().execute() == len(frame)
    assert set(questionnaires.items(c)["n"]) == {40}


def test_the_share_that_answered_needs_those_who_did_not() -> None:
    sent = pd.DataFrame({"customer_id": [f"c{i}" for i in range(200)], "instrument": "yearly", "item": "q1"})
    answered = sent.assign(score=np.where(np.arange(200) < 50, 7.0, np.nan), scale_from=1.0, scale_to=10.0)
    other = sent.head(20).assign(instrument="visit", score=3.0)
    c = company(pd.concat([answered, other]))
    row = questionnaires.response(c).iloc[0]
    assert (row["value"], row["n"], row["segment"]) == (0.25, 200, "")
    assert questionnaires.response(company(other)).empty, "where every row is an answer nobody knows who was asked"
    items = questionnaires.items(c).set_index("instrument")
    assert items["n"].to_dict() == {"visit": 20, "yearly": 50}


@pytest.mark.parametrize(
    "measure", [questionnaires.items, questionnaires.dimensions, questionnaires.response, questionnaires.association]
)
def test_without_a_column_no_figure_becomes_another_number(measure: object) -> None:
    frame = survey(4, 80)
    overall = frame[frame["item"] == "q1"].assign(instrument="csat", item="overall", dimension=None)
    asked = frame[frame["item"] == "q2"].head(30).assign(score=np.nan, customer_id="x", at=pd.Timestamp("2026-10-11"))
    c = company(pd.concat([frame, overall, asked]).assign(at=pd.Timestamp("2026-10-10")))
    assert another_number(measure, c) == {}  # type: ignore[arg-type]
