"""Lorenz, Gini and the top fifth: hand-computed, against the bootstrap, and on companies that are hardly there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import erf, isnan

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from crmlib.facts.company import Company, company_from
from crmlib.facts.findings import FINDING
from crmlib.measures import concentration
from crmlib.vocabulary.policy import Policy

POLICY = Policy.model_validate({})
AS_OF = date(2026, 10, 31)
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)


def company(amounts: list[float], refunds: list[float | None] | None = None) -> Company:
    """One order a customer, all on one day of the window."""
    frame = pd.DataFrame(
        {
            "order_id": [f"o{i}" for i in range(len(amounts))],
            "customer_id": [f"c{i:04d}" for i in range(len(amounts))],
            "ordered_at": pd.to_datetime(["2026-06-01 10:00"] * len(amounts)),
            "amount": [Decimal(str(a)) for a in amounts],
        }
    )
    if refunds is not None:
        frame["refunded"] = refunds
    return company_from({"orders": frame}, as_of=AS_OF)


def values(c: Company) -> dict[str, float]:
    found = concentration.concentration(c.at(AS_OF))
    return dict(zip(found["kpi"], found["value"], strict=True))


@pytest.mark.deck("D005")
def test_hand_computed() -> None:
    found = concentration.concentration(company([1, 2, 3, 4]))
    assert list(found.columns) == FINDING
    assert values(company([1, 2, 3, 4])) == pytest.approx({"gini": 0.25, "top_fifth_share": 0.8 * 4 / 10})
    assert values(company([0, 0, 0, 0, 10])) == pytest.approx({"gini": 0.8, "top_fifth_share": 1.0})
    curve = concentration.lorenz(company([1, 2, 3, 4])).set_index("customers_share")
    assert curve.loc[[0.0, 0.25, 0.5, 0.75, 1.0], "revenue_share"].tolist() == pytest.approx([0, 0.1, 0.3, 0.6, 1.0])


def test_refunds_count_against_revenue_and_nobody_stands_below_nought() -> None:
    assert values(company([5, 5, 5, 8], [None, 0, 5, 20])) == pytest.approx(values(company([5, 5, 0, 0])))


def test_only_the_window_counts_and_nothing_after_the_day() -> None:
    inside = company([1, 2, 3, 4])
    orders = inside.tables.orders.select("order_id", "customer_id", "ordered_at", "amount").to_pandas()
    stray = orders.assign(order_id=orders["order_id"] + "x", amount=Decimal(1000))
    early = stray.head(1).assign(ordered_at=pd.Timestamp("2025-10-31 23:59"))
    late = stray.tail(1).assign(ordered_at=pd.Timestamp("2026-11-01 00:00"))
    more = company_from({"orders": pd.concat([early, orders, late])}, as_of=date(2027, 1, 31))
    for measure in (concentration.lorenz, concentration.concentration, concentration.largest_customers):
        pd.testing.assert_frame_equal(measure(more.at(AS_OF)), measure(inside))
    first_day = orders.head(2).assign(ordered_at=pd.Timestamp("2025-11-01 00:00"))
    edge = company_from({"orders": first_day}, as_of=AS_OF)
    assert values(edge)["gini"] == pytest.approx(1 / 6)


def test_intervals_agree_with_the_bootstrap() -> None:
    draws = np.random.default_rng(7).lognormal(3, 1, 600).round(2)
    found = concentration.concentration(company(list(draws))).set_index("kpi")

    def gini(sample: np.ndarray) -> float:
        ordered = np.sort(sample)
        return float(
            2 * (ordered * np.arange(1, len(ordered) + 1)).sum() / (len(ordered) * ordered.sum()) - 1 - 1 / len(ordered)
        )

    def top(sample: np.ndarray) -> float:
        return float(np.sort(sample)[-len(sample) // 5 :].sum() / sample.sum())

    for kpi, statistic in (("gini", gini), ("top_fifth_share", top)):
        row = found.loc[kpi]
        rng = np.random.default_rng(1)
        resampled = [statistic(draws[rng.integers(0, len(draws), len(draws))]) for _ in range(800)]
        low, high = np.quantile(resampled, [0.025, 0.975])
        assert row["value"] == pytest.approx(statistic(draws), abs=1e-9)
        assert row["high"] - row["low"] == pytest.approx(high - low, rel=0.15)


def test_gini_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(11), 0
    for _ in range(300):
        revenue, count = np.unique(rng.lognormal(3, 1, 500).round(2), return_counts=True)
        value, influence = concentration._gini(revenue, count.astype(float))
        half = 1.96 * float(np.sqrt((count * influence**2).sum() / 499 / 500))
        held += abs(value - erf(0.5)) <= half
    assert 0.89 <= held / 300 <= 0.98


amounts = st.lists(st.integers(0, 10**7), min_size=1, max_size=30).filter(any)


@settings(max_examples=5, deadline=None, phases=NO_SHRINKING)
@given(amounts, st.integers(2, 50), st.randoms(use_true_random=False))
def test_properties(cents: list[int], times: int, random: object) -> None:
    money = [c / 100 for c in cents]
    base = values(company(money))
    shuffled = money[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert values(company(shuffled)) == base
    assert values(company([round(m * times, 2) for m in money])) == pytest.approx(base, abs=1e-9)
    assert 0 <= base["gini"] < 1
    assert 0.2 - 1e-9 <= base["top_fifth_share"] <= 1
    assert values(company(money * 2)) == pytest.approx(base, abs=1e-9)
    curve = concentration.lorenz(company(money * 2))["revenue_share"].to_numpy()
    assert len(curve) == 101
    assert curve[0] == 0
    assert curve[-1] == pytest.approx(1)
    assert (np.diff(curve) >= -1e-12).all()
    assert (np.diff(curve, 2) >= -1e-9).all()


def test_equal_amounts_are_equal() -> None:
    found = concentration.concentration(company([7.5] * 50)).set_index("kpi")
    assert found.loc["gini", ["value", "low", "high"]].tolist() == pytest.approx([0, 0, 0], abs=1e-12)
    assert found.loc["top_fifth_share", "value"] == pytest.approx(0.2)


def test_largest_customers_come_first_and_ties_by_id() -> None:
    top = concentration.largest_customers(company([2, 5, 0, 5, -3, 1]))
    assert top["customer_id"].tolist() == ["c0001", "c0003", "c0000", "c0005"]
    assert top["cumulative_share"].tolist() == pytest.approx([5 / 13, 10 / 13, 12 / 13, 1])
    assert set(top["days_since_last"]) == {(AS_OF - date(2026, 6, 1)).days}


@pytest.mark.parametrize("amounts", [[], [0.0], [0.0, -5.0], [-1.0]])
def test_without_revenue_there_is_nothing_to_tell(amounts: list[float]) -> None:
    c = company(amounts) if amounts else company_from({}, as_of=AS_OF)
    found = concentration.concentration(c.at(AS_OF))
    assert found["value"].isna().all()
    assert (found["n"] == 0).all()
    assert concentration.lorenz(c.at(AS_OF)).empty
    assert concentration.largest_customers(c.at(AS_OF)).empty


def test_one_customer_has_a_value_and_no_interval() -> None:
    found = concentration.concentration(company([12.0]))
    assert found["value"].tolist() == pytest.approx([0.0, 0.2])
    assert all(isnan(v) for v in found["low"])
    assert found["n"].tolist() == [1, 1]
