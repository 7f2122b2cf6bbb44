"""Loyal in deed, loyal in mind: four sides, each customer heard on exactly one."""

import pandas as pd
import pytest

from crmlib.facts.company import company_from
from crmlib.measures import attitude
from crmlib.vocabulary.policy import Policy
from tests.small_company import AS_OF, knowing, orders

POLICY = Policy.model_validate({})


@pytest.mark.deck("D070", "D071")
def test_deed_and_mind_make_four_sides() -> None:
    given_ = [("true", 9.0), ("spurious", 2.0), ("latent", 9.0), ("none", 2.0)]
    asked = pd.DataFrame(given_, columns=["customer_id", "score"])
    asked = asked.assign(at=pd.Timestamp("2026-05-05"), instrument="nps", item="recommend")
    said = pd.DataFrame(
        {"customer_id": "true", "at": pd.Timestamp("2026-05-06"), "instrument": "loyalty",
         "item": ["tolerance", "price_sensitivity"],
         "score": [7.0, 7.0]}
    )  # fmt: skip
    bought = orders({"true": [10, 40, 70], "spurious": [10, 40, 70], "latent": [10, 10, 10], "none": [500]})
    c = company_from({"surveys": pd.concat([asked, said]), "orders": bought}, as_of=AS_OF)
    sides = attitude.both_sides(c).set_index("customer_id")
    assert sides["side"].to_dict() == {n: f"{'no' if n == 'none' else n}_loyalty" for n, _score in given_}
    assert sides.loc["true", "attitude"] == pytest.approx(0.95)
    assert sides["orders"].to_dict() == {"true": 3, "spurious": 3, "latent": 1, "none": 0}
    found = attitude.side_findings(knowing(AS_OF), sides.reset_index()).set_index(["kpi", "segment"])
    assert found.loc[("spurious_share", ""), ["value", "n"]].tolist() == [0.5, 2]


@pytest.mark.parametrize("frames", [{}, {"orders": orders({"a": [10]})}])
def test_nobody_heard_is_nothing_to_tell(frames: dict[str, pd.DataFrame]) -> None:
    sides = attitude.both_sides(company_from(frames, as_of=AS_OF))
    assert sides.empty
    assert attitude.side_findings(knowing(AS_OF), sides).empty


def test_later_answers_and_the_order_of_rows_change_nothing() -> None:
    asked = pd.DataFrame({"customer_id": ["a", "b", "a"], "score": [9.0, 3.0, 2.0]})
    asked = asked.assign(
        at=pd.to_datetime(["2026-05-05", "2026-05-05", "2026-11-05"]), instrument="nps", item="recommend"
    )
    bought = orders({"a": [10, 40, 70], "b": [5]})
    first, second = (
        attitude.both_sides(company_from({"surveys": s, "orders": o}, as_of=AS_OF))
        for s, o in ((asked.head(2), bought), (asked.iloc[::-1], bought.iloc[::-1]))
    )
    pd.testing.assert_frame_equal(first, second)
    assert first["attitude"].tolist() == [0.9, 0.3]
