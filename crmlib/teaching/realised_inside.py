"""How the stories came out that follow from what customers are like inside: reaction, fatigue, late service, satisfaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crmlib.teaching import plan, reactions

Frames = Mapping[str, pd.DataFrame]
Rows = list[tuple[str, ...]]
MAILINGS = r"(email|wechat|sms|app)-2|weekly-offer"
"""How the names of campaigns begin that are mailings."""


def inner(sources: Frames, truth: Mapping[str, Any]) -> Rows:
    """One row per story."""
    makers = (_types, _reasons, _late_service, _fatigue, _satisfied_leavers, _satisfaction)
    return [row for maker in makers for row in maker(sources, truth)]


def _types(_: Frames, truth: Mapping[str, Any]) -> Rows:
    customers = truth["customers"]
    done = truth["actions"].merge(customers[["entity_id", "reaction"]], on="entity_id")
    arms = done.groupby(["reaction", "arm"], observed=True)["ordered"].mean().unstack()
    shares = customers["reaction"].value_counts(normalize=True)
    came = [f"{name} {arms['act'][name]:.1%} against {arms['hold_out'][name]:.1%}" for name in reactions.TYPES]
    return [
        (
            "Whom a contact moves",
            "actions, orders",
            "the persuadable order because of it, the sure anyway, the lost seldom either way; a sleeping dog orders unless "
            f"contacted ({reactions.DOG_STAYS_AWAY:.0%} of own orders stay away, {reactions.DOG_LEAVES:.0%} leave, over the "
            "telephone). "
            + ", ".join(f"{name} {shares[name]:.1%}" for name in reactions.TYPES)
            + " of the customers, by "
            "loyalty type",
            "ordered within 30 days, contacted against held out: " + ", ".join(came),
            "4, 5, 6",
        )
    ]


def _reasons(_: Frames, truth: Mapping[str, Any]) -> Rows:
    arms = truth["actions"].groupby(["why", "channel", "arm"], observed=True)["ordered"].mean().unstack()
    planted, came = [], []
    for why in ("dropped", "silent"):
        for channel in ("wechat", "phone", "sms"):
            planted.append(f"{why} {channel} {reactions.PERSUADES[why] * reactions.TALK[channel]:.0%}")
            difference = arms["act"][why, channel] - arms["hold_out"][why, channel]
            came.append(f"{why} {channel} {difference * 100:+.1f}")
    return [
        (
            "Reason and channel together",
            "actions, orders",
            "of the persuadable who would not order an action brings "
            + ", ".join(planted)
            + f"; × {reactions.WON_BACK} "
            "of those who have left",
            "points more than the held out: " + ", ".join(came),
            "4, 5, 6",
        )
    ]


def _late_service(_: Frames, truth: Mapping[str, Any]) -> Rows:
    cases = truth["cases"]
    after = cases[cases["orders_after"].notna() & ~cases["category"].isin(["complaint", "cancellation", "outage"])]
    mean = after.groupby("breached")["orders_after"].mean()
    return [
        (
            "Late service costs orders",
            "tickets, orders",
            f"of the orders of the {plan.LATE_SERVICE['days']} days after a case that is answered or solved late "
            f"{plan.LATE_SERVICE['orders_lost']:.0%} do not come",
            f"orders in {plan.LATE_SERVICE['days']} days: {mean[True]:.2f} after a late case, {mean[False]:.2f} after one in "
            "time (complaints, goodbyes and the incident apart)",
            "5",
        )
    ]


def _fatigue(sources: Frames, truth: Mapping[str, Any]) -> Rows:
    mails = before(sources["marketing_contacts.parquet"]).astype({"customer_id": str})
    until = truth["customers"].set_index("record_id")["left_at"]
    stays = mails["customer_id"].map(until)
    mails = mails[(mails["channel"] == "email") & ~(stays < mails["at"])]
    band = pd.cut(mails["before"], [-1, 0, 2, 99], labels=["none", "1 or 2", "more"])
    answered = mails["responded_at"].notna().groupby(band, observed=False).mean()
    stopped = mails["opted_out_at"].notna().groupby(band, observed=False).mean()
    told = (f"{name} {answered[name]:.1%} and {stopped[name]:.2%}" for name in answered.index)
    return [
        (
            "Fatigue",
            "interactions, consents",
            f"each mailing of the 30 days before leaves {reactions.FATIGUE} of the response and makes withdrawing "
            f"{reactions.OPT_OUT_GROWS} times as likely; by lot "
            + ", ".join(f"{share:.0%} are mailed × {often}" for share, often in plan.MAILED.values()),
            "e-mails to those who had not left, answered and withdrawn from, by mailings before: " + ", ".join(told),
            "4",
        )
    ]


def before(contacts: pd.DataFrame) -> pd.DataFrame:
    """The mailings among the contacts, with `before`: those to the same customer's record in the 30 days before."""
    mailing = contacts["campaign"].astype(str).str.match(MAILINGS).to_numpy()
    rows = contacts[mailing].copy()
    codes = rows["customer_id"].astype(str).astype("category").cat.codes.to_numpy()
    now = codes * 4096.0 + (rows["at"] - pd.Timestamp(plan.START)).dt.total_seconds().to_numpy() / 86400
    key = np.sort(now)
    rows["before"] = np.searchsorted(key, now) - np.searchsorted(key, now - reactions.TIRED_WITHIN)
    return rows


