"""Who stays: Kaplan-Meier against published values, cohorts that add up, months not over left empty."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from math import isnan

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import FINDING
from crmlib.measures import retention
from crmlib.models.estimates import wilson
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({})
AS_OF = date(2026, 10, 31)
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)


def third_month(c: Company) -> pd.DataFrame:
    return retention.cohort_retention(c, retention.cohorts(c))


def matrix_of(c: Company) -> pd.DataFrame:
    return retention.cohort_matrix(retention.cohorts(c))


FINDINGS = (
    retention.active_customers,
    retention.repurchase_rate,
    retention.repurchase_within,
    retention.repeat_revenue_share,
    third_month,
)
FRAMES = (
    retention.orders_per_customer,
    retention.repurchase_curve,
    retention.revenue_by_month,
    retention.cohorts,
    matrix_of,
    retention.kept_curve,
)


def frame(rows: list[tuple[str, str, float]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": [f"o{i:03d}" for i in range(len(rows))],
            "customer_id": [r[0] for r in rows],
            "ordered_at": pd.to_datetime([r[1] for r in rows], format="ISO8601"),
            "amount": [Decimal(str(r[2])) for r in rows],
        }
    )


def company(rows: list[tuple[str, str, float]], as_of: date = AS_OF) -> Company:
    return company_from({"orders": frame(rows)}, as_of=as_of)


FOUR = [
    ("a", "2025-11-10", 10),
    ("a", "2025-12-20", 20),
    ("a", "2026-02-01", 30),
    ("b", "2025-11-30 23:59", 40),
    ("b", "2025-11-30 23:59", 5),
    ("c", "2025-12-05", 15),
    ("c", "2026-01-05", 25),
    ("d", "2026-02-10", 35),
]
FOUR_AS_OF = date(2026, 2, 20)


def by_kpi(found: pd.DataFrame) -> pd.DataFrame:
    return found[found["segment"] == ""].set_index("kpi")


@pytest.mark.deck("D004")
def test_repurchase_rate_by_hand() -> None:
    found = retention.repurchase_rate(company(FOUR, FOUR_AS_OF).at(FOUR_AS_OF))
    assert list(found.columns) == FINDING
    assert found.loc[0, ["value", "low", "high"]].tolist() == pytest.approx(wilson(3, 4))
    assert found.loc[0, ["period", "segment", "n"]].tolist() == ["2026-02", "", 4]


def test_orders_per_customer_by_hand() -> None:
    rows = [("a", "2026-01-01", 1.0)] + [("b", "2026-01-01", 1.0)] * 10 + [("c", "2026-01-01", 1.0)] * 12
    often = retention.orders_per_customer(company(rows))
    assert often["orders"].tolist() == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10+"]
    assert often["customers"].tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert often["share"].tolist()[-1] == pytest.approx(2 / 3)
    assert retention.orders_per_customer(company(rows[:1]))["customers"].tolist() == [1, 0], (
        "no bars that nobody reaches"
    )


@pytest.mark.deck("D006")
def test_active_lost_and_kept_by_hand() -> None:
    rows = [
        ("a", "2025-08-01", 1),
        ("a", "2026-09-01", 1),
        ("b", "2025-09-01", 1),
        ("c", "2026-08-01", 1),
        ("d", "2024-01-01", 1),
    ]
    found = by_kpi(retention.active_customers(company(rows)))
    assert found.loc["active_customers", ["value", "n"]].tolist() == [2, 4]
    assert isnan(found.loc["active_customers", "low"])
    assert found.loc["active_share", "value"] == 0.5
    assert found.loc["kept_share", ["value", "n"]].tolist() == [0.5, 2]


def test_active_ends_after_exactly_the_days_of_the_policy() -> None:
    last = AS_OF - timedelta(days=POLICY.cost.inactive_days)
    for day, active in ((last, 0), (last + timedelta(days=1), 1)):
        found = by_kpi(retention.active_customers(company([("a", f"{day} 23:59", 1)])))
        assert found.loc["active_customers", "value"] == active


def test_repurchase_curve_gives_the_published_kaplan_meier_values() -> None:
    """Weeks of remission of 21 patients on 6-MP (Freireich et al. 1963), minus where censored: S and its log-log interval."""
    remissions = [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35]
    rows = []
    for i, wait in enumerate(remissions):
        days = timedelta(days=abs(wait))
        first = AS_OF - (days if wait < 0 else timedelta(days=60))
        rows.append((f"p{i}", str(first), 1.0))
        if wait > 0:
            rows.append((f"p{i}", str(first + days), 1.0))
    curve = retention.repurchase_curve(company(rows)).set_index("days_since_first")
    published = {5: 1, 6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448, 35: 0.448}
    assert (1 - curve.loc[list(published), "share"]).tolist() == pytest.approx(list(published.values()), abs=6e-4)
    assert curve.loc[[6, 7, 23], "at_risk"].tolist() == [21, 17, 6]
    assert (1 - curve.loc[6, ["high", "low"]]).tolist() == pytest.approx([0.620, 0.952], abs=6e-4)
    assert curve.index.max() == 35


def test_a_second_order_of_the_same_day_is_no_return() -> None:
    c = company([("a", "2025-01-01 09:00", 1), ("a", "2025-01-01 18:00", 1)])
    assert by_kpi(retention.repurchase_within(c))["value"].tolist() == [0, 0, 0]
    assert by_kpi(retention.repurchase_rate(c))["value"].tolist() == [1]
    assert by_kpi(retention.repeat_revenue_share(c.at(date(2025, 2, 1))))["value"].tolist() == [0]


def test_a_wait_that_is_not_over_is_not_told() -> None:
    young = company([("a", "2026-09-20", 1), ("b", "2026-09-21", 1), ("b", "2026-09-25", 1)])
    found = by_kpi(retention.repurchase_within(young))
    assert found["n"].tolist() == [2, 0, 0]
    assert found["value"].iloc[0] == pytest.approx(0.5)
    assert found["value"].iloc[1:].isna().all()


def test_without_a_return_the_interval_is_not_nought() -> None:
    silent = company([(f"c{i}", "2024-01-01", 1) for i in range(40)])
    found = by_kpi(retention.repurchase_within(silent))
    assert found["value"].tolist() == [0, 0, 0]
    assert found["high"].tolist() == pytest.approx([wilson(0, 40)[2]] * 3)


@pytest.mark.deck("D004")
def test_repeat_revenue_share_by_hand() -> None:
    found = retention.repeat_revenue_share(company(FOUR, FOUR_AS_OF).at(FOUR_AS_OF))
    assert found.loc[0, "value"] == pytest.approx((20 + 30 + 25) / 180)
    each, again = np.array([60, 45, 40, 35]), np.array([50, 0, 25, 0])
    residual = again - found.loc[0, "value"] * each
    error = (residual.var(ddof=1) * 4 / 3 * 3 / 4) ** 0.5 / 45 / 2
    assert found.loc[0, "high"] == pytest.approx(min(1, found.loc[0, "value"] + 3.182446 * error), abs=1e-5)
    assert found.loc[0, "n"] == 4


def test_refunds_are_taken_off_and_old_revenue_is_out_of_the_window() -> None:
    rows = frame([("a", "2024-01-01", 500), ("a", "2026-01-01", 60), ("b", "2026-02-01", 40)])
    rows["refunded"] = [None, 20.0, None]
    c = company_from({"orders": rows}, as_of=AS_OF)
    assert retention.repeat_revenue_share(c).loc[0, "value"] == pytest.approx(0.5)


def older_than_its_records(settled_days: int | None = None) -> Company:
    """Forty who bought every 60 days long before the records, and eight who come in May, of whom two return in August."""
    start = date(2026, 1, 1)
    old = [(f"old{i:02d}", str(start + timedelta(days=i + 60 * k)), 10.0) for i in range(40) for k in range(5)]
    new = [(f"new{i}", "2026-05-10", 10.0) for i in range(8)] + [(f"new{i}", "2026-08-10", 10.0) for i in range(2)]
    policy = Policy.model_validate({"lifecycle": {"settled_days": settled_days}})
    return company_from({"orders": frame([*old, *new])}, as_of=AS_OF, policy=policy)


def test_who_may_have_bought_before_the_records_is_no_newcomer() -> None:
    c = older_than_its_records()
    within = by_kpi(retention.repurchase_within(c))
    assert within.loc["repurchase_within_90_days", ["value", "n"]].tolist() == [0, 8]
    assert within.loc["unsettled_customers", ["value", "n"]].tolist() == [40, 48]
    assert retention.repurchase_curve(c)["at_risk"].iloc[0] == 8
    third = third_month(c).set_index("kpi")
    assert third.loc["third_month_retention", "n"].tolist() == [8, 8]
    assert third.loc["third_month_retention", "value"].tolist() == [0.25, 0.25]
    assert third.loc["unsettled_third_month", "n"] == 40
    assert [str(month.date()) for month in matrix_of(c).index] == ["2026-05-01"]
    monthly = retention.revenue_by_month(c).set_index(["month", "group"])["customers"]
    assert monthly.loc[(pd.Timestamp("2026-01-01"), "unsettled")] == 31
    assert monthly.loc[(pd.Timestamp("2026-05-01"), "new")] == 8
    assert "new" not in monthly.loc[pd.Timestamp("2026-02-01")]
    share = by_kpi(retention.repeat_revenue_share(c)).loc["repeat_revenue_share", "value"]
    assert share == pytest.approx(1 - 8 / (40 * 4 + 10)), "March to October: eight first orders of all"
    assert by_kpi(retention.repurchase_rate(c)).loc["repurchase_rate", "n"] == 48


def test_records_that_begin_with_the_company_count_from_the_first_day() -> None:
    within = by_kpi(retention.repurchase_within(older_than_its_records(0)))
    assert "unsettled_customers" not in within.index
    assert within.loc["repurchase_within_90_days", ["value", "n"]].tolist() == [pytest.approx(40 / 48), 48]
    assert third_month(older_than_its_records(0))["kpi"].unique().tolist() == ["third_month_retention"]


def test_cohort_matrix_by_hand_with_the_month_under_way_empty() -> None:
    matrix = matrix_of(company(FOUR, FOUR_AS_OF))
    assert [str(c.date()) for c in matrix.index] == ["2025-11-01", "2025-12-01", "2026-02-01"]
    nan = float("nan")
    expected = [[1, 0.5, 0, nan], [1, 1, nan, nan], [nan, nan, nan, nan]]
    np.testing.assert_array_equal(matrix.to_numpy(), expected)
    whole = matrix_of(company(FOUR, date(2026, 2, 28)))
    np.testing.assert_array_equal(whole.to_numpy(), [[1, 0.5, 0, 0.5], [1, 1, 0, nan], [1, nan, nan, nan]])


def test_the_sizes_of_cohorts_are_customers() -> None:
    sizes = retention.cohort_sizes(retention.cohorts(company(FOUR, FOUR_AS_OF).at(FOUR_AS_OF)))
    assert {str(month.date()): n for month, n in sizes.items()} == {"2025-11-01": 2, "2025-12-01": 1, "2026-02-01": 1}


def test_the_band_of_revenue_is_a_t_interval_over_all_customers() -> None:
    monthly = retention.revenue_by_month(company(FOUR, date(2026, 2, 28)).at(date(2026, 2, 28)))
    told = monthly.set_index([monthly["month"].dt.month, "group"])
    each = np.array([10.0, 45.0, 0.0, 0.0])
    half = 3.182446 * each.std(ddof=1) / 2 * 4
    assert told.loc[(11, "new"), ["revenue", "high"]].tolist() == pytest.approx([55, 55 + half], abs=1e-4)
    assert told.loc[(11, "new"), "low"] == 0
    assert told.loc[(11, "returning"), ["low", "high"]].isna().all()
    assert told.loc[(2, "returning"), "revenue"] == 30


def test_the_band_of_revenue_covers_what_resampled_customers_bring() -> None:
    rng = np.random.default_rng(7)
    spent = rng.gamma(2.0, 100.0, 400).round(2)
    rows = [(f"c{i}", f"2026-{1 + i % 2:02d}-10", float(v)) for i, v in enumerate(spent)]
    day = date(2026, 2, 28)
    january = retention.revenue_by_month(company(rows, day).at(day)).iloc[0]
    amounts = np.where(np.arange(400) % 2 == 0, spent, 0.0)
    draws = [amounts[rng.integers(0, 400, 400)].sum() for _ in range(2000)]
    assert [january["low"], january["high"]] == pytest.approx(np.quantile(draws, [0.025, 0.975]), rel=0.02)


def test_the_curve_of_kept_customers_by_hand() -> None:
    policy = Policy.model_validate({"statistics": {"min_n": 2}})
    rows = [
        ("old", "2023-01-01", 1),
        ("a", "2024-10-01", 1),
        ("a", "2025-10-01", 1),
        ("a", "2026-10-01", 1),
        ("b", "2024-10-01", 1),
        ("b", "2025-10-01", 1),
        ("c", "2025-10-01", 1),
        ("c", "2026-09-01", 1),
    ]
    kept = retention.kept_curve(company(rows).under(policy))
    assert kept[["years", "share", "n"]].to_numpy().tolist() == [[1, pytest.approx(2 / 3), 3], [2, 0.5, 2]]
    assert kept.loc[0, ["low", "high"]].tolist() == pytest.approx(wilson(2, 3)[1:])
    assert retention.kept_curve(company(rows[1:]).under(policy))["years"].tolist() == [1]
    assert retention.kept_curve(company(rows))["years"].tolist() == [1]
    once = by_kpi(retention.active_customers(company(rows).under(policy)))
    assert once.loc["kept_share", "value"] == kept.loc[0, "share"]


def test_a_long_history_needs_more_than_one_bitmap() -> None:
    months = pd.date_range("2010-01-15", "2026-10-15", freq="MS")
    chosen = [m for i, m in enumerate(months) if i % 7 == 0 or i in (1, 59, 60, 61, 119, 120)]
    c = company([("a", str(m.date()), 1) for m in chosen])
    found = retention.cohorts(c)
    active = {months[0] + pd.DateOffset(months=int(k)) for k in found.loc[found["active"] == 1, "months_since_first"]}
    assert active == set(chosen)
    assert len(found) == len(months)


def test_third_month_by_hand_and_by_year() -> None:
    rows = [
        ("a", "2025-12-31", 1),
        ("a", "2026-03-01", 1),
        ("b", "2025-12-01", 1),
        ("c", "2026-01-31", 1),
        ("c", "2026-04-30", 1),
        ("d", "2026-08-01", 1),
    ]
    found = third_month(company(rows))
    assert found["segment"].tolist() == ["", "2025", "2026"]
    assert found["value"].tolist() == pytest.approx([2 / 3, 1 / 2, 1])
    assert found["n"].tolist() == [3, 2, 1]


orders = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 500), st.integers(-500, 9000)), min_size=1, max_size=40)


def drawn(rows: list[tuple[int, int, int]]) -> pd.DataFrame:
    start = date(2025, 6, 20)
    return frame([(f"c{c}", f"{start + timedelta(days=d)} 12:00", a / 100) for c, d, a in rows])


@settings(max_examples=8, deadline=None, phases=NO_SHRINKING)
@given(orders)
def test_identities(rows: list[tuple[int, int, int]]) -> None:
    data = drawn(rows)
    c = company_from({"orders": data}, as_of=AS_OF)
    before = data[data["ordered_at"] < pd.Timestamp(AS_OF) + pd.Timedelta(days=1)]
    monthly = retention.revenue_by_month(c)
    assert monthly["revenue"].sum() == pytest.approx(float(before["amount"].sum()), abs=1e-6)
    assert monthly["orders"].sum() == len(before)
    assert monthly.loc[monthly["group"] == "new", "customers"].sum() == before["customer_id"].nunique()
    per_month = before.groupby(before["ordered_at"].dt.to_period("M").dt.to_timestamp())["amount"].sum()
    together = monthly.groupby("month")["revenue"].sum()
    assert together.reindex(per_month.index).to_numpy() == pytest.approx(per_month.to_numpy(dtype=float), abs=1e-6)

    long = retention.cohorts(c)
    sizes = long.drop_duplicates("cohort")["customers"]
    assert sizes.sum() == before["customer_id"].nunique()
    assert (long.loc[long["months_since_first"] == 0, "share"] == 1).all()
    assert long["active"].sum() == monthly["customers"].sum()

    often = retention.orders_per_customer(c)
    assert often["customers"].sum() == before["customer_id"].nunique()
    assert often["share"].sum() == pytest.approx(1 if len(before) else 0)

    curve = retention.repurchase_curve(c)
    if len(curve):
        assert curve["share"].is_monotonic_increasing
        assert (curve["low"] <= curve["share"] + 1e-12).all()
        assert (curve["share"] <= curve["high"] + 1e-12).all()
        assert curve["at_risk"].iloc[0] == before["customer_id"].nunique()


@settings(max_examples=2, deadline=None, phases=NO_SHRINKING)
@given(orders, st.integers(0, 2**32 - 1))
def test_later_rows_and_row_order_change_nothing(rows: list[tuple[int, int, int]], seed: int) -> None:
    data, cut = drawn(rows), date(2026, 3, 17)
    earlier = data[data["ordered_at"] < "2026-03-18"]
    some = company_from({"orders": earlier.sample(frac=1, random_state=seed)}, as_of=cut)
    more = company_from({"orders": data}, as_of=date(2027, 6, 30))
    for measure in (*FINDINGS, *FRAMES):
        pd.testing.assert_frame_equal(measure(more.at(cut)), measure(some.at(cut)))


def test_an_empty_company_has_nothing_to_tell() -> None:
    empty = company_from({}, as_of=AS_OF)
    for measure in FINDINGS:
        found = measure(empty)
        assert found["value"].isna().all()
        assert (found["n"] == 0).all()
    for measure in FRAMES:
        assert measure(empty).empty


@pytest.mark.parametrize("amount", [10.0, 0.0, -10.0])
def test_one_order_on_the_very_day(amount: float) -> None:
    one = company([("a", "2026-10-15 08:00", amount)], date(2026, 10, 15))
    day = date(2026, 10, 15)
    assert by_kpi(retention.active_customers(one.at(day))).loc["active_customers", "value"] == 1
    assert by_kpi(retention.repurchase_within(one.at(day)))["value"].isna().all()
    assert matrix_of(one).isna().all(axis=None)
    assert retention.cohorts(one.at(day))["customers"].tolist() == [1]
    assert retention.revenue_by_month(one.at(day)).empty
    share = by_kpi(retention.repeat_revenue_share(one.at(day))).loc["repeat_revenue_share", "value"]
    assert share == 0 if amount > 0 else isnan(share)
    assert isnan(by_kpi(third_month(one)).loc["third_month_retention", "value"])
