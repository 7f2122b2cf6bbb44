"""Proposed cuts: their rule by hand, whom they move, and what leaves them alone."""

from datetime import date
from decimal import Decimal

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
