"""Cycles of categories: planted ones are found, chance is not called one, and the last contact comes before the next order."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import category_cycles
from crmlib.facts.company import Company, company_from
from crmlib.measures import rhythm
from crmlib.vocabulary.policy import Policy
from tests.known import another_number

AS_OF = date(2026, 10, 31)


def company(seed: int, policy: Policy | None = None, n: int = 120) -> Company:
    """Shelves are bought every quarter, give or take some days; cups by chance, by some often and by some seldom."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        back = rng.uniform(0, 91)
        while back < 500:
            rows.append((f"s{i}", "shelves", back))
            back += rng.normal(91, 8)
        back = rng.exponential(60)
        rate = rng.gamma(2, 40)
        while back < 500:
            rows.append((f"k{i}", "cups", back))
            back += rng.exponential(rate) + 1
    frame = pd.DataFrame(rows, columns=["customer_id", "category", "back"])
    frame["ordered_at"] = (pd.Timestamp(AS_OF) - pd.to_timedelta(frame.pop("back"), unit="D")).dt.floor("s")
    frame = frame.assign(order_id=[f"o{i}" for i in range(len(frame))], amount=100.0)
    return company_from({"orders": frame}, as_of=AS_OF, policy=policy)


def test_a_planted_cycle_is_found_and_chance_is_none() -> None:
    cups = 0
    for seed in range(8):
        found = category_cycles.found(company(seed))
        assert found["shelves"] == pytest.approx(91, abs=3)
        cups += "cups" in found
    assert cups == 0


@pytest.mark.deck("D077", "D101")
def test_the_last_contact_comes_before_the_next_order_and_policy_goes_first() -> None:
    c = company(1)
    days = category_cycles.found(c)["shelves"]
    assert rhythm.plans_of(c) == {"shelves": [3, 30, days - 15]}
    due = rhythm.due(c).to_pandas()
    third = due[(due["category"] == "shelves") & (due["moment"] == "repurchase")]
    assert len(third)
    assert set(third["days_after"]) == {days - 15}
    own = Policy.model_validate({"rhythm": {"by_category": {"shelves": [5, 50]}}})
    assert rhythm.plans_of(company(1, own)) == {"shelves": [5, 50]}
    assert rhythm.cycles(company(1, own))["planned"].iloc[0].startswith("5")


def test_without_categories_the_default_stands_marked() -> None:
    assert another_number(rhythm.due_now, company(2), "orders.category") == {}
    assert rhythm.plans_of(company(2).without("orders.category")) == {}
