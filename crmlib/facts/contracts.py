"""Contracts: what customers have agreed to pay again and again, as stated, and as payments let guess it (D058).

A contract runs on its first day and on no day from `until` on, so that one which ends on the last day of a month is no part
of what that month's end counts. What it brings is the amount of a period times the periods of a year (`arr`), a twelfth of
that a month (`mrr`); a trial brings nothing. Where no table of contracts is known, `recurring` reads the days on which a
customer paid.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import ibis
from ibis import _
from ibis.expr.types import Table, Value

from crmlib.facts import purchases
from crmlib.facts.company import Company, fact
from crmlib.facts.purchases import MONEY

A_YEAR: Final = {"week": 52, "month": 12, "quarter": 4, "half_year": 2, "year": 1}
"""Periods of a year, by the period that an amount is for."""
PRICED: Final = ("contracts.amount", "contracts.period")
"""Without these nothing is known of what a contract brings."""
KINDS: Final = ("new", "reactivation", "expansion", "contraction", "churn")
"""Movements of recurring revenue, in the order in which they are told."""
PERIODS: Final = ((25, 38, 12), (84, 99, 4), (350, 380, 1))
"""Days between two payments from and to which they count as monthly, quarterly and yearly, and payments a year."""
LAST_PAYMENTS: Final = 3


@fact
def contracts(c: Company) -> Table:
    """One row per contract: contract_id, customer_id, started_on, until (day from which it was no more, null while it runs),
    ends_on, period, plan, seats, is_trial, renews, reason (of its end), arr, mrr (money a year and a month), is_paying.

    `until` is the day on which it ended. Where the company records no such day, a contract ends with its agreed term once
    that is over, unless it is known to renew. `arr` and `mrr` are nought for a trial, and null where amount or period are not
    known; a month is a twelfth of a year, rounded to the fourth decimal contract by contract, so that sums of any of them are
    exact. `is_paying`: no trial, and its amount is not nought.
    """
    rows = c.tables.contracts
    over = (rows.ends_on <= c.as_of) & ~rows.renews.fill_null(False)
    until = rows.ended_on if c.mapped("contracts.ended_on") else over.ifelse(rows.ends_on, ibis.null("date"))
    a_year = ibis.cases(*((rows.period == period, n) for period, n in A_YEAR.items()), else_=ibis.null("int64"))
    is_trial = rows.trial.fill_null(False)
    arr = is_trial.ifelse(_money(0), (rows.amount * a_year).cast(MONEY))
    return rows.select(
        "contract_id",
        "customer_id",
        "started_on",
        "ends_on",
        "period",
        "plan",
        "seats",
        "renews",
        until=until,
        is_trial=rows.trial,
        reason=rows.ended_reason,
        arr=arr,
        mrr=(arr / 12).round(4).cast(MONEY),
        is_paying=~is_trial & (arr != 0).fill_null(True),
    )


def ends_are_known(c: Company) -> bool:
    """Whether it can be told at all that a contract is no more."""
    return c.mapped("contracts.ended_on") or c.mapped("contracts.ends_on")


def are_stated(c: Company) -> bool:
    """Whether the recurring revenue of customers is what their contracts say: amounts, periods and ends are on record."""
    return ends_are_known(c) and c.knows(*PRICED)


def are_worth(c: Company) -> bool:
    """Whether a customer's value is what their contracts say: the company lives on subscriptions, and states them (D058)."""
    return c.revenue_model == "subscription" and are_stated(c)


def surer(c: Company) -> tuple[str, ...]:
    """What would make it surer which contracts run, and which of them are paid for."""
    ends = () if c.mapped("contracts.ended_on") else ("contracts.ended_on", "contracts.renews")
    return (*ends, "contracts.trial")


@fact
def paying(c: Company) -> Table:
    """The contracts that are paid for and ran on a day at least, as `contracts`; none where ends cannot be known, as it cannot
    be told then who still has one.
    """
    return contracts(c).filter(_.is_paying, _.until.isnull() | (_.until > _.started_on), ends_are_known(c))


def on(c: Company, day: date) -> Table:
    """One row per customer with a paid contract on a day, as known today: customer_id, contracts, arr, mrr (money, of those
    whose amount is known), unpriced (contracts whose amount is not). Contracts that run at once are added.
    """
    live = paying(c).filter(_.started_on <= day, _.until.isnull() | (_.until > day))
    return live.group_by("customer_id").agg(
        contracts=_.count(),
        arr=_.arr.sum().fill_null(0).cast(MONEY),
        mrr=_.mrr.sum().fill_null(0).cast(MONEY),
        unpriced=_.count(where=_.arr.isnull()),
    )


@fact
def movements(c: Company) -> Table:
    """One row per customer and month at whose end the customer has more, fewer or other paid contracts than at its start:
    customer_id, month (its first day), kind (`KINDS`), before, after, change (money a month).

    Months are compared at their ends, the last one at the end of the day. `new`: the first paid contract of the customer;
    `reactivation`: one after a time without any; `churn`: none left; `expansion` and `contraction`: more and less than before.
    The changes up to a month add up to the recurring revenue at its end.
    """
    began = paying(c).select("customer_id", month=_.started_on.truncate("M"), mrr=_.mrr, n=ibis.literal(1))
    ended = paying(c).filter(_.until.notnull())
    ended = ended.select("customer_id", month=_.until.truncate("M"), mrr=-_.mrr, n=ibis.literal(-1))
    steps = ibis.union(began, ended).group_by("customer_id", "month")
    steps = steps.agg(change=_.mrr.sum().fill_null(0).cast(MONEY), more=_.n.sum())
    own = ibis.window(group_by="customer_id", order_by="month")
    sofar = ibis.window(group_by="customer_id", order_by="month", preceding=None, following=0)
    steps = steps.mutate(
        place=ibis.row_number().over(own), after=_.change.sum().over(sofar).cast(MONEY), now=_.more.sum().over(sofar)
    )
    kind = ibis.cases(
        ((steps.now - steps.more == 0) & (steps.now > 0), (steps.place == 0).ifelse("new", "reactivation")),
        ((steps.now - steps.more > 0) & (steps.now == 0), "churn"),
        (steps.change > 0, "expansion"),
        (steps.change < 0, "contraction"),
    )
    moved = steps.mutate(kind=kind, before=(steps.after - steps.change).cast(MONEY)).filter(_.kind.notnull())
    return moved.select("customer_id", "month", "kind", "before", "after", "change")


