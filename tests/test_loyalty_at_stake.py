"""What holds customers, and what if it stops: by hand, and never outside its own interval."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.measures import loyalty_at_stake
from crmlib.vocabulary.loyalty_signs import TYPES, UNKNOWN
from crmlib.vocabulary.policy import Policy
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)
POLICY = Policy.model_validate({})


def typed(**more: list[float]) -> pd.DataFrame:
    """Two tied, one coupon buyer, one unknown who may be either."""
    given = ["monopoly", "monopoly", "incentive", UNKNOWN]
    frame = pd.DataFrame({"customer_id": list("abcd"), "loyalty_type": given, "revenue": [100.0, 300.0, 90.0, 200.0]})
    frame = frame.assign(**dict.fromkeys(TYPES, 0.0))
    frame["monopoly"], frame["incentive"] = [0.8, 1.0, 0.0, 0.5], [0.0, 0.0, 1.0, 0.0]
    paid = {"coupon_revenue": [0, 0, 90.0, 0], "coupon_list_value": [0, 0, 100.0, 0]}
    margin = {"coupon_margin": [0, 0, 18.0, 0], "coupon_margin_of": [0, 0, 90.0, 0]}
    return frame.assign(**{**paid, **margin, **more})


def test_the_end_of_a_monopoly_by_hand() -> None:
    found = loyalty_at_stake.rival(knowing(AS_OF), typed(), rival_leaving_share=0.5).set_index("kpi")
    assert found.loc["rival_revenue", ["value", "low", "high", "n"]].tolist() == [200.0, 190.0, 250.0, 2]
    assert found.loc["rival_assumption", "value"] == 0.5


def test_the_end_of_the_coupon_by_hand() -> None:
    found = loyalty_at_stake.coupon_stop(knowing(AS_OF), typed(), coupon_elasticity=-2.0).set_index("kpi")
    kept = (100 / 90) ** -2
    assert found.loc["coupon_revenue_change", "value"] == pytest.approx(100 * kept - 90)
    assert found.loc["coupon_margin_change", "value"] == pytest.approx(kept * (100 - 72) - 18)
    still = loyalty_at_stake.coupon_stop(knowing(AS_OF), typed(), coupon_elasticity=0.0).set_index("kpi")
    assert still.loc["coupon_margin_change", "value"] == pytest.approx(10.0)
    without = typed(coupon_margin_of=[0.0, 0.0, 0.0, 0.0])
    assumed = loyalty_at_stake.coupon_stop(knowing(AS_OF), without, coupon_elasticity=0.0)
    assert assumed["value"].iloc[1] == pytest.approx(10.0)


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_more_who_leave_cost_more_and_the_interval_holds_the_value(a: float, b: float) -> None:
    low, high = sorted((a, b))
    less, more = (loyalty_at_stake.rival(knowing(AS_OF), typed(), rival_leaving_share=s).iloc[0] for s in (low, high))
    assert less["value"] <= more["value"]
    assert less["low"] <= less["value"] <= less["high"]


@pytest.mark.deck("D073", "D074")
def test_drivers_part_the_known() -> None:
    found = loyalty_at_stake.drivers(knowing(AS_OF), typed())
    shares = found[found["kpi"] == "driver_share"]
    assert shares["value"].sum() == pytest.approx(1.0)
    assert found[found["kpi"] == "driver_revenue"]["value"].sum() == 490.0
    assert {t for types in loyalty_at_stake.DRIVERS.values() for t in types} == set(TYPES)
    assert found.set_index("kpi").loc["switching_cost_share", "value"] == pytest.approx(2 / 3)


def test_nobody_whose_type_is_known_is_nothing_to_tell() -> None:
    nobody = typed().assign(loyalty_type=UNKNOWN)
    for frame in (nobody, nobody.head(0)):
        stake = loyalty_at_stake.rival(knowing(AS_OF), frame, rival_leaving_share=0.3)
        coupon = loyalty_at_stake.coupon_stop(knowing(AS_OF), frame, coupon_elasticity=-2.0)
        assert stake.empty
        assert coupon.empty
        assert loyalty_at_stake.drivers(knowing(AS_OF), frame).empty
