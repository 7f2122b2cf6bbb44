"""Answers as facts: each on its scale, and which of several is the latest."""

from datetime import date

import pandas as pd
import pytest

from crmlib.facts import answers
from crmlib.facts.company import Company, company_from
from crmlib.measures import satisfaction

AS_OF = date(2026, 10, 31)


def company(*rows: tuple[str, str, str, str, float | None]) -> Company:
    frame = pd.DataFrame(rows, columns=["customer_id", "at", "instrument", "item", "score"])
    return company_from({"surveys": frame.assign(at=pd.to_datetime(frame["at"]))}, as_of=AS_OF)


@pytest.mark.parametrize(
    ("instrument", "lowest", "highest"), [("csat", 1, 5), ("nps", 0, 10), ("servqual", 1, 7), ("loyalty", 1, 7)]
)
def test_each_scale_begins_at_nought_and_ends_at_one(instrument: str, lowest: float, highest: float) -> None:
    middle = (lowest + highest) / 2
    c = company(*(("a", f"2026-10-0{i}", instrument, "x", s) for i, s in enumerate((lowest, middle, highest), 1)))
    assert answers.answers(c).order_by("at").scaled.to_pandas().astype(float).tolist() == [0, 0.5, 1]


def test_the_latest_answer_counts_and_of_one_moment_the_lower() -> None:
    c = company(
        ("a", "2026-10-01", "csat", "x", 5.0), ("a", "2026-10-02", "csat", "x", 2.0), ("a", "2026-10-03", "csat", "x", None),
        ("b", "2026-10-02", "csat", "x", 4.0), ("b", "2026-10-02", "csat", "x", 3.0),
        ("c", "2026-10-02", "csat", "y", 1.0), ("c", "2026-10-02", "csat", "x", 4.0),
    )  # fmt: skip
    last = answers.latest(answers.answers(c)).order_by("customer_id").select("customer_id", "score").to_pandas()
    assert last.to_numpy().tolist() == [["a", 2.0], ["b", 3.0], ["c", 4.0]]
    each = answers.latest(answers.answers(c), "item").count().execute()
    assert each == 4


def nps(*scores: float) -> float:
    rows = [(f"c{i}", "2026-10-02", "nps", "x", score) for i, score in enumerate(scores)]
    return float(satisfaction.recommendation(company(*rows)).loc[0, "value"])


def test_nine_and_ten_promote_and_up_to_six_detract() -> None:
    """Reichheld (2003): what lies between is passive."""
    assert [nps(score) for score in range(11)] == [-1.0] * 7 + [0.0] * 2 + [1.0] * 2
    assert nps(*range(11)) == pytest.approx((2 - 7) / 11)


def test_four_and_five_of_five_are_satisfied() -> None:
    rows = [(f"c{i}", "2026-10-02", "csat", "x", float(i)) for i in range(1, 6)]
    assert satisfaction.satisfied(company(*rows)).loc[0, "value"] == pytest.approx(2 / 5)
    assert (1 + 4 * answers.DELIGHTED_FROM, 1 + 4 * answers.DISSATISFIED_TO) == (5.0, 2.0), (
        "the ends of the scale, as the deck has them"
    )


@pytest.mark.parametrize("ends", [(1.0, 10.0), (0.0, 100.0), (-2.0, 2.0)])
def test_a_scale_of_its_own_is_cut_at_the_same_shares_and_turned_where_higher_is_worse(
    ends: tuple[float, float],
) -> None:
    low, high = ends
    rows = [(f"c{i}", "2026-10-02", "csat", "x", low + (high - low) * i / 4) for i in range(5)]
    frame = company(*rows).tables.surveys.to_pandas().assign(scale_from=low, scale_to=high)
    for way, best in (("better", "c4"), ("worse", "c0")):
        c = company_from({"surveys": frame.assign(higher_is=way)}, as_of=AS_OF)
        assert satisfaction.satisfied(c).loc[0, "value"] == pytest.approx(2 / 5)
        scaled = answers.answers(c).select("customer_id", "scaled").to_pandas().set_index("customer_id")["scaled"]
        assert scaled.astype(float).to_dict()[best] == 1.0


def test_what_was_only_asked_is_no_answer() -> None:
    c = company(("a", "2026-10-01", "csat", "x", 4.0), ("b", "2026-10-01", "csat", "x", None))
    assert answers.answers(c).count().execute() == 1
    assert answers.asked(c).count().execute() == 2
