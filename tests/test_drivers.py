"""Who left by what a snapshot says: the label is found, planted drivers come out, chance does not, probabilities hold."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from crmlib.facts import states
from crmlib.facts.company import Company, company_from
from crmlib.measures import actions, candidates, drivers, reach, worth
from crmlib.models import leaving
from crmlib.vocabulary.policy import Policy
from tests.known import another_number

AS_OF = date(2026, 10, 31)
SEEDS = (1, 2, 3)


def company(wide: pd.DataFrame, policy: Policy | None = None, called: int = 1) -> Company:
    ids = [f"c{i * called % len(wide):05}" for i in range(len(wide))]
    long = wide.astype(object).assign(customer_id=ids).melt("customer_id", var_name="attribute", value_name="value")
    long["value"] = long["value"].map(str, na_action="ignore")
    return company_from({"states": long.assign(at=pd.Timestamp("2026-10-31"))}, as_of=AS_OF, policy=policy)


def snapshot(seed: int, n: int = 1500, strength: float = 1.0) -> pd.DataFrame:
    """Leaving depends on the plan most, on tenure less, and on nothing else."""
    rng = np.random.default_rng(seed)
    plan, tenure = rng.choice(["monthly", "yearly"], n), rng.integers(1, 72, n)
    odds = -1.2 + strength * (1.6 * (plan == "monthly") - 0.7 * (tenure - 36) / 20)
    return pd.DataFrame(
        {
            "plan": plan, "tenure": tenure, "colour": rng.choice(["red", "blue", "green"], n),
            "balance": rng.normal(1000, 300, n).round(2), "customer_number": np.arange(n) + 100_000,
            "Churn": np.where(rng.random(n) < expit(odds), "Yes", "No"),
        }
    )  # fmt: skip


def test_what_the_model_tells_does_not_hang_on_what_customers_are_called() -> None:
    one, other = company(snapshot(1)), company(snapshot(1), called=7)
    told = drivers.judged(one, drivers.study(one))
    assert told["value"].notna().all()
    pd.testing.assert_frame_equal(drivers.judged(other, drivers.study(other)), told)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Churn", ("Yes", "No")), ("is_churned", ("1", "0")), ("Exited", ("1", "0")), ("ChurnLabel", ("true", "false")),
        ("Attrition_Flag", ("Attrited Customer", "Existing Customer")), ("是否流失", ("是", "否")),
        ("客户状态_流失", ("流失", "在网")),
        ("left", ("1.0", "0.0")), ("Customer Churn", ("churned", "stayed")),
    ],
)  # fmt: skip
def test_the_attribute_that_says_who_left_is_found_by_name_and_values(name: str, values: tuple[str, str]) -> None:
    c = company(
        pd.DataFrame(
            {
                name: [*values] * 10,
                "days_left": range(20),
                "Churn Score": range(20),
                "churn_reason": ["price", None] * 10,
            }
        )
    )
    assert states.label(c) == name
    assert states.wide(c)["left"].sort_index().tolist() == [True, False] * 10


def test_no_other_attribute_is_taken_for_it_and_policy_may_name_one() -> None:
    frame = pd.DataFrame(
        {
            "plan": ["a", "b"] * 10,
            "active": ["yes", "no"] * 10,
            "turnover": ["1", "0"] * 10,
            "Churn": ["soon", "later"] * 10,
        }
    )
    assert states.label(company(frame)) == ""
    assert len(drivers.rates(company(frame), drivers.study(company(frame)))) == 0
    named = Policy.model_validate({"risk": {"left_attribute": "turnover"}})
    assert states.label(company(frame, named)) == "turnover"


def test_the_latest_snapshot_of_each_customer_counts() -> None:
    rows = [
        ("a", "2026-09-01", "plan", "x"),
        ("a", "2026-10-01", "plan", "y"),
        ("b", "2026-09-01", "plan", "3"),
        ("b", "2026-11-01", "plan", "4"),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "at", "attribute", "value"])
    c = company_from({"states": frame.assign(at=pd.to_datetime(frame["at"]))}, as_of=AS_OF)
    last = states.latest(c).order_by("customer_id").to_pandas()
    assert last["value"].tolist() == ["y", "3"], "what comes after the day is not read"
    assert last["number"].tolist()[1] == 3.0


def test_rates_by_hand_with_numbers_in_quarters() -> None:
    frame = snapshot(1)
    known = drivers.study(company(frame))
    found = drivers.rates(company(frame), known).set_index("segment")
    part = frame[frame["plan"] == "monthly"]
    row = found.loc["plan · monthly"]
    assert (row["value"], row["n"]) == (pytest.approx((part["Churn"] == "Yes").mean()), len(part))
    quarters = found[found.index.str.startswith("tenure")]
    assert len(quarters) == 4
    assert quarters["n"].sum() == len(frame)
    assert quarters["n"].min() > 0.2 * len(frame)


@pytest.mark.parametrize("seed", SEEDS)
def test_planted_drivers_come_out_in_their_order_and_probabilities_are_right(seed: int) -> None:
    c = company(snapshot(seed))
    known = drivers.study(c)
    ranked = drivers.ranked(c, known)
    assert ranked["attribute"].tolist()[:2] == ["plan", "tenure"]
    assert ranked.loc[0, ["highest", "lowest"]].tolist() == ["monthly", "yearly"]
    assert ranked["weight"].iloc[2:].max() < 0.5 * ranked["weight"].iloc[1]
    judged = drivers.judged(c, known).set_index("kpi")
    assert judged.loc["left_auc", "low"] > 0.65
    assert judged.loc["left_calibration", "low"] - 0.1 < 1 < judged.loc["left_calibration", "high"] + 0.1
    bands = drivers.bands(c, known)
    assert bands["n"].sum() == 1500
    enough = bands[bands["n"] >= 30]
    assert ((enough["low"] - 0.1 < enough["expected_share"]) & (enough["expected_share"] < enough["high"] + 0.1)).all()
    likely = drivers.likely(c, known)
    assert len(likely) == bands.set_index("band").loc["band_high", "still_there"]
    assert not known.left[likely["customer_id"]].any(), "who left is not proposed"


def test_of_chance_alone_no_driver_is_named() -> None:
    named = 0
    for seed in range(6):
        c = company(snapshot(seed, n=200, strength=0.0))
        known = drivers.study(c)
        named += len(drivers.ranked(c, known)) > 0 or len(drivers.bands(c, known)) > 0
    assert named <= 1


def test_too_few_who_left_are_not_enough_to_tell() -> None:
    frame = snapshot(1)
    frame["Churn"] = np.where(np.arange(len(frame)) < 20, "Yes", "No")
    known = drivers.study(company(frame))
    assert known.model is None
    assert len(drivers.ranked(company(frame), known)) == len(drivers.judged(company(frame), known)) == 0


def test_what_is_written_down_afterwards_is_no_driver() -> None:
    frame = snapshot(2)
    gone = frame["Churn"] == "Yes"
    frame["exit_survey"] = np.where(gone, np.where(frame["colour"] == "red", "price", "service"), None)
    frame["Churn Value"] = gone.astype(int)
    frame["closing_balance"] = np.where(gone, 0.0, frame["balance"])
    c = company(frame)
    known = drivers.study(c)
    assert known.left_out == ["Churn Value", "closing_balance", "exit_survey"]
    assert drivers.ranked(c, known)["attribute"].iloc[0] == "plan"


def test_the_same_tables_give_the_same_probabilities_in_any_order() -> None:
    frame = snapshot(3, 400)
    one, other = (drivers.study(company(f)).model for f in (frame, frame[frame.columns[::-1]]))
    assert one is not None
    assert other is not None
    assert np.array_equal(one.probability, other.probability)


RATINGS = {"normal": (33, 6, 6, 11, 2), "abnormal": (3, 2, 2, 11, 33)}
"""109 CT images rated 1 to 5 (Hanley and McNeil 1982, table I): area 0.893, standard error about 0.03."""


def test_the_area_is_the_published_one() -> None:
    told = np.concatenate([np.repeat(np.arange(1, 6), RATINGS[kind]) for kind in RATINGS]) / 6
    left = np.repeat([False, True], [58, 51])
    value, low, high = leaving.discrimination(told, left)
    assert round(value, 3) == 0.893
    assert (high - low) / 3.92 == pytest.approx(0.032, abs=0.004)


def test_intervals_of_area_gain_and_calibration_cover() -> None:
    rng, hits, rounds = np.random.default_rng(5), np.zeros(3), 200
    odds = rng.normal(-1, 1.2, 200_000)
    many = expit(odds)
    came = rng.random(len(many)) < many
    true = (leaving.discrimination(many, came)[0], leaving.gain(many, came)[0], 1.0)
    for _ in range(rounds):
        told = expit(rng.normal(-1, 1.2, 300))
        left = rng.random(300) < told
        estimates = leaving.discrimination(told, left), leaving.gain(told, left), leaving.calibration(told, left)
        hits += [low <= at <= high for at, (_value, low, high) in zip(true, estimates, strict=True)]
    assert (hits / rounds >= 0.91).all(), hits


@pytest.mark.parametrize("measure", ["rates", "judged", "ranked", "bands"])
def test_without_a_column_no_figure_becomes_another_number(measure: str) -> None:
    c = company(snapshot(1, 300))
    assert another_number(lambda c: getattr(drivers, measure)(c, drivers.study(c)), c, "states.value") == {}


@pytest.mark.deck("D102")
def test_who_is_likely_to_leave_is_a_reason_to_act_the_likeliest_first() -> None:
    c = company(snapshot(1)).under(
        Policy.model_validate(
            {"contact": {"capacity": 20, "hold_out_share": 0, "lasting_share": 0, "explore_share": 0}}
        )
    )
    known = drivers.study(c)
    expected = drivers.likely(c, known)["customer_id"].tolist()
    listed = candidates.candidates(c, told=[drivers.warned(c, known)])
    valued = worth.valued(c, listed, reach.channel_for(c, listed))
    told = actions.propose(c, valued, reach.over_contacted(c)).rows
    assert told["customer_id"].tolist() == expected[:20]
    assert set(told["why"]) == {"likely_leaver"}
    assert told["why_text"].str.contains(r"\d+% have left, as reckoned from what is known; of all, \d+%").all()
    assert (
        told["why_text"]
        .str.contains(r"Most of all: (?:plan monthly|tenure 1 – \d+) and (?:plan monthly|tenure 1 – \d+)\.")
        .all()
    ), "what is planted"
    nobody = c.without("states.customer_id")
    assert drivers.warned(nobody, known).to_pandas().empty, "of a line of a file nobody knows who that is"
    chance = company(snapshot(2, strength=0.0))
    assert drivers.warned(chance, drivers.study(chance)).to_pandas().empty
