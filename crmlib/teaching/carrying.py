"""How the teaching company's team carries out a month's list: most in time, some late or never, the held-out left alone."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator

from crmlib.teaching import plan, reactions
from crmlib.teaching.contacts import CHANNELS, Contacts
from crmlib.teaching.orders import Bools, Trade
from crmlib.teaching.people import Floats, Ints

CAMPAIGN: Final = "action-list"
IN_TIME, LATE = 0.80, 0.13
"""Share of the actions done by the day they are due, and later; the rest is not done."""
LATE_DAYS: Final = 9
FATES: Final = ("done", "late", "not_done", "not_allowed", "held_out")
"""What became of a row: done by its day or later; not done, or not any more because the customer withdrew their consent."""
UNSAID: Final = "phone"
"""The channel of an action whose list names none."""


def carried_out(contacts: Contacts, listed: pd.DataFrame, first: int, end: int, rng: Generator) -> pd.DataFrame:
    """Carry out a list in the month from the day `first` to before `end`, and let the customers react.

    `listed` has entity (number), why, purpose, channel, arm and due (day). Gives it with `fate` (of `FATES`), `at` (day of the
    contact, NaN without), `answered`, `expected` (orders that acting on it was to bring within `plan.OUTCOME_DAYS`, less those
    it was to cost, by what is planted and what the customer would have ordered), `extra_order`, `lost_order` and `left`.
    """
    until = min(first + plan.OUTCOME_DAYS, end)
    out = listed.reset_index(drop=True)
    who, way = out["entity"].to_numpy(np.int64), out["channel"].where(out["channel"].isin(CHANNELS), UNSAID).to_numpy()
    fate, day = _fates(out, first, until, rng)
    acted = np.isin(fate, FATES[:2])
    # The list minds consent; what is withdrawn after it was made bars.
    for pair, (_given, ended) in contacts.given.items():
        barred = acted & (way == pair[0]) & (out["purpose"] == pair[1]).to_numpy() & (ended[who] <= day + 0.37)
        fate[barred], acted[barred] = FATES[3], False
    answered, at = np.zeros(len(out), dtype=bool), np.where(acted, day + 0.85, np.nan)
    for purpose in sorted(set(out["purpose"])):
        mine = np.flatnonzero(acted & (out["purpose"] == purpose).to_numpy())
        code = np.array([CHANNELS.index(name) for name in way[mine]], dtype=np.int64)
        answered[mine] = contacts.reach(who[mine], day[mine], code, purpose, CAMPAIGN, lawful=False)
    out = out.assign(fate=fate, at=at, answered=answered, expected=0.0, extra_order=False, lost_order=False, left=False)
    mine = np.flatnonzero(acted)
    likely = reactions.chances(
        contacts.people["reaction"].to_numpy()[who[mine]],
        contacts.trade.left[who[mine]] < at[mine],
        out["why"].to_numpy()[mine],
        way[mine],
        contacts.recent(who[mine], day[mine]),
    )
    out.loc[mine, "expected"] = _expected(contacts.trade, who[mine], at[mine], likely, first, until)
    came = reactions.react(
        contacts.rng, contacts.trade, who[mine], at[mine], likely, since=first, until=until, kind="action", end=end
    )
    for name, values in came.items():
        out.loc[mine, name] = values
    return out


def _fates(listed: pd.DataFrame, first: int, until: int, rng: Generator) -> tuple[np.ndarray, Floats]:
    """What becomes of each row, and the day on which it is done."""
    lot, part, late = rng.random((3, len(listed)))
    due = np.clip(listed["due"].to_numpy(dtype=float), first, until - 1)
    in_time = first + np.floor(part * (due - first + 1))
    day = np.where(lot < IN_TIME, in_time, due + 1 + np.floor(late * LATE_DAYS))
    fate = np.select([lot < IN_TIME, (lot < IN_TIME + LATE) & (day < until)], FATES[:2], FATES[2]).astype(object)
    return np.where(listed["arm"] == "act", fate, FATES[4]), day


def _expected(trade: Trade, who: Ints, at: Floats, likely: reactions.Chances, since: float, until: float) -> Floats:
    """How much likelier each customer orders within the window because of the contact."""
    would, before = (_bought(trade, who, since, np.broadcast_to(day, len(who))) for day in (until, at))
    stays = (1 - likely.leaves) * (1 - likely.stays_away)
    return np.where(would, np.where(before, 0.0, stays - 1), likely.orders * (1 - likely.leaves))


def _bought(trade: Trade, who: Ints, since: float, until: Floats) -> Bools:
    """Whether each customer has an order from `since` on and before their own `until`."""
    key = trade.customer * 4096.0 + trade.at
    found: Bools = np.searchsorted(key, who * 4096.0 + until) > np.searchsorted(key, who * 4096.0 + since)
    return found
