"""Proposed cuts: their rule by hand, whom they move, and what leaves them alone."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.facts import cuts
from crmlib.facts.company import Company, company_from
from crmlib.measures import tiers
from crmlib.vocabulary.policy import TIERS, Policy

POLICY = Policy.model_validate({})
AS_OF = date(2026, 10, 31)


def made(spent: list[float], *, orders: int = 4, gap: int = 30, years: int = 1, scale: float = 1) -> Company:
    """Each customer spends a sum a year in equal orders, `gap` days apart, the last on the as-of date of each year."""
    rows = [
        (
            f"c{i:04}",
            pd.Timestamp(AS_OF) - pd.Timedelta(days=gap * k + 365 * y),
            Decimal(str(round(v * scale / orders, 4))),
        )
        for i, v in enumerate(spent)
        for y in range(years)
        for k in range(orders)
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    return company_from({"orders": frame.assign(order_id=[f"o{i}" for i in range(len(frame))])}, as_of=AS_OF)


def proposed(c: Company, policy: Policy = POLICY):  # type: ignore[no-untyped-def]
    return cuts.proposed_cuts(c.at(AS_OF).under(policy))


FEW_AND_MANY = [10_000.0] * 10 + [3_000.0] * 20 + [400.0] * 75 + [20.0] * 500


def test_the_rule_by_hand() -> None:
    found = proposed(made(FEW_AND_MANY))
    assert (found.high_value_from, found.growth_from, found.potential_from) == (10_000, 3_000, 400)


@pytest.mark.deck("D059")
def test_the_smallest_group_that_brings_the_share_sets_the_cut() -> None:
    spent = [8_000.0] * 10 + [3_000.0] * 16 + [400.0] * 60 + [40.0] * 200
    found = proposed(made(spent))
    assert (found.high_value_from, found.growth_from, found.potential_from) == (8_000, 3_000, 400)
    assert found.monetary_cuts == [400.0, 1_200.0, 3_000.0, 8_000.0]


def test_a_cut_that_would_hardly_change_stays_and_the_day_is_noted() -> None:
    spent = [5_300.0] * 20 + [1_600.0] * 25 + [320.0] * 100
    found = proposed(made(spent))
    assert (found.high_value_from, found.growth_from, found.potential_from) == (5_000, 1_500, 300)
    assert found.frozen_on == AS_OF
    assert found.window_months == POLICY.tiers.window_months


def test_too_few_customers_propose_nothing() -> None:
    for c in (made([9_000.0] * 20), made([9_000.0] * 60, orders=1), company_from({}, as_of=AS_OF)):
        assert proposed(c) == POLICY.tiers.model_copy(update={"frozen_on": AS_OF})


@pytest.mark.deck("D057")
def test_recency_follows_the_rhythm_of_repeat_buyers() -> None:
    assert proposed(made(FEW_AND_MANY, gap=14)).recency_cuts_days == [14, 21, 30, 45]
    assert proposed(made(FEW_AND_MANY, gap=88)).recency_cuts_days == [90, 120, 150, 180]


def test_whom_it_would_move_adds_up_and_agrees_with_the_tiers() -> None:
    c = made(FEW_AND_MANY)
    new = proposed(c)
    moved = cuts.moves(c, new)
    assert len(moved) == len(TIERS) ** 2
    under = Policy.model_validate({"tiers": new.model_dump()})
    for column, policy in (("tier", POLICY), ("proposed_tier", under)):
        sizes = tiers.sizes(c.under(policy)).set_index("tier")
        held = moved.groupby(column)[["customers", "revenue"]].sum()
        assert held["customers"].to_dict() == sizes["customers"].to_dict()
        assert held["revenue"].to_dict() == pytest.approx(sizes["revenue"].to_dict())


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([10, 1000]))
def test_any_company_gets_cuts_in_order_and_another_currency_the_same_ones(seed: int, rate: int) -> None:
    rng = np.random.default_rng(seed)
    spent = [float(v) for v in np.exp(rng.normal(6, 1.5, 80)).round(2)]
    money = ("high_value_from", "growth_from", "potential_from")
    scaled = {f: getattr(POLICY.tiers, f) * rate for f in money}
    dearer = Policy.model_validate(
        {"tiers": {**scaled, "monetary_cuts": [c * rate for c in POLICY.tiers.monetary_cuts]}}
    )
    found, other = proposed(made(spent)), proposed(made(spent, scale=rate), dearer)
    assert found.high_value_from > found.growth_from > found.potential_from > 0
    assert [getattr(other, f) for f in money] == pytest.approx([getattr(found, f) * rate for f in money])
    assert other.recency_cuts_days == found.recency_cuts_days


def test_a_floor_is_the_money_of_the_last_customer_needed_for_the_share() -> None:
    spent = [100.0 + 7 * i**2 for i in range(60)]
    seen = cuts._look(made(spent))
    assert seen is not None
    ranked = np.array(sorted(spent, reverse=True))
    before = ranked.cumsum() - ranked
    floors = [ranked[before < share * ranked.sum()].min() for share in POLICY.tiers.recut_shares]
    assert seen.money == pytest.approx(floors)


FAR = POLICY.tiers.model_copy(
    update={"recency_cuts_days": [1, 100_000, 200_000, 300_000], "frequency_cuts": [2, 100, 200, 300]}
)
"""Cuts so far from what the data say that none of them stays."""
RUNGS = [
    3,
    5,
    7,
    10,
    14,
    21,
    30,
    45,
    60,
    90,
    120,
    150,
    180,
    240,
    300,
    365,
    540,
    730,
    1095,
    1825,
    3650,
    7300,
    10950,
    14600,
]
ROUND = [1.0, 1.2, 1.5, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]


@pytest.mark.parametrize("place", range(21))
def test_days_are_numbers_that_a_person_would_choose_and_rise(place: int) -> None:
    assert cuts._days([float(RUNGS[place])] * 4, FAR) == RUNGS[place : place + 4]


def test_days_lie_next_to_what_the_data_say_by_ratio() -> None:
    """Between 30 and 45 the middle by ratio is 36.7, between 3 and 5 it is 3.87."""
    assert cuts._days([0.0, 36.7, 36.8, 400.0], FAR) == [3, 30, 45, 365]
    assert cuts._days([3.9, 12.0, 4000.0, 5000.0], FAR) == [5, 14, 3650, 7300]
    assert cuts._days([30.0, 90.0, 180.0, 365.0], POLICY.tiers) == [30, 90, 180, 365]


def test_money_is_rounded_by_ratio_and_the_next_lower_number_is_found() -> None:
    for power in (0.01, 1.0, 1000.0):
        for low, high in pairwise(ROUND):
            middle = (low * high) ** 0.5
            assert cuts._round(power * middle * 0.999) == pytest.approx(power * low)
            assert cuts._round(power * middle * 1.001) == pytest.approx(power * high)
            assert cuts._below(power * high) == pytest.approx(power * low)
            assert cuts._below(power * middle) == pytest.approx(power * low)


def test_a_cut_stays_below_a_difference_of_fifteen_in_a_hundred() -> None:
    assert [cuts._kept(new, 100.0) for new in (84.0, 85.0, 86.0, 114.0, 115.0)] == [84.0, 85.0, 100.0, 100.0, 115.0]


def test_equal_cuts_are_parted() -> None:
    assert cuts._falling([5_000.0, 5_000.0, 5_000.0]) == [5_000.0, 4_000.0, 3_500.0]
    assert cuts._falling([500.0, 900.0, 100.0]) == [500.0, 400.0, 100.0]
    assert cuts._between(1_000.0, 4_000.0) == 2_000.0
    assert cuts._between(1_000.0, 1_100.0) == 1_050.0, "rounded it would be the lower one"
    assert cuts._between(950.0, 1_000.0) == 975.0, "rounded it would be the upper one"


def test_frequency_begins_with_the_second_order_and_rises_by_one_at_least() -> None:
    assert cuts._orders([2.0, 2.0, 2.0], FAR) == [2, 3, 4, 5]
    assert cuts._orders([4.0, 6.5, 20.0], FAR) == [2, 4, 6, 20]
    assert cuts._orders([3.0, 5.0, 9.0], POLICY.tiers) == [2, 3, 5, 9]


def bought(first: str, n: int = 30, *, once: int = 0, given: int = 0) -> Company:
    """`n` customers who bought on two days of the last window and `first`, `once` who bought on one, `given` who paid nothing."""
    who = [f"c{i}" for i in range(n)]
    rows = [(w, day, "100") for w in who for day in (first, "2026-05-01", "2026-09-01")]
    rows += [(f"one{i}", "2026-05-01", "100") for i in range(once)]
    rows += [(f"gift{i}", day, "0") for i in range(given) for day in ("2026-05-01", "2026-09-01")]
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    frame = frame.assign(order_id=[f"o{i}" for i in range(len(frame))], ordered_at=pd.to_datetime(frame["ordered_at"]))
    return company_from({"orders": frame}, as_of=AS_OF)


def test_a_quarter_counts_only_if_the_records_fill_its_window() -> None:
    """A window of twelve months to 31 July 2026 begins on 1 August 2025, the one to 30 April on 1 May."""
    days = [c.as_of for c in cuts._dates(bought("2025-08-01"))]
    assert days == [AS_OF, date(2026, 7, 31)]
    assert [c.as_of for c in cuts._dates(bought("2025-08-02"))] == [AS_OF]
    assert [c.as_of for c in cuts._dates(bought("2020-01-01"))] == [
        AS_OF, date(2026, 7, 31), date(2026, 4, 30), date(2026, 1, 31),
    ]  # fmt: skip
    assert [c.as_of for c in cuts._dates(company_from({}, as_of=AS_OF))] == [AS_OF]


def test_the_fewest_customers_that_cuts_are_proposed_from() -> None:
    least = POLICY.statistics.min_n
    seen = cuts._look(bought("2026-01-01", least))
    assert seen is not None
    assert (seen.money, seen.orders) == ([300.0] * 3, [3.0] * 3)
    assert seen.days == pytest.approx([121.5] * 4), "1 January, 1 May, 1 September"
    assert cuts._look(bought("2026-01-01", least - 1, once=9)) is None, "too few come back"
    assert cuts._look(bought("2026-01-01", least - 1, given=9)) is None, "who paid nothing has no place in money"


def test_shares_of_repeat_buyers_part_silence_and_busyness() -> None:
    """Of 101 buyers the one in the middle orders 52 times, nine of ten at most 92 times: quantiles of 2 to 102."""
    rows = [(f"c{n}", f"2026-{1 + d % 2:02}-{1 + d % 28:02}", "1") for n in range(2, 103) for d in range(n)]
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    frame = frame.assign(order_id=[f"o{i}" for i in range(len(frame))], ordered_at=pd.to_datetime(frame["ordered_at"]))
    seen = cuts._look(company_from({"orders": frame}, as_of=AS_OF))
    assert seen is not None
    assert seen.orders == [52.0, 77.0, 92.0]
    gaps = [(f"c{n}", day, "1") for n in range(1, 102) for day in (AS_OF - timedelta(days=n), AS_OF)]
    frame = pd.DataFrame(gaps, columns=["customer_id", "ordered_at", "amount"])
    frame = frame.assign(order_id=[f"o{i}" for i in range(len(frame))], ordered_at=pd.to_datetime(frame["ordered_at"]))
    seen = cuts._look(company_from({"orders": frame}, as_of=AS_OF))
    assert seen is not None
    assert seen.days == pytest.approx([51.0, 76.0, 91.0, 96.0])


def test_a_move_without_customers_is_none_and_no_money() -> None:
    moved = cuts.moves(made([6_000.0] * 3), POLICY.tiers)
    assert moved[["customers", "revenue"]].sum().to_list() == [3, 18_000.0]
    assert (moved["customers"] > 0).sum() == 1
