"""The truth about the teaching company: what an estimator should find, by customer, record, order, action and claim."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from crmlib.teaching import plan
from crmlib.teaching.contacts import Contacts
from crmlib.teaching.orders import CAUSES, KINDS
from crmlib.teaching.world import World, dates, stamps
from crmlib.vocabulary.schema import TABLES

CLAIMS = (
    ("D017", "birthday greetings raise recommendation, points", plan.GREETED_NPS, "not testable"),
    ("D018", "share satisfied after a case found by us", plan.SATISFIED["proactive"], "not testable"),
    ("D026", "customers brought by customers leave less, ratio of dropout", plan.REFERRED_DROPOUT, "not testable"),
    ("D027", "cost of winning a customer over cost of keeping one for a year", 7.0, "supported"),
    ("D028", "people told of a good or bad experience", np.nan, "not testable"),
    ("D030", "share who leave of themselves because of price", plan.CAUSES["price"], "supported"),
    ("D053", "share of repeat buyers with consent to WeChat over without", 1.0, "not testable"),
    ("D065", "response to the script for one's role less to another one", 0.20, "supported"),
    ("D100", "referred share of new customers after over before", 1.35, "not testable"),
    ("D101", "days between orders of quarterly buyers", 30 / 0.33, "supported"),
    ("D113", "errors of users of the trial feature over before", plan.TRIAL_ERRORS, "supported"),
    ("D119", "left after an incident handled late less handled in time", 0.27, "not testable"),
    ("D129", "orders that an action brings less those it costs", np.nan, "supported"),
)
"""Deck id, what is planted, its true size, and the verdict that the ledger should reach: it judges no effect without a lot, and
no level of another firm, however true. What the actions bring is the sum of what each customer's type makes of them."""


CAME = ("extra_order", "lost_order", "left", "chance_extra", "chance_lost")
"""What a contact did, and how likely each of it was."""
KEPT = (
    "entity_id",
    "type",
    "role",
    "persona",
    "loyalty_type",
    "acquisition_channel",
    "rate_per_day",
    "dropout",
    "regularity",
    "bothered",
    "reaction",
    "mailed",
    "loyalty",
    "satisfaction",
    "expectation",
    "competition",
)


def truth(made: World, frames: dict[str, pd.DataFrame], defects: pd.DataFrame) -> dict[str, pd.DataFrame | float]:
    """All truth that goes with the tables asked for; frames by name, and numbers."""
    claims = pd.DataFrame(CLAIMS, columns=["deck", "says", "value", "verdict"])
    out: dict[str, pd.DataFrame | float] = {
        "customers": _customers(made),
        "records": made.held[["record_id", "entity_id", "source_system", "primary"]].reset_index(drop=True),
        "pairs": pairs(made.held),
        "defects": defects,
        "channel_test": _on_record(made, made.test.assign(ordered=_tested(made))),
        "trial": _on_record(made, made.trial),
        "movers": _movers(made),
        "claims": claims,
        "late": late(frames),
    }
    if "tickets" in frames:
        out["cases"] = _cases(made).assign(ticket_id=frames["tickets"]["ticket_id"])
    if "customers" in frames:
        out["namesakes"] = namesakes(frames["customers"], made.held)
        out["misspelt_names"] = float(made.typos)
    if "orders" in frames:
        o = made.orders
        out["orders"] = pd.DataFrame(
            {"order_id": frames["orders"]["order_id"], "entity_id": o["entity"].to_numpy(), "kind": o["kind"]}
        )
        out["orders_after_leaving"] = float((o["at"].to_numpy() > made.trade.left[o["entity"]] + 1).sum())
    if "actions" in frames:
        shown = frames["actions"][["action_id", "customer_id", "proposed_on", "why", "channel", "arm"]]
        came = made.actions[["entity", *CAME]].rename(columns={"entity": "entity_id"})
        out["actions"] = shown.assign(**came, ordered=reordered(made))
        acted = came[made.actions["done"].notna()]
        brought = (acted["extra_order"].astype(float) - acted["lost_order"].astype(float)).mean()
        claims.loc[claims["deck"] == "D129", "value"] = brought
    if "interactions" in frames:
        lawful = _lawful(made.contacts)
        out["unlawful"] = frames["interactions"].loc[~lawful, ["interaction_id", "customer_id", "channel"]]
    return out


