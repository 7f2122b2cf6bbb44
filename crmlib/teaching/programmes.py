"""The company's running programmes of contact, who consented to what, and the trial of a new feature."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.teaching import plan
from crmlib.teaching.contacts import CHANNELS, SCRIPTS, Contacts
from crmlib.teaching.people import Floats, Ints, codes, stream

CONSENT_CHANNELS = ("phone", "sms", "email", "wechat")
CONSENT_PURPOSES = ("sales", "care", "service", "onboarding", "win_back")
MADE = range(plan.MONTHS)
"""Months of the company as it was made, by number."""
WELCOMED, WELCOME_DAYS = 0.4, (3, 30, 90)
"""Share of the new customers who are welcomed, and on which days."""


def month_start(month: int) -> int:
    """The first day of a month by its number, 0 the first of the data."""
    return int((pd.Timestamp(plan.START) + pd.DateOffset(months=month) - pd.Timestamp(plan.START)).days)


def consents(people: pd.DataFrame, seed: int, end: float = plan.DAYS) -> pd.DataFrame:
    """One row per consent given before `end` in order of customer: `entity`, `channel`, `purpose` and `granted` (days)."""
    rng, n = stream(seed, 5), len(people)
    company = (people["type"] == "company").to_numpy()
    none = rng.random(n) < np.where(company, plan.NO_CONSENT["company"], plan.NO_CONSENT["person"])
    broad = rng.random((n, 1)) < 0.68
    like = np.where(company[:, None], [0.6, 0.2, 0.7, 0.3], [0.15, 0.4, 0.25, 0.5])
    channels = broad | (rng.random((n, 4)) < like)
    purposes = (rng.random((n, 3)) < np.array([0.9, 0.7, 0.95]))[:, [0, 1, 2, 2, 0]]
    who, channel, purpose = np.nonzero(channels[:, :, None] & purposes[:, None, :] & ~none[:, None, None])
    acquired = people["acquired"].to_numpy()
    granted = (
        acquired[who] + np.where(rng.random(n) < 0.8, 0, rng.integers(1, 200, n))[who] + 0.4 + 0.5 * rng.random(n)[who]
    )
    frame = pd.DataFrame({"entity": who, "channel": channel, "purpose": purpose, "granted": granted})
    frame = frame[frame["granted"] < end].reset_index(drop=True)
    frame["channel"] = codes(frame["channel"].to_numpy(), CONSENT_CHANNELS)
    frame["purpose"] = codes(frame["purpose"].to_numpy(), CONSENT_PURPOSES)
    return frame


def lookup(given: pd.DataFrame, n: int) -> dict[tuple[str, str], tuple[Floats, Floats]]:
    """Per channel and purpose from when and until when each of `n` customers may be contacted; never is infinity.

    Nobody has withdrawn yet: `Contacts.mail` sets the end.
    """
    found = {}
    for (channel, purpose), rows in given.groupby(["channel", "purpose"], observed=False):
        first = np.full(n, np.inf)
        first[rows["entity"]] = rows["granted"]
        found[str(channel), str(purpose)] = (first, np.full(n, np.inf))
    return found


def withdrawn(given: pd.DataFrame, until: dict[tuple[str, str], tuple[Floats, Floats]]) -> pd.DataFrame:
    """The consents with `withdrawn` (days, NaN: never), as `until` has come to hold it."""
    ends = np.full(len(given), np.nan)
    for (channel, purpose), (first, last) in until.items():
        mine = ((given["channel"] == channel) & (given["purpose"] == purpose)).to_numpy()
        who = given["entity"].to_numpy()[mine]
        ends[mine] = np.where(np.isfinite(last[who]) & (last[who] > first[who]), last[who], np.nan)
    return given.assign(withdrawn=ends)


def mailings(contacts: Contacts, months: range = MADE) -> None:
    """Monthly e-mail, WeChat, text and app messages, to some customers oftener than to others, and a weekly e-mail in 2026 to a
    few; who has enough withdraws consent.
    """
    rng, n = contacts.rng, len(contacts.people)
    weekly = np.array([*range(plan.day("2026-01-05"), month_start(months.stop), 7)])
    bothered = np.flatnonzero(contacts.people["bothered"])
    for month in months:
        to_some = {
            _day(month, spread): (channel, share) for spread, (channel, share) in enumerate(plan.MAILINGS.items())
        }
        start, end = month_start(month), month_start(month + 1)
        for day in sorted({*to_some, *weekly[(weekly >= start) & (weekly < end)].tolist()}):
            if day in weekly:
                contacts.mail(bothered, day, "email", "weekly-offer")
            if day in to_some:
                channel, share = to_some[day]
                who = np.flatnonzero(rng.random(n) < _odds(contacts, day, share))
                contacts.mail(who, day, channel, f"{channel}-{_month(month)}")


def _day(month: int, spread: int) -> int:
    """The day of a month's mailing over the channel in that place."""
    return month_start(month) + 4 + month % 3 + 2 * spread


def unlawful(contacts: Contacts, months: range = MADE) -> None:
    """The mailings that go to a few people who never agreed, or who have withdrawn."""
    n = len(contacts.people)
    for month in months:
        for spread, (channel, share) in enumerate(plan.MAILINGS.items()):
            day = _day(month, spread)
            barred = ~contacts.may(channel, "sales", np.arange(n), np.full(n, day + 1.0))
            odds = _odds(contacts, day, share) * plan.UNLAWFUL
            who = np.flatnonzero(barred & (contacts.rng.random(n) < odds))
            if channel != "app":
                contacts.reach(who, day, channel, "sales", f"{channel}-{_month(month)}", lawful=False)


