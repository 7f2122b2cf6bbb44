"""Tiers by hand; every customer in exactly one; nobody moves who did nothing; movement adds up."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.facts import purchases
from crmlib.facts.company import Company, company_from
from crmlib.measures import tiers
from crmlib.models.estimates import wilson
from crmlib.vocabulary.policy import TIERS, Policy
from tests.small_company import knowing

POLICY = Policy.model_validate({})
AS_OF = date(2026, 10, 31)
Row = tuple[str, str, str, str | None]


def made(rows: list[Row], as_of: date = AS_OF) -> Company:
    """Company of orders (customer, day, amount, refunded)."""
    frame = pd.DataFrame(
        {
            "order_id": [f"o{i}" for i in range(len(rows))],
            "customer_id": [r[0] for r in rows],
            "ordered_at": pd.to_datetime([f"{r[1]} 23:59:59" for r in rows]),
            "amount": [Decimal(r[2]) for r in rows],
            "refunded": pd.Series([float("nan") if r[3] is None else Decimal(r[3]) for r in rows], dtype=object),
        }
    )
    return company_from({"orders": frame}, as_of=as_of)


def placed(c: Company, as_of: date = AS_OF, policy: Policy = POLICY) -> pd.DataFrame:
    return tiers.tiers(c.at(as_of).under(policy)).order_by("customer_id").to_pandas().set_index("customer_id")


ROWS: list[Row] = [
    ("first_day_in", "2025-11-01", "5000", None),
    ("last_day_out", "2025-10-31", "9000", None),
    ("just_below", "2026-01-05", "4999.9999", None),
    ("refunded", "2026-02-01", "1600", "100.01"),
    ("back_below_0", "2026-02-01", "50", "80"),
    ("new_and_small", "2026-08-03", "10", None),
    ("old_and_small", "2026-08-02", "10", None),
    ("climber", "2026-03-01", "1000", None),
    ("climber", "2026-10-31", "4500", None),
    ("newcomer", "2026-10-01", "299", None),
]


@pytest.mark.deck("D059")
def test_tiers_by_hand() -> None:
    found = placed(made(ROWS))
    assert found["tier"].to_dict() == {
        "first_day_in": "high_value",
        "last_day_out": "long_tail",
        "just_below": "growth",
        "refunded": "potential",
        "back_below_0": "long_tail",
        "new_and_small": "potential",
        "old_and_small": "long_tail",
        "climber": "high_value",
        "newcomer": "potential",
    }
    missing = found["to_next_tier_amount"].astype(float)
    assert missing[["just_below", "refunded", "back_below_0", "newcomer"]].to_list() == [0.0001, 0.01, 330.0, 1201.0]
    assert found.loc["first_day_in", ["next_tier", "to_next_tier_amount"]].isna().all()
    assert found.loc["refunded", "next_tier"] == "growth"


def test_sizes_and_their_findings_add_up() -> None:
    c = made(ROWS)
    frame = tiers.sizes(c)
    assert frame["tier"].to_list() == list(TIERS)
    assert frame["customers"].to_list() == [2, 1, 3, 3]
    assert frame["revenue"].to_list() == [10500.0, 4999.9999, 1808.99, -20.0]
    assert frame["customer_share"].sum() == frame["net_revenue_share"].sum() == pytest.approx(1)
    said = tiers.size_findings(c).set_index(["kpi", "segment"])["value"]
    assert said["tier_customers"].to_dict() == {
        "": 9.0,
        "high_value": 2.0,
        "growth": 1.0,
        "potential": 3.0,
        "long_tail": 3.0,
    }
    assert said["high_value_revenue_share"].iloc[0] == pytest.approx(10500 / 17288.9899)


@pytest.mark.deck("D056")
def test_movement_by_hand_with_newcomers() -> None:
    moves = tiers.movement(made(ROWS))
    found = moves[moves["customers"] > 0].set_index(["from_tier", "to_tier"])["customers"].to_dict()
    assert found == {
        ("high_value", "high_value"): 2,
        ("growth", "growth"): 1,
        ("potential", "growth"): 1,
        ("potential", "potential"): 2,
        ("potential", "long_tail"): 1,
        ("long_tail", "long_tail"): 1,
        ("newcomer", "potential"): 1,
    }, "one order of 9,000 comes once in a while; 5,500 lies past 1,500 by more than orders of 4,000 make by chance"
    matrix = tiers.movement_matrix(moves)
    assert matrix.sum(axis=1).to_list() == [pytest.approx(1)] * 5
    assert matrix.index.to_list() == [*TIERS, "newcomer"]
    said = tiers.movement_findings(knowing(AS_OF), moves).set_index(["kpi", "segment"])
    assert said.loc[("moved_up_share", ""), ["value", "low", "high", "n"]].to_list() == [*wilson(1, 8), 8]
    assert said.loc[("moved_down_share", "potential"), "value"] == 0.25
    assert said.loc[("newcomers", ""), "value"] == 1
    assert ("moved_up_share", "high_value") not in said.index


def test_a_tier_is_left_only_beyond_chance_and_then_once() -> None:
    """Two orders of 100 a month until October 2025. The cut at 1,500 is left where 1.64 × √(1500 × 100) = 637 are passed,
    that at 300 where 285 are.
    """
    starts = pd.date_range("2024-09-01", periods=14, freq="MS")
    rows: list[Row] = [("a", f"{start:%Y-%m}-0{day}", "100", None) for start in starts for day in (1, 2)]
    by_value, counted = [], []
    for month in pd.date_range("2025-11-30", "2026-10-31", freq="ME"):
        then = made(rows).at(month.date())
        by_value.append(placed(then, as_of=month.date()).loc["a", "tier"])
        moves = tiers.movement(then)
        counted += moves.loc[moves["customers"] > 0, ["from_tier", "to_tier"]].to_numpy().tolist()
    assert by_value == ["growth"] * 4 + ["potential"] * 6 + ["long_tail"] * 2
    moved = {i: to for i, (before, to) in enumerate(counted) if before != to}
    assert moved == {7: "potential", 11: "long_tail"}, "at 800 and at 0"


def test_who_is_new_to_young_records_is_no_newcomer() -> None:
    regulars: list[Row] = [(f"c{i}", day, "100", None) for i in range(40) for day in ("2026-10-02", "2026-10-12")]
    late: list[Row] = [("late", "2026-10-20", "100", None)]
    young, old = made([*regulars, *late]), made([*regulars, *late, ("first", "2025-01-05", "1", None)])
    assert purchases.newcomers_from(young) == date(2026, 10, 12)
    for c, count in ((old, [41.0]), (young, [])):
        moves = tiers.movement(c)
        stated = tiers.movement_findings(c, moves)
        assert stated.loc[stated["kpi"] == "newcomers", "value"].to_list() == count
        assert ("newcomer" in tiers.movement_matrix(moves).index) == bool(count)


def test_the_way_up_by_hand() -> None:
    way = tiers.way_up(made(ROWS)).set_index("tier")
    assert way["customers"].to_dict() == {"growth": 1, "potential": 3, "long_tail": 3}
    assert way["one_order_away"].to_dict() == {"growth": 1, "potential": 1, "long_tail": 0}
    assert way.loc["long_tail", "median_amount"] == 300.0
    said = tiers.way_up_findings(knowing(AS_OF), way.reset_index()).set_index("segment")["value"]
    assert said[""] == 2


row = st.tuples(
    st.sampled_from(["a", "b", "c", "d", "e"]),
    st.dates(date(2025, 1, 1), date(2026, 12, 31)).map(str),
    st.integers(0, 60_000_000).map(lambda units: str(Decimal(units) / 10_000)),
    st.sampled_from([None, "0", "12.5", "2000"]),
)


@settings(max_examples=4, deadline=None)
@given(st.lists(row, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_everybody_in_one_tier_and_moved_only_by_what_they_do(rows: list[Row], random) -> None:  # type: ignore[no-untyped-def]
    expected = placed(made(rows, as_of=date(2026, 12, 31)))
    assert set(expected.index) == {r[0] for r in rows if r[1] <= str(AS_OF)}
    assert expected.index.is_unique
    assert expected["tier"].isin(TIERS).all()
    strangers: list[Row] = [(f"s{i}", "2026-10-30", "70000", None) for i in range(5)]
    found = placed(made([r for r in random.sample(rows, len(rows)) if r[1] <= str(AS_OF)] + strangers))
    # Others say only how much evidence a trend takes.
    pd.testing.assert_frame_equal(
        found[~found.index.str.startswith("s")].drop(columns="trend"), expected.drop(columns="trend")
    )
    moves = tiers.movement(made(rows))
    assert moves["customers"].sum() == len(expected)


@settings(max_examples=4, deadline=None)
@given(st.lists(row, min_size=1, max_size=12), st.sampled_from([10, 100]))
def test_another_currency_with_its_policy_moves_nobody(rows: list[Row], rate: int) -> None:
    dearer = [(c, d, str(Decimal(a) * rate), None if b is None else str(Decimal(b) * rate)) for c, d, a, b in rows]
    cuts = {f"{t}_from": getattr(POLICY.tiers, f"{t}_from") * rate for t in TIERS[:3]}
    scaled = Policy.model_validate({"tiers": {**cuts, "monetary_cuts": [c * rate for c in POLICY.tiers.monetary_cuts]}})
    expected, found = placed(made(rows)), placed(made(dearer), policy=scaled)
    assert found["tier"].to_dict() == expected["tier"].to_dict()


def modelled(c: Company, model: str) -> Company:
    return replace(c, about={**c.about, "revenue_model": model})


def months(year: int, first: int, last: int, each: int) -> list[str]:
    """`each` days in every month."""
    return [f"{year}-{month:02}-{3 * day + 1:02}" for month in range(first, last + 1) for day in range(each)]


def test_the_trend_compares_the_same_months_of_two_years_or_two_halves_for_who_came_later() -> None:
    days = {
        "old_riser": ["2024-06-01", *months(2025, 5, 10, 1), *months(2026, 5, 10, 4)],
        "old_faller": ["2024-06-01", *months(2025, 5, 10, 4), *months(2026, 5, 10, 1)],
        "seasonal": ["2024-07-01", *months(2025, 5, 6, 6), "2026-01-01", *months(2026, 5, 6, 6)],
        "younger": ["2025-10-01", *months(2026, 1, 4, 5), *months(2026, 5, 6, 1)],
        "noisy": ["2024-06-01", *months(2025, 5, 10, 1), *months(2026, 5, 6, 1)],
        "new": months(2026, 8, 10, 4),
        "few": ["2024-06-01", "2025-06-01", "2026-06-01"],
    }
    rows: list[Row] = [(who, day, "10", None) for who, when in days.items() for day in when]
    found = placed(made(rows))["trend"].to_dict()
    assert found == {
        "old_riser": "rising",
        "old_faller": "falling",
        "seasonal": "steady",
        "younger": "falling",
        "noisy": "steady",
        "new": "too_new",
        "few": "too_few_orders",
    }
    table = tiers.trends(made(rows))
    assert table["customers"].sum() == 7
    assert table.groupby("tier")["share"].sum().drop(["high_value", "growth"]).max() == pytest.approx(1)
    change = table[table["customers"] > 0].groupby("trend")["mean_change"].mean()
    assert -0.82 < change["falling"] < -0.5, "drawn in from -0.83"
    assert change["rising"] > 0.4
    said = tiers.trend_findings(knowing(AS_OF), table).set_index("segment")
    assert said.loc["", ["value", "low", "high", "n"]].to_list() == [*wilson(2, 5), 5]


@pytest.mark.deck("D058")
def test_a_subscription_is_worth_its_last_payment_times_the_payments_a_year() -> None:
    months = [f"2026-{m:02}-05" for m in range(5, 11)]
    rows: list[Row] = [
        *(("monthly", day, "100", None) for day in months[:-1]),
        ("monthly", months[-1], "150", "30"),
        *(("cancelled", day, "100", None) for day in months[:3]),
        *(("back_again", day, "100", None) for day in ("2025-01-05", "2025-02-05", *months[-3:])),
        *(("quarterly", day, "100", None) for day in ("2026-01-15", "2026-04-15", "2026-07-15", "2026-10-15")),
        *(("yearly", day, "1000", None) for day in ("2024-12-01", "2025-12-01")),
        ("first_year", "2026-01-10", "700", None),
        ("one_off", "2024-01-10", "700", None),
        *(("irregular", day, "500", None) for day in ("2026-08-01", "2026-08-11", "2026-10-11")),
        ("refunded", "2026-10-01", "90", "90"),
    ]
    found = placed(modelled(made(rows), "subscription"))["revenue"].astype(float).to_dict()
    assert found == {
        "monthly": 1440.0,
        "cancelled": 0.0,
        "back_again": 1200.0,
        "quarterly": 400.0,
        "yearly": 1000.0,
        "first_year": 700.0,
        "one_off": 0.0,
        "irregular": 0.0,
        "refunded": 0.0,
    }
    assert "recurring" in tiers.measure(modelled(made(rows), "subscription"))


def test_yearly_purchases_count_twelve_months_whatever_the_window() -> None:
    policy = Policy.model_validate({"tiers": {"window_months": 3}})
    c = made([("a", "2025-11-01", "400", "50"), ("a", "2026-10-01", "100", None), ("a", "2025-10-31", "9", None)])
    assert float(placed(c, policy=policy).loc["a", "revenue"]) == 100
    assert float(placed(modelled(c, "yearly_purchases"), policy=policy).loc["a", "revenue"]) == 450


@pytest.mark.deck("D058")
def test_a_subscription_is_worth_what_the_contracts_say_where_they_are_known() -> None:
    day = date(2025, 5, 1)
    rows = [
        ("two", day, None, 5000),
        ("two", day, None, 100),
        ("gone", day, date(2026, 10, 31), 900),
        ("trial", day, None, 70),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "started_on", "ended_on", "amount"])
    frame = frame.assign(contract_id=list("1234"), period=["year", "month", "month", "month"])
    frame = frame.assign(trial=[False, False, False, True])
    orders = pd.DataFrame({"order_id": ["1"], "customer_id": ["buyer"], "ordered_at": pd.to_datetime(["2026-10-01"])})
    tables = {"contracts": frame, "orders": orders.assign(amount=400.0)}
    c = modelled(company_from(tables, as_of=AS_OF), "subscription")
    found = placed(c)
    assert found["revenue"].astype(float).to_dict() == {"two": 6200, "gone": 0, "buyer": 0}
    assert found["tier"].to_dict() == {"two": "high_value", "gone": "long_tail", "buyer": "potential"}
    assert found["days_since_first"].to_dict() == {"two": 548, "gone": 548, "buyer": 30}
    assert "state it" in tiers.measure(c)
    alone = modelled(company_from({"contracts": frame}, as_of=AS_OF), "subscription")
    assert tiers.size_findings(alone).set_index(["kpi", "segment"])["value"]["tier_recurring_revenue", ""] == 6200
    assert "tier_revenue" not in set(tiers.size_findings(alone)["kpi"]), (
        "they brought nothing in a window, they bring it a year"
    )
    assert tiers.size_findings(modelled(alone, "orders")).empty
    unpriced = c.without("contracts.amount")
    assert set(placed(unpriced).index) == {"buyer"}, "payments alone tell, as before"


@settings(max_examples=3, deadline=None)
@given(st.lists(row, min_size=1, max_size=20), st.sampled_from(["subscription", "yearly_purchases"]))
def test_strangers_move_nobody_whatever_the_measure(rows: list[Row], model: str) -> None:
    rows = [r for r in rows if r[1] <= str(AS_OF)]
    strangers: list[Row] = [("s", day, "70000", None) for day in ("2022-01-01", "2026-09-30", "2026-10-30")]
    expected, found = placed(modelled(made(rows), model)), placed(modelled(made(rows + strangers), model))
    pd.testing.assert_frame_equal(found[found.index != "s"].drop(columns="trend"), expected.drop(columns="trend"))
    assert found["tier"].isin(TIERS).all()


def test_a_company_without_orders_and_one_with_a_single_customer() -> None:
    nothing = company_from({}, as_of=AS_OF)
    assert placed(nothing).empty
    assert tiers.size_findings(nothing).empty
    moves = tiers.movement(nothing)
    assert tiers.movement_matrix(moves).empty
    assert tiers.movement_findings(knowing(AS_OF), moves).empty
    way = tiers.way_up(nothing)
    assert way.empty
    assert tiers.way_up_findings(knowing(AS_OF), way).empty
    assert tiers.trend_findings(knowing(AS_OF), tiers.trends(nothing)).empty
    single = made([("a", "2026-10-31", "1", None)])
    moves = tiers.movement(single)
    assert tiers.movement_matrix(moves).index.to_list() == ["newcomer"]
    assert tiers.movement_findings(knowing(AS_OF), moves)["kpi"].to_list() == ["newcomers"]
    assert tiers.sizes(single)["customers"].to_list() == [0, 0, 1, 0]


def trend(*days: str, since: str = "2020-01-01", rate: float = 0.1, **policy: object) -> str:
    """The trend of a customer known `since`, who then bought on days, where `rate` of the changes told may be chance."""
    given: list[Row] = [("a", since, "1", None), *(("a", day, "100", None) for day in days)]
    settings = Policy.model_validate({"tiers": policy, "statistics": {"false_discovery_rate": rate}})
    return str(placed(made(given), policy=settings).loc["a", "trend"])


def test_a_trend_needs_chance_to_be_exceeded_and_enough_orders() -> None:
    """Of one customer the test is that of their own: none after four has a chance of 1/16, after three of 1/8."""
    before = months(2025, 6, 6, 4)
    assert trend(*before) == "falling"
    assert trend(*before, rate=0.05) == "too_few_orders", "whatever came since could be chance"
    assert trend(*before[:3]) == "too_few_orders"
    assert trend(*before[:3], rate=0.13) == "falling"
    assert trend(*before[:3], rate=0.13, trend_orders=4) == "too_few_orders"
    assert trend(*months(2026, 6, 6, 4)) == "rising"
    assert trend(*before, "2026-06-01") == "steady"
    assert trend(*months(2025, 5, 10, 8), *months(2026, 5, 10, 5), rate=0.1) == "falling"
    assert trend(*months(2025, 5, 10, 8), *months(2026, 5, 10, 5), trend_change=0.5) == "steady", (
        "beyond chance, and small"
    )


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        ("2025-04-30", False), ("2025-05-01", True), ("2025-10-31", True), ("2025-11-01", False), ("2026-04-30", False),
    ],
)  # fmt: skip
def test_who_is_long_known_is_compared_with_the_same_months_of_the_year_before(day: str, counts: bool) -> None:
    last = ["2025-06-01", "2025-06-02", "2025-06-03"]
    assert trend(day, *last) == ("falling" if counts else "too_few_orders")


@pytest.mark.parametrize(
    ("since", "day", "told"),
    [
        ("2025-04-30", "2025-12-01", "too_few_orders"),
        ("2025-05-01", "2025-12-01", "falling"),
        ("2025-10-31", "2025-11-01", "falling"),
        ("2025-10-31", "2026-04-30", "falling"),
        ("2025-11-01", "2026-04-30", "too_new"),
        ("2025-10-01", "2025-10-31", "too_few_orders"),
    ],
)
def test_who_came_later_is_compared_with_the_half_before(since: str, day: str, told: str) -> None:
    """From a first order of 1 May 2025 on, as long as it lies before 1 November 2025, when the half before begins."""
    assert trend(day, "2026-01-01", "2026-01-02", "2026-01-03", since=since) == told


def test_a_window_of_one_month_has_a_half_of_one_month() -> None:
    rows = ["2025-10-01", "2025-10-31", "2025-10-02", "2025-10-03"]
    assert trend(*rows, window_months=1) == "falling"
    assert trend("2025-09-30", *rows[1:], window_months=1) == "too_few_orders"
    assert trend("2025-11-01", *rows[1:], window_months=1) == "too_few_orders"


def test_what_still_counts_at_the_end_of_the_quarter() -> None:
    """On 31 December twelve months begin on 1 January."""
    c = made([("a", "2025-12-31", "100", None), ("a", "2026-01-01", "30", None), ("b", "2025-10-31", "7", None)])
    found = placed(c)
    assert found["revenue"].astype(float).to_dict() == {"a": 130.0, "b": 0.0}
    assert found["revenue_kept"].astype(float).to_dict() == {"a": 30.0, "b": 0.0}
    assert found["orders"].to_dict() == {"a": 2, "b": 0}
    assert found["days_since_first"].to_dict() == {"a": 304, "b": 365}
