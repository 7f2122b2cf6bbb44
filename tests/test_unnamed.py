"""A word that was not published is known, but not named, and not one thing: nothing is held against it as if it were."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import answers, products, reachability, states, trials
from crmlib.facts.company import Company, company_from
from crmlib.measures import consent, handling, service
from crmlib.vocabulary.codes import OTHER
from crmlib.vocabulary.policy import Policy
from tests.test_trials import drawn, measured

AS_OF = date(2026, 10, 31)
POLICY = Policy.model_validate({"lifecycle": {"settled_days": 0}, "statistics": {"min_n": 2}})


def company(**frames: pd.DataFrame) -> Company:
    return company_from(frames, as_of=AS_OF, policy=POLICY)


def lines(*rows: tuple[str, str, str, float]) -> dict[str, pd.DataFrame]:
    """Order lines (customer, day, product, amount), and their orders."""
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "product", "amount"])
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
    frame = frame.assign(order_id=frame["customer_id"] + frame["ordered_at"].astype(str), quantity=1.0)
    frame["line_id"] = [f"l{i}" for i in range(len(frame))]
    orders = frame.groupby(["order_id", "customer_id", "ordered_at"], as_index=False)["amount"].sum()
    return {"lines": frame, "orders": orders}


def read(table: Any) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    return frame


def test_it_is_no_first_product_and_no_complement() -> None:
    c = company(
        **lines(
            ("a", "2026-05-01", OTHER, 9),
            ("a", "2026-05-01", "tea", 1),
            ("a", "2026-06-01", OTHER, 9),
            ("a", "2026-06-01", "pot", 1),
            ("b", "2026-05-01", "tea", 9),
            ("b", "2026-05-01", OTHER, 1),
            ("b", "2026-06-01", OTHER, 9),
        )
    )
    first = read(products.first(c)).set_index("customer_id")["item"].to_dict()
    assert first == {"b": "tea"}, "of a customer who began with something without a name no first product is known"
    second = read(products.second_baskets(c))
    assert set(second["item"]) == {"tea", "pot"}
    assert set(second.loc[second["is_later"], "customer_id"]) == {"a"}
    followed = read(products.followed_within(c, 150))
    assert OTHER not in set(followed["item"])
    assert len(read(products.baskets(c)).query("item == @OTHER")) == 4, "that something was bought stays known"


def test_it_is_no_campaign_arm_or_outcome_to_compare() -> None:
    visits = {"visit": [1.0] * 40, OTHER: [1.0] * 40}
    sent = pd.concat([drawn({"control": 20, "mail": 20}), drawn({"control": 20, "mail": 20}, campaign=OTHER)])
    c = company(interactions=sent.assign(at=pd.Timestamp("2026-05-01")), outcomes=measured(visits))
    assert set(read(trials.assigned(c))["campaign"]) == {"spring"}
    assert set(read(trials.kinds(c))["name"]) == {"visit"}
    c = company(interactions=drawn({"control": 20, "mail": 20, OTHER: 3}), outcomes=measured({"visit": [1.0] * 43}))
    assert set(read(trials.assigned(c))["arm"]) == {"control", "mail"}
    everyone = drawn({"control": 20, "mail": 20}).assign(arm=None)
    assert len(read(trials.assigned(company(interactions=everyone)))) == 40, (
        "where no arm is on record nobody is left out"
    )


def test_it_is_no_attribute_of_a_snapshot() -> None:
    rows = [(f"c{i}", name, str(i % 2)) for i in range(4) for name in ("left", OTHER)]
    frame = pd.DataFrame(rows, columns=["customer_id", "attribute", "value"]).assign(at=pd.Timestamp("2026-10-01"))
    assert set(read(states.latest(company(states=frame)))["attribute"]) == {"left"}


def test_cases_without_a_named_cause_or_category_are_in_no_comparison() -> None:
    opened = pd.to_datetime(["2026-10-01", "2026-10-05", "2026-10-02", "2026-10-06", "2026-10-03", "2026-10-04"])
    frame = pd.DataFrame(
        {
            "ticket_id": list("123456"),
            "customer_id": list("aabbcd"),
            "opened_at": opened,
            "resolved_at": opened + pd.Timedelta("5h"),
            "cause": [OTHER, OTHER, "slow", "slow", "slow", "slow"],
            "category": [OTHER, OTHER, "parcel", "parcel", "bill", "bill"],
        }
    )
    c = company(tickets=frame)
    found = service.causes(c).set_index("cause")
    assert found["cases"].to_dict() == {"slow": 4, OTHER: 2}, "their share of all cases is known"
    assert np.isnan(found.loc[OTHER, "came_back"]), "whether one came back is not"
    repeats = service.repeats(c).set_index("segment")
    assert OTHER not in repeats.index
    assert repeats.loc["", ["value", "n"]].tolist() == [0.25, 4]
    assert OTHER not in set(handling.resolution(c)["segment"])


def test_a_contact_for_an_unnamed_purpose_is_covered_by_no_unnamed_consent() -> None:
    sent = pd.DataFrame(
        [("1", "a", "email", OTHER), ("2", "a", "email", "sales"), ("3", "a", OTHER, "sales")],
        columns=["interaction_id", "customer_id", "channel", "purpose"],
    ).assign(at=pd.Timestamp("2026-10-01"), direction="out")
    given = pd.DataFrame(
        [("a", "email", OTHER), ("a", "email", "sales"), ("a", OTHER, "sales")],
        columns=["customer_id", "channel", "purpose"],
    ).assign(granted_at=pd.Timestamp("2026-01-01"), withdrawn_at=pd.NaT)
    customers = pd.DataFrame({"customer_id": ["a"]})
    c = company(interactions=sent, consents=given, customers=customers)
    told = consent.compliance(c).set_index("segment")
    assert told["n"].to_dict() == {"": 1, "email": 1}
    assert OTHER not in reachability.channels(c), "nobody can act on a channel without a name"


@pytest.mark.parametrize("column", ["instrument", "item"])
def test_an_answer_to_an_unnamed_question_still_says_that_the_customer_was_heard(column: str) -> None:
    frame = pd.DataFrame({"customer_id": ["a"], "instrument": "yearly", "item": "q1", "score": 3.0}).assign(
        at=pd.Timestamp("2026-10-01"), **{column: OTHER}
    )
    assert read(answers.answers(company(surveys=frame)))["is_answered"].tolist() == [True]
