"""The cost of churn by hand, its parts that add up, and its assumptions one at a time."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from math import isnan

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import FINDING
from crmlib.measures import churn_cost
from crmlib.models.estimates import wilson
from crmlib.run.index import headline
from crmlib.vocabulary.policy import Cost, Policy
from tests.small_company import knowing

COST = {"margin_rate": 0.5, "lost_dissatisfied_share": 0.25}
POLICY = Policy.model_validate({"cost": {**COST, "keeping_cost": 10.0}, "statistics": {"min_n": 2}})
AS_OF = date(2026, 10, 31)
GONE = AS_OF - timedelta(days=POLICY.cost.inactive_days)
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)

Row = tuple[str, date, float]


def frame(rows: list[Row], **columns: list[float | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": [f"o{i:03d}" for i in range(len(rows))],
            "customer_id": [r[0] for r in rows],
            "ordered_at": pd.to_datetime([f"{r[1]} 18:30" for r in rows]),
            "amount": [Decimal(str(r[2])) for r in rows],
            **{c: [float("nan") if v is None else float(v) for v in given] for c, given in columns.items()},
        }
    )


def company(rows: list[Row], **columns: list[float | None]) -> Company:
    return company_from({"orders": frame(rows, **columns)}, as_of=AS_OF)


def cost(c: Company, **assumed: float) -> pd.DataFrame:
    found = churn_cost.churn_cost(c.at(AS_OF).under(POLICY), **assumed)
    assert list(found.columns) == FINDING
    named = found["segment"].where(found["kpi"] == "churn_cost", found["kpi"])
    return found.set_index(named)


LOST: list[Row] = [
    ("a", GONE, 100),
    ("a", GONE - timedelta(days=364), 60),
    ("a", GONE - timedelta(days=365), 1000),
    ("b", GONE - timedelta(days=364), 40),
    ("b", GONE - timedelta(days=364), 0),
    ("long gone", GONE - timedelta(days=365), 5000),
    ("active", GONE + timedelta(days=1), 7000),
]


YEAR_AGO = GONE - timedelta(days=365)
BEFORE: list[Row] = [
    *((name, YEAR_AGO, 5000.0) for name in "wxyz"),
    ("z", GONE + timedelta(days=9), 1.0),
    ("longer gone", YEAR_AGO - timedelta(days=365), 5000.0),
]
"""Four who counted as lost a year ago, one of whom came back, and one who was lost long before."""


@pytest.mark.deck("D006")
def test_by_hand() -> None:
    found = cost(company([*LOST, *BEFORE]))
    margin = 0.5 * (100 + 60 + 40)
    assert found.loc["lost_customers", ["value", "n"]].tolist() == [2, 2]
    share, low, high, n = 1 / 5, *wilson(1, 5)[1:], 5
    assert found.loc["returned_share", ["value", "low", "high", "n"]].tolist() == pytest.approx([share, low, high, n])
    talk = 0.25 * 22 * 0.01 + 0.75 * 8 * 0.01
    parts = {
        "margin_lost": margin,
        "come_back": -margin * share,
        "bad_word": margin * (1 - share) * 0.25 * 22 * 0.01,
        "praise_lost": margin * (1 - share) * 0.75 * 8 * 0.01,
    }
    assert found.loc[list(parts), "value"].tolist() == pytest.approx(list(parts.values()))
    assert found.loc["margin_lost", ["low", "high"]].isna().all()
    ends = [margin * (1 - back) * (1 + talk) for back in (share, high, low)]
    assert found.loc["", ["value", "low", "high"]].tolist() == pytest.approx(ends)


@pytest.mark.deck("D027")
def test_winning_others_is_never_added_and_told_only_at_the_cost_that_the_company_states() -> None:
    c = company([*LOST, *BEFORE]).under(POLICY)
    found = churn_cost.replacement(c).set_index("segment")
    assert found["value"].to_dict() == pytest.approx({"claim_low": 2 * 0.8 * 10 * 5, "claim_high": 2 * 0.8 * 10 * 10})
    assert found[["low", "high"]].isna().all(axis=None), "the ends of a claim are no interval"
    unset = c.under(Policy.model_validate({"cost": COST, "statistics": {"min_n": 2}}))
    assert churn_cost.replacement(unset).empty
    pd.testing.assert_frame_equal(churn_cost.churn_cost(unset), churn_cost.churn_cost(c))
    assert Policy().cost.keeping_cost is None, "no amount is the same in every currency"


def test_the_front_page_tells_the_cost_of_churn_once_the_cost_of_keeping_is_set() -> None:
    c = company([*LOST, *BEFORE]).under(POLICY)
    told = pd.concat([churn_cost.churn_cost(c), churn_cost.replacement(c)], ignore_index=True)
    told["status"] = "fresh"
    assert "churn_cost" in headline(told)["kpi"].tolist()
    assert "churn_cost" not in headline(told[told["kpi"] != "replacement_cost"])["kpi"].tolist()


def test_how_many_come_back_is_told_of_enough_only() -> None:
    found = cost(company(LOST))
    assert isnan(found.loc["", "value"])
    assert found.loc["", "n"] == 0
    assert found.index[found["kpi"] == "churn_cost"].tolist() == ["", "margin_lost"]
    assert churn_cost.replacement(company(LOST).under(POLICY)).empty


def test_recorded_margin_goes_before_the_rate_and_has_refunds_off_already() -> None:
    rows: list[Row] = [("a", GONE, 100), ("a", GONE, 80), ("a", GONE, 50), ("a", GONE, 0)]
    c = company(rows, margin=[70, 40, None, 3], refunded=[0, 20, 10, None])
    assert cost(c).loc["margin_lost", "value"] == pytest.approx(70 + 40 + 0.5 * 40 + 3)
    assert cost(c, margin_rate=0.1).loc["margin_lost", "value"] == pytest.approx(0.1 * (100 + 60 + 40))


def test_each_assumption_moves_its_own_part_only() -> None:
    base = cost(company([*LOST, *BEFORE]))["value"]
    for assumed in ({"deterred_share": 0.05}, {"lost_dissatisfied_share": 1.0}):
        other = cost(company([*LOST, *BEFORE]), **assumed)["value"]
        moved = {name for name in base.index if abs(base[name] - other[name]) > 1e-9}
        assert moved == {"bad_word", "praise_lost", ""}
    shorter = cost(company([*LOST, *BEFORE]), inactive_days=POLICY.cost.inactive_days - 1)
    assert shorter.loc["lost_customers", "value"] == 2
    assert shorter.loc["margin_lost", "value"] == pytest.approx(0.5 * (160 + 7000))


rows = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 900), st.integers(-300, 9000)), min_size=1, max_size=25)


@settings(max_examples=4, deadline=None, phases=NO_SHRINKING)
@given(rows, st.integers(0, 2**32 - 1))
def test_parts_add_up_and_later_rows_and_row_order_change_nothing(drawn: list[tuple[int, int, int]], seed: int) -> None:
    given_rows = [(f"c{c}", date(2024, 9, 1) + timedelta(days=d), a / 100) for c, d, a in drawn]
    data = frame(given_rows)
    shuffled = data[data["ordered_at"] < pd.Timestamp("2026-11-01")].sample(frac=1, random_state=seed)
    found = cost(company_from({"orders": data}, as_of=date(2027, 12, 31)))
    if len(shuffled):
        pd.testing.assert_frame_equal(found, cost(company_from({"orders": shuffled}, as_of=AS_OF)))
    parts = found[(found["kpi"] == "churn_cost") & (found["segment"] != "")]["value"]
    if not isnan(found.loc["", "value"]):
        assert parts.sum() == pytest.approx(found.loc["", "value"], abs=1e-6)


@pytest.mark.parametrize("rows", [[], [("a", AS_OF, 10.0)], [("a", GONE + timedelta(days=1), 10.0)]])
def test_a_history_too_short_to_lose_anyone_tells_nothing(rows: list[Row]) -> None:
    found = cost(company(rows) if rows else company_from({}, as_of=AS_OF))
    assert found["value"].isna().all()
    assert (found["n"] == 0).all()


def test_nobody_lost_costs_nothing() -> None:
    found = cost(company([("a", GONE - timedelta(days=9), 10), ("a", AS_OF, 10), *BEFORE]))
    assert found.loc[found["kpi"] == "churn_cost", "value"].tolist() == [0, 0, 0, 0, 0]


def kept(*years: tuple[float, float, float]) -> pd.DataFrame:
    """A curve of kept customers: share, low and high after one year, two years, …"""
    rows = [(year, *shares, 100, "share") for year, shares in enumerate(years, start=1)]
    return pd.DataFrame(rows, columns=["years", "share", "low", "high", "n", "unit"])


@pytest.mark.deck("D008")
def test_retention_value_by_hand() -> None:
    c = company([("a", AS_OF, 200), ("a", AS_OF - timedelta(days=365), 900), ("gone", GONE, 900)])
    found = churn_cost.retention_value(
        c.under(POLICY), kept((0.6, 0.5, 0.7)), points=10, years=2, discount_rate=0.25
    ).set_index("segment")
    assert found.loc["year_1", ["value", "low", "high"]].tolist() == pytest.approx([100 * 0.1 / 1.25] * 3)
    second = [100 * (0.7**2 - 0.6**2) / 1.5625, 100 * (0.6**2 - 0.5**2) / 1.5625, 100 * (0.8**2 - 0.7**2) / 1.5625]
    assert found.loc["year_2", ["value", "low", "high"]].tolist() == pytest.approx(second)
    assert found.loc["", "value"] == pytest.approx(8 + second[0])
    assert found["n"].tolist() == [1, 1, 1]


def test_the_simulator_follows_the_companys_own_curve_and_after_it_the_last_year_known() -> None:
    c = company([("a", AS_OF, 100)])
    curve = kept((0.5, 0.5, 0.5), (0.4, 0.4, 0.4))
    found = churn_cost.retention_value(
        c.under(POLICY), curve, points=10, years=4, margin_rate=1, discount_rate=0
    ).set_index("segment")
    usual = [0.5, 0.4, 0.32, 0.256]
    better = [0.6, 0.6 * 0.9, 0.6 * 0.9**2, 0.6 * 0.9**3]
    gains = [100 * (b - u) for b, u in zip(better, usual, strict=True)]
    assert found["value"].tolist() == pytest.approx([sum(gains), *gains])
    short = churn_cost.retention_value(c.under(POLICY), curve, points=10, years=1, margin_rate=1)
    assert len(short) == 2


def test_a_curve_that_rises_or_ends_at_nought_keeps_shares_within_one() -> None:
    c = company([("a", AS_OF, 100)])
    for curve in (kept((0.5, 0.4, 0.6), (0.6, 0.5, 0.7)), kept((0.0, 0.0, 0.1), (0.0, 0.0, 0.1))):
        found = churn_cost.retention_value(c.under(POLICY), curve, points=80, years=3, margin_rate=1, discount_rate=0)
        assert found["value"].iloc[1:].between(0, 100).all()
        assert (found["low"] <= found["value"] + 1e-9).all()
        assert (found["value"] <= found["high"] + 1e-9).all()


def test_retention_value_without_ground_to_stand_on_tells_nothing() -> None:
    one = kept((0.5, 0.4, 0.6))
    assert churn_cost.retention_value(company_from({}, as_of=AS_OF), one).empty, "no orders are on record"
    assert churn_cost.retention_value(company([]).under(POLICY), one).empty, "no amount was ever recorded"
    found = churn_cost.retention_value(company([("a", AS_OF, 1)]).under(POLICY), kept())
    assert len(found) == 1
    assert isnan(found.loc[0, "value"])
    assert found.loc[0, "n"] == 0
    none_more = churn_cost.retention_value(company([("a", AS_OF, 1)]).under(POLICY), one, points=0)
    assert none_more["value"].tolist() == pytest.approx([0, 0, 0, 0])


@pytest.mark.deck("D028")
def test_word_of_mouth_takes_the_latest_answer() -> None:
    answers = [
        ("a", "2026-01-01", 1.0),
        ("a", "2026-05-01", 5.0),
        ("b", "2026-02-01", 2.0),
        ("c", "2026-02-01", 4.0),
        ("d", "2026-11-01", 1.0),
        ("e", "2026-03-01", None),
    ]
    surveys = pd.DataFrame(answers, columns=["customer_id", "at", "score"])
    surveys = surveys.assign(at=pd.to_datetime(surveys["at"]), instrument="csat", item="overall")
    c = company_from({"surveys": surveys}, as_of=date(2026, 12, 31))
    found = churn_cost.word_of_mouth(c.at(AS_OF).under(POLICY))
    assert found.loc[0, ["value", "low", "high"]].tolist() == pytest.approx(wilson(1, 3))
    told = found[found["kpi"] == "people_told"].set_index("segment")["value"]
    assert told.to_dict() == {"dissatisfied": 22, "satisfied": 8, "delighted": 10}
    assert churn_cost.word_of_mouth(company_from({}, as_of=AS_OF).under(POLICY)).empty


def test_assumptions_list_every_setting_with_its_source() -> None:
    listed = churn_cost.assumptions(knowing(AS_OF, POLICY)).set_index("setting")
    assert set(listed.index) == set(Cost.model_fields)
    assert listed.loc["keeping_cost", ["value", "unit", "source"]].tolist() == [10.0, "money", "D027"]
    assert isnan(churn_cost.assumptions(knowing(AS_OF)).set_index("setting").loc["keeping_cost", "value"])
    assert listed["says"].str.endswith(".").all()
    assert listed["source"].str.fullmatch(r"D\d{3}").all()