def late(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """What of the days up to the last action date was not there by the end of it, though the tables hold it now: `table`,
    `what` (row: recorded later; else the value that came later), `late` and, of which that is a part, `rows` (of the last
    three days where rows are late, all with the value where values are).
    """
    end, found = pd.Timestamp(plan.ACTION_DATES[-1]) + pd.Timedelta(days=1), []
    for name, frame in frames.items():
        table = TABLES[name]
        then = frame[frame[table.time] < end]
        if "recorded_at" in frame:
            last = then[then[table.time] >= end - pd.Timedelta(days=3)]
            found.append((name, "row", int((last["recorded_at"] >= end).sum()), len(last)))
        for value, since in table.dated:
            if {value, since} <= {*frame}:
                there = then[then[since].notna()]
                found.append((name, value, int((there[since] >= end).sum()), len(there)))
    return pd.DataFrame(found, columns=["table", "what", "late", "rows"])


def _lawful(contacts: Contacts) -> np.ndarray:
    return contacts.frame()["lawful"].to_numpy(dtype=bool)


def _customers(made: World) -> pd.DataFrame:
    people, trade = made.people, made.trade
    n, own = len(people), trade.kind == 0
    first = np.full(n, np.inf)
    np.minimum.at(first, trade.customer[own], trade.at[own])
    bought = np.isfinite(first)
    left = np.where(np.isfinite(trade.left) & bought, trade.left, np.nan)
    cause = np.where(np.isnan(left), -1, trade.cause)
    kept = people[[*KEPT]]
    incident = pd.Categorical.from_codes(made.trade.incident, categories=["met", "breached"])
    elasticity = {name: t.elasticity for name, t in plan.LOYALTY.items()}
    return kept.assign(
        record_id=made.held["record_id"].to_numpy()[:n],
        acquired_on=dates(people["acquired"]),
        first_order_at=stamps(np.where(bought, first, np.nan)),
        orders=np.bincount(trade.customer, minlength=n),
        alive=bought & np.isnan(left),
        left_at=stamps(left),
        cause=pd.Categorical.from_codes(cause.astype(int), categories=list(CAUSES)),
        incident=incident,
        greeted=made.greeted,
        cycle_days=np.where(people["regularity"] > 1, 1 / people["rate_per_day"], np.nan),
        elasticity=people["loyalty_type"].astype(object).map(elasticity).astype(float),
    )


def pairs(held: pd.DataFrame) -> pd.DataFrame:
    """Every two records of one entity: `record_a` < `record_b`, `entity_id`."""
    more = held[held["entity_id"].duplicated(keep=False)].groupby("entity_id")["record_id"]
    rows = [(*sorted(two), entity) for entity, ids in more for two in combinations(ids, 2)]
    return pd.DataFrame(rows, columns=["record_a", "record_b", "entity_id"])


def namesakes(customers: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Records of different entities with the same name, each beside the next one: they must not be merged."""
    frame = pd.DataFrame({"name": customers["name"], "record_id": held["record_id"], "entity_id": held["entity_id"]})
    frame = frame.drop_duplicates(["name", "entity_id"]).sort_values(["name", "record_id"], kind="stable")
    following = frame.shift(-1)
    same = (frame["name"] == following["name"]).to_numpy()
    return pd.DataFrame(
        {"record_a": frame["record_id"].to_numpy()[same], "record_b": following["record_id"].to_numpy()[same]}
    )


def _on_record(made: World, frame: pd.DataFrame) -> pd.DataFrame:
    """With the record id in place of the entity's number."""
    ids = made.held["record_id"].to_numpy()[frame["entity"].to_numpy(dtype=np.int64)]
    return frame.drop(columns="entity").assign(record_id=ids)


def _movers(made: World) -> pd.DataFrame:
    """Who moves up in October 2026 because of one large order, and who down because theirs is a year old."""
    large = made.trade.kind == KINDS.index("mover")
    entity, at = made.trade.customer[large], made.trade.at[large]
    direction = np.where(at > plan.day("2026-01-01"), "up", "down")
    return pd.DataFrame({"entity_id": entity, "direction": direction})


def _cases(made: World) -> pd.DataFrame:
    """Of each case whose customer it is, whether it was late, and the orders of the days after (NaN where they are not over)."""
    cases, trade, days = made.cases, made.trade, plan.LATE_SERVICE["days"]
    key = trade.customer * 4096.0 + trade.at
    opened = cases["entity"].to_numpy() * 4096.0 + cases["at"].to_numpy()
    after = np.searchsorted(key, opened + days) - np.searchsorted(key, opened)
    return pd.DataFrame(
        {
            "entity_id": cases["entity"],
            "breached": cases["breached"],
            "category": cases["category"],
            "orders_after": np.where(cases["at"] + days < plan.DAYS, after, np.nan),
        }
    )


def _tested(made: World) -> np.ndarray:
    """Whether each customer of the channel test ordered within its days."""
    start = plan.day(plan.CHANNEL_TEST)
    return made.trade.ordered(start, start + plan.OUTCOME_DAYS + 1)[made.test["entity"].to_numpy(dtype=np.int64)]


def reordered(made: World) -> np.ndarray:
    """Whether each action's customer ordered within 30 days after the proposal."""
    start = made.actions["proposed"].to_numpy() + 1
    who, trade = made.actions["entity"].to_numpy(dtype=np.int64), made.trade
    key = trade.customer * 4096.0 + trade.at
    return np.searchsorted(key, who * 4096.0 + start + 30) > np.searchsorted(key, who * 4096.0 + start)
