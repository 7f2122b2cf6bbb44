"""What acting changes, learnt from comparison groups: planted effects come back, priors hold until then, intervals are true."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import effects
from crmlib.facts.company import company_from
from crmlib.models import effects as models
from crmlib.models.effects import Drawn
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.reasons_to_act import PRIOR_EFFECT

KINDS = np.array([0, 0, 0, 1, 1])
"""Three reasons and two channels."""
PRIOR = np.array([0.1, 0.1, 0.1, 0.0, 0.0])


def drawn(rng: np.random.Generator, n: int, effect: np.ndarray, share: float = 0.8) -> tuple[Drawn, np.ndarray]:
    """Customers of a reason and a channel each, of whom acting brings an order with the planted effect where none would come."""
    groups = np.zeros((n, 5))
    groups[np.arange(n), rng.integers(0, 3, n)] = 1
    groups[np.arange(n), rng.integers(3, 5, n)] = 1
    usual, acted = rng.uniform(0.1, 0.6, n), (rng.random(n) < share).astype(float)
    came = rng.random(n) < usual
    change = groups @ effect
    more = acted * (rng.random(n) < np.abs(change))
    outcome = np.where(change > 0, came | (~came & (more > 0)), came & ~(more > 0)).astype(float)
    return Drawn(acted, np.full(n, share), outcome, usual, 1 - usual, rng.integers(0, 6, n)), groups


def test_planted_effects_come_back_and_their_intervals_hold_them() -> None:
    effect, inside = np.array([0.3, 0.0, 0.1, 0.0, 0.0]), []
    for seed in range(60):
        shown, groups = drawn(np.random.default_rng(seed), 1_500, effect)
        found = models.learn(shown, groups, PRIOR, KINDS, weight=20)
        mean, spread = found.of(np.eye(5)[:3])
        inside.append(np.abs(mean - effect[:3]) < 1.96 * spread)
    assert np.mean(inside) > 0.9
    assert np.abs(mean - effect[:3]).max() < 0.12


def test_a_stated_prior_holds_until_customers_outweigh_it() -> None:
    shown, groups = drawn(np.random.default_rng(1), 4_000, np.array([0.4, 0.4, 0.4, 0.0, 0.0]))
    loose, firm = (models.learn(shown, groups, PRIOR, KINDS, weight=w).mean[0] for w in (10, 1_000_000))
    assert loose == pytest.approx(0.4, abs=0.08)
    assert firm == pytest.approx(0.1, abs=0.01)
    assert models.prior(PRIOR, KINDS, weight=50).of(np.eye(5)[:1])[0] == pytest.approx(0.1)


def test_a_propensity_that_differs_between_customers_biases_nothing() -> None:
    rng, found = np.random.default_rng(5), []
    for _time in range(40):
        n, likely = 2_000, rng.random(2_000) < 0.5
        share, usual = np.where(likely, 0.9, 0.5), np.where(likely, 0.7, 0.1)
        acted = (rng.random(n) < share).astype(float)
        outcome = ((rng.random(n) < usual) | ((acted > 0) & (rng.random(n) < 0.2))).astype(float)
        # What is expected is wrong on purpose: only the lot may be believed.
        shown = Drawn(acted, share, outcome, np.full(n, 0.4), 1 - usual, np.zeros(n, dtype=int))
        found.append(models.learn(shown, np.ones((n, 1)), np.zeros(1), np.zeros(1, dtype=int), weight=1).mean[0])
    assert np.mean(found) == pytest.approx(0.2, abs=0.02)


def test_groups_of_few_customers_are_drawn_in_towards_the_others() -> None:
    few, found = np.zeros((3_000, 1)), []
    few[:6] = 1
    for seed in range(20):
        shown, groups = drawn(np.random.default_rng(seed), 3_000, np.array([0.2, 0.2, 0.2, 0.0, 0.0]))
        alone = models.learn(shown, np.hstack([groups, few]), np.append(PRIOR, 0.0), np.append(KINDS, 2), weight=30)
        found.append(abs(alone.mean[-1]))
    assert np.mean(found) < 0.05, "a mean of six customers by itself strays by 0.7"


def listed(n: int, why: str, held: int, orders_of: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    who = [f"{why}{i}" for i in range(n)]
    rows = pd.DataFrame(
        {
            "action_id": who, "customer_id": who, "proposed_on": date(2026, 8, 31), "why": why, "channel": "phone",
            "arm": np.where(np.arange(n) < held, "hold_out", "act"),
        }
    )  # fmt: skip
    bought = pd.DataFrame({"customer_id": np.array(who)[orders_of], "ordered_at": pd.Timestamp("2026-09-10")})
    return rows, bought.assign(order_id=[f"{why}o{i}" for i in range(len(bought))], amount=10.0)


def test_where_acting_keeps_customers_away_it_is_called_harm_and_by_assumption_alone_never() -> None:
    n, held = 600, 200
    bad = listed(n, "habit", held, np.r_[np.arange(150), 200 + np.arange(80)])
    good = listed(n, "repurchase", held, np.r_[np.arange(50), 200 + np.arange(250)])
    c = company_from(
        {"actions": pd.concat([bad[0], good[0]]), "orders": pd.concat([bad[1], good[1]])}, as_of=date(2026, 10, 31)
    )
    asked = pd.DataFrame({"why": ["habit", "repurchase", "step_4"], "tier": "", "channel": "phone"})
    found = effects.of(c, asked)
    assert found["harms"].tolist() == [True, False, True]
    assert found["effect"][1] > 0.3 > 0 > found["effect"][0]
    assert effects.version(c) != "prior"
    fresh = company_from({}, as_of=date(2026, 10, 31))
    assert effects.of(fresh, asked)["effect"].tolist()[:2] == [PRIOR_EFFECT["habit"], PRIOR_EFFECT["repurchase"]]
    assert effects.version(fresh) == "prior"
    dark = fresh.under(Policy.model_validate({"effect": {"share": {"habit": -0.5}}}))
    assert not effects.of(dark, asked)["harms"].any(), "an assumption harms nobody"


def test_what_the_list_noted_is_read_and_what_it_did_not_is_told_by_the_arms() -> None:
    rows, bought = listed(40, "habit", 10, np.arange(5))
    noted = rows.assign(propensity=0.9, expected=0.25, room=0.5, stratum="habit|growth")
    told, bare = (
        effects.drawn(company_from({"actions": a, "orders": bought}, as_of=date(2026, 10, 31))) for a in (noted, rows)
    )
    assert told[["propensity", "expected", "room", "tier"]].drop_duplicates().to_numpy().tolist() == [
        [0.9, 0.25, 0.5, "growth"]
    ]
    assert bare[["propensity", "expected", "room"]].drop_duplicates().to_numpy().tolist() == [[0.75, 0.5, 0.5]]
