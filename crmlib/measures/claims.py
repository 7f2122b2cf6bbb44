"""The deck's claims, tested on the company's own data: supported, contradicted, not enough to tell, or not testable.

A claim is never taken over: its figure and the company's stand side by side. Ratios carry an interval on the log scale by
the delta method over customers, shares Wilson's, differences of shares Newcombe's, a median that of its order statistics.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import combinations_with_replacement
from math import nan

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from crmlib.facts.company import Tables
from crmlib.models.estimates import difference, median, ratio_of_sums, risk_ratio, wilson
from crmlib.vocabulary.claims import CLAIMS, CRISES, GREETING, SCRIPTS, TRIAL, Claim, claimed, judge
from crmlib.vocabulary.labels import label
from crmlib.vocabulary.language import _ as say
from crmlib.vocabulary.months import first_day
from crmlib.vocabulary.policy import Policy

COLUMNS = ["deck", "claim", "claimed", "value", "low", "high", "n", "unit", "verdict", "why"]
Estimate = tuple[float, float, float, int]
"""Value, low, high and n."""
NONE: Estimate = (nan, nan, nan, 0)
HEARD = timedelta(days=30)
"""An answer belongs to a case solved within so long before it."""
EVEN, INTERVALS = 0.35, 4
"""Coefficient of variation below which, and number of intervals from which, a customer has a rhythm."""
SETTLED = (90, 180)
"""Days after a crisis between which somebody who stayed has been seen."""
BEFORE = timedelta(days=120)
"""How long before the invitation to a trial is compared with after."""


def verdicts(tables: Tables, *, as_of: date, policy: Policy, chapter: str = "") -> pd.DataFrame:
    """One row per claim of the ledger, in its order, or of one chapter only.

    `deck`, `claim` (what the deck says), `claimed` (its figure), `value`, `low`, `high`, `n`, `unit` (the company's own),
    `verdict` and `why`, texts in the language in force; the rule is that of `crmlib.vocabulary.claims.judge`. n is what the
    figure rests on, 0 where there is none.
    """
    tables = tables.until(as_of)
    return pd.DataFrame([_row(c, tables, policy) for c in CLAIMS if chapter in ("", c.chapter)], columns=COLUMNS)


def _row(claim: Claim, tables: Tables, policy: Policy) -> tuple[object, ...]:
    absent = [name for name in claim.tables if name in tables.missing]
    estimate = TESTS[claim.name](tables, policy) if claim.figure_unit and not absent else NONE
    verdict, why = judge(claim, estimate, policy)
    if absent:
        why = say("It needs the table {table}.").format(table=label(absent[0]))
    return (claim.deck, say(claim.says), claimed(claim), *estimate, claim.figure_unit, verdict, why)


def _ratio(rows: Table, over: tuple[str, ...], under: tuple[str, ...], policy: Policy, factor: float = 1.0) -> Estimate:
    """Product of the sums of columns `over` by that of `under`, times `factor`; columns are whole numbers, rows independent."""
    names = (*over, *under)
    sums = {name: _[name].sum() for name in names}
    crossed = {f"{a}.{b}": (_[a] * _[b]).sum() for a, b in combinations_with_replacement(names, 2)}
    found = rows.select(**{name: rows[name].cast("int64") for name in names}).aggregate(n=_.count(), **sums, **crossed)
    moments = {name: float(value or 0) for name, value in found.to_pyarrow().to_pylist()[0].items()}
    value, low, high = ratio_of_sums(moments, over, under, confidence=policy.statistics.confidence)
    return value * factor, low * factor, high * factor, int(moments["n"])


def _share(rows: Table, policy: Policy) -> Estimate:
    """Share of rows whose `hit` holds."""
    counted = rows.aggregate(hits=_.count(where=_.hit), n=_.count()).to_pandas().iloc[0]
    hits, n = int(counted["hits"]), int(counted["n"])
    return *wilson(hits, n, confidence=policy.statistics.confidence), n


def _contrast(rows: Table, policy: Policy) -> Estimate:
    """Share whose `hit` holds among rows with `treated`, less that among the others."""
    counted = rows.filter(_.treated.notnull()).aggregate(
        a=_.count(where=_.treated & _.hit), m=_.count(where=_.treated),
        b=_.count(where=~_.treated & _.hit), n=_.count(where=~_.treated),
    ).to_pandas().iloc[0]  # fmt: skip
    a, m, b, n = (int(counted[c]) for c in "ambn")
    return *difference(a, m, b, n, confidence=policy.statistics.confidence), m + n


def _buyers(tables: Tables) -> Table:
    """One row per customer with an order: first and last day, number of orders."""
    orders = tables.orders.mutate(on=_.ordered_at.date())
    return orders.group_by("customer_id").aggregate(first=_.on.min(), last=_.on.max(), orders=_.count())


def _seen(tables: Tables) -> Table:
    """Days on which a customer gave a sign, by an order or by use: `who`, `on`."""
    use = tables.activity.select(who=_.customer_id, on=_.day)
    return tables.orders.select(who=_.customer_id, on=_.ordered_at.date()).union(use)


def _lost(tables: Tables, policy: Policy) -> Estimate:
    idle, then = timedelta(days=policy.cost.inactive_days), tables.as_of - timedelta(days=365)
    orders = tables.orders.mutate(on=_.ordered_at.date()).group_by("customer_id")
    known = orders.aggregate(last=_.on.max(), before=_.on.max(where=_.on <= then))
    return _share(known.filter(_.before > then - idle).select(hit=_.last <= tables.as_of - idle), policy)


def _outcomes(tables: Tables, policy: Policy) -> Table:
    """One row per earlier action whose days are over and whose month and reason have both arms: `treated`, `hit`."""
    days = policy.contact.outcome_window_days
    proposed = tables.actions.filter(
        _.arm.isin(["act", "hold_out"]) & (_.proposed_on <= tables.as_of - timedelta(days=days))
    )
    bought = tables.orders.select(buyer=_.customer_id, on=_.ordered_at.date())
    joined = proposed.left_join(bought, proposed.customer_id == bought.buyer)
    after = joined.on.delta(joined.proposed_on, unit="day")
    each = joined.group_by("action_id", "proposed_on", "why", "arm").aggregate(
        orders=((after >= 1) & (after <= days)).sum()
    )
    month = each.proposed_on.year() * 12 + each.proposed_on.month()
    group = ibis.window(group_by=[month, each.why])
    both = each.mutate(arms=(each.arm == "act").max().over(group) & (each.arm == "hold_out").max().over(group))
    return both.filter(_.arms).select(treated=_.arm == "act", hit=_.orders.fill_null(0) > 0)


def _greetings(tables: Tables, policy: Policy) -> Estimate:
    place = ibis.row_number().over(ibis.window(group_by="customer_id", order_by=[_["at"].desc(), _["item"]]))
    asked = tables.surveys.filter((_.instrument == "nps") & _.score.notnull())
    latest = asked.mutate(place=place).filter(_.place == 0).select("customer_id", "at", "score")
    sent = tables.interactions.filter(_.campaign.startswith(GREETING) & (_.direction.fill_null("out") == "out"))
    greeted = sent.group_by("customer_id").aggregate(first=_["at"].min())
    known = latest.semi_join(tables.customers.filter(_.birthday_status == "valid"), "customer_id")
    rows = known.left_join(greeted, "customer_id").mutate(t=(_.first <= _["at"]).fill_null(False).cast("int64"))
    points = (_.score * 100).round().cast("int64")
    rows = rows.select("t", c=1 - _.t, y=points * _.t, x=points * (1 - _.t))
    return _ratio(rows, ("y", "c"), ("t", "x"), policy)


def _found_first(tables: Tables, policy: Policy) -> Estimate:
    cases = tables.tickets.filter(_.resolved_at.notnull()).select("ticket_id", "customer_id", "resolved_at", "found_by")
    asked = tables.surveys.filter((_.instrument == "csat") & _.score.notnull()).select(
        "customer_id", "at", "item", "score"
    )
    pairs = asked.join(cases, "customer_id").filter(_.resolved_at <= _["at"])
    pairs = pairs.filter(_["at"].date().delta(_.resolved_at.date(), unit="day") <= HEARD.days)
    order = [_.resolved_at.desc(), _.ticket_id]
    place = ibis.row_number().over(ibis.window(group_by=["customer_id", "at", "item"], order_by=order))
    after = pairs.mutate(place=place).filter((_.place == 0) & (_.found_by == "proactive"))
    return _share(after.select(hit=_.score >= 4), policy)


def _referred(tables: Tables, policy: Policy) -> Estimate:
    came = tables.customers.filter(_.acquisition_channel.notnull()).select(
        "customer_id", brought=_.acquisition_channel == "referral"
    )
    gone = tables.as_of - timedelta(days=policy.cost.inactive_days)
    last = _seen(tables).group_by("who").aggregate(seen=_.on.max())
    old = _buyers(tables).filter(_.first <= gone).join(came, "customer_id")
    old = old.join(last, old.customer_id == last.who).mutate(lost=_.seen <= gone)
    strata = old.group_by(month=_.first.year() * 12 + _.first.month()).aggregate(
        a=_.count(where=_.brought & _.lost), m=_.count(where=_.brought),
        b=_.count(where=~_.brought & _.lost), n=_.count(where=~_.brought),
    )  # fmt: skip
    cells = strata.order_by("month").to_pandas().astype(float)[["a", "m", "b", "n"]].to_numpy()
    return *risk_ratio(cells, confidence=policy.statistics.confidence), int(cells[:, [1, 3]].sum())


def _winning_cost(tables: Tables, policy: Policy) -> Estimate:
    idle, end = policy.cost.inactive_days, tables.as_of
    buyers = _buyers(tables)
    seen = tables.customers.select("customer_id", known=_.acquired_on).union(
        buyers.select("customer_id", known=_.first)
    )
    people = seen.group_by("customer_id").aggregate(known=_.known.min()).left_join(buyers, "customer_id")
    since, most = _.last.delta(_.first, unit="day") + idle, 1 - _.first.delta(end, unit="day")
    people = people.select(
        "customer_id", "known", won=_.first.notnull().cast("int64"), days=ibis.least(since, most).fill_null(0)
    )
    cents = (_.cost.fill_null(0) * 100).round().cast("int64")
    paid = people.left_join(tables.interactions.select("customer_id", "at", "cost"), "customer_id").mutate(cents=cents)
    rows = paid.group_by("customer_id", "won", "days").aggregate(
        winning=_.cents.sum(where=_["at"].date() <= _.known).fill_null(0),
        keeping=_.cents.sum(where=_["at"].date() > _.known).fill_null(0),
    )
    return _ratio(rows, ("winning", "days"), ("won", "keeping"), policy, factor=1 / 365)


def _price(tables: Tables, policy: Policy) -> Estimate:
    said = tables.tickets.filter((_.category == "cancellation") & _.cause.notnull())
    return _share(said.select(hit=_.cause == "price"), policy)


def _private_domain(tables: Tables, policy: Policy) -> Estimate:
    agreed = tables.consents.group_by("customer_id").aggregate(
        t=_.channel.isin(["wechat", "wecom"]).cast("int64").max()
    )
    rows = agreed.join(_buyers(tables), "customer_id").mutate(again=(_.orders > 1).cast("int64"))
    rows = rows.select("t", c=1 - _.t, y=_.again * _.t, x=_.again * (1 - _.t))
    return _ratio(rows, ("y", "c"), ("t", "x"), policy)


def _observed(tables: Tables, policy: Policy) -> Table:
    """Contacts from us whose days to respond are over, with `hit`: whether they were answered in time."""
    days = policy.contact.respond_within_days
    out = tables.interactions.filter(
        (_.direction.fill_null("out") == "out") & (_["at"].date() <= tables.as_of - timedelta(days=days))
    )
    wait = _.responded_at.date().delta(_["at"].date(), unit="day")
    return out.mutate(hit=(wait <= days).fill_null(False))


def _scripts(tables: Tables, policy: Policy) -> Estimate:
    roles = tables.customers.select("customer_id", made_for=_.role.cases(*SCRIPTS.items(), else_=None))
    sent = _observed(tables, policy).filter(_.script.isin(list(SCRIPTS.values()))).join(roles, "customer_id")
    return _contrast(sent.filter(_.made_for.notnull()).select("hit", treated=_.script == _.made_for), policy)


def _referrals(tables: Tables, policy: Policy) -> Estimate:
    start = first_day(tables.as_of, 12)
    came = tables.customers.filter(_.acquired_on.notnull() & _.acquisition_channel.notnull())
    rows = came.mutate(t=(_.acquired_on >= start).cast("int64"), r=(_.acquisition_channel == "referral").cast("int64"))
    return _ratio(rows.select("t", c=1 - _.t, y=_.r * _.t, x=_.r * (1 - _.t)), ("y", "c"), ("t", "x"), policy)


def _cycle(tables: Tables, policy: Policy) -> Estimate:
    days = tables.orders.select("customer_id", on=_.ordered_at.date()).distinct()
    gap = _.on.delta(_.on.lag().over(ibis.window(group_by="customer_id", order_by="on")), unit="day")
    each = (
        days.mutate(gap=gap).group_by("customer_id").aggregate(k=_.gap.count(), s=_.gap.sum(), ss=(_.gap * _.gap).sum())
    )
    variation = (_.ss - _.s * _.s / _.k) / (_.k - 1) / (_.s / _.k) ** 2
    even = each.filter(_.k >= INTERVALS).filter(variation < EVEN**2).select(mean=_.s / _.k, customer_id=_.customer_id)
    means = even.to_pandas()["mean"]
    return *median(means, confidence=policy.statistics.confidence), len(means)


def _trial(tables: Tables, policy: Policy) -> Estimate:
    sent = tables.interactions.filter(_.campaign.startswith(TRIAL) & (_.direction.fill_null("out") == "out"))
    invited = sent.group_by("customer_id").aggregate(
        on=_["at"].date().min(), t=_.responded_at.notnull().cast("int64").max()
    )
    used = tables.activity.join(invited, "customer_id").filter(
        (_.day != _.on) & (_.on.delta(_.day, unit="day") <= BEFORE.days)
    )
    sides = {
        f"{what}{t}{int(after)}": _[what].sum(where=(_.t == t) & ((_.day > _.on) == after)).fill_null(0)
        for what in ("errors", "logins") for t in (0, 1) for after in (False, True)
    }  # fmt: skip
    rows = used.group_by("customer_id").aggregate(**sides)
    over = ("errors11", "logins10", "errors00", "logins01")
    return _ratio(rows, over, ("logins11", "errors10", "logins00", "errors01"), policy)


def _crisis(tables: Tables, policy: Policy) -> Estimate:
    first, solve = policy.service.first_response_hours, policy.service.resolution_hours
    cases = tables.tickets.filter(_.category.isin(CRISES) & _.severity.isin([s for s in first if s in solve]))
    cases = cases.filter(_.opened_at.date() <= tables.as_of - timedelta(days=SETTLED[1]))
    waits = {
        c: (_[c].epoch_seconds() - _.opened_at.epoch_seconds()) / 3600 for c in ("first_response_at", "resolved_at")
    }
    late = (waits["first_response_at"] > _.severity.cases(*first.items(), else_=None)).fill_null(True)
    slow = (waits["resolved_at"] > _.severity.cases(*solve.items(), else_=None)).fill_null(True)
    hit = (
        cases.mutate(late=late | slow)
        .group_by("customer_id")
        .aggregate(day=_.opened_at.date().max(), treated=_.late.any())
    )
    seen = _seen(tables)
    joined = hit.left_join(seen, hit.customer_id == seen.who)
    after = joined.on.delta(joined.day, unit="day")
    stayed = ((after > SETTLED[0]) & (after <= SETTLED[1])).fill_null(False).any()
    each = joined.group_by("customer_id", "treated").aggregate(stayed=stayed)
    return _contrast(each.select("treated", hit=~_.stayed), policy)


TESTS: dict[str, Callable[[Tables, Policy], Estimate]] = {
    "churn_forecast": _lost,
    "early_action": lambda tables, policy: _contrast(_outcomes(tables, policy), policy),
    "greetings": _greetings,
    "warning_service": _found_first,
    "word_of_mouth": _referred,
    "winning_cost": _winning_cost,
    "not_the_price": _price,
    "private_domain": _private_domain,
    "script_for_role": _scripts,
    "meeting_attendance": lambda tables, policy: _share(_observed(tables, policy).filter(_.channel == "club"), policy),
    "referral_rate": _referrals,
    "quarterly_cycle": _cycle,
    "most_won_back": lambda tables, policy: _share(_outcomes(tables, policy).filter(_.treated), policy),
    "function_mended": _trial,
    "crisis_clocks": _crisis,
    "actions_bring_orders": lambda tables, policy: _contrast(_outcomes(tables, policy), policy),
}
"""How each claim that can be tested is tested, by its name in the ledger."""
