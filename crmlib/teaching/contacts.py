"""Contacts of the teaching company: how a customer is reached, and what they answer.

A programme reaches a customer over a channel; whether the customer opens and responds follows their loyalty type, what
the channel truly does, whether they are engaged anyway, and how often they were mailed lately. Telephone calls by
representatives go to engaged customers only, so that the telephone seems to work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from crmlib.teaching import plan, reactions
from crmlib.teaching.orders import Bools, Trade
from crmlib.teaching.people import ACQUISITION, Floats, Ints, codes

CHANNELS: Final = (*plan.CHANNEL_RESPONSE, "online", "marketplace", "store", "sales_rep", "website", "referral")
PURPOSES: Final = ("sales", "service", "care", "survey", "onboarding", "win_back", "review")
SCRIPTS: Final = ("", *plan.SCRIPTS.values())
ARMS: Final = ("", *plan.TEST_CHANNELS, "not contacted")
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
    mailings: list[tuple[Ints, Floats]] = field(default_factory=list)

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
        arm: str = "",
    ) -> Bools:
        """Contact those of `who` who are known by then and consented; gives who responded.
        `base` replaces the response that follows from type, channel, engagement and the mailings before.
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
            "arm": ARMS.index(arm),
            "cost": cost[known] if cost is not None else 0.0 if inbound else each,
            "opened": np.where(opens & ~inbound, at + wait, np.nan),
            "responded": np.where(responds & ~inbound, at + wait + rng.exponential(1.6, n).clip(0, 11), np.nan),
        }
        self._collect(batch, n)
        answered = np.zeros(len(known), dtype=bool)
        answered[known] = responds
        return answered

    def leave_alone(self, who: Ints, day: int, channel: str, campaign: str) -> None:
        """Note of those of `who` that a campaign over a channel leaves them alone, for comparison."""
        self.campaigns.append(campaign)
        batch = {
            "entity": who,
            "at": day + self.rng.uniform(0.37, 0.83, len(who)),
            "lawful": True,
            "channel": CHANNELS.index(channel),
            "direction": 0,
            "purpose": PURPOSES.index("sales"),
            "campaign": len(self.campaigns) - 1,
            "script": 0,
            "arm": len(ARMS) - 1,
            "cost": 0.0,
            "opened": np.nan,
            "responded": np.nan,
        }
        self._collect(batch, len(who))

    def _collect(self, batch: dict[str, Any], n: int) -> None:
        whole = {**batch, "opted_out": np.nan}
        self.batches.append({name: np.broadcast_to(np.asarray(value), n) for name, value in whole.items()})

    def mail(self, who: Ints, day: int, channel: str, campaign: str) -> None:
        """A mailing, after which some have enough of mailings and withdraw their consent, but to service.

        Mailings are sent in order of time: what comes after one depends on those before.
        """
        self.reach(who, day, channel, "sales", campaign)
        sent = self.batches[-1]
        leaves = self.rng.random(len(sent["at"])) < reactions.opt_out(self.recent(sent["entity"], sent["at"]))
        sent["opted_out"] = np.where(leaves, sent["at"] + 0.02, np.nan)
        self.mailings.append((sent["entity"], sent["at"]))
        gone, at = sent["entity"][leaves], sent["opted_out"][leaves]
        for (_, purpose), (first, last) in self.given.items():
            if purpose != "service":
                last[gone] = np.where(first[gone] < at, np.minimum(last[gone], at), last[gone])

    def recent(self, who: Ints, at: Floats) -> Ints:
        """The mailings to each customer in the 30 days before."""
        since = at.min(initial=np.inf) - reactions.TIRED_WITHIN
        held = [entity * 4096.0 + day for entity, day in self.mailings if day.max(initial=-np.inf) > since]
        key, now = np.sort(np.concatenate([np.zeros(0), *held])), who * 4096.0 + at
        found: Ints = np.searchsorted(key, now) - np.searchsorted(key, now - reactions.TIRED_WITHIN)
        return found

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
        tired = reactions.FATIGUE ** np.minimum(self.recent(who, at), reactions.TIRED)
        return np.clip(likely * effect * self.engagement(who, at), 0, 0.85) * tired

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

    def frame(self, end: float = plan.DAYS) -> pd.DataFrame:
        """All contacts before `end` in order of time, with what had come of them by then."""
        every = pd.DataFrame({name: np.concatenate([b[name] for b in self.batches]) for name in self.batches[0]})
        every = every[every["at"] < end].sort_values(["at", "entity"], kind="stable", ignore_index=True)
        names = list(dict.fromkeys(self.campaigns))
        number = np.array([names.index(name) for name in self.campaigns])[every["campaign"].to_numpy()]
        return every.assign(
            channel=codes(every["channel"].to_numpy(), CHANNELS),
            direction=codes(every["direction"].to_numpy(), ["out", "in"]),
            purpose=codes(every["purpose"].to_numpy(), PURPOSES),
            campaign=codes(np.where(number == (names.index("") if "" in names else -2), -1, number), names),
            script=codes(every["script"].to_numpy() - 1, SCRIPTS[1:]),
            arm=codes(every["arm"].to_numpy() - 1, ARMS[1:]),
            opened=every["opened"].where(every["opened"] < end),
            responded=every["responded"].where(every["responded"] < end),
            opted_out=every["opted_out"].where(every["opted_out"] < end),
        )


def acquisition(contacts: Contacts, since: int = 0) -> None:
    """What it cost to win each customer, by number from `since` on: one contact on the first day, over the channel that brought
    them.
    """
    people, rng = contacts.people.iloc[since:], contacts.rng
    names = [*ACQUISITION, "referral"]
    brought = people["acquisition_channel"].cat.codes.to_numpy()
    cost = np.array([*ACQUISITION_COST.values(), ACQUISITION_REWARD], dtype=float)[brought]
    cost = np.round(cost * rng.lognormal(0, 0.25, len(people)), 2)
    place = np.array([CHANNELS.index(name) for name in names])[brought]
    who, day = since + np.arange(len(people)), people["acquired"].to_numpy()
    contacts.reach(who, day, place, "sales", "acquisition", base=0.0, inbound=True, cost=cost)
