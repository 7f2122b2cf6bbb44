"""How large each planted story came out, beside how large it was meant: the rows of `datasets/STORIES.md`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from crmlib.teaching import plan, reactions
from crmlib.teaching.realised_inside import Frames, Rows, inner
from crmlib.teaching.use import FADE, FALL


def story_rows(sources: Frames, truth: Mapping[str, Any]) -> Rows:
    """One row per story of a company with all tables: story, tables, planted, came out, chapter."""
    makers = (_records, _consent, _acquired, _leaving, _orders, _channels, _programmes, inner, _quality, _use)
    return [row for maker in makers for row in maker(sources, truth)]


def _records(sources: Frames, truth: Mapping[str, Any]) -> Rows:
    pairs, members = truth["pairs"], sources["shop_members.csv.gz"]
    none = members[["手机号", "邮箱", "微信号"]].isna().all(axis=1).mean()
    return [
        (
            "One customer in several systems",
            "customers",
            f"{share(plan.DUPLICATES)} of the customers",
            f"{len(pairs):,} pairs; {len(truth['namesakes']):,} pairs of namesakes that are not one",
            "2",
        ),
        (
            "Nobody can be reached",
            "customers",
            f"{share(plan.UNREACHABLE)} without any contact point",
            f"{share(none)} of the shop's members",
            "2",
        ),
    ]


def _consent(sources: Frames, truth: Mapping[str, Any]) -> Rows:
    c, consents = truth["customers"], sources["consents.parquet"]
    agreed = set(consents["customer_id"].astype(str))
    withdrew = c["record_id"].isin(set(consents.loc[consents["withdrawn_at"].notna(), "customer_id"].astype(str)))
    bothered = c["bothered"] & c["record_id"].isin(agreed)
    return [
        (
            "Consent is missing",
            "consents",
            f"{share(plan.NO_CONSENT['person'])} of persons, {share(plan.NO_CONSENT['company'])} of companies",
            f"{share(1 - len(agreed) / len(c))} without any consent",
            "2",
        ),
        (
            "Mailed without consent",
            "interactions",
            f"{plan.UNLAWFUL:.0%} as often as the others",
            f"{len(truth['unlawful']):,} contacts",
            "2",
        ),
        (
            "Too many contacts",
            "interactions, consents",
            f"{share(plan.BOTHERED)} get a weekly e-mail in 2026; {share(reactions.OPT_OUT)} of the mailed withdraw, "
            f"× {reactions.OPT_OUT_GROWS} for each mailing of the 30 days before",
            f"{share(withdrew[bothered].mean())} of them withdrew, {share(withdrew[~bothered].mean())} of the others",
            "4",
        ),
    ]


def _acquired(sources: Frames, truth: Mapping[str, Any]) -> Rows:
    c = truth["customers"]
    late = c["acquired_on"] >= pd.Timestamp(plan.START) + pd.Timedelta(days=plan.REFERRAL_START)
    referred = c["acquisition_channel"] == "referral"
    return [
        (
            "Never bought",
            "customers, orders",
            share(plan.NEVER_BOUGHT),
            share((c["orders"] == 0).mean()),
            "2",
        ),
        (
            "Customers bring customers",
            "customers",
            f"{share(plan.REFERRAL['before'])} before 2025-10, {share(plan.REFERRAL['after'])} after; dropout × "
            f"{plan.REFERRED_DROPOUT}",
            f"{share(referred[~late].mean())}, {share(referred[late].mean())}",
            "1, 4",
        ),
    ]


def _leaving(sources: Frames, truth: Mapping[str, Any]) -> Rows:
    c = truth["customers"]
    touched = c[c["incident"].notna() & c["first_order_at"].notna()]
    end = pd.Timestamp(plan.START) + pd.Timedelta(days=plan.INCIDENT[0] + 90)
    left = (touched["left_at"] < end).groupby(touched["incident"], observed=False).mean()
    return [
        (
            "Customers leave",
            "orders, activity",
            f"each with a dropout of their own; logins fall to {FALL[1]:.0%} in the last {FALL[0]} days, then "
            f"fade within {FADE:.0f} days",
            f"{c['left_at'].notna().sum():,} left, {c['alive'].sum():,} are active at the end",
            "1, 3, 5",
        ),
        (
            "Price rise",
            "orders",
            f"× {plan.PRICE_FACTOR} on 2025-09-01; orders thinned by factor^elasticity (see loyalty types)",
            f"{(c['cause'] == 'price_rise').sum():,} left because of it",
            "3, 5",
        ),
        (
            "Service incident",
            "tickets, activity",
            f"2026-03-09 to 13, {share(plan.INCIDENT_SHARE)} of the active; {share(plan.INCIDENT_BREACH)} answered late; "
            f"{share(plan.INCIDENT_LEAVE['breached'])} of those leave, {share(plan.INCIDENT_LEAVE['met'])} of the others",
            f"{len(touched):,} touched; left within 90 days: {share(left['breached'])} late, {share(left['met'])} in time",
            "5",
        ),
    ]


def _orders(sources: Frames, truth: Mapping[str, Any]) -> Rows:
    c = truth["customers"]
    cycle = c[(c["persona"] == "quarterly_buyer") & (c["orders"] > 0)]
    movers = truth["movers"]["direction"].value_counts()
    outage = truth["defects"]["kind"].eq("outage").sum()
    first = pd.Timestamp(plan.START) + pd.Timedelta(days=plan.OUTAGE[0])
    return [
        (
            "Data outage",
            "activity, orders",
            f"four days from {first:%Y-%m-%d}: no use recorded, the shop's orders arrive on 2025-06-17",
            f"{outage:,} orders late",
            "2",
        ),
        (
            "Quarterly buyers",
            "orders",
            f"{30 / plan.PERSONAS['quarterly_buyer'].orders_per_30_days:.0f} days, mostly {plan.CYCLE_CATEGORY}; gaps vary by "
            f"{plan.PERSONAS['quarterly_buyer'].regularity ** -0.5:.0%} of the mean, of all others by 100%",
            f"{len(cycle):,} customers, median cycle {cycle['cycle_days'].median():.0f} days",
            "5",
        ),
        (
            "Tiers move",
            "orders",
            f"one order above {plan.MOVER_AMOUNT:,.0f} in October 2026, or in October 2025",
            f"{movers.get('up', 0)} up, {movers.get('down', 0)} down",
            "3",
        ),
    ]


def _sent(sources: Frames) -> pd.DataFrame:
    i = sources["marketing_contacts.parquet"]
    i = i[(i["direction"] == "out") & (i["arm"] != "not contacted")]
    return i.assign(answered=i["responded_at"].notna())


def _channels(sources: Frames, truth: Mapping[str, Any]) -> Rows:
    out = _sent(sources)
    test = out[out["campaign"].astype(str).str.startswith("channel-test")]
    by_test = test.groupby("channel", observed=True)["answered"].mean()
    sales = out[out["purpose"] == "sales"].groupby("channel", observed=True)["answered"].mean()
    arms = truth["channel_test"].groupby("arm")["ordered"].agg(["mean", "size"])
    offer = {name: reactions.PERSUADES["offer"] * reactions.MESSAGE[name] for name in plan.TEST_CHANNELS}
    return [
        (
            "The channel that works, by lot",
            "interactions",
            f"channel test of {plan.CHANNEL_TEST}: of the persuadable who would not order in {plan.OUTCOME_DAYS} days "
            f"it brings {listed(offer)}",
            f"answered: {listed(by_test)}; ordered: {listed(arms['mean'][list(plan.TEST_CHANNELS)])}, "
            f"left alone {share(arms['mean'][''])}; {arms['size'].min()} an arm",
            "4",
        ),
        (
            "The channel that harms",
            "interactions, orders",
            f"a call for which a message would do costs {share(reactions.ANNOYS)} of the own orders of "
            f"{plan.OUTCOME_DAYS} days, of all but the lost",
            f"channel test: ordered after a call {share(arms['mean']['phone'])}, left alone {share(arms['mean'][''])}",
            "4",
        ),
        (
            "The channel that only seems to",
            "interactions",
            f"telephone × {plan.CHANNEL_RESPONSE['phone']}, WeChat × {plan.CHANNEL_RESPONSE['wechat']}; "
            f"representatives call the engaged",
            f"sales contacts answered: {listed(sales[['phone', 'wechat', 'sms', 'email']])}",
            "4",
        ),
    ]


def _programmes(sources: Frames, truth: Mapping[str, Any]) -> Rows:
    actions = truth["actions"].groupby("arm", observed=True)["ordered"].agg(["mean", "size"])
    out, people = _sent(sources), truth["customers"][["record_id", "role"]]
    script = out[out["script"].notna()].merge(people, left_on="customer_id", right_on="record_id")
    right = script["script"].astype(str) == script["role"].astype(str).map(plan.SCRIPTS)
    answered = script["answered"].groupby(right).mean()
    months = len(plan.ACTION_DATES)
    return [
        (
            "The action programme",
            "actions, orders",
            f"{months} months to 2026-09-30, {plan.ACTION_HOLD_OUT:.0%} held out by lot, and the channel too; what an action "
            "does follows from the customer's type, the reason and the channel (below)",
            f"ordered within 30 days: {share(actions['mean']['act'])} of {actions['size']['act']:,} contacted, "
            f"{share(actions['mean']['hold_out'])} of {actions['size']['hold_out']:,} held out",
            "6",
        ),
        (
            "The script for the role",
            "interactions",
            f"{plan.SCRIPT_RESPONSE['matched']:.0%} against {plan.SCRIPT_RESPONSE['other']:.0%}",
            f"{share(answered[True])} against {share(answered[False])}",
            "3, 4",
        ),
    ]


def _quality(sources: Frames, truth: Mapping[str, Any]) -> Rows:
    s, c = sources["survey_answers.parquet"], truth["customers"]
    quality = s[s["instrument"] == "servqual"]
    gap = (quality["perception"] - quality["expectation"]).groupby(quality["item"]).mean()
    nps = s[s["instrument"] == "nps"]
    score = nps["score"].groupby(nps["customer_id"].isin(set(c.loc[c["greeted"], "record_id"]))).mean()
    return [
        (
            "SERVQUAL gaps",
            "surveys",
            _signed({k: v[1] for k, v in plan.SERVQUAL.items()}),
            _signed(gap[list(plan.SERVQUAL)]) + " of those who stayed to be asked",
            "6",
        ),
        (
            "Birthday greetings",
            "interactions, surveys",
            f"half of those who may be greeted, by lot; + {plan.GREETED_NPS} points of recommendation",
            f"{c['greeted'].sum():,} greeted; {score[True]:.2f} against {score[False]:.2f} of all others asked",
            "1, 4",
        ),
    ]


def _use(sources: Frames, truth: Mapping[str, Any]) -> Rows:
    use, cases = sources["web_use.parquet"], sources["desk_cases.csv.gz"]
    after = use[use["day"] >= pd.Timestamp(plan.START) + pd.Timedelta(days=plan.TRIAL)]
    trial = truth["trial"].merge(after, left_on="record_id", right_on="customer_id")
    sums = trial.groupby("used")[["errors", "logins"]].sum()
    rate = sums["errors"] / sums["logins"]
    late = cases["Opened"].astype(str) >= "2026"
    found = cases["Found by"] == "proactive"
    return [
        (
            "Found by us",
            "tickets, surveys",
            f"{plan.PROACTIVE['before']:.0%} of cases before 2026, {plan.PROACTIVE['after']:.0%} since (complaints and "
            "cancellations never); "
            f"satisfied: {plan.SATISFIED['proactive']:.0%}, reported and in time {plan.SATISFIED['kept']:.0%}, "
            f"late {plan.SATISFIED['breached']:.0%}",
            f"{share(found[~late].mean())} and {share(found[late].mean())} of all cases",
            "1, 5, 6",
        ),
        (
            "Trial feature",
            "activity, interactions",
            f"from 2026-07-01 half of the invited by lot; errors a login × {plan.TRIAL_ERRORS}",
            f"{len(truth['trial']):,} invited; {rate[True]:.3f} against {rate[False]:.3f} errors a login",
            "2",
        ),
    ]


def share(value: float) -> str:
    """As a percentage."""
    return f"{value:.1%}"


def listed(values: Any) -> str:
    """Names with percentages."""
    return ", ".join(f"{name} {share(value)}" for name, value in dict(values).items())


def _signed(values: Any) -> str:
    return ", ".join(f"{name} {value:+.2f}" for name, value in dict(values).items())
