"""Results of campaigns: by type and by campaign, of those whom a campaign was meant for."""

import pandas as pd
import pytest

from crmlib.measures import campaigns
from tests.known import another_number
from tests.test_trials import company, drawn, measured


@pytest.mark.deck("D128")
def test_campaigns_by_type_hold_by_customer() -> None:
    kinds = {"spring": "A", "may": "A", "june": "B"}
    rows = pd.concat([drawn({"x": 60}, campaign=name).assign(arm=None, campaign_type=t) for name, t in kinds.items()])
    outcomes = pd.concat(
        [measured({"sale": [1.0] * k}, campaign=name) for name, k in (("spring", 12), ("may", 12), ("june", 3))]
    )
    outcomes = outcomes.assign(outcome_id=[f"o{i}" for i in range(len(outcomes))])
    c = company(rows, outcomes=outcomes)
    told = campaigns.by_type(c).set_index("segment")
    assert told.loc["A · sale", ["value", "n", "customers"]].tolist() == [0.2, 120, 60]
    assert told.loc["B · sale", "value"] == pytest.approx(0.05)
    single = campaigns.by_campaign(c).set_index("segment")
    assert single.loc["", "n"] == 180
    assert told.loc["A · sale", "low"] == pytest.approx(single.loc["spring · sale", "low"], rel=0.02), (
        "the same customers twice"
    )


def test_controls_are_left_out_and_no_column_makes_another_number() -> None:
    rows = pd.concat(
        [drawn({"A": 60, "control": 60}, campaign=name).assign(campaign_type="mail") for name in ("m", "n")]
    )
    c = company(rows, outcomes=measured({"sale": [1.0] * 15}, campaign="m"))
    assert campaigns.by_type(c).set_index("segment").loc["mail · sale", ["value", "n"]].tolist() == [0.125, 120]
    assert another_number(campaigns.by_type, c) == {}
    assert another_number(campaigns.by_campaign, c) == {}
    assert campaigns.by_campaign(company(drawn({"A": 60, "control": 60}))).empty
    results = campaigns.results(c)
    assert set(results["kpi"]) == {"campaign_result", "campaign_type_result"}
    assert campaigns.drawn(results)["segment"].tolist() == ["m · sale", "n · sale"], (
        "a single type has nothing to stand beside"
    )