@fact
def terms(c: Company) -> Table:
    """One row per paid contract that runs: contract_id, customer_id, renews_on (day after the company's own on which its term
    ends; null where no such day is known), is_automatic (null where not known), arr (money a year), plan.

    The term ends on the day agreed. Where none lies ahead, a contract that is known to renew does so on the next anniversary of
    its period: half a year or a year on, counted from its first day. Shorter periods renew all the time and are never due;
    of all other contracts no such day is known.
    """
    rows = paying(c).filter(_.until.isnull())
    months = ibis.cases((rows.period == "year", 12), (rows.period == "half_year", 6), else_=ibis.null("int64"))
    agreed = rows.mutate(months=(rows.renews.fill_null(False)).ifelse(months, ibis.null("int64")))
    due = (agreed.ends_on > c.as_of).ifelse(agreed.ends_on, _next(agreed, c.as_of))
    ahead = (due > c.as_of).ifelse(due, ibis.null("date"))
    return agreed.select("contract_id", "customer_id", "arr", "plan", renews_on=ahead, is_automatic=_.renews)


@fact
def renewals(c: Company) -> Table:
    """The `terms` that end within `policy.contracts.renewal_days` after the day."""
    return terms(c).filter(_.renews_on <= c.as_of + timedelta(days=c.policy.contracts.renewal_days))


@fact
def trials(c: Company) -> Table:
    """One row per customer whose first contract was a trial: customer_id, started_on, is_over (`policy.contracts.trial_days`
    have passed since), is_won (a paid contract began within those days, on the day after at the earliest).
    """
    first = contracts(c).filter(_.is_trial).group_by("customer_id").agg(started_on=_.started_on.min())
    paid = contracts(c).filter(_.is_paying).select("customer_id", paid_on=_.started_on)
    both = first.left_join(paid, "customer_id").drop("customer_id_right")
    days = c.policy.contracts.trial_days
    each = both.group_by("customer_id", "started_on").agg(paid_on=_.paid_on.min())
    newcomers = each.filter(_.paid_on.isnull() | (_.paid_on > _.started_on))
    waited = ibis.literal(c.as_of).delta(newcomers.started_on, unit="day")
    until_paid = newcomers.paid_on.delta(newcomers.started_on, unit="day")
    return newcomers.select(
        "customer_id", "started_on", is_over=waited >= days, is_won=(until_paid <= days).fill_null(False)
    )


def _next(rows: Table, day: date) -> Value:
    """First anniversary after a day of the first day of contracts that renew each so many `months`."""
    passed = (day.year * 12 + day.month) - (rows.started_on.year() * 12 + rows.started_on.month())
    terms = (passed / rows.months).floor().cast("int64")
    times = [(rows.started_on + ((terms + more) * rows.months).as_interval("M")).cast("date") for more in (0, 1)]
    return (times[0] > day).ifelse(times[0], times[1])


def _money(amount: int) -> Value:
    return ibis.literal(amount).cast(MONEY)


@fact
def recurring(c: Company) -> Table:
    """One row per customer who pays again and again: customer_id, recurring_revenue (money a year), payments_a_year.

    A payment is a day with orders, net of refunds. The gaps between a customer's last three payments, both of one kind, say
    whether they come monthly, quarterly or yearly; the last payment times the payments a year is the recurring revenue. A
    single payment within a year counts once, as the first of a yearly contract. None recurs once the next payment is overdue
    by more than `policy.tiers.renewal_grace_days`, nor where the gaps are none of the three.
    """
    paid = purchases.days(c).filter(_.net > 0)
    own = ibis.window(group_by=paid.customer_id, order_by=paid.day)
    latest = ibis.window(group_by=paid.customer_id, order_by=paid.day.desc())
    paid = paid.mutate(gap=paid.day.delta(paid.day.lag(1).over(own), unit="day"), back=ibis.row_number().over(latest))
    # The gap before the earliest of the last payments lies outside of them.
    near = paid.filter(paid.back < LAST_PAYMENTS)
    gap = (near.back < LAST_PAYMENTS - 1).ifelse(near.gap, ibis.null("int64"))
    lives = near.group_by("customer_id").agg(
        shortest=gap.min(), longest=gap.max(), last=near.day.max(), payment=near.net.argmax(near.day)
    )
    a_year = ibis.cases(
        (lives.shortest.isnull(), 1),
        *(((lives.shortest >= low) & (lives.longest <= high), n) for low, high, n in PERIODS),
        else_=0,
    )
    lives = lives.mutate(payments_a_year=a_year, idle=ibis.literal(c.as_of).delta(lives.last, unit="day"))
    longest = ibis.cases(*((lives.payments_a_year == n, high) for _low, high, n in PERIODS), else_=0)
    grace = c.policy.tiers.renewal_grace_days
    alive = lives.filter((lives.payments_a_year > 0) & (lives.idle <= longest + grace))
    return alive.select(
        "customer_id",
        recurring_revenue=(alive.payment * alive.payments_a_year).cast(MONEY),
        payments_a_year="payments_a_year",
    )
