"""Scales of surveys at the border: what lies outside is emptied and told, and a scale that cannot be right is doubted."""

from pathlib import Path

import pandas as pd
import pytest

import crmlib
from crmlib.border.company import load_description
from crmlib.border.ingest import Checked, check, ingest
from crmlib.facts import answers
from crmlib.facts.company import read_company
from crmlib.measures import satisfaction
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({})
TOML = """
name = "x"
exported_on = 2026-03-31
[surveys]
from = "a.csv"
[surveys.fields]
customer_id = "who"
instrument = "'{survey}'"
item = "'overall'"
score = "score"
{more}
"""


def company(folder: Path, scores: list[float], survey: str = "csat", more: str = "") -> Path:
    rows = "".join(f"c{i},{score}\n" for i, score in enumerate(scores))
    (folder / "a.csv").write_text("who,score\n" + rows, encoding="utf-8")
    (folder / "company.toml").write_text(TOML.format(survey=survey, more=more), encoding="utf-8")
    return folder


def checked(*args: object, **more: object) -> Checked:
    return check(load_description(company(*args, **more)), POLICY)  # type: ignore[arg-type]


TEN = [1.0, 3, 5, 6, 7, 8, 8, 8, 9, 10] * 10
TO_TEN = 'scale_from = "1"\nscale_to = "10"'


def test_a_slip_is_emptied_and_told(tmp_path: Path) -> None:
    found = checked(tmp_path, [*[1, 2, 3, 4, 5] * 10, 55])
    row = found.rejects.set_index("column").loc["score"]
    assert (row["rule"], row["effect"], row["rows"], row["found"]) == ("scale", "cell", 1, "55")
    assert found.notes == ()


def test_another_scale_than_the_usual_one_is_doubted_and_no_share_is_made_of_it(tmp_path: Path) -> None:
    """Answers 1 to 10 read as 1 to 5 said "satisfied 100 %"."""
    found = checked(tmp_path, TEN)
    assert len(found.rejects) == 0
    assert "Answers to csat run from 1 to 10, its usual scale from 1 to 5" in found.notes[0]
    ingest(load_description(tmp_path), tmp_path / "out", policy=POLICY, month="2026-03")
    c = read_company(tmp_path / "out" / "tables", as_of=pd.Timestamp("2026-03-31").date())
    assert satisfaction.satisfied(c).empty


def test_with_its_scale_four_fifths_of_it_are_satisfied(tmp_path: Path) -> None:
    ingest(load_description(company(tmp_path, TEN, more=TO_TEN)), tmp_path / "out", policy=POLICY, month="2026-03")
    c = read_company(tmp_path / "out" / "tables", as_of=pd.Timestamp("2026-03-31").date())
    assert satisfaction.satisfied(c).iloc[0]["value"] == 0.5, "8, 9 and 10 of 10"


def test_a_scale_that_the_answers_leave_or_never_use_is_doubted(tmp_path: Path) -> None:
    beyond = checked(tmp_path, TEN, "yearly", 'scale_from = "1"\nscale_to = "5"')
    assert (
        "70 of 100 answers to yearly lie outside the scale of 1 to 5 that the mapping gives (they run from 1 to 10)"
        in beyond.notes[0]
    )
    assert beyond.rejects.iloc[0]["rows"] == 70
    unused = checked(tmp_path, [1, 2, 3, 4, 5] * 10, "yearly", TO_TEN)
    assert "All 50 answers to yearly lie between 1 and 5, on a scale of 1 to 10" in unused.notes[0]
    assert checked(tmp_path, TEN, "yearly", TO_TEN).notes == ()
    assert checked(tmp_path, [50.0, 100, 0], "yearly").notes == (), "of an own survey without a scale nothing is known"


@pytest.mark.parametrize(("survey", "scores"), [("yearly", [0.0, 50, 100]), ("nps", [0.0, 10]), ("CSAT", [1.0, 5])])
def test_own_surveys_have_any_scale_and_the_decks_keep_theirs(tmp_path: Path, survey: str, scores: list[float]) -> None:
    assert len(checked(tmp_path, scores * 5, survey).rejects) == 0


def test_two_answers_of_one_customer_on_one_day_are_both_kept(tmp_path: Path) -> None:
    company(tmp_path, [])
    (tmp_path / "a.csv").write_text("who,score\nx,4\nx,5\nx,5\n", encoding="utf-8")
    found = check(load_description(tmp_path), POLICY)
    assert found.account.iloc[0]["kept"] == 3


def test_a_frame_is_held_to_the_same_scales() -> None:
    rows = {"customer_id": [f"c{i}" for i in range(30)], "at": "2026-10-01", "instrument": "csat", "item": "overall"}
    with pytest.raises(crmlib.CrmlibError, match="'55' lies outside the scale of its question"):
        crmlib.open({"surveys": pd.DataFrame({**rows, "score": [*[5] * 29, 55]})}, as_of="2026-10-31")
    c = crmlib.open({"surveys": pd.DataFrame({**rows, "score": [*[10] * 20, *[3] * 10]})}, as_of="2026-10-31")
    assert answers.answers(c).scaled.count().execute() == 0
