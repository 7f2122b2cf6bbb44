"""What acting on a customer is worth: what is at stake, the share of it that acting changes, cost and minutes (D066, D103)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlib.facts import contacts, effects, prospects, purchases
from crmlib.facts.company import Company
from crmlib.facts.expressions import Table as Expression
from crmlib.facts.expressions import _
from crmlib.vocabulary.reasons_to_act import OFFER, PERSONAL, RENEWAL, SLIPPING

NAN: Final = float("nan")
LEAST_MINUTES: Final = 1.0
"""Minutes that anything takes which a person looks at."""
USUAL_MINUTES: Final = 20.0


def valued(c: Company, candidates: Expression, reachable: Expression) -> pd.DataFrame:
    """The candidates who can be reached, one row each, with their channel and what acting on them is worth.

    minutes; cost (money); margin_untouched (money within a year if nobody acts); value_at_stake (money) and orders_at_stake, what
    would be lost or not come of it; effect (the share of that which acting changes), effect_low, effect_high, harms; worth
    (money: effect times stake, less cost) and orders_brought; offer_limit (most that an offer may cost, where one is to be made);
    expected (chance of an order within the days of the outcome if nobody acts), room (most that acting can add to it). At
    stake is the chance of no order times what one order today brings within a year: itself, and what its customer is then
    expected to buy beyond what they would have bought; of who is slipping, the chance of leaving times what they bring while
    they stay. Of a renewal it is the chance that it is not renewed times what it brings in a year. Null where it is not on
    record: no figure is made up.
    """
    rows = candidates.inner_join(reachable, "customer_id")
    rows = rows.left_join(prospects.prospects(c), "customer_id").drop("customer_id_right")
    frame = rows.order_by("customer_id").to_pandas()
    alive = prospects.leaving(c).set_index("customer_id")["leaves"] if (frame["why"] == SLIPPING).any() else {}
    frame["leaves"] = frame["customer_id"].map(alive).astype(float).where(frame["why"] == SLIPPING)
    known = frame.assign(tier=frame["tier"].fillna(""))
    frame = frame.join(effects.of(c, known[["why", "tier", "channel"]]))
    frame["minutes"] = _minutes(c, frame)
    frame["cost"] = frame["channel"].map(_costs(c)).fillna(0.0).astype(float)
    frame = frame.assign(**_at_stake(c, frame))
    offered = frame["what"] == OFFER
    kept = np.where(offered, 1 - c.policy.contact.offer_share, 1.0)
    return frame.assign(
        worth=(frame["effect"] * frame["value_at_stake"] * kept - frame["cost"]).astype(float),
        orders_brought=(frame["effect"] * frame["orders_at_stake"]).astype(float),
        offer_limit=np.where(offered, c.policy.contact.offer_share * frame["value_if_it_works"], NAN),
    )


def _at_stake(c: Company, frame: pd.DataFrame) -> dict[str, Any]:
    leaves = frame["leaves"].where(frame["orders_staying"].notna())
    slipping = leaves.notna().to_numpy()
    works = np.where(slipping, 1 + leaves * frame["orders_staying"], frame["orders_more"])
    untouched = np.where(slipping, (1 - leaves) * frame["orders_staying"], frame["orders"])
    found = {
        "orders_at_stake": frame["no_order"] * works,
        "value_at_stake": frame["no_order"] * works * frame["margin"],
        "value_if_it_works": works * frame["margin"],
        "margin_untouched": untouched * frame["margin"],
        "expected": 1 - frame["no_order"],
        "room": frame["no_order"],
    }
    renewing = (frame["why"] == RENEWAL).to_numpy()
    ends, yearly = prospects.ends_a_year(c), frame["recurring_revenue"].astype(float) * purchases.margin_rate(c)
    for name, value in {
        "orders_at_stake": NAN,
        "value_at_stake": yearly * (NAN if ends is None else ends),
        "value_if_it_works": yearly,
        "margin_untouched": yearly * (NAN if ends is None else 1 - ends),
        "expected": NAN,
        "room": NAN,
    }.items():
        found[name] = np.where(renewing, value, found[name]).astype(float)
    return found


def _minutes(c: Company, frame: pd.DataFrame) -> pd.Series:
    talks, messages = c.policy.contact.minutes, c.policy.service.contact_minutes
    message = frame["channel"].map(lambda channel: messages.get(channel, messages.get("other", USUAL_MINUTES)))
    talk = frame["why"].map(lambda why: talks.get(why, USUAL_MINUTES))
    return talk.where(frame["why"].isin(PERSONAL), message).astype(float).clip(lower=LEAST_MINUTES)


def _costs(c: Company) -> Mapping[str, float]:
    """Cost of a contact by channel: policy's, else what contacts over it have cost."""
    sent = contacts.ours(c).filter(_.cost.notnull()).group_by("channel").agg(cost=_.cost.mean().cast("float64"))
    measured = sent.order_by("channel").to_pandas() if c.knows("interactions.cost") else pd.DataFrame({"channel": []})
    found = dict(zip(measured["channel"], measured.get("cost", ()), strict=True))
    set_ = c.policy.contact.cost
    return {**found, **set_, "": set_.get("other", 0.0)}
