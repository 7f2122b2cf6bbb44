"""How the teaching company's customers react to a contact: whom it moves, whom it leaves as they are, whom it drives away.

`chances` says it from what is planted, for any reason and channel; `react` carries it out on what they buy. The company's
own test and programme are made by both, and what is planted is in the constants here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crmlib.teaching import plan
from crmlib.teaching.orders import Bools, Trade
from crmlib.teaching.people import Floats, Ints
from crmlib.vocabulary.reasons_to_act import CARE, CYCLE, DELIVERY, DISSATISFIED, DUTY, LIKELY, OWED, SOON

Names = NDArray[Any]

TYPES: Final = ("persuadable", "sure", "lost", "sleeping_dog")
"""Who orders because of a contact, who orders anyway, who does not either way, who orders unless contacted."""
SHARES: Final = {
    "monopoly": (0.10, 0.40, 0.25, 0.25),
    "inertia": (0.08, 0.22, 0.20, 0.50),
    "convenience": (0.40, 0.28, 0.27, 0.05),
    "price": (0.58, 0.08, 0.31, 0.03),
    "incentive": (0.80, 0.08, 0.11, 0.01),
    "super_value": (0.32, 0.55, 0.10, 0.03),
}
"""Of each loyalty type, by `TYPES`; the sure and the sleeping dogs are rather those who buy often, the lost
those who soon leave."""
PERSUADES: Final = {
    "offer": 0.75,
    "repurchase": 0.75,
    "habit": 0.20,
    "experience": 0.10,
    "dropped": 0.85,
    "slipping": 0.85,
    "complaints": 0.60,
    "review_due": 0.50,
    "renewal_due": 0.50,
    "silent": 0.65,
    "silent_and_dropped": 0.65,
    "overdue": 0.65,
    DUTY: 0.35,
    SOON: 0.35,
    DELIVERY: 0.35,
    DISSATISFIED: 0.60,
    LIKELY: 0.85,
    CYCLE: 0.60,
    CARE: 0.25,
}
"""Share of the persuadable whom a contact over the best channel brings to order, by its reason; `offer` is a message without."""
OF_OTHER_REASONS: Final = 0.20
MESSAGES: Final = ("offer", "repurchase", "habit", "experience", CYCLE, CARE)
"""Reasons for which a message will do, as for any that `PERSUADES` does not name; the others want a talk."""
TALK: Final = {
    "phone": 1.0,
    "face_to_face": 1.0,
    "wecom": 0.85,
    "wechat": 0.80,
    "club": 0.60,
    "sms": 0.35,
    "app": 0.30,
    "letter": 0.20,
    "email": 0.15,
    "social": 0.10,
}
MESSAGE: Final = {
    "wechat": 1.0,
    "wecom": 0.90,
    "club": 0.60,
    "face_to_face": 0.60,
    "app": 0.50,
    "social": 0.20,
    "sms": 0.15,
    "letter": 0.10,
    "email": 0.0,
    "phone": 0.0,
}
"""What a channel makes of that share where the reason wants a talk, and where a message will do."""
ANNOYS: Final = 0.60
"""Share of own orders that a call costs for which a message would do, of all but the lost: the channel that harms."""
WAKES: Final = {"phone": 1.0, "face_to_face": 1.0, "sms": 0.6, "wechat": 0.8, "wecom": 0.8, "email": 0.3, "app": 0.3}
DOG_STAYS_AWAY: Final = 0.90
DOG_LEAVES: Final = 0.10
"""Share of own orders that contact costs a sleeping dog, and share who leave at once: times the channel's `WAKES`, .5 for others.
An answer that is owed wakes nobody."""
WON_BACK: Final = 0.6
"""Persuadables who have left are moved this much as often as the others, and by one order."""
FATIGUE: Final = 0.78
"""What each mailing of the 30 days before leaves of the response to a contact and of what it brings."""
OPT_OUT, OPT_OUT_GROWS, TIRED = 0.004, 1.4, 12
"""Share who withdraw consent after a mailing, and its factor for each mailing of the 30 days before, up to so many."""
TIRED_WITHIN: Final = 30
WITHIN: Final = (0.04, 0.92)
"""Parts of the rest of the window between which an order comes that a contact brings."""


@dataclass(frozen=True)
class Chances:
    """Probabilities, one entry per contact: that it brings an order where none would have come in its window, that it takes
    those away that would have come, that the customer leaves at once, that they withdraw their consent.
    """

    orders: Floats
    stays_away: Floats
    leaves: Floats
    withdraws: Floats


def chances(
    reaction: Names,
    gone: Bools,
    why: Names | str,
    channel: Names | str,
    recent: Ints | int = 0,
) -> Chances:
    """What a contact does to customers of planted types.

    `reaction` are names of `TYPES`; `gone` says who has left by then; `why` a reason of `vocabulary.reasons_to_act` or "offer";
    `channel` its code; `recent` the mailings to the customer in the 30 days before. All of one length, or one for all.
    """
    reaction, gone = np.asarray(reaction).astype(str), np.asarray(gone, dtype=bool)
    n = len(reaction)
    reason, ways = (np.broadcast_to(np.asarray(v, dtype=object), n) for v in (why, channel))
    count = np.minimum(np.broadcast_to(np.asarray(recent), n), TIRED)
    talk = np.isin(reason.astype(str), [r for r in PERSUADES if r not in MESSAGES])
    share = np.array([PERSUADES.get(r, OF_OTHER_REASONS) for r in reason], dtype=float)
    carried = np.array([(TALK if t else MESSAGE).get(c, 0.0) for t, c in zip(talk, ways, strict=True)], dtype=float)
    wakes = np.array([WAKES.get(c, 0.5) for c in ways], dtype=float) * ~np.isin(reason.astype(str), OWED)
    moved = np.where(gone, WON_BACK, 1.0) * (reaction == "persuadable")
    dog = (reaction == "sleeping_dog") & ~gone
    annoyed = ANNOYS * ((ways == "phone") & ~talk & (reaction != "lost") & ~gone)
    return Chances(
        orders=moved * share * carried * FATIGUE**count,
        stays_away=np.maximum(annoyed, dog * DOG_STAYS_AWAY * wakes),
        leaves=dog * DOG_LEAVES * wakes,
        withdraws=opt_out(count),
    )


def opt_out(recent: Ints) -> Floats:
    """Probability of withdrawing consent after a mailing, given the mailings of the 30 days before."""
    return OPT_OUT * OPT_OUT_GROWS ** np.minimum(recent, TIRED).astype(float)


def react(
    rng: Generator,
    trade: Trade,
    who: Ints,
    at: Floats,
    likely: Chances,
    *,
    since: float,
    until: float,
    kind: str,
    end: float = plan.DAYS,
) -> dict[str, Bools]:
    """Carry out on `trade` what contacts at `at` (days) do within a window of days, the dice thrown here (`carried`)."""
    draws, part = rng.random((3, len(who))), rng.uniform(*WITHIN, len(who))
    return carried(trade, who, at, likely, draws, part, since=since, until=until, kind=kind, end=end)


def carried(
    trade: Trade,
    who: Ints,
    at: Floats,
    likely: Chances,
    draws: Floats,
    part: Floats,
    *,
    since: float,
    until: float,
    kind: str,
    end: float = plan.DAYS,
) -> dict[str, Bools]:
    """Carry out on `trade` what contacts at `at` (days) do within a window of days: an order, own orders that do not come,
    customers who leave. What would come at `end` or later does not. `draws` has three rows of uniform numbers, a column per
    contact; `part` says of each after which part of what is left of the window an order that it brings would come.

    Gives for each contact whether it brought an order (`extra_order`), cost one (`lost_order`), drove the customer away (`left`).
    """
    own = trade.kind == 0
    would = trade.ordered(since, until)[who]
    left = (draws[0] < likely.leaves) & (trade.left[who] > at)
    away = ((draws[1] < likely.stays_away) | left) & (trade.left[who] > at)
    brings = ~would & ~left & (draws[2] < likely.orders)
    trade.go(who[left], at[left], "contacted")
    from_day, to_day = np.full(len(trade.left), np.inf), np.full(len(trade.left), -np.inf)
    from_day[who[away]], to_day[who[away]] = at[away], until
    to_day[who[left]] = np.inf
    lost = own & (trade.at > from_day[trade.customer]) & (trade.at < to_day[trade.customer])
    inside = lost & (trade.at < until)
    cost = np.bincount(trade.customer[inside], minlength=len(trade.left))[who] > 0
    trade.keep(~lost)
    when = at + part * (until - at)
    add = brings & (when < end)
    trade.add(who[add], when[add], kind)
    return {"extra_order": brings, "lost_order": cost, "left": left}