def _odds(contacts: Contacts, day: int, share: float) -> Floats:
    """How likely each customer known by then is mailed: as often as the lot wants it, and seldom when long gone."""
    often = np.array([times for _, times in plan.MAILED.values()])[contacts.people["mailed"].cat.codes.to_numpy()]
    gone = np.where(contacts.trade.left < day - 240, 0.3, 1.0)
    return np.asarray(share * often * gone * (contacts.people["acquired"].to_numpy() <= day), dtype=float)


def calls(contacts: Contacts, months: range = MADE) -> None:
    """Calls by representatives, to engaged customers only: the channel that seems to work."""
    rng, n = contacts.rng, len(contacts.people)
    company = (contacts.people["type"] == "company").to_numpy()
    loyalty = contacts.people["loyalty_type"].cat.codes.to_numpy()
    keen = (np.array([t.responds for t in plan.LOYALTY.values()])[loyalty] / plan.REPS_KNOW) ** 2
    for month in months:
        day = month_start(month) + 18
        last, _ = contacts.trade.last_before(day, n)
        odds = np.where(company, 0.6, 0.3) * keen
        who = np.flatnonzero((day - last <= 25) & (rng.random(n) < odds))
        contacts.reach(who, day, "phone", "sales", f"rep-calls-{_month(month)}")


def rhythm(contacts: Contacts) -> None:
    """Onboarding of 40 % of new customers on days 3, 30 and 90; reviews and script mailings of companies each quarter."""
    people, rng, n = contacts.people, contacts.rng, len(contacts.people)
    acquired = people["acquired"].to_numpy()
    new = np.flatnonzero(rng.random(n) < WELCOMED)
    for after in WELCOME_DAYS:
        contacts.reach(new, acquired[new] + float(after), "wechat", "onboarding", f"day-{after}")
    for month in MADE[3::3]:
        reviews(contacts, month)


def reviews(contacts: Contacts, month: int) -> None:
    """Reviews and script mailings of companies in the first month of a quarter."""
    people, rng, n, start = contacts.people, contacts.rng, len(contacts.people), month_start(month)
    company = np.flatnonzero(people["type"] == "company")
    persona = people["persona"].to_numpy()
    role = people["role"].cat.codes.to_numpy()
    last, _ = contacts.trade.last_before(start, n)
    active = company[(start - last[company]) < 200]
    big = active[(persona[active] == "quarterly_buyer") & (rng.random(len(active)) < 0.5)]
    contacts.reach(big, start + 10, "face_to_face", "review", f"business-review-{month // 3}")
    mailed = active[rng.random(len(active)) < 0.3]
    script = rng.integers(1, len(SCRIPTS), len(mailed))
    right = script - 1 == role[mailed]
    odds = np.where(right, plan.SCRIPT_RESPONSE["matched"], plan.SCRIPT_RESPONSE["other"])
    contacts.reach(mailed, start + 20, "email", "sales", "script-test", script=script, base=odds)


def care(contacts: Contacts, birthday: Ints) -> np.ndarray:
    """Birthday greetings to a random half of those who may be greeted, and festival greetings; gives who is greeted."""
    rng, n = contacts.rng, len(contacts.people)
    first, last = contacts.given["wechat", "care"]
    fit = np.isfinite(first) & ~np.isfinite(last) & (birthday >= 0)
    greeted = fit & (rng.random(n) < plan.GREETED)
    for year in (2024, 2025, 2026):
        day = (pd.Timestamp(year, 1, 1) - pd.Timestamp(plan.START)).days + birthday.astype(float)
        who = np.flatnonzero(greeted & (day > first) & (day < plan.DAYS))
        contacts.reach(who, day[who], "wechat", "care", "birthday")
    for feast in plan.FESTIVALS:
        who = np.flatnonzero((first < feast) & (last > feast) & (rng.random(n) < 0.3))
        contacts.reach(who, feast - 2, "wechat", "care", "spring-festival")
    return greeted


def inbound(contacts: Contacts, since: float = 0, until: float = np.inf) -> None:
    """Enquiries from customers, soon after an order; those from `since` on and before `until`."""
    trade, rng = contacts.trade, contacts.rng
    asks = np.flatnonzero(rng.random(len(trade.at)) < 0.11)
    day = np.floor(trade.at[asks] + rng.exponential(6, len(asks)))
    channel = rng.choice(
        [CHANNELS.index(c) for c in ("phone", "wechat", "website", "email")], len(asks), p=[0.3, 0.4, 0.2, 0.1]
    )
    inside = (day >= since) & (day < until)
    contacts.reach(trade.customer[asks][inside], day[inside], channel[inside], "service", "", base=0.0, inbound=True)


def trial(contacts: Contacts) -> pd.DataFrame:
    """Invitations to the trial of quick reorder: a random half of the invited got it and used it."""
    rng, trade = contacts.rng, contacts.trade
    last, orders = trade.last_before(plan.TRIAL, len(contacts.people))
    fit = np.flatnonzero((plan.TRIAL - last < 150) & (orders >= 2))
    chosen = rng.permutation(fit)[: round(plan.TRIAL_SHARE * len(contacts.people))]
    used = np.arange(len(chosen)) % 2 == 0
    contacts.reach(chosen, plan.TRIAL - 1, "app", "onboarding", "trial-quick-reorder", base=used.astype(float))
    return pd.DataFrame({"entity": chosen, "used": used})


def run(contacts: Contacts, birthday: Ints) -> np.ndarray:
    """The running programmes but the mailings; gives who is greeted on birthdays."""
    calls(contacts)
    rhythm(contacts)
    greeted = care(contacts, birthday)
    inbound(contacts)
    return greeted


def _month(position: int) -> str:
    return str(pd.Period(plan.START.strftime("%Y-%m"), "M") + position)