def _satisfied_leavers(sources: Frames, truth: Mapping[str, Any]) -> Rows:
    last = last_answers(sources, truth)
    gone = last[last["left_at"].notna()]
    over = gone["cause"].isin(["service", "incident"])
    content = (gone["score"] >= 9).groupby(over).mean()
    return [
        (
            "Satisfied leavers",
            "surveys, orders",
            f"who leaves over service loses {plan.SOURED['by']} deviations of satisfaction in the last {plan.SOURED['days']} "
            "days; who leaves over anything else does not",
            f"9 or 10 as the last answer to recommendation: {content[False]:.1%} of {(~over).sum():,} who left over something "
            f"else, {content[True]:.1%} of {over.sum():,} who left over service, "
            f"{(last.loc[last['left_at'].isna(), 'score'] >= 9).mean():.1%} of those who stayed",
            "5, 6",
        )
    ]


def last_answers(sources: Frames, truth: Mapping[str, Any]) -> pd.DataFrame:
    """The customers, each with their last answer to recommendation, those who have left only with one of their last 120 days."""
    told = sources["survey_answers.parquet"].query("instrument == 'nps'").sort_values("at", kind="stable")
    last = told.drop_duplicates("customer_id", keep="last")[["customer_id", "at", "score"]]
    both = truth["customers"].merge(last.astype({"customer_id": str}), left_on="record_id", right_on="customer_id")
    until = both["left_at"] - both["at"]
    return both[both["left_at"].isna() | ((until >= pd.Timedelta(0)) & (until <= pd.Timedelta(days=120)))]


def _satisfaction(_: Frames, truth: Mapping[str, Any]) -> Rows:
    c, link = truth["customers"], plan.SATISFACTION
    found = slopes(c, c["satisfaction"], c["loyalty"])
    return [
        (
            "Satisfaction and loyalty",
            "surveys, orders",
            f"correlation {link['link']}; {link['expectation']:+} for a deviation more of expectation, "
            f"{link['competition']:+} for one of attention to competitors (between -.9 and .9)",
            f"slopes over all customers {found[0]:.2f}, {found[1]:+.2f}, {found[2]:+.2f}",
            "6",
        )
    ]


def slopes(c: pd.DataFrame, satisfaction: pd.Series, loyalty: pd.Series) -> np.ndarray:
    """By least squares the slope of loyalty on satisfaction, and what expectation and competition (as planted) add to it."""
    alone = [np.ones(len(c)), c["expectation"], c["competition"]]
    with_it = [satisfaction, satisfaction * c["expectation"], satisfaction * c["competition"]]
    found: np.ndarray = np.linalg.lstsq(np.column_stack([*alone, *with_it]), loyalty.to_numpy(), rcond=None)[0]
    return found[3:]
