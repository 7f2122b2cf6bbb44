"""What may change on the action list when a column is not recorded: a row is the same, gone, marked, or its channel to choose."""

import pandas as pd

from crmlib.facts.company import Company
from crmlib.measures import (
    actions,
    candidates,
    deliveries,
    reach,
    renewals,
    rhythm,
    satisfaction,
    service,
    slipping,
    tiers,
    worth,
)
from crmlib.vocabulary.codes import CHANNELS
from crmlib.vocabulary.reasons_to_act import WHAT

SAME = [
    "customer_id",
    "why",
    "why_text",
    "what",
    "channel",
    "owner",
    "due_on",
    "arm",
    "tier",
    "value_at_stake",
    "case_id",
]
UNKNOWN = {"owner": "", "channel": "", "tier": "", "value_at_stake": ""}
REASONS = ("warning", "overdue", "promises", "due", "reviews", "renewals", "told")
POINTS = {"customers.phone": ("phone", "sms"), "customers.email": ("email",), "customers.wechat": ("wechat",)}
Rows = dict[tuple[str, str], dict[str, str]]


def whole_list(c: Company, *only: str) -> pd.DataFrame:
    """The list as chapter 5 makes it, without an end, contacts at no cost and all worth it; of these reasons only where some are
    named.
    """
    endless = {"capacity": 10**6, "owner_hours": 87_600.0, "team_hours": 87_600.0, "explore_share": 0.0}
    contact = c.policy.contact.model_copy(update=endless | {"cost": dict.fromkeys((*CHANNELS, "other"), 0.0)})
    effect = c.policy.effect.model_copy(update={"share": dict.fromkeys(WHAT, 0.5)})
    c = c.under(c.policy.model_copy(update={"contact": contact, "effect": effect}))
    groups = tiers.tiers(c)
    frames = {
        "warning": lambda: slipping.warned(c), "overdue": lambda: service.overdue(c), "due": lambda: rhythm.due(c),
        "reviews": lambda: rhythm.review_due(c, groups), "renewals": lambda: renewals.by_customer(c),
        "promises": lambda: service.falling_due(c), "told": lambda: [deliveries.waiting(c), satisfaction.unhappy(c)],
    }  # fmt: skip
    listed = candidates.candidates(
        c, tiers=groups, **{k: made() for k, made in frames.items() if k in (only or frames)}
    )
    valued = worth.valued(c, listed, reach.channel_for(c, listed))
    found = actions.propose(c, valued, reach.over_contacted(c)).rows
    return found.assign(**{name: found[name].astype("object").fillna("").astype("str") for name in SAME})


def every_row(c: Company) -> Rows:
    """All rows by customer and reason: with the most urgent reason of a customer gone the next stands, and was one before."""
    rows = pd.concat([whole_list(c, reason) for reason in REASONS] + [whole_list(c)])
    return {(row["customer_id"], row["why"]): row for row in rows.to_dict("records")}


def others(then: Rows, less: pd.DataFrame, column: str) -> list[str]:
    """The rows of `less`, the list without the column, that are none of these, each in words.

    A row that was not there, as no channel was open, may be there with the channel to choose.
    """
    found = []
    for row in less.to_dict("records"):
        old = then.get((row["customer_id"], row["why"]))
        if column in row["without"].split() or (old is None and row["channel"] == ""):
            continue
        other = [name for name in SAME if not old or (row[name] != old[name] and row[name] != UNKNOWN.get(name))]
        if old and old["channel"] in POINTS.get(column, ()):
            # That the channel is open is not known any more: another that is known takes its place.
            other = [name for name in other if name != "channel"]
        if other:
            was = {name: old[name] for name in other} if old else "not there"
            found.append(f"list {row['customer_id']} {row['why']}: {was} became { ({n: row[n] for n in other}) }")
    return found
