"""c = b/a with its caveats, the five gaps, satisfied share and recommendation."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlib.facts.company import Company, company_from
from crmlib.measures import satisfaction
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
POLICY = Policy()


def servqual(*rows: tuple[str, str, float, float], at: str = "2026-10-10") -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "item", "expectation", "perception"])
    return frame.assign(instrument="servqual", at=pd.Timestamp(at))


def scores(instrument: str, values: list[float], at: str = "2026-10-10") -> pd.DataFrame:
    frame = pd.DataFrame({"customer_id": [f"c{i}" for i in range(len(values))], "score": values})
    return frame.assign(instrument=instrument, item="question", at=pd.Timestamp(at))


def company(frame: pd.DataFrame) -> Company:
    return company_from({"surveys": frame}, as_of=AS_OF)


@pytest.mark.deck("D123")
def test_ratio_of_means_is_not_the_mean_of_ratios() -> None:
    frame = servqual(("a", "empathy", 2, 4), ("b", "empathy", 6, 3))
    found = satisfaction.ratio(company(frame)).set_index(["kpi", "segment"])
    assert found.loc[("satisfaction_ratio", ""), "value"] == pytest.approx(7 / 8)
    assert found.loc[("satisfaction_ratio_mean", ""), "value"] == pytest.approx((2 + 0.5) / 2)
    assert found.loc[("satisfaction_ratio", "empathy"), "value"] == pytest.approx(7 / 8)


def test_an_expectation_of_zero_has_no_ratio_and_is_not_hidden() -> None:
    frame = servqual(("a", "empathy", 0, 4), ("b", "empathy", 4, 4), ("c", "empathy", 5, 4))
    found = satisfaction.ratio(company(frame)).set_index(["kpi", "segment"])
    assert found.loc[("satisfaction_ratio_mean", ""), "n"] == 2
    assert np.isfinite(found.loc[("satisfaction_ratio_mean", ""), "value"])
    nothing = satisfaction.ratio(company(servqual(("a", "empathy", 0, 4))))
    assert nothing["value"].isna().all()


def test_the_gap_does_not_depend_on_where_the_scale_begins_but_the_ratio_does() -> None:
    rows = [("a", "reliability", 6, 5), ("b", "reliability", 7, 4), ("c", "reliability", 5, 5)]
    moved = [(c, i, a - 1, b - 1) for c, i, a, b in rows]
    gap, other = (satisfaction.gaps(company(servqual(*r)))["value"] for r in (rows, moved))
    assert gap.tolist() == pytest.approx(other.tolist())
    first, second = (satisfaction.ratio(company(servqual(*r)))["value"][0] for r in (rows, moved))
    assert first != pytest.approx(second)


def test_who_never_asks_to_be_recommended_is_not_told_that_nobody_answered() -> None:
    assert satisfaction.recommendation(company(scores("csat", [4, 5]))).attrs["does_not_apply"]
    old = company(scores("nps", [9, 3], at="2020-01-01"))
    assert "does_not_apply" not in satisfaction.recommendation(old).attrs, "it was asked once, and not of late"
    assert satisfaction.shorter(company(scores("csat", [4, 5])))["kpi"].tolist() == ["satisfied_share"]
    assert satisfaction.shorter(company(scores("own", [4, 5]))).attrs["does_not_apply"], "none of the three is asked"
    assert satisfaction.shorter(company_from({}, as_of=AS_OF)).attrs["unknown"], "and no survey at all is said"


@pytest.mark.deck("D124")
def test_gaps_by_hand_with_each_customer_once() -> None:
    frame = pd.concat(
        [servqual(("a", "empathy", 5, 3), ("b", "empathy", 5, 5)), servqual(("a", "empathy", 5, 5), at="2026-10-20")]
    )
    found = satisfaction.gaps(company(frame)).set_index("segment").loc["empathy"]
    assert (found["value"], found["n"]) == (-0.5, 2)
    half = stats.t.ppf(0.975, 1) * np.std([-1, 0], ddof=1) / np.sqrt(2)
    assert found["high"] == pytest.approx(-0.5 + half)


def test_interval_of_the_ratio_covers_what_was_planted() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(400):
        a = rng.uniform(4, 7, 60)
        estimate = satisfaction._ratio_of_sums(a * 0.8 + rng.normal(0, 0.6, 60), a, 0.95)
        covered += estimate[1] <= 0.8 <= estimate[2]
    assert 0.92 <= covered / 400 <= 0.98


def test_satisfied_and_recommending_use_each_customers_latest_answer() -> None:
    frame = pd.concat(
        [scores("csat", [1, 4, 5, 3]), scores("csat", [5], at="2026-10-20"), scores("nps", [10, 9, 8, 6, 0])]
    )
    found = satisfaction.satisfied(company(frame)).iloc[0]
    assert (found["value"], found["n"]) == (0.75, 4)
    found = satisfaction.recommendation(company(frame)).iloc[0]
    assert (found["value"], found["n"]) == (0.0, 5)


def test_only_the_last_months_count_and_nothing_later() -> None:
    now = scores("csat", [5, 5, 1])
    other = pd.concat(
        [scores("csat", [1, 1, 1], at="2026-07-31"), scores("csat", [1, 1], at="2026-11-01"), now.iloc[::-1]]
    )
    first, second = (satisfaction.satisfied(company(f)) for f in (now, other))
    pd.testing.assert_frame_equal(first, second)


def test_an_empty_company_and_one_answer() -> None:
    measures = (satisfaction.ratio, satisfaction.gaps, satisfaction.satisfied, satisfaction.recommendation)
    for measure in measures:
        found = measure(company_from({}, as_of=AS_OF))
        assert found.empty
        assert all(name.startswith("surveys.") for name in found.attrs["unknown"])
        assert found.attrs["unknown"]
    one = satisfaction.gaps(company(servqual(("a", "empathy", 5, 3))))
    assert one["value"].tolist() == [-2, -2]
    assert one[["low", "high"]].isna().all(axis=None)


@pytest.mark.deck("D124")
def test_twenty_two_questions_are_five_dimensions_with_an_alpha_each() -> None:
    """Cronbach's alpha of two questions is the Spearman-Brown of their correlation where they spread alike; made so here."""
    rng = np.random.default_rng(11)
    who = [f"c{i:03}" for i in range(300)]
    liking, parts = rng.normal(0, 1, 300), []
    for dimension, number in {"reliability": 5, "tangibles": 4, "empathy": 2}.items():
        for k in range(number):
            seen = np.clip(np.round(4 + liking + rng.normal(0, 1, 300)), 1, 7)
            part = servqual(*[(w, f"{dimension} {k}", 6.0, s) for w, s in zip(who, seen, strict=True)])
            parts.append(part.assign(dimension=dimension))
    c = company(pd.concat(parts))
    assert satisfaction.gaps(c)["segment"].tolist() == ["", "reliability", "tangibles", "empathy"]
    found = satisfaction.alphas(c).set_index("segment")
    assert found["n"].tolist() == [300, 300, 300]
    # Of a question liking is 1 of variance, chance 1 and rounding a twelfth: alpha of k such ones (Spearman-Brown).
    for dimension, k in {"reliability": 5, "tangibles": 4, "empathy": 2}.items():
        assert found.loc[dimension, "low"] < k / (k + 13 / 12) < found.loc[dimension, "high"]
    alone = satisfaction.alphas(company(servqual(("a", "empathy", 5, 4), ("b", "empathy", 5, 3))))
    assert alone.empty
    assert alone.attrs["does_not_apply"]


