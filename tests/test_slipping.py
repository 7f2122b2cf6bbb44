"""The three lists: who is alive, overdue and gone, why in words, and nothing said of what is not recorded."""

from functools import cache

import pandas as pd
import pytest

from crmlib.facts import ways
from crmlib.facts.company import Company, company_from
from crmlib.measures import slipping
from crmlib.vocabulary.policy import Policy
from tests.known import another_number
from tests.leaving import AS_OF, DAYS, company, frames


@cache
def planted() -> Company:
    return company(4, complain=True)


@pytest.mark.deck("D102", "D104")
def test_the_list_holds_those_alive_and_the_others_stand_apart() -> None:
    c = planted()
    found = slipping.counted(c).set_index(["kpi", "segment"])
    states = ways.now(c).to_pandas()["state"].value_counts()
    assert found.loc[("slipping_customers", ""), ["value", "n"]].tolist() == [25, states["alive"]]
    assert found.loc[("overdue_customers", ""), "value"] == states["overdue"]
    assert found.loc[("gone_customers", ""), "value"] == states["gone"]
    came = found.loc["came_back_share"]["value"]
    assert came["gone"] < 0.05 < came["overdue"]
    left = frames(4, complain=True)[1]
    gone = slipping.listed(c)["customer_id"].map(left) < DAYS - 30
    assert gone.mean() <= 0.15


@pytest.mark.deck("D104", "D105")
def test_a_complaint_is_said_with_its_number_and_makes_leaving_active() -> None:
    rows = slipping.listed(planted())
    spoke = rows[rows["leaving"] == "with_a_word"]
    assert len(spoke)
    assert spoke["reasons"].str.contains("Complaints in the last three months: 1.").any()
    assert not rows[rows["leaving"] == "silently"]["reasons"].str.contains("Complaints").any()
    assert (rows["reasons"].str.len() > 0).all()
    assert rows["probability"].is_monotonic_decreasing


@pytest.mark.deck("D103")
def test_who_is_to_be_called_and_who_is_to_be_won_back() -> None:
    c = planted()
    found = slipping.warned(c).to_pandas().set_index("customer_id")
    states = ways.now(c).to_pandas().set_index("customer_id")["state"]
    assert (states[found.index[found["why"] == "slipping"]] == "alive").all()
    assert set(found.index[found["why"] == "overdue"]) == set(states.index[states == "overdue"])
    assert (
        found.loc[found["why"] == "overdue", "reasons"]
        .str.match(r"No sign of life for \d+ days; the own rhythm allows \d+\.")
        .all()
    )


def test_without_enough_to_judge_the_rule_stands_in_among_the_alive() -> None:
    whole, _left = frames(2, 20)
    c = company_from(whole, as_of=AS_OF, policy=Policy.model_validate({"risk": {"combine": "any"}}))
    assert ways.tried(c).in_use == "way_rule"
    found = slipping.warned(c).to_pandas()
    assert set(found["why"]) <= {"silent_and_dropped", "silent", "dropped", "complaints", "overdue"}


def test_an_empty_company_and_one_that_records_no_sign() -> None:
    no_sign = {"customers": pd.DataFrame({"customer_id": ["a"], "phone_status": ["valid"]})}
    for c in (company_from({}, as_of=AS_OF), company_from(no_sign, as_of=AS_OF)):
        assert slipping.counted(c).empty
        assert slipping.listed(c).empty
        assert slipping.warned(c).to_pandas().empty


def test_a_column_taken_away_gives_no_other_number() -> None:
    columns = ("activity.logins", "tickets.category", "orders.amount")
    assert another_number(slipping.counted, planted(), *columns) == {}
