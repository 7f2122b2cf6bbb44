"""What the teaching company did by lot: the channel test of May 2026 and the action programme of its last eight months.

Who was contacted reacts as `reactions` says of the planted types; who was left alone shows what would have come anyway.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crmlib.teaching import plan, reactions
from crmlib.teaching.contacts import CHANNELS, Contacts
from crmlib.teaching.orders import Bools
from crmlib.teaching.people import Floats, Ints, codes, draw


def channel_test(contacts: Contacts) -> pd.DataFrame:
    """The randomised test of May 2026: four channels and an untouched arm, drawn by lot among customers active then, within
    blocks of those whose last orders are alike.
    """
    people, trade, rng = contacts.people, contacts.trade, contacts.rng
    start, n = plan.day(plan.CHANNEL_TEST), len(people)
    last, _ = trade.last_before(start, n)
    names = [*plan.TEST_CHANNELS, ""]
    agreed = np.ones(n, dtype=bool)
    for name in plan.TEST_CHANNELS:
        agreed &= contacts.may(name, "sales", np.arange(n), np.full(n, float(start))) & contacts.may(
            name, "sales", np.arange(n), np.full(n, start + 1.0)
        )
    fit = np.flatnonzero((start - last < 240) & ~np.isnan(last) & agreed)
    size = min(round(plan.CHANNEL_TEST_ARM * n), len(fit) // len(names))
    chosen = rng.permutation(fit)[: size * len(names)]
    chosen = chosen[np.argsort(last[chosen], kind="stable")]
    arm = rng.permuted(np.tile(np.arange(len(names)), (size, 1)), axis=1).ravel()
    campaign, sent = f"channel-test-{plan.CHANNEL_TEST}", arm < len(plan.TEST_CHANNELS)
    for position, name in enumerate(plan.TEST_CHANNELS):
        contacts.reach(chosen[arm == position], start, name, "sales", campaign, arm=name)
    contacts.leave_alone(chosen[~sent], start, plan.TEST_CHANNELS[0], campaign)
    at, until = np.full(int(sent.sum()), start + 0.85), float(start + plan.OUTCOME_DAYS + 1)
    came = _reacted(contacts, chosen[sent], at, "offer", np.array(names)[arm[sent]], start, until, "channel_test")
    return _came(pd.DataFrame({"entity": chosen, "arm": np.array(names)[arm]}), sent, came)


def _reacted(
    contacts: Contacts,
    who: Ints,
    at: Floats,
    why: Any,
    channel: NDArray[Any],
    since: float,
    until: float,
    kind: str,
) -> dict[str, NDArray[Any]]:
    """Let contacted customers react by what is planted, at times by which each has been contacted.

    Gives what `reactions.react` gives, and how likely each was to order and not to because of it.
    """
    kinds = contacts.people["reaction"].to_numpy()[who]
    gone = contacts.trade.left[who] < at
    likely = reactions.chances(kinds, gone, why, channel, contacts.recent(who, np.floor(at)))
    came = reactions.react(contacts.rng, contacts.trade, who, at, likely, since=since, until=until, kind=kind)
    return {**came, "chance_extra": likely.orders, "chance_lost": likely.stays_away}


def _came(frame: pd.DataFrame, where: Bools, came: dict[str, NDArray[Any]]) -> pd.DataFrame:
    """`frame` with what came of the rows that were contacted; nothing comes of the others."""
    for name, values in came.items():
        whole = np.zeros(len(frame), dtype=values.dtype)
        whole[where] = values
        frame[name] = whole
    return frame


def actions(contacts: Contacts) -> pd.DataFrame:
    """The programme of the last eight months: quiet customers, a quarter drawn into the untouched arm by lot."""
    people, trade, rng = contacts.people, contacts.trade, contacts.rng
    rested = np.full(len(people), -np.inf)
    parts = []
    for text in plan.ACTION_DATES:
        day = plan.day(text) + 1
        last, orders = trade.last_before(day, len(people))
        quiet = (day - last > 45) & (day - last < 330) & (orders >= 2) & (day - rested > 85)
        everyone = np.arange(len(people))
        for name in ("wechat", "phone", "sms"):
            quiet &= contacts.may(name, "win_back", everyone, np.full(len(people), day - 1.0))
            quiet &= contacts.may(name, "win_back", everyone, np.full(len(people), day + 8.0))
        chosen = np.sort(rng.permutation(np.flatnonzero(quiet))[: round(plan.ACTION_SHARE * len(people))])
        if not len(chosen):
            continue
        rested[chosen] = day
        held = np.zeros(len(chosen), dtype=bool)
        held[rng.permutation(len(chosen))[: round(plan.ACTION_HOLD_OUT * len(chosen))]] = True
        parts.append(_month_of_actions(contacts, chosen, held, day, day - last[chosen]))
    nobody = np.zeros(0, dtype=np.int64)
    parts = parts or [_month_of_actions(contacts, nobody, nobody.astype(bool), 0, nobody.astype(float))]
    return pd.concat(parts, ignore_index=True)


def _month_of_actions(contacts: Contacts, chosen: Ints, held: Bools, day: int, since: Floats) -> pd.DataFrame:
    rng = contacts.rng
    company = (contacts.people["type"] == "company").to_numpy()[chosen]
    by_lot = {kind: np.array(list(ways))[draw(rng, ways, len(chosen))] for kind, ways in plan.ACTION_CHANNELS.items()}
    way = np.where(company, by_lot["company"], by_lot["person"])
    channel = np.array([CHANNELS.index(name) for name in way], dtype=np.int64)
    why = np.where(since > 150, "silent", "dropped")
    done = np.where(held | (rng.random(len(chosen)) < 0.04), np.nan, day + rng.uniform(0.4, 6, len(chosen)))
    did = ~np.isnan(done)
    answered = np.zeros(len(chosen), dtype=bool)
    answered[did] = contacts.reach(chosen[did], np.floor(done[did]), channel[did], "win_back", "monthly-actions")
    until = float(day + plan.OUTCOME_DAYS)
    came = _reacted(contacts, chosen[did], np.floor(done[did]) + 0.85, why[did], way[did], day, until, "action")
    frame = pd.DataFrame(
        {
            "entity": chosen,
            "proposed": day - 1,
            "why": codes((why == "silent").astype(int), ["dropped", "silent"]),
            "what": codes(np.zeros(len(chosen), dtype=int), ["find_cause"]),
            "channel": codes(channel, CHANNELS),
            "due": day + 13,
            "arm": codes(held.astype(int), ["act", "hold_out"]),
            "done": done,
            "outcome": codes(np.where(did, np.where(answered, 0, 1), -1), ["reached", "no_answer"]),
        }
    )
    return _came(frame, did, came)
