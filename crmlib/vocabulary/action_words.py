"""An action in words: why, with its numbers; what it is worth, part by part; and that it stood on the list before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from crmlib.vocabulary import language
from crmlib.vocabulary.labels import code_label
from crmlib.vocabulary.language import _, ngettext
from crmlib.vocabulary.policy import Policy
from crmlib.vocabulary.reasons_to_act import BY_SIGNS, CARE, CYCLE, DELIVERY, DISSATISFIED, DUTY, LIKELY, RENEWAL, SOON

Row = Mapping[Any, Any]


def why_text(row: Row, policy: Policy, *, logins_known: bool) -> str:
    """The reason with its numbers, as one sentence."""
    why = row["why"]
    months = "" if pd.isna(row["silent_months"]) else _months(int(row["silent_months"]))
    drop = "" if pd.isna(row["frequency_drop"]) else language.percent(row["frequency_drop"], 0)
    if why in (*BY_SIGNS, DELIVERY, DISSATISFIED, LIKELY):
        return str(row["reasons"])
    if why == DUTY:
        return _case_text(float(row["overdue_hours"]))
    if why == SOON:
        return _("A case waits; its promise falls due {hours} hours after the month ends.").format(
            hours=language.number(row["hours_left"], 1)
        )
    if why == "silent_and_dropped":
        return _("No login for {months} and purchases down {drop} against own baseline.").format(
            months=months, drop=drop
        )
    if why == "silent":
        told = (
            _("No login for {months}.")
            if drop
            else _("No login for {months}; too few earlier orders to compare purchases.")
        )
        return told.format(months=months)
    if why == "dropped":
        told = (
            _("Purchases down {drop} against own baseline.")
            if months or not logins_known
            else _("Purchases down {drop} against own baseline; no login is on record.")
        )
        return told.format(drop=drop)
    return _renewal_text(row) if why == RENEWAL else _due_text(row, policy)


def _due_text(row: Row, policy: Policy) -> str:
    why = row["why"]
    if why == CYCLE:
        return _("Orders about every {days} days; the next order is to be expected on {day}.").format(
            days=language.number(row["days_after"]), day=language.day(row["next_on"])
        )
    if why == CARE:
        return _("Back since {day}: care now, so that it holds.").format(day=language.day(row["back_on"]))
    if why == "complaints":
        n = int(row["complaints"])
        return ngettext("{n} complaint in the last {months}.", "{n} complaints in the last {months}.", n).format(
            n=language.number(n), months=_months(policy.risk.window_months)
        )
    if why == "review_due":
        span = _months(policy.rhythm.business_review_months)
        return _("No business review on record in the last {months}.").format(months=span)
    return _("Day {days} after the last order falls on {day}.").format(
        days=language.number(row["days_after"]), day=language.day(row["due_on"])
    )


def worth_text(row: Row, learnt_from: int) -> str:
    """What acting is expected to bring and what that is made of: money, else orders, else that it is not known."""
    if pd.isna(row["orders_at_stake"]) and pd.isna(row["value_at_stake"]):
        return _("Nothing on record tells what acting would bring.")
    share, minutes = language.percent(row["effect"], 1), language.number(row["minutes"])
    source = (
        _("learnt from {n} customers drawn by lot").format(n=language.number(learnt_from))
        if learnt_from
        else _("an assumption of policy")
    )
    if pd.isna(row["worth"]):
        return _(
            "{more} orders more expected within a year in {minutes} minutes: {share} ({source}) of the {stake} orders at stake."
        ).format(
            more=language.number(row["orders_brought"], 2),
            stake=language.number(row["orders_at_stake"], 2),
            share=share,
            source=source,
            minutes=minutes,
        )
    return _(
        "{worth} in {minutes} minutes: acting changes {share} ({source}) of the {stake} of margin at stake within a year, less "
        "{cost} for the contact{offer}; untouched, {untouched} are expected."
    ).format(
        worth=language.money(row["worth"]),
        minutes=minutes,
        share=share,
        source=source,
        stake=language.money(row["value_at_stake"]),
        cost=language.money(row["cost"]),
        offer="" if pd.isna(row["offer_limit"]) else _(" and for the offer"),
        untouched=language.money(row["margin_untouched"]),
    )


def again_text(row: Row) -> str:
    """That the customer stood on last month's list, for what, and what came of it; empty where they did not."""
    if pd.isna(row["proposed_on"]):
        return ""
    if row["is_done"] is True:
        done = _("it was done")
    elif row["is_done"] is False:
        done = _("it was not done")
    else:
        done = _("whether it was done is not on record")
    came = _("an order came since") if row["ordered"] else _("no order came since")
    return _("On the list of {day} too ({why}): {done}, {came}.").format(
        day=language.day(row["proposed_on"]), why=code_label(row["before"]), done=done, came=came
    )


def _renewal_text(row: Row) -> str:
    n, amount = int(row["renewals"]), row["recurring_revenue"]
    if pd.isna(amount):
        told = ngettext(
            "{n} contract is up for renewal, on {day}.", "{n} contracts are up for renewal, the first on {day}.", n
        )
    else:
        told = ngettext(
            "{n} contract that brings {amount} a year is up for renewal, on {day}.",
            "{n} contracts that bring {amount} a year are up for renewal, the first on {day}.",
            n,
        )
    amount = "" if pd.isna(amount) else language.money(amount)
    return told.format(n=language.number(n), amount=amount, day=language.day(row["renews_on"]))


def _months(n: int) -> str:
    return ngettext("{n} month", "{n} months", n).format(n=language.number(n))


def _case_text(hours: float) -> str:
    if hours < 72:
        return _("A case has been waiting {hours} hours beyond its deadline.").format(hours=language.number(hours))
    return _("A case has been waiting {days} days beyond its deadline.").format(days=language.number(hours / 24))
