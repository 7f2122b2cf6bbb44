"""Contacts of the teaching company: programmes, what customers answered, the randomised channel test, the past actions.

A programme reaches a customer over a channel; whether the customer opens and responds follows their loyalty type, what
the channel truly does, and whether they are engaged anyway. Telephone calls by representatives go to engaged customers
only, so that the telephone seems to work; the channel test, drawn by lot, shows that WeChat does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from crmlib.teaching import plan
from crmlib.teaching.orders import Bools, Trade
from crmlib.teaching.people import ACQUISITION, Floats, Ints, codes

CHANNELS: Final = (*plan.CHANNEL_RESPONSE, "online", "marketplace", "store", "sales_rep", "website", "referral")
PERSON_CHANNELS: Final = [CHANNELS.index(name) for name in ("wechat", "wechat", "sms")]
PURPOSES: Final = ("sales", "service", "care", "survey", "onboarding", "win_back", "review")
SCRIPTS: Final = ("", *plan.SCRIPTS.values())
COST: Final = {"wechat": 0.1, "wecom": 0.2, "face_to_face": 120, "app": 0.02, "sms": 0.06, "social": 0.5, "phone": 6}
COST_MORE: Final = {"club": 200, "letter": 8, "email": 0.03}
ACQUISITION_COST: Final = {
    "online": 140,
    "marketplace": 165,
    "store": 90,
    "social": 180,
    "wechat": 70,
    "sales_rep": 620,
}
ACQUISITION_REWARD: Final = 60


@dataclass
class Contacts:
    """Contacts as they are collected, each batch a frame; `frame` puts them together."""

    people: pd.DataFrame
    trade: Trade
    rng: Generator
    given: dict[tuple[str, str], tuple[Floats, Floats]]
    batches: list[dict[str, NDArray[Any]]] = field(default_factory=list)
    campaigns: list[str] = field(default_factory=list)

    def reach(
        self,
        who: Ints,
        day: Floats | Ints | float,
        channel: str | Ints,
        purpose: str,
        campaign: str,
        script: Ints | None = None,
        base: Floats | float | None = None,
        inbound: bool = False,
        cost: Floats | None = None,
        lawful: bool = True,
    ) -> Bools:
        """Contact those of `who` who are known by then and consented; gives who responded.
        `base` replaces the response that follows from type, channel and engagement.
        """
        rng, n = self.rng, len(who)
        at = np.broadcast_to(np.asarray(day, dtype=float), n) + rng.uniform(0.37, 0.83, n)
        code = np.full(n, CHANNELS.index(channel)) if isinstance(channel, str) else channel
        known = at >= self.people["acquired"].to_numpy()[who]
        if lawful and not inbound:
            for position in np.unique(code):
                known &= (code != position) | self.may(CHANNELS[position], purpose, who, at)
        who, at = who[known], at[known]
        code, n = code[known], len(who)
        responds = rng.random(n) < (
            self._response(who, at, code) if base is None else np.broadcast_to(base, len(known))[known]
        )
        opens = responds | (rng.random(n) < self._opening(who, code))
        wait = rng.exponential(0.5, n)
        each = np.array([{**COST, **COST_MORE}.get(name, 0.0) for name in CHANNELS])[code]
        self.campaigns.append(campaign)
        batch = {
            "entity": who,
            "at": at,
            "lawful": lawful,
            "channel": code,
            "direction": int(inbound),
            "purpose": PURPOSES.index(purpose),
            "campaign": len(self.campaigns) - 1,
            "script": 0 if script is None else script[known],
            "cost": cost[known] if cost is not None else 0.0 if inbound else each,
            "opened": np.where(opens & ~inbound, at + wait, np.nan),
            "responded": np.where(responds & ~inbound, at + wait + rng.exponential(1.6, n).clip(0, 11), np.nan),
        }
        self.batches.append({name: np.broadcast_to(np.asarray(value), n) for name, value in batch.items()})
        answered = np.zeros(len(known), dtype=bool)
        answered[known] = responds
        return answered

    def may(self, channel: str, purpose: str, who: Ints, at: Floats) -> Bools:
        """Whether each had consented by then and not withdrawn; channels without consents are free."""
        if not any(channel == known for known, _ in self.given):
            return np.ones(len(who), dtype=bool)
        first, last = self.given.get((channel, purpose), (np.full(len(self.people), np.inf),) * 2)
        found: Bools = (first[who] <= at) & (last[who] > at)
        return found

    def _response(self, who: Ints, at: Floats, channel: Ints) -> Floats:
        loyalty = self.people["loyalty_type"].cat.codes.to_numpy()[who]
        likely = np.array([t.responds for t in plan.LOYALTY.values()])[loyalty]
        effect = np.array([plan.CHANNEL_RESPONSE.get(name, 1.0) for name in CHANNELS])[channel]
        return np.clip(likely * effect * self.engagement(who, at), 0, 0.85)

    def _opening(self, who: Ints, channel: Ints) -> Floats:
        loyalty = self.people["loyalty_type"].cat.codes.to_numpy()[who]
        ease = np.array([{"email": 0.6, "letter": 0.8}.get(name, 1.0) for name in CHANNELS])[channel]
        return np.array([t.opens for t in plan.LOYALTY.values()])[loyalty] * ease

    def engagement(self, who: Ints, at: Floats) -> Floats:
        """How much more likely an engaged customer responds, whatever the channel."""
        key = self.trade.customer * 4096.0 + self.trade.at
        place = np.searchsorted(key, who * 4096.0 + at) - 1
        since = (
            np.where(place >= 0, who * 4096.0 + at - key[np.maximum(place, 0)], np.inf)
            if len(key)
            else np.full(len(who), np.inf)
        )
        out = np.where(since <= 30, plan.ENGAGED["recent"], plan.ENGAGED["other"])
        return np.where(self.trade.left[who] < at, plan.ENGAGED["left"], out)

    def frame(self) -> pd.DataFrame:
        """All contacts in order of time."""
        every = pd.DataFrame({name: np.concatenate([b[name] for b in self.batches]) for name in self.batches[0]})
        every = every[every["at"] < plan.DAYS].sort_values(["at", "entity"], kind="stable", ignore_index=True)
        names = list(dict.fromkeys(self.campaigns))
        number = np.array([names.index(name) for name in self.campaigns])[every["campaign"].to_numpy()]
        return every.assign(
            channel=codes(every["channel"].to_numpy(), CHANNELS),
            direction=codes(every["direction"].to_numpy(), ["out", "in"]),
            purpose=codes(every["purpose"].to_numpy(), PURPOSES),
            campaign=codes(np.where(number == (names.index("") if "" in names else -2), -1, number), names),
            script=codes(every["script"].to_numpy() - 1, SCRIPTS[1:]),
            opened=every["opened"].where(every["opened"] < plan.DAYS),
            responded=every["responded"].where(every["responded"] < plan.DAYS),
        )


def channel_test(contacts: Contacts) -> pd.DataFrame:
    """The randomised test of May 2026: four channels and an untouched arm, drawn by lot among customers active then."""
    people, trade, rng = contacts.people, contacts.trade, contacts.rng
    start, n = plan.day(plan.CHANNEL_TEST), len(people)
    last, _ = trade.last_before(start, n)
    names = [*plan.CHANNEL_ORDERS, ""]
    agreed = np.ones(n, dtype=bool)
    for name in plan.CHANNEL_ORDERS:
        agreed &= contacts.may(name, "sales", np.arange(n), np.full(n, float(start))) & contacts.may(
            name, "sales", np.arange(n), np.full(n, start + 1.0)
        )
    fit = np.flatnonzero((start - last < 240) & ~np.isnan(last) & agreed)
    size = min(round(plan.CHANNEL_TEST_ARM * n), len(fit) // len(names))
    chosen = rng.permutation(fit)[: size * len(names)]
    arm = np.arange(len(chosen)) % len(names)
    for position, name in enumerate(plan.CHANNEL_ORDERS):
        contacts.reach(chosen[arm == position], start, name, "sales", f"channel-test-{plan.CHANNEL_TEST}")
    effect = np.array([*plan.CHANNEL_ORDERS.values(), 0.0])[arm]
    buys = _without_order(trade, chosen, start, 14) & (rng.random(len(chosen)) < effect)
    trade.add(chosen[buys], start + rng.uniform(0.9, 13.5, int(buys.sum())), "channel_test")
    return pd.DataFrame({"entity": chosen, "arm": np.array(names)[arm], "extra_order": buys})


def _without_order(trade: Trade, who: Ints, start: float, days: int) -> Bools:
    inside = (trade.at >= start) & (trade.at < start + days + 1)
    return np.bincount(trade.customer[inside], minlength=len(trade.left))[who] == 0


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
    trade, rng = contacts.trade, contacts.rng
    company = (contacts.people["type"] == "company").to_numpy()[chosen]
    channel = np.where(company, CHANNELS.index("phone"), rng.choice(PERSON_CHANNELS, len(chosen)))
    done = np.where(held | (rng.random(len(chosen)) < 0.04), np.nan, day + rng.uniform(0.4, 6, len(chosen)))
    did = ~np.isnan(done)
    answered = np.zeros(len(chosen), dtype=bool)
    answered[did] = contacts.reach(chosen[did], np.floor(done[did]), channel[did], "win_back", "monthly-actions")
    buys = did & _without_order(trade, chosen, day, 30) & (rng.random(len(chosen)) < plan.ACTION_EFFECT)
    when = np.where(did, done, 0) + rng.uniform(1, 22, len(chosen))
    inside = when[buys] < plan.DAYS
    trade.add(chosen[buys][inside], when[buys][inside], "action")
    return pd.DataFrame(
        {
            "entity": chosen,
            "proposed": day - 1,
            "why": codes(np.where(since > 150, 1, 0), ["frequency_drop", "silent"]),
            "what": codes(np.where(company, 1, 0), ["personal_offer", "call_back"]),
            "channel": codes(channel, CHANNELS),
            "due": day + 13,
            "arm": codes(held.astype(int), ["act", "hold_out"]),
            "done": done,
            "outcome": codes(np.where(did, np.where(answered, 0, 1), -1), ["reached", "no_answer"]),
            "extra_order": buys,
        }
    )


def acquisition(contacts: Contacts) -> None:
    """What it cost to win each customer: one contact on the first day, over the channel that brought them."""
    people, rng = contacts.people, contacts.rng
    names = [*ACQUISITION, "referral"]
    brought = people["acquisition_channel"].cat.codes.to_numpy()
    cost = np.array([*ACQUISITION_COST.values(), ACQUISITION_REWARD], dtype=float)[brought]
    cost = np.round(cost * rng.lognormal(0, 0.25, len(people)), 2)
    place = np.array([CHANNELS.index(name) for name in names])[brought]
    day = people["acquired"].to_numpy()
    contacts.reach(np.arange(len(people)), day, place, "sales", "acquisition", base=0.0, inbound=True, cost=cost)
