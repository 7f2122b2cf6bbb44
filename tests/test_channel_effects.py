"""Effects of channels: the planted one is first by lot, the one that is only answered is not; a biased one is found out."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crmlib.facts import before
from crmlib.facts.company import Company, company_from
from crmlib.measures import channel_effects, trials
from crmlib.vocabulary.policy import Policy
from tests.known import another_number

AS_OF = date(2026, 10, 31)
LOT = Policy.model_validate({"trials": {"drawn_by_lot": ["test"]}})


def lots(seed: int, n: int = 400) -> Company:
    """A lot of four channels: WeChat brings orders, the telephone is answered by many and brings none."""
    rng = np.random.default_rng(seed)
    arms, effect = np.array(["wechat", "phone", "sms", "email"]), np.array([0.15, 0.0, 0.03, 0.0])
    answers = np.array([0.2, 0.5, 0.1, 0.05])
    arm = rng.permutation(np.repeat(np.arange(4), n))
    ids = np.array([f"c{i:05}" for i in range(4 * n)])
    at = pd.Timestamp("2026-08-03 10:00")
    answered = pd.Series(np.where(rng.random(4 * n) < answers[arm], 1.0, np.nan))
    contacts = pd.DataFrame(
        {
            "interaction_id": ids, "customer_id": ids, "at": at, "channel": arms[arm], "direction": "out", "campaign": "test",
            "responded_at": at + pd.to_timedelta(answered, unit="D"),
        }
    )  # fmt: skip
    buys = rng.random(4 * n) < 0.2 + effect[arm]
    orders = pd.DataFrame(
        {"customer_id": ids[buys], "ordered_at": at + pd.to_timedelta(rng.uniform(1, 20, buys.sum()), unit="D")}
    )
    orders = orders.assign(
        order_id=[f"o{i}" for i in range(len(orders))], amount=100.0, ordered_at=orders["ordered_at"].dt.floor("s")
    )
    return company_from({"interactions": contacts, "orders": orders}, as_of=AS_OF, policy=LOT)


def test_the_channel_that_brings_orders_is_first_and_the_one_that_is_answered_is_not() -> None:
    c = lots(1)
    compared = trials.compare(c)
    told = channel_effects.effects(c, compared)
    drawn = told[told["basis"] == "by_lot"]
    assert drawn["channel"].iloc[0] == "wechat"
    assert drawn.set_index("channel").loc["phone", "verdict"] != "more"
    by_hand = compared[(compared["outcome"] == "ordered") & (compared["arm"] == "wechat")].iloc[0]
    assert drawn["change"].iloc[0] == pytest.approx(by_hand["change"])
    answered = compared[compared["outcome"] == "responded"].sort_values("value")["arm"].iloc[-1]
    assert answered == "phone", "by answers the telephone would have been first"
    assert channel_effects.stated(c, told).query("kpi == 'channel_effect'")["segment"].iloc[0] == "wechat · ordered"


def test_arms_are_no_lot_where_the_company_does_not_say_so() -> None:
    c = lots(1).under(Policy())
    told = channel_effects.effects(c, trials.compare(c))
    assert "by_lot" not in set(told["basis"])


def chosen(seed: int, biased: bool) -> Company:
    """Orders of a steady crowd; telephone calls go to whom they go by lot, or to those about to buy (who bought just before)."""
    rng = np.random.default_rng(seed)
    n = 1500
    rate = rng.gamma(1.2, 0.02, n)
    rows = []
    for i in range(n):
        days = np.cumsum(rng.exponential(1 / max(rate[i], 1e-4), 60))
        rows += [(f"c{i:04}", day) for day in days[days < 700]]
    orders = pd.DataFrame(rows, columns=["customer_id", "day"])
    orders["ordered_at"] = pd.Timestamp(AS_OF) - pd.to_timedelta(700 - orders["day"], unit="D")
    # In a biased company calls follow a wave of interest that nothing on record shows and that lasts two months.
    waves = [(p, i) for p in range(1, 4) for i in range(n) if rng.random() < 0.12]
    calls, more = [], []
    for period, i in waves:
        begins = pd.Timestamp(AS_OF) - pd.Timedelta(days=30 * (period + 1) - 5)
        calls.append((f"c{i:04}", begins))
        if biased:
            for shift in (-12, 40):
                if rng.random() < 0.6:
                    more.append((f"c{i:04}", begins + pd.Timedelta(days=shift)))
    orders = orders[["customer_id", "ordered_at"]]
    if more:
        extra = pd.DataFrame(more, columns=["customer_id", "ordered_at"])
        orders = pd.concat([orders, extra], ignore_index=True)
    orders = orders[orders["ordered_at"] <= pd.Timestamp(AS_OF)]
    orders = orders.assign(
        order_id=[f"o{i}" for i in range(len(orders))], amount=50.0, ordered_at=orders["ordered_at"].dt.floor("s")
    )
    contacts = pd.DataFrame(calls, columns=["customer_id", "at"]).assign(channel="phone", direction="out")
    contacts = contacts.assign(interaction_id=[f"i{i}" for i in range(len(contacts))])
    return company_from({"interactions": contacts, "orders": orders}, as_of=AS_OF)


@pytest.mark.parametrize("biased", [False, True])
def test_the_orders_before_the_contact_find_out_who_was_about_to_buy(biased: bool) -> None:
    c = chosen(3, biased)
    told = channel_effects.effects(c, trials.compare(c)).set_index("channel")
    row = told.loc["phone"]
    assert row["basis"] == "adjusted"
    if biased:
        assert row["change"] > 0.1
        assert row["verdict"] == "not_alike"
        assert channel_effects.stated(c, told.reset_index()).empty
    else:
        assert row["verdict"] == "not_enough"
        assert row["change_low"] < 0 < row["change_high"]


def test_spans_before_and_after_are_read_by_hand() -> None:
    def day(back: int) -> pd.Timestamp:
        return pd.Timestamp(AS_OF) - pd.Timedelta(days=back)

    orders = pd.DataFrame(
        {"customer_id": ["a", "a", "a", "b", "b"], "ordered_at": [day(5), day(65), day(200), day(70), day(100)]}
    )
    orders = orders.assign(order_id=list("12345"), amount=10.0)
    contacts = pd.DataFrame(
        {"interaction_id": ["x", "y"], "customer_id": ["a", "a"], "at": [day(45), day(40)], "channel": ["sms", "email"]}
    )
    c = company_from({"orders": orders, "interactions": contacts.assign(direction="out")}, as_of=AS_OF)
    latest = before.exposures(c).query("nth == 0").set_index("customer_id")
    assert latest["channels"].to_dict() == {"a": "email sms", "b": ""}
    assert latest["ordered"].to_dict() == {"a": 1.0, "b": 0.0}
    assert latest["ordered_before"].to_dict() == {"a": 1.0, "b": 1.0}
    assert latest.loc["a", ["days_since_order", "orders_before", "then_days_since_order"]].tolist() == [5, 2, 110]


@pytest.mark.parametrize(
    "column", ["interactions.responded_at", "interactions.direction", "interactions.campaign", "orders"]
)
def test_without_a_column_no_other_number(column: str) -> None:
    c = lots(2)

    def told(company: Company) -> pd.DataFrame:
        return channel_effects.stated(company, channel_effects.effects(company, trials.compare(company)))

    assert another_number(told, c, column) == {}