def test_a_scale_that_runs_the_other_way_is_turned() -> None:
    rows = [("a", "empathy", 6, 4), ("b", "empathy", 7, 5), ("c", "empathy", 5, 5)]
    turned = servqual(*[(w, i, 8 - a, 8 - b) for w, i, a, b in rows]).assign(
        higher_is="worse", scale_from=1, scale_to=7
    )
    for measure in (satisfaction.ratio, satisfaction.gaps):
        pd.testing.assert_frame_equal(
            measure(company(turned))[["kpi", "value", "low", "high"]],
            measure(company(servqual(*rows)))[["kpi", "value", "low", "high"]],
        )


@pytest.mark.deck("D130")
def test_effort_counts_on_a_scale_that_is_named() -> None:
    asked = scores("ces", [7, 5, 4, 1])
    found = satisfaction.effort(company(asked.assign(scale_from=1, scale_to=7))).iloc[0]
    assert found[["value", "n"]].tolist() == [0.5, 4]
    worse = satisfaction.effort(company(asked.assign(scale_from=1, scale_to=7, higher_is="worse"))).iloc[0]
    assert worse["value"] == 0.25, "of 1 to 7 turned round, only 1 is 5 or more"
    unknown = satisfaction.effort(company(asked))
    assert unknown.empty
    assert unknown.attrs["unknown"] == ("surveys.scale_from", "surveys.scale_to")
    assert satisfaction.effort(company(scores("csat", [4]))).attrs["does_not_apply"]


@pytest.mark.deck("D125")
def test_who_answered_low_and_heard_nothing_since_is_to_be_asked_why() -> None:
    asked = {
        "low": ("csat", 2.0, "10-10"), "fine": ("csat", 3.0, "10-10"), "detracts": ("nps", 6.0, "10-20"),
        "passive": ("nps", 7.0, "10-20"), "spoken_to": ("csat", 1.0, "10-10"), "before": ("csat", 1.0, "10-10"),
        "long_ago": ("csat", 1.0, "09-15"), "better": ("csat", 1.0, "10-05"), "service": ("servqual", 1.0, "10-10"),
    }  # fmt: skip
    rows = [(who, name, score, f"2026-{day}") for who, (name, score, day) in asked.items()]
    rows += [("better", "csat", 5.0, "2026-10-25")]
    surveys = pd.DataFrame(rows, columns=["customer_id", "instrument", "score", "at"]).assign(item="question")
    surveys["at"] = pd.to_datetime(surveys["at"]) + pd.Timedelta(hours=9)
    contacts = pd.DataFrame({"customer_id": ["spoken_to", "before", "low"], "direction": ["out", "out", "in"]})
    contacts = contacts.assign(
        interaction_id=["i1", "i2", "i3"],
        channel="phone",
        at=pd.to_datetime(["2026-10-11", "2026-10-09", "2026-10-12"]),
    )
    c = company_from({"surveys": surveys, "interactions": contacts}, as_of=AS_OF)
    found = satisfaction.unhappy(c).to_pandas().set_index("customer_id")
    assert sorted(found.index) == ["before", "detracts", "low"]
    assert "2 on a scale of 1 to 5 on 10 Oct 2026" in found.loc["low", "reasons"]
    assert "spoken_to" in set(satisfaction.unhappy(c.without("interactions")).to_pandas()["customer_id"])
    assert satisfaction.unhappy(c.without("surveys.customer_id")).to_pandas().empty, "nobody knows who answered"
    assert satisfaction.unhappy(company_from({}, as_of=AS_OF)).to_pandas().empty
