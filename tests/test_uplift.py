"""Whom a contact changes: planted effects are found, noise is not, and the chapter's measure reads only what was known before."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import before, trials
from crmlib.facts.company import Company, company_from
from crmlib.measures import uplift as measure
from crmlib.models import uplift
from crmlib.vocabulary.policy import Policy

AS_OF = date(2026, 10, 31)
LOT = Policy.model_validate({"trials": {"drawn_by_lot": ["all"]}})


def drawn(seed: int, n: int = 3000, effect: float = 0.25) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features, arm, outcome and the true effect: those with the first flag are changed, the others are not."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5))
    x[:, 0] = rng.integers(0, 2, n)
    arm = rng.integers(0, 2, n)
    truth = effect * x[:, 0]
    share = 1 / (1 + np.exp(1.2 - 0.7 * x[:, 1]))
    return x, arm, (rng.random(n) < np.clip(share + truth * arm, 0, 1)).astype(float), truth


def test_the_responsive_are_found_and_the_band_says_so() -> None:
    x, arm, outcome, truth = drawn(1)
    told = uplift.fitted(x, arm, outcome, seed=1)
    effect = told.effect[:, 1]
    changed = truth[told.rows] > 0
    assert effect[changed].mean() - effect[~changed].mean() > 0.1
    curve = uplift.curve(told, 1, seed=1)
    middle = int(np.argmin(np.abs(curve.part - 0.5)))
    assert curve.low[middle] > 0
    assert curve.low[middle] < 0.25 * 0.25 < curve.high[middle] + 0.02, "half of them hold all of the effect"


def test_the_band_holds_nought_where_there_is_nothing_to_tell() -> None:
    kept = 0
    for seed in range(30):
        x, arm, outcome, _truth = drawn(seed, n=900, effect=0.0)
        curve = uplift.curve(uplift.fitted(x, arm, outcome, seed=seed), 1, seed=seed)
        kept += bool(np.all((curve.low <= 0) & (curve.high >= 0)))
    assert kept >= 26, "95 % of 200 in the study"


def test_choosing_gains_where_an_arm_harms_some() -> None:
    rng = np.random.default_rng(4)
    x, arm = rng.normal(size=(4000, 3)), rng.integers(0, 2, 4000)
    share = 0.4 + 0.25 * arm * np.sign(x[:, 0])
    told = uplift.fitted(x, arm, (rng.random(4000) < share).astype(float), seed=4)
    value, gain, chosen = uplift.policy(told, np.zeros(2))
    assert value[1] < 0.525 < value[2]
    assert gain[1] > 0
    assert (chosen == (x[told.rows, 0] > 0)).mean() > 0.9


def test_customers_told_alike_are_taken_in_equal_parts() -> None:
    told = uplift.Fitted(
        np.column_stack([np.zeros(100), np.arange(100.0)]),
        np.zeros((100, 2)),
        np.ones(100, int),
        np.zeros(100, int),
        np.arange(100),
    )
    curve = uplift.curve(told, 1, seed=0)
    assert curve.gain == pytest.approx(0, abs=1e-9)


def test_an_adjusted_estimate_takes_away_what_was_known() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(6000, 2))
    treated = rng.random(6000) < 1 / (1 + np.exp(1 - x[:, 0]))
    outcome = (rng.random(6000) < np.clip(0.3 + 0.12 * x[:, 0] + 0.08 * treated, 0, 1)).astype(float)
    crude = outcome[treated].mean() - outcome[~treated].mean()
    told = uplift.adjusted(x, treated, outcome, np.arange(6000), seed=1)
    assert told is not None
    assert crude > 0.12
    assert told.estimate[1] < 0.08 < told.estimate[2]
    assert abs(told.estimate[0] - 0.08) < 0.03


def company(policy: Policy = LOT, n: int = 1200, leak: bool = False, called: int = 1) -> Company:
    """A campaign of two arms and one left alone; `keen` customers are changed by arm b only; `later` is known afterwards."""
    rng = np.random.default_rng(2)
    ids = [f"c{i * called % n:05}" for i in range(n)]
    arm = rng.choice(["control", "a", "b"], n)
    keen = rng.integers(0, 2, n)
    visit = rng.random(n) < 0.2 + 0.3 * keen * (arm == "b")
    day = pd.Timestamp("2026-09-01 09:00")
    contacts = pd.DataFrame(
        {"interaction_id": ids, "customer_id": ids, "at": day, "channel": "email", "direction": "out"}
    )
    outcomes = pd.DataFrame({"outcome_id": ids, "customer_id": ids, "at": day + pd.Timedelta(days=5), "name": "visit"})
    states = [
        pd.DataFrame(
            {"customer_id": ids, "at": pd.Timestamp("2026-08-31"), "attribute": "keen", "value": keen.astype(str)}
        )
    ]
    if leak:
        told = pd.DataFrame({"customer_id": ids, "at": pd.Timestamp("2026-08-31"), "attribute": "mailed", "value": arm})
        states.append(told)
    late = pd.DataFrame(
        {"customer_id": ids, "at": pd.Timestamp("2026-09-20"), "attribute": "later", "value": visit.astype(str)}
    )
    frames = {
        "interactions": contacts.assign(campaign="spring", arm=arm),
        "outcomes": outcomes.assign(value=visit.astype(float)),
        "states": pd.concat([*states, late], ignore_index=True),
    }
    return company_from(frames, as_of=AS_OF, policy=policy)


def test_groups_whose_effects_differ_are_listed_and_what_came_later_is_not_read() -> None:
    c = company()
    known = measure.study(c)
    assert known is not None
    assert known.arms == ["control", "a", "b"]
    assert [a.name for a in known.attributes] == ["keen"]
    split = measure.splits(c, known).set_index(["arm", "among"])
    assert set(split.index.get_level_values("arm")) == {"b"}
    frame = before.of_campaign(c, "spring", "visit")
    for keen in ("0", "1"):
        part = frame[frame["keen"] == keen].groupby("arm")["value"].mean()
        assert split.loc[("b", keen), "change"] == pytest.approx(part["b"] - part["control"])
    assert split.loc[("b", "1"), "verdict"] == "more"


def test_what_choosing_is_worth_does_not_hang_on_what_customers_are_called() -> None:
    one, other = company(), company(called=7)
    told = measure.stated(one, measure.study(one))
    assert len(told.dropna(subset="value")) == 2
    pd.testing.assert_frame_equal(measure.stated(other, measure.study(other)), told)


def test_what_differs_between_the_arms_is_no_knowledge_from_before() -> None:
    known = measure.study(company(leak=True))
    assert known is not None
    assert known.left_out == ["mailed"]
    assert [a.name for a in known.attributes] == ["keen"]


def test_without_a_lot_nothing_is_said() -> None:
    c = company(Policy())
    assert measure.study(c) is None
    assert measure.splits(c, None).empty
    assert measure.gains(c, None).empty
    assert measure.stated(c, None).empty


def test_too_few_customers_have_no_model() -> None:
    c = company(n=200)
    known = measure.study(c)
    assert known is not None
    assert known.model is None
    assert measure.gains(c, known).empty


def test_channels_are_the_arms_of_a_lot_that_names_none() -> None:
    frame = pd.DataFrame(
        {
            "interaction_id": [f"i{i}" for i in range(4)],
            "customer_id": list("abcd"),
            "at": pd.Timestamp("2026-09-01"),
            "channel": ["email", "sms", "email", "sms"],
            "direction": "out",
            "campaign": ["test", "test", "other", "other"],
        }
    )
    lot = Policy.model_validate({"trials": {"drawn_by_lot": ["test"]}})
    for policy, arms in ((lot, {"email", "sms"}), (Policy(), set())):
        told = trials.assigned(company_from({"interactions": frame}, as_of=AS_OF, policy=policy)).to_pandas()
        assert set(told["arm"].dropna()) == arms
        assert told.loc[told["campaign"] == "other", "arm"].isna().all()


def test_a_company_without_campaigns_has_no_study() -> None:
    assert measure.study(company_from({}, as_of=AS_OF, policy=LOT)) is None
