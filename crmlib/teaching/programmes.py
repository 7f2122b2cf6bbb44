"""The company's running programmes of contact, who consented to what, and the trial of a new feature."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.teaching import plan
from crmlib.teaching.contacts import CHANNELS, SCRIPTS, Contacts
from crmlib.teaching.people import Floats, Ints, codes, stream

CONSENT_CHANNELS = ("phone", "sms", "email", "wechat")
CONSENT_PURPOSES = ("sales", "care", "service", "onboarding", "win_back")
MONTH_STARTS = tuple(
    (pd.Timestamp(plan.START) + pd.DateOffset(months=m) - pd.Timestamp(plan.START)).days for m in range(plan.MONTHS)
)


def consents(people: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row per consent in order of customer: `entity`, `channel`, `purpose`, `granted` and `withdrawn` (days)."""
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
    leaves = rng.random(n) < np.where(people["bothered"], plan.WITHDRAWN["bothered"], plan.WITHDRAWN["usual"])
    from_day = np.where(people["bothered"], plan.day("2026-02-01"), acquired + 30)
    when = (from_day + rng.random(n) * (plan.DAYS - from_day))[who]
    out = leaves[who] & (purpose != 2) & (when > granted)
    frame = pd.DataFrame({"entity": who, "channel": channel, "purpose": purpose, "granted": granted})
    frame["withdrawn"] = np.where(out, when, np.nan)
    frame = frame[frame["granted"] < plan.DAYS].reset_index(drop=True)
    frame["channel"] = codes(frame["channel"].to_numpy(), CONSENT_CHANNELS)
    frame["purpose"] = codes(frame["purpose"].to_numpy(), CONSENT_PURPOSES)
    return frame


def lookup(given: pd.DataFrame, n: int) -> dict[tuple[str, str], tuple[Floats, Floats]]:
    """Per channel and purpose from when and until when each of `n` customers may be contacted; never is infinity."""
    found = {}
    for (channel, purpose), rows in given.groupby(["channel", "purpose"], observed=False):
        first, last = np.full(n, np.inf), np.full(n, np.inf)
        first[rows["entity"]] = rows["granted"]
        last[rows["entity"]] = rows["withdrawn"].fillna(np.inf)
        found[str(channel), str(purpose)] = (first, last)
    return found


def mailings(contacts: Contacts, *, unlawful: bool) -> None:
    """Monthly e-mail, WeChat, text and app messages; with `unlawful` a few go to people who never agreed."""
    rng, n = contacts.rng, len(contacts.people)
    for channel, share in (("email", 0.24), ("wechat", 0.2), ("sms", 0.07), ("app", 0.05)):
        for month, start in enumerate(MONTH_STARTS):
            day, u = start + 5 + (month % 3), rng.random(n)
            odds = np.where(contacts.trade.left < day - 240, share * 0.3, share)
            known = contacts.people["acquired"].to_numpy() <= day
            campaign = f"{channel}-{_month(month)}"
            contacts.reach(np.flatnonzero((u < odds) & known), day, channel, "sales", campaign)
            barred = ~contacts.may(channel, "sales", np.arange(n), np.full(n, day + 1.0)) & (
                u > 1 - odds * plan.UNLAWFUL
            )
            if unlawful and channel != "app":
                contacts.reach(np.flatnonzero(barred & known), day, channel, "sales", campaign, lawful=False)


def calls(contacts: Contacts) -> None:
    """Calls by representatives, to engaged customers only: the channel that seems to work."""
    rng, n = contacts.rng, len(contacts.people)
    company = (contacts.people["type"] == "company").to_numpy()
    loyalty = contacts.people["loyalty_type"].cat.codes.to_numpy()
    keen = (np.array([t.responds for t in plan.LOYALTY.values()])[loyalty] / plan.REPS_KNOW) ** 2
    for month, start in enumerate(MONTH_STARTS):
        day = start + 18
        last, _ = contacts.trade.last_before(day, n)
        odds = np.where(company, 0.6, 0.3) * keen
        who = np.flatnonzero((day - last <= 25) & (rng.random(n) < odds))
        contacts.reach(who, day, "phone", "sales", f"rep-calls-{_month(month)}")


def rhythm(contacts: Contacts) -> None:
    """Onboarding of 40 % of new customers on days 3, 30 and 90; reviews and script mailings of companies each quarter."""
    people, rng, n = contacts.people, contacts.rng, len(contacts.people)
    acquired = people["acquired"].to_numpy()
    new = np.flatnonzero(rng.random(n) < 0.4)
    for after in (3, 30, 90):
        contacts.reach(new, acquired[new] + float(after), "wechat", "onboarding", f"day-{after}")
    company = np.flatnonzero(people["type"] == "company")
    persona = people["persona"].to_numpy()
    role = people["role"].cat.codes.to_numpy()
    for quarter, start in enumerate(MONTH_STARTS[3::3]):
        last, _ = contacts.trade.last_before(start, n)
        active = company[(start - last[company]) < 200]
        big = active[(persona[active] == "quarterly_buyer") & (rng.random(len(active)) < 0.5)]
        contacts.reach(big, start + 10, "face_to_face", "review", f"business-review-{quarter + 1}")
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


def bother(contacts: Contacts) -> None:
    """An e-mail a week through 2026 to a few customers who then withdraw their consent more often."""
    who = np.flatnonzero(contacts.people["bothered"])
    for day in range(plan.day("2026-01-05"), plan.DAYS, 7):
        contacts.reach(who, day, "email", "sales", "weekly-offer")


def inbound(contacts: Contacts) -> None:
    """Enquiries from customers, soon after an order."""
    trade, rng = contacts.trade, contacts.rng
    asks = np.flatnonzero(rng.random(len(trade.at)) < 0.11)
    day = np.floor(trade.at[asks] + rng.exponential(6, len(asks)))
    channel = rng.choice(
        [CHANNELS.index(c) for c in ("phone", "wechat", "website", "email")], len(asks), p=[0.3, 0.4, 0.2, 0.1]
    )
    contacts.reach(trade.customer[asks], day, channel, "service", "", base=0.0, inbound=True)


def trial(contacts: Contacts) -> pd.DataFrame:
    """Invitations to the trial of quick reorder: a random half of the invited got it and used it."""
    rng, trade = contacts.rng, contacts.trade
    last, orders = trade.last_before(plan.TRIAL, len(contacts.people))
    fit = np.flatnonzero((plan.TRIAL - last < 150) & (orders >= 2))
    chosen = rng.permutation(fit)[: round(plan.TRIAL_SHARE * len(contacts.people))]
    used = np.arange(len(chosen)) % 2 == 0
    contacts.reach(chosen, plan.TRIAL - 1, "app", "onboarding", "trial-quick-reorder", base=used.astype(float))
    return pd.DataFrame({"entity": chosen, "used": used})


def run(contacts: Contacts, birthday: Ints, *, unlawful: bool) -> np.ndarray:
    """All running programmes; gives who is greeted on birthdays."""
    mailings(contacts, unlawful=unlawful)
    calls(contacts)
    rhythm(contacts)
    greeted = care(contacts, birthday)
    bother(contacts)
    inbound(contacts)
    return greeted


def _month(position: int) -> str:
    return str(pd.Period(plan.START.strftime("%Y-%m"), "M") + position)
