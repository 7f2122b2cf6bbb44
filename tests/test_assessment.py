"""The company's own view of its pillars beside what is measured: marks counted, gaps with the interval of the measured."""

from __future__ import annotations

from datetime import date
from math import isnan, nan

import pandas as pd
import pytest

from crmlib.facts.findings import FINDING, finding, findings
from crmlib.measures import assessment, pillars
from crmlib.show.findings import sentence
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.policy import Statistics
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)


def strength(*parts: tuple[str, float, float, float]) -> pd.DataFrame:
    rows = [finding(knowing(AS_OF), "pillar_strength", told, n=200, segment=pillar) for pillar, *told in parts]
    return findings(knowing(AS_OF), rows)


MEASURED = strength(("data_driven", 0.9, 0.8, 0.95), ("emotional", 0.4, 0.35, 0.45))


def test_without_a_mark_only_the_measured_stands_there() -> None:
    found = assessment.gap(knowing(AS_OF), MEASURED)
    assert list(found.columns) == FINDING
    assert found["kpi"].tolist() == ["pillar_strength", "pillar_strength", "marks_given"]
    assert sentence(found.iloc[-1].to_dict(), Statistics()) == "Self-assessment: 0 of 16 questions answered."
    unanswered = {question: start for question, (_least, _most, _step, start) in assessment.QUESTIONS.items()}
    pd.testing.assert_frame_equal(assessment.gap(knowing(AS_OF), MEASURED, **unanswered), found)


@pytest.mark.deck("D014")
def test_gaps_by_hand() -> None:
    marks = {
        "data_driven · data_platform": 2,
        "data_driven · data_rules": 1,
        "emotional · community": 4,
        "omnichannel · automation": 0,
        "proactive_service · trained_team": nan,
    }
    found = assessment.gap(knowing(AS_OF), MEASURED, **marks)
    own = found[found["kpi"] == "own_view"].set_index("segment")
    assert own["value"].to_dict() == {"data_driven": 0.375, "omnichannel": 0.0, "emotional": 1.0}
    assert own["n"].tolist() == [2, 1, 1]
    gaps = found[found["unit"] == "change"].set_index("kpi")
    assert gaps.index.tolist() == ["gap_data_driven", "gap_emotional"]
    assert gaps.loc["gap_data_driven", ["value", "low", "high"]].tolist() == pytest.approx([-0.525, -0.575, -0.425])
    assert gaps.loc["gap_emotional", ["value", "low", "high"]].tolist() == pytest.approx([0.6, 0.55, 0.65])
    assert gaps["n"].tolist() == [200, 200]
    assert found.loc[found["kpi"] == "marks_given", ["value", "n"]].to_numpy().tolist() == [[4, 16]]
    said = sentence(gaps.reset_index().iloc[1].to_dict(), Statistics())
    assert "+60.0 points" in said
    assert "+55.0 points" in said


def test_a_company_without_data_still_has_a_view() -> None:
    found = assessment.gap(knowing(AS_OF), findings(knowing(AS_OF)), **dict.fromkeys(assessment.QUESTIONS, 3.0))
    assert set(found["kpi"]) == {"marks_given", "own_view"}
    assert found.loc[found["kpi"] == "own_view", "value"].tolist() == [0.75] * 4


def test_a_question_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match="omnichannel · telepathy"):
        assessment.gap(knowing(AS_OF), MEASURED, **{"omnichannel · telepathy": 3})


@pytest.mark.deck("D019", "D020", "D021", "D022")
def test_every_pillar_has_four_questions_in_words_and_a_gap() -> None:
    assert list(assessment.ACTIONS) == list(pillars.PILLARS)
    assert len(assessment.QUESTIONS) == 16
    for pillar, actions in assessment.ACTIONS.items():
        assert f"gap_{pillar}" in KPIS
        assert len(actions) == 4
        assert all(label(action).endswith(".") for action in actions)
    assert all(least == 0 and isnan(start) for least, _most, _step, start in assessment.QUESTIONS.values())
