"""Months still needed: more for a small hold-out, none where the effect is told, and the chance that is stated is kept."""

import numpy as np
import pandas as pd

from crmlib.facts.company import Company, company_from
from crmlib.measures import months_to_tell
from crmlib.models import sequential
from crmlib.models.sequential import Compared
from crmlib.vocabulary.policy import Policy
from tests.test_experiments import AS_OF, months


def company(shares: list[tuple[int, int, float]], lift: float, matters: float = 0.1) -> Company:
    drawn, bought = months(shares, lift=lift)
    policy = Policy.model_validate({"contact": {"effect_that_matters": matters}})
    return company_from({"actions": drawn, "orders": bought}, as_of=AS_OF, policy=policy)


def test_a_larger_hold_out_saves_months() -> None:
    c = company([(300, 34, 0.2), (300, 34, 0.2)], lift=0.04)
    plan = months_to_tell.plan(c)
    assert plan["hold_out_share"].round(2).tolist() == [0.1, 0.2, 0.3, 0.5]
    assert plan["left_alone"].tolist() == [34, 75, 129, 300]
    assert plan["months_needed"].is_monotonic_decreasing
    assert plan["chance_soon"].is_monotonic_increasing
    found = months_to_tell.still(c, plan)
    assert found["value"].tolist() == [plan["months_needed"][0]]
    assert "from where" in months_to_tell.note(c)


def test_what_is_told_needs_no_months_and_nothing_is_made_up_without_actions() -> None:
    c = company([(600, 300, 0.2)], lift=0.3)
    plan = months_to_tell.plan(c)
    assert months_to_tell.is_told(c)
    assert months_to_tell.still(c, plan).empty
    assert "from anew" in months_to_tell.note(c)
    empty = company_from(
        {"orders": pd.DataFrame({"order_id": ["1"], "customer_id": ["a"], "ordered_at": pd.Timestamp("2026-01-01")})},
        as_of=AS_OF,
    )
    assert months_to_tell.plan(empty).empty
    assert months_to_tell.still(empty, months_to_tell.plan(empty)).empty
    assert not months_to_tell.note(empty)


def test_the_chance_that_is_stated_is_kept() -> None:
    """Very many customers a month, so that nothing but the looks is left to chance: normal paths of another seed."""
    acted, held, alone = 200_000.0, 100_000.0, 0.3
    variance = acted**2 * alone * (1 - alone) * (1 / acted + 1 / held)
    month = Compared(acted, held, 0.0, variance, 1e6, 1e6, alone)
    step = 1.33
    effect = step * variance**0.5 / acted
    stated = sequential.chances(effect, month, month, sequential.NOTHING, ahead=12)
    paths = np.cumsum(np.random.default_rng(99).normal(step, 1, (4_000, 12)), axis=1)
    t = np.arange(1, 13)
    told = np.maximum.accumulate(paths > sequential.reach(t, 1.0) * np.sqrt(t), axis=1).mean(axis=0)
    assert np.abs(stated - told).max() < 0.03
    assert stated[0] < 0.1 < 0.9 < stated[-1]
    harm = sequential.chances(-effect, month, month, sequential.NOTHING, ahead=12)
    assert np.abs(stated - harm).max() < 0.05, "harm is told as soon as good"
